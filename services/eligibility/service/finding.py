"""Looks for benefits that people are due and do not draw: all benefits of the book over many people at once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from services.common.months import first_day, month_of
from services.eligibility.book.book import Book
from services.eligibility.book.decision import BatchDecision, Decision
from services.eligibility.domain import Entitlement, Scheme
from services.eligibility.draw import Draw
from services.eligibility.evidence import NEGATIVE
from services.eligibility.facts import PersonFacts, Profile
from services.eligibility.proposal import (
    OFFERS,
    Exclusion,
    FindingParameters,
    Offer,
    Terms,
    asks_of,
    channel_of,
    exclusion,
    start_of,
)
from services.eligibility.service.decision import Numbers, decide, decide_many, numbers_of
from services.eligibility.service.store import Store

_DRAWS_PENSION = "draws_employee_pension"
_PAYS_PENSIONS = frozenset({Scheme.EMPLOYEE_PENSION, Scheme.PUBLIC_PENSION})
_ELIGIBLE, _UNKNOWN = 1, 3


@dataclass(frozen=True, slots=True)
class Known:
    """What the card service knows of people."""

    profiles: Mapping[str, Profile]
    payable: Collection[str]
    """Whose card account may be paid."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A benefit that somebody is due, or would be but for one fact."""

    person: str
    terms: Terms
    decision: Decision
    given: Numbers
    """Facts that the register itself knows, on which the decision rests too."""
    excluded: Exclusion | None = None


@dataclass(frozen=True, slots=True)
class _Register:
    """What is on record about some people."""

    facts: Mapping[str, PersonFacts]
    entitlements: Mapping[str, Sequence[Entitlement]]
    outside: Mapping[str, Collection[Scheme]]
    """Pension schemes that other payers paid of late."""


def find(
    store: Store, book: Book, people: Sequence[str], known: Known, today: date, parameters: FindingParameters
) -> list[Finding]:
    """Give all findings about some people, excluded ones too, by the order of the offers.

    People whom the vault does not know, and records that were merged into others, have none.
    """
    identities = store.names.identities(people)
    people = [one for one in people if one in known.profiles and identities.person(one) == one]
    if not people:
        return []
    month = month_of(today)
    register = _Register(
        store.facts.of(people),
        store.entitlements.of_people(people),
        store.draws.outside(people, month - max(parameters.outside_months, parameters.back_months)),
    )
    on_record = [numbers_of(book, one, register.facts.get(one), known.profiles[one]) for one in people]
    given = [_given(register, one, numbers, month) for one, numbers in zip(people, on_record, strict=True)]
    numbers = [{**told, **from_register} for told, from_register in zip(on_record, given, strict=True)]
    look = _Look(store, book, known, today, parameters, register)
    found: list[Finding] = []
    for offer in OFFERS:
        chapter = book.chapters.get(offer.benefit)
        if chapter is None or month < chapter.benefit.since:
            continue
        rows = list(_candidates(offer, decide_many(book, offer.benefit, first_day(month), numbers)))
        found += look.candidates(offer, [(people[row], numbers[row], given[row]) for row in rows])
    return look.without_excluded_people(found)


def _given(register: _Register, person: str, on_record: Numbers, month: int) -> Numbers:
    """Tell from the register itself whether somebody draws a pension of the employees' or the public scheme."""
    draws = any(
        one.scheme in _PAYS_PENSIONS and one.is_pension and one.covers(month)
        for one in register.entitlements.get(person, ())
    ) or not _PAYS_PENSIONS.isdisjoint(register.outside.get(person, ()))
    return {_DRAWS_PENSION: int(draws)} if draws or _DRAWS_PENSION not in on_record else {}


def _candidates(offer: Offer, batch: BatchDecision) -> Iterator[int]:
    """Give the rows of whom is due an amount, and of whom would be asked for one fact only."""
    due = (batch.outcome == _ELIGIBLE) & (batch.results[offer.amount] > 0)
    one_missing = (batch.missing != 0) & (batch.missing & (batch.missing - 1) == 0)
    lacking = (batch.outcome == _UNKNOWN) & (batch.unmet == 0) & one_missing
    yield from np.flatnonzero(due | lacking).tolist()


