"""What the book says of one person, and of many."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from services.eligibility.book.explain import Step
from services.eligibility.book.node import MISSING


class Outcome(StrEnum):
    """What a decision says."""

    ELIGIBLE = "ELIGIBLE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    UNKNOWN = "UNKNOWN"
    """Facts are missing; nothing is guessed."""


OUTCOMES = (Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE, Outcome.UNKNOWN)
"""In a batch an outcome is its position here plus 1."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the book says of one person and one benefit in one month."""

    benefit: str
    outcome: Outcome
    results: Mapping[str, int]
    """What could be computed, by name; for a person who is not eligible, what it would be."""
    unmet: tuple[str, ...]
    """Names of the conditions that are not met."""
    missing_facts: tuple[str, ...]
    """Facts to fetch, or parameters that the book does not have for the case; sorted."""
    steps: tuple[Step, ...]
    """How it was computed, in order; none in a batch."""
    facts: Mapping[str, int]
    """The given facts that it rests on, the month of the decision among them; none in a batch."""
    book_hash: str
    unverified: bool
    """Whether it rests on a value that nobody has compared with the law yet."""


@dataclass(frozen=True, slots=True)
class BatchDecision:
    """What the book says of many people; a row can be explained by deciding it alone."""

    benefit: str
    outcome: NDArray[np.int8]
    """1 eligible, 2 not eligible, 3 unknown."""
    results: Mapping[str, NDArray[np.int64]]
    """By name; `MISSING` where it could not be computed."""
    unmet: NDArray[np.int64]
    """The reasons: bit i is set when `conditions[i]` is not met."""
    conditions: tuple[str, ...]
    missing: NDArray[np.int64]
    """Bit i is set when `missing_names[i]` is to be fetched."""
    missing_names: tuple[str, ...]
    unverified: NDArray[np.bool_]
    book_hash: str

    def __len__(self) -> int:
        return len(self.outcome)

    def row(self, number: int) -> Decision:
        """Give one person's decision, without steps and facts."""
        results = {name: int(values[number]) for name, values in self.results.items()}
        return Decision(
            benefit=self.benefit,
            outcome=OUTCOMES[int(self.outcome[number]) - 1],
            results={name: value for name, value in results.items() if value != MISSING},
            unmet=_names(self.conditions, int(self.unmet[number])),
            missing_facts=_names(self.missing_names, int(self.missing[number])),
            steps=(),
            facts={},
            book_hash=self.book_hash,
            unverified=bool(self.unverified[number]),
        )


def _names(names: tuple[str, ...], bits: int) -> tuple[str, ...]:
    return tuple(name for number, name in enumerate(names) if bits >> number & 1)
