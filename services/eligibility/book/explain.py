"""What is told of a decision: the steps that led to it, and what is missing."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Step(NamedTuple):
    """One fact, parameter or rule of a decision. A named tuple: a decision makes dozens in microseconds."""

    name: str
    title: str
    value: int
    """A condition is 1 when it is met."""
    unit: str
    source: str
    """Article of law, or where the parameter or fact is from."""
    givens: Mapping[str, int]
    """What it was computed from, by name."""
    unverified: bool
    """Whether nobody has compared it with the law yet."""


def missing_leaves(
    wanted: Iterable[str], values: Mapping[str, int], inputs: Mapping[str, tuple[str, ...]]
) -> frozenset[str]:
    """Name what keeps the wanted from being computed: facts to fetch, or parameters without a value for the case.

    `inputs` has every node; a node without a value whose inputs all have one is what is missing.
    """
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [name for name in wanted if name not in values]
    while waiting:
        name = waiting.pop()
        causes = [needed for needed in inputs[name] if needed not in values]
        if not causes:
            found.add(name)
        waiting.extend(cause for cause in causes if cause not in seen)
        seen.update(causes)
    return frozenset(found)