class _Look:
    """A look at some people."""

    def __init__(
        self,
        store: Store,
        book: Book,
        known: Known,
        today: date,
        parameters: FindingParameters,
        register: _Register,
    ) -> None:
        self._store = store
        self._book = book
        self._known = known
        self._today = today
        self._month = month_of(today)
        self._parameters = parameters
        self._register = register

    def candidates(self, offer: Offer, candidates: Sequence[tuple[str, Numbers, Numbers]]) -> Iterator[Finding]:
        """Decide for each alone, with all steps: few of many people are candidates."""
        drawn = self._drawn_instead(offer, [person for person, *_ in candidates])
        for person, numbers, given in candidates:
            decision = decide(self._book, offer.benefit, first_day(self._month), numbers, {})
            missing = next(iter(decision.missing_facts), "")
            if missing and missing not in self._book.library.facts:
                continue  # the book itself lacks a number: nobody can be asked for it
            start = start_of(decision.results.get(offer.first), self._month, drawn.get(person), self._parameters)
            yield Finding(
                person,
                self._terms(offer, person, decision, missing, start),
                decision,
                given,
                exclusion(
                    offer,
                    self._register.entitlements.get(person, ()),
                    start,
                    drawn_elsewhere=bool(self._register.outside.get(person)),
                ),
            )

    def without_excluded_people(self, found: Sequence[Finding]) -> list[Finding]:
        """Mark the findings about people who are reported, or have declined a benefit not long ago."""
        people = {finding.person for finding in found if finding.excluded is None}
        evidence = self._store.evidence.deciding(people)
        reported = {
            person
            for person, records in evidence.items()
            if any(record.kind in NEGATIVE and record.stands for record in records)
        }
        since = first_day(self._month - self._parameters.declined_months)
        declined = {(one.person, one.terms.benefit) for one in self._store.proposals.declined(people, since)}
        return [
            _excluded(finding, reported=finding.person in reported, declined=_key(finding) in declined)
            for finding in found
        ]

    def _drawn_instead(self, offer: Offer, people: Collection[str]) -> Mapping[str, int]:
        """Give the last month that each drew of a benefit which ends with this one."""
        replaced = {
            one.reference: person
            for person in people
            for one in self._register.entitlements.get(person, ())
            if one.benefit in offer.replaces
        }
        standing = self._store.draws.standing(set(replaced.values())) if replaced else {}
        last: dict[str, int] = {}
        for draw in (draw for draws in standing.values() for draw in draws if _is_of(draw, replaced)):
            person = replaced[draw.report.entitlement_reference]
            last[person] = max(last.get(person, 0), draw.report.benefit_month)
        return last

    def _terms(self, offer: Offer, person: str, decision: Decision, missing: str, start: int) -> Terms:
        facts = self._register.facts.get(person)
        oldest = self._month - self._parameters.verified_facts_months
        asks = asks_of(
            offer.benefit,
            missing,
            payable=person in self._known.payable,
            verified_facts=facts is not None and facts.verified and month_of(facts.as_of_date) >= oldest,
            verified_law=not decision.unverified,
            parameters=self._parameters,
        )
        return Terms(
            benefit=offer.benefit,
            scheme=offer.scheme,
            start_month=start,
            end_month=decision.results.get(offer.last) if offer.last else None,
            monthly_fen=0 if missing else decision.results.get(offer.amount, 0),
            asks=asks,
            channel=channel_of(asks),
            missing=missing,
        )


def _is_of(draw: Draw, references: Collection[str]) -> bool:
    return draw.report.entitlement_reference in references


def _key(finding: Finding) -> tuple[str, str]:
    return finding.person, finding.terms.benefit


def _excluded(finding: Finding, *, reported: bool, declined: bool) -> Finding:
    if finding.excluded is not None or not (reported or declined):
        return finding
    return replace(finding, excluded=Exclusion.REPORTED if reported else Exclusion.DECLINED)
