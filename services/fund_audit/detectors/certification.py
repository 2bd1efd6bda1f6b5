"""R-29: a pension paid while the person's certification did not allow it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from services.common.months import month_of
from services.fund_audit.detectors.history import OWN, CertificationChange, Draw, PersonHistory
from services.fund_audit.domain import CertificationState, DrawKind, Line

BARRED = frozenset({CertificationState.SUSPENDED, CertificationState.LOST})
"""UNDER_VERIFICATION holds the next payment and is no finding: nothing is established (Handling Regulation art. 26)."""
_FREE = frozenset({CertificationState.CERTIFIED, CertificationState.WARNING})


def paid_without_certification(history: PersonHistory) -> Iterator[Line]:
    """Find each draw paid on a day on which the certification was suspended or lost.

    An own draw of a person without any certification is found too. What is paid once is not conditional on one and is
    not looked at. What this bureau pays of a lost one up to the month of a death or a sentence is due: it was held
    until that was confirmed. Of a person with several names one name that was certified is enough: it is the person
    who lives.
    """
    names: defaultdict[str, list[CertificationChange]] = defaultdict(list)
    for change in sorted(history.certifications, key=lambda change: change.sequence, reverse=True):
        names[change.name].append(change)
    for draw in history.standing:
        if draw.kind is DrawKind.LUMP_SUM:
            continue
        words = [word for changes in names.values() if (word := _on(changes, draw.pay_date)) is not None]
        if not names and draw.origin == OWN:
            yield Line(draw.benefit_month, (draw.event_id,), draw.amount_fen)
        elif (
            words
            and all(word.state in BARRED for word in words)
            and not _was_due(draw, words, _last_due(history, names.values(), draw.pay_date))
        ):
            evidence = sorted((draw.event_id, *(word.event_id for word in words)))
            yield Line(draw.benefit_month, tuple(evidence), draw.amount_fen)


def _last_due(history: PersonHistory, of_names: Iterable[Sequence[CertificationChange]], day: date) -> int | None:
    """Give the month of what ended the payments by a day: the death, or before it the last sentence; None without.

    A sentence was served when the person was certified, or reminded, after it and before the death.
    """
    deaths = [month_of(death.death_date) for death in history.deaths]
    free = (
        change.effective_date
        for changes in of_names
        for change in changes
        if change.state in _FREE and change.effective_date <= day and _on(changes, change.effective_date) is change
    )
    free_since = max(free, default=date.min) if deaths else date.min
    return min([*deaths, *(month_of(day) for day in history.sentences[-1:] if day >= free_since)], default=None)


def _was_due(draw: Draw, words: Iterable[CertificationChange], last_due: int | None) -> bool:
    lost = all(word.state is CertificationState.LOST for word in words)
    return lost and draw.origin == OWN and last_due is not None and draw.benefit_month <= last_due


def _on(latest_first: Sequence[CertificationChange], day: date) -> CertificationChange | None:
    """Give the last word of eligibility on a day: a later change that reaches further back corrects an earlier one."""
    return next((change for change in latest_first if change.effective_date <= day), None)
