"""The statements about cards that nearly every call needs, run by the driver itself."""

import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.card.account import AccountHolder
from services.card.domain import Card
from services.card.store.card_rows import NAMES, card_of
from services.card.store.people_tables import PERSON
from services.card.store.tables import CARD, HELD
from services.common.errors import Conflict
from services.common.lookup import Lookup
from services.common.sets import among_bound, bound_keys
from services.common.statement import Statement, TableInsert

_COLUMNS = CARD.c
_CARD = sa.select(*(_COLUMNS[name] for name in NAMES))
_STANDING = sa.func.coalesce(PERSON.c.merged_into, PERSON.c.person)

Values = Sequence[Any]


def _by(column: str, *, lock: bool = False) -> Lookup[str, Card]:
    """Look cards up by a column; one alone by a plain comparison, as a set takes SQLite half as long again."""

    def build_many(dialect: str) -> sa.Select[Any]:
        return _locked(_CARD.where(among_bound(dialect, _COLUMNS[column], "keys")).order_by(_COLUMNS.card), lock=lock)

    many: Statement[Values] = Statement(build_many, "keys")
    one: Statement[Values] = Statement(
        lambda _: _locked(_CARD.where(_COLUMNS[column] == sa.bindparam("key")), lock=lock), "key"
    )
    place = NAMES.index(column)

    def ask(connection: sa.Connection, keys: Collection[str]) -> Mapping[str, Card]:
        if len(keys) == 1:
            rows = one.rows(connection, next(iter(keys)))
        else:
            rows = many.rows(connection, bound_keys(connection, keys))
        return {row[place]: card_of(row) for row in rows}

    return Lookup(ask)


def _locked(statement: sa.Select[Any], *, lock: bool) -> sa.Select[Any]:
    return statement.with_for_update() if lock else statement


GET, BY_NUMBER, BY_CODE = _by("card"), _by("card_no"), _by("identification_code")
"""Cards by id, by number, by identification code."""

LOCKED = _by("card", lock=True)
"""Cards by id, locked for a change."""

LIVE_OF = _by("live_person")
"""Live cards by their holders, each of whom stands for himself."""

LIVE: Statement[Values] = Statement(
    lambda dialect: (
        sa.select(PERSON.c.person, *_CARD.selected_columns)
        .join(CARD, _COLUMNS.live_person == _STANDING)
        .where(among_bound(dialect, PERSON.c.person, "people"))
    ),
    "people",
)
"""Live cards of people: the person asked for, then the card's values."""

_NEWER = CARD.alias("newer")
_IS_NEWER = sa.case(
    # Cards of another register come in whatever order, many in one millisecond: their names say nothing of their age.
    (_NEWER.c.issue_date != _COLUMNS.issue_date, _NEWER.c.issue_date > _COLUMNS.issue_date),
    else_=_NEWER.c.card > _COLUMNS.card,
)

_DECEASED: Statement[Values] = Statement(
    lambda dialect: (
        sa.select(_COLUMNS.person)
        .where(among_bound(dialect, _COLUMNS.person, "people"), _COLUMNS.cancel_reason == sa.literal_column("'DEATH'"))
        .where(~sa.exists().where(_NEWER.c.person == _COLUMNS.person, _IS_NEWER))
    ),
    "people",
)

DECEASED: Lookup[str, str] = Lookup(
    lambda connection, people: {row[0]: row[0] for row in _DECEASED.rows(connection, bound_keys(connection, people))}
)
"""Those of some people whose last card was cancelled for death."""

_ANY_MERGED: Statement[Values] = Statement(
    lambda dialect: (
        sa.select(PERSON.c.person)
        .where(among_bound(dialect, PERSON.c.person, "people"), PERSON.c.merged_into.is_not(None))
        .limit(1)
    ),
    "people",
)

