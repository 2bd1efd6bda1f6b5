"""Random people as the rule book takes them, and what it says of them, to compare other engines with."""

from datetime import date

import numpy as np
import pyarrow as pa

from services.eligibility.book.book import Book
from services.eligibility.book.decision import OUTCOMES
from services.eligibility.book.fact import AS_OF_MONTH, Fact
from services.eligibility.book.node import MISSING, Numbers

Columns = dict[str, Numbers]


def people_of(book: Book, benefit: str, count: int, seed: int) -> Columns:
    """Make people up for a benefit: most facts as they are in life, some at the bounds, some not known."""
    random = np.random.default_rng(seed)
    known = book.chapters[benefit].benefit
    columns = {name: _fact(random, book.library.facts[name], count) for name in (*known.facts, *known.optional_facts)}
    least = max(known.since, 2000 * 12)
    columns[AS_OF_MONTH] = random.integers(least, 2045 * 12, count)
    return columns


def table_of(columns: Columns) -> pa.Table:
    """Give people as a table: numbered, null where a fact is not known."""
    arrays = {name: pa.array(values, mask=values == MISSING) for name, values in columns.items()}
    return pa.table({"person": pa.array(range(len(next(iter(columns.values()))))), **arrays})


def decided(book: Book, benefit: str, columns: Columns, as_of: date = date(2026, 3, 1)) -> list[dict[str, object]]:
    """Decide people in a batch; give the rows that another engine must give."""
    batch = book.evaluate_batch(benefit, columns, as_of)
    answers: dict[str, list[object]] = {
        "person": list(range(len(batch))),
        "outcome": [str(OUTCOMES[code - 1]) for code in batch.outcome.tolist()],
        **{
            name: [None if value == MISSING else value for value in values.tolist()]
            for name, values in batch.results.items()
        },
        "unmet": batch.unmet.tolist(),
        "missing": batch.missing.tolist(),
        "unverified": batch.unverified.tolist(),
    }
    return [dict(zip(answers, row, strict=True)) for row in zip(*answers.values(), strict=True)]


def _fact(random: np.random.Generator, fact: Fact, count: int) -> Numbers:
    least, most = fact.least, fact.most
    if fact.unit == "month":
        least, most = max(least, 1930 * 12), min(most, 2050 * 12)
    usual = random.integers(least, min(most, least + 1_000_000), count, endpoint=True)
    extreme = random.choice(np.array([fact.least, fact.most]), count)
    values = np.where(random.random(count) < 0.9, usual, extreme)
    values[random.random(count) < 0.03] = MISSING
    return values.astype(np.int64)
