"""One-card applications, and what is open on which card."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.card.application import TOKEN_BITS, ApplicationDomain, ApplicationNeed, OneCardApplication
from services.card.store.tables import METADATA
from services.common.database import insert_ignore
from services.common.errors import Conflict


class _Base(SQLModel):
    metadata = METADATA


class ApplicationRecord(_Base, table=True):
    """An application of the catalogue; days are ISO 8601 texts."""

    __tablename__ = "one_card_application"
    __table_args__ = (sa.Index("one_card_application_token_bit", "token_bit", unique=True),)

    code: str = Field(primary_key=True)
    domain: str
    owner: str
    need: str
    enabled_from: str
    enabled_to: str | None
    token_bit: int | None
    version: int


class CardApplicationRecord(_Base, table=True):
    """That an application is open on a card."""

    __tablename__ = "card_application"

    card: str = Field(primary_key=True, foreign_key="card.card")
    application: str = Field(primary_key=True, foreign_key="one_card_application.code")


_APPLICATION: sa.Table = ApplicationRecord.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
_OPEN: sa.Table = CardApplicationRecord.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass


class ApplicationTable:
    """Applications by code."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, code: str) -> OneCardApplication | None:
        """Give an application."""
        return self._one(sa.select(_APPLICATION).where(_APPLICATION.c.code == code))

    def locked(self, code: str) -> OneCardApplication | None:
        """Give an application, locked for a change."""
        return self._one(sa.select(_APPLICATION).where(_APPLICATION.c.code == code).with_for_update())

    def add(self, application: OneCardApplication) -> bool:
        """Keep a new application; false when its code is taken."""
        if self.get(application.code) is not None:
            return False
        try:
            with self._connection.begin_nested():
                self._connection.execute(_APPLICATION.insert().values(_row(application)))
        except sa.exc.IntegrityError as error:  # another process was first
            if self.get(application.code) is not None:
                return False
            raise _bit_taken() from error
        return True

    def save(self, application: OneCardApplication) -> None:
        """Keep a changed application that this transaction has locked."""
        changed = _APPLICATION.update().where(_APPLICATION.c.code == application.code).values(_row(application))
        try:
            with self._connection.begin_nested():
                self._connection.execute(changed)
        except sa.exc.IntegrityError as error:
            raise _bit_taken() from error

    def free_bit(self) -> int | None:
        """Give the next bit of codes that no application ever had; None when all are taken."""
        last = self._connection.execute(sa.select(sa.func.max(_APPLICATION.c.token_bit))).scalar_one()
        following = 0 if last is None else int(last) + 1
        return following if following < TOKEN_BITS else None

    def page(self, size: int, after: str) -> Sequence[OneCardApplication]:
        """Give up to `size` applications in the order of codes, from the one after `after`."""
        wanted = sa.select(_APPLICATION).where(_APPLICATION.c.code > after).order_by(_APPLICATION.c.code).limit(size)
        return [_application(row) for row in self._connection.execute(wanted).mappings()]

    def is_open(self, card: str, code: str) -> bool:
        """Tell whether an application is open on a card."""
        wanted = sa.select(_OPEN.c.card).where(_OPEN.c.card == card, _OPEN.c.application == code)
        return self._connection.execute(wanted).first() is not None

    def open_on(self, card: str, size: int, after: str = "") -> Sequence[OneCardApplication]:
        """Give up to `size` applications that are open on a card, in the order of codes, from the one after `after`."""
        wanted = (
            sa.select(_APPLICATION)
            .join(_OPEN, _OPEN.c.application == _APPLICATION.c.code)
            .where(_OPEN.c.card == card, _OPEN.c.application > after)
            .order_by(_OPEN.c.application)
            .limit(size)
        )
        return [_application(row) for row in self._connection.execute(wanted).mappings()]

    def open(self, card: str, code: str) -> bool:
        """Open it; false when it was open."""
        if self.is_open(card, code):
            return False
        insert_ignore(self._connection, _OPEN, [{"card": card, "application": code}])
        return True

    def close(self, card: str, code: str) -> bool:
        """Close it; false when it was not open."""
        unwanted = _OPEN.delete().where(_OPEN.c.card == card, _OPEN.c.application == code)
        return self._connection.execute(unwanted).rowcount == 1

    def _one(self, wanted: "sa.Select[tuple[object, ...]]") -> OneCardApplication | None:
        row = self._connection.execute(wanted).mappings().one_or_none()
        return _application(row) if row is not None else None


def _bit_taken() -> Conflict:
    return Conflict("CONCURRENT_CHANGE", "Another application was added in the same moment; repeat.")


def _row(application: OneCardApplication) -> dict[str, object]:
    end = application.enabled_to
    return {
        "code": application.code,
        "domain": application.domain,
        "owner": application.owner,
        "need": application.need,
        "enabled_from": application.enabled_from.isoformat(),
        "enabled_to": end.isoformat() if end else None,
        "token_bit": application.token_bit,
        "version": application.version,
    }


def _application(row: sa.RowMapping) -> OneCardApplication:
    end = row["enabled_to"]
    return OneCardApplication(
        code=row["code"],
        domain=ApplicationDomain(row["domain"]),
        owner=row["owner"],
        need=ApplicationNeed(row["need"]),
        enabled_from=date.fromisoformat(row["enabled_from"]),
        enabled_to=date.fromisoformat(end) if end else None,
        token_bit=row["token_bit"],
        version=row["version"],
    )
