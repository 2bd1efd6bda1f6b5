"""Recorded decisions, their facts and transcripts sealed."""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.database import chunks
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.sets import among
from services.eligibility.book.transcript import read_transcript
from services.eligibility.recorded import FactOrigin, GivenFact, RecordedDecision
from services.eligibility.store.names import NameTable
from services.eligibility.store.rows import day_or_none, day_text, rows_in
from services.eligibility.store.tables.decision import DECISION

_COLUMNS = DECISION.c
_FIELDS = {
    name: _COLUMNS[name]
    for name in ("person", "benefit", "outcome", "as_of_date", "create_date", "entitlement", "book_hash")
}


class DecisionTable:
    """Decisions by id."""

    def __init__(self, connection: sa.Connection, vault: Vault, names: NameTable) -> None:
        self._connection = connection
        self._names = names
        self._vault = vault
        self._names = names

    def add(self, decisions: Iterable[RecordedDecision]) -> None:
        """Put new ones on record, each made small as it comes."""
        rows = [self._row(decision) for decision in decisions]
        if rows:
            self._connection.execute(DECISION.insert(), rows)

    def delete(self, decisions: Collection[str]) -> None:
        """Delete some that no entitlement rests on."""
        for some in chunks(sorted(decisions)):
            is_one = among(self._connection, _COLUMNS.decision, some)
            self._connection.execute(DECISION.delete().where(is_one, _COLUMNS.entitlement == ""))

    def get(self, decision: str) -> RecordedDecision | None:
        """Give one."""
        found = [self._decision(row) for row in rows_in(self._connection, DECISION, "decision", [decision])]
        return found[0] if found else None

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[RecordedDecision]:
        """Give up to `size`, newest first."""
        return self._page(sa.select(DECISION).where(condition(self._names.meant(wanted), _FIELDS)), size, before)

    def standing(self, wanted: Filter, book_hash: str, size: int, before: str | None) -> Sequence[RecordedDecision]:
        """Give up to `size` that another book made, newest first; of an entitlement the newest only."""
        newer = DECISION.alias()
        replaced = sa.exists().where(
            newer.c.entitlement == _COLUMNS.entitlement,
            newer.c.entitlement != "",
            newer.c.decision > _COLUMNS.decision,
        )
        others = sa.or_(_COLUMNS.book_hash != book_hash, _COLUMNS.known_date != "")
        statement = sa.select(DECISION).where(condition(self._names.meant(wanted), _FIELDS), others, ~replaced)
        return self._page(statement, size, before)

    def _page(
        self, statement: "sa.Select[tuple[object, ...]]", size: int, before: str | None
    ) -> Sequence[RecordedDecision]:
        if before is not None:
            statement = statement.where(_COLUMNS.decision < before)
        rows = self._connection.execute(statement.order_by(_COLUMNS.decision.desc()).limit(size)).mappings()
        return [self._decision(row) for row in rows]

    def _row(self, decision: RecordedDecision) -> dict[str, object]:
        facts = {name: [one.value, one.origin, one.as_of_date.isoformat()] for name, one in decision.facts.items()}
        # Two lines: the transcript stays the text that it is, and JSON has no line breaks.
        content = zlib.compress(f"{json.dumps(facts)}\n{decision.transcript}".encode(), level=1)
        return {
            "decision": decision.name,
            "person": decision.person,
            "entitlement": decision.entitlement,
            "benefit": decision.decision.benefit,
            "outcome": decision.decision.outcome,
            "as_of_date": decision.as_of_date.isoformat(),
            "known_date": day_text(decision.known_date),
            "book_hash": decision.decision.book_hash,
            "sealed_content": self._vault.seal_bytes(content, _place(decision.name)),
            "create_date": decision.create_date.isoformat(),
            "create_time": decision.create_time,
        }

    def _decision(self, row: sa.RowMapping) -> RecordedDecision:
        content = zlib.decompress(self._vault.open_bytes(row["sealed_content"], _place(row["decision"]))).decode()
        facts, _, transcript = content.partition("\n")
        return RecordedDecision(
            name=row["decision"],
            person=row["person"],
            entitlement=row["entitlement"],
            as_of_date=date.fromisoformat(row["as_of_date"]),
            known_date=day_or_none(row["known_date"]),
            facts=_facts(json.loads(facts)),
            decision=read_transcript(transcript),
            transcript=transcript,
            create_time=in_utc(row["create_time"]),
            create_date=date.fromisoformat(row["create_date"]),
        )


def _facts(kept: Mapping[str, tuple[int, str, str]]) -> Mapping[str, GivenFact]:
    return {
        name: GivenFact(value, FactOrigin(origin), date.fromisoformat(day))
        for name, (value, origin, day) in kept.items()
    }


def _place(decision: str) -> str:
    return f"decisions/{decision}"
