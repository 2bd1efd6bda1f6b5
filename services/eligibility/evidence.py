"""What other offices know of a person, and how much it proves (DOMAIN 5.2; 人社厅发〔2018〕107号)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from services.common.errors import AlreadyExists, PreconditionFailed


class EvidenceKind(StrEnum):
    """What is known."""

    FACE_RECOGNITION = "FACE_RECOGNITION"
    HOME_VISIT = "HOME_VISIT"
    CONSULAR_CONFIRMATION = "CONSULAR_CONFIRMATION"
    BANK_IN_PERSON = "BANK_IN_PERSON"
    HOSPITAL_STAY = "HOSPITAL_STAY"
    IDENTITY_CHECKED_TRIP = "IDENTITY_CHECKED_TRIP"
    OUTPATIENT_SETTLEMENT = "OUTPATIENT_SETTLEMENT"
    REMOTE_SETTLEMENT = "REMOTE_SETTLEMENT"
    LONG_TERM_CARE = "LONG_TERM_CARE"
    CONTRIBUTION = "CONTRIBUTION"
    PHARMACY = "PHARMACY"
    APP_LOGIN = "APP_LOGIN"
    VIDEO_CALL = "VIDEO_CALL"
    SELF_DECLARATION = "SELF_DECLARATION"
    DEATH_REGISTERED = "DEATH_REGISTERED"
    CREMATED = "CREMATED"
    SENTENCED = "SENTENCED"
    MISSING_DECLARED = "MISSING_DECLARED"
    IN_CUSTODY = "IN_CUSTODY"
    COURT_JUDGMENT = "COURT_JUDGMENT"
    RELEASED = "RELEASED"
    PAROLED = "PAROLED"
    COMMUNITY_CORRECTION = "COMMUNITY_CORRECTION"


class EvidenceSource(StrEnum):
    """Which office knows it."""

    POLICE = "POLICE"
    CIVIL_AFFAIRS = "CIVIL_AFFAIRS"
    HEALTH = "HEALTH"
    HEALTH_INSURANCE = "HEALTH_INSURANCE"
    JUSTICE = "JUSTICE"
    BANK = "BANK"
    TRANSPORT = "TRANSPORT"
    EXIT_ENTRY = "EXIT_ENTRY"
    OWN_CHANNEL = "OWN_CHANNEL"


class Strength(StrEnum):
    """How much a positive fact proves; a weak one anybody can make with the person's card, so it never certifies."""

    STRONG = "STRONG"
    MEDIUM = "MEDIUM"
    WEAK = "WEAK"


DEATHS = frozenset({EvidenceKind.DEATH_REGISTERED, EvidenceKind.CREMATED})
SENTENCES = frozenset({EvidenceKind.SENTENCED, EvidenceKind.COURT_JUDGMENT})
TERMS = SENTENCES | {EvidenceKind.IN_CUSTODY}
"""What a release ends."""
RELEASES = frozenset({EvidenceKind.RELEASED, EvidenceKind.PAROLED, EvidenceKind.COMMUNITY_CORRECTION})
"""An office saw the person leave custody or prison, or serve the sentence outside of it."""


class Matter(StrEnum):
    """What a report against a person is about."""

    DEATH = "DEATH"
    SENTENCE = "SENTENCE"
    CUSTODY = "CUSTODY"
    ABSENCE = "ABSENCE"


MATTERS: Mapping[EvidenceKind, Matter] = MappingProxyType(
    dict.fromkeys(DEATHS, Matter.DEATH)
    | dict.fromkeys(SENTENCES, Matter.SENTENCE)
    | {EvidenceKind.IN_CUSTODY: Matter.CUSTODY, EvidenceKind.MISSING_DECLARED: Matter.ABSENCE}
)
NEGATIVE = frozenset(MATTERS)


