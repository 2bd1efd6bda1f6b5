"""How far everybody's birth was compared with the vault."""

import sqlalchemy as sa

from services.eligibility.store.tables.certification import BIRTH_LOOK


class BirthLookTable:
    """One row while it goes on, none when it is done."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def after(self) -> str | None:
        """Give the last person compared, empty before the first; None when all were."""
        cursor: str | None = self._connection.execute(sa.select(BIRTH_LOOK.c.cursor)).scalar_one_or_none()
        return cursor

    def go_on(self, after: str, last: str | None) -> bool:
        """Note that it went on from one person to another, or to the end; False when somebody else did."""
        here = BIRTH_LOOK.c.cursor == after
        gone = BIRTH_LOOK.delete().where(here)
        step = BIRTH_LOOK.update().where(here).values(cursor=last) if last is not None else gone
        return self._connection.execute(step.where(BIRTH_LOOK.c.cursor == after)).rowcount == 1
