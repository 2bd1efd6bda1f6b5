"""Rows of a delivery, as they came and what became of them; pure."""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from services.eligibility.evidence import Evidence, EvidenceKind
from services.eligibility.feed import FeedBatch


class FeedRowOutcome(StrEnum):
    """What became of a row."""

    PENDING = ""
    ACCEPTED = "ACCEPTED"
    CORRECTED = "CORRECTED"
    REPEATED = "REPEATED"
    CONFLICTING = "CONFLICTING"
    DATE_AHEAD = "DATE_AHEAD"
    WAITING = "WAITING"
    FORGOTTEN = "FORGOTTEN"


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One row as it was delivered."""

    reference: str
    revision: int
    person: str
    """Empty as long as nobody is known by the identity number."""
    kind: EvidenceKind
    event_date: date
    received_date: date
    outcome: FeedRowOutcome = FeedRowOutcome.PENDING

    def says_again(self, other: "FeedRow") -> bool:
        """Tell whether it is another one's repetition within a delivery; somebody unknown may be known by now."""
        same_person = not self.person or not other.person or self.person == other.person
        return same_person and (self.revision, self.kind, self.event_date) == (
            other.revision,
            other.kind,
            other.event_date,
        )

    def lies_ahead(self, today: date) -> bool:
        """Tell whether its event lies ahead of its receipt, or that of today."""
        return self.event_date > self.received_date or self.received_date > today

    def evidence(self, batch: FeedBatch) -> Evidence:
        """Give the record that the row is.

        A delivery that two people had to release could not be heeded before that day: what it says against a person
        counts from then, or payments that were rightly made meanwhile would turn out wrong.
        """
        received = self.received_date
        record = Evidence(
            source=batch.source,
            reference=self.reference,
            person=self.person,
            kind=self.kind,
            event_date=self.event_date,
            received_date=received,
            revision=self.revision,
            batch=batch.batch,
        )
        late = batch.release_date
        return replace(record, received_date=max(received, late)) if late and record.is_negative else record


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row whose person nobody knew."""

    batch: str
    reference: str
    number: str = field(repr=False)
    """Identity number, in clear."""
