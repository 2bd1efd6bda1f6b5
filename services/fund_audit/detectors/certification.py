"""R-29: a pension paid while the person's certification did not allow it."""

from collections.abc import Iterator, Sequence
from datetime import date

from services.fund_audit.detectors.history import OWN, CertificationChange, PersonHistory
from services.fund_audit.domain import CertificationState, DrawKind, Line

BARRED = frozenset({CertificationState.SUSPENDED, CertificationState.LOST})
"""UNDER_VERIFICATION holds the next payment and is no finding: nothing is established (Handling Regulation art. 26)."""


def paid_without_certification(history: PersonHistory) -> Iterator[Line]:
    """Find each draw paid on a day on which the certification was suspended or lost.

    An own draw of a person without any certification is found too. What is paid once is not conditional on one and is
    not looked at.
    """
    changes = sorted(history.certifications, key=lambda change: change.sequence, reverse=True)
    for draw in history.standing:
        if draw.kind is DrawKind.LUMP_SUM:
            continue
        change = _on(changes, draw.pay_date)
        if not changes and draw.origin == OWN:
            yield Line(draw.benefit_month, (draw.event_id,), draw.amount_fen)
        elif change is not None and change.state in BARRED:
            yield Line(draw.benefit_month, tuple(sorted((change.event_id, draw.event_id))), draw.amount_fen)


def _on(latest_first: Sequence[CertificationChange], day: date) -> CertificationChange | None:
    """Give the last word of eligibility on a day: a later change that reaches further back corrects an earlier one."""
    return next((change for change in latest_first if change.effective_date <= day), None)
