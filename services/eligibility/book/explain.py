"""What is told of a decision: the steps that led to it, and what is missing."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Step(NamedTuple):
    """One fact, parameter or rule of a decision. A named tuple, since a decision makes dozens of them in microseconds."""

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
    wanted: Iterable[str], values: Mapping[str, int | None], inputs: Mapping[str, tuple[str, ...]]
) -> frozenset[str]:
    """Name what has to be fetched so that the wanted can be computed: facts, or parameters without a value for the case.

    `inputs` has every node; a node whose inputs are all known and that has no value itself is what is missing.
    """
    found: set[str] = set()
    open_names = [name for name in wanted if values[name] is None]
    seen: set[str] = set(open_names)
    while open_names:
        name = open_names.pop()
        causes = [given for given in inputs[name] if values[given] is None]
        if not causes:
            found.add(name)
        open_names.extend(cause for cause in causes if cause not in seen)
        seen.update(causes)
    return frozenset(found)
