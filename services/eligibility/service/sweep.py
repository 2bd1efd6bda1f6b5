"""Sweeps warn and suspend, in bounded steps that go on after a crash where they stopped."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from services.common.errors import NotFound, PreconditionFailed
from services.common.ids import new_id
from services.eligibility.assessment import Grounds, assess
from services.eligibility.certification import Certification, CertificationEvent, CertificationLaw, Notice
from services.eligibility.service.store import Store
from services.eligibility.sweep import Applied, Sweep, SweepState, count, dates_for, look_at

STEP = 1_000
"""Certifications looked at in one transaction."""


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


def get_sweep(store: Store, sweep: str) -> Sweep:
    """Read a sweep."""
    found = store.sweeps.get(sweep)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such sweep.", {"resource": f"certificationSweeps/{sweep}"})
    return found


def cancel_sweep(store: Store, sweep: str, now: datetime) -> Sweep:
    """Stop a sweep; what it did stays."""
    cancelled = get_sweep(store, sweep).cancel(now)
    store.sweeps.save(cancelled)
    return cancelled


def advance_sweep(store: Store, now: datetime, law: CertificationLaw, step: int = STEP) -> Sweep | None:
    """Let the sweep at work look at the next certifications; None when there is none at work."""
    sweep = store.sweeps.running()
    if sweep is None:
        return None
    looked_at = store.certifications.after(sweep.cursor, step)
    if looked_at:
        after = _look(store, sweep, looked_at, law)
        found = [count(one, other, sweep.as_of_date) for one, other in zip(looked_at, after, strict=True)]
        sweep = sweep.advance(looked_at[-1].person, found)
    else:
        sweep = sweep.succeed(now)
    store.sweeps.save(sweep)
    return sweep


def _look(
    store: Store, sweep: Sweep, certifications: Sequence[Certification], law: CertificationLaw
) -> list[Certification]:
    """Give the certifications as the sweep leaves them; keep and tell what changed, unless it is a dry run."""
    people = [certification.person for certification in certifications]
    notices = store.certifications.notices(people)
    after: list[Certification] = []
    changed: list[Certification] = []
    events: list[CertificationEvent] = []
    unclear: list[Certification] = []
    seen = {}
    for certification in certifications:
        of_person = notices.get(certification.person, ())
        seen[certification.person] = look_at(certification, of_person, sweep.as_of_date, law)
        if seen[certification.person] is None:
            unclear.append(certification)
    grounds = _grounds(store, sweep, unclear, notices)
    for certification in certifications:
        assessment = seen[certification.person] or assess(grounds[certification.person], law)
        now, told = certification.become(assessment)
        after.append(now)
        events += told
        if now != certification:
            changed.append(now)
    if not sweep.dry_run:
        store.certifications.save(changed)
        store.tell(events)
    return after


def _grounds(
    store: Store, sweep: Sweep, certifications: Sequence[Certification], notices: Mapping[str, Sequence[Notice]]
) -> dict[str, Grounds]:
    evidence = store.evidence.deciding([certification.person for certification in certifications])
    others = [applied for applied in store.sweeps.applied() if certifications]
    return {
        certification.person: Grounds(
            certification.start_date,
            certification.birth_date,
            evidence.get(certification.person, ()),
            notices.get(certification.person, ()),
            dates_for(certification.person, [*others, Applied(sweep.as_of_date, certification.person)]),
            infirmity=certification.infirmity,
        )
        for certification in certifications
    }