EvidenceKey = tuple[str, str, int]
"""Source, reference and revision."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One record of one office."""

    source: EvidenceSource
    reference: str
    person: str
    kind: EvidenceKind
    event_date: date
    received_date: date
    withdrawn_date: date | None = None
    withdrawal_reason: str = ""
    revision: int = 0
    """Which correction of the record it is."""
    superseded_date: date | None = None
    """When the bureau received the next correction; None when there is none."""
    batch: str = ""
    """The delivery that brought it; empty for what was submitted by itself."""
    event_count: int = 0
    """Events told of it so far."""
    undone: bool = False
    """Whether it was taken back with its delivery: as if it had never come."""

    @property
    def name(self) -> str:
        """The record's natural key as one text: `{source}/{reference}`, of a correction `{source}~{number}/…`."""
        return f"{self.source}~{self.revision}/{self.reference}" if self.revision else f"{self.source}/{self.reference}"

    @property
    def key(self) -> "EvidenceKey":
        """The record's natural key."""
        return self.source, self.reference, self.revision

    @property
    def content(self) -> tuple[str, EvidenceKind, date]:
        """What it says, without how and when it came."""
        return self.person, self.kind, self.event_date

    @property
    def end_date(self) -> date | None:
        """The day from which it no longer stands, taken back or corrected; None while it stands."""
        ends = [day for day in (self.withdrawn_date, self.superseded_date) if day is not None]
        return min(ends) if ends else None

    @property
    def is_negative(self) -> bool:
        """Whether it speaks against the entitlement."""
        return self.kind in NEGATIVE

    @property
    def stands(self) -> bool:
        """Whether it is on record, neither taken back nor corrected."""
        return not self.undone and self.end_date is None

    def withdraw(self, reason: str, day: date) -> "Evidence":
        """Take a wrong record back; it stays on file. Raises PreconditionFailed when it was taken back before."""
        if self.withdrawn_date is not None:
            raise PreconditionFailed(
                "EVIDENCE_WITHDRAWN", f"The record was withdrawn on {self.withdrawn_date.isoformat()}."
            )
        return replace(self, withdrawn_date=day, withdrawal_reason=reason)


@dataclass(frozen=True, slots=True)
class NegativeEvidenceReceived:
    """An office reported that a person may have lost the entitlement."""

    evidence: Evidence
    division: str


@dataclass(frozen=True, slots=True)
class EvidenceWithdrawn:
    """A negative record was taken back."""

    evidence: Evidence
    division: str


EvidenceEvent = NegativeEvidenceReceived | EvidenceWithdrawn


def is_repeated(record: Evidence, recorded: Evidence) -> bool:
    """Tell whether a record says again what is on file under its key; raise AlreadyExists when it says otherwise."""
    if (recorded.content, recorded.received_date) != (record.content, record.received_date):
        raise AlreadyExists("RESOURCE_EXISTS", "A record of that source and reference is on file with other content.")
    return True


Chain = dict[int, Evidence]
"""All revisions of one record of an office, by number."""


def superseded(chain: Chain) -> Chain:
    """Give the revisions, each ended by the next one that is on record."""
    following: date | None = None
    ended = {}
    for revision, record in sorted(chain.items(), reverse=True):
        ended[revision] = replace(record, superseded_date=None if record.undone else following)
        if not record.undone:
            following = record.received_date
    return ended


def known_since(records: Iterable[Evidence]) -> list[Evidence]:
    """Let a correction of a death that leaves it a death of that person count from the day of the first report.

    Otherwise nothing would hold payment between the two, though the bureau knew of a death all that time.
    """
    first: dict[tuple[str, str, str, bool], date] = {}
    ordered = sorted(records, key=lambda record: record.key)
    for record in ordered:
        if record.is_negative:
            first.setdefault(_matter(record), record.received_date)
    return [
        replace(record, received_date=min(first[_matter(record)], record.received_date))
        if record.is_negative
        else record
        for record in ordered
    ]


def _matter(record: Evidence) -> tuple[str, str, str, bool]:
    return record.source, record.reference, record.person, record.kind in DEATHS


def told_of(before: Evidence | None, after: Evidence, division: str) -> "tuple[Evidence, list[EvidenceEvent]]":
    """Give a record with its events counted, and those that tell what a change means for its person."""
    stood = before is not None and before.is_negative and before.stands
    stands = after.is_negative and after.stands
    same = before is not None and before.content == after.content
    events: list[EvidenceEvent] = []
    if before is not None and stood and not (stands and same):
        after = replace(after, event_count=after.event_count + 1)
        events.append(EvidenceWithdrawn(replace(before, event_count=after.event_count), division))
    if stands and not (stood and same):
        after = replace(after, event_count=after.event_count + 1)
        events.append(NegativeEvidenceReceived(after, division))
    return after, events
