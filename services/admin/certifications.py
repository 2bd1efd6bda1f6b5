"""`ssctl certifications`: who still qualifies, the notices, and the sweeps over everybody."""

import asyncio
from typing import Annotated

import typer

from services.admin.certifying import add_verbs
from services.admin.choosing import NumberFile, PersonName, the_person
from services.admin.files import add_import
from services.admin.kinds import NOTICES
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, pages
from services.admin.outcome import ExitCode, Failed
from services.admin.progress_bar import pauses, progress_bar
from services.admin.session import Session
from services.admin.sweep_report import SweepName, add_reports
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import certification_pb2, certification_service_pb2, certification_service_pb2_grpc

app = typer.Typer(help="Certifications: who still qualifies (待遇领取资格认证).", no_args_is_help=True)
_notices = typer.Typer(help="Notices that were delivered; a suspension needs one.", no_args_is_help=True)
_sweep = typer.Typer(help="Passes over all certifications as of a day.", no_args_is_help=True)
app.add_typer(_notices, name="notices")
app.add_typer(_sweep, name="sweep")

add_verbs(app, _notices)
add_reports(_sweep)
add_import(_notices, NOTICES, "import", "Record delivered notices.")


@reading(app)
async def get(session: Session, person: PersonName = "", identity_number_file: NumberFile = None) -> None:
    """Read the certification of a person."""
    whose = await the_person(session, person, identity_number_file)
    name = f"certifications/{whose.removeprefix('people/')}"
    request = certification_service_pb2.GetCertificationRequest(name=name)
    session.printer.one(await _certifications(session).GetCertification(request))


@reading(app)
async def explain(session: Session, person: PersonName = "", identity_number_file: NumberFile = None) -> None:
    """Explain a certification: what a sweep of today would decide, each sentence with its article, and the evidence."""
    whose = await the_person(session, person, identity_number_file)
    name = f"certifications/{whose.removeprefix('people/')}"
    request = certification_service_pb2.ExplainCertificationRequest(name=name)
    session.printer.one(await _certifications(session).ExplainCertification(request))


@reading(app, "list")
async def list_certifications(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List certifications. Filter fields: state, valid_to, method, division."""
    request = certification_service_pb2.ListCertificationsRequest(filter=condition)
    found = pages(_certifications(session).ListCertifications, request, lambda reply: reply.certifications, limit)
    await session.printer.many(found, ("person", "state", "state_since", "valid_to", "method", "notice_date"))


@reading(app, "no-touch")
async def no_touch(
    session: Session,
    from_month: Annotated[str, typer.Option(help="The first month, YYYY-MM; each is looked at with the 11 before it.")],
    to_month: Annotated[str, typer.Option(help="The last month; without it the first alone.")] = "",
    by: Annotated[str, typer.Option(help="district, or city for all together.")] = "district",
) -> None:
    """Show who was certified without being disturbed, and what kept the others from it."""
    if by not in {"district", "city"}:
        raise Failed(ExitCode.USAGE, "--by is district or city.")
    request = certification_service_pb2.GetNoTouchRateRequest(from_month=from_month, to_month=to_month)
    reply = await _certifications(session).GetNoTouchRate(request)
    session.printer.records([_fared(one) for one in reply.districts if by == "district" or not one.division])


def _fared(district: certification_pb2.NoTouchDistrict) -> dict[str, str | int | bool | None]:
    """Give a line: the rate in per cent, then how many each obstacle kept from it."""
    kept: dict[int, int] = {one.obstacle: one.people_count for one in district.obstacles}
    obstacles = certification_pb2.Obstacle.DESCRIPTOR.values
    return {
        "month": district.month,
        "division": district.division or "all",
        "obliged": district.obliged_count,
        "no_touch": district.no_touch_count,
        "rate_percent": f"{district.no_touch_rate_bp // 100}.{district.no_touch_rate_bp % 100:02d}",
        **{
            value.name.removeprefix("OBSTACLE_").lower(): kept.get(value.number, 0)
            for value in obstacles
            if value.number
        },
    }


@changing(_sweep)
async def create(
    session: Session,
    change: Change,
    as_of_date: Annotated[str, typer.Option(help="The day to look from, YYYY-MM-DD.")],
    count_only: Annotated[bool, typer.Option("--count-only", help="A sweep that counts and changes nobody.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended.")] = False,
) -> None:
    """Start a sweep: it warns, suspends and counts. It goes on in the service, also when ssctl ends."""
    request = certification_service_pb2.CreateSweepRequest(
        sweep=certification_pb2.Sweep(as_of_date=as_of_date, dry_run=count_only),
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    sweep = await _certifications(session).CreateSweep(request)
    session.printer.one(await _ended(session, sweep) if wait and change.execute else sweep)


@reading(_sweep, "get")
async def get_sweep(
    session: Session,
    sweep: SweepName,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended.")] = False,
) -> None:
    """Read a sweep."""
    found = await _certifications(session).GetSweep(certification_service_pb2.GetSweepRequest(name=sweep))
    session.printer.one(await _ended(session, found) if wait else found)


@reading(_sweep, "list")
async def list_sweeps(session: Session, condition: Filter = "", limit: Limit = DEFAULT_LIMIT) -> None:
    """List sweeps, newest first. Filter fields: state, as_of_date."""
    request = certification_service_pb2.ListSweepsRequest(filter=condition)
    found = pages(_certifications(session).ListSweeps, request, lambda reply: reply.sweeps, limit)
    await session.printer.many(
        found,
        ("name", "as_of_date", "dry_run", "state", "examined_count", "warned_count", "suspended_count", "silent_count"),
    )


@changing(_sweep)
async def cancel(session: Session, change: Change, sweep: SweepName) -> None:
    """Stop a running sweep; what it did stays."""
    request = certification_service_pb2.CancelSweepRequest(
        name=sweep, request_id=change.request_id, validate_only=change.validate_only
    )
    session.printer.one(await _certifications(session).CancelSweep(request))


async def _ended(session: Session, sweep: certification_pb2.Sweep) -> certification_pb2.Sweep:
    """Look at a sweep until it has ended, with a progress bar on a terminal."""
    request = certification_service_pb2.GetSweepRequest(name=sweep.name)
    pause = pauses()
    with progress_bar(sweep.name) as show:
        while sweep.state == certification_pb2.SWEEP_STATE_RUNNING:
            show(sweep.examined_count, sweep.total_count)
            await asyncio.sleep(next(pause))
            sweep = await _certifications(session).GetSweep(request)
    return sweep


def _certifications(session: Session) -> "certification_service_pb2_grpc.CertificationServiceAsyncStub":
    return certification_service_pb2_grpc.CertificationServiceStub(session.channel("eligibility"))
