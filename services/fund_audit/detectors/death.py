"""R-01: a pension drawn for months after the person's death."""

from collections.abc import Iterator

from services.common.months import month_of
from services.fund_audit.detectors.history import PersonHistory
from services.fund_audit.domain import DrawKind, Line


def drawn_after_death(history: PersonHistory) -> Iterator[Line]:
    """Find each draw for a month after the month of death; the month of death itself is still due.

    A pension stops from the month after the death. What is paid once (a funeral grant, an inherited balance) is paid
    because of the death and is not looked at. Of several reports the earliest month counts.
    """
    if not history.deaths:
        return
    death = min(history.deaths, key=lambda death: (month_of(death.death_date), death.event_id))
    last_due = month_of(death.death_date)
    for draw in history.standing:
        if draw.kind is not DrawKind.LUMP_SUM and draw.benefit_month > last_due:
            yield Line(draw.benefit_month, tuple(sorted((death.event_id, draw.event_id))), draw.amount_fen)
