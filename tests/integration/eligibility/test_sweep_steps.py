"""Sweeps in columns come to what the one-person assessment says, whatever happens between reading and writing."""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.common.ids import new_id
from services.eligibility.certification import Certification, state_on
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.facts import MergeTold
from services.eligibility.notice import NoticeChannel, NoticeDelivery
from services.eligibility.service.certification import NoticeReport, reassess, record_notices
from services.eligibility.service.certifying import record_infirmity
from services.eligibility.service.merges import follow_merges
from services.eligibility.service.sweep import cancel_sweep, create_sweep
from services.eligibility.service.sweep_step import StepSize, plan_step, take_step
from services.eligibility.store import EligibilityStore
from services.eligibility.sweep import Sweep
from services.eligibility.sweep_finding import Finding, Wanted, finding_of
from services.eligibility.sweep_slice import NoticeRows, Slice
from tests.integration.eligibility.opened import NOW, PARAMETERS, Opened, grant_of

PEOPLE = 60
SIZE = StepSize(read=23, changed=6, singly=5)
SWEEPS = [date(2026, 7, 1), date(2026, 10, 5), date(2026, 10, 5), date(2026, 11, 20)]
KINDS = (
    EvidenceKind.HOSPITAL_STAY,
    EvidenceKind.FACE_RECOGNITION,
    EvidenceKind.DEATH_REGISTERED,
    EvidenceKind.CREMATED,
    EvidenceKind.MISSING_DECLARED,
    EvidenceKind.COURT_JUDGMENT,
)


NOTHING = Slice((), (), (), (), (), (), (), (), (), (), (), (), NoticeRows((), (), (), ()), ())


class Life:
    """What happens to people at random."""

    def __init__(self, store: Opened, seed: int) -> None:
        self._store = store
        self._random = random.Random(seed)
        self.people: list[str] = []
        self._numbers = 0

    async def begin(self, count: int) -> None:
        """Grant pensions in two districts; the names of some lie between those of others."""
        people = [f"{self._random.randrange(10**8):08d}{new_id()[8:]}" for _ in range(count)]
        for division in ("370202", "370203"):
            some = [person for person in people if (person < "5") == (division == "370202")]
            await self._store.grant(*(grant_of(person) for person in some), division=division)
        self.people += people

    async def happen(self, day: date, count: int) -> None:
        """Let offices, clerks and the identity vault tell something."""
        for _ in range(count):
            person, what = self._random.choice(self.people), self._random.randrange(12)
            if what < 6:
                await self._seen(person, day)
            elif what < 9:
                channel = self._random.choice(list(NoticeChannel))
                delivery = self._random.choice([NoticeDelivery.DELIVERED, NoticeDelivery.FAILED])
                report = NoticeReport(person, channel, day - timedelta(days=self._random.randrange(20)), delivery)
                await self._store.write(lambda opened, one=report: record_notices(opened, [(0, one)], PARAMETERS))  # type: ignore[misc]  # bound at once
            elif what == 9:
                await self._store.write(lambda opened, one=person: record_infirmity(opened, one, day, day, PARAMETERS))  # type: ignore[misc]  # bound at once
            elif what == 10:
                await self.begin(1)
            else:
                self._numbers += 1
                told = MergeTold(person, self._random.choice(self.people), self._numbers, new_id())
                await self._store.write(lambda opened, one=told: follow_merges(opened, [one], PARAMETERS))  # type: ignore[misc]  # bound at once

    async def _seen(self, person: str, day: date) -> None:
        event = day - timedelta(days=self._random.randrange(500))
        self._numbers += 1
        kind, source = self._random.choice(KINDS), self._random.choice(list(EvidenceSource))
        await self._store.submit(Evidence(source, f"L-{self._numbers}", person, kind, event, day))


def everybody(opened: EligibilityStore) -> dict[str, Certification]:
    return {one.person: one for one in opened.certifications.these(opened.sweeps.slice("", 10_000).person)}


class Reassessed(Exception):
    """Carries what everybody's grounds amount to out of a transaction that keeps nothing."""


async def reassessed(store: Opened) -> dict[str, Certification]:
    def work(opened: EligibilityStore) -> None:
        raise Reassessed(reassess(opened, list(everybody(opened).values()), PARAMETERS))

    with pytest.raises(Reassessed) as found:
        await store.write(work)
    return dict(found.value.args[0])


