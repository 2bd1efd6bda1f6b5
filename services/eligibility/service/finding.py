"""Looks for benefits that people are due and do not draw: all benefits of the book over many people at once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from services.common.aliases import Identities
from services.common.months import first_day, month_of
from services.eligibility.asks import asks_of
from services.eligibility.book.book import Book
from services.eligibility.book.decision import BatchDecision, Decision
from services.eligibility.certification import Certification
from services.eligibility.domain import Amount, Scheme
from services.eligibility.entitlement import Entitlement
from services.eligibility.facts import PersonFacts
from services.eligibility.offer import (
    Exclusion,
    FindingParameters,
    Offer,
    PaidElsewhere,
    Recipient,
    exclusion,
    is_drawn,
    may_follow,
    start_of,
)
from services.eligibility.offers import FOR_SURVIVORS, OFFERS
from services.eligibility.proposal import Proposal, Terms, channel_of
from services.eligibility.service.amounts import amounts_due
from services.eligibility.service.decision import Numbers, columns_of, decide, numbers_of
from services.eligibility.service.finding_once import is_recent, key_for, of_deaths, once_exclusions
from services.eligibility.service.found import Finding, Known, after_answers, basis_of, key_of, one_of_two
from services.eligibility.service.reported import reported_of
from services.eligibility.service.store import Store

_DRAWS_PENSION = "draws_employee_pension"
_PAYS_PENSIONS = frozenset({Scheme.EMPLOYEE_PENSION, Scheme.PUBLIC_PENSION})
_ELIGIBLE, _UNKNOWN = 1, 3


@dataclass(frozen=True, slots=True)
class _Register:
    """What is on record about some people."""

    identities: Identities
    facts: Mapping[str, PersonFacts]
    entitlements: Mapping[str, Sequence[Entitlement]]
    outside: Mapping[str, Collection[PaidElsewhere]]
    lost: Mapping[str, Certification]
    """Certifications of those whose death is confirmed."""


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
        identities,
        store.facts.of(people),
        store.entitlements.of_people(people),
        store.draws.outside(people, month - max(parameters.outside_months, parameters.back_months)),
        store.certifications.lost(people),
    )
    on_record = {one: numbers_of(book, one, register.facts.get(one), known.profiles[one]) for one in people}
    by_death = of_deaths(store, identities, on_record, register.lost, register.entitlements)
    given = [{**_given(register, one, on_record[one], month), **by_death.get(one, {})} for one in people]
    numbers = [{**on_record[one], **from_register} for one, from_register in zip(people, given, strict=True)]
    columns = columns_of(numbers)
    look = _Look(store, book, known, today, parameters, register)
    found: list[Finding] = []
    for offer in OFFERS:
        chapter = book.chapters.get(offer.benefit)
        if chapter is None or month < chapter.benefit.since:
            continue
        batch = book.evaluate_batch(offer.benefit, columns, first_day(month))
        rows = _candidates(book, offer, batch)
        if offer.is_once:
            rows &= is_recent(offer, columns, len(people), month, parameters.once_event_months)
        found += look.candidates(
            offer, [(people[row], numbers[row], given[row], batch.row(row)) for row in np.flatnonzero(rows).tolist()]
        )
    return one_of_two(look.without_excluded_people(found))


def _given(register: _Register, person: str, on_record: Numbers, month: int) -> Numbers:
    """Tell from the register itself whether somebody draws a pension of the employees' or the public scheme."""
    draws = any(
        one.scheme in _PAYS_PENSIONS and one.is_pension and one.covers(month)
        for one in register.entitlements.get(person, ())
    ) or any(one.scheme in _PAYS_PENSIONS for one in register.outside.get(person, ()))
    return {_DRAWS_PENSION: int(draws)} if draws or _DRAWS_PENSION not in on_record else {}


