"""What a draw of ours takes of its entitlement, so that only one draw takes it; pure."""

from collections.abc import Iterable

from services.common.errors import AlreadyExists
from services.eligibility.draw import DrawKind, DrawReport
from services.eligibility.entitlement import Entitlement


def slot_of(report: DrawReport, entitlement: Entitlement, paid_fen: int) -> str:
    """Name what only one standing draw of ours may take of an entitlement.

    A month is paid once, regularly or as back pay of what was held. What is paid beside that (`paid_fen` was) is the
    difference of a raise, of which a month may have several and equal ones: it takes a slot of its own, and the account
    of the month bounds it. What is paid at once beside a monthly benefit takes all of that kind; what is granted to be
    paid once takes its only month.
    """
    if report.kind is DrawKind.LUMP_SUM and not entitlement.is_once:
        return f"once/{report.entitlement_reference}"
    if report.kind is not DrawKind.REGULAR and paid_fen > 0:
        return f"{report.benefit_month}+{report.reference}/{report.entitlement_reference}"
    return month_slot(report)


def barring_slots(
    report: DrawReport, entitlement: Entitlement, held: Iterable[Entitlement], paid_fen: int
) -> tuple[str, ...]:
    """Name what must not be taken of the person's other entitlements for a draw to be made.

    A month of a pension is not paid when it was paid of another one which the person may not draw beside: two records,
    each with a pension, were found to be one person's. The pension that was drawn first is not stopped.
    """
    if slot_of(report, entitlement, paid_fen) != month_slot(report):
        return ()  # paid once, or the difference of a raise
    others = (other for other in held if other.entitlement != entitlement.entitlement)
    return tuple(f"{report.benefit_month}/{other.reference}" for other in others if entitlement.conflicts_with(other))


def month_slot(report: DrawReport) -> str:
    """Name the month of an entitlement, which the first draw for it takes."""
    return f"{report.benefit_month}/{report.entitlement_reference}"


def already_drawn(draw: str) -> AlreadyExists:
    """Give the refusal of a second draw of what is drawn once: a month, or a lump sum; `draw` may not be known."""
    return AlreadyExists(
        "ALREADY_DRAWN",
        "It was drawn already: that month, of this pension or another one of the person's, or the lump sum.",
        {"resource": f"draws/{draw}"} if draw else {},
    )
