"""Entitlements, their accounts sealed."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.database import chunks
from services.common.errors import Conflict
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.sets import among
from services.common.turns import take_turn
from services.eligibility.domain import (
    Account,
    Amount,
    BeforeLoss,
    EntitlementGrant,
    EntitlementState,
    Scheme,
    Suspension,
)
from services.eligibility.draw_line import Order
from services.eligibility.entitlement import Entitlement
from services.eligibility.store.account import account_of
from services.eligibility.store.names import NameTable, of_each
from services.eligibility.store.rows import GRANTING, locked_in, rows_in
from services.eligibility.store.tables.certification import CERTIFICATION, UNUSUAL
from services.eligibility.store.tables.entitlement import ENTITLEMENT

_COLUMNS = ENTITLEMENT.c
_FIELDS = {name: _COLUMNS[name] for name in ("person", "reference", "scheme", "state", "pooling_region", "benefit")}
_CHANGING = (
    "state",
    "suspensions",
    "end_month",
    "amounts",
    "monthly_amount_fen",
    "account_key",
    "masked_account",
    "stop_reason",
    "before_loss",
    "settled_to",
    "once_slot",
    "update_time",
    "version",
)
_AS_THEY_ARE = (
    *("entitlement", "reference", "person", "benefit", "scheme", "pooling_region", "start_month", "end_month", "state"),
    *("stop_reason", "settled_to", "settled_by", "create_time", "update_time", "version", "once"),
)
_OPEN_ONCE = sa.and_(_COLUMNS.once_slot.is_not(None), _COLUMNS.settled_to.is_(None))
_AT_ONCE = 10_000
_SETTLE = (
    ENTITLEMENT.update()
    .where(_COLUMNS.entitlement == sa.bindparam("of"))
    .values(settled_to=sa.bindparam("to"), settled_by=sa.bindparam("by"))
)


class EntitlementTable:
    """Entitlements by id, reference and person."""

    def __init__(self, connection: sa.Connection, vault: Vault, names: NameTable) -> None:
        self._connection = connection
        self._names = names
        self._vault = vault

    def take_turn(self) -> None:
        """Let nobody else grant until the transaction ends; what is read from now on is all there is."""
        take_turn(self._connection, GRANTING)

    def account_of(self, number: str) -> Account:
        """Give the key and the masked form of an account."""
        return account_of(self._vault, number)

    def seal_account(self, entitlement: str, number: str) -> None:
        """Keep the number of the account that an entitlement is paid to now."""
        sealed = self._vault.seal(number, f"entitlements/{entitlement}")
        self._connection.execute(
            ENTITLEMENT.update().where(_COLUMNS.entitlement == entitlement).values(sealed_account=sealed)
        )

    def by_reference(self, references: Collection[str]) -> Mapping[str, Entitlement]:
        """Give those with these references."""
        rows = rows_in(self._connection, ENTITLEMENT, "reference", references)
        return {row["reference"]: _entitlement(row) for row in rows}

    def versions(self, references: Collection[str]) -> Mapping[str, int]:
        """Give the version of each of those with these references."""
        rows = rows_in(self._connection, ENTITLEMENT, "reference", references)
        return {row["reference"]: row["version"] for row in rows}

    def of_people(self, people: Collection[str]) -> Mapping[str, Sequence[Entitlement]]:
        """Give all of some people, under whichever name they were granted."""
        identities = self._names.identities(people)
        found: dict[str, list[Entitlement]] = {}
        for row in rows_in(self._connection, ENTITLEMENT, "person", identities.names):
            found.setdefault(row["person"], []).append(_entitlement(row))
        return of_each(people, identities, found)

    def of_keys(self, keys: Collection[str]) -> Sequence[Entitlement]:
        """Give what was granted of what may be paid once only."""
        return [_entitlement(row) for row in rows_in(self._connection, ENTITLEMENT, "once_slot", keys)]

    def some(self, entitlements: Collection[str]) -> Sequence[Entitlement]:
        """Give some, in the order of their ids."""
        return [_entitlement(row) for row in locked_in(self._connection, ENTITLEMENT, "entitlement", entitlements)]

    def payable_after(self, order: Order, opening_month: int, after: str, size: int) -> Sequence[tuple[str, str]]:
        """Give up to `size` ids, each with its person, of those that a list may owe something, by id."""
        statement = (
            sa.select(_COLUMNS.entitlement, _COLUMNS.person)
            .where(
                _COLUMNS.scheme == order.scheme,
                _COLUMNS.pooling_region == order.pooling_region,
                _COLUMNS.entitlement > after,
                _COLUMNS.start_month <= order.benefit_month,
                sa.or_(_COLUMNS.end_month.is_(None), _COLUMNS.end_month >= opening_month, _OPEN_ONCE),
            )
            .order_by(_COLUMNS.entitlement)
            .limit(size)
        )
        return [(entitlement, person) for entitlement, person in self._connection.execute(statement)]

    def add(self, granted: Sequence[tuple[Entitlement, EntitlementGrant]]) -> None:
        """Put new ones on record, the account sealed."""
        if not granted:
            return
        rows = []
        for entitlement, grant in granted:
            sealed = self._vault.seal(grant.account_number, f"entitlements/{entitlement.entitlement}")
            rows.append(_row(entitlement) | {"sealed_account": sealed})
        try:
            self._connection.execute(ENTITLEMENT.insert(), rows)
        except sa.exc.IntegrityError as error:
            raise Conflict("CONCURRENT_CHANGE", "The same was granted in the same moment; repeat.") from error

    def person_of(self, entitlement: str) -> str | None:
        """Give the person of one."""
        statement = sa.select(_COLUMNS.person).where(_COLUMNS.entitlement == entitlement)
        found: str | None = self._connection.execute(statement).scalar_one_or_none()
        return found

    def get(self, entitlement: str) -> Entitlement | None:
        """Give one, locked for a change."""
        found = [_entitlement(row) for row in locked_in(self._connection, ENTITLEMENT, "entitlement", [entitlement])]
        return found[0] if found else None

    def save(self, entitlement: Entitlement) -> None:
        """Keep a changed one; raises Conflict when somebody else changed it meanwhile."""
        row = _row(entitlement)
        changed = {name: row[name] for name in _CHANGING}
        if entitlement.settled_to is not None:
            # Whoever has reopened months since it was read stays right.
            changed["settled_to"] = sa.case(
                (_COLUMNS.settled_to < entitlement.settled_to, _COLUMNS.settled_to),
                (_COLUMNS.settled_to.is_not(None), entitlement.settled_to),
            )
        saved = self._connection.execute(
            ENTITLEMENT.update()
            .where(_COLUMNS.entitlement == entitlement.entitlement, _COLUMNS.version == entitlement.version - 1)
            .values(changed)
        )
        if saved.rowcount != 1:
            raise Conflict("CONCURRENT_CHANGE", "The entitlement was changed in the same moment; read it again.")

    def settle(self, entitlements: Sequence[Entitlement]) -> None:
        """Keep how far the months of some are settled, which this transaction has locked."""
        if entitlements:
            rows = [{"of": one.entitlement, "to": one.settled_to, "by": one.settled_by} for one in entitlements]
            self._connection.execute(_SETTLE, rows)

    def reopen(self, *, people: Collection[str] = (), references: Collection[str] = ()) -> None:
        """Have draw lists look at all months again of people's entitlements, or of some."""
        for column, names in ((_COLUMNS.person, people), (_COLUMNS.reference, references)):
            for some in chunks(sorted(names), _AT_ONCE):
                chosen = (
                    sa.select(_COLUMNS.entitlement)
                    .where(among(self._connection, column, some), _COLUMNS.settled_to.is_not(None))
                    .order_by(_COLUMNS.entitlement)  # as lists lock them: two transactions do not wait for each other
                    .with_for_update()
                )
                changed = ENTITLEMENT.update().where(_COLUMNS.entitlement.in_(chosen)).values(settled_to=None)
                self._connection.execute(changed)

    def follow(self, entitlements: Sequence[Entitlement]) -> None:
        """Keep what follows from certifications, which are locked; raises Conflict as `save` does."""
        for entitlement in entitlements:
            self.save(entitlement)

    def page(self, wanted: Filter, size: int, before: str | None, *, unusual: bool = False) -> Sequence[Entitlement]:
        """Give up to `size`, newest first; `unusual`: those alone of which a month may not be paid as usual."""
        statement = sa.select(ENTITLEMENT).where(condition(self._names.meant(wanted), _FIELDS))
        if unusual:
            people = sa.select(CERTIFICATION.c.person).where(UNUSUAL)
            statement = statement.where(
                sa.or_(_COLUMNS.state == EntitlementState.SUSPENDED, _COLUMNS.person.in_(people))
            )
        if before is not None:
            statement = statement.where(_COLUMNS.entitlement < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.entitlement.desc()).limit(size)).mappings()
        return [_entitlement(row) for row in rows]


