"""Draw lists and their lines."""

from collections.abc import Collection, Mapping, Sequence, Set

import sqlalchemy as sa

from services.common.crypto import Vault
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.turns import take_turn
from services.eligibility.domain import Scheme
from services.eligibility.draw_line import Line, LineState
from services.eligibility.draw_list import OPEN, WORKING, DrawList, DrawListState
from services.eligibility.store.draw_list_rows import draw_list_of, line_of, line_row_of, row_of
from services.eligibility.store.names import NameTable
from services.eligibility.store.rows import day_text, rows_in
from services.eligibility.store.tables.draw import DRAW_LINE, DRAW_LIST
from services.eligibility.store.tables.entitlement import ENTITLEMENT

_COLUMNS = DRAW_LIST.c
_LINE = DRAW_LINE.c
_FIELDS = {name: _COLUMNS[name] for name in ("scheme", "pooling_region", "benefit_month", "state")}
_LINE_FIELDS = {
    name: _LINE[name] for name in ("person", "entitlement_reference", "benefit_month", "kind", "state", "hold_reason")
}
_DIGITS = 16
_ORDERED = (LineState.RELEASED, LineState.PAID, LineState.RETURNED)
_CHANGE_LINE = (
    DRAW_LINE.update()
    .where(_LINE.draw_list == sa.bindparam("of_list"), _LINE.number == sa.bindparam("of_number"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("state", "hold_reason", "return_date", "return_reason")})
)


