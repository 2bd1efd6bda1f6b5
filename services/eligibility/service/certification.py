"""Certifications are worked out again whenever their grounds change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.common.errors import NotFound
from services.common.months import first_day
from services.eligibility.assessment import Grounds, assess
from services.eligibility.book.book import Book
from services.eligibility.book.decision import Decision
from services.eligibility.certification import NOT_ASSESSED, Certification, CertificationEvent
from services.eligibility.certification_facts import CHAPTER, certification_facts
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.entitlement import Entitlement
from services.eligibility.evidence import Evidence
from services.eligibility.facts import Profile
from services.eligibility.notice import Notice, NoticeChannel, NoticeDelivery
from services.eligibility.service.consequences import follow_losses, settle
from services.eligibility.service.outcome import Numbered, Outcome
from services.eligibility.service.store import Store
from services.eligibility.sweep import Applied, dates_for


@dataclass(frozen=True, slots=True)
class NoticeReport:
    """A notice that somebody delivered, or tried to."""

    person: str
    channel: NoticeChannel
    delivered_date: date
    delivery: NoticeDelivery = NoticeDelivery.DELIVERED
    proof: str = ""


def get_certification(store: Store, person: str) -> Certification:
    """Read a certification."""
    found = store.certifications.get(person)
    if found is None:
        raise NotFound(
            "RESOURCE_NOT_FOUND", "The person has no certification.", {"resource": f"certifications/{person}"}
        )
    return found


def explain_certification(
    store: Store, person: str, book: Book, day: date, law: CertificationLaw
) -> tuple[Certification, Decision, Sequence[Evidence]]:
    """Let the book say what a sweep of a day would decide; also give the standing records, newest event first."""
    found = get_certification(store, person)
    standing = [
        record
        for record in store.evidence.deciding([found.person]).get(found.person, ())
        if record.stands and record.received_date <= day
    ]
    notices = store.certifications.notices([found.person]).get(found.person, ())
    facts = certification_facts(found, standing, notices, day, law, book.code)
    newest_first = sorted(standing, key=lambda record: (record.event_date, record.name), reverse=True)
    return found, book.evaluate(CHAPTER, facts, day), newest_first


def reassess(
    store: Store, certifications: Collection[Certification], law: CertificationLaw
) -> Mapping[str, Certification]:
    """Work certifications out again from all that is on record, keep what changed and tell it."""
    people = [certification.person for certification in certifications]
    evidence = store.evidence.deciding(people)
    notices = store.certifications.notices(people)
    applied = store.sweeps.applied()
    before: dict[str, Certification] = {}
    after: dict[str, Certification] = {}
    events: list[CertificationEvent] = []
    for certification in certifications:
        person = certification.person
        grounds = Grounds(
            certification.start_date,
            certification.birth_date,
            evidence.get(person, ()),
            notices.get(person, ()),
            dates_for(person, applied),
            infirmity=certification.infirmity,
        )
        now, told = certification.become(assess(grounds, law))
        before[person], after[person] = certification, now
        events += told
    events += settle(store, {person: was for person, was in before.items() if was.assessment.periods}, after)
    store.certifications.save([now for person, now in after.items() if now != before[person]])
    store.tell(events)
    return after


def start_certifications(
    store: Store,
    entitlements: Iterable[Entitlement],
    profiles: Mapping[str, Profile],
    law: CertificationLaw,
) -> None:
    """Begin the certification of each person with the first month of the earliest entitlement."""
    starts: dict[str, date] = {}
    for entitlement in entitlements:
        if entitlement.is_once:
            continue  # what is paid once does not depend on a certification
        day = first_day(entitlement.start_month)
        starts[entitlement.person] = min(day, starts.get(entitlement.person, day))
    known = store.certifications.of(starts)
    begun = []
    for person, day in starts.items():
        found = known.get(person)
        if found is None:
            profile = profiles[person]
            begun.append(Certification(person, profile.division, profile.birth_date, day, NOT_ASSESSED))
        elif day < found.start_date:
            begun.append(replace(found, start_date=day))
    known = {**known, **reassess(store, begun, law)}
    follow_losses(store, [known[person] for person in starts if known[person].assessment.lost_on is not None])


def record_notices(store: Store, notices: Numbered[NoticeReport], law: CertificationLaw) -> Outcome:
    """Record notices, a failed one until it is delivered.

    One that a sweep has already passed by counts from the day after that sweep.
    """
    outcome = Outcome()
    people = {report.person for _, report in notices}
    certifications = store.certifications.of(people)
    on_record = {
        (person, notice.channel, notice.delivered_date): notice.delivery
        for person, of_person in store.certifications.notices(people).items()
        for notice in of_person
    }
    applied = store.sweeps.applied()
    new: list[tuple[str, Notice]] = []
    for index, report in notices:
        key = (report.person, report.channel, report.delivered_date)
        if report.person not in certifications:
            error = NotFound(
                "RESOURCE_NOT_FOUND",
                "The person has no certification.",
                {"resource": f"certifications/{report.person}"},
            )
            outcome.refused.append((index, error))
        elif on_record.get(key) in {report.delivery, NoticeDelivery.DELIVERED}:
            outcome.repeated += 1
        else:
            on_record[key] = report.delivery
            new.append((report.person, _notice(report, applied)))
            outcome.accepted += 1
    store.certifications.add_notices(new)
    # A notice counts for the certifications under all names of a person.
    told = store.names.identities({person for person, _ in new}).names
    reassess(store, [certifications[person] for person in sorted(certifications) if person in told], law)
    return outcome


def _notice(report: NoticeReport, applied: Iterable[Applied]) -> Notice:
    swept = max(dates_for(report.person, applied), default=date.min)
    counts_from = report.delivered_date if swept < report.delivered_date else swept + timedelta(days=1)
    return Notice(report.channel, report.delivered_date, counts_from, report.delivery, report.proof)
