"""What a group of use cases does together, last of all before its commit.

A lock that every writer needs, such as the head of a log that gives its entries their places, is taken here: it is held
for one statement and the commit, and nothing is waited for under it, so it can be part of no deadlock.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import sqlalchemy as sa

R = TypeVar("R")
Flush = Callable[[sa.Connection, Sequence[R]], None]

_KEY = "last work"


class LastWork:
    """What the use cases of one group have collected, by what is to be done with it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._collected: dict[Flush[object], list[object]] = {}
        connection.info[_KEY] = self

    def collect(self, flush: Flush[object], rows: Sequence[object]) -> None:
        """Add rows to what `flush` is given."""
        self._collected.setdefault(flush, []).extend(rows)

    def mark(self) -> dict[Flush[object], int]:
        """Note how far it has come before a use case runs."""
        return {flush: len(rows) for flush, rows in self._collected.items()}

    def drop_since(self, mark: Mapping[Flush[object], int]) -> None:
        """Forget what a use case has collected that is undone."""
        for flush, rows in self._collected.items():
            del rows[mark.get(flush, 0) :]

    def run(self) -> None:
        """Do it."""
        for flush, rows in self._collected.items():
            if rows:
                flush(self._connection, rows)


def at_the_end(connection: sa.Connection, flush: Flush[R], rows: Sequence[R]) -> None:
    """Have `flush` called once for the group, with the rows of all its use cases that succeed."""
    collecting: LastWork = connection.info[_KEY]
    collecting.collect(flush, rows)  # type: ignore[arg-type]  # each flush gets only what was collected for it
