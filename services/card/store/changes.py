"""The log of the cards' changes, in the order of their commits, whoever made them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from services.card.change import CardChange
from services.card.domain import Card
from services.card.store import sequences
from services.card.store.card_rows import from_row
from services.card.store.tables import CARD, CARD_CHANGE, SEQUENCE
from services.common.cloud_event import in_utc
from services.common.last_work import at_the_end
from services.common.statement import Statement, TableInsert

_SEQUENCE = "card_change"
_POSITION = CARD_CHANGE.c.position
_ADD = TableInsert(CARD_CHANGE, "position", "card", "former", "change_time")
_BOUNDS: Statement[tuple[int, int | None]] = Statement(
    # In one statement, thus of one moment: the end cannot lie before the first.
    lambda _: sa.select(SEQUENCE.c.next_number, sa.select(sa.func.min(_POSITION)).scalar_subquery()).where(
        SEQUENCE.c.name == sa.literal_column(f"'{_SEQUENCE}'")
    )
)


class ChangeTable:
    """Changes by position: every position up to the end has its row, except those that are not kept any more."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def note(self, cards: Sequence[Card], former: Mapping[str, Card]) -> None:
        """Keep that cards changed; `former` has those that are not new as they were before."""
        at_the_end(
            self._connection,
            _append,
            [
                (
                    card.card,
                    json.dumps(dict(former[card.card].searched)) if card.card in former else "",
                    card.update_time,
                )
                for card in cards
            ],
        )

    def bounds(self) -> tuple[int, int]:
        """Give the first position that is kept and the position after the last."""
        ((end, kept),) = _BOUNDS.rows(self._connection)
        return (end if kept is None else kept), end

    def after(self, start: int, size: int) -> Sequence[CardChange]:
        """Give up to `size` changes from a position on, with the cards as they are now."""
        columns = (_POSITION, CARD_CHANGE.c.former, CARD_CHANGE.c.change_time)
        statement = (
            sa.select(*columns, CARD)
            .join(CARD, CARD.c.card == CARD_CHANGE.c.card)
            .where(start <= _POSITION)
            .order_by(_POSITION)
            .limit(size)
        )
        return [
            CardChange(
                position=row["position"],
                card=from_row(row),
                former=json.loads(row["former"]) if row["former"] else None,
                change_time=in_utc(row["change_time"]),
            )
            for row in self._connection.execute(statement).mappings()
        ]

    def forget(self, before: datetime, size: int) -> int:
        """Delete changes older than a moment, up to `size` of them, oldest first; give how many."""
        oldest = sa.select(_POSITION, CARD_CHANGE.c.change_time).order_by(_POSITION).limit(size)
        old = 0
        for position, when in self._connection.execute(oldest).all():
            if in_utc(when) >= before:
                break
            old, last = old + 1, position
        if old:
            self._connection.execute(CARD_CHANGE.delete().where(last >= _POSITION))
        return old


def _append(connection: sa.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Give changes their positions, under the head's lock until the commit: so their order is that of the commits."""
    first = sequences.take(connection, _SEQUENCE, len(rows))
    _ADD.many(connection, [(place, *row) for place, row in enumerate(rows, first)])
