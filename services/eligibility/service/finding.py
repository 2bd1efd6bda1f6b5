"""Looks for benefits that people are due and do not draw: all benefits of the book over many people at once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from services.common.months import first_day, month_of
from services.eligibility.book.book import Book
from services.eligibility.book.decision import BatchDecision, Decision
from services.eligibility.domain import Amount, Scheme
from services.eligibility.entitlement import Entitlement
from services.eligibility.evidence import Evidence
from services.eligibility.facts import PersonFacts, Profile
from services.eligibility.offer import (
    OFFERS,
    Exclusion,
    FindingParameters,
    Offer,
    PaidElsewhere,
    Recipient,
    exclusion,
    may_follow,
    start_of,
)
from services.eligibility.proposal import Terms, asks_of, channel_of
from services.eligibility.sentence import is_over, released_on
from services.eligibility.service.amounts import amounts_due
from services.eligibility.service.decision import Numbers, decide, decide_many, numbers_of
from services.eligibility.service.store import Store

_DRAWS_PENSION = "draws_employee_pension"
_PAYS_PENSIONS = frozenset({Scheme.EMPLOYEE_PENSION, Scheme.PUBLIC_PENSION})
_ELIGIBLE, _UNKNOWN = 1, 3
_REPLACES = {offer.benefit: offer.replaces for offer in OFFERS}


@dataclass(frozen=True, slots=True)
class Known:
    """What the card service knows of people."""

    profiles: Mapping[str, Profile]
    payable: Collection[str]
    """Whose card account may be paid."""

    def region(self, person: str) -> str:
        """Give the city that pays: that of residence, the first four digits of its divisions."""
        return f"{self.profiles[person].division[:4]}00"


@dataclass(frozen=True, slots=True)
class Finding:
    """A benefit that somebody is due, or would be but for one fact."""

    person: str
    terms: Terms
    decision: Decision
    given: Numbers
    """Facts that the register itself knows, on which the decision rests too."""
    amounts: tuple[Amount, ...]
    """What is due from the first month on; nothing while a fact is missing."""
    excluded: Exclusion | None = None


@dataclass(frozen=True, slots=True)
class _Register:
    """What is on record about some people."""

    facts: Mapping[str, PersonFacts]
    entitlements: Mapping[str, Sequence[Entitlement]]
    outside: Mapping[str, Collection[PaidElsewhere]]


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
    return _one_of_two(look.without_excluded_people(found))


def _given(register: _Register, person: str, on_record: Numbers, month: int) -> Numbers:
    """Tell from the register itself whether somebody draws a pension of the employees' or the public scheme."""
    draws = any(
        one.scheme in _PAYS_PENSIONS and one.is_pension and one.covers(month)
        for one in register.entitlements.get(person, ())
    ) or any(one.scheme in _PAYS_PENSIONS for one in register.outside.get(person, ()))
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
        drawn = self._drawn_before(offer, [person for person, *_ in candidates])
        for person, numbers, given in candidates:
            decision = decide(self._book, offer.benefit, first_day(self._month), numbers, {})
            missing = next(iter(decision.missing_facts), "")
            if missing and missing not in self._book.library.facts:
                continue  # the book itself lacks a number: nobody can be asked for it
            first = decision.results.get(offer.first)
            start = start_of(first, self._month, drawn.get(person), self._parameters)
            excluded = self._exclusion(offer, person, start, decision.results.get(offer.last))
            amounts = () if missing or excluded else self._amounts(offer, numbers, decision, start)
            start = amounts[0].from_month if amounts else start
            terms = self._terms(offer, person, decision, missing, start)
            yield Finding(person, terms, decision, given, amounts, excluded)

    def _exclusion(self, offer: Offer, person: str, start: int, last: int | None) -> Exclusion | None:
        if last is not None and last < start:
            return Exclusion.DRAWN
        recipient = Recipient(person, self._known.region(person))
        register = self._register
        return exclusion(
            offer, recipient, register.entitlements.get(person, ()), register.outside.get(person, ()), start
        )

    def _amounts(self, offer: Offer, numbers: Numbers, decision: Decision, start: int) -> tuple[Amount, ...]:
        """Give what is due from a month on; of months that have passed by the law of each."""
        if start >= self._month:
            return (Amount(start, decision.results[offer.amount]),)
        return amounts_due(self._book, offer, numbers, start, self._month)

    def without_excluded_people(self, found: Sequence[Finding]) -> list[Finding]:
        """Mark the findings about people who are reported, or have declined a benefit not long ago."""
        people = {finding.person for finding in found if finding.excluded is None}
        evidence = self._store.evidence.deciding(people)
        reported = {
            person
            for person, records in evidence.items()
            if _is_reported([record for record in records if record.stands])
        }
        since = first_day(self._month - self._parameters.declined_months)
        declined = {(one.person, one.terms.benefit) for one in self._store.proposals.declined(people, since)}
        return [
            _excluded(finding, reported=finding.person in reported, declined=_key(finding) in declined)
            for finding in found
        ]

    def _drawn_before(self, offer: Offer, people: Collection[str]) -> Mapping[str, int]:
        """Give the last month that each drew of what may not be paid for the same months."""
        before = {
            one.reference: person
            for person in people
            for one in self._register.entitlements.get(person, ())
            if may_follow(offer, Recipient(person, self._known.region(person)), one)
        }
        standing = self._store.draws.standing(set(before.values())) if before else {}
        last: dict[str, int] = {}
        for report in (draw.report for draws in standing.values() for draw in draws):
            if report.entitlement_reference in before:
                person = before[report.entitlement_reference]
                last[person] = max(last.get(person, 0), report.benefit_month)
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
            granted_before=any(one.benefit == offer.benefit for one in self._register.entitlements.get(person, ())),
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


def _key(finding: Finding) -> tuple[str, str]:
    return finding.person, finding.terms.benefit


def _is_reported(records: Sequence[Evidence]) -> bool:
    """Tell whether a report speaks against a person; what a release has ended does not any more."""
    released = released_on(record for record in records if not record.is_negative)
    return any(record.is_negative and not is_over(record, released) for record in records)


def _excluded(finding: Finding, *, reported: bool, declined: bool) -> Finding:
    if finding.excluded is not None or not (reported or declined):
        return finding
    return replace(finding, excluded=Exclusion.REPORTED if reported else Exclusion.DECLINED)


def _one_of_two(found: Sequence[Finding]) -> list[Finding]:
    """Offer nobody what ends with another benefit that is found too; while a fact is missing for that, a person looks.

    The residents' pension of somebody who is due the employees' one would have to be returned.
    """
    begins: dict[tuple[str, str], bool] = {}
    for finding in (one for one in found if one.excluded is None):
        for benefit in _REPLACES.get(finding.terms.benefit, ()):
            begins[finding.person, benefit] = begins.get((finding.person, benefit), False) or not finding.terms.missing
    return [_beside(finding, begins.get(_key(finding))) for finding in found]


def _beside(finding: Finding, is_due: bool | None) -> Finding:
    if is_due is None or finding.excluded is not None:
        return finding
    if is_due:
        return replace(finding, excluded=Exclusion.OTHER_BENEFIT)
    return finding if finding.terms.missing else replace(finding, terms=finding.terms.to_be_reviewed())
