"""People as Arrow tables: the facts that a table holds, and what the book says of them, as columns for another table.

A table has a row a person: a key, and a column of whole numbers for each fact, null where one is not known; facts that
stand for names may be written as these.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.common.months import first_day, month_of
from services.eligibility.book.book import Book
from services.eligibility.book.decision import OUTCOMES, BatchDecision
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.book.node import MISSING, Numbers

_OUTCOMES = pa.array([str(outcome) for outcome in OUTCOMES])

_WORDS = (pa.types.is_dictionary, pa.types.is_string, pa.types.is_large_string)


class BadPeople(Exception):
    """A table of people cannot be decided; the text says which column and why."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is decided of everybody in a table."""

    benefit: str
    as_of: date | None
    """The day to decide for; None: each row is decided for the month of its column `as_of_month`."""
    key: str = "person"
    """The column that tells people apart; it is given back."""
    lacking: frozenset[str] = frozenset()
    """Facts for which there is no column: they are not known of anybody."""

    def facts(self, book: Book) -> tuple[str, ...]:
        """Name the facts that the table has to have a column of."""
        known = book.chapters[self.benefit].benefit
        month = (AS_OF_MONTH,) if self.as_of is None else ()
        return tuple(name for name in (*known.facts, *known.optional_facts, *month) if name not in self.lacking)

    def check(self, book: Book, columns: Collection[str]) -> None:
        """Raise BadPeople unless a table with these columns can be decided."""
        unknown = self.lacking.difference(Question(self.benefit, date.min).facts(book))
        if unknown:
            raise BadPeople(f"cannot lack what is no fact of {self.benefit}: {', '.join(sorted(unknown))}.")
        absent = [name for name in (self.key, *self.facts(book)) if name not in columns]
        if absent:
            raise BadPeople(f"lacks the columns: {', '.join(absent)}; name facts that nobody knows as lacking.")

    def decide(self, book: Book, people: "pa.RecordBatch") -> "pa.RecordBatch":
        """Decide everybody of a part; raises BadPeople for a column of a wrong kind, InvalidInput as the book does."""
        columns = {name: _numbers(book, name, people[name]) for name in self.facts(book)}
        as_of = self.as_of or first_day(book.known_month)
        if not columns:  # the book counts the rows by their columns
            columns[AS_OF_MONTH] = np.full(len(people), month_of(as_of), dtype=np.int64)
        return _answers(book.evaluate_batch(self.benefit, columns, as_of), self.key, people[self.key])


def _numbers(book: Book, name: str, column: "pa.Array") -> Numbers:
    codes = book.library.facts[name].codes
    if codes and any(is_word(column.type) for is_word in _WORDS):
        words = column.cast(pa.string())
        found = pc.index_in(words, value_set=pa.array(sorted(codes, key=lambda word: codes[word])))
        if found.null_count != words.null_count:
            raise BadPeople(f"{name} has words that are none of {', '.join(codes)}.")
        column = pc.add(found.cast(pa.int64()), 1)
    if not (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type) or pa.types.is_null(column.type)):
        raise BadPeople(f"{name} must be whole numbers, not {column.type}.")
    try:
        numbers = column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise BadPeople(f"{name} has numbers of more than 63 bits.") from error
    values: Numbers = (pc.fill_null(numbers, MISSING) if numbers.null_count else numbers).to_numpy()
    return values


def _answers(batch: BatchDecision, key: str, keys: "pa.Array") -> "pa.RecordBatch":
    columns = {
        key: keys,
        "outcome": pa.DictionaryArray.from_arrays(pa.array(batch.outcome - 1), _OUTCOMES),
        **{name: _nullable(values) for name, values in batch.results.items()},
        "unmet": pa.array(batch.unmet),
        "missing": pa.array(batch.missing),
        "unverified": pa.array(batch.unverified),
    }
    return pa.RecordBatch.from_pydict(columns)


def _nullable(values: Numbers) -> "pa.Array":
    """Give values with nulls where there is none; without a copy when there is one for everybody."""
    if not len(values) or values.min() != MISSING:
        return pa.array(values)
    return pa.array(values, mask=values == MISSING)
