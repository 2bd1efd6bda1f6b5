"""Deliveries of offices: taken in whole, compared with the usual, applied, and undone by two people's decision; pure.

What concerns many people at once is proposed by one and decided by another (四眼原则), as merges of people are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from services.common.callers import are_one_individual
from services.common.errors import Conflict, PermissionDenied, PreconditionFailed
from services.eligibility.baseline import Finding
from services.eligibility.evidence import EvidenceSource
from services.eligibility.feed_decision import Decision, FeedDecisionKind, Proposal


class FeedBatchState(StrEnum):
    """Where a delivery stands."""

    RECEIVING = "RECEIVING"
    CHECKING = "CHECKING"
    QUARANTINED = "QUARANTINED"
    APPLYING = "APPLYING"
    APPLIED = "APPLIED"
    REJECTED = "REJECTED"
    UNDOING = "UNDOING"
    UNDONE = "UNDONE"


AT_WORK = (FeedBatchState.CHECKING, FeedBatchState.APPLYING, FeedBatchState.UNDOING)
"""States that go on by themselves."""


_FROM: Mapping[FeedDecisionKind, tuple[FeedBatchState, ...]] = {
    FeedDecisionKind.RELEASE: (FeedBatchState.QUARANTINED,),
    FeedDecisionKind.REJECT: (FeedBatchState.QUARANTINED, FeedBatchState.RECEIVING),
    FeedDecisionKind.UNDO: (FeedBatchState.APPLIED, FeedBatchState.APPLYING),
}
_TO = {
    FeedDecisionKind.RELEASE: FeedBatchState.APPLYING,
    FeedDecisionKind.REJECT: FeedBatchState.REJECTED,
    FeedDecisionKind.UNDO: FeedBatchState.UNDOING,
}


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """What became of the rows, and after an undoing what was put right."""

    rows: int = 0
    negative: int = 0
    accepted: int = 0
    corrected: int = 0
    repeated: int = 0
    refused: int = 0
    waiting: int = 0
    restored_people: int = 0
    back_pay_months: int = 0
    back_pay_fen: int = 0

    def plus(self, **more: int) -> "FeedCounts":
        """Add to some of the counts."""
        return replace(self, **{name: getattr(self, name) + count for name, count in more.items()})

    def minus(self, other: "FeedCounts") -> "FeedCounts":
        """Take other counts off."""
        return self.plus(**{name: -getattr(other, name) for name in FeedCounts.__slots__})


@dataclass(frozen=True, slots=True)
class FeedBatch:
    """One delivery; each step gives the changed one, a version higher."""

    batch: str
    source: EvidenceSource
    reference: str
    create_time: datetime
    update_time: datetime
    state: FeedBatchState = FeedBatchState.RECEIVING
    counts: FeedCounts = FeedCounts()
    kinds: tuple[tuple[str, int], ...] = ()
    """How many rows of each kind it has, known once it was checked; what later deliveries are compared with."""
    findings: tuple[Finding, ...] = ()
    proposal: Proposal | None = None
    decisions: tuple[Decision, ...] = ()
    cursor: str = ""
    """The last row that the present work has done, in the order of references."""
    close_time: datetime | None = None
    apply_time: datetime | None = None
    """When its rows began to take effect."""
    release_date: date | None = None
    """The day on which a quarantined one was released."""
    event_count: int = 0
    """Events told so far; the last one's sequence."""
    pieces: int = 0
    """Pieces that came over the bus, each once."""
    last_piece: int = 0
    """Number of the one that says how many rows there are in all; 0 until it has come."""
    declared_rows: int = 0
    """What it says."""
    refusal: str = ""
    """Why it was rejected when a piece of it cannot be taken."""
    version: int = 1

    @property
    def has_all_pieces(self) -> bool:
        """Whether every piece has come up to the one that declares the rows."""
        return 0 < self.last_piece <= self.pieces

    def take_piece(self, number: int, row_count: int, now: datetime) -> "FeedBatch":
        """Note that a piece was taken in; after a crash the broker brings later ones before earlier ones."""
        self.need(FeedBatchState.RECEIVING)
        counted = self._changed(now, pieces=self.pieces + 1)
        return replace(counted, last_piece=number, declared_rows=row_count) if row_count else counted

    def refuse(self, refusal: str, now: datetime) -> "FeedBatch":
        """Reject it for what cannot be taken; nobody was touched."""
        self.need(FeedBatchState.RECEIVING)
        return self._changed(now, state=FeedBatchState.REJECTED, refusal=refusal, proposal=None)

    def receive(self, rows: int, negative: int, now: datetime) -> "FeedBatch":
        """Take more rows in."""
        self.need(FeedBatchState.RECEIVING)
        return self._changed(now, counts=self.counts.plus(rows=rows, negative=negative))

    def close(self, row_count: int, now: datetime) -> "FeedBatch":
        """Take it as complete."""
        self.need(FeedBatchState.RECEIVING)
        if row_count != self.counts.rows:
            raise PreconditionFailed(
                "FEED_ROW_COUNT",
                f"{self.counts.rows} rows came in; send the missing ones, or reject the batch.",
                {"found": str(self.counts.rows), "needed": str(row_count)},
            )
        return self._changed(now, state=FeedBatchState.CHECKING, close_time=now, proposal=None)

    def judge(self, kinds: Mapping[str, int], findings: tuple[Finding, ...], now: datetime) -> "FeedBatch":
        """Go on to apply it, or quarantine it when something is abnormal."""
        self.need(FeedBatchState.CHECKING)
        state = FeedBatchState.QUARANTINED if findings else FeedBatchState.APPLYING
        return self._changed(
            now,
            state=state,
            kinds=tuple(sorted(kinds.items())),
            findings=findings,
            apply_time=None if findings else now,
        )

    def advance(self, cursor: str, counts: FeedCounts, now: datetime) -> "FeedBatch":
        """Have more rows done."""
        return self._changed(now, cursor=cursor, counts=counts)

    def finish(self, now: datetime) -> "FeedBatch":
        """End the present work."""
        self.need(FeedBatchState.APPLYING, FeedBatchState.UNDOING)
        undone = self.state is FeedBatchState.UNDOING
        return self._changed(now, state=FeedBatchState.UNDONE if undone else FeedBatchState.APPLIED)

    def propose(self, proposal: Proposal, now: datetime) -> "FeedBatch":
        """Propose to release, reject or undo it."""
        self.need(*_FROM[proposal.kind])
        if self.proposal is not None:
            raise PreconditionFailed(
                "FEED_BATCH_STATE",
                f"{self.proposal.kind} is proposed and waits for a second person.",
                {"found": f"{self.proposal.kind}_PROPOSED", "needed": self.state},
            )
        return self._changed(now, proposal=proposal)

    def approve(self, by: str, now: datetime, today: date) -> "FeedBatch":
        """Do what is proposed."""
        proposal = self._second(by)
        self.need(*_FROM[proposal.kind])
        decided = self._decided(by, now, approved=True)
        if proposal.kind is FeedDecisionKind.RELEASE:
            decided = replace(decided, release_date=today, apply_time=now)
        return decided._changed(now, state=_TO[proposal.kind], cursor="")

    def decline(self, by: str, now: datetime) -> "FeedBatch":
        """Drop what is proposed; the delivery stays as it is."""
        self._second(by)
        return self._decided(by, now, approved=False)

    def check_version(self, version: int | None) -> None:
        """Raise Conflict when the caller has read another version; None fits every version."""
        if version is not None and version != self.version:
            raise Conflict("ETAG_MISMATCH", "The feed batch was changed since it was read; read it again.")

    def need(self, *states: FeedBatchState) -> None:
        """Raise PreconditionFailed unless it is in one of these states."""
        if self.state not in states:
            raise PreconditionFailed(
                "FEED_BATCH_STATE",
                f"The feed batch is {self.state}.",
                {"found": self.state, "needed": ",".join(states)},
            )

    def _second(self, by: str) -> Proposal:
        if self.proposal is None:
            raise PreconditionFailed(
                "FEED_BATCH_STATE",
                "Nothing is proposed for the feed batch.",
                {"found": self.state, "needed": ",".join(f"{kind}_PROPOSED" for kind in FeedDecisionKind)},
            )
        if are_one_individual(by, self.proposal.proposer):
            raise PermissionDenied("SAME_PERSON", "Who proposed it cannot decide it: ask a second person.")
        return self.proposal

    def _decided(self, by: str, now: datetime, *, approved: bool) -> "FeedBatch":
        assert self.proposal is not None  # noqa: S101  _second has looked
        decision = Decision(self.proposal, by, approved, now)
        return self._changed(now, proposal=None, decisions=(*self.decisions, decision))

    def _changed(self, now: datetime, **fields: object) -> "FeedBatch":
        return replace(self, **fields, version=self.version + 1, update_time=now)  # type: ignore[arg-type]  # by name


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message on the bus that names no delivery."""

    refused: str
    """Its place among the refused ones."""
    message: str
    """Its own id."""
    source: EvidenceSource | None
    refusal: str
    refuse_time: datetime


@dataclass(frozen=True, slots=True)
class FeedBatchChanged:
    """A delivery has come into a state; its event count is the sequence."""

    batch: FeedBatch


def told(before: FeedBatch | None, after: FeedBatch) -> tuple[FeedBatch, list[FeedBatchChanged]]:
    """Give a delivery with its events counted, and the event of a new state."""
    if before is not None and before.state is after.state:
        return after, []
    counted = replace(after, event_count=after.event_count + 1)
    return counted, [FeedBatchChanged(counted)]
