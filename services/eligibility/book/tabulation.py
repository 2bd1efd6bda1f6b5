"""A rule worked out for many cases at once, for who decides by it so often that it looks the answers up."""

from collections.abc import Mapping

import numpy as np

from services.common.months import format_month
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.book.library import Library
from services.eligibility.book.node import FactNode, Numbers, Values


def tabulate(library: Library, rule: str, columns: Mapping[str, Numbers], month: int) -> Numbers:
    """Give a rule's value of each case by the law of a month; a column stands for a fact or for another rule's value.

    Raises LookupError when the rule rests on something of which there is no column: then the cases are not all.
    """
    tabulation = _Tabulation(library, columns, month, rule)
    found = np.asarray(tabulation.value(rule), dtype=np.int64)
    return np.broadcast_to(found, np.broadcast_shapes(*(column.shape for column in columns.values())))


class _Tabulation:
    """What has been worked out so far, by name."""

    def __init__(self, library: Library, columns: Mapping[str, Numbers], month: int, rule: str) -> None:
        self._library = library
        self._month = month
        self._rule = rule
        self._values: dict[str, Values | None] = dict(columns) | {AS_OF_MONTH: month}

    def value(self, name: str) -> Values:
        """Give the column of a name."""
        if name not in self._values:
            self._values[name] = None  # until it is known: who asks for it meanwhile goes in a circle
            self._values[name] = self._computed(name)
        found = self._values[name]
        if found is None:
            raise LookupError(f"{name} rests on itself")
        return found

    def _computed(self, name: str) -> Values:
        node = self._library.node(name, self._month)
        if node is None:
            raise LookupError(f"there is no rule {name} in {format_month(self._month)}")
        if isinstance(node, FactNode):
            raise LookupError(f"{self._rule} rests on {name}")  # noqa: TRY004  no wrong type: a column is missing
        found = node.many([self.value(needed) for needed in node.inputs], 1)
        if np.any(found.lacking):
            raise LookupError(f"{name} has no value in {format_month(self._month)}")
        return found.values
