"""`ssctl evidence feeds`: whole deliveries of offices, from the file to the second pair of eyes."""

import asyncio
from typing import Annotated

import typer

from services.admin.choosing import Etag, chosen, words
from services.admin.files import Again, CsvFile, import_file
from services.admin.kinds import FileKind
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, pages
from services.admin.outcome import ExitCode, Failed
from services.admin.output import tell
from services.admin.progress_bar import pauses, progress_bar
from services.admin.records import Column, RecordType, Whole, word
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import evidence_pb2, feed_pb2, feed_service_pb2, feed_service_pb2_grpc

app = typer.Typer(help="Whole deliveries of offices: sent, quarantined, released, undone.", no_args_is_help=True)

FeedName = Annotated[str, typer.Argument(metavar="FEED_BATCH", help="feedBatches/{feed_batch}.", show_default=False)]
Source = Annotated[str, typer.Option(help=f"The office, one of: {words(evidence_pb2.EvidenceSource)}.")]
Reason = Annotated[str, typer.Option(help="Why, 5 to 500 characters.")]

_COLUMNS = ("name", "source", "reference", "state", "row_count", "negative_count", "accepted_count", "waiting_count")
_AT_WORK = (
    feed_pb2.FEED_BATCH_STATE_CHECKING,
    feed_pb2.FEED_BATCH_STATE_APPLYING,
    feed_pb2.FEED_BATCH_STATE_UNDOING,
)


@changing(app)
async def send(
    session: Session,
    change: Change,
    file: CsvFile,
    source: Source,
    reference: Annotated[str, typer.Option(help="The office's number of the delivery; the same one goes on with it.")],
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it was applied or quarantined.")] = False,
    again: Again = False,
) -> None:
    """Send a file of an office as one delivery and close it; nobody is touched before it was compared with the usual.

    The file's header is `reference,revision,identity_number,kind,event_date,received_date`. Somebody whom nobody knows
    is waited for. Refused rows go to FILE.rejects.csv and leave the delivery open: send them mended, or close it.
    """
    wanted = feed_pb2.FeedBatch(source=chosen(evidence_pb2.EvidenceSource, "--source", source), reference=reference)
    request = feed_service_pb2.OpenFeedBatchRequest(
        feed_batch=wanted, request_id=change.request_id, validate_only=change.validate_only
    )
    batch = await _feeds(session).OpenFeedBatch(request)
    if change.execute:
        if batch.state == feed_pb2.FEED_BATCH_STATE_RECEIVING:
            await import_file(session, change, feed_rows(batch.name), file, again=again)
            batch = await _get(session, batch.name)
            batch = await _close(session, change, batch.name, batch.row_count)
        else:
            tell(f"{batch.name} was closed before; nothing was sent")
        batch = await _ended(session, batch) if wait else batch
    session.printer.one(batch)


@changing(app)
async def close(
    session: Session,
    change: Change,
    feed_batch: FeedName,
    row_count: Annotated[int, typer.Option(min=1, help="How many rows the office says that it sent.")],
) -> None:
    """End a delivery whose rows came otherwise than by `send`, or without those that were refused."""
    session.printer.one(await _close(session, change, feed_batch, row_count))


@reading(app)
async def get(
    session: Session,
    feed_batch: FeedName,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until nothing goes on by itself.")] = False,
) -> None:
    """Read a delivery: what came, what is abnormal, what was decided by whom."""
    batch = await _get(session, feed_batch)
    session.printer.one(await _ended(session, batch) if wait else batch)


