"""Sweeps warn and suspend, in bounded steps that go on after a crash where they stopped.

A step reads a slice of records, looks at it off the event loop, and then, in one transaction, makes sure that nothing
of it has changed meanwhile, keeps what changes and tells it. Whom the records do not tell of, and who has changed
meanwhile, is worked out alone in that transaction.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.eligibility.assessment import Grounds, assess
from services.eligibility.certification import Certification, CertificationEvent
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.notice import Notice
from services.eligibility.service.store import Store
from services.eligibility.sweep import Applied, Sweep, count, dates_for, look_at
from services.eligibility.sweep_columns import Looked, look_at_slice
from services.eligibility.sweep_finding import Finding, Kind, finding_of
from services.eligibility.sweep_slice import Slice


@dataclass(frozen=True, slots=True)
class StepSize:
    """How much one step does at most."""

    read: int = 20_000
    """Certifications read."""
    changed: int = 5_000
    """Certifications that change: these are written and told in one transaction."""
    singly: int = 1_000
    """Certifications that are worked out alone."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A step that was worked out and is to be taken; without a slice, the last one."""

    sweep: Sweep
    found: Slice | None
    looked: Looked | None

    def follows(self, sweep: Sweep) -> bool:
        """Tell whether it is the next step of a sweep as it stands."""
        return (self.sweep.sweep, self.sweep.cursor) == (sweep.sweep, sweep.cursor)


def plan_step(sweep: Sweep, found: Slice, law: CertificationLaw, size: StepSize) -> Planned:
    """Look at what was read for a sweep; needs no store."""
    if not found.person:
        return Planned(sweep, None, None)
    return Planned(sweep, found, look_at_slice(found, sweep.as_of_date, law, size.changed, size.singly))


def take_step(store: Store, planned: Planned, now: datetime, law: CertificationLaw, size: StepSize) -> Sweep | None:
    """Take a planned step; None when the sweep was cancelled or has gone on elsewhere meanwhile."""
    sweep = store.sweeps.running()
    if sweep is None or not planned.follows(sweep):
        return None
    store.certifications.keep_beginnings_off()
    found, looked = planned.found, planned.looked
    if found is None or looked is None:
        if store.sweeps.slice(sweep.cursor, 1).person:
            return sweep  # somebody was granted a pension meanwhile
        sweep = sweep.succeed(now)
        store.sweeps.save(sweep)
        return sweep
    stale = store.sweeps.stale(found, sweep.cursor, looked.last)
    if stale:
        again = found.until(looked.last)
        again = replace(again, merged={*again.merged, *stale})
        looked = look_at_slice(again, sweep.as_of_date, law, size.changed, size.singly)
    begun = {person for person in stale if person <= looked.last}.difference(found.person)
    singly = store.certifications.these({*looked.singly, *begun})
    after = _look(store, sweep, singly, law)
    if not sweep.dry_run:
        store.sweeps.enter(looked.changes)
    _keep_findings(store, sweep, looked, list(zip(singly, after, strict=True)), law)
    counted = [count(before, now_is, sweep.as_of_date) for before, now_is in zip(singly, after, strict=True)]
    sweep = sweep.advance(looked.last, [looked.counts, *counted])
    store.sweeps.save(sweep)
    return sweep


def _keep_findings(
    store: Store,
    sweep: Sweep,
    looked: Looked,
    singly: Sequence[tuple[Certification, Certification]],
    law: CertificationLaw,
) -> None:
    numbers = law.on(sweep.as_of_date)
    alone = [finding_of(before, after, sweep.as_of_date, numbers) for before, after in singly]
    also: list[Finding] = [finding for finding in alone if finding is not None]
    tally: Counter[tuple[str, Kind]] = Counter(looked.tally)
    tally.update((finding.division, finding.kind) for finding in also)
    store.sweeps.keep_findings(sweep.sweep, looked.last, looked.findings.plus(also), tally)


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
