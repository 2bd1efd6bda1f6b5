"""Evidence is taken in, and taken back."""

from collections.abc import Collection, Mapping
from datetime import date

from services.common.errors import AlreadyExists, NotFound
from services.eligibility.certification import Certification, CertificationParameters
from services.eligibility.evidence import (
    Evidence,
    EvidenceSource,
    EvidenceWithdrawn,
    NegativeEvidenceReceived,
    Strength,
    is_repeated,
)
from services.eligibility.service.certification import reassess
from services.eligibility.service.outcome import Numbered, Outcome
from services.eligibility.service.store import Store


def submit_evidence(store: Store, records: Numbered[Evidence], parameters: CertificationParameters) -> Outcome:
    """Take records in and apply them to the certifications of their people; known ones change nothing."""
    outcome = Outcome()
    known = dict(store.evidence.find({(record.source, record.reference) for _, record in records}))
    new: list[Evidence] = []
    for index, record in records:
        key = (record.source, record.reference)
        try:
            if key in known and is_repeated(record, known[key]):
                outcome.repeated += 1
                continue
        except AlreadyExists as error:
            outcome.refused.append((index, error))
            continue
        known[key] = record
        new.append(record)
    outcome.accepted = len(new)
    store.evidence.add(new)
    deciding = {record.person for record in new if parameters.strengths.get(record.kind) is not Strength.WEAK}
    certifications = _certifications(store, deciding)
    divisions = {person: certification.division for person, certification in certifications.items()}
    store.tell(
        NegativeEvidenceReceived(record, divisions.get(record.person, "")) for record in new if record.is_negative
    )
    reassess(store, list(certifications.values()), parameters)
    return outcome


def withdraw_evidence(
    store: Store,
    source: EvidenceSource,
    reference: str,
    reason: str,
    today: date,
    parameters: CertificationParameters,
) -> Evidence:
    """Take a wrong record back and put the certification right."""
    found = store.evidence.find({(source, reference)}).get((source, reference))
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "No record of that source and reference is on file.")
    withdrawn = found.withdraw(reason, today)
    store.evidence.save(withdrawn)
    certifications = _certifications(store, {withdrawn.person})
    if withdrawn.is_negative:
        certification = certifications.get(withdrawn.person)
        store.tell([EvidenceWithdrawn(withdrawn, certification.division if certification is not None else "")])
    reassess(store, list(certifications.values()), parameters)
    return withdrawn


def _certifications(store: Store, people: Collection[str]) -> Mapping[str, Certification]:
    """Give the certifications that evidence bears on.

    Somebody without one may be granted the first entitlement by another process right now: either its certification is
    waited for here, or it will rest on the evidence that was just put on record.
    """
    found = dict(store.certifications.of(people))
    if len(found) < len(people):
        store.certifications.keep_beginnings_off()
        found |= store.certifications.of([person for person in people if person not in found])
    return found