@reading(app, "list")
async def list_feeds(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List deliveries, newest first. Filter fields: source, state, reference."""
    request = feed_service_pb2.ListFeedBatchesRequest(filter=condition)
    found = pages(_feeds(session).ListFeedBatches, request, lambda reply: reply.feed_batches, limit)
    await session.printer.many(found, _COLUMNS)


@reading(app)
async def rows(session: Session, feed_batch: FeedName, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List a delivery's rows and what became of each. Filter fields: kind, outcome, event_date, person."""
    request = feed_service_pb2.ListFeedRowsRequest(parent=feed_batch, filter=condition)
    found = pages(_feeds(session).ListFeedRows, request, lambda reply: reply.rows, limit)
    await session.printer.many(found, ("reference", "revision", "person", "kind", "event_date", "strength", "outcome"))


@reading(app)
async def refused(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List messages on the bus that named no delivery: the office mends and sends them again.

    Filter fields: source, message.
    """
    request = feed_service_pb2.ListRefusedMessagesRequest(filter=condition)
    found = pages(_feeds(session).ListRefusedMessages, request, lambda reply: reply.refused_messages, limit)
    await session.printer.many(found, ("refuse_time", "source", "message", "refusal"))


@changing(app)
async def propose(
    session: Session,
    change: Change,
    feed_batch: FeedName,
    reason: Reason,
    decision: Annotated[
        str, typer.Option("--decision", help=f"What shall be done, one of: {words(feed_pb2.FeedDecisionKind)}.")
    ],
    etag: Etag = "",
) -> None:
    """Propose to release or reject a quarantined delivery, or to undo one; a reviewer decides."""
    request = feed_service_pb2.ProposeFeedDecisionRequest(
        name=feed_batch,
        kind=chosen(feed_pb2.FeedDecisionKind, "--decision", decision),
        reason=reason,
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _feeds(session).ProposeFeedDecision(request))


@changing(app)
async def approve(
    session: Session,
    change: Change,
    feed_batch: FeedName,
    etag: Etag = "",
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it was done.")] = False,
) -> None:
    """Do what is proposed; not by the person who proposed it."""
    request = feed_service_pb2.ApproveFeedDecisionRequest(
        name=feed_batch, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    batch = await _feeds(session).ApproveFeedDecision(request)
    session.printer.one(await _ended(session, batch) if wait and change.execute else batch)


@changing(app)
async def decline(session: Session, change: Change, feed_batch: FeedName, etag: Etag = "") -> None:
    """Drop what is proposed; not by the person who proposed it."""
    request = feed_service_pb2.DeclineFeedDecisionRequest(
        name=feed_batch, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _feeds(session).DeclineFeedDecision(request))


def feed_rows(feed_batch: str) -> FileKind[feed_pb2.FeedRow, feed_service_pb2.SubmitFeedRowsRequest]:
    """Give the kind of the file of one delivery; the service finds whom a row is of, and waits for the unknown."""
    return FileKind(
        f"rows of {feed_batch}",
        "eligibility",
        RecordType(
            feed_pb2.FeedRow,
            Column("reference"),
            Whole("revision", optional=True),
            Column("identity_number"),
            word("kind", evidence_pb2.EvidenceKind),
            Column("event_date"),
            Column("received_date"),
        ),
        lambda batch, rows, validate_only: feed_service_pb2.SubmitFeedRowsRequest(
            batch=batch, feed_batch=feed_batch, rows=rows, validate_only=validate_only
        ),
        lambda channel, requests: feed_service_pb2_grpc.FeedServiceStub(channel).StreamFeedRows(requests),
    )


async def _close(session: Session, change: Change, feed_batch: str, row_count: int) -> feed_pb2.FeedBatch:
    if not row_count:
        raise Failed(ExitCode.USAGE, "The delivery has no rows: there is nothing to close.")
    request = feed_service_pb2.CloseFeedBatchRequest(
        name=feed_batch, row_count=row_count, request_id=change.request_id, validate_only=change.validate_only
    )
    return await _feeds(session).CloseFeedBatch(request)


async def _get(session: Session, feed_batch: str) -> feed_pb2.FeedBatch:
    return await _feeds(session).GetFeedBatch(feed_service_pb2.GetFeedBatchRequest(name=feed_batch))


async def _ended(session: Session, batch: feed_pb2.FeedBatch) -> feed_pb2.FeedBatch:
    """Look at a delivery until nothing goes on by itself, with a progress bar on a terminal."""
    pause = pauses()
    with progress_bar(batch.name) as show:
        while batch.state in _AT_WORK:
            done = batch.accepted_count + batch.repeated_count + batch.refused_count + batch.waiting_count
            show(done, batch.row_count)
            await asyncio.sleep(next(pause))
            batch = await _get(session, batch.name)
    return batch


def _feeds(session: Session) -> "feed_service_pb2_grpc.FeedServiceAsyncStub":
    return feed_service_pb2_grpc.FeedServiceStub(session.channel("eligibility"))
