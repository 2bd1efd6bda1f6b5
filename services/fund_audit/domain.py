"""Findings of the detectors and the cases that auditors make of them; pure, time is a parameter.

A finding says what is wrong now. A case is the bureau's memory of it: it is opened by the first finding of a rule about
a subject, amended while the facts move, withdrawn when they no longer bear it, and decided by two people.
"""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from services.common.callers import are_one_individual
from services.common.errors import PermissionDenied, PreconditionFailed

DETECTORS = "detectors"
"""The actor of a change that followed from facts and not from a person's act."""


class Scheme(StrEnum):
    """The insurances that draws are paid from."""

    EMPLOYEE_PENSION = "EMPLOYEE_PENSION"
    RESIDENT_PENSION = "RESIDENT_PENSION"
    PUBLIC_PENSION = "PUBLIC_PENSION"
    UNEMPLOYMENT_INSURANCE = "UNEMPLOYMENT_INSURANCE"
    WORK_INJURY_INSURANCE = "WORK_INJURY_INSURANCE"


class DrawKind(StrEnum):
    """What a payment is for: the month itself, a month that was held back, or a benefit paid once."""

    REGULAR = "REGULAR"
    BACK_PAY = "BACK_PAY"
    LUMP_SUM = "LUMP_SUM"


class CertificationState(StrEnum):
    """What eligibility holds about a person's continuing entitlement (DOMAIN 5.4)."""

    CERTIFIED = "CERTIFIED"
    WARNING = "WARNING"
    SUSPENDED = "SUSPENDED"
    UNDER_VERIFICATION = "UNDER_VERIFICATION"
    LOST = "LOST"


class SubjectKind(StrEnum):
    """What a rule looks at as a whole."""

    PERSON = "PERSON"
    ACCOUNT = "ACCOUNT"


class CaseState(StrEnum):
    """Where a case stands; CONFIRMED, DISMISSED and WITHDRAWN are final."""

    OPEN = "OPEN"
    TAKEN = "TAKEN"
    CONFIRMED = "CONFIRMED"
    DISMISSED = "DISMISSED"
    WITHDRAWN = "WITHDRAWN"


LIVE = frozenset({CaseState.OPEN, CaseState.TAKEN})
DECIDED = frozenset({CaseState.CONFIRMED, CaseState.DISMISSED})


class ChangeKind(StrEnum):
    """What happened to a case; each change is one entry of its history and one leaf of the ledger."""

    OPENED = "OPENED"
    AMENDED = "AMENDED"
    WITHDRAWN = "WITHDRAWN"
    TAKEN = "TAKEN"
    CONFIRMED = "CONFIRMED"
    DISMISSED = "DISMISSED"


class Subject(NamedTuple):
    """The person (opaque id) or the account (keyed index) that a rule looks at as a whole."""

    kind: SubjectKind
    key: str


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One benefit month of a finding: the events that prove it and what is at risk in fen."""

    month: int
    evidence: tuple[str, ...]
    amount_fen: int


@dataclass(frozen=True)
class Finding:
    """What one rule, in one version, has to say about one subject; equal facts give equal findings."""

    rule: str
    rule_version: int
    subject: Subject
    people: tuple[str, ...]
    division: str
    """Division code of the pooling region that handles it (属地)."""
    lines: tuple[Line, ...]

    @cached_property
    def months(self) -> tuple[int, ...]:
        """The benefit months concerned, in order, each once."""
        return tuple(sorted({line.month for line in self.lines}))

    @cached_property
    def evidence(self) -> tuple[str, ...]:
        """The ids of all events that prove the finding, in order, each once."""
        return tuple(sorted({event for line in self.lines for event in line.evidence}))

    @cached_property
    def amount_at_risk_fen(self) -> int:
        """The fund's money that may have to be returned."""
        return sum(line.amount_fen for line in self.lines)

    def beyond(self, settled: Set[str]) -> "Finding | None":
        """Keep the lines that rest on an event nobody has decided about; nothing at risk in them is no finding."""
        lines = tuple(line for line in self.lines if not set(line.evidence) <= settled)
        return replace(self, lines=lines) if any(line.amount_fen for line in lines) else None