class DrawListTable:
    """Draw lists by id, lines by list and number."""

    def __init__(self, connection: sa.Connection, vault: Vault, names: NameTable) -> None:
        self._connection = connection
        self._names = names
        self._vault = vault

    def take_turn(self) -> None:
        """Let nobody else begin a list until the transaction ends."""
        take_turn(self._connection, "eligibility/listing draws")

    def open_one(self, scheme: Scheme, pooling_region: str) -> DrawList | None:
        """Give the list of a scheme and region that is not released yet."""
        return self._first(
            _COLUMNS.scheme == scheme, _COLUMNS.pooling_region == pooling_region, _COLUMNS.state.in_(OPEN)
        )

    def first_month(self, scheme: Scheme, pooling_region: str) -> int | None:
        """Give the earliest month of their lists that owed anybody anything and were not cancelled."""
        statement = sa.select(sa.func.min(_COLUMNS.benefit_month)).where(
            _COLUMNS.scheme == scheme,
            _COLUMNS.pooling_region == pooling_region,
            _COLUMNS.lines > 0,
            _COLUMNS.state != DrawListState.CANCELLED,
        )
        found: int | None = self._connection.execute(statement).scalar_one()
        return found

    def at_work(self) -> DrawList | None:
        """Give the oldest list that the service is at work on."""
        return self._first(_COLUMNS.state.in_(WORKING))

    def get(self, draw_list: str) -> DrawList | None:
        """Give one, locked for a change."""
        statement = sa.select(DRAW_LIST).where(_COLUMNS.draw_list == draw_list).with_for_update()
        row = self._connection.execute(statement).mappings().one_or_none()
        return draw_list_of(row) if row is not None else None

    def add(self, draw_list: DrawList) -> None:
        """Keep a new one."""
        self._connection.execute(DRAW_LIST.insert(), [row_of(draw_list)])

    def save(self, draw_list: DrawList) -> None:
        """Keep a changed one that this transaction has locked."""
        self._connection.execute(
            DRAW_LIST.update().where(_COLUMNS.draw_list == draw_list.draw_list).values(row_of(draw_list))
        )

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[DrawList]:
        """Give up to `size`, newest first."""
        statement = sa.select(DRAW_LIST).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_COLUMNS.draw_list < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.draw_list.desc()).limit(size)).mappings()
        return [draw_list_of(row) for row in rows]

    def add_lines(self, lines: Sequence[Line]) -> None:
        """Keep new lines."""
        if lines:
            self._connection.execute(DRAW_LINE.insert(), [line_row_of(line) for line in lines])

    def save_lines(self, lines: Sequence[Line]) -> None:
        """Keep changed lines."""
        rows = [
            {
                "of_list": line.draw_list,
                "of_number": line.number,
                "new_state": line.state,
                "new_hold_reason": line.hold_reason,
                "new_return_date": day_text(line.return_date),
                "new_return_reason": line.return_reason,
            }
            for line in lines
        ]
        if rows:
            self._connection.execute(_CHANGE_LINE, rows)

    def keep_accounts(self, draw_list: str, first: int, last: int) -> None:
        """Keep with the released ones of some lines the account that their entitlement is paid to now."""
        account = (
            sa.select(ENTITLEMENT.c.sealed_account)
            .where(ENTITLEMENT.c.entitlement == _LINE.entitlement)
            .scalar_subquery()
        )
        self._connection.execute(
            DRAW_LINE.update()
            .where(
                _LINE.draw_list == draw_list,
                _LINE.number.between(first, last),
                _LINE.state == LineState.RELEASED,
            )
            .values(sealed_account=account)
        )

    def ready_after(self, draw_list: str, number: int, size: int) -> Sequence[Line]:
        """Give up to `size` lines that wait for their release, by number."""
        return [line_of(row) for row in self._lines(draw_list, size, number, _LINE.state == LineState.READY)]

    def numbered(self, draw_list: str, numbers: Collection[int]) -> Mapping[int, Line]:
        """Give the lines with some numbers."""
        rows = self._lines(draw_list, len(numbers), -1, _LINE.number.in_(sorted(numbers)))
        return {row["number"]: line_of(row) for row in rows}

    def awaited(self, references: Collection[str]) -> Set[str]:
        """Give those numbers of payments that a bank was ordered to make and has not answered for."""
        lists = {reference.rpartition("-")[0] for reference in references}
        rows = rows_in(self._connection, DRAW_LINE, "draw_list", lists, *_numbered(references))
        return {line.draw_reference for line in map(line_of, rows)} & set(references)

    def lines(self, draw_list: str, wanted: Filter, size: int, after: int) -> Sequence[Line]:
        """Give up to `size` lines by number."""
        return [
            line_of(row)
            for row in self._lines(draw_list, size, after, condition(self._names.meant(wanted), _LINE_FIELDS))
        ]

    def orders(self, draw_list: str, size: int, after: int) -> Sequence[tuple[Line, str]]:
        """Give up to `size` lines that were released, by number, each with its account in clear."""
        rows = self._lines(draw_list, size, after, _LINE.state.in_(_ORDERED))
        return [
            (line_of(row), self._vault.open(row["sealed_account"], f"entitlements/{row['entitlement']}"))
            for row in rows
        ]

    def _first(self, *conditions: sa.ColumnElement[bool]) -> DrawList | None:
        statement = sa.select(DRAW_LIST).where(*conditions).order_by(_COLUMNS.draw_list).limit(1)
        row = self._connection.execute(statement).mappings().one_or_none()
        return draw_list_of(row) if row is not None else None

    def _lines(self, draw_list: str, size: int, after: int, wanted: sa.ColumnElement[bool]) -> Sequence[sa.RowMapping]:
        statement = (
            sa.select(DRAW_LINE)
            .where(_LINE.draw_list == draw_list, _LINE.number > after, wanted)
            .order_by(_LINE.number)
            .limit(size)
        )
        return self._connection.execute(statement).mappings().all()


def _place(row: sa.RowMapping) -> str:
    return f"entitlements/{row['entitlement']}"


def _numbered(references: Collection[str]) -> tuple[sa.ColumnElement[bool], ...]:
    numbers = {int(number) for _, _, number in (one.rpartition("-") for one in references) if _is_number(number)}
    return _LINE.number.in_(sorted(numbers)), _LINE.state == LineState.RELEASED


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < _DIGITS
