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

Mark = tuple[int, int, Mapping[Flush[object], int]]

_OPENED: "dict[sa.Connection, Group]" = {}
"""Groups by their connections, as long as their transactions last; asked for many times a use case."""


class Write(Protocol):
    """What writes many rows at once."""

    def many(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Write rows."""


@dataclass(slots=True)
class Group:
    """One transaction of several use cases."""

    last: LastWork
    """What is done once for all, last before the commit."""
    written: bool = False
    """Whether the use case that runs has changed anything in the database itself."""
    answers: dict[tuple[str, str, str], tuple[bytes, bytes]] = field(default_factory=dict)
    """Request hash and reply by request, of those that wait to be inserted."""
    waiting: list[tuple[Write, Sequence[Values]]] = field(default_factory=list)
    unseen: list[tuple[Write, Sequence[Values]]] = field(default_factory=list)
    """Rows that wait as well, but only until the database is asked anything: they may be looked for."""
    foreseen: dict[object, dict[object, object]] = field(default_factory=dict)
    """What was looked up for the use cases before they ran: by look-up and key, None where nothing was found."""

    def mark(self) -> "Mark":
        """Note how far it has come before a use case runs."""
        return len(self.unseen), len(self.waiting), self.last.mark()

    def drop_since(self, mark: "Mark") -> None:
        """Forget what came from a use case that is undone or has refused."""
        del self.unseen[mark[0] :]
        del self.waiting[mark[1] :]
        self.last.drop_since(mark[2])

    def note_write(self, *, known: bool = False) -> None:
        """Note that the use case changes the database; unless its effects are known, nothing foreseen holds then."""
        self.written = True
        if not known:
            self.foreseen.clear()

    def show(self, connection: sa.Connection) -> None:
        """Write the rows that may be looked for now."""
        if self.unseen:
            rows, foreseen = self.unseen, self.foreseen
            self.unseen, self.foreseen = [], {}
            _write(connection, rows)
            self.foreseen = foreseen  # who left the rows here has forgotten what they change

    def flush(self, connection: sa.Connection) -> None:
        """Write what waits, in the order of its coming."""
        self.show(connection)
        rows, self.waiting = self.waiting, []
        self.answers.clear()
        _write(connection, rows)


@contextlib.contextmanager
def opened(connection: sa.Connection) -> Iterator[Group]:
    """Have a group on a connection as long as the transaction lasts."""
    group = Group(LastWork(connection))
    _OPENED[connection] = group
    try:
        yield group
    finally:
        del _OPENED[connection]


def group_of(connection: sa.Connection) -> Group | None:
    """Give the group of the transaction; None outside of a group commit."""
    return _OPENED.get(connection)


def write_unseen(connection: sa.Connection, write: Write, rows: Sequence[Values]) -> None:
    """Write rows before the database is asked anything else: several use cases' rows go together when they can.

    The caller forgets what was foreseen of them (services.common.lookup). Rows that the database refuses are its
    caller's error as ever: the group runs again, each use case for itself.
    """
    group = group_of(connection)
    if group is None:
        write.many(connection, rows)
    else:
        group.unseen.append((write, rows))


def show_unseen(connection: sa.Connection) -> None:
    """Write the rows that wait for the database to be asked: it is about to be."""
    group = group_of(connection)
    if group is not None and group.unseen:
        group.show(connection)


def insert_later(connection: sa.Connection, insert: Write, rows: Sequence[Values]) -> None:
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
    with connection.begin_nested():
        try:
            yield
            group.flush(connection)
        except BaseException:
            group.drop_since(mark)  # before the way back, which is a statement too
            group.answers.clear()
            raise


def _write(connection: sa.Connection, waiting: Sequence[tuple[Write, Sequence[Values]]]) -> None:
    together: dict[Write, list[Values]] = {}
    for write, rows in waiting:
        together.setdefault(write, []).extend(rows)
    for write, rows in together.items():
        write.many(connection, rows)
