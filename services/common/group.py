"""What the use cases of one commit have in common: rows that wait to be inserted together, and what a failure undoes.

Events and remembered answers are written by every mutation and read by none that follows it in the same transaction, so
they wait and go to the database once a commit instead of once a call (docs/adr/0020-driver-tuples.md).
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from services.common.last_work import Flush, LastWork

Values = Sequence[object]

Mark = tuple[int, Mapping[Flush[object], int]]

_KEY = "group"


class Insert(Protocol):
    """A statement that inserts many rows."""

    def many(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Insert rows."""


@dataclass(slots=True)
class Group:
    """One transaction of several use cases."""

    last: LastWork
    """What is done once for all, last before the commit."""
    written: bool = False
    """Whether the use case that runs has changed anything in the database itself."""
    answers: dict[tuple[str, str, str], tuple[bytes, bytes]] = field(default_factory=dict)
    """Request hash and reply by request, of those that wait to be inserted."""
    waiting: list[tuple[Insert, Sequence[Values]]] = field(default_factory=list)

    def mark(self) -> "Mark":
        """Note how far it has come before a use case runs."""
        return len(self.waiting), self.last.mark()

    def drop_since(self, mark: "Mark") -> None:
        """Forget what came from a use case that is undone or has refused."""
        del self.waiting[mark[0] :]
        self.last.drop_since(mark[1])

    def flush(self, connection: sa.Connection) -> None:
        """Insert what waits, in the order of its coming."""
        together: dict[Insert, list[Values]] = {}
        for insert, rows in self.waiting:
            together.setdefault(insert, []).extend(rows)
        self.waiting.clear()
        self.answers.clear()
        for insert, rows in together.items():
            insert.many(connection, rows)


@contextlib.contextmanager
def opened(connection: sa.Connection) -> Iterator[Group]:
    """Have a group on a connection as long as the transaction lasts."""
    group = Group(LastWork(connection))
    connection.info[_KEY] = group
    try:
        yield group
    finally:
        del connection.info[_KEY]


def group_of(connection: sa.Connection) -> Group | None:
    """Give the group of the transaction; None outside of a group commit."""
    group: Group | None = connection.info.get(_KEY)
    return group


def insert_later(connection: sa.Connection, insert: Insert, rows: Sequence[Values]) -> None:
    """Insert rows before the commit; nothing that runs until then may look for them in the database."""
    group = group_of(connection)
    if group is None:
        insert.many(connection, rows)
    else:
        group.waiting.append((insert, rows))


@contextlib.contextmanager
def savepoint(connection: sa.Connection) -> Iterator[None]:
    """Undo what is done here when it raises, also when inserting what waits at the end of it raises."""
    group = group_of(connection)
    if group is None:
        with connection.begin_nested():
            yield
        return
    group.flush(connection)
    mark = group.mark()
    try:
        with connection.begin_nested():
            yield
            group.flush(connection)
    except BaseException:
        group.drop_since(mark)
        group.answers.clear()
        raise
