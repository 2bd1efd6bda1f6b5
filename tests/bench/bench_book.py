"""The rule book beside plain code of the same rules: one person with the explanation, and a batch.

Both compute the employees' pension to the fen; the run stops when the two differ. Rounds are interleaved and the median
counts, because the machine is not quiet.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.eligibility.book.book import Book
from services.eligibility.book.decision import Outcome
from tests.bench.report import Bound, Row
from tests.bench.timing import Scale

DAY = date(2026, 11, 24)
AS_OF = 2026 * 12 + 10
ALONE = 500
"""People decided one by one in a round."""

MICROSECONDS = 1e6
_ONE = Bound("value", 60, 30, at_least=False)
_BATCH = Bound("ratio", 3, 1.4, at_least=False)

BASE_FEN = 700_000
PAYOUT = (195, 190, 185, 180, 175, 170, 164, 158, 152, 145, 139, 132, 125, 117, 109)
FORMER, FIRST, STEP, LONGEST = (
    (720, 660, 600),
    (1965 * 12, 1970 * 12, 1975 * 12),
    (4, 4, 2),
    (36, 36, 60),
)

Columns = dict[str, NDArray[np.int64]]


async def run(_folder: Path, scale: Scale) -> list[Row]:
    """Measure; nothing here waits for anything, so the event loop does not matter."""
    book, columns = Book.load(), people(scale.book_people)
    alone = [{name: int(column[row]) for name, column in columns.items()} for row in range(ALONE)]
    _compare(book, columns, alone)

    def decide_alone() -> None:
        for facts in alone:
            book.evaluate("employee_pension", facts, DAY)

    def plain_alone() -> None:
        for facts in alone:
            plain_person(facts)

    one, plain_one = (seconds / ALONE * MICROSECONDS for seconds in _medians(scale, decide_alone, plain_alone))
    many, plain_many = (
        seconds / scale.book_people * MICROSECONDS
        for seconds in _medians(
            scale, lambda: book.evaluate_batch("employee_pension", columns, DAY), lambda: plain_batch(columns)
        )
    )
    return [
        Row("book: one evaluation with explanation", one, "us", "plain Python function", plain_one, (_ONE,)),
        Row("book: batch evaluation, one person", many, "us", "plain numpy", plain_many, (_BATCH,)),
    ]


def plain_person(facts: dict[str, int]) -> tuple[bool, int]:
    """Decide and compute the pension as one would without a rule book: no reasons, no sources, one law date."""
    group, birth = facts["retirement_group"] - 1, facts["birth_month"]
    past = birth - FIRST[group]
    delay = 0 if past < 0 else min(past // STEP[group] + 1, LONGEST[group])
    retirement = birth + FORMER[group] + delay
    months = facts["contribution_months"] + facts["deemed_months"]
    minimum = 180 + 6 * min(max(retirement // 12 - 2029, 0), 10)
    years, over = divmod(retirement - birth, 12)
    below = PAYOUT[years - 50]
    above = PAYOUT[years - 49] if over else below
    tenths = ((below * (12 - over) + above * over) * 10 + 6) // 12
    index = facts["avg_index_bp"]
    basic = (BASE_FEN * (10_000 + index) * months * 100 + 1_200_000_000) // 2_400_000_000
    account = (facts["account_balance_fen"] * 10 + tenths // 2) // tenths
    transitional = (BASE_FEN * index * facts["deemed_months"] * 130 + 600_000_000) // 1_200_000_000
    return retirement <= AS_OF and months >= minimum, basic + account + transitional


def plain_batch(columns: Columns) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Do the same for columns."""
    group, birth = columns["retirement_group"] - 1, columns["birth_month"]
    past = birth - np.array(FIRST)[group]
    delay = np.where(past < 0, 0, np.minimum(past // np.array(STEP)[group] + 1, np.array(LONGEST)[group]))
    retirement = birth + np.array(FORMER)[group] + delay
    months = columns["contribution_months"] + columns["deemed_months"]
    minimum = 180 + 6 * np.clip(retirement // 12 - 2029, 0, 10)
    age = retirement - birth
    years, over = age // 12, age % 12
    payout = np.array(PAYOUT)
    below, above = payout[years - 50], payout[np.where(over > 0, years - 49, years - 50)]
    tenths = ((below * (12 - over) + above * over) * 10 + 6) // 12
    index = columns["avg_index_bp"]
    basic = (BASE_FEN * (10_000 + index) * months * 100 + 1_200_000_000) // 2_400_000_000
    account = (columns["account_balance_fen"] * 10 + tenths // 2) // tenths
    transitional = (BASE_FEN * index * columns["deemed_months"] * 130 + 600_000_000) // 1_200_000_000
    return (retirement <= AS_OF) & (months >= minimum), basic + account + transitional


def people(count: int, seed: int = 20261124) -> Columns:
    """People who retire between 2020 and 2040, some of them not eligible."""
    chance = np.random.default_rng(seed)
    group = chance.integers(1, 4, count)
    return {
        "retirement_group": group,
        "birth_month": np.array((1961 * 12, 1966 * 12, 1971 * 12))[group - 1] + chance.integers(0, 16 * 12, count),
        "contribution_months": chance.integers(60, 480, count),
        "deemed_months": chance.integers(0, 120, count),
        "avg_index_bp": chance.integers(4_000, 30_000, count),
        "account_balance_fen": chance.integers(0, 50_000_000, count),
    }


def _compare(book: Book, columns: Columns, people: list[dict[str, int]]) -> None:
    batch = book.evaluate_batch("employee_pension", columns, DAY)
    eligible, total = plain_batch(columns)
    same = np.array_equal(batch.outcome == 1, eligible) and np.array_equal(batch.results["total_pension_fen"], total)
    for facts in people:
        decision = book.evaluate("employee_pension", facts, DAY)
        answer = (decision.outcome is Outcome.ELIGIBLE, decision.results["total_pension_fen"])
        same = same and answer == plain_person(facts)
    if not same:
        raise RuntimeError("The rule book and the plain code compute different pensions; the figures mean nothing.")


def _medians(scale: Scale, *variants: Callable[[], object]) -> list[float]:
    """Time variants in turn; give the median of each in seconds."""
    taken: list[list[float]] = [[] for _ in variants]
    for _ in range(scale.rounds + 3):
        for times, variant in zip(taken, variants, strict=True):
            start = time.perf_counter()
            variant()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in taken]