def _candidates(book: Book, offer: Offer, batch: BatchDecision) -> NDArray[np.bool_]:
    """Tell who is due an amount, and who would be asked for one fact only.

    Where the book itself lacks a number, nobody can be asked for it; and no facts are right that lead to an amount that
    no entitlement may have.
    """
    facts = sum(1 << bit for bit, name in enumerate(batch.missing_names) if name in book.library.facts)
    amount_fen = batch.results[offer.amount]
    due = (batch.outcome == _ELIGIBLE) & (amount_fen > 0) & (amount_fen <= offer.most_fen)
    one_missing = (batch.missing & facts != 0) & (batch.missing & (batch.missing - 1) == 0)
    lacking = (batch.outcome == _UNKNOWN) & (batch.unmet == 0) & one_missing
    return np.asarray(due | lacking)


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

    def candidates(
        self, offer: Offer, candidates: Sequence[tuple[str, Numbers, Numbers, Decision]]
    ) -> Iterator[Finding]:
        """Judge each by what the batch decided; who is offered something is decided alone too, with all steps."""
        numbers_of_all = {person: numbers for person, numbers, *_ in candidates}
        barred = self._once_exclusions(offer, numbers_of_all) if offer.is_once else {}
        drawn = {} if offer.is_once else self._drawn_before(offer, numbers_of_all.keys())
        for person, numbers, given, of_batch in candidates:
            missing = next(iter(of_batch.missing_facts), "")
            first = of_batch.results.get(offer.first)
            start = start_of(first, self._month, drawn.get(person), self._parameters)
            last = of_batch.results.get(offer.last)
            excluded = barred[person] if offer.is_once else self._exclusion(offer, person, start, last)
            decision = of_batch if excluded else self._decide(offer, numbers)
            amounts = () if missing or excluded else self._amounts(offer, numbers, decision, start)
            start = amounts[0].from_month if amounts else start
            terms = self._terms(offer, person, decision, missing, start)
            basis = "" if excluded else basis_of(numbers, terms, self._register.entitlements.get(person, ()))
            once = key_for(offer, person, numbers) if offer.is_once else ""
            yield Finding(person, terms, decision, given, amounts, excluded, basis, once)

    def _decide(self, offer: Offer, numbers: Numbers) -> Decision:
        return decide(self._book, offer.benefit, first_day(self._month), numbers, {})

    def _once_exclusions(self, offer: Offer, numbers: Mapping[str, Numbers]) -> Mapping[str, Exclusion | None]:
        register = self._register
        return once_exclusions(
            self._store, offer, numbers, register.entitlements, register.outside, register.identities
        )

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
        """Mark the findings about people who are reported, and what they or a reviewer did not want before."""
        people = {finding.person for finding in found if finding.excluded is None}
        reported = reported_of(self._store, people)
        # Of whom facts tell a death that the register does not know, that is cleared first.
        living = self._store.certifications.living({one.person for one in found if one.terms.benefit in FOR_SURVIVORS})
        since = first_day(self._month - self._parameters.declined_months)
        answers: dict[tuple[str, str], list[Proposal]] = {}
        for one in self._store.proposals.refused(people):
            answers.setdefault((one.person, one.terms.benefit), []).append(one)
        return [
            replace(finding, excluded=Exclusion.REPORTED)
            if finding.excluded is None
            and finding.person in (living if finding.terms.benefit in FOR_SURVIVORS else reported)
            else after_answers(finding, answers.get(key_of(finding), ()), since)
            for finding in found
        ]

    def _drawn_before(self, offer: Offer, people: Collection[str]) -> Mapping[str, int]:
        """Give the last month that each drew of what may not be paid for the same months."""
        held = {person: self._register.entitlements.get(person, ()) for person in people}
        before = {
            one.reference: person
            for person, found in held.items()
            if not is_drawn(offer, found)  # most draw it, each for years of months
            for one in found
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
            payable=offer.to_survivors or person in self._known.payable,
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
            channel=channel_of(offer.benefit, asks),
            missing=missing,
        )
