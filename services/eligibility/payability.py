"""Which months of a pension are due, held or lost after what happened, and what that makes of what was paid; pure.

The law of an event is the book's (`rules/payability`); a month is a month since year 0, money is in fen. Nothing is
remembered here: an event that turns out to be wrong is left out, and the same months are owed back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.common.months import first_day, month_of
from services.eligibility.domain import Scheme
from services.eligibility.life_event import OF_TERMS, LifeEvent, LifeEventKind
from services.eligibility.payability_law import DatedEffect, Effect, PayabilityLaw


class MonthState(StrEnum):
    """What a month of a benefit is."""

    DUE = "DUE"
    HELD = "HELD"
    """Not paid now; due when the event is settled for the person."""
    LOST = "LOST"
    """Nothing is due for it, now or later."""
    UNKNOWN = "UNKNOWN"
    """The book has no rule for the event in this month: neither paid nor claimed back until somebody has looked."""


@dataclass(frozen=True, slots=True)
class AmountStep:
    """What a benefit is worth from a month on until the next step."""

    from_month: int
    monthly_fen: int
    is_adjustment: bool = False
    """Whether it is the yearly adjustment, which some sentences exclude."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The months of a benefit and what they are worth before anything happened."""

    scheme: Scheme
    start_month: int
    end_month: int | None
    amounts: tuple[AmountStep, ...]
    """In the order of their months, the first not after `start_month`."""
    is_pension: bool = True
    """The rules of what custody and sentences do are those of pensions; another benefit has its own, or none."""
    benefit: str = ""


@dataclass(frozen=True, slots=True)
class MonthAccount:
    """One month of a benefit: what is due, what was paid, and why."""

    month: int
    state: MonthState
    worth_fen: int
    """What it would be paid with."""
    paid_fen: int
    event: LifeEvent | None
    """The event that decides, if one does."""
    article: str
    unverified: bool

    @property
    def owed_fen(self) -> int:
        """What is still to be paid, back pay when the month has passed."""
        return max(self.worth_fen - self.paid_fen, 0) if self.state is MonthState.DUE else 0

    @property
    def held_fen(self) -> int:
        """What would be owed, were the event settled for the person."""
        return max(self.worth_fen - self.paid_fen, 0) if self.state is MonthState.HELD else 0

    @property
    def open_fen(self) -> int:
        """What is not paid of it and not lost: owed now, held, or neither known yet."""
        return max(self.worth_fen - self.paid_fen, 0) if self.state is not MonthState.LOST else 0

    @property
    def overpaid_fen(self) -> int:
        """What was paid and was not due; of a held or unknown month that is not known yet."""
        if self.state is MonthState.LOST:
            return self.paid_fen
        return max(self.paid_fen - self.worth_fen, 0) if self.state is MonthState.DUE else 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """All months of a benefit up to one of them."""

    months: tuple[MonthAccount, ...]

    @property
    def owed_fen(self) -> int:
        """What is to be paid in all."""
        return sum(account.owed_fen for account in self.months)

    @property
    def held_fen(self) -> int:
        """What is held in all."""
        return sum(account.held_fen for account in self.months)

    @property
    def overpaid_fen(self) -> int:
        """What is to be claimed back in all."""
        return sum(account.overpaid_fen for account in self.months)


def settle(
    claim: Claim,
    events: Sequence[LifeEvent],
    paid: Mapping[int, int],
    through_month: int,
    law: PayabilityLaw,
    from_month: int = 0,
) -> Settlement:
    """Account for each month of a benefit from one month through another, and for each outside its own that was paid.

    `paid` has what was paid for each month and did not come back, fen.
    """
    last = through_month if claim.end_month is None else min(through_month, claim.end_month)
    strays = {month for month, fen in paid.items() if fen and from_month <= month <= through_month}
    months = sorted(strays.union(range(max(claim.start_month, from_month), last + 1)))
    raises = _raises(claim, events, law)
    return Settlement(tuple(_account(claim, raises, events, month, paid.get(month, 0), law) for month in months))


def account_for(
    claim: Claim, events: Sequence[LifeEvent], month: int, paid_fen: int, law: PayabilityLaw
) -> MonthAccount:
    """Account for one month, as `settle` does."""
    return _account(claim, _raises(claim, events, law), events, month, paid_fen, law)


