"""R-18: one bank account that several people draw to."""

from collections import defaultdict

from services.fund_audit.detectors.history import AccountHistory, Draw
from services.fund_audit.domain import Line


def shared_by_strangers(history: AccountHistory) -> tuple[Line, ...]:
    """Find an account whose payees are not all joined by registered representatives.

    A guardian or an agent may receive for whom they represent, and need not draw a pension themselves to join two of
    their people. At risk is what went to the account for everybody outside the group that drew most often (then: the
    larger sum, then the smaller id, so that equal facts always name the same group).
    """
    groups = _groups(history)
    if len(groups) < 2:
        return ()
    keeper = min(groups, key=lambda group: (-len(group), -sum(draw.amount_fen for draw in group), _payees(group)))
    kept = {draw.event_id for draw in keeper}
    months: defaultdict[int, list[Draw]] = defaultdict(list)
    for draw in history.standing:
        months[draw.benefit_month].append(draw)
    return tuple(
        Line(
            month,
            tuple(sorted(draw.event_id for draw in draws)),
            sum(draw.amount_fen for draw in draws if draw.event_id not in kept),
        )
        for month, draws in months.items()
    )


def _groups(history: AccountHistory) -> list[list[Draw]]:
    """Divide the account's draws by payees joined through representatives (a union of sets, path-halving)."""
    parent: dict[str, str] = {}

    def root(person: str) -> str:
        parent.setdefault(person, person)
        while parent[person] != person:
            parent[person] = parent[parent[person]]
            person = parent[person]
        return person

    for representation in history.representations:
        parent[root(representation.person)] = root(representation.representative)
    groups: defaultdict[str, list[Draw]] = defaultdict(list)
    for draw in history.standing:
        groups[root(draw.person)].append(draw)
    return list(groups.values())


def _payees(draws: list[Draw]) -> list[str]:
    return sorted({draw.person for draw in draws})
