"""`ssctl quarantine`: events that fund_audit could not apply."""

from typing import Annotated

import typer

from services.admin.listing import DEFAULT_LIMIT, Limit, pages
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.fundaudit.v1 import quarantine_service_pb2, quarantine_service_pb2_grpc

app = typer.Typer(help="Events that could not be applied: shown, tried again, given up.", no_args_is_help=True)

EventId = Annotated[str, typer.Argument(metavar="EVENT", help="Id of the event.", show_default=False)]


@reading(app, "list")
async def list_events(session: Session, limit: Limit = DEFAULT_LIMIT) -> None:
    """List quarantined events, oldest first."""
    request = quarantine_service_pb2.ListQuarantinedEventsRequest()
    found = pages(_quarantine(session).ListQuarantinedEvents, request, lambda reply: reply.events, limit)
    await session.printer.many(
        found, ("quarantine_time", "event_id", "event_type", "aggregate", "aggregate_seq", "attempts", "reason")
    )


@changing(app)
async def retry(session: Session, change: Change, event: EventId) -> None:
    """Apply a quarantined event now."""
    request = quarantine_service_pb2.RetryQuarantinedEventRequest(
        event_id=event, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _quarantine(session).RetryQuarantinedEvent(request))


@changing(app)
async def discard(
    session: Session,
    change: Change,
    event: EventId,
    reason: Annotated[str, typer.Option(help="Why, 5 to 200 characters.")],
) -> None:
    """Give a quarantined event up, so that later events of its aggregate can be applied."""
    request = quarantine_service_pb2.DiscardQuarantinedEventRequest(
        event_id=event, reason=reason, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _quarantine(session).DiscardQuarantinedEvent(request))


def _quarantine(session: Session) -> "quarantine_service_pb2_grpc.QuarantineServiceAsyncStub":
    return quarantine_service_pb2_grpc.QuarantineServiceStub(session.channel("fund_audit"))
