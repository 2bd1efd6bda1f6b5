"""R-07: pensions drawn under two identities of one person."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from services.fund_audit.detectors.double_draw import month_of_change
from services.fund_audit.detectors.history import Draw, PersonHistory
from services.fund_audit.domain import Line


def drawn_under_two_names(history: PersonHistory) -> Iterator[Line]:
    """Find months that were drawn under more than one of the records that are this person.

    Nobody draws two pensions, whatever number they are known by (人社部规〔2016〕5号 item 5). The record that drew
    most of a month keeps it, of equal ones the smaller name; the rest is at risk. The month of change from one scheme
    to another is no overlap. The merges are evidence: without them these are draws of different people.
    """
    if not history.aliases:
        return
    merges = {alias.event_id for alias in history.aliases}
    months: defaultdict[int, list[Draw]] = defaultdict(list)
    for draw in history.regular:
        months[draw.benefit_month].append(draw)
    for month, draws in months.items():
        beside = [draw for draw in draws if any(_are_two(history, draw, other) for other in draws)]
        if beside:
            yield Line(month, tuple(sorted({*merges, *(draw.event_id for draw in beside)})), _at_risk_fen(beside))


def _are_two(history: PersonHistory, one: Draw, other: Draw) -> bool:
    """Tell whether two draws of a month come from two records, and not from a change of scheme."""
    changed = one.scheme is not other.scheme and one.benefit_month == month_of_change(
        history.regular, one.scheme, other.scheme
    )
    return one.person != other.person and not changed


def _at_risk_fen(draws: Sequence[Draw]) -> int:
    drawn: defaultdict[str, int] = defaultdict(int)
    for draw in draws:
        drawn[draw.person] += draw.amount_fen
    keeper = min(drawn, key=lambda name: (-drawn[name], name))
    return sum(amount for name, amount in drawn.items() if name != keeper)
