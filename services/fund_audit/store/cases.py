"""Cases, the ledger that they are kept in, and the events that tell of them."""

from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from services.common import outbox
from services.common.database import chunks
from services.common.filter_sql import Column, condition
from services.common.filtering import Filter
from services.common.merkle import HASH_BYTES, Frontier, Node, Nodes
from services.fund_audit.detectors.registry import RULES
from services.fund_audit.domain import Case, CaseState, ChangeKind, Subject
from services.fund_audit.events import event_of
from services.fund_audit.ledger.leaf import read_leaf
from services.fund_audit.ledger.tree import completed_by
from services.fund_audit.service.cases import microseconds, subject_name
from services.fund_audit.service.model import Filed, LedgerEntry, Listed
from services.fund_audit.store.sets import among
from services.fund_audit.store.tables import CASE, ENTRY, HEAD, NODE, ONLY_ROW

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_COLUMNS: Mapping[str, Column] = {
    "rule": CASE.c.rule,
    "state": CASE.c.state,
    "severity": CASE.c.severity,
    "subject": CASE.c.subject,
    "division": CASE.c.division,
    "amount_at_risk_fen": CASE.c.amount_at_risk_fen,
    "open_time": CASE.c.opened_us,
}

_FILED = sa.select(ENTRY.c.leaf, ENTRY.c.position).join_from(CASE, ENTRY, CASE.c.position == ENTRY.c.position)


class CaseRows:
    """What fund audit makes of the facts."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def cases_about(self, subjects: Set[Subject]) -> Sequence[Case]:
        """Give the live and the decided cases about these subjects."""
        named = among(self._connection, CASE.c.subject, (subject_name(subject) for subject in subjects))
        wanted = _FILED.where(named, CASE.c.state != CaseState.WITHDRAWN)
        return [read_leaf(row.leaf).case for row in self._connection.execute(wanted)]

    def case(self, case_id: str) -> Filed | None:
        """Give a case by its last change."""
        row = self._connection.execute(_FILED.where(CASE.c.id == case_id)).one_or_none()
        return Filed(read_leaf(row.leaf), row.position) if row else None

    def list_cases(self, wanted: Filter, before: int | None, limit: int) -> Sequence[Listed]:
        """Give cases, newest first, that were opened before a ledger position."""
        statement = _FILED.add_columns(CASE.c.opened_position).where(condition(wanted, _COLUMNS))
        if before is not None:
            statement = statement.where(CASE.c.opened_position < before)
        rows = self._connection.execute(statement.order_by(CASE.c.opened_position.desc()).limit(limit))
        return [Listed(Filed(read_leaf(row.leaf), row.position), row.opened_position) for row in rows]

    def lock_ledger(self) -> Frontier:
        """Give the ledger's right edge and keep everybody else from appending until the transaction ends."""
        return self._frontier(for_update=True)

    def frontier(self) -> Frontier:
        """Give the ledger's right edge."""
        return self._frontier(for_update=False)

    def file(
        self, filed: Sequence[Filed], leaves: Sequence[bytes], after: Frontier, completed: Nodes, at: datetime
    ) -> None:
        """Append changes with their leaves to the ledger, bring their cases up to date, and announce them."""
        appended = microseconds(at)
        self._connection.execute(
            ENTRY.insert(),
            [
                {"position": one.position, "leaf": leaf, "append_us": appended}
                for one, leaf in zip(filed, leaves, strict=True)
            ],
        )
        self._connection.execute(
            NODE.insert(),
            [{"level": node.level, "number": node.number, "digest": digest} for node, digest in completed.items()],
        )
        self._connection.execute(
            HEAD.update().where(HEAD.c.id == ONLY_ROW).values(size=after.size, roots=b"".join(after.roots))
        )
        self._file_cases(filed)
        outbox.append(self._connection, [event_of(one) for one in filed])

    def _file_cases(self, filed: Sequence[Filed]) -> None:
        opened = [_case_row(one) | {"opened_position": one.position} for one in filed if _is_new(one)]
        changed = [_case_row(one) | {"case_id": one.change.case.id} for one in filed if not _is_new(one)]
        if opened:
            self._connection.execute(CASE.insert(), opened)
        if changed:
            names = (name for name in changed[0] if name not in {"id", "case_id"})
            values: dict[str, object] = {name: sa.bindparam(name) for name in names}
            statement = CASE.update().where(CASE.c.id == sa.bindparam("case_id")).values(values)
            self._connection.execute(statement, [{k: v for k, v in row.items() if k != "id"} for row in changed])

    def entries(self, start: int, limit: int) -> Sequence[LedgerEntry]:
        """Give the ledger entries at `limit` positions from `start` on, in order."""
        wanted = sa.select(ENTRY).where(ENTRY.c.position >= start, ENTRY.c.position < start + limit)
        return [
            LedgerEntry(row.position, row.leaf, _EPOCH + timedelta(microseconds=row.append_us))
            for row in self._connection.execute(wanted.order_by(ENTRY.c.position))
        ]

    def nodes(self, wanted: Sequence[Node]) -> Nodes:
        """Give stored subtrees."""
        found: dict[Node, bytes] = {}
        for some in chunks(sorted(set(wanted)), 200):
            statement = sa.select(NODE).where(sa.tuple_(NODE.c.level, NODE.c.number).in_(some))
            found |= {Node(row.level, row.number): row.digest for row in self._connection.execute(statement)}
        return found

    def nodes_completed_by(self, begin: int, end: int) -> Nodes:
        """Give the stored subtrees that the entries begin to end - 1 completed."""
        found: dict[Node, bytes] = {}
        for level, first, after_last in completed_by(begin, end):
            statement = sa.select(NODE).where(NODE.c.level == level, NODE.c.number >= first, NODE.c.number < after_last)
            found |= {Node(level, row.number): row.digest for row in self._connection.execute(statement)}
        return found

    def _frontier(self, *, for_update: bool) -> Frontier:
        statement = sa.select(HEAD.c.size, HEAD.c.roots).where(HEAD.c.id == ONLY_ROW)
        row = self._connection.execute(statement.with_for_update() if for_update else statement).one()
        roots = tuple(row.roots[at : at + HASH_BYTES] for at in range(0, len(row.roots), HASH_BYTES))
        return Frontier(row.size, roots)


def _case_row(filed: Filed) -> dict[str, object]:
    case, finding = filed.change.case, filed.change.case.finding
    return {
        "id": case.id,
        "rule": finding.rule,
        "severity": RULES[finding.rule].severity,
        "subject": subject_name(finding.subject),
        "state": case.state,
        "division": finding.division,
        "amount_at_risk_fen": finding.amount_at_risk_fen,
        "opened_us": microseconds(case.opened_time),
        "position": filed.position,
    }


def _is_new(filed: Filed) -> bool:
    return filed.change.kind is ChangeKind.OPENED