def is_survivors_benefit_barred(events: Sequence[LifeEvent]) -> bool:
    """Tell whether somebody died while serving: heirs get the own contributions only (劳社厅函〔2001〕44号)."""
    served = [event for event in events if event.kind in (LifeEventKind.PRISON, LifeEventKind.PAROLE_REVOKED)]
    deaths = [event.from_date for event in events if event.kind is LifeEventKind.DEATH]
    return any(
        event.from_date <= death and (event.to_date is None or death <= event.to_date)
        for event in served
        for death in deaths
    )


_STATES = {
    Effect.PAY: MonthState.DUE,
    Effect.PAY_WITHOUT_ADJUSTMENT: MonthState.DUE,
    Effect.HOLD: MonthState.HELD,
    Effect.WITHHOLD: MonthState.LOST,
    Effect.END: MonthState.LOST,
}
_WITHOUT_ADJUSTMENT = (Effect.PAY_WITHOUT_ADJUSTMENT, Effect.WITHHOLD)


def _account(
    claim: Claim,
    raises: Sequence[tuple[int, int]],
    events: Sequence[LifeEvent],
    month: int,
    paid_fen: int,
    law: PayabilityLaw,
) -> MonthAccount:
    if month < claim.start_month or (claim.end_month is not None and month > claim.end_month):
        return MonthAccount(month, MonthState.LOST, 0, paid_fen, None, "", unverified=False)
    worth_fen = sum(fen for since, fen in raises if since <= month)
    told = [(event, _rule(claim, event, month, law)) for event in events]
    reaching = [(event, rule) for event, rule in told if _reaches(event, rule, month, law)]
    if not reaching:
        return MonthAccount(month, MonthState.DUE, worth_fen, paid_fen, None, "", unverified=False)
    event, rule = max(reaching, key=_weight)
    if rule is None:
        return MonthAccount(month, MonthState.UNKNOWN, worth_fen, paid_fen, event, "", unverified=True)
    return MonthAccount(month, _STATES[rule.effect], worth_fen, paid_fen, event, rule.article, rule.unverified)


def _rule(claim: Claim, event: LifeEvent, month: int, law: PayabilityLaw) -> DatedEffect | None:
    if claim.is_pension or event.kind not in OF_TERMS:
        return law.of(event, claim.scheme, month)
    return law.of_benefit(event, claim.benefit, month)


def _weight(told: tuple[LifeEvent, DatedEffect | None]) -> tuple[int, bool]:
    """Order what reaches a month: what holds weighs less than what nobody knows, and that less than what takes away."""
    _, rule = told
    return (Effect.HOLD, True) if rule is None else (rule.effect, False)


def _reaches(event: LifeEvent, rule: DatedEffect | None, month: int, law: PayabilityLaw) -> bool:
    """Tell whether an event does its effect to a month, whose payment fell due when the month began."""
    first = month_of(event.from_date)
    last = month if event.to_date is None else month_of(event.to_date)
    effect = rule.effect if rule is not None else None
    if effect is Effect.END:
        return month > first
    if effect is Effect.HOLD:
        # That somebody is free again says nothing of a sentence that nobody has confirmed or taken back.
        over = event.to_date is not None and event.kind is not LifeEventKind.SENTENCE_REPORTED
        return not over and first < month <= last
    if effect in (Effect.PAY, Effect.PAY_WITHOUT_ADJUSTMENT):
        return first <= month <= last
    if event.kind is LifeEventKind.PRISON:
        begun = month > first or not law.pays_first_month_of_prison(month)
        return first <= month <= last and begun and not _is_paid_release(event, month, law)
    if event.kind is LifeEventKind.PAROLE_REVOKED:
        return first <= month <= last and not _is_paid_release(event, month, law)
    return first < month <= last


def _is_paid_release(event: LifeEvent, month: int, law: PayabilityLaw) -> bool:
    return event.to_date is not None and month == month_of(event.to_date) and law.pays_month_of_release(month)


def _raises(claim: Claim, events: Sequence[LifeEvent], law: PayabilityLaw) -> list[tuple[int, int]]:
    """Give the months from which the worth rises or falls, and by how much; without the adjustments that are barred."""
    found: list[tuple[int, int]] = []
    before_fen = 0
    for step in claim.amounts:
        if not (step.is_adjustment and _is_barred(step.from_month, claim, events, law)):
            found.append((step.from_month, step.monthly_fen - before_fen))
        before_fen = step.monthly_fen
    return found


def _is_barred(month: int, claim: Claim, events: Sequence[LifeEvent], law: PayabilityLaw) -> bool:
    day = first_day(month)
    return any(
        event.contains(day) and rule is not None and rule.effect in _WITHOUT_ADJUSTMENT
        for event in events
        for rule in (_rule(claim, event, month, law),)
    )
