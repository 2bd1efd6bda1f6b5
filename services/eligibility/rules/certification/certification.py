"""The rules of certification, asked once for every case that the state machine can meet.

A rule that compares months is a step: it holds up to a number of months, or from one on, and that number is all that
the machine needs to compare days. A rule over yes and no is a table. A book whose rules are otherwise is refused: the
machine could not decide by it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from types import MappingProxyType

import numpy as np

from services.common.months import first_day
from services.eligibility.book.book import Book
from services.eligibility.book.node import Numbers
from services.eligibility.certification import CertificationState
from services.eligibility.certification_law import Against, CertificationParameters, DatedParameters, Moment
from services.eligibility.evidence import EvidenceKind, Matter, Strength

_PARAMETERS = (
    "certification_validity_months",
    "certification_warning_months",
    "certification_grace_months",
    "certification_home_visit_age_years",
    "certification_phone_after_months",
    "certification_visit_after_months",
    "certification_agreement_days",
    "certification_backdating_days",
    "evidence_strength",
)
_BENEFITS = ("silent_certification", "agreeing_reports")
"""What the machine takes its answers from."""
_STATES = {
    None: "BEGINNING",
    CertificationState.CERTIFIED: "CERTIFIED",
    CertificationState.WARNING: "WARNING",
    CertificationState.SUSPENDED: "SUSPENDED",
}
"""What the facts of the book call a state before."""
_BOTH = (False, True)
_NEXT = (CertificationState.WARNING, CertificationState.CERTIFIED, CertificationState.SUSPENDED)
_VERDICTS = (None, CertificationState.UNDER_VERIFICATION, CertificationState.LOST)


def certification_law(book: Book) -> DatedParameters:
    """Give the law of every day: a number or a rule that changes begins a new one on the first of its month.

    Raises LookupError when the book lacks something of it, or says what the machine cannot decide by.
    """
    for name in _BENEFITS:
        if name not in book.chapters:
            raise LookupError(f"there is no benefit {name}")
    starts = [[entry.since for entry in book.parameter(name).entries] for name in _PARAMETERS]
    starts += [[plan.since for plan in book.chapters[name].plans] for name in _BENEFITS]
    first = max(of_one[0] for of_one in starts)
    months = sorted({max(start, first) for of_one in starts for start in of_one})
    return DatedParameters(
        tuple((first_day(month), certification_parameters(book, first_day(month))) for month in months)
    )


def certification_parameters(book: Book, at: date) -> CertificationParameters:
    """Give the law of a day. Raises LookupError for a day before the first numbers, and for rules that are no steps."""
    asked = _Asked(book, at)
    strengths = {EvidenceKind(kind): Strength(name) for kind, name in book.names("evidence_strength", at).items()}
    codes = book.parameter("evidence_strength").codes
    enough = frozenset(word for word in Strength if asked.holds("evidence_certifies", 1, evidence_strength=codes[word]))
    finds = frozenset(word for word in Strength if asked.holds("shows_the_missing", 1, evidence_strength=codes[word]))
    covered = {asked.last("is_covered", "evidence_age_months", evidence_strength=codes[word]) for word in enough}
    if len(covered) != 1:
        raise LookupError("what certifies covers different months, where the newest event has to be the last one")
    return CertificationParameters(
        validity_months=covered.pop(),
        warning_months=asked.first("is_silently_certified", "validity_left_months", 1, evidence_certifies=1),
        grace_months=asked.first("validity_is_over", "overdue_months", 1, evidence_certifies=1) - 1,
        home_visit_age=asked.first("visit_comes_first", "holder_age_years", 0, is_infirm=0),
        phone_after_months=book.number("certification_phone_after_months", at),
        visit_after_months=book.number("certification_visit_after_months", at),
        backdating_days=book.number("certification_backdating_days", at),
        strengths=MappingProxyType(strengths),
        certifying=frozenset(kind for kind, word in strengths.items() if word in enough),
        finding=frozenset(kind for kind, word in strengths.items() if word in finds),
        reaching=asked.reaching(),
        agreement_days=asked.agreement_days(),
        next_states=asked.next_states(),
        verdicts=asked.verdicts(),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The book on a day."""

    book: Book
    at: date

    def ask(self, rule: str, columns: Mapping[str, Numbers]) -> Numbers:
        """Give a rule's value of each case."""
        return self.book.tabulate(rule, columns, self.at)

    def holds(self, rule: str, has_evidence: int, **given: int) -> bool:
        """Tell whether a rule about evidence holds."""
        return bool(self.ask(rule, _columns([{"has_evidence": has_evidence, **given}]))[0])

    def last(self, rule: str, fact: str, **given: int) -> int:
        """Give the last number of a fact up to which a rule holds, of evidence that there is."""
        changes, begins = self._changes(rule, fact, has_evidence=1, **given)
        if len(changes) != 1 or not begins:
            raise LookupError(f"{rule} does not end once, as {fact} grows")
        return changes[0] - 1

    def first(self, rule: str, fact: str, least: int, **given: int) -> int:
        """Give the first number of a fact from which on a rule holds; it is no less than what the machine can keep."""
        changes, begins = self._changes(rule, fact, **given)
        found = 0 if begins and not changes else changes[0] if len(changes) == 1 and not begins else -1
        if found < least:
            raise LookupError(f"{rule} does not begin once, as {fact} grows from {least}")
        return found

    def _changes(self, rule: str, fact: str, **given: int) -> tuple[list[int], bool]:
        """Give the numbers of a fact at which a rule changes, and whether it holds at first."""
        numbers = np.arange(self.book.bounds(fact)[1] + 1, dtype=np.int64)
        columns = {name: np.full(len(numbers), value, dtype=np.int64) for name, value in given.items()}
        found = self.ask(rule, {fact: numbers, **columns})
        return (np.flatnonzero(found[1:] != found[:-1]) + 1).tolist(), bool(found[0])

    def reaching(self) -> frozenset[tuple[bool, bool]]:
        """Give which delivered notices may come before a suspension: whether a visit is needed, whether it was one."""
        cases = list(product(_BOTH, _BOTH))
        columns = _columns({"visit_comes_first": first, "has_visit": visit, "has_notice": 1} for first, visit in cases)
        found = self.ask("was_noticed", columns).tolist()
        return frozenset(case for case, reached in zip(cases, found, strict=True) if reached)

    def agreement_days(self) -> Mapping[tuple[Matter, Matter, bool], int]:
        """Give by how many days reports may be dated apart and still agree, of what may agree at all."""
        found = {}
        for one, other, same_office in product(Matter, Matter, _BOTH):
            given = {"has_same_matter": int(one is other), "has_same_office": int(same_office)}
            matter = self.book.code("report_matter", one)
            changes, begins = self._changes("two_offices_agree", "reports_apart_days", report_matter=matter, **given)
            if begins and len(changes) == 1:
                found[one, other, same_office] = changes[0] - 1
            elif begins or changes:
                raise LookupError("two_offices_agree does not end once, as reports_apart_days grows")
        return MappingProxyType(found)

    def next_states(self) -> Mapping[Moment, CertificationState]:
        """Give what a day makes of a certification, in every case."""
        cases = [Moment(before, *flags) for before in _STATES for flags in product(_BOTH, repeat=5)]
        columns = _columns(
            {
                "certification_before": self.book.code("certification_before", _STATES[case.before]),
                "is_silently_certified": case.safe,
                "is_covered": case.covered,
                "validity_is_over": case.overdue,
                "was_noticed": case.noticed,
                "is_swept": case.swept,
            }
            for case in cases
        )
        certified, suspended = self.ask("is_certified", columns), self.ask("is_payment_suspended", columns)
        if np.any(certified & suspended):
            raise LookupError("is_certified and is_payment_suspended hold together")
        states = np.select([certified == 1, suspended == 1], [1, 2], 0).tolist()
        return MappingProxyType({case: _NEXT[state] for case, state in zip(cases, states, strict=True)})

    def verdicts(self) -> Mapping[Against, CertificationState | None]:
        """Give what reports demand; the machine asks whether there are any, not how many."""
        cases = [Against(*flags) for flags in product(_BOTH, repeat=4)]
        most = self.book.bounds("grave_reports_count")[1]
        found = [self._verdicts(cases, many) for many in (1, 2, most)]
        if any(other != found[0] for other in found):
            raise LookupError("is_qualification_lost or is_to_be_verified counts further than to one")
        if found[0][Against(*(False,) * len(Against._fields))] is not None:
            raise LookupError("is_qualification_lost or is_to_be_verified holds where nothing is reported")
        return MappingProxyType(found[0])

    def _verdicts(self, cases: Sequence[Against], many: int) -> dict[Against, CertificationState | None]:
        columns = _columns(
            {
                "agreeing_reports_count": many * case.agreeing,
                "has_judgment": case.judged,
                "grave_reports_count": many * case.grave,
                "missing_reports_count": many * case.missing,
            }
            for case in cases
        )
        lost, asked = self.ask("is_qualification_lost", columns), self.ask("is_to_be_verified", columns)
        states = np.select([lost == 1, asked == 1], [2, 1], 0).tolist()
        return {case: _VERDICTS[state] for case, state in zip(cases, states, strict=True)}


def _columns(cases: Iterable[Mapping[str, int]]) -> dict[str, Numbers]:
    """Lay cases out as columns."""
    listed = list(cases)
    return {name: np.array([case[name] for case in listed], dtype=np.int64) for name in listed[0]}
