"""Proposals, the runs that make them, and people of whom new facts came."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.common.database import upsert
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.sets import among
from services.common.turns import take_turn
from services.eligibility.domain import Scheme
from services.eligibility.finding_run import FindingRun, FindingRunState, Found
from services.eligibility.proposal import STANDING, Ask, Channel, Proposal, ProposalState, Terms
from services.eligibility.store.names import NameTable
from services.eligibility.store.rows import locked_in, rows_in
from services.eligibility.store.tables.proposal import FINDING_RUN, LOOKED_FOR, PROPOSAL

_COLUMNS, _RUNS, _WAITING = PROPOSAL.c, FINDING_RUN.c, LOOKED_FOR.c
_FIELDS = {
    **{name: _COLUMNS[name] for name in ("person", "division", "benefit", "state", "channel", "expire_date")},
    "missing_fact": _COLUMNS.missing,
    "finding_run": _COLUMNS.run,
}
_RUN_FIELDS = {"state": _RUNS.state, "as_of_date": _RUNS.as_of_date}
_RUNNING = (
    sa.select(FINDING_RUN).where(_RUNS.state == FindingRunState.RUNNING).order_by(_RUNS.run).limit(1).with_for_update()
)


class ProposalTable:
    """Proposals by id, and by person."""

    def __init__(self, connection: sa.Connection, names: NameTable) -> None:
        self._connection = connection
        self._names = names

    def get(self, proposal: str) -> Proposal | None:
        """Give one, locked for a change."""
        found = [_proposal(row) for row in locked_in(self._connection, PROPOSAL, "proposal", [proposal])]
        return found[0] if found else None

    def standing(self, people: Collection[str]) -> Sequence[Proposal]:
        """Give those of some people that wait, made under these very names, locked for a change."""
        waiting = _COLUMNS.slot.is_not(None)
        return [_proposal(row) for row in locked_in(self._connection, PROPOSAL, "person", people, waiting)]

    def refused(self, people: Collection[str]) -> Sequence[Proposal]:
        """Give those that some people have declined, or a reviewer rejected, under whichever name; by the one asked."""
        return self._ended(people, ProposalState.DECLINED, ProposalState.REJECTED)

    def granted(self, people: Collection[str]) -> Sequence[Proposal]:
        """Give those of some people, under whichever name, that were granted; by the name asked for."""
        return self._ended(people, ProposalState.GRANTED)

    def _ended(self, people: Collection[str], *states: ProposalState) -> Sequence[Proposal]:
        identities, ended = self._names.identities(people), _COLUMNS.state.in_(states)
        found = [_proposal(row) for row in rows_in(self._connection, PROPOSAL, "person", identities.names, ended)]
        asked = {identities.person(person): person for person in people}
        return [replace(one, person=asked[identities.person(one.person)]) for one in found]

    def due(self, today: date, size: int) -> Sequence[Proposal]:
        """Give up to `size` that stand no more, locked for a change."""
        statement = (
            sa.select(PROPOSAL)
            .where(_COLUMNS.state.in_(sorted(STANDING)), _COLUMNS.expire_date <= today.isoformat())
            .order_by(_COLUMNS.proposal)
            .limit(size)
            .with_for_update()
        )
        return [_proposal(row) for row in self._connection.execute(statement).mappings()]

    def save(self, proposals: Sequence[Proposal]) -> None:
        """Keep new ones, and changed ones that this transaction has locked."""
        upsert(self._connection, PROPOSAL, [_row(proposal) for proposal in proposals], ["proposal"])

    def prune(self, before: datetime, size: int) -> Sequence[str]:
        """Delete up to `size` that came to nothing before a moment; give their decisions."""
        over = (_COLUMNS.state.in_((ProposalState.WITHDRAWN, ProposalState.EXPIRED)), _COLUMNS.update_time < before)
        some = sa.select(_COLUMNS.proposal, _COLUMNS.decision).where(*over).order_by(_COLUMNS.proposal).limit(size)
        found = {row.proposal: row.decision for row in self._connection.execute(some)}
        if found:
            self._connection.execute(PROPOSAL.delete().where(among(self._connection, _COLUMNS.proposal, sorted(found))))
        return list(found.values())

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Proposal]:
        """Give up to `size`, newest first."""
        statement = sa.select(PROPOSAL).where(condition(self._names.meant(wanted), _FIELDS))
        if before is not None:
            statement = statement.where(_COLUMNS.proposal < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.proposal.desc()).limit(size)).mappings()
        return [_proposal(row) for row in rows]

    def look_for(self, people: Collection[str], arrival: str) -> None:
        """Note that benefits are to be looked for again for some people."""
        rows: list[dict[str, object]] = [{"person": person, "arrival": arrival} for person in sorted(people)]
        upsert(self._connection, LOOKED_FOR, rows, ["person"])

    def looked_for(self, size: int) -> Mapping[str, str]:
        """Give up to `size` such people, each with the newest arrival."""
        statement = sa.select(_WAITING.person, _WAITING.arrival).order_by(_WAITING.arrival, _WAITING.person)
        return {row.person: row.arrival for row in self._connection.execute(statement.limit(size))}

    def looked(self, people: Mapping[str, str]) -> None:
        """Forget people who were looked at, unless something arrived meanwhile."""
        for arrival in sorted(set(people.values())):
            some = {person for person, of_person in people.items() if of_person == arrival}
            is_one = among(self._connection, _WAITING.person, sorted(some))
            self._connection.execute(LOOKED_FOR.delete().where(_WAITING.arrival == arrival, is_one))


class FindingRunTable:
    """Runs by id."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def take_turn(self) -> None:
        """Let nobody else begin a run until the transaction ends."""
        take_turn(self._connection, "eligibility/finding")

    def running(self) -> FindingRun | None:
        """Give the one at work, locked for a change."""
        row = self._connection.execute(_RUNNING).mappings().one_or_none()
        return _run(row) if row is not None else None

    def get(self, run: str) -> FindingRun | None:
        """Give one, locked for a change."""
        found = [_run(row) for row in locked_in(self._connection, FINDING_RUN, "run", [run])]
        return found[0] if found else None

    def save(self, run: FindingRun) -> None:
        """Keep a new or changed one."""
        upsert(self._connection, FINDING_RUN, [_run_row(run)], ["run"])

    def prune(self, before: datetime, size: int) -> bool:
        """Delete up to `size` that ended before a moment; tell whether there were any."""
        some = sa.select(_RUNS.run).where(_RUNS.end_time < before).order_by(_RUNS.run).limit(size)
        runs = self._connection.execute(some).scalars().all()
        if runs:
            self._connection.execute(FINDING_RUN.delete().where(among(self._connection, _RUNS.run, runs)))
        return bool(runs)

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[FindingRun]:
        """Give up to `size`, newest first."""
        statement = sa.select(FINDING_RUN).where(condition(wanted, _RUN_FIELDS))
        if before is not None:
            statement = statement.where(_RUNS.run < before)
        rows = self._connection.execute(statement.order_by(_RUNS.run.desc()).limit(size)).mappings()
        return [_run(row) for row in rows]


