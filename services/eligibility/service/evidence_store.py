"""What evidence and the deliveries that bring it need of a store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from services.common.filtering import Filter
from services.eligibility.baseline import Measures
from services.eligibility.evidence import Chain, Evidence
from services.eligibility.feed import FeedBatch, RefusedMessage
from services.eligibility.feed_row import FeedRow, FeedRowOutcome, Waiting


class EvidenceStore(Protocol):
    """Records of evidence by source and reference."""

    def chains(self, records: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Chain]:
        """Give all revisions, undone ones too, of the records with these sources and references."""
        ...

    def deciding(self, people: Collection[str]) -> Mapping[str, Sequence[Evidence]]:
        """Give all of some people that can decide, neither weak nor undone, under whichever name they came."""
        ...

    def add(self, records: Sequence[Evidence]) -> None:
        """Put new ones on record."""
        ...

    def save(self, records: Sequence[Evidence]) -> None:
        """Keep changed ones."""
        ...

    def desk_negatives(self, day: date) -> Mapping[str, int]:
        """Tell how many negative records of each office were submitted one by one on a day."""
        ...

    def keep_desk_negatives(self, day: date, counts: Mapping[str, int]) -> None:
        """Keep how many there were."""
        ...

    def page(
        self, person: str, wanted: Filter, size: int, after: tuple[str, str, str, int] | None
    ) -> Sequence[Evidence]:
        """Give up to `size` of a person's, newest event first, after (event date, source, reference, revision)."""
        ...


class RefusedStore(Protocol):
    """Messages on the bus that name no delivery."""

    def keep(self, refused: RefusedMessage) -> None:
        """Keep that a message was refused; the same one is kept once."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[RefusedMessage]:
        """Give up to `size`, newest first."""
        ...

    def forget(self, before: datetime) -> None:
        """Remove those that were refused before a time."""
        ...


class FeedStore(Protocol):
    """Deliveries and their rows."""

    def find(self, source: str, reference: str) -> FeedBatch | None:
        """Give the delivery of an office with a reference."""
        ...

    def get(self, batch: str) -> FeedBatch | None:
        """Give one, locked for a change."""
        ...

    def at_work(self) -> FeedBatch | None:
        """Give the oldest one that goes on by itself, locked for a change."""
        ...

    def save(self, batch: FeedBatch) -> None:
        """Keep a new or changed one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[FeedBatch]:
        """Give up to `size`, newest first."""
        ...

    def history(self, source: str, size: int, before: datetime | None = None) -> Sequence[FeedBatch]:
        """Give an office's last applied deliveries, newest first."""
        ...

    def known_rows(self, batch: str, references: Collection[str]) -> Mapping[str, FeedRow]:
        """Give those rows of a delivery that came before."""
        ...

    def add_rows(self, batch: str, rows: Sequence[tuple[FeedRow, str]]) -> None:
        """Put new rows on record; an identity number beside a row is sealed."""
        ...

    def rows_after(self, batch: str, reference: str, size: int) -> Sequence[FeedRow]:
        """Give the next rows in the order of their references."""
        ...

    def restored(self, batch: str, people: Collection[str]) -> int:
        """Note whom an undoing has changed back; give how many of them it had not changed before."""
        ...

    def save_outcomes(self, batch: str, outcomes: Mapping[str, FeedRowOutcome]) -> None:
        """Keep what became of rows."""
        ...

    def rivals(self, batch: FeedBatch, references: Collection[str]) -> Sequence[tuple[FeedBatch, FeedRow]]:
        """Give rows with these references of the office's other applied deliveries, in the order of their applying."""
        ...

    def waiting(self, after: tuple[str, str], size: int) -> Sequence[Waiting]:
        """Give the next rows of applied deliveries whose people nobody knew, after (delivery, reference)."""
        ...

    def name_people(self, batch: str, people: Mapping[str, str]) -> Sequence[FeedRow]:
        """Give waiting rows the people that were found, by reference; forget the numbers, and give the rows."""
        ...

    def forgettable(self, before: datetime) -> FeedBatch | None:
        """Give one that holds identity numbers for longer than it may, or was left open before a time; locked."""
        ...

    def forget_numbers(self, batch: str, size: int) -> int:
        """Erase some identity numbers of a delivery; give how many."""
        ...

    def forget_waiting(self, batch: str, size: int) -> int:
        """Let some waiting rows of a delivery wait no longer, and erase their numbers; give how many."""
        ...

    def row_page(self, batch: str, wanted: Filter, size: int, after: str) -> Sequence[FeedRow]:
        """Give up to `size` in the order of references."""
        ...

    def measure(self, batch: FeedBatch, today: date, old_before: date, since: datetime, days: int) -> Measures:
        """Tell what a delivery is like."""
        ...