def _row(entitlement: Entitlement) -> dict[str, object]:
    return {
        **{name: getattr(entitlement, name) for name in _AS_THEY_ARE},
        "monthly_amount_fen": entitlement.monthly_amount_fen,
        "amounts": json.dumps([astuple(amount) for amount in entitlement.amounts], ensure_ascii=False),
        "account_key": entitlement.account.key,
        "masked_account": entitlement.account.masked,
        "suspensions": json.dumps([astuple(pause) for pause in entitlement.suspensions], ensure_ascii=False),
        "before_loss": json.dumps(astuple(entitlement.before_loss), ensure_ascii=False)
        if entitlement.before_loss is not None
        else "",
        "once_slot": entitlement.once if entitlement.once and not entitlement.never_was else None,
    }


def _entitlement(row: sa.RowMapping) -> Entitlement:
    return Entitlement(
        entitlement=row["entitlement"],
        reference=row["reference"],
        person=row["person"],
        benefit=row["benefit"],
        scheme=Scheme(row["scheme"]),
        pooling_region=row["pooling_region"],
        start_month=row["start_month"],
        end_month=row["end_month"],
        amounts=tuple(Amount(*amount) for amount in json.loads(row["amounts"])),
        account=Account(row["account_key"], row["masked_account"]),
        state=EntitlementState(row["state"]),
        suspensions=tuple(Suspension(*pause) for pause in json.loads(row["suspensions"])),
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        stop_reason=row["stop_reason"],
        before_loss=_before_loss(row["before_loss"]),
        settled_to=row["settled_to"],
        settled_by=row["settled_by"],
        version=row["version"],
        once=row["once"],
    )


def _before_loss(text: str) -> BeforeLoss | None:
    if not text:
        return None
    state, end_month, reason = json.loads(text)
    return BeforeLoss(EntitlementState(state), end_month, reason)
