"""A benefit of the book as one query of SQL, for a table of people in a warehouse.

The table has a row a person: a key, and a column for each fact, whole numbers as `evaluate_batch` takes them, NULL
where one is not known. The query gives what `evaluate_batch` gives, row for row and fen for fen: outcome, each result
(NULL where it cannot be computed), the bits of the conditions not met and of what is missing, and whether it rests on
something unverified. A fact outside its bounds ends the query with its name, as it is refused in the process.
"""

from collections.abc import Iterator
from itertools import pairwise

from services.common.months import format_month
from services.eligibility.book.book import Book
from services.eligibility.book.chapter import Chapter
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.book.interval import Interval
from services.eligibility.book.plan import Plan
from services.eligibility.engines.dialect import Dialect
from services.eligibility.engines.expression import Layers
from services.eligibility.engines.stretch import People, Stretch


def benefit_query(book: Book, benefit: str, dialect: Dialect, people: People, month: int | None) -> str:
    """Write the query of a benefit by the law of a month; None: each row by that of its column `as_of_month`.

    The benefit must be one of the book, the month one that the book decides.
    """
    chapter = book.chapters[benefit]
    plans = chapter.plans if month is None else (chapter.plan_of(month),)
    until = {earlier.since: later.since for earlier, later in pairwise(plans)}
    layers: list[str] = []
    stretches: list[str] = []
    for number, plan in enumerate(plans, 1):
        bounds = Interval(chapter.benefit.since, book.known_month) if month is None else month
        stretch = Stretch(chapter, Layers(dialect), people, bounds)
        last = stretch.write(plan)
        rows = _rows(plan, until.get(plan.since), is_first=number == 1) if month is None else []
        conditions = [*rows, *stretch.refusals]
        where = "\n    WHERE " + "\n        AND ".join(conditions) if conditions else ""
        layers += _layers(stretch.layers, people, f"stretch_{number}", where)
        stretches.append(f"SELECT {last}\nFROM stretch_{number}_{len(stretch.layers.columns)} AS found{dialect.ending}")
    return "\n".join([*_heading(book, chapter, month), "WITH", ",\n".join(layers), "\nUNION ALL\n".join(stretches), ""])


def _rows(plan: Plan, until: int | None, *, is_first: bool) -> list[str]:
    """Write which rows are decided by a plan; the first one refuses those without a month."""
    month = f'source."{AS_OF_MONTH}"'
    since = [] if is_first else [f"{month} >= {plan.since}"]
    if until is None:
        return since
    return [f"({month} < {until} OR {month} IS NULL)" if is_first else f"{month} < {until}", *since]


def _layers(layers: Layers, people: People, stretch: str, where: str) -> Iterator[str]:
    for number, columns in enumerate(layers.columns, 1):
        key = f'source."{people.key}" AS "{people.key}"' if number == 1 else "*"
        source = f"{people.table} AS source{where}" if number == 1 else f"{stretch}_{number - 1}"
        written = "".join(f',\n    {text} AS "{name}"' for name, text in columns.items())
        selected = f"SELECT {key}{written}"
        yield f"{stretch}_{number} AS (\n    {selected}\n    FROM {source}\n)"


def _heading(book: Book, chapter: Chapter, month: int | None) -> Iterator[str]:
    """Tell what the query decides, by which book, and how its numbers are read."""
    benefit = chapter.benefit
    known = "" if book.known is None else f", as published until {book.known.isoformat()}"
    yield f"-- {benefit.name}: {benefit.title}."
    yield f"-- Decided for {'the as_of_month of each row' if month is None else format_month(month)}."
    yield f"-- Rule book {book.hash}{known}."
    yield "-- Facts are whole numbers, NULL where not known; a month is year * 12 + month - 1."
    for fact in sorted({node.fact for plan in chapter.plans for node in plan.facts}, key=lambda one: one.name):
        if fact.codes:
            yield f"-- {fact.name}: {', '.join(f'{code} {word}' for word, code in fact.codes.items())}."
    yield from (f"-- unmet, bit {number}: {name}." for number, name in enumerate(benefit.conditions))
    yield from (f"-- missing, bit {number}: {name}." for number, name in enumerate(chapter.may_lack))
