"""What happens to somebody who draws a benefit; pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class LifeEventKind(StrEnum):
    """What may happen to a person who draws."""

    DEATH = "DEATH"
    MISSING = "MISSING"
    CUSTODY = "CUSTODY"
    """Wanted, or in custody before a judgement."""
    PRISON = "PRISON"
    PAROLE_REVOKED = "PAROLE_REVOKED"
    """What is served after a parole was revoked, from the month of the revocation."""
    SENTENCE_OUTSIDE = "SENTENCE_OUTSIDE"
    """Surveillance (管制), a suspended sentence, or one served outside prison."""
    PAROLE = "PAROLE"
    ABROAD = "ABROAD"
    NATIONALITY_LOST = "NATIONALITY_LOST"
    UNCERTIFIED = "UNCERTIFIED"
    ACCOUNT_UNPAYABLE = "ACCOUNT_UNPAYABLE"
    LOSS_SUSPECTED = "LOSS_SUSPECTED"
    SENTENCE_REPORTED = "SENTENCE_REPORTED"
    """A sentence of which one office alone has told."""
    OTHER_PENSION = "OTHER_PENSION"
    """Began to draw a pension of a scheme that comes first."""


OF_TERMS = frozenset(
    {LifeEventKind.CUSTODY, LifeEventKind.PRISON, LifeEventKind.PAROLE_REVOKED, LifeEventKind.SENTENCE_REPORTED}
)
"""What keeps a person in, or is said to."""


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """Something that happened, from a day until before another; without `to_date` it lasts."""

    kind: LifeEventKind
    from_date: date
    to_date: date | None = None
    """The first day on which it is over: release, certification, return, a new account, an acquittal."""
    convicted: bool = False
    """Of custody: whether it ended in a sentence; then the held months are not paid back."""

    def contains(self, day: date) -> bool:
        """Tell whether it lasts on a day."""
        return self.from_date <= day and (self.to_date is None or day < self.to_date)

    @property
    def takes(self) -> bool:
        """Tell whether months are lost by it that were confirmed to be: a sentence served, or the custody before it."""
        served = self.kind in (LifeEventKind.PRISON, LifeEventKind.PAROLE_REVOKED)
        return served or (self.kind is LifeEventKind.CUSTODY and self.convicted)
