"""Deciding for many people at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from services.eligibility.book.chapter import Chapter
from services.eligibility.book.decision import OUTCOMES, BatchDecision, Outcome
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.book.node import MISSING, Cells, Numbers, Values
from services.eligibility.book.plan import Plan

CHUNK_ROWS = 8_192
"""Rows computed together: a column of them stays in the cache, and is small enough that its memory is used again."""

Rows = slice | Numbers

_ELIGIBLE = OUTCOMES.index(Outcome.ELIGIBLE) + 1
_NOT_ELIGIBLE = OUTCOMES.index(Outcome.NOT_ELIGIBLE) + 1
_UNKNOWN = OUTCOMES.index(Outcome.UNKNOWN) + 1


def decide_batch(
    chapter: Chapter, columns: Mapping[str, Numbers], rows: int, month: int, book_hash: str
) -> BatchDecision:
    """Decide each row by the law of its `as_of_month`, or all by that of one month; the columns have been checked."""
    sheet = _Sheet.blank(chapter, rows)
    for plan, chosen in _stretches(chapter, columns.get(AS_OF_MONTH), rows, month):
        needed = {node.name for node in plan.facts}
        for part in _parts(chosen, rows):
            given: dict[str, Values] = {AS_OF_MONTH: month}
            given |= {name: column[part] for name, column in columns.items() if name in needed}
            sheet.write(part, plan, plan.run(given, sheet.bits))
    return sheet.decision(book_hash)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The columns of the answer while they are filled."""

    chapter: Chapter
    bits: Mapping[str, int]
    reasons: Mapping[str, int]
    outcome: np.ndarray[tuple[int], np.dtype[np.int8]]
    results: Mapping[str, Numbers]
    unmet: Numbers
    missing: Numbers
    unverified: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @classmethod
    def blank(cls, chapter: Chapter, rows: int) -> "_Sheet":
        return cls(
            chapter=chapter,
            bits=chapter.bits,
            reasons={name: 1 << number for number, name in enumerate(chapter.benefit.conditions)},
            outcome=np.empty(rows, dtype=np.int8),
            results={name: np.empty(rows, dtype=np.int64) for name in chapter.benefit.results},
            unmet=np.zeros(rows, dtype=np.int64),
            missing=np.zeros(rows, dtype=np.int64),
            unverified=np.zeros(rows, dtype=np.bool_),
        )

    def write(self, part: Rows, plan: Plan, cells: Mapping[str, Cells]) -> None:
        """Take over what was computed for some rows."""
        missing: Values = 0
        for name in self.chapter.declaration.targets:
            missing = missing | cells[name].lacking
        eligible = cells[self.chapter.declaration.decided_by].values
        self.outcome[part] = np.where(eligible, _ELIGIBLE, _NOT_ELIGIBLE)
        if not _nowhere(missing):
            self.missing[part] = missing
            self.outcome[part] = np.where(np.equal(missing, 0), self.outcome[part], _UNKNOWN)
        for name, column in self.results.items():
            cell = cells[name]
            column[part] = cell.values if _nowhere(cell.lacking) else np.where(cell.lacking, MISSING, cell.values)
        for name in plan.conditions:
            failed = _known(np.logical_not(cells[name].values), cells[name].lacking)
            self.unmet[part] |= np.where(failed, self.reasons[name], 0)
        for cell in cells.values():
            if cell.unverified is not False:
                self.unverified[part] |= _known(cell.unverified, cell.lacking)

    def decision(self, book_hash: str) -> BatchDecision:
        return BatchDecision(
            benefit=self.chapter.benefit.name,
            outcome=self.outcome,
            results=self.results,
            unmet=self.unmet,
            conditions=self.chapter.benefit.conditions,
            missing=self.missing,
            missing_names=self.chapter.may_lack,
            unverified=self.unverified,
            book_hash=book_hash,
        )


def _stretches(chapter: Chapter, months: Numbers | None, rows: int, month: int) -> Iterator[tuple[Plan, Rows]]:
    """Cut the batch where the law changes."""
    if months is None:
        yield chapter.plan_of(month), slice(0, rows)
        return
    number = np.searchsorted([plan.since for plan in chapter.plans], months, side="right") - 1
    for position, plan in enumerate(chapter.plans):
        chosen = np.flatnonzero(number == position)
        if len(chosen) == rows:
            yield plan, slice(0, rows)
        elif len(chosen):
            yield plan, chosen


def _parts(chosen: Rows, rows: int) -> Iterator[Rows]:
    if isinstance(chosen, slice):
        yield from (slice(start, min(start + CHUNK_ROWS, rows)) for start in range(0, rows, CHUNK_ROWS))
    else:
        yield from (chosen[start : start + CHUNK_ROWS] for start in range(0, len(chosen), CHUNK_ROWS))


def _nowhere(lacking: Values) -> bool:
    return isinstance(lacking, int) and lacking == 0


def _known(
    condition: "bool | np.ndarray[tuple[int], np.dtype[np.bool_]]", lacking: Values
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(condition) if _nowhere(lacking) else np.logical_and(condition, np.equal(lacking, 0))
