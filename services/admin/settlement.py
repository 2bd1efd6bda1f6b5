"""`ssctl settlement`: what is due, held, lost, owed back or overpaid of an entitlement after what happened."""

from typing import Annotated

import typer

from services.admin.choosing import chosen, words
from services.admin.outcome import ExitCode, Failed
from services.admin.output import Format, Record, enum_word, yuan
from services.admin.session import Session
from services.admin.verbs import reading
from socsec.eligibility.v1 import settlement_pb2, settlement_service_pb2, settlement_service_pb2_grpc

app = typer.Typer(
    help="Months of a pension by what happened: due, held, lost, owed back, overpaid.", no_args_is_help=True
)

_FORM = "An event is given as KIND,FROM[,TO[,convicted]], for example prison,2023-03-10,2024-09-05."


@reading(app)
async def check(
    session: Session,
    entitlement: Annotated[
        str, typer.Argument(metavar="ENTITLEMENT", help="entitlements/{entitlement}.", show_default=False)
    ],
    event: Annotated[
        list[str] | None,
        typer.Option(
            help=f"KIND,FROM[,TO[,convicted]]; may be repeated. Kinds: {words(settlement_pb2.LifeEventKind)}."
        ),
    ] = None,
    through_month: Annotated[str, typer.Option(help="Last month, YYYY-MM; else the present one.")] = "",
    adjustment_month: Annotated[
        list[str] | None, typer.Option(help="YYYY-MM from which an amount is the yearly adjustment. May be repeated.")
    ] = None,
) -> None:
    """Account for each month of an entitlement after some events; nothing is changed."""
    stub = settlement_service_pb2_grpc.SettlementServiceStub(session.channel("eligibility"))
    request = settlement_service_pb2.CheckSettlementRequest(
        entitlement=entitlement,
        events=map(read_event, event or []),
        through_month=through_month,
        adjustment_months=adjustment_month or [],
    )
    settled = await stub.CheckSettlement(request)
    if session.printer.form is not Format.TABLE:
        session.printer.one(settled)
        return
    session.printer.record(_sums(settled))
    session.printer.gap()
    session.printer.records([_month(month) for month in settled.months])


def read_event(text: str) -> settlement_pb2.LifeEvent:
    """Read `KIND,FROM[,TO[,convicted]]`; raises Failed."""
    kind, *rest = text.split(",")
    if not 1 <= len(rest) <= 3 or rest[2:] not in ([], ["convicted"]):
        raise Failed(ExitCode.USAGE, _FORM)
    return settlement_pb2.LifeEvent(
        kind=chosen(settlement_pb2.LifeEventKind, "--event", kind),
        from_date=rest[0],
        to_date=rest[1] if len(rest) > 1 else "",
        convicted=len(rest) > 2,
    )


def _sums(settled: settlement_pb2.Settlement) -> Record:
    return {
        "entitlement": settled.entitlement,
        "owed (yuan)": yuan(settled.owed_fen),
        "held (yuan)": yuan(settled.held_fen),
        "overpaid (yuan)": yuan(settled.overpaid_fen),
        "survivors' benefit": "barred: died while serving" if settled.survivors_benefit_barred else None,
        "note": "rests on a rule that nobody has compared with the law" if settled.unverified else None,
    }


def _month(month: settlement_pb2.MonthAccount) -> Record:
    return {
        "month": month.month,
        "state": enum_word(settlement_pb2.MonthState.DESCRIPTOR, month.state),
        "worth": yuan(month.worth_fen),
        "paid": yuan(month.paid_fen),
        "owed": yuan(month.owed_fen),
        "overpaid": yuan(month.overpaid_fen),
        "event": enum_word(settlement_pb2.LifeEventKind.DESCRIPTOR, month.event) if month.event else None,
        "source": f"{month.source} (not compared with the law yet)" if month.unverified else month.source,
    }
