"""What auditors do with cases."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from services.common.clock import Clock
from services.common.errors import Conflict, NotFound
from services.common.filtering import Fields, Filter, Value, matches
from services.fund_audit.detectors.registry import RULES, Severity
from services.fund_audit.domain import Case, CaseState, Change, Subject, SubjectKind
from services.fund_audit.ledger.leaf import read_leaf
from services.fund_audit.service.filing import file_changes
from services.fund_audit.service.model import CasePage, CaseView, Filed, Store

WATCH_PAGE = 500
"""Ledger entries that a watch reads at once."""

MAX_AMOUNT_FEN = 2**63 - 1
"""The largest whole number that the databases hold."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Give a moment as microseconds since 1970, exact and the same for every database."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _read_time(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("A time has a zone, for example Z.")
    return microseconds(moment)


def _read_text(text: str) -> str:
    if not text.isprintable():
        raise ValueError("A text is printable.")
    return text


def _read_amount(text: str) -> int:
    amount = int(text)
    if abs(amount) > MAX_AMOUNT_FEN:
        raise ValueError("An amount fits 64 bits.")
    return amount


FIELDS: Fields = {
    "rule": _read_text,
    "state": CaseState,
    "severity": Severity,
    "subject": _read_text,
    "division": _read_text,
    "amount_at_risk_fen": _read_amount,
    "open_time": _read_time,
}
"""What cases can be filtered by; a list and a watch understand the same."""

_COLLECTIONS = {SubjectKind.PERSON: "people", SubjectKind.ACCOUNT: "accounts"}


def subject_name(subject: Subject) -> str:
    """Name a subject as the contract does: `people/{person}` or `accounts/{key}`."""
    return f"{_COLLECTIONS[subject.kind]}/{subject.key}"


def record_of(case: Case) -> Mapping[str, Value]:
    """Give a case as a filter sees it."""
    finding = case.finding
    return {
        "rule": finding.rule,
        "state": case.state,
        "severity": RULES[finding.rule].severity,
        "subject": subject_name(finding.subject),
        "division": finding.division,
        "amount_at_risk_fen": finding.amount_at_risk_fen,
        "open_time": microseconds(case.opened_time),
    }


class CaseDesk:
    """What auditors do with cases."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def get(self, store: Store, case_id: str) -> CaseView:
        """Read a case."""
        return _views(store, [_found(store, case_id)])[0]

    def page(self, store: Store, wanted: Filter, before: int | None, limit: int) -> CasePage:
        """Give a page of cases, newest first, that were opened before a ledger position."""
        size = store.frontier().size  # read first: what is filed in between is then watched again, not missed
        listed = store.list_cases(wanted, before, limit)
        last = listed[-1].opened_position if len(listed) == limit else None
        return CasePage(tuple(_views(store, [one.filed for one in listed])), last, size)

    def changes(self, store: Store, start: int, wanted: Filter) -> tuple[list[CaseView], int]:
        """Give the next changes that pass the filter, and the position after the last entry that was read."""
        entries = store.entries(start, WATCH_PAGE)
        filed = [Filed(read_leaf(entry.leaf), entry.position) for entry in entries]
        passed = [one for one in filed if matches(wanted, record_of(one.change.case))]
        return _views(store, passed), entries[-1].position + 1 if entries else start

    def take(self, store: Store, case_id: str, etag: str, by: str) -> CaseView:
        """Put an open case on the caller's desk."""
        return self._change(store, case_id, etag, lambda case, now: case.take(by, now))

    def decide(self, store: Store, case_id: str, etag: str, by: str, reason: str, *, confirmed: bool) -> CaseView:
        """Confirm or dismiss a case that somebody else took."""
        return self._change(store, case_id, etag, lambda case, now: case.decide(by, reason, now, confirmed=confirmed))

    def _change(self, store: Store, case_id: str, etag: str, act: Callable[[Case, datetime], Change]) -> CaseView:
        frontier = store.lock_ledger()
        case = _found(store, case_id).change.case
        if etag not in ("", case.etag):
            raise Conflict("ETAG_MISMATCH", "The case changed meanwhile: read it again.", {"etag": case.etag})
        now = self._clock()
        return _views(store, file_changes(store, frontier, [act(case, now)], now))[0]


def _found(store: Store, case_id: str) -> Filed:
    filed = store.case(case_id)
    if filed is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such case.", {"resource": f"cases/{case_id}"})
    return filed


def _views(store: Store, filed: Sequence[Filed]) -> list[CaseView]:
    findings = [one.change.case.finding for one in filed]
    people = {person for finding in findings for person in finding.people}
    notes = store.evidence(people, {event for finding in findings for event in finding.evidence})
    return [
        CaseView(one, tuple(notes[event] for event in finding.evidence if event in notes))
        for one, finding in zip(filed, findings, strict=True)
    ]
