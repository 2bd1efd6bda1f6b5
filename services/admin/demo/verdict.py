"""What was planted beside what was found."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.admin.demo.watch import Cases
from socsec.fundaudit.v1 import case_pb2

_LIVE = frozenset({case_pb2.CASE_STATE_OPEN, case_pb2.CASE_STATE_TAKEN, case_pb2.CASE_STATE_CONFIRMED})


@dataclass(frozen=True, slots=True)
class Fault:
    """A planted fault; found only by a case with the same rule, people, months and amount at risk."""

    rule: str
    people: frozenset[str]
    """Identity numbers in truth.csv, then `people/{person}`."""
    months: tuple[str, ...]
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Score:
    """How one rule did."""

    planted: int
    found: int
    false: int

    @property
    def perfect(self) -> bool:
        """Whether every fault was found and nothing else was flagged."""
        return self.found == self.planted and not self.false


@dataclass(frozen=True, slots=True)
class Told:
    """What a demo came to."""

    cards_issued: int
    draws_recorded: int
    no_touch_rate: float
    """Certified by silent evidence alone, of all who had to be certified at the last sweep."""
    rules: Mapping[str, Score]


def read_faults(truth: Path) -> list[Fault]:
    """Read the planted faults."""
    with truth.open(encoding="utf-8", newline="") as lines:
        return [
            Fault(
                row["rule"],
                frozenset(row["identity_numbers"].split(";")),
                tuple(row["benefit_months"].split(";")),
                int(row["amount_at_risk_fen"]),
            )
            for row in csv.DictReader(lines)
            if row["expectation"] == "FAULT"
        ]


def flagged(cases: Cases) -> list[Fault]:
    """Give what the live cases say; the withdrawn ones say nothing any more."""
    return [
        Fault(case.rule, frozenset(case.people), tuple(case.benefit_months), case.amount_at_risk_fen)
        for case in cases.values()
        if case.state in _LIVE
    ]


def compare(planted: Iterable[Fault], found: Iterable[Fault], name: Callable[[str], str]) -> Mapping[str, Score]:
    """Count by rule; `name` gives the `people/{person}` of an identity number.

    A case about a planted fault that names other months or another amount does not find it, and is false besides.
    """
    wanted = {
        Fault(fault.rule, frozenset(map(name, fault.people)), fault.months, fault.amount_fen) for fault in planted
    }
    seen = set(found)
    rules = sorted({fault.rule for fault in wanted | seen})
    return {
        rule: Score(
            planted=sum(fault.rule == rule for fault in wanted),
            found=sum(fault.rule == rule for fault in wanted & seen),
            false=sum(fault.rule == rule for fault in seen - wanted),
        )
        for rule in rules
    }