def _row(proposal: Proposal) -> dict[str, object]:
    terms = asdict(proposal.terms)
    own = {name: getattr(proposal, name) for name in Proposal.__slots__ if name != "terms"}
    return {
        **terms,
        **own,
        "asks": ",".join(proposal.terms.asks),
        "expire_date": proposal.expire_date.isoformat(),
        "slot": f"{proposal.person}/{proposal.terms.benefit}" if proposal.state in STANDING else None,
    }


def _proposal(row: sa.RowMapping) -> Proposal:
    terms = Terms(
        benefit=row["benefit"],
        scheme=Scheme(row["scheme"]),
        start_month=row["start_month"],
        end_month=row["end_month"],
        monthly_fen=row["monthly_fen"],
        asks=tuple(Ask(ask) for ask in row["asks"].split(",") if ask),
        channel=Channel(row["channel"]),
        missing=row["missing"],
    )
    own = (
        "proposal",
        "person",
        "decision",
        "run",
        "preparer",
        "division",
        "basis",
        "confirmer",
        "payee",
        "proof",
        "approver",
        "entitlement",
        "reason",
    )
    return Proposal(
        terms=terms,
        expire_date=date.fromisoformat(row["expire_date"]),
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        state=ProposalState(row["state"]),
        version=row["version"],
        event_count=row["event_count"],
        **{name: row[name] for name in own},
    )


def _run_row(run: FindingRun) -> dict[str, object]:
    return {
        **{name: getattr(run, name) for name in FindingRun.__slots__},
        "as_of_date": run.as_of_date.isoformat(),
        "found": json.dumps([asdict(one) for one in run.found], separators=(",", ":")),
    }


def _run(row: sa.RowMapping) -> FindingRun:
    return FindingRun(
        run=row["run"],
        as_of_date=date.fromisoformat(row["as_of_date"]),
        dry_run=row["dry_run"],
        total=row["total"],
        creator=row["creator"],
        create_time=in_utc(row["create_time"]),
        state=FindingRunState(row["state"]),
        cursor=row["cursor"],
        examined=row["examined"],
        found=tuple(Found(**one) for one in json.loads(row["found"])),
        end_time=in_utc(row["end_time"]) if row["end_time"] is not None else None,
    )
