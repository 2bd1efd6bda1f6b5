"""What the law says of an event in a month: the rules of the book as the account of months wants them; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from hashlib import sha256

from services.eligibility.domain import Scheme
from services.eligibility.life_event import LifeEvent, LifeEventKind


class Effect(IntEnum):
    """What an event does to a month; of several the highest counts."""

    PAY = 1
    PAY_WITHOUT_ADJUSTMENT = 2
    HOLD = 3
    WITHHOLD = 4
    END = 5


@dataclass(frozen=True, slots=True)
class DatedEffect:
    """What the book says of an event from a month on."""

    since: int
    effect: Effect
    article: str
    unverified: bool
    until: int | None = None
    """Its last month; None until the next one begins."""


@dataclass(frozen=True)
class PayabilityLaw:
    """The rules of the book, for all months."""

    effects: Mapping[tuple[LifeEventKind, Scheme | None], tuple[DatedEffect, ...]]
    """In the order of their months; the scheme's own rule goes before the one for all schemes (None)."""
    of_benefits: Mapping[tuple[LifeEventKind, str], tuple[DatedEffect, ...]]
    """What a sentence does to a benefit that is no pension, by the benefit; what is not in it nobody has ruled."""
    custody_before_sentence: tuple[DatedEffect, ...]
    """Instead of the rule of custody, once it ended in a sentence."""
    prison_first_month_paid: tuple[tuple[int, bool], ...]
    """From which month on it is so or not."""
    prison_release_month_paid: tuple[tuple[int, bool], ...]
    """Likewise."""

    @cached_property
    def fingerprint(self) -> str:
        """Give what is the same for the same law: whatever was found by another one is found anew."""
        effects = sorted((kind, scheme or "", repr(entries)) for (kind, scheme), entries in self.effects.items())
        effects += sorted((kind, benefit, repr(entries)) for (kind, benefit), entries in self.of_benefits.items())
        rest = self.custody_before_sentence, self.prison_first_month_paid, self.prison_release_month_paid
        return sha256(repr((effects, rest)).encode()).hexdigest()[:16]

    def pays_first_month_of_prison(self, month: int) -> bool:
        """Tell whether the month in which a prison sentence begins is paid, when it is this one."""
        return _flag_of(self.prison_first_month_paid, month)

    def pays_month_of_release(self, month: int) -> bool:
        """Tell whether the month of a release from prison is paid, when it is this one."""
        return _flag_of(self.prison_release_month_paid, month)

    def of(self, event: LifeEvent, scheme: Scheme, month: int) -> DatedEffect | None:
        """Give what the law of a month says of an event; None when the book says nothing."""
        if event.kind is LifeEventKind.CUSTODY and event.convicted:
            entries = self.custody_before_sentence
        else:
            own = self.effects.get((event.kind, scheme))
            entries = own if own is not None else self.effects[event.kind, None]
        return _entry_of(entries, month)

    def of_benefit(self, event: LifeEvent, benefit: str, month: int) -> DatedEffect | None:
        """Give what the law of a month says of a sentence to a benefit that is no pension; None when nothing."""
        return _entry_of(self.of_benefits.get((event.kind, benefit), ()), month)


def _entry_of(entries: tuple[DatedEffect, ...], month: int) -> DatedEffect | None:
    found = next((entry for entry in reversed(entries) if entry.since <= month), None)
    return found if found is not None and (found.until is None or month <= found.until) else None


def _flag_of(flags: tuple[tuple[int, bool], ...], month: int) -> bool:
    """Give the one of a month; before the first the book has no rule for the event either."""
    return next((flag for since, flag in reversed(flags) if since <= month), flags[0][1])
