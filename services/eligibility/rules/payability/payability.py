"""What the book says of events, as the account of a benefit's months wants it."""

from types import MappingProxyType

from services.eligibility.book.book import Book
from services.eligibility.domain import Scheme
from services.eligibility.life_event import LifeEventKind
from services.eligibility.payability_law import DatedEffect, Effect, PayabilityLaw

_OF_SCHEMES = {
    (LifeEventKind.NATIONALITY_LOST, Scheme.RESIDENT_PENSION): "resident_nationality_lost_effect",
}
"""Where a scheme has a rule of its own."""

_REPORTED = "sentence_reported_effect"
_OF_BENEFITS = {
    (LifeEventKind.PRISON, "unemployment_benefit"): "unemployment_prison_effect",
    (LifeEventKind.PAROLE_REVOKED, "unemployment_benefit"): "unemployment_prison_effect",
    (LifeEventKind.SENTENCE_REPORTED, "unemployment_benefit"): _REPORTED,
    (LifeEventKind.PRISON, "dependants_allowance"): "dependants_prison_effect",
    (LifeEventKind.PAROLE_REVOKED, "dependants_allowance"): "dependants_prison_effect",
    (LifeEventKind.SENTENCE_REPORTED, "dependants_allowance"): _REPORTED,
}
"""What a sentence does to benefits that are no pensions, where the law says it."""


def payability_law(book: Book) -> PayabilityLaw:
    """Give the rules of all months."""
    effects: dict[tuple[LifeEventKind, Scheme | None], tuple[DatedEffect, ...]] = {
        (kind, None): _effects(book, f"{kind.lower()}_effect") for kind in LifeEventKind
    }
    effects |= {case: _effects(book, name) for case, name in _OF_SCHEMES.items()}
    return PayabilityLaw(
        effects=MappingProxyType(effects),
        of_benefits=MappingProxyType({case: _effects(book, name) for case, name in _OF_BENEFITS.items()}),
        custody_before_sentence=_effects(book, "custody_before_sentence_effect"),
        prison_first_month_paid=_flags(book, "prison_first_month_paid"),
        prison_release_month_paid=_flags(book, "prison_release_month_paid"),
    )


def _effects(book: Book, name: str) -> tuple[DatedEffect, ...]:
    parameter = book.parameter(name)
    return tuple(
        DatedEffect(entry.since, Effect(entry.values[0]), entry.source, entry.unverified, entry.until)
        for entry in parameter.entries
    )


def _flags(book: Book, name: str) -> tuple[tuple[int, bool], ...]:
    return tuple((entry.since, bool(entry.values[0])) for entry in book.parameter(name).entries)
