"""R-04, R-05, R-06, R-34: one month drawn twice by one person."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from services.fund_audit.detectors.history import Draw, PersonHistory
from services.fund_audit.domain import Line, Scheme

K = TypeVar("K", bound=Hashable)


def drawn_in_two_regions(history: PersonHistory) -> Iterator[Line]:
    """Find months in which one scheme paid in two pooling regions; all but the largest draw is at risk.

    Which relation stays is agreed between person and agency (人社部规〔2016〕5号 item 5): the larger is assumed.
    """
    for (_, month), draws in _grouped(history.regular, lambda draw: (draw.scheme, draw.benefit_month)):
        if len({draw.pooling_region for draw in draws}) > 1:
            yield _line(month, draws, _all_but_largest(draws))


def drawn_from_residents_too(history: PersonHistory) -> Iterator[Line]:
    """Find months in which the residents' scheme paid beside the employees' or the public one.

    The residents' amounts must be returned (interim rules on bridging, art. 8). The month of change is no overlap.
    """
    residents = Scheme.RESIDENT_PENSION
    overlap = {
        scheme: _overlap(history.regular, residents, scheme)
        for scheme in (Scheme.EMPLOYEE_PENSION, Scheme.PUBLIC_PENSION)
    }
    for month, draws in _grouped(history.regular, lambda draw: draw.benefit_month):
        against = {scheme for scheme, months in overlap.items() if month in months}
        if against:
            concerned = [draw for draw in draws if draw.scheme is residents or draw.scheme in against]
            at_risk = sum(draw.amount_fen for draw in concerned if draw.scheme is residents)
            yield _line(month, concerned, at_risk)


def drawn_as_employee_and_public(history: PersonHistory) -> Iterator[Line]:
    """Find months in which the employees' and the public institutions' scheme both paid.

    All but the largest is at risk: one relation stays (人社部规〔2016〕5号 item 5). The month of change is no overlap.
    """
    employee, public = Scheme.EMPLOYEE_PENSION, Scheme.PUBLIC_PENSION
    overlap = _overlap(history.regular, employee, public)
    concerned = (draw for draw in history.regular if draw.scheme in {employee, public})
    for month, draws in _grouped(concerned, lambda draw: draw.benefit_month):
        if month in overlap:
            yield _line(month, draws, _all_but_largest(draws))


def drawn_twice(history: PersonHistory) -> Iterator[Line]:
    """Find months of one entitlement that were paid more than once; all but the first paid is at risk."""
    for (*_, month), draws in _grouped(
        history.regular,
        lambda draw: (draw.scheme, draw.pooling_region, draw.entitlement_reference, draw.benefit_month),
    ):
        if len(draws) > 1:
            yield _line(month, draws, sum(draw.amount_fen for draw in draws[1:]))


def month_of_change(draws: Iterable[Draw], one: Scheme, other: Scheme) -> int | None:
    """Give the month in which one of two schemes took over from the other; None without such a month.

    A change of scheme pays both in one month: the first of the later scheme, when it is also the last of the earlier.
    """
    paid = _months(draws, one, other)
    if not all(paid):
        return None
    earlier, later = sorted(paid, key=min)
    return min(later) if min(earlier) < min(later) == max(earlier) else None


def _overlap(draws: Sequence[Draw], one: Scheme, other: Scheme) -> frozenset[int]:
    """Give the months that both schemes paid, without the month in which one took over from the other."""
    both = frozenset.intersection(*_months(draws, one, other))
    return both - {month_of_change(draws, one, other)} if both else both


def _months(draws: Iterable[Draw], *schemes: Scheme) -> list[frozenset[int]]:
    """Give the months that each of some schemes paid."""
    months: dict[Scheme, set[int]] = {scheme: set() for scheme in schemes}
    for draw in draws:
        if draw.scheme in months:
            months[draw.scheme].add(draw.benefit_month)
    return [frozenset(months[scheme]) for scheme in schemes]


def _grouped(draws: Iterable[Draw], key: Callable[[Draw], K]) -> Iterable[tuple[K, list[Draw]]]:
    """Group draws; each group keeps their order."""
    groups: defaultdict[K, list[Draw]] = defaultdict(list)
    for draw in draws:
        groups[key(draw)].append(draw)
    return groups.items()


def _all_but_largest(draws: Iterable[Draw]) -> int:
    amounts = sorted(draw.amount_fen for draw in draws)
    return sum(amounts[:-1])


def _line(month: int, draws: Iterable[Draw], amount_fen: int) -> Line:
    return Line(month, tuple(sorted(draw.event_id for draw in draws)), amount_fen)
