"""Electronic cards and the tokens that were used up."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.card.ecard import LIST_SIZE, ECard, ECardLevel, ECardStatus, ListPlace
from services.card.scatter import scatter
from services.card.store import sequences
from services.card.store.ecard_tables import ECARD, STATUS_LIST, USED_TOKEN
from services.card.store.family import FamilyTable
from services.card.store.status_lists import StatusListTable
from services.card.store.tables import CARD
from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.database import insert_ignore
from services.common.errors import Conflict
from services.common.lookup import Lookup
from services.common.sets import among, among_bound, bound_keys
from services.common.statement import Statement

_COLUMNS = ECARD.c
_SEQUENCE = "status_list_place"
_FIRST_VERSION = 1


_OF_CARDS_AND_PEOPLE: Statement[Sequence[Any]] = Statement(
    lambda dialect: (
        sa.select(ECARD)
        .where(
            _COLUMNS.ecard.in_(  # two look-ups by index, of which one may be in both
                sa.union(
                    sa.select(_COLUMNS.ecard).where(among_bound(dialect, _COLUMNS.card, "cards")),
                    sa.select(_COLUMNS.ecard).where(among_bound(dialect, _COLUMNS.person, "people")),
                )
            )
        )
        .order_by(_COLUMNS.ecard)
        .with_for_update()
    ),
    "cards",
    "people",
)


def _ask_following(connection: sa.Connection, keys: Collection[str]) -> Mapping[str, Sequence[ECard]]:
    found: dict[str, list[ECard]] = {}
    bound = bound_keys(connection, keys)
    for row in _OF_CARDS_AND_PEOPLE.rows(connection, bound, bound):
        ecard = _ecard(dict(zip(_COLUMNS.keys(), row, strict=True)))
        for key in (ecard.card, ecard.person):
            found.setdefault(key, []).append(ecard)
    return found


_FOLLOWING: Lookup[str, Sequence[ECard]] = Lookup(_ask_following)
"""Electronic cards by their physical cards and by their holders, locked for a change; no id is of both kinds."""


class ECardTable(StatusListTable, FamilyTable):
    """Electronic cards by id and holder."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        super().__init__(connection)
        self._vault = vault

    def get(self, ecard: str) -> ECard | None:
        """Give one electronic card."""
        return self._one(sa.select(ECARD).where(_COLUMNS.ecard == ecard))

    def locked(self, ecard: str) -> ECard | None:
        """Give one electronic card, locked for a change."""
        return self._one(sa.select(ECARD).where(_COLUMNS.ecard == ecard).with_for_update())

    def find(self, person: str) -> ECard | None:
        """Give a person's electronic card."""
        return self._one(sa.select(ECARD).where(_COLUMNS.person == person))

    def following(self, cards: Collection[str], people: Collection[str]) -> Sequence[ECard]:
        """Give the electronic cards of some physical cards and of some people, locked for a change."""
        keys = {*cards, *people}
        found = _FOLLOWING.of(self._connection, keys)  # who was waited for may have given some to others
        ecards = {ecard.ecard: ecard for key in keys for ecard in found.get(key, ())}
        return [ecards[name] for name in sorted(ecards)]

    def foresee_following(self, cards: Collection[str], people: Collection[str]) -> None:
        """Look up and lock at once what `following` will be asked for, of each of them."""
        _FOLLOWING.foresee(self._connection, {*cards, *people})

    def hold_cards(self, cards: Collection[str]) -> None:
        """Keep others from changing some physical cards until this transaction ends."""
        held = sa.select(CARD.c.card).where(among(self._connection, CARD.c.card, cards))
        self._connection.execute(held.order_by(CARD.c.card).with_for_update(read=True)).all()

    def take_places(self, count: int) -> Sequence[ListPlace]:
        """Take so many places in status lists; neighbours in time are no neighbours in the list."""
        first, key = sequences.take(self._connection, _SEQUENCE, count), self._vault.index("key", "status list place")
        turns = (divmod(number, LIST_SIZE) for number in range(first, first + count))
        return [ListPlace(turn + 1, scatter(place, LIST_SIZE, key, str(turn + 1))) for turn, place in turns]

    def add(self, ecards: Sequence[ECard], origin: str = "") -> None:
        """Keep new electronic cards; raises Conflict when one of the holders has just got one.

        `origin` is the record of the operation that brought them.
        """
        if not ecards:
            return
        numbers = {ecard.place.number for ecard in ecards}
        lists: list[dict[str, object]] = [
            {"number": number, "version": _FIRST_VERSION, "floor": _FIRST_VERSION} for number in numbers
        ]
        insert_ignore(self._connection, STATUS_LIST, lists)
        try:
            rest: dict[str, object] = {"sealed_phone": b"", "origin": origin or None}
            self._connection.execute(ECARD.insert(), [_row(ecard) | rest for ecard in ecards])
        except sa.exc.IntegrityError as error:
            raise Conflict(
                "CONCURRENT_CHANGE", "A holder got an electronic card in the same moment; repeat."
            ) from error

    def save(self, ecards: Sequence[ECard], phone: str = "") -> None:
        """Keep changed electronic cards that this transaction has locked, and the reserved phone of a single one."""
        if not ecards:
            return
        sealed = {"sealed_phone": self._vault.seal(phone, f"ecards/{ecards[0].ecard}")} if phone else {}
        rows = [_row(ecard) | sealed | {"of_ecard": ecard.ecard} for ecard in ecards]
        changed: dict[str, sa.BindParameter[object]] = {name: sa.bindparam(name) for name in rows[0]}
        del changed["of_ecard"]
        self._connection.execute(ECARD.update().where(_COLUMNS.ecard == sa.bindparam("of_ecard")).values(changed), rows)

    def use_token(self, token_id: bytes, expire_time: datetime) -> bool:
        """Record that a token was used; false when it had been before."""
        if self.is_used(token_id):
            return False
        try:
            with self._connection.begin_nested():
                self._connection.execute(USED_TOKEN.insert().values(token_id=token_id, expire_time=expire_time))
        except sa.exc.IntegrityError:  # another process was first
            return False
        return True

    def is_used(self, token_id: bytes) -> bool:
        """Tell whether a token was used up."""
        known = sa.select(USED_TOKEN.c.token_id).where(USED_TOKEN.c.token_id == token_id)
        return self._connection.execute(known).first() is not None

    def forget_tokens(self, before: datetime) -> None:
        """Delete used tokens that had expired by then."""
        self._connection.execute(USED_TOKEN.delete().where(USED_TOKEN.c.expire_time < before))

    def _one(self, statement: sa.Select[tuple[object, ...]]) -> ECard | None:
        row = self._connection.execute(statement).mappings().one_or_none()
        return _ecard(row) if row is not None else None


def _row(ecard: ECard) -> dict[str, object]:
    return {
        "ecard": ecard.ecard,
        "person": ecard.person,
        "card": ecard.card,
        "list_number": ecard.place.number,
        "list_index": ecard.place.index,
        "level": ecard.level,
        "status": ecard.status,
        "masked_phone": ecard.masked_phone,
        "authorize_time": ecard.authorize_time,
        "authorize_proof": ecard.authorize_proof,
        "create_time": ecard.create_time,
        "update_time": ecard.update_time,
        "version": ecard.version,
    }


def _ecard(row: Mapping[str, Any] | sa.RowMapping) -> ECard:
    authorized = row["authorize_time"]
    return ECard(
        ecard=row["ecard"],
        person=row["person"],
        card=row["card"],
        place=ListPlace(row["list_number"], row["list_index"]),
        level=ECardLevel(row["level"]),
        status=ECardStatus(row["status"]),
        masked_phone=row["masked_phone"],
        authorize_time=in_utc(authorized) if authorized else None,
        authorize_proof=row["authorize_proof"],
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        version=row["version"],
    )
