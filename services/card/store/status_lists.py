"""Status lists: what changed, in versions."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from services.card.ecard import ECard, ECardStatus
from services.card.service.ecard_store import ListChanges, ListState
from services.card.store.ecard_tables import ECARD, STATUS_CHANGE, STATUS_LIST

_CHANGE = STATUS_CHANGE.c


class StatusListTable:
    """Lists by number."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def record_changes(self, ecards: Sequence[ECard], now: datetime) -> None:
        """Keep that some electronic cards became good or stopped to be, for the next version of their lists."""
        if ecards:
            rows = [
                {
                    "list_number": ecard.place.number,
                    "list_index": ecard.place.index,
                    "is_revoked": not ecard.is_usable,
                    "version": None,
                    "change_time": now,
                }
                for ecard in ecards
            ]
            self._connection.execute(STATUS_CHANGE.insert(), rows)

    def list_state(self, number: int) -> ListState | None:
        """Tell how far a list has come; None when there is no such list."""
        unpublished = sa.exists().where(_CHANGE.list_number == number, _CHANGE.version.is_(None))
        statement = sa.select(STATUS_LIST.c.version, STATUS_LIST.c.floor, unpublished).where(
            STATUS_LIST.c.number == number
        )
        row = self._connection.execute(statement).one_or_none()
        return ListState(row[0], row[1], bool(row[2])) if row is not None else None

    def publish(self, number: int) -> None:
        """Make what changed since the list's version its next version.

        The list is locked first: what another process publishes meanwhile is then seen as published.
        """
        counted = STATUS_LIST.update().where(STATUS_LIST.c.number == number)
        self._connection.execute(counted.values(version=STATUS_LIST.c.version + 1))
        version = sa.select(STATUS_LIST.c.version).where(STATUS_LIST.c.number == number).scalar_subquery()
        waiting = STATUS_CHANGE.update().where(_CHANGE.list_number == number, _CHANGE.version.is_(None))
        self._connection.execute(waiting.values(version=version))

    def changes(self, number: int, since: int, until: int) -> ListChanges:
        """Give what changed after one version up to another; of several changes of a place the last one."""
        statement = (
            sa.select(_CHANGE.list_index, _CHANGE.is_revoked)
            .where(_CHANGE.list_number == number, _CHANGE.version > since, _CHANGE.version <= until)
            .order_by(_CHANGE.pos)
        )
        last = {row.list_index: row.is_revoked for row in self._connection.execute(statement)}
        return ListChanges(
            sorted(index for index, revoked in last.items() if revoked),
            sorted(index for index, revoked in last.items() if not revoked),
        )

    def revoked(self, number: int) -> Sequence[int]:
        """Give every index of a list whose card is not good."""
        usable: sa.ColumnElement[str] = sa.literal_column(f"'{ECardStatus.USABLE}'")  # as the partial index has it
        statement = sa.select(ECARD.c.list_index).where(ECARD.c.list_number == number, ECARD.c.status != usable)
        return self._connection.execute(statement).scalars().all()

    def forget_changes(self, before: datetime) -> None:
        """Delete published changes that are older, and raise the lists' floors."""
        old = sa.select(sa.func.max(_CHANGE.version)).where(
            _CHANGE.list_number == STATUS_LIST.c.number, _CHANGE.change_time < before
        )
        floor = sa.func.coalesce(old.scalar_subquery(), STATUS_LIST.c.floor)
        self._connection.execute(STATUS_LIST.update().values(floor=floor))
        kept = sa.select(STATUS_LIST.c.floor).where(STATUS_LIST.c.number == _CHANGE.list_number).scalar_subquery()
        self._connection.execute(STATUS_CHANGE.delete().where(_CHANGE.version <= kept))
