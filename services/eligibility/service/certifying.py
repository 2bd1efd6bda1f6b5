"""What people and clerks do where no office knows anything: self-certifications, visits, reminders."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from services.common.errors import DomainError
from services.common.months import add_months
from services.eligibility.certification import Certification
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.notice import Infirmity, Notice, NoticeChannel, NoticeDelivery
from services.eligibility.service.certification import NoticeReport, get_certification, reassess, record_notices
from services.eligibility.service.evidence import submit_evidence
from services.eligibility.service.outcome import Outcome
from services.eligibility.service.store import Store
from services.eligibility.warning import is_to_visit, of_warning


class Assurance(StrEnum):
    """How surely a self-certification was made by the person."""

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


_KINDS = {
    Assurance.HIGH: EvidenceKind.FACE_RECOGNITION,
    Assurance.MEDIUM: EvidenceKind.VIDEO_CALL,
    Assurance.LOW: EvidenceKind.SELF_DECLARATION,
}


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice that is to be delivered next."""

    certification: Certification
    channel: NoticeChannel


def self_certify(
    store: Store, person: str, assurance: Assurance, proof: str, day: date, law: CertificationLaw
) -> Certification:
    """Take a self-certification in; give the certification as it is then."""
    get_certification(store, person)
    kind = _KINDS[assurance]
    _submit(store, Evidence(EvidenceSource.OWN_CHANNEL, proof, person, kind, day, day), law)
    return get_certification(store, person)


def record_home_visit(
    store: Store, person: str, day: date, met: bool, proof: str, law: CertificationLaw
) -> Certification:
    """Record a visit: who was met is certified; who was not has at least been looked for."""
    get_certification(store, person)
    delivery = NoticeDelivery.DELIVERED if met else NoticeDelivery.FAILED
    report = NoticeReport(person, NoticeChannel.VISIT, day, delivery, proof)
    _raise_refusal(record_notices(store, [(0, report)], law))
    if met:
        kind = EvidenceKind.HOME_VISIT
        _submit(store, Evidence(EvidenceSource.OWN_CHANNEL, proof, person, kind, day, day), law)
    return get_certification(store, person)


def record_infirmity(
    store: Store, person: str, since: date | None, today: date, law: CertificationLaw
) -> Certification:
    """Record that somebody is infirm; without a day, that it is over from today: what was decided before stays."""
    found = get_certification(store, person)
    locked = store.certifications.of({person})[found.person]
    if since is not None:
        infirmity: Infirmity | None = Infirmity(since)
    else:
        infirmity = replace(locked.infirmity, until=today) if locked.infirmity is not None else None
    changed = replace(locked, infirmity=infirmity)
    if changed == locked:
        return locked
    # Kept whole first: the assessment may come out the same.
    store.certifications.save([changed])
    reassess(store, [replace(changed, version=locked.version + 1)], law)
    return get_certification(store, person)


def due_notices(
    store: Store, after: str, size: int, day: date, law: CertificationLaw
) -> tuple[list[DueNotice], Sequence[Certification]]:
    """Give who of the next warned people is to be reminded on a day and how, and the people looked at."""
    looked_at = store.certifications.warned_after(after, size)
    notices = store.certifications.notices([one.person for one in looked_at])
    due = []
    for one in looked_at:
        channel = next_channel(one, notices.get(one.person, ()), day, law)
        if channel is not None:
            due.append(DueNotice(one, channel))
    return due, looked_at


def next_channel(
    certification: Certification, notices: Sequence[Notice], day: date, law: CertificationLaw
) -> NoticeChannel | None:
    """Give how somebody warned is to be reminded next; None when it is too early, or all was done (DOMAIN 5.4).

    A step is done once its notice was tried; a failed text message makes the telephone due at once, a failed call the
    visit. Failed visits are repeated.
    """
    numbers, since = law.on(day), certification.state_since
    told = {
        notice.channel: notice.delivery for notice in of_warning(notices, certification.assessment.valid_to, numbers)
    }
    to_visit = is_to_visit(certification.birth_date, certification.infirmity, day, numbers)
    if not told:
        return NoticeChannel.SMS
    if told.get(NoticeChannel.VISIT) is NoticeDelivery.DELIVERED:
        return None
    failed = NoticeDelivery.FAILED
    if to_visit or told.get(NoticeChannel.PHONE) is failed or NoticeChannel.VISIT in told:
        return NoticeChannel.VISIT
    if day >= add_months(since, numbers.visit_after_months) and NoticeChannel.PHONE in told:
        return NoticeChannel.VISIT
    late = day >= add_months(since, numbers.phone_after_months) or told.get(NoticeChannel.SMS) is failed
    return NoticeChannel.PHONE if late and NoticeChannel.PHONE not in told else None


def _submit(store: Store, record: Evidence, law: CertificationLaw) -> None:
    _raise_refusal(submit_evidence(store, [(0, record)], law))


def _raise_refusal(outcome: Outcome) -> None:
    refused: list[DomainError] = [error for _, error in outcome.refused]
    if refused:
        raise refused[0]
