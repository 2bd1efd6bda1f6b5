"""Recomputations as messages."""

from collections.abc import Iterable

from services.common.resources import resource_name
from services.common.rpc.requests import enum_number
from services.eligibility.api.fields import day_text, month_text
from services.eligibility.service.recompute import AmountChange, Cause, Recomputation
from socsec.eligibility.v1 import decision_pb2, recomputation_pb2


def recomputation_message(found: Recomputation) -> recomputation_pb2.Recomputation:
    """Write what a recorded decision would be now."""
    recorded, before = found.recorded, found.recorded.decision
    after = found.after.results if found.after is not None else before.results
    totals = [change.total for change in found.months]
    return recomputation_pb2.Recomputation(
        decision=resource_name("decisions", recorded.name),
        entitlement=resource_name("entitlements", recorded.entitlement),
        person=resource_name("people", recorded.person),
        benefit=before.benefit,
        as_of_date=recorded.as_of_date.isoformat(),
        outcome_before=_outcome(before.outcome),
        outcome_after=_outcome(found.after.outcome if found.after is not None else None),
        results=[
            recomputation_pb2.ResultChange(name=name, before=before.results.get(name), after=after.get(name))
            for name in sorted({*before.results, *after})
            if before.results.get(name) != after.get(name)
        ],
        months=map(_amount, found.months),
        back_pay_fen=sum(total for total in totals if total > 0),
        overpaid_fen=-sum(total for total in totals if total < 0),
        causes=_causes(found.causes),
        obstacle=found.obstacle,
    )


def _amount(change: AmountChange) -> recomputation_pb2.AmountChange:
    return recomputation_pb2.AmountChange(
        from_month=month_text(change.from_month),
        to_month=month_text(change.to_month),
        before_fen=change.before,
        after_fen=change.after,
        total_fen=change.total,
        causes=_causes(change.causes),
        registered_fen=change.registered,
    )


def _causes(causes: Iterable[Cause]) -> list[recomputation_pb2.Cause]:
    return [
        recomputation_pb2.Cause(
            name=cause.step.name,
            title=cause.step.title,
            unit=cause.step.unit,
            before=cause.before,
            after=cause.step.value,
            source=cause.step.source,
            since_month=month_text(cause.citation.since),
            published_date=day_text(cause.citation.published),
            unverified=cause.step.unverified,
        )
        for cause in causes
    ]


def _outcome(outcome: str | None) -> decision_pb2.Outcome.ValueType:
    return decision_pb2.Outcome.ValueType(enum_number(decision_pb2.Outcome, outcome))
