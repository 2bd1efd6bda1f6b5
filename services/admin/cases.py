"""`ssctl cases`: flagged cases, their live stream, and the work on them."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

import typer

from services.admin.choosing import Etag
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, both, equal, pages
from services.admin.outcome import ExitCode, Failed
from services.admin.output import Format
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from services.admin.watching import Count, Place, TokenFile, follow, print_changes, tell_lost
from socsec.fundaudit.v1 import case_pb2, case_service_pb2, case_service_pb2_grpc

app = typer.Typer(help="Flagged cases: leads (疑点) until somebody decides them.", no_args_is_help=True)

CaseName = Annotated[str, typer.Argument(metavar="CASE", help="cases/{case}.", show_default=False)]
Subject = Annotated[str, typer.Option("--subject", help="people/{person}, or accounts/{key}.")]

_COLUMNS = ("name", "rule", "severity", "state", "subject", "amount_at_risk_fen", "division", "title")
_CHANGE_COLUMNS = ("change_time", "kind", *(f"case.{column}" for column in _COLUMNS))


@reading(app, "list")
async def list_cases(
    session: Session, subject: Subject = "", condition: Filter = "", limit: Limit = DEFAULT_LIMIT
) -> None:
    """List cases, newest first.

    Filter fields: rule, state, severity, subject, division, amount_at_risk_fen, open_time.
    """
    request = case_service_pb2.ListCasesRequest(filter=both(equal("subject", subject), condition))
    found = pages(_cases(session).ListCases, request, lambda reply: reply.cases, limit)
    await session.printer.many(found, _COLUMNS)


@reading(app)
async def get(session: Session, case: CaseName) -> None:
    """Read a case with the events that it rests on."""
    found = await _cases(session).GetCase(case_service_pb2.GetCaseRequest(name=case))
    if session.printer.form is not Format.TABLE:
        session.printer.one(found)
        return
    evidence = [
        {"event": one.event_id, "type": one.event_type, "resource": one.resource, "summary": one.summary}
        for one in found.evidence
    ]
    found.ClearField("evidence")
    session.printer.one(found)
    session.printer.gap()
    session.printer.records(evidence)


@reading(app)
async def watch(
    session: Session,
    subject: Subject = "",
    condition: Filter = "",
    token_file: Place = None,
    count: Count = 0,
    new_only: Annotated[bool, typer.Option("--new-only", help="Do not list first what is there already.")] = False,
) -> None:
    """List the cases that are there, then print every change as it comes; Ctrl-C ends it.

    Nothing is missed between the list and the watch, nor while the service is away; a change may come twice.
    """
    wanted = both(equal("subject", subject), condition)
    file = TokenFile(token_file)
    token = file.read()
    if not token:
        first = await _cases(session).ListCases(case_service_pb2.ListCasesRequest(filter=wanted, page_size=1_000))
        if not new_only:
            async for case in _all(session, wanted, first):
                session.printer.line(case_service_pb2.CaseChange(case=case), _CHANGE_COLUMNS)
        token = first.resume_token
        file.write(token)
    await print_changes(session.printer, _CHANGE_COLUMNS, _changes(session, wanted, token), file, count)


@changing(app)
async def take(session: Session, change: Change, case: CaseName, etag: Etag = "") -> None:
    """Take an open case to verify it (核查)."""
    request = case_service_pb2.TakeCaseRequest(
        name=case, etag=etag, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _cases(session).TakeCase(request))


@changing(app)
async def decide(
    session: Session,
    change: Change,
    case: CaseName,
    reason: Annotated[str, typer.Option(help="Why, 5 to 500 characters.")],
    confirm: Annotated[bool, typer.Option("--confirm", help="A finding: it is true.")] = False,
    dismiss: Annotated[bool, typer.Option("--dismiss", help="No fault.")] = False,
    etag: Etag = "",
) -> None:
    """Decide a taken case (认定): --confirm or --dismiss. Not by the person who took it."""
    if confirm == dismiss:
        raise Failed(ExitCode.USAGE, "Give --confirm or --dismiss.")
    request = case_service_pb2.DecideCaseRequest(
        name=case,
        confirmed=confirm,
        reason=reason,
        etag=etag,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _cases(session).DecideCase(request))


async def _all(
    session: Session, wanted: str, first: case_service_pb2.ListCasesResponse
) -> AsyncIterator[case_pb2.Case]:
    """Give the cases of a first page, and those of all further pages."""
    for case in first.cases:
        yield case
    if first.next_page_token:
        request = case_service_pb2.ListCasesRequest(filter=wanted, page_token=first.next_page_token)
        async for case in pages(_cases(session).ListCases, request, lambda reply: reply.cases, 0):
            yield case


async def _changes(
    session: Session, wanted: str, token: str
) -> AsyncIterator[tuple[case_service_pb2.CaseChange | None, str]]:
    """Give the changes after a token, each with its own; a bookmark has only that."""

    def watch(place: str) -> AsyncIterable[case_service_pb2.WatchCasesResponse]:
        request = case_service_pb2.WatchCasesRequest(filter=wanted, resume_token=place)
        return _cases(session).WatchCases(request)

    async for message in follow(watch, token, tell_lost):
        yield message.change if message.HasField("change") else None, message.resume_token


def _cases(session: Session) -> "case_service_pb2_grpc.CaseServiceAsyncStub":
    return case_service_pb2_grpc.CaseServiceStub(session.channel("fund_audit"))
