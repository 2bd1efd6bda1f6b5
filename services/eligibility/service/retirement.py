"""Retirement as one matter (退休一件事): when, whether, how much, what is missing; and all of it granted together."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from services.common.errors import Conflict, InvalidInput, PreconditionFailed
from services.common.failpoints import failpoint
from services.common.months import first_day, month_of
from services.eligibility.book.book import Book
from services.eligibility.book.decision import Decision, Outcome
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.domain import MAX_MONTHLY_FEN, EntitlementGrant, Scheme
from services.eligibility.entitlement import Entitlement
from services.eligibility.facts import Profile
from services.eligibility.service.decision import Numbers
from services.eligibility.service.entitlement import end_replaced, grant_entitlement
from services.eligibility.service.store import Store

PENSION = "employee_pension"
PARTS = ("basic_pension_fen", "account_pension_fen", "transitional_pension_fen")
_STATUTORY, _EARLY, _FLEXIBLE = "statutory_retirement", "early_retirement", "flexible_retirement"
_MONTH, _GROUND = "retirement_month", "retirement_ground"
_UNEMPLOYMENT = "unemployment_benefit"
_REASON = "退休：社会保险法 第五十一条；城乡养老保险制度衔接暂行办法 第八条"


class RetirementState(StrEnum):
    """Where a retirement stands."""

    FACTS_MISSING = "FACTS_MISSING"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    TOO_EARLY = "TOO_EARLY"
    """All is settled but the month, which is still to come."""
    READY = "READY"
    GRANTED = "GRANTED"


@dataclass(frozen=True, slots=True)
class RetirementPlan:
    """What the book says of somebody's retirement in one month."""

    person: str
    day: date
    """The day it was decided for."""
    state: RetirementState
    month: int | None
    """Month of retirement; None when facts for it are missing."""
    values: Mapping[str, int]
    """All that was computed on the way, by its name in the book."""
    given: Numbers
    """Facts that are not on record, the month among them."""
    decisions: tuple[Decision, ...]
    unmet: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """All decisions together."""
        if self.missing:
            return Outcome.UNKNOWN
        return Outcome.NOT_ELIGIBLE if self.unmet else Outcome.ELIGIBLE

    @property
    def monthly_fen(self) -> int:
        """The pension; 0 when it could not be computed."""
        return self.values.get("total_pension_fen", 0)

    @property
    def lacking_months(self) -> int:
        """Months of contribution still to be paid, as far as it is known."""
        needed = self.values.get("chosen_min_contribution_months", 0)
        return max(needed - self.values.get("total_contribution_months", needed), 0)

    @property
    def etag(self) -> str:
        """Stand for all of it."""
        said = [(one.benefit, one.book_hash, sorted(one.facts.items()), one.outcome) for one in self.decisions]
        text = repr((self.person, self.month, said, sorted(self.values.items())))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The person's consent, and what a grant needs beside the law."""

    reference: str
    pooling_region: str
    account_number: str = field(repr=False)
    etag: str = ""
    """Of the plan that the person has seen; empty when it is not to be compared."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a retirement changed in the register."""

    granted: Entitlement
    ended: tuple[Entitlement, ...]


