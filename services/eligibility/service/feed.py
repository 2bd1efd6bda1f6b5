"""Deliveries of offices are opened, filled, closed and decided on; `feeding` lets them take effect."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from services.common.errors import AlreadyExists, DomainError, NotFound, PreconditionFailed
from services.common.ids import new_id
from services.eligibility.evidence import NEGATIVE, EvidenceSource
from services.eligibility.feed import FeedBatch, FeedBatchState, told
from services.eligibility.feed_decision import Proposal
from services.eligibility.feed_row import FeedRow
from services.eligibility.service.outcome import Numbered, Outcome
from services.eligibility.service.store import Store

Delivered = tuple[FeedRow, str]
"""A row, and the identity number of somebody whom nobody knows yet; empty for everybody else."""


def open_feed_batch(store: Store, source: EvidenceSource, reference: str, now: datetime) -> FeedBatch:
    """Open a delivery, or give the one that there is."""
    found = store.feeds.find(source, reference)
    if found is not None:
        return found
    batch = FeedBatch(new_id(), source, reference, now, now)
    return keep_batch(store, None, batch)


def receive_rows(store: Store, batch: str, rows: Numbered[Delivered], now: datetime) -> Outcome:
    """Take rows in; nobody is touched. Those that came before change nothing."""
    outcome = Outcome()
    found = get_feed_batch(store, batch)
    known = dict(store.feeds.known_rows(batch, [row.reference for _, (row, _) in rows]))
    new: list[Delivered] = []
    for index, (row, number) in rows:
        before = known.get(row.reference)
        if before is None:
            known[row.reference] = row
            new.append((row, number))
        elif row.says_again(before):
            outcome.repeated += 1
        else:
            outcome.refused.append((index, _other_content()))
    outcome.accepted = len(new)
    negative = sum(row.kind in NEGATIVE for row, _ in new)
    store.feeds.save(found.receive(len(new), negative, now))
    store.feeds.add_rows(batch, new)
    return outcome


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a delivery that came over the bus."""

    number: int
    rows: Numbered[Delivered]
    row_count: int
    """In the last piece the rows of the whole delivery; 0 in all others."""


def receive_piece(store: Store, source: EvidenceSource, reference: str, piece: Piece, now: datetime) -> FeedBatch:
    """Take a piece in, and the delivery as complete once all have come, in whatever order.

    A piece that came before brings no new row and changes nothing. What cannot be taken rejects the delivery, so that
    the office sees why; nobody was touched by then.
    """
    found = get_feed_batch(store, open_feed_batch(store, source, reference, now).batch)  # locked
    if found.state is not FeedBatchState.RECEIVING:
        return found
    outcome = receive_rows(store, found.batch, piece.rows, now)
    if outcome.refused:
        place, error = outcome.refused[0]
        return refuse_delivery(store, source, reference, f"Piece {piece.number}: rows[{place}]: {error}", now)
    if not outcome.accepted:
        return found
    received = get_feed_batch(store, found.batch)
    taken = keep_batch(store, received, received.take_piece(piece.number, piece.row_count, now))
    if not taken.has_all_pieces:
        return taken
    try:
        return close_feed_batch(store, taken.batch, taken.declared_rows, now)
    except PreconditionFailed as error:
        return refuse_delivery(store, source, reference, f"Piece {piece.number}: {error}", now)


def refuse_delivery(store: Store, source: EvidenceSource, reference: str, refusal: str, now: datetime) -> FeedBatch:
    """Reject a delivery for what cannot be taken; one that is complete, or was rejected, stays as it is."""
    found = open_feed_batch(store, source, reference, now)
    if found.state is not FeedBatchState.RECEIVING:
        return found
    return keep_batch(store, found, found.refuse(refusal, now))


def get_feed_batch(store: Store, batch: str) -> FeedBatch:
    """Read a delivery."""
    found = store.feeds.get(batch)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such feed batch.", {"resource": f"feedBatches/{batch}"})
    return found


def close_feed_batch(store: Store, batch: str, row_count: int, now: datetime) -> FeedBatch:
    """Take a delivery as complete."""
    return _change(store, batch, None, lambda found: found.close(row_count, now))


def propose_decision(store: Store, batch: str, version: int | None, proposal: Proposal, now: datetime) -> FeedBatch:
    """Propose what shall be done with a delivery."""
    return _change(store, batch, version, lambda found: found.propose(proposal, now))


def approve_decision(store: Store, batch: str, version: int | None, by: str, now: datetime, today: date) -> FeedBatch:
    """Do what is proposed; it goes on in the background."""
    return _change(store, batch, version, lambda found: found.approve(by, now, today))


def decline_decision(store: Store, batch: str, version: int | None, by: str, now: datetime) -> FeedBatch:
    """Drop what is proposed."""
    return _change(store, batch, version, lambda found: found.decline(by, now))


def keep_batch(store: Store, before: FeedBatch | None, after: FeedBatch) -> FeedBatch:
    """Keep a new or changed delivery, and tell of a new state; give it as it was kept."""
    kept, events = told(before, after)
    store.feeds.save(kept)
    store.tell(events)
    return kept


def _change(store: Store, batch: str, version: int | None, step: Callable[[FeedBatch], FeedBatch]) -> FeedBatch:
    found = get_feed_batch(store, batch)
    found.check_version(version)
    return keep_batch(store, found, step(found))


def _other_content() -> DomainError:
    return AlreadyExists(
        "RESOURCE_EXISTS", "A row with that reference came before in this feed batch with other content."
    )
