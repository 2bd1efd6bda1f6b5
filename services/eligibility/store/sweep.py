"""Sweeps."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

import sqlalchemy as sa

from services.common import outbox
from services.common.cloud_event import in_utc
from services.common.database import upsert
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.turns import take_turn
from services.eligibility.store.rows import locked_in, rows_in
from services.eligibility.store.sweep_finding import (
    add_to_tally,
    delete_findings,
    delete_tally,
    keep_findings,
    page_of_findings,
    tally_of,
)
from services.eligibility.store.sweep_slice import enter_states, read_slice, stale_people
from services.eligibility.store.tables.certification import SWEEP
from services.eligibility.sweep import Applied, Counts, Sweep, SweepState
from services.eligibility.sweep_events import changed_events
from services.eligibility.sweep_finding import Finding, Findings, Kind, Wanted
from services.eligibility.sweep_slice import Changes, Slice

_COLUMNS = SWEEP.c
_FIELDS = {"state": _COLUMNS.state, "as_of_date": _COLUMNS.as_of_date}
_APPLIED = sa.select(_COLUMNS.as_of_date, _COLUMNS.cursor).where(_COLUMNS.dry_run.is_(False))
_RUNNING = (
    sa.select(SWEEP).where(_COLUMNS.state == SweepState.RUNNING).order_by(_COLUMNS.sweep).limit(1).with_for_update()
)


class SweepTable:
    """Sweeps by id."""

    def __init__(self, connection: sa.Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def take_turn(self) -> None:
        """Let nobody else begin a sweep until the transaction ends."""
        take_turn(self._connection, "eligibility/sweeping")

    def applied(self) -> Sequence[Applied]:
        """Give those that were no dry runs."""
        rows = self._connection.execute(_APPLIED).mappings()
        return [Applied(date.fromisoformat(row["as_of_date"]), row["cursor"]) for row in rows]

    def running(self) -> Sweep | None:
        """Give the oldest one at work."""
        row = self._connection.execute(_RUNNING).mappings().one_or_none()
        return _sweep(row) if row is not None else None

    def get(self, sweep: str, *, locked: bool = False) -> Sweep | None:
        """Give one; locked for a change it is waited for until a step at work is done."""
        rows = (locked_in if locked else rows_in)(self._connection, SWEEP, "sweep", [sweep])
        found = [_sweep(row) for row in rows]
        return found[0] if found else None

    def save(self, sweep: Sweep) -> None:
        """Keep a new or changed one."""
        upsert(self._connection, SWEEP, [_row(sweep)], ["sweep"])

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Sweep]:
        """Give up to `size`, newest first."""
        statement = sa.select(SWEEP).where(condition(wanted, _FIELDS))
        if before is not None:
            statement = statement.where(_COLUMNS.sweep < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.sweep.desc()).limit(size)).mappings()
        return [_sweep(row) for row in rows]

    def slice(self, after: str, size: int) -> Slice:
        """Give the records of the next certifications in the order of people's ids, not locked."""
        return read_slice(self._connection, after, size)

    def stale(self, found: Slice, after: str, last: str) -> set[str]:
        """Lock the certifications up to a person; give those of which anything is otherwise than in the slice."""
        return stale_people(self._connection, found, after, last)

    def enter(self, changes: Changes) -> None:
        """Let certifications enter states of which nothing is stale, and tell it."""
        enter_states(self._connection, changes, self._now)
        outbox.append_alike(self._connection, changed_events(changes, self._now))

    def keep_findings(self, sweep: str, last: str, findings: Findings, tally: Mapping[tuple[str, Kind], int]) -> None:
        """Keep what a step found, in the order of people's ids, and count it."""
        keep_findings(self._connection, sweep, last, findings)
        add_to_tally(self._connection, sweep, tally)

    def tally(self, sweep: str) -> Mapping[tuple[str, Kind], int]:
        """Give how many people of each division were found what of."""
        return tally_of(self._connection, sweep)

    def findings(self, sweep: str, wanted: Wanted, size: int, after: str) -> tuple[Sequence[Finding], str | None]:
        """Give up to `size` behind a person, and behind whom to go on; None at the end."""
        return page_of_findings(self._connection, sweep, wanted, size, after)

    def prune(self, before: datetime, size: int) -> bool:
        """Delete up to `size` parts of the lists of one that ended before a moment; tell whether there was one.

        A dry run goes with its lists; what was applied stays.
        """
        ended = sa.and_(_COLUMNS.end_time < before, _COLUMNS.lists_deleted.is_(False))
        statement = sa.select(SWEEP).where(ended).order_by(_COLUMNS.sweep).limit(1).with_for_update()
        row = self._connection.execute(statement).mappings().one_or_none()
        if row is None:
            return False
        if not delete_findings(self._connection, row["sweep"], size):
            this = _COLUMNS.sweep == row["sweep"]
            if row["dry_run"]:
                delete_tally(self._connection, row["sweep"])
                self._connection.execute(SWEEP.delete().where(this))
            else:
                self._connection.execute(SWEEP.update().where(this).values(lists_deleted=True))
        return True


def _row(sweep: Sweep) -> dict[str, object]:
    return {
        "sweep": sweep.sweep,
        "as_of_date": sweep.as_of_date.isoformat(),
        "dry_run": sweep.dry_run,
        "state": sweep.state,
        "cursor": sweep.cursor,
        "total": sweep.total,
        **asdict(sweep.counts),
        "create_time": sweep.create_time,
        "end_time": sweep.end_time,
        "lists_deleted": sweep.lists_deleted,
    }


def _sweep(row: sa.RowMapping) -> Sweep:
    return Sweep(
        sweep=row["sweep"],
        as_of_date=date.fromisoformat(row["as_of_date"]),
        dry_run=row["dry_run"],
        total=row["total"],
        create_time=in_utc(row["create_time"]),
        state=SweepState(row["state"]),
        cursor=row["cursor"],
        counts=Counts(**{name: row[name] for name in Counts.__slots__}),
        end_time=in_utc(row["end_time"]) if row["end_time"] is not None else None,
        lists_deleted=row["lists_deleted"],
    )
