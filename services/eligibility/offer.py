"""What a benefit is that can be found for people, and what speaks against granting it to whom it is due; pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.common.months import format_month
from services.eligibility.domain import MAX_DRAW_FEN, MAX_MONTHLY_FEN, PENSIONS, EntitlementState, Scheme
from services.eligibility.entitlement import Entitlement


class Exclusion(StrEnum):
    """Why somebody who fulfils the conditions of a benefit is not offered it."""

    DRAWN = "DRAWN"
    """It was granted already."""
    OTHER_BENEFIT = "OTHER_BENEFIT"
    """A benefit that was granted may not be drawn beside it, or a person has to look at the two."""
    OTHER_PAYER = "OTHER_PAYER"
    """Another payer pays of the same scheme, or a pension beside this one: months would be drawn twice."""
    REPORTED = "REPORTED"
    """A report says that the person died, is sentenced or missing; that is cleared first."""
    DECLINED = "DECLINED"
    """The person did not want it."""
    REJECTED = "REJECTED"
    """A reviewer refused it, and nothing that speaks for it has changed since."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A benefit of the book that can be found."""

    benefit: str
    scheme: Scheme
    amount: str
    """The result that is paid, every month or once."""
    first: str = ""
    """The result that names the first month; without one it is the month in which the benefit is found."""
    last: str = ""
    """The result that names the last month; without one it is open."""
    replaces: frozenset[str] = frozenset()
    """Benefits that end when it begins."""
    excluded_by: frozenset[str] = frozenset()
    """Benefits beside which it is not granted by itself."""
    event: str = ""
    """Of what is paid once: the fact that says that something happened for which it is paid. Nobody is asked for it."""
    event_month: str = ""
    """The fact that has the month in which that happened; without one it is paid once to a person."""
    to_survivors: bool = False
    """Whether it is due because the person died: the family says who of them is paid."""

    @property
    def most_fen(self) -> int:
        """The largest amount that no facts are right to exceed."""
        return MAX_DRAW_FEN if self.is_once else MAX_MONTHLY_FEN

    @property
    def is_once(self) -> bool:
        """Whether it is paid once, not every month."""
        return bool(self.event)

    @property
    def is_pension(self) -> bool:
        """Whether it is an old-age pension, of which a person draws one only."""
        return self.benefit.endswith("pension")


_NEVER = 1 << 30


@dataclass(frozen=True, slots=True)
class FindingParameters:
    """The settings of a day; the rule book has them with their sources."""

    instant: frozenset[str]
    """Benefits that are granted without being asked for."""
    instant_on_unverified_law: bool
    verified_facts_months: int
    proposal_days: int
    declined_months: int
    back_months: int
    outside_months: int
    kept_months: int
    """How long runs, proposals that came to nothing, and the lists of sweeps are kept after their end."""
    once_event_months: int
    """How long after an event what is paid once for it is looked for: former systems have paid for older ones."""


@dataclass(frozen=True, slots=True)
class PaidElsewhere:
    """What another payer paid of late."""

    person: str
    """The name under which it was told."""
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a benefit would be granted to, by which region's fund."""

    person: str
    pooling_region: str

    def of_two(self, offer: Offer, other: Entitlement) -> bool:
        """Tell whether the fund audit finds a month drawn twice that is paid of both: R-04 to R-06.

        Those rules look at schemes and regions, whatever the benefits are called.
        """
        if other.scheme is offer.scheme:
            return other.pooling_region != self.pooling_region
        return {other.scheme, offer.scheme} <= PENSIONS

    def of_two_payers(self, offer: Offer, other: PaidElsewhere) -> bool:
        """Tell the same of what another payer pays, in whatever region."""
        is_double = other.scheme is offer.scheme or {other.scheme, offer.scheme} <= PENSIONS
        return is_double or other.person != self.person