@dataclass(frozen=True)
class Case:
    """A finding under supervision; `version` counts its changes and is its etag."""

    id: str
    finding: Finding
    state: CaseState
    opened_time: datetime
    changed_time: datetime
    version: int
    taken_by: str = ""
    decided_by: str = ""
    decision_reason: str = ""

    @property
    def etag(self) -> str:
        """What a caller says to have read."""
        return str(self.version)

    def amend(self, finding: Finding, at: datetime) -> "Change":
        """Follow the facts: more or less is at risk than when the case was last looked at."""
        self._require(LIVE)
        return self._change(ChangeKind.AMENDED, at, DETECTORS, finding=finding)

    def withdraw(self, at: datetime) -> "Change":
        """End the case because no fact bears it any longer (a reversal, a corrected death)."""
        self._require(LIVE)
        return self._change(ChangeKind.WITHDRAWN, at, DETECTORS, state=CaseState.WITHDRAWN)

    def take(self, by: str, at: datetime) -> "Change":
        """Put the case on one auditor's desk; a case that somebody has taken is refused."""
        self._require(frozenset({CaseState.OPEN}))
        return self._change(ChangeKind.TAKEN, at, by, state=CaseState.TAKEN, taken_by=by)

    def decide(self, by: str, reason: str, at: datetime, *, confirmed: bool) -> "Change":
        """Confirm or dismiss a taken case; four eyes: not by whom took it (Handling Regulation art. 37).

        Raises PreconditionFailed unless the case is taken, PermissionDenied for the same pair of eyes.
        """
        self._require(frozenset({CaseState.TAKEN}))
        if are_one_individual(by, self.taken_by):
            raise PermissionDenied("SAME_PERSON", "Who took a case cannot decide it: ask a second person.")
        kind = ChangeKind.CONFIRMED if confirmed else ChangeKind.DISMISSED
        return self._change(kind, at, by, state=CaseState(kind), decided_by=by, decision_reason=reason)

    def _require(self, allowed: Set[CaseState]) -> None:
        if self.state not in allowed:
            needed = ",".join(sorted(allowed))
            raise PreconditionFailed(
                "CASE_STATE", f"The case is {self.state}; this needs {needed}.", {"found": self.state, "needed": needed}
            )

    def _change(self, kind: ChangeKind, at: datetime, actor: str, **fields: "Finding | CaseState | str") -> "Change":
        after = replace(self, changed_time=at, version=self.version + 1, **fields)  # type: ignore[arg-type]  # by name
        return Change(after, kind, actor)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a case's history: the case as it stands afterwards, what happened, and who did it."""

    case: Case
    kind: ChangeKind
    actor: str


def open_case(case_id: str, finding: Finding, at: datetime) -> Change:
    """Open a case on a finding."""
    return Change(Case(case_id, finding, CaseState.OPEN, at, at, 1), ChangeKind.OPENED, DETECTORS)


def go_on(opened: Change, ended: Iterable[Case]) -> Change:
    """Leave a case, opened under another name of its person as others end there, on the desk of who had taken those.

    Only where the two rest on one event at least; of several takers the first has it.
    """
    evidence = set(opened.case.finding.evidence)
    takers = (case.taken_by for case in ended if case.taken_by and not evidence.isdisjoint(case.finding.evidence))
    taker = next(takers, "")
    if not taker:
        return opened
    return replace(opened, case=replace(opened.case, state=CaseState.TAKEN, taken_by=taker))


def reconcile(
    live: Case | None, settled: Set[str], finding: Finding | None, at: datetime, make_id: Callable[[], str]
) -> Change | None:
    """Bring the one live case of a rule and subject into line with what the rule finds now.

    `settled` holds the events of decided cases: what was judged is judged, only new evidence is a new case.
    """
    due = finding.beyond(settled) if finding else None
    if live is None:
        return open_case(make_id(), due, at) if due else None
    if due is None:
        return live.withdraw(at)
    return live.amend(due, at) if due != live.finding else None