def findings(opened: EligibilityStore, sweep: str, wanted: Wanted, size: int = 7) -> list[Finding]:
    found: list[Finding] = []
    after: str | None = ""
    while after is not None:
        page, after = opened.sweeps.findings(sweep, wanted, size, after)
        found += page
    return found


async def swept(store: Opened, life: Life, day: date, *, dry_run: bool, disturbed: bool) -> Sweep:
    """Sweep, and let something happen between the reading and the writing of each step."""
    sweep = await store.write(lambda opened: create_sweep(opened, day, dry_run, NOW))
    left: Slice | None = None
    while (running := await store.read(lambda opened: opened.sweeps.running())) is not None:
        # Several steps take what is left of one slice, as the sweeper does; by then it is older still.
        found = left.behind(running.cursor) if left is not None else NOTHING
        if not found.person:
            found = await store.read(lambda opened, sweep=running: opened.sweeps.slice(sweep.cursor, SIZE.read))  # type: ignore[misc]  # bound at once
        left = found
        planned = plan_step(running, found, PARAMETERS, SIZE)
        if disturbed:
            await life.happen(date(2026, 11, 23), 2)
        taken = await store.write(lambda opened, plan=planned: take_step(opened, plan, NOW, PARAMETERS, SIZE))  # type: ignore[misc]  # bound at once
        assert taken is not None
        sweep = taken
    return sweep


@pytest.mark.parametrize("seed", range(2))
async def test_a_sweep_in_columns_leaves_everybody_as_the_assessment_of_one_person_does(
    store: Opened, seed: int
) -> None:
    life = Life(store, seed)
    await life.begin(PEOPLE)
    for day in SWEEPS:
        await life.happen(day, PEOPLE // 2)
        dry = await swept(store, life, day, dry_run=True, disturbed=False)
        before = await store.read(everybody)
        real = await swept(store, life, day, dry_run=False, disturbed=day != SWEEPS[-1])
        left = await store.read(everybody)
        alone = await reassessed(store)
        for person, one in left.items():
            assert replace(one.assessment, assessed_to=day) == replace(alone[person].assessment, assessed_to=day)
    # Nothing disturbed the last one: what the dry run foretold, and what it found, is what became of everybody.
    found = await store.read(lambda opened: findings(opened, real.sweep, Wanted()))
    assert found == await store.read(lambda opened: findings(opened, dry.sweep, Wanted()))
    assert found == [finding_of(before[person], left[person], day, PARAMETERS) for person in sorted(left)]
    assert (real.counts, real.counts.examined) == (dry.counts, len(left))
    tally = await store.read(lambda opened: opened.sweeps.tally(real.sweep))
    assert dict(tally) == Counter((finding.division, finding.kind) for finding in found)
    states = [{name: state_on(one.assessment.periods, day) for name, one in of.items()} for of in (before, left)]
    changed = [one.person for one in found if one.kind.is_change]
    assert changed == [person for person in sorted(left) if states[0][person] is not states[1][person]]
    some = Wanted(on_list=found[0].kind.on_list, reason=found[0].kind.reason, division=found[0].division)
    assert await store.read(lambda opened: findings(opened, real.sweep, some)) == [
        one for one in found if (one.kind.reason, one.division) == (some.reason, some.division)
    ]
    numbers = Counter(await store.told("CertificationChanged"))
    assert set(numbers.values()) == {1}


async def test_a_step_that_another_process_took_or_that_was_cancelled_is_not_taken(
    store: Opened, second: Opened
) -> None:
    await Life(store, 1).begin(8)
    sweep = await store.write(lambda opened: create_sweep(opened, SWEEPS[0], dry_run=False, now=NOW))
    plans = []
    for process in (store, second):
        found = await process.read(lambda opened: opened.sweeps.slice("", 3))
        plans.append(plan_step(sweep, found, PARAMETERS, SIZE))
    taken = await store.write(lambda opened: take_step(opened, plans[0], NOW, PARAMETERS, SIZE))
    assert taken is not None
    assert taken.counts.examined == 3
    assert await second.write(lambda opened: take_step(opened, plans[1], NOW, PARAMETERS, SIZE)) is None
    found = await second.read(lambda opened: opened.sweeps.slice(taken.cursor, 3))
    late = plan_step(taken, found, PARAMETERS, SIZE)
    await store.write(lambda opened: cancel_sweep(opened, sweep.sweep, NOW))
    assert await second.write(lambda opened: take_step(opened, late, NOW, PARAMETERS, SIZE)) is None
    assert len(await store.read(lambda opened: findings(opened, sweep.sweep, Wanted()))) == 3
