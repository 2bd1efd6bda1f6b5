"""Explanations as messages."""

from collections.abc import Mapping

from services.common.months import month_of
from services.common.rpc.requests import enum_number
from services.eligibility.api.decided import headline_message, origin_number
from services.eligibility.api.fields import day_text, month_text
from services.eligibility.book.book import Book
from services.eligibility.book.citation import Citation, cite
from services.eligibility.book.explain import Step
from services.eligibility.recorded import GivenFact, RecordedDecision
from services.eligibility.service.explain import Reproduction
from socsec.eligibility.v1 import explanation_pb2


def explanation_message(
    recorded: RecordedDecision, book: Book | None, again: Reproduction
) -> explanation_pb2.Explanation:
    """Write a decision with what its book says of each step; without the book the steps are told as they were kept."""
    month = month_of(recorded.as_of_date)
    return explanation_pb2.Explanation(
        decision=headline_message(recorded),
        steps=[
            _step(step, cite(book.library, step, month) if book is not None else Citation(None), recorded.facts)
            for step in recorded.decision.steps
        ],
        reproduced=again.reproduced,
        differences=[
            explanation_pb2.Difference(name=name, before=before, after=after)
            for name, before, after in again.differences
        ],
        obstacle=again.obstacle,
    )


def _step(step: Step, citation: Citation, facts: Mapping[str, GivenFact]) -> explanation_pb2.ExplainedStep:
    message = explanation_pb2.ExplainedStep(
        name=step.name,
        kind=explanation_pb2.StepKind.ValueType(enum_number(explanation_pb2.StepKind, citation.kind)),
        title=step.title,
        value=step.value,
        unit=step.unit,
        source=step.source,
        givens=step.givens,
        unverified=step.unverified,
        since_month=month_text(citation.since),
        until_month=month_text(citation.until),
        published_date=day_text(citation.published),
        checked_date=day_text(citation.checked),
        formula=citation.formula,
    )
    if (fact := facts.get(step.name)) is not None:
        message.origin = origin_number(fact.origin)
        message.fact_date = fact.as_of_date.isoformat()
    return message