def may_follow(offer: Offer, recipient: Recipient, other: Entitlement) -> bool:
    """Tell whether a benefit may begin only after the last month that was drawn of another one."""
    return not other.is_once and (other.benefit in {offer.benefit, *offer.replaces} or recipient.of_two(offer, other))


def start_of(first_month: int | None, as_of_month: int, last_drawn: int | None, parameters: FindingParameters) -> int:
    """Give the first month that is granted: that of the law, not too far back, and after what was drawn instead."""
    start = max(as_of_month if first_month is None else first_month, as_of_month - parameters.back_months)
    return start if last_drawn is None else max(start, last_drawn + 1)


def is_drawn(offer: Offer, held: Iterable[Entitlement]) -> bool:
    """Tell whether somebody has a benefit, whatever month it would be granted from.

    A pension that was held before is not granted again by itself: its end had a reason.
    """
    return any(one.benefit == offer.benefit and (offer.is_pension or one.end_month is None) for one in held)


def once_key(offer: Offer, person: str, happened_month: int | None) -> str:
    """Name what may be paid once only: a benefit, to or for a person, for an event; nobody dies twice."""
    if offer.to_survivors:
        return f"{offer.benefit}/{person}"
    return f"{offer.benefit}/{person}" + (f"/{format_month(happened_month)}" if happened_month is not None else "")


def once_exclusion(
    offer: Offer, held: Iterable[Entitlement], *, granted: bool, paid: bool, elsewhere: bool
) -> Exclusion | None:
    """Tell what speaks against granting what is paid once.

    `granted`: it was granted for this event; `paid`: the person was paid at once something beside monthly benefits, or
    survivors by a death that then was none, and nobody but a person can tell what that was for; `elsewhere`: another
    payer pays it.
    """
    if granted or any(one.benefit == offer.benefit and not one.once for one in held):
        return Exclusion.DRAWN
    if paid:
        return Exclusion.OTHER_BENEFIT
    return Exclusion.OTHER_PAYER if elsewhere else None


def exclusion(
    offer: Offer, recipient: Recipient, held: Iterable[Entitlement], outside: Iterable[PaidElsewhere], start_month: int
) -> Exclusion | None:
    """Tell what speaks against granting a monthly benefit from a month on; None when nothing does."""
    held = [one for one in held if not one.is_once]  # a lump pays no month
    overlapping = [one for one in held if one.end_month is None or one.end_month >= start_month]
    if is_drawn(offer, held) or any(one.benefit == offer.benefit for one in overlapping):
        return Exclusion.DRAWN
    if any(one.person != recipient.person for one in held) or _changed(offer, held):
        return Exclusion.OTHER_BENEFIT  # who draws under one of two names is looked at by a person
    if any(_stands_in_the_way(offer, recipient, one, start_month) for one in overlapping):
        return Exclusion.OTHER_BENEFIT
    if any(recipient.of_two_payers(offer, one) for one in outside):
        return Exclusion.OTHER_PAYER
    return None


def _changed(offer: Offer, held: Collection[Entitlement]) -> bool:
    """Tell whether its scheme once handed over to another one, or took over, in a month that both paid.

    That month is no finding of the audit for as long as the earlier scheme does not pay again.
    """
    own = [one for one in held if offer.scheme in PENSIONS and one.scheme is offer.scheme]
    others = [one for one in held if one.scheme in PENSIONS and one.scheme is not offer.scheme]
    return any(
        max(one.start_month, other.start_month) <= min(_last(one), _last(other)) for one in own for other in others
    )


def _last(entitlement: Entitlement) -> int:
    return _NEVER if entitlement.end_month is None else entitlement.end_month


def _stands_in_the_way(offer: Offer, recipient: Recipient, other: Entitlement, start_month: int) -> bool:
    if other.benefit in offer.replaces:
        # The grant ends it with the month before; what was stopped for good keeps its end.
        return other.state is EntitlementState.STOPPED or not other.covers(start_month - 1)
    return other.benefit in offer.excluded_by or other.is_pension or recipient.of_two(offer, other)
