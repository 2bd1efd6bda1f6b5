"""The case tables of the rule book: one row a person, inputs plain, expected columns prefixed "=", the source last."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import services.eligibility
from services.common.months import month_of, parse_month
from services.eligibility.book.book import Book
from services.eligibility.book.decision import Decision

CASES = Path(services.eligibility.__file__).parent / "cases"

_AGE = re.compile(r"(\d+)y(\d+)m")
_SCALES = {"fen": 100, "bp": 10_000, "tenths": 10}


@dataclass(frozen=True)
class Case:
    """One row."""

    place: str
    benefit: str
    as_of: date
    facts: dict[str, int]
    results: dict[str, int]
    told: dict[str, str]
    """What is expected of outcome, unmet and missing_facts, as texts."""
    source: str


@cache
def book() -> Book:
    return Book.load()


def all_cases() -> list[Case]:
    return [case for path in sorted(CASES.glob("*/*.csv")) for case in _table(path)]


def agrees(case: Case, decision: Decision) -> None:
    """Compare a decision with what the row expects."""
    assert {name: decision.results.get(name) for name in case.results} == case.results, case.place
    said = {
        "outcome": decision.outcome.value,
        "unmet": ";".join(decision.unmet),
        "missing_facts": ";".join(decision.missing_facts),
    }
    assert {name: said[name] for name in case.told} == case.told, case.place


def _table(path: Path) -> Iterator[Case]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        assert reader.fieldnames is not None
        assert reader.fieldnames[-1] == "source", f"{path.name}: the source is the last column"
        for row in reader:
            yield _case(f"{path.parent.name}/{path.name}:{reader.line_num}", path.parent.name, row)


def _case(place: str, benefit: str, row: dict[str, str]) -> Case:
    told = {name[1:]: text for name, text in row.items() if name in ("=outcome", "=unmet", "=missing_facts")}
    expected = {name[1:]: text for name, text in row.items() if name.startswith("=") and name[1:] not in told}
    facts = {name: text for name, text in row.items() if not name.startswith("=") and name not in ("as_of", "source")}
    return Case(
        place=place,
        benefit=benefit,
        as_of=date.fromisoformat(row["as_of"]),
        facts={name: quantity(name, text) for name, text in facts.items() if text},
        results={name: quantity(name, text) for name, text in expected.items()},
        told=told,
        source=row["source"],
    )


def quantity(name: str, text: str) -> int:
    """Read a value as the law writes it: a month, an age in years and months, a decimal, a code's name."""
    unit = book().library.unit(name)
    if unit == "code":
        return book().code(name, text)
    if unit == "month":
        return parse_month(text)
    if (age := _AGE.fullmatch(text)) is not None:
        return int(age[1]) * 12 + int(age[2])
    value = Decimal(text) * _SCALES.get(unit or "", 1)
    assert value == int(value), f"{name}: {text}"
    return int(value)


def as_of_month(case: Case) -> int:
    return month_of(case.as_of)
