"""`ssctl cases`: flagged cases, their live stream, and the work on them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import typer

from services.admin.choosing import Etag
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, both, equal, pages
from services.admin.outcome import ExitCode, Failed
from services.admin.output import Format, tell
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from services.admin.watching import TokenFile, follow
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
    token_file: Annotated[
        Path | None, typer.Option(help="Keeps the place: the next watch with the same filter goes on there.")
    ] = None,
    count: Annotated[int, typer.Option(min=0, help="End after so many changes; 0: never.")] = 0,
    new_only: Annotated[bool, typer.Option("--new-only", help="Do not list first what is there already.")] = False,
) -> None:
    """List the cases that are there, then print every change as it comes; Ctrl-C ends it.

    Nothing is missed between the list and the watch, nor while the service is away; a change may come twice.
    """
    wanted = both(equal("subject", subject), condition)
    file = TokenFile(token_file) if token_file else None
    token = file.read() if file else ""
    seen = 0
    if not token:
        first = await _cases(session).ListCases(case_service_pb2.ListCasesRequest(filter=wanted, page_size=1_000))
        if not new_only:
            async for case in _all(session, wanted, first):
                session.printer.line(case_service_pb2.CaseChange(case=case), _CHANGE_COLUMNS)
        token = first.resume_token
        _keep(file, token)
    async for message in follow(_cases(session), wanted, token, lambda lost: tell(f"{lost} Going on when it is back.")):
        if message.HasField("change"):
            session.printer.line(message.change, _CHANGE_COLUMNS)
            seen += 1
        _keep(file, message.resume_token)
        if count and seen >= count:
            return


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


def _keep(file: TokenFile | None, token: str) -> None:
    if file is not None:
        file.write(token)


def _cases(session: Session) -> "case_service_pb2_grpc.CaseServiceAsyncStub":
    return case_service_pb2_grpc.CaseServiceStub(session.channel("fund_audit"))
