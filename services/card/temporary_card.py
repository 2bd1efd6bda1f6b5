"""The paper that a holder has while the card is made (临时卡)."""

from dataclasses import dataclass, replace
from datetime import date

from services.card.status import TemporaryCardState


@dataclass(frozen=True, slots=True)
class TemporaryCard:
    """The paper that stands in for a card while it is made: no bank function, of no use elsewhere (临时卡)."""

    issue_date: date
    expire_date: date
    """Last day of validity."""
    state: TemporaryCardState = TemporaryCardState.VALID


def handed_in(temporary: TemporaryCard | None) -> TemporaryCard | None:
    """Give it as it is when the real card is there, or none is waited for any more; one that has ended stays so."""
    if temporary is None or temporary.state is not TemporaryCardState.VALID:
        return temporary
    return replace(temporary, state=TemporaryCardState.RETURNED)
