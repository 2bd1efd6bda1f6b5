"""`ssctl retirement`: retirement as one matter (退休一件事)."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin.choosing import NumberFile, PersonName, secret_from, the_person
from services.admin.eligibility import step_record
from services.admin.facts import read_facts
from services.admin.output import Format, Record, enum_word, yuan
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import retirement_pb2, retirement_service_pb2, retirement_service_pb2_grpc

app = typer.Typer(
    help="Retirement as one matter: when, whether, how much, what is missing; granted all together.",
    no_args_is_help=True,
)

Month = Annotated[
    str, typer.Option("--month", help="Month of retirement chosen, YYYY-MM; else the first that the law gives.")
]
Facts = Annotated[
    list[str] | None, typer.Option("--fact", help="name=value: a fact that is not on record. May be repeated.")
]
AsOf = Annotated[str, typer.Option(help="The day to decide for, YYYY-MM-DD; else today.")]


@reading(app)
async def plan(
    session: Session,
    month: Month = "",
    as_of_date: AsOf = "",
    fact: Facts = None,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
) -> None:
    """Say when somebody may retire, whether, with how much, and what is missing; nothing is granted."""
    whose = await the_person(session, person, identity_number_file)
    _show(session, await _service(session).Retire(await _request(session, whose, month, as_of_date, fact)))


@changing(app)
async def confirm(
    session: Session,
    change: Change,
    reference: Annotated[str, typer.Option(help="The agency's number of the determination (待遇核定).")],
    pooling_region: Annotated[str, typer.Option(help="Division code of the pooling region that pays.")],
    account_file: Annotated[Path, typer.Option(help="File with the account to pay to; - for standard input.")],
    plan_etag: Annotated[str, typer.Option(help="Etag of the plan that the person has seen.")] = "",
    month: Month = "",
    as_of_date: AsOf = "",
    fact: Facts = None,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
) -> None:
    """Grant somebody's retirement: the pension, the end of what excludes it, and the certification, all together."""
    whose = await the_person(session, person, identity_number_file)
    request = await _request(session, whose, month, as_of_date, fact)
    request.confirmation.CopyFrom(
        retirement_pb2.RetirementConfirmation(
            reference=reference,
            pooling_region=pooling_region,
            account=secret_from(account_file, "account"),
            etag=plan_etag,
        )
    )
    request.request_id, request.validate_only = change.request_id, change.validate_only
    _show(session, await _service(session).Retire(request))


async def _request(
    session: Session, person: str, month: str, as_of_date: str, fact: list[str] | None
) -> retirement_service_pb2.RetireRequest:
    return retirement_service_pb2.RetireRequest(
        person=person, retirement_month=month, as_of_date=as_of_date, facts=await read_facts(session, fact or [])
    )


def _show(session: Session, retirement: retirement_pb2.Retirement) -> None:
    if session.printer.form is not Format.TABLE:
        session.printer.one(retirement)
        return
    session.printer.record(_answer(retirement))
    for decision in retirement.decisions:
        session.printer.gap()
        session.printer.records([step_record(step) for step in decision.steps])


def _answer(retirement: retirement_pb2.Retirement) -> Record:
    """Write the four answers, and what was done."""
    return {
        "person": retirement.person,
        "state": enum_word(retirement_pb2.RetirementState.DESCRIPTOR, retirement.state),
        "retirement_month": retirement.retirement_month or None,
        "statutory_month": retirement.statutory_month or None,
        "earliest_month": retirement.earliest_month or None,
        "latest_month": retirement.latest_month or None,
        "first_payment_month": retirement.first_payment_month or None,
        "unmet_conditions": ", ".join(retirement.unmet_conditions) or None,
        "lacking_contribution_months": retirement.lacking_contribution_months or None,
        "monthly pension (yuan)": yuan(retirement.monthly_amount_fen) if retirement.monthly_amount_fen else None,
        "missing": "; ".join(f"{fact.name} ({fact.source})" for fact in retirement.missing_facts) or None,
        "granted": ", ".join(one.name for one in retirement.granted) or None,
        "ended": ", ".join(one.name for one in retirement.ended) or None,
        "note": "rests on a parameter that nobody has compared with the law" if retirement.unverified else None,
        "etag": retirement.etag,
    }


def _service(session: Session) -> "retirement_service_pb2_grpc.RetirementServiceAsyncStub":
    return retirement_service_pb2_grpc.RetirementServiceStub(session.channel("eligibility"))
