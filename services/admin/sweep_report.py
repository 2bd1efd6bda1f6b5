"""`ssctl certifications sweep report|people`: what a sweep found, and of whom."""

from typing import Annotated

import typer

from services.admin.choosing import chosen, words
from services.admin.listing import DEFAULT_LIMIT, Limit, each, pages
from services.admin.session import Session
from services.admin.verbs import reading
from socsec.eligibility.v1 import sweep_report_service_pb2, sweep_report_service_pb2_grpc
from socsec.eligibility.v1.sweep_report_service_pb2 import SweepList, SweepReason

SweepName = Annotated[str, typer.Argument(metavar="SWEEP", help="certificationSweeps/{sweep}.", show_default=False)]
_Division = Annotated[str, typer.Option("--division", help="Only this division code.")]
_Changed = Annotated[bool, typer.Option("--changed", help="Only who changes.")]


def add_reports(app: typer.Typer) -> None:
    """Add the commands that read what a sweep found."""

    @reading(app)
    async def report(session: Session, sweep: SweepName, division: _Division = "", changed: _Changed = False) -> None:
        """Count what a sweep found by district and reason: of a dry run (--count-only), who would change."""
        request = sweep_report_service_pb2.GetSweepReportRequest(name=sweep)
        found = await _reports(session).GetSweepReport(request)
        counts = [
            count for count in found.counts if division in ("", count.division) and (count.changed or not changed)
        ]
        names = ("division", "list", "reason", "from_state", "to_state", "people_count")
        await session.printer.many(each(counts), names)

    @reading(app)
    async def people(
        session: Session,
        sweep: SweepName,
        on_list: Annotated[str, typer.Option("--list", help=f"One of: {words(SweepList)}.")] = "",
        reason: Annotated[str, typer.Option("--reason", help=f"One of: {words(SweepReason)}.")] = "",
        division: _Division = "",
        changed: _Changed = False,
        limit: Limit = DEFAULT_LIMIT,
    ) -> None:
        """List whom a sweep found, in the order of their names."""
        request = sweep_report_service_pb2.ListSweepFindingsRequest(
            sweep=sweep,
            list=chosen(SweepList, "--list", on_list) if on_list else SweepList.SWEEP_LIST_UNSPECIFIED,
            reason=chosen(SweepReason, "--reason", reason) if reason else SweepReason.SWEEP_REASON_UNSPECIFIED,
            division=division,
            changed_only=changed,
        )
        found = pages(_reports(session).ListSweepFindings, request, lambda reply: reply.findings, limit)
        await session.printer.many(found, ("person", "division", "list", "reason", "from_state", "to_state"))


def _reports(session: Session) -> "sweep_report_service_pb2_grpc.SweepReportServiceAsyncStub":
    return sweep_report_service_pb2_grpc.SweepReportServiceStub(session.channel("eligibility"))
