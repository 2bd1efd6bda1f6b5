"""Sweeps begin, are read, and are stopped; how they go on says `sweep_step`."""

from datetime import date, datetime

from services.common.errors import NotFound, PreconditionFailed
from services.common.ids import new_id
from services.eligibility.service.store import Store
from services.eligibility.sweep import Sweep, SweepState


def create_sweep(store: Store, as_of_date: date, dry_run: bool, now: datetime) -> Sweep:
    """Start a sweep. One that changes anything comes after all others that did; and one works at a time."""
    store.sweeps.take_turn()
    running = store.sweeps.running()
    if running is not None:
        raise PreconditionFailed(
            "SWEEP_STATE",
            "Another sweep is at work; wait for its end or cancel it.",
            {"found": SweepState.RUNNING, "needed": f"{SweepState.SUCCEEDED},{SweepState.CANCELLED}"},
        )
    last = max((sweep.as_of_date for sweep in store.sweeps.applied()), default=date.min)
    if as_of_date < last and not dry_run:
        raise PreconditionFailed(
            "SWEEP_STATE",
            f"A sweep as of {last.isoformat()} was made; an earlier day can only be counted in a dry run.",
            {"found": last.isoformat(), "needed": "dry_run"},
        )
    sweep = Sweep(new_id(), as_of_date, dry_run, store.certifications.count(), now)
    store.sweeps.save(sweep)
    return sweep


def get_sweep(store: Store, sweep: str, *, locked: bool = False) -> Sweep:
    """Read a sweep."""
    found = store.sweeps.get(sweep, locked=locked)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such sweep.", {"resource": f"certificationSweeps/{sweep}"})
    return found


def cancel_sweep(store: Store, sweep: str, now: datetime) -> Sweep:
    """Stop a sweep; what it did stays."""
    cancelled = get_sweep(store, sweep, locked=True).cancel(now)
    store.sweeps.save(cancelled)
    return cancelled
