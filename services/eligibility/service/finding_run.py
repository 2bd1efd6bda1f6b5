"""Runs that look for benefits go on step by step; and people of whom something arrived are looked at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.common.errors import NotFound, PreconditionFailed
from services.common.ids import new_id
from services.eligibility.finding_run import FindingRun, FindingRunState
from services.eligibility.service.found import Finding, Known
from services.eligibility.service.granting import Desk, Payee
from services.eligibility.service.proposing import count_findings, settle_findings
from services.eligibility.service.store import Store

ON_ARRIVAL = "system/eligibility"
"""Who lets benefits be found when facts arrive: the service itself."""


def create_run(store: Store, as_of_date: date, dry_run: bool, by: str, now: datetime) -> FindingRun:
    """Start a run through everybody of whom facts are on record; one works at a time."""
    store.finding_runs.take_turn()
    running = store.finding_runs.running()
    if running is not None:
        raise PreconditionFailed(
            "FINDING_RUN_STATE",
            "Another run is at work; wait for its end or cancel it.",
            {"found": FindingRunState.RUNNING, "needed": f"{FindingRunState.SUCCEEDED},{FindingRunState.CANCELLED}"},
        )
    run = FindingRun(new_id(), as_of_date, dry_run, store.facts.count(), by, now)
    store.finding_runs.save(run)
    return run


def get_run(store: Store, run: str) -> FindingRun:
    """Read a run, locked for a change."""
    found = store.finding_runs.get(run)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such run.", {"resource": f"findingRuns/{run}"})
    return found


def cancel_run(store: Store, run: str, now: datetime) -> FindingRun:
    """Stop a run; what it did stays."""
    cancelled = get_run(store, run).cancel(now)
    store.finding_runs.save(cancelled)
    return cancelled


@dataclass(frozen=True, slots=True)
class Step:
    """The next part of a run."""

    run: FindingRun
    rows: Sequence[str]
    """Whose facts come next, under which names they are on record; nobody at the end."""
    people: Sequence[str]
    """Who is looked at: those, and whom they mean where merges have joined them with somebody without facts."""


def next_step(store: Store, size: int) -> Step | None:
    """Give the next part of the run at work; None when none is at work."""
    run = store.finding_runs.running()
    if run is None:
        return None
    rows = store.facts.people_after(run.cursor, size)
    survivors = _meant(store, rows) - set(rows)
    return Step(run, rows, sorted({*rows, *(survivors - store.facts.own(survivors).keys())}))


def arrived_people(store: Store, arrived: Collection[str]) -> Sequence[str]:
    """Give all whom names mean of which something arrived, and the names: what was found under those may be over."""
    return sorted({*arrived, *_meant(store, arrived)})


def advance_run(
    store: Store,
    desk: Desk,
    step: Step,
    findings: Sequence[Finding],
    known: Known,
    payees: Mapping[str, Payee],
) -> FindingRun | None:
    """Let the run at work settle what was found of the next people; without any it succeeds.

    None when it is not at this place any more: another process went on with it, or it was cancelled.
    """
    store.entitlements.take_turn()  # before any row is locked: approvals take it first, too
    run = store.finding_runs.running()
    if run is None or (run.run, run.cursor) != (step.run.run, step.run.cursor):
        return None
    if not step.rows:
        run = run.succeed(desk.now)
    else:
        concerned = [] if run.dry_run else _concerned(store, step.people, findings)
        found = count_findings(one for one in findings if one.person not in concerned)
        found += settle_findings(store, desk, concerned, known, payees, run.run, run.creator)
        run = run.advance(step.rows[-1], len(step.rows), found)
    store.finding_runs.save(run)
    return run


def settle_arrived(
    store: Store,
    desk: Desk,
    arrived: Mapping[str, str],
    findings: Sequence[Finding],
    known: Known,
    payees: Mapping[str, Payee],
) -> None:
    """Settle what was found of people of whom something arrived; what arrived meanwhile is looked at next."""
    store.entitlements.take_turn()
    concerned = _concerned(store, arrived_people(store, arrived.keys()), findings)
    settle_findings(store, desk, concerned, known, payees, "", ON_ARRIVAL)
    store.proposals.looked(arrived)


def _concerned(store: Store, people: Sequence[str], findings: Sequence[Finding]) -> Sequence[str]:
    """Give those of the people for whom something is to be decided: few of many, so that the rest costs one look."""
    waiting = {proposal.person for proposal in store.proposals.standing(people)}
    found = {finding.person for finding in findings if finding.excluded is None}
    return sorted(waiting | found)


def _meant(store: Store, names: Collection[str]) -> set[str]:
    identities = store.names.identities(names)
    return {identities.person(name) for name in names}