def plan_retirement(
    book: Book, person: str, as_of: date, on_record: Numbers, given: Numbers, chosen: int | None
) -> RetirementPlan:
    """Decide somebody's retirement in the month chosen, or else in the first that the law gives.

    It is decided for the month of retirement when that is still to come: whether and how much are as they will be.
    Raises InvalidInput as the book does.
    """
    facts = {**on_record, **given}
    claimed = facts.get(_GROUND, book.code(_GROUND, "STATUTORY")) != book.code(_GROUND, "STATUTORY")
    first, month = _first_month(book, facts, as_of, claimed=claimed)
    if month is not None and month > month_of(as_of):
        first, month = _first_month(book, facts, first_day(month), claimed=claimed)  # by the law of that day
    month = chosen if chosen is not None else facts.get(_MONTH, month)
    if month is not None:
        facts[_MONTH] = month
    day = as_of if month is None else max(as_of, first_day(month))
    decisions = [book.evaluate(PENSION, facts, day)]
    if not claimed and month_of(day) >= book.chapters[_FLEXIBLE].benefit.since:
        decisions.append(book.evaluate(_FLEXIBLE, facts, day))
    unmet = tuple(dict.fromkeys(name for one in decisions for name in one.unmet))
    missing = tuple(sorted({name for one in decisions for name in one.missing_facts}))
    values = {step.name: step.value for one in (first, *decisions) for step in one.steps}
    return RetirementPlan(
        person=person,
        day=day,
        state=_state(unmet, missing, month, as_of),
        month=month,
        values=values,
        given=given if month is None else {**given, _MONTH: month},
        decisions=tuple(decisions),
        unmet=unmet,
        missing=missing,
    )


def grant_retirement(
    store: Store,
    plan: RetirementPlan,
    confirmation: Confirmation,
    profiles: Mapping[str, Profile],
    now: datetime,
    law: CertificationLaw,
    book: Book,
) -> Granted:
    """Grant what was planned: the pension begins, what may not be drawn beside it ends the month before.

    Raises PreconditionFailed for a plan that is not ready, Conflict for another one than was confirmed.
    """
    if confirmation.etag and confirmation.etag != plan.etag:
        raise Conflict("ETAG_MISMATCH", "Facts, law or month changed since the plan was shown; show it again.")
    if plan.state is not RetirementState.READY:
        raise PreconditionFailed(
            "RETIREMENT_NOT_DUE",
            "The retirement may not be granted: see unmet conditions and missing facts.",
            {"found": plan.state, "unmet": ";".join(plan.unmet), "missing": ";".join(plan.missing)},
        )
    if not 1 <= plan.monthly_fen <= MAX_MONTHLY_FEN:
        limits = {"min": "1", "max": str(MAX_MONTHLY_FEN)}
        raise InvalidInput("facts", "AMOUNT_OUT_OF_RANGE", "The facts lead to a pension that cannot be.", limits)
    first_month = plan.values["first_payment_month"]
    store.entitlements.take_turn()
    ended = end_replaced(store, plan.person, _is_replaced, first_month - 1, _REASON, now)
    failpoint("retirement.after_ending")
    grant = EntitlementGrant(
        reference=confirmation.reference,
        person=plan.person,
        benefit=PENSION,
        scheme=Scheme.EMPLOYEE_PENSION,
        pooling_region=confirmation.pooling_region,
        start_month=first_month,
        end_month=None,
        monthly_amount_fen=plan.monthly_fen,
        account_number=confirmation.account_number,
    )
    granted = grant_entitlement(store, grant, profiles, now, law, book, plan.given)
    failpoint("retirement.after_granting")
    return Granted(granted, ended)


def _is_replaced(other: Entitlement) -> bool:
    """Tell whether it is the residents' pension or the unemployment benefit, not to be drawn beside the pension."""
    return other.scheme is Scheme.RESIDENT_PENSION or other.benefit == _UNEMPLOYMENT


def _first_month(book: Book, facts: Numbers, day: date, *, claimed: bool) -> tuple[Decision, int | None]:
    """Give the first month of retirement by the law of a day: that of the ground claimed, or the statutory one."""
    decision = book.evaluate(_EARLY if claimed else _STATUTORY, facts, day)
    return decision, decision.results.get("early_retirement_month" if claimed else "statutory_retirement_month")


def _state(unmet: Sequence[str], missing: Sequence[str], month: int | None, as_of: date) -> RetirementState:
    if missing or month is None:
        return RetirementState.FACTS_MISSING
    if unmet:
        return RetirementState.NOT_ELIGIBLE
    return RetirementState.TOO_EARLY if month > month_of(as_of) else RetirementState.READY
