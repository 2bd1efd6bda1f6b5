"""`ssctl eligibility`: what the rule book decides, and why."""

from pathlib import Path
from typing import Annotated

import typer

from services.admin.choosing import NumberFile, PersonName, any_person, the_person
from services.admin.facts import read_facts
from services.admin.files import add_import
from services.admin.kinds import FACTS
from services.admin.listing import each
from services.admin.outcome import ExitCode, Failed
from services.admin.output import Format, Record, enum_word, yuan
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from services.common.months import format_month
from services.common.rpc.status import from_status
from socsec.eligibility.v1 import decision_pb2, eligibility_service_pb2, eligibility_service_pb2_grpc

app = typer.Typer(help="Who may draw which benefit, by rules as code, and why.", no_args_is_help=True)
_facts = typer.Typer(help="Facts about people that the rules use.", no_args_is_help=True)
app.add_typer(_facts, name="facts")

_OWN_FIELDS = frozenset(decision_pb2.PersonFacts.DESCRIPTOR.fields_by_name) - {"person", "as_of_date", "facts"}
"""Facts that have a field of their own in the contract."""

AsOfDate = Annotated[str, typer.Option(help="The day to decide for, YYYY-MM-DD; else today.")]
KnownDate = Annotated[
    str, typer.Option(help="What was known then: publications after this day, YYYY-MM-DD, do not count.")
]
SomeFacts = Annotated[
    list[str] | None,
    typer.Option("--fact", help="name=value: a number, a month YYYY-MM, or a code's name. May be repeated."),
]

add_import(_facts, FACTS, "import", "Take facts in; an empty value is a missing fact, not a zero.")


@changing(_facts, once=False)
async def tell(
    session: Session,
    change: Change,
    as_of_date: Annotated[str, typer.Option(help="The day that they are of, YYYY-MM-DD.")],
    fact: SomeFacts = None,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
) -> None:
    """Tell facts about one person, by their names in the rule book; they take the place of all that was told before."""
    record = decision_pb2.PersonFacts(
        person=await the_person(session, person, identity_number_file),
        as_of_date=as_of_date,
    )
    for name, value in (await read_facts(session, fact or [])).items():
        if name in _OWN_FIELDS:
            setattr(record, name, value)
        else:
            record.facts[name] = value
    request = eligibility_service_pb2.SubmitFactsRequest(facts=[record], validate_only=change.validate_only)
    result = await _eligibility(session).SubmitFacts(request)
    for rejection in result.rejections:
        refused = from_status(rejection.status)
        raise Failed(ExitCode.REJECTED, f"{refused.reason}: {refused.message}")
    session.printer.record({"accepted": result.accepted, "repeated": result.repeated_items})


@reading(app)
async def benefits(session: Session) -> None:
    """List the benefits of the rule book, with the facts that each needs."""
    reply = await _eligibility(session).ListBenefits(eligibility_service_pb2.ListBenefitsRequest())
    await session.printer.many(each(reply.benefits), ("benefit", "title", "facts", "unverified"))


@reading(app)
async def evaluate(
    session: Session,
    benefit: Annotated[str, typer.Argument(metavar="BENEFIT", help="For example employee_pension.")],
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    as_of_date: AsOfDate = "",
    known_date: KnownDate = "",
    fact: SomeFacts = None,
) -> None:
    """Decide for one person, or from facts alone, and explain it step by step.

    Facts that are given win over those on record.
    """
    request = await question(session, benefit, person, identity_number_file, as_of_date, known_date, fact)
    decision = await _eligibility(session).Evaluate(request)
    if session.printer.form is not Format.TABLE:
        session.printer.one(decision)
        return
    session.printer.record(conclusion(decision))
    session.printer.gap()
    session.printer.records([step_record(step) for step in decision.steps])


async def question(
    session: Session,
    benefit: str,
    person: str,
    number_file: Path | None,
    as_of_date: str,
    known_date: str,
    given: list[str] | None,
) -> eligibility_service_pb2.EvaluateRequest:
    """Put together what is asked of a person on record, of facts alone, or of both; raises Failed."""
    whose = await any_person(session, person, number_file)
    facts = await read_facts(session, given or [])
    if not whose and not facts:
        raise Failed(ExitCode.USAGE, "Give a person (--person, --identity-number-file), or facts (--fact name=value).")
    return eligibility_service_pb2.EvaluateRequest(
        person=whose, benefit=benefit, as_of_date=as_of_date, known_date=known_date, facts=facts
    )


def conclusion(decision: decision_pb2.Decision) -> Record:
    """Give what a decision says, without its steps."""
    return {
        "benefit": decision.benefit,
        "person": decision.person or None,
        "as_of_date": decision.as_of_date,
        "known_date": decision.known_date or None,
        "outcome": enum_word(decision_pb2.Outcome.DESCRIPTOR, decision.outcome),
        **{name: _result(name, decision.results[name]) for name in sorted(decision.results)},
        "unmet_conditions": ", ".join(decision.unmet_conditions) or None,
        "missing_facts": ", ".join(decision.missing_facts) or None,
        "rule book": decision.book_hash[:16],
        "note": "rests on a parameter that nobody has compared with the law" if decision.unverified else None,
    }


def _result(name: str, value: int) -> str | int:
    return format_month(value) if name.endswith("_month") else value


def step_record(step: decision_pb2.Step) -> Record:
    """Write one step of a decision."""
    return {
        "step": step.title or step.name,
        "value": value_of(step.unit, step.value),
        "unit": _unit(step),
        "source": _source(step),
    }


def value_of(unit: str, value: int) -> str:
    """Write a value of the book for the eye."""
    if unit == "fen":
        return yuan(value)
    if unit == "month":
        return format_month(value)
    if unit in ("flag", "condition"):
        return "yes" if value else "no"
    return str(value)


def _unit(step: decision_pb2.Step) -> str:
    shown = {"fen": "yuan", "month": "", "flag": "", "condition": "", "bp": "1/10000"}
    return shown.get(step.unit, step.unit)


def _source(step: decision_pb2.Step) -> str:
    return f"{step.source} (not compared with the law yet)" if step.unverified else step.source


def _eligibility(session: Session) -> "eligibility_service_pb2_grpc.EligibilityServiceAsyncStub":
    return eligibility_service_pb2_grpc.EligibilityServiceStub(session.channel("eligibility"))