ANY_NUMBERED: Statement[Values] = Statement(
    lambda dialect: sa.select(_COLUMNS.card).where(among_bound(dialect, _COLUMNS.card_no, "numbers")).limit(1),
    "numbers",
)
"""One card that has one of some card numbers."""

_KEPT: Statement[tuple[int, str, str]] = Statement(
    lambda dialect: sa.select(_COLUMNS.account_index, _COLUMNS.card, _COLUMNS.person).where(
        among_bound(dialect, _COLUMNS.account_index, "indexes"), HELD
    ),
    "indexes",
)


def _holders(connection: sa.Connection, indexes: Collection[int]) -> Mapping[int, AccountHolder]:
    rows = _KEPT.rows(connection, bound_keys(connection, indexes))
    return {index: AccountHolder(card, person) for index, card, person in rows}


HOLDERS: Lookup[int, AccountHolder] = Lookup(_holders)
"""The cards by which some accounts are kept, and whose they are, by the accounts' indexes."""

LEAVE: Statement[Values] = Statement(
    lambda dialect: (
        CARD.update()
        .where(among_bound(dialect, _COLUMNS.card, "cards"))
        .values(account_index=sa.literal_column("0"))
        .returning(_COLUMNS.card)
    ),
    "cards",
)
"""Let accounts be kept by these cards no longer."""

_INSERT = TableInsert(CARD, *NAMES, "sealed_account", "account_index", "origin")
_HOLDER = NAMES.index("person")


class _Keep:
    """Cards that changed, and new ones: for each the columns that changed, none for a new one, and its values.

    Changed ones go first, as a holder's card is cancelled before its successor takes its place.
    """

    def many(self, connection: sa.Connection, rows: Sequence[Values]) -> None:
        """Keep them; raises Conflict when somebody else has just changed one, or given a holder another."""
        kept: dict[tuple[str, ...], list[Values]] = {}
        for columns, values in rows:
            kept.setdefault(columns, []).append(values)
        new = kept.pop((), [])
        for columns, changed in kept.items():
            if _changed(connection, columns, changed) != len(changed):
                raise Conflict("CONCURRENT_CHANGE", "The card was changed in the same moment; read it again.")
        if new:
            _add(connection, new)


KEEP = _Keep()
"""A new card's values, account sealed and indexed, and origin; or changed values, the card's id, its former version."""


@functools.cache  # the operations on cards are few
def _update(columns: tuple[str, ...]) -> Statement[Values]:
    changed = {name: sa.bindparam(f"new_{name}", type_=_COLUMNS[name].type) for name in columns}
    unchanged = sa.and_(_COLUMNS.card == sa.bindparam("of_card"), _COLUMNS.version == sa.bindparam("former"))
    statement = CARD.update().where(unchanged).values(changed)
    return Statement(
        lambda dialect: statement.returning(_COLUMNS.card) if dialect == "postgresql" else statement,
        *(f"new_{name}" for name in columns),
        "of_card",
        "former",
        effects_known=True,
    )


def _changed(connection: sa.Connection, columns: tuple[str, ...], rows: Sequence[Values]) -> int:
    try:
        return _update(columns).each(connection, rows)
    except sa.exc.IntegrityError as error:
        raise _given() from error


def _add(connection: sa.Connection, rows: Sequence[Values]) -> None:
    """Insert cards for holders who have no other live one and stand for themselves; otherwise raise Conflict."""
    try:
        _INSERT.many(connection, rows)
    except sa.exc.IntegrityError as error:
        raise _given() from error
    # The insert has waited for a merge of a holder that was under way: it may be done now.
    if _ANY_MERGED.rows(connection, bound_keys(connection, {row[_HOLDER] for row in rows})):
        raise Conflict("CONCURRENT_CHANGE", "A holder's record was merged in the same moment; repeat.")


def _given() -> Conflict:
    return Conflict("CONCURRENT_CHANGE", "A holder got a card, or a card an account, in the same moment; repeat.")
