"""Draws."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import date

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.database import chunks
from services.common.errors import Conflict
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.sets import among
from services.eligibility.domain import OWN, Account, Scheme
from services.eligibility.draw import Draw, DrawKind, DrawReport
from services.eligibility.offer import PaidElsewhere
from services.eligibility.store.account import account_of
from services.eligibility.store.names import NameTable, of_each
from services.eligibility.store.rows import by_first, day_or_none, day_text, locked_in, rows_in
from services.eligibility.store.tables.draw import DRAW

_COLUMNS = DRAW.c
_FIELDS = {
    name: _COLUMNS[name]
    for name in ("person", "entitlement_reference", "origin", "scheme", "benefit_month", "pay_date", "kind")
}
_AT_ONCE = 10_000
_AT_ONCE_SLOT = "once/%"
"""Slots of what was paid at once beside a monthly benefit."""
_REVERSE = (
    DRAW.update()
    .where(_COLUMNS.draw == sa.bindparam("reversed_draw"))
    .values(
        reverse_date=sa.bindparam("new_reverse_date"), reverse_reason=sa.bindparam("new_reverse_reason"), slot=sa.null()
    )
)


class DrawTable:
    """Draws by id, and by origin and reference."""

    def __init__(self, connection: sa.Connection, vault: Vault, names: NameTable) -> None:
        self._connection = connection
        self._names = names
        self._vault = vault

    def account_of(self, number: str) -> Account:
        """Give the key and the masked form of an account; both empty for an unknown one."""
        return account_of(self._vault, number)

    def find(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Draw]:
        """Give those that are on record, locked for a change."""
        found = {}
        for origin, references in by_first(keys).items():
            for row in locked_in(self._connection, DRAW, "reference", references, _COLUMNS.origin == origin):
                found[(origin, row["reference"])] = _draw(row)
        return found

    def in_slots(self, slots: Collection[str]) -> Mapping[str, str]:
        """Give the ids of the standing draws of ours that take these slots."""
        return {row["slot"]: row["draw"] for row in rows_in(self._connection, DRAW, "slot", slots)}

    def standing(self, people: Collection[str]) -> Mapping[str, Sequence[Draw]]:
        """Give our monthly draws of some people that were not reversed."""
        monthly = (_COLUMNS.slot.is_not(None), _COLUMNS.kind != DrawKind.LUMP_SUM)
        found: dict[str, list[Draw]] = {}
        for row in rows_in(self._connection, DRAW, "person", people, *monthly):
            found.setdefault(row["person"], []).append(_draw(row))
        return found

    def last_paid(self, people: Collection[str]) -> Mapping[str, date]:
        """Give the last day on which we paid each of some people what was not reversed, under whichever name."""
        identities = self._names.identities(people)
        last: dict[str, date] = {}
        for some in chunks(sorted(identities.names), _AT_ONCE):
            paid = sa.select(_COLUMNS.person, sa.func.max(_COLUMNS.pay_date)).where(_COLUMNS.slot.is_not(None))
            for name, day in self._connection.execute(
                paid.where(among(self._connection, _COLUMNS.person, some)).group_by(_COLUMNS.person)
            ):
                whose = identities.person(name)
                last[whose] = max(last.get(whose, date.min), date.fromisoformat(day))
        return {person: last[whose] for person in people if (whose := identities.person(person)) in last}

    def paid_at_once(self, people: Collection[str]) -> Set[str]:
        """Give those of some people who were paid something at once beside a monthly benefit, under whichever name."""
        identities = self._names.identities(people)
        rows = rows_in(self._connection, DRAW, "person", identities.names, _COLUMNS.slot.like(_AT_ONCE_SLOT))
        paid = {identities.person(row["person"]) for row in rows}
        return {person for person in people if identities.person(person) in paid}

    def outside(self, people: Collection[str], from_month: int) -> Mapping[str, Collection[PaidElsewhere]]:
        """Give what other payers paid some people for months since one, under whichever name; a lump pays no month."""
        identities = self._names.identities(people)
        theirs = (
            _COLUMNS.origin != OWN,
            _COLUMNS.reverse_date == "",
            _COLUMNS.kind != DrawKind.LUMP_SUM,
            _COLUMNS.benefit_month >= from_month,
        )
        found: dict[str, list[PaidElsewhere]] = {}
        for row in rows_in(self._connection, DRAW, "person", identities.names, *theirs):
            found.setdefault(row["person"], []).append(PaidElsewhere(row["person"], Scheme(row["scheme"])))
        return {person: frozenset(paid) for person, paid in of_each(people, identities, found).items()}

    def add(self, draws: Sequence[Draw]) -> None:
        """Put new ones on record; raises Conflict when somebody else took a slot or key in the same moment."""
        if not draws:
            return
        try:
            self._connection.execute(DRAW.insert(), [_row(draw) for draw in draws])
        except sa.exc.IntegrityError as error:
            raise Conflict("CONCURRENT_CHANGE", "A draw was recorded in the same moment; repeat.") from error

    def save_reversed(self, draws: Sequence[Draw]) -> None:
        """Keep that draws were reversed, and free their slots."""
        if draws:
            rows = [
                {
                    "reversed_draw": draw.draw,
                    "new_reverse_date": day_text(draw.reverse_date),
                    "new_reverse_reason": draw.reverse_reason,
                }
                for draw in draws
            ]
            self._connection.execute(_REVERSE, rows)

    def paid(self, references: Collection[str], from_month: int) -> Mapping[str, Mapping[int, int]]:
        """Give by entitlement and month what the standing draws of ours paid or set off, in fen.

        What was paid at once beside a monthly benefit is left out.
        """
        reference, month = _COLUMNS.entitlement_reference, _COLUMNS.benefit_month
        # Ours that stand are those with a slot; asked for by origin, SQLite would walk through all draws of ours.
        statement = (
            sa.select(reference, month, sa.func.sum(_COLUMNS.amount_fen + _COLUMNS.offset_fen))
            .where(_COLUMNS.slot.is_not(None), _COLUMNS.slot.not_like(_AT_ONCE_SLOT), month >= from_month)
            .group_by(reference, month)
        )
        found: dict[str, dict[int, int]] = {}
        for some in chunks(sorted(references), _AT_ONCE):
            chosen = statement.where(among(self._connection, reference, some))
            for name, one, fen in self._connection.execute(chosen):
                found.setdefault(name, {})[one] = int(fen)
        return found

    def get(self, draw: str) -> Draw | None:
        """Give one."""
        found = [_draw(row) for row in rows_in(self._connection, DRAW, "draw", [draw])]
        return found[0] if found else None

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Draw]:
        """Give up to `size`, newest first."""
        statement = sa.select(DRAW).where(condition(self._names.meant(wanted), _FIELDS))
        if before is not None:
            statement = statement.where(_COLUMNS.draw < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.draw.desc()).limit(size)).mappings()
        return [_draw(row) for row in rows]


def _row(draw: Draw) -> dict[str, object]:
    report = draw.report
    return {
        "draw": draw.draw,
        "origin": report.origin,
        "reference": report.reference,
        "person": report.person,
        "entitlement_reference": report.entitlement_reference,
        "scheme": report.scheme,
        "pooling_region": report.pooling_region,
        "benefit_month": report.benefit_month,
        "pay_date": report.pay_date.isoformat(),
        "kind": report.kind,
        "amount_fen": report.amount_fen,
        "offset": report.offset,
        "offset_fen": report.offset_fen,
        "account_key": draw.account.key,
        "masked_account": draw.account.masked,
        "reverse_date": day_text(draw.reverse_date),
        "reverse_reason": draw.reverse_reason,
        "slot": draw.slot,
        "create_time": draw.create_time,
    }


def _draw(row: sa.RowMapping) -> Draw:
    report = DrawReport(
        reference=row["reference"],
        origin=row["origin"],
        person=row["person"],
        entitlement_reference=row["entitlement_reference"],
        scheme=Scheme(row["scheme"]),
        pooling_region=row["pooling_region"],
        benefit_month=row["benefit_month"],
        pay_date=date.fromisoformat(row["pay_date"]),
        kind=DrawKind(row["kind"]),
        amount_fen=row["amount_fen"],
        account_number="",
        offset=row["offset"],
        offset_fen=row["offset_fen"],
    )
    return Draw(
        draw=row["draw"],
        report=report,
        account=Account(row["account_key"], row["masked_account"]),
        create_time=in_utc(row["create_time"]),
        slot=row["slot"],
        reverse_date=day_or_none(row["reverse_date"]),
        reverse_reason=row["reverse_reason"],
    )
