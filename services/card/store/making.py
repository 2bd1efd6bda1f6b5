"""Making batches and their lines."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from services.card.making import CardReturn, FailureStage, LineState, MakingBatch, MakingLine, MakingStage
from services.card.store.tables import METADATA
from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.database import chunks
from services.common.filter_sql import condition
from services.common.filtering import Filter

_TIME = sa.DateTime(timezone=True)


class _Base(SQLModel):
    metadata = METADATA


class MakingBatchRecord(_Base, table=True):
    """A batch."""

    __tablename__ = "making_batch"

    batch: str = Field(primary_key=True)
    issuing_division: str
    service_bank_code: str
    card_count: int
    made_count: int
    failed_count: int
    cancelled_count: int
    stage: str
    creator: str
    create_time: datetime = Field(sa_type=_TIME)


class MakingLineRecord(_Base, table=True):
    """A card of a batch; its numbers are taken for good, also when it failed."""

    __tablename__ = "making_line"

    batch: str = Field(primary_key=True, foreign_key="making_batch.batch")
    serial: int = Field(primary_key=True)
    card: str = Field(foreign_key="card.card", index=True)
    card_no: str = Field(unique=True)
    identification_code: str
    state: str
    failure_stage: str
    failure_reason: str
    reset_code: str
    box_position: str
    fingerprint: bytes


_BATCH: sa.Table = MakingBatchRecord.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
_LINE: sa.Table = MakingLineRecord.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
_FIELDS = {name: _BATCH.c[name] for name in ("issuing_division", "service_bank_code", "stage")}


class MakingTable:
    """Batches by id."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def get(self, batch: str) -> MakingBatch | None:
        """Give one batch."""
        return self._one(sa.select(_BATCH).where(_BATCH.c.batch == batch))

    def locked(self, batch: str) -> MakingBatch | None:
        """Give one batch, locked: other imports of its return file wait."""
        return self._one(sa.select(_BATCH).where(_BATCH.c.batch == batch).with_for_update())

    def add(self, batch: MakingBatch, lines: Sequence[MakingLine]) -> None:
        """Keep a new batch and its lines."""
        self._connection.execute(
            _BATCH.insert().values(
                batch=batch.batch,
                issuing_division=batch.issuing_division,
                service_bank_code=batch.service_bank_code,
                card_count=batch.card_count,
                made_count=batch.made_count,
                failed_count=batch.failed_count,
                cancelled_count=batch.cancelled_count,
                stage=batch.stage,
                creator=batch.creator,
                create_time=batch.create_time,
            )
        )
        self._connection.execute(_LINE.insert(), [_row(line) for line in lines])

    def page(self, batch: str, after: int, size: int) -> Sequence[MakingLine]:
        """Give up to `size` lines in the order of serial numbers, from the one after `after`."""
        wanted = sa.select(_LINE).where(_LINE.c.batch == batch, _LINE.c.serial > after)
        rows = self._connection.execute(wanted.order_by(_LINE.c.serial).limit(size)).mappings()
        return [_line(row) for row in rows]

    def lines(self, batch: str, serials: Collection[int]) -> Mapping[int, MakingLine]:
        """Give the lines with some serial numbers."""
        found: dict[int, MakingLine] = {}
        for some in chunks(sorted(serials)):
            wanted = sa.select(_LINE).where(_LINE.c.batch == batch, _LINE.c.serial.in_(some))
            found |= {row["serial"]: _line(row) for row in self._connection.execute(wanted).mappings()}
        return found

    def save(self, batch: MakingBatch, lines: Sequence[MakingLine]) -> None:
        """Keep a locked batch's new counts and some of its lines as they came back."""
        counted = ("made_count", "failed_count", "cancelled_count", "stage")
        changed: dict[str, object] = {name: getattr(batch, name) for name in counted}
        self._connection.execute(_BATCH.update().where(_BATCH.c.batch == batch.batch).values(changed))
        if not lines:
            return
        changing = ("state", "failure_stage", "failure_reason", "reset_code", "box_position", "fingerprint")
        of_line = sa.and_(_LINE.c.batch == batch.batch, _LINE.c.serial == sa.bindparam("of_serial"))
        values: dict[str, sa.BindParameter[object]] = {name: sa.bindparam(f"new_{name}") for name in changing}
        rows = [
            {"of_serial": line.serial}
            | {f"new_{name}": value for name, value in _row(line).items() if name in changing}
            for line in lines
        ]
        self._connection.execute(_LINE.update().where(of_line).values(values), rows)

    def list(self, wanted: Filter, size: int, before: str | None) -> Sequence[MakingBatch]:
        """Give up to `size` batches, newest first, from the one after `before`."""
        statement = sa.select(_BATCH).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_BATCH.c.batch < before)
        rows = self._connection.execute(statement.order_by(_BATCH.c.batch.desc()).limit(size)).mappings()
        return [_batch(row) for row in rows]

    def fingerprint(self, returned: CardReturn) -> bytes:
        """Give a keyed digest of a returned line: it tells repetitions without keeping the account."""
        day = returned.issue_date.isoformat() if returned.issue_date else ""
        said = (returned.stage or "", returned.reason, day, returned.account)
        numbers = (returned.card_no, returned.identification_code, returned.reset_code, returned.box_position)
        expires = returned.expire_date.isoformat() if returned.expire_date else ""
        checked = (returned.identity_number, returned.full_name, returned.service_bank_code, expires)
        # Lines that say nothing of these have the digest that they had before there were these.
        return self._vault.index(json.dumps((*numbers, *said, *(checked if any(checked) else ()))), "making return")

    def _one(self, wanted: "sa.Select[tuple[object, ...]]") -> MakingBatch | None:
        row = self._connection.execute(wanted).mappings().one_or_none()
        return _batch(row) if row is not None else None


def _batch(row: sa.RowMapping) -> MakingBatch:
    return MakingBatch(
        batch=row["batch"],
        issuing_division=row["issuing_division"],
        service_bank_code=row["service_bank_code"],
        card_count=row["card_count"],
        creator=row["creator"],
        create_time=in_utc(row["create_time"]),
        made_count=row["made_count"],
        failed_count=row["failed_count"],
        cancelled_count=row["cancelled_count"],
        stage=MakingStage(row["stage"]),
    )


def _row(line: MakingLine) -> dict[str, object]:
    return {
        "batch": line.batch,
        "serial": line.serial,
        "card": line.card,
        "card_no": line.card_no,
        "identification_code": line.identification_code,
        "state": line.state,
        "failure_stage": line.stage or "",
        "failure_reason": line.reason,
        "reset_code": line.reset_code,
        "box_position": line.box_position,
        "fingerprint": line.fingerprint,
    }


def _line(row: sa.RowMapping) -> MakingLine:
    return MakingLine(
        batch=row["batch"],
        serial=row["serial"],
        card=row["card"],
        card_no=row["card_no"],
        identification_code=row["identification_code"],
        state=LineState(row["state"]),
        stage=FailureStage(row["failure_stage"]) if row["failure_stage"] else None,
        reason=row["failure_reason"],
        reset_code=row["reset_code"],
        box_position=row["box_position"],
        fingerprint=row["fingerprint"],
    )
