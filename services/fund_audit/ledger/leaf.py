"""A change of a case as a leaf of the ledger, and back."""

import json
from datetime import datetime

from services.common.months import format_month, parse_month
from services.fund_audit.domain import Case, CaseState, Change, ChangeKind, Finding, Line, Subject, SubjectKind


def write_leaf(change: Change) -> bytes:
    """Write the change as the ledger holds it: JSON in UTF-8, keys sorted, no spaces, so that equal is equal."""
    case, finding = change.case, change.case.finding
    return json.dumps(
        {
            "actor": change.actor,
            "case": case.id,
            "change": change.kind,
            "decided_by": case.decided_by,
            "decision_reason": case.decision_reason,
            "division": finding.division,
            "lines": [[format_month(line.month), line.evidence, line.amount_fen] for line in finding.lines],
            "opened_time": case.opened_time.isoformat(),
            "people": finding.people,
            "rule": finding.rule,
            "rule_version": finding.rule_version,
            "state": case.state,
            "subject": [finding.subject.kind, finding.subject.key],
            "taken_by": case.taken_by,
            "time": case.changed_time.isoformat(),
            "version": case.version,
        },
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    ).encode()


def read_leaf(leaf: bytes) -> Change:
    """Read a change back from the ledger."""
    said = json.loads(leaf)
    kind, key = said["subject"]
    lines = tuple(Line(parse_month(month), tuple(evidence), amount) for month, evidence, amount in said["lines"])
    finding = Finding(
        said["rule"],
        said["rule_version"],
        Subject(SubjectKind(kind), key),
        tuple(said["people"]),
        said["division"],
        lines,
    )
    case = Case(
        said["case"],
        finding,
        CaseState(said["state"]),
        datetime.fromisoformat(said["opened_time"]),
        datetime.fromisoformat(said["time"]),
        said["version"],
        said["taken_by"],
        said["decided_by"],
        said["decision_reason"],
    )
    return Change(case, ChangeKind(said["change"]), said["actor"])
