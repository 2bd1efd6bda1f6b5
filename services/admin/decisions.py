"""`ssctl decisions`: decisions on record, and what they would be by today's law."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from services.admin.choosing import NumberFile, PersonName, any_person, the_person
from services.admin.eligibility import AsOfDate, KnownDate, SomeFacts, question
from services.admin.listing import DEFAULT_LIMIT, Filter, Limit, both, equal, pages
from services.admin.output import Format, Record, enum_word, yuan
from services.admin.session import Session
from services.admin.verbs import Change, changing, reading
from socsec.eligibility.v1 import decision_pb2, decision_service_pb2, decision_service_pb2_grpc, recomputation_pb2

app = typer.Typer(help="Decisions on record: made, listed, computed again.", no_args_is_help=True)


@changing(app)
async def record(
    session: Session,
    change: Change,
    benefit: Annotated[str, typer.Argument(metavar="BENEFIT", help="For example employee_pension.")],
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    as_of_date: AsOfDate = "",
    known_date: KnownDate = "",
    fact: SomeFacts = None,
    entitlement: Annotated[
        str, typer.Option(help="entitlements/{entitlement} that is decided anew; this decision then stands for it.")
    ] = "",
) -> None:
    """Decide for a person and record the decision with the facts that it rests on."""
    whose = await the_person(session, person, identity_number_file)
    asked = await question(session, benefit, whose, None, as_of_date, known_date, fact)
    request = decision_service_pb2.RecordDecisionRequest(
        person=asked.person,
        benefit=benefit,
        as_of_date=as_of_date,
        known_date=known_date,
        facts=asked.facts,
        entitlement=entitlement,
        request_id=change.request_id,
        validate_only=change.validate_only,
    )
    session.printer.one(await _decisions(session).RecordDecision(request))


@reading(app)
async def get(
    session: Session,
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="decisions/{decision}.", show_default=False)],
) -> None:
    """Read a decision as it was recorded; `ssctl rules explain` explains it and makes it again."""
    session.printer.one(await _decisions(session).GetDecision(decision_service_pb2.GetDecisionRequest(name=decision)))


@reading(app, "list")
async def list_decisions(
    session: Session,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    condition: Filter = "",
    limit: Limit = DEFAULT_LIMIT,
) -> None:
    """List decisions, newest first.

    Filter fields: person, benefit, outcome, as_of_date, create_date, entitlement, book_hash.
    """
    whose = await any_person(session, person, identity_number_file)
    request = decision_service_pb2.ListDecisionsRequest(filter=both(equal("person", whose), condition))
    found = pages(_decisions(session).ListDecisions, request, lambda reply: reply.decisions, limit)
    await session.printer.many(
        found, ("name", "person", "benefit", "as_of_date", "outcome", "entitlement", "create_time", "unverified")
    )


@reading(app)
async def recompute(
    session: Session,
    person: PersonName = "",
    identity_number_file: NumberFile = None,
    condition: Filter = "",
    through_month: Annotated[str, typer.Option(help="Last month to compute for, YYYY-MM; else the present one.")] = "",
) -> None:
    """Decide again by today's book all decisions of other books, and tell what would differ; nothing is changed.

    Filter fields are those of `list`. Amounts are told by month: above zero is back pay, below zero was paid too much.
    """
    whose = await any_person(session, person, identity_number_file)
    request = decision_service_pb2.RecomputeDecisionsRequest(
        filter=both(equal("person", whose), condition), through_month=through_month
    )
    found = pages(_decisions(session).RecomputeDecisions, request, lambda reply: reply.recomputations, limit=0)
    if session.printer.form is not Format.TABLE:
        await session.printer.many(found, ())
        return
    session.printer.records([line async for one in found for line in _lines(one)])


def _lines(one: recomputation_pb2.Recomputation) -> Iterator[Record]:
    """Give a line for each stretch of months; one without amounts where there are none."""
    head: Record = {"decision": one.decision, "person": one.person, "benefit": one.benefit}
    for change in one.months:
        yield {
            **head,
            "months": f"{change.from_month}..{change.to_month}",
            "before": yuan(change.before_fen) if change.HasField("before_fen") else "unknown",
            "after": yuan(change.after_fen) if change.HasField("after_fen") else "unknown",
            "total": yuan(change.total_fen),
            "because": _because(change.causes),
        }
    if not one.months:
        before, after = (
            enum_word(decision_pb2.Outcome.DESCRIPTOR, outcome) for outcome in (one.outcome_before, one.outcome_after)
        )
        because = one.obstacle or _because(one.causes)
        yield {**head, "months": "", "before": before, "after": after, "total": "", "because": because}


def _because(causes: Iterable[recomputation_pb2.Cause]) -> str:
    return "; ".join(f"{cause.source}: {cause.title}" for cause in causes)


def _decisions(session: Session) -> "decision_service_pb2_grpc.DecisionServiceAsyncStub":
    return decision_service_pb2_grpc.DecisionServiceStub(session.channel("eligibility"))
