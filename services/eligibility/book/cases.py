"""The tables that the book is tested with: one row a person, expected columns prefixed "=", the source last."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CASES = Path(__file__).parents[1] / "cases"


@dataclass(frozen=True, slots=True)
class CaseTable:
    """One table."""

    benefit: str
    file: str
    """Its name below the folder of cases."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def about(self, rule: str) -> "CaseTable | None":
        """Give the rows that test a rule: they expect a value of it, or that it is named as not met; None when none."""
        expected, unmet = _place(self.columns, f"={rule}"), _place(self.columns, "=unmet")
        rows = tuple(row for row in self.rows if _tests(row, rule, expected, unmet))
        return CaseTable(self.benefit, self.file, self.columns, rows) if rows else None


@cache
def case_tables() -> Sequence[CaseTable]:
    """Read all tables, in the order of their files."""
    return tuple(_table(path) for path in sorted(CASES.glob("*/*.csv")))


def cases_of(rule: str) -> list[CaseTable]:
    """Give what tests a rule."""
    return [about for table in case_tables() if (about := table.about(rule)) is not None]


def _table(path: Path) -> CaseTable:
    with path.open(encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file, strict=True)
    return CaseTable(path.parent.name, f"{path.parent.name}/{path.name}", tuple(columns), tuple(map(tuple, rows)))


def _place(columns: Sequence[str], column: str) -> int | None:
    return columns.index(column) if column in columns else None


def _tests(row: Sequence[str], rule: str, expected: int | None, unmet: int | None) -> bool:
    told = row[unmet].split(";") if unmet is not None else []
    return (expected is not None and row[expected] != "") or rule in told
