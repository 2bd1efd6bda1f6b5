"""The rule book: the only door to the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from services.common.errors import InvalidInput
from services.common.months import format_month, month_of
from services.eligibility.book.batch import decide_batch
from services.eligibility.book.benefit import Benefit, read_declarations
from services.eligibility.book.chapter import Chapter
from services.eligibility.book.content import Content, folder_of, read_content
from services.eligibility.book.decision import BatchDecision, Decision, Outcome
from services.eligibility.book.explain import missing_leaves
from services.eligibility.book.fact import AS_OF_MONTH, Fact
from services.eligibility.book.library import BENEFITS, Library, load_library, text_of
from services.eligibility.book.node import MISSING, Numbers
from services.eligibility.book.parameter import Dated, Parameter
from services.eligibility.book.refusal import BookRefused
from services.eligibility.book.tabulation import tabulate

RULES = "services.eligibility.rules"
"""The package that holds the law."""


@dataclass(frozen=True, slots=True)
class Book:
    """Benefit law as code, loaded and checked; it never changes."""

    content: Content = field(repr=False)
    hash: str
    """Of all content that decides; a decision carries it."""
    known: date | None
    """The day up to which publications count; None: all that the content holds."""
    library: Library
    chapters: Mapping[str, Chapter]
    """By name of the benefit."""
    known_month: int
    """Last month for which the book can decide: the law is not known further."""

    @classmethod
    def load(cls, known: date | None = None, folder: Path | None = None) -> "Book":
        """Read the law, or another folder like it. Raises as `of` does."""
        return cls.of(read_content(folder or folder_of(RULES)), known)

    @classmethod
    def of(cls, content: Content, known: date | None = None) -> "Book":
        """Make a book of its content; `known` leaves out what was published later, to decide as one could have then.

        Raises BookRefused with file and line when anything is wrong with it.
        """
        library = load_library(content, known)
        as_of = library.facts.get(AS_OF_MONTH)
        if as_of is None:
            raise BookRefused("facts.yaml:1", f"fact {AS_OF_MONTH} is missing")
        known_month = as_of.most if known is None else min(month_of(known), as_of.most)
        declarations = read_declarations(BENEFITS, text_of(content, BENEFITS))
        chapters: dict[str, Chapter] = {}
        for one in declarations:
            try:
                chapters[one.name] = Chapter.of(library, one, known_month)
            except BookRefused:
                if known is None:
                    raise  # else too little of it had been published: by what was known then it could not be decided
        return cls(content, content.hash, known, library, chapters, known_month)

    def benefits(self) -> list[Benefit]:
        """List the benefits, in the order of their names."""
        return [chapter.benefit for chapter in self.chapters.values()]

    def parameters(self) -> list[Parameter]:
        """List all parameters with their sources, in the order of their names."""
        return [parameter for _, parameter in sorted(self.library.parameters.items())]

    def parameter(self, name: str) -> Parameter:
        """Give a parameter. Raises LookupError for one that the book does not have."""
        if name not in self.library.parameters:
            raise LookupError(f"there is no parameter {name}")
        return self.library.parameters[name]

    def code(self, fact: str, name: str) -> int:
        """Give the number that stands for a name in a fact's column, as of `retirement_group`. Raises KeyError."""
        return self.library.facts[fact].codes[name]

    def bounds(self, fact: str) -> tuple[int, int]:
        """Give the least and the most that a fact may be. Raises KeyError."""
        return self.library.facts[fact].least, self.library.facts[fact].most

    def number(self, parameter: str, at: date) -> int:
        """Give a parameter's value of a day. Raises LookupError for an unknown name and for a day without a value."""
        return self._entry(parameter, at).values[0]

    def names(self, table: str, at: date) -> dict[str, str]:
        """Give a table of a day whose rows and values are names. Raises as `number` does."""
        parameter = self.parameter(table)
        rows = self.library.facts[parameter.rows or ""].codes
        values = {number: name for name, number in parameter.codes.items()}
        entry = self._entry(table, at)
        return {name: values[entry.values[code - parameter.first_row]] for name, code in rows.items()}

    def table(self, table: str, at: date) -> dict[str, int]:
        """Give a table of a day whose rows are names. Raises as `number` does."""
        parameter = self.parameter(table)
        rows = self.library.facts[parameter.rows or ""].codes
        entry = self._entry(table, at)
        return {name: entry.values[code - parameter.first_row] for name, code in rows.items()}

    def source(self, parameter: str, at: date) -> str:
        """Tell where a parameter's value of a day is written. Raises as `number` does."""
        return self._entry(parameter, at).source

    def tabulate(self, rule: str, columns: Mapping[str, Numbers], at: date) -> Numbers:
        """Give a rule's value of each case by the law of a day; a column stands for a fact or for a rule.

        Raises LookupError when it rests on anything else, and when there is no such rule.
        """
        return tabulate(self.library, rule, columns, month_of(at))

    def evaluate(self, benefit: str, facts: Mapping[str, int], as_of: date) -> Decision:
        """Decide for one person by the law of a day, with all steps; facts that the benefit does not need are ignored.

        Raises InvalidInput for an unknown benefit, an unknown fact, a fact out of its bounds, a day outside the book.
        """
        chapter = self._chapter(benefit)
        month = self._month(chapter, as_of)
        plan = chapter.plan_of(month)
        known = self.library.facts
        for name, value in facts.items():
            fact = known.get(name) or self._fact(name)
            if not fact.least <= value <= fact.most:
                raise _refusal(fact, "lies outside its bounds")
        if facts.get(AS_OF_MONTH, month) != month:
            raise _refusal(self._fact(AS_OF_MONTH), "is another month than that of the day to decide for")
        values, steps = plan.explain({**facts, AS_OF_MONTH: month})
        declaration = chapter.declaration
        missing = missing_leaves(declaration.targets, values, plan.inputs) if len(values) < len(plan.nodes) else None
        outcome = Outcome.ELIGIBLE if values.get(declaration.decided_by) else Outcome.NOT_ELIGIBLE
        return Decision(
            benefit=benefit,
            outcome=Outcome.UNKNOWN if missing else outcome,
            results={name: values[name] for name in declaration.results if name in values},
            unmet=tuple([name for name in plan.conditions if values.get(name) == 0]),
            missing_facts=tuple(sorted(missing)) if missing else (),
            steps=tuple(steps),
            facts={name: value for name, value in facts.items() if name in values} | {AS_OF_MONTH: month},
            book_hash=self.hash,
            unverified=any(step.unverified for step in steps),
        )

    def evaluate_batch(self, benefit: str, columns: Mapping[str, Numbers], as_of: date) -> BatchDecision:
        """Decide for many people; a column holds `MISSING` where a fact is not known.

        A fact without a column is not known of anybody. A column `as_of_month` decides each row by the law of its own
        month. Raises InvalidInput as `evaluate` does, and for columns of different lengths.
        """
        chapter = self._chapter(benefit)
        rows = {len(column) for column in columns.values()}
        if len(rows) != 1:
            raise InvalidInput("facts", "INVALID_FACT", "A batch has columns of one length, one at least.")
        for name, column in columns.items():
            _check_column(self._fact(name), column)
        month = self._month(chapter, as_of)
        months = columns.get(AS_OF_MONTH)
        if months is not None and len(months):
            self._check_month(chapter, int(months.min()))
            self._check_month(chapter, int(months.max()))
        return decide_batch(chapter, columns, rows.pop(), month, self.hash)

    def _chapter(self, benefit: str) -> Chapter:
        if benefit not in self.chapters:
            when = "" if self.known is None else f" by what was published until {self.known.isoformat()}"
            raise InvalidInput("benefit", "UNKNOWN_BENEFIT", f"The rule book has no such benefit{when}.")
        return self.chapters[benefit]

    def _entry(self, parameter: str, at: date) -> Dated:
        entry = self.parameter(parameter).entry_of(month_of(at))
        if entry is None:
            raise LookupError(f"{parameter} has no value on {at.isoformat()}")
        return entry

    def _fact(self, name: str) -> Fact:
        if name not in self.library.facts:
            raise InvalidInput(
                "facts", "INVALID_FACT", "The rule book knows no fact of that name.", {"fact": name[:64]}
            )
        return self.library.facts[name]

    def _month(self, chapter: Chapter, as_of: date) -> int:
        month = month_of(as_of)
        self._check_month(chapter, month)
        return month

    def _check_month(self, chapter: Chapter, month: int) -> None:
        first, last = chapter.benefit.since, self.known_month
        if not first <= month <= last:
            limits = {"min": format_month(first), "max": format_month(last)}
            message = f"The book decides this benefit for months from {limits['min']} to {limits['max']}."
            raise InvalidInput("as_of_date", "VALUE_OUT_OF_RANGE", message, limits)


def _check_column(fact: Fact, column: Numbers) -> None:
    if column.dtype != np.int64 or column.ndim != 1:
        raise _refusal(fact, "is a column of 64-bit whole numbers")
    if not len(column) or (column.min() >= fact.least and column.max() <= fact.most):
        return
    outside = ((column < fact.least) & (column != MISSING)) | (column > fact.most)
    if outside.any():
        raise _refusal(fact, f"lies outside its bounds in {int(outside.sum())} rows")


def _refusal(fact: Fact, what: str) -> InvalidInput:
    bounds = {"fact": fact.name, "min": str(fact.least), "max": str(fact.most)}
    return InvalidInput(
        "facts", "INVALID_FACT", f"Fact {fact.name} {what}; it goes from {fact.least} to {fact.most}.", bounds
    )
