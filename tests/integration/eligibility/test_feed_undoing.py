"""Undoing a delivery leaves everything as if it had never been sent, whatever else came before and after."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from services.common.ids import new_id
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.feed import FeedBatchState
from services.eligibility.feed_decision import FeedDecisionKind
from services.eligibility.feed_row import FeedRow, FeedRowOutcome
from services.eligibility.store.tables.evidence import EVIDENCE
from tests.integration.eligibility.feeding import Feeding
from tests.integration.eligibility.opened import Opened, grant_of

PEOPLE, REFERENCES, PLAIN = 5, 8, 4
Content = tuple[int, EvidenceKind, date, date]
"""Number of the person, what, when, and when it was received."""
KINDS = (
    EvidenceKind.DEATH_REGISTERED,
    EvidenceKind.CREMATED,
    EvidenceKind.SENTENCED,
    EvidenceKind.MISSING_DECLARED,
    EvidenceKind.HOSPITAL_STAY,
    EvidenceKind.OUTPATIENT_SETTLEMENT,
    EvidenceKind.PHARMACY,
)
SOURCES = (EvidenceSource.POLICE, EvidenceSource.HEALTH)


@dataclass(frozen=True)
class Delivery:
    """What an office sends."""

    source: EvidenceSource
    rows: tuple[tuple[int, int, int, EvidenceKind, date, date], ...]
    """Number of the reference, revision, and the content."""
    single: bool = False
    """Submitted by itself, not as a delivery."""


def deliveries(random_: random.Random) -> list[Delivery]:
    """Give deliveries with repetitions, conflicts and corrections, and records that are also submitted by themselves.

    A record that is submitted by itself and refused is told so at once, and nobody keeps it: those have no rivals.
    """
    plain = {(source, reference): _content(random_) for source in SOURCES for reference in range(PLAIN)}
    found = [_delivery(random_, plain) for _ in range(random_.randint(3, 6))]
    singles = [Delivery(source, ((reference, 0, *said),), single=True) for (source, reference), said in plain.items()]
    for one in random_.sample(singles, 3):
        found.insert(random_.randint(0, len(found)), one)
    return found


def _delivery(random_: random.Random, plain: dict[tuple[EvidenceSource, int], Content]) -> Delivery:
    source, rows = random_.choice(SOURCES), []
    for reference in random_.sample(range(REFERENCES), random_.randint(2, REFERENCES)):
        revision = random_.choice((0, 0, 1, 2))
        said = _content(random_) if revision or reference >= PLAIN else plain[source, reference]
        rows.append((reference, revision, *said))
    return Delivery(source, tuple(rows))


def _content(random_: random.Random) -> Content:
    day = date(2026, 1, 1) + timedelta(days=random_.randint(0, 250))
    late = day + timedelta(days=random_.choice((0, 0, 40)))
    return random_.randrange(PEOPLE), random_.choice(KINDS), day, late


class City:
    """A few pensioners, whose records have references of their own."""

    def __init__(self, store: Opened, feeding: Feeding) -> None:
        self.store, self.feeding = store, feeding
        self.people = [new_id() for _ in range(PEOPLE)]
        self.prefix = new_id()

    async def begin(self) -> None:
        await self.store.grant(*(grant_of(person, "2025-12") for person in self.people))

    async def receive(self, delivery: Delivery) -> str:
        rows = [
            FeedRow(f"{self.prefix}-{reference}", revision, self.people[person], kind, day, late)
            for reference, revision, person, kind, day, late in delivery.rows
        ]
        if not delivery.single:
            return (await self.feeding.send(delivery.source, *rows)).batch
        records = [
            Evidence(delivery.source, row.reference, row.person, row.kind, row.event_date, row.received_date)
            for row in rows
        ]
        await self.store.submit(*records)
        return ""

    async def state(self, batches: Iterable[str]) -> list[object]:
        """Give all that there is, with numbers instead of names."""
        found: list[object] = []
        for person in self.people:
            one = await self.store.read(lambda opened, person=person: opened.certifications.get(person))  # type: ignore[misc]  # bound at once
            assert one is not None
            # A sweep that changes nobody does not note that it looked.
            found.append(replace(one.assessment, assessed_to=date.min))
        rows = await self.store.rows(EVIDENCE)
        told = {name: index for index, name in enumerate(batches)} | {"": -1}
        found.append(
            sorted(
                (
                    row["source"],
                    str(row["reference"]).removeprefix(self.prefix),
                    row["revision"],
                    self.people.index(str(row["person"])),
                    row["kind"],
                    row["event_date"],
                    row["received_date"],
                    row["superseded_date"],
                    told[str(row["batch"])],
                )
                for row in rows
                if str(row["reference"]).startswith(self.prefix) and not row["undone"]
            )
        )
        for name in batches:
            rows_of = await self.store.read(lambda opened, name=name: opened.feeds.rows_after(name, "", 1_000))  # type: ignore[misc]  # bound at once
            # Whether an accepted row corrects another one depends on whether that one is there.
            found.append(
                [FeedRowOutcome.ACCEPTED if row.outcome is FeedRowOutcome.CORRECTED else row.outcome for row in rows_of]
            )
        return found


@pytest.mark.parametrize("seed", range(8))
async def test_an_undone_delivery_was_never_sent(store: Opened, seed: int) -> None:
    random_ = random.Random(seed)
    feeding = Feeding(store, step=4)
    sent, unsent = City(store, feeding), City(store, feeding)
    await sent.begin()
    await unsent.begin()
    plan = deliveries(random_)
    bad = random_.choice([index for index, one in enumerate(plan) if not one.single])
    names: list[str] = []
    others: list[str] = []
    wrong = ""
    for index, delivery in enumerate(plan):
        name = await sent.receive(delivery)
        if index == bad:
            wrong = name
        else:
            names.append(name)
            others.append(await unsent.receive(delivery))
        if random_.random() < 0.3:
            await store.sweep(date(2026, 9, 1) + timedelta(days=20 * index))
    undone = await feeding.decide(wrong, FeedDecisionKind.UNDO)
    assert undone.state is FeedBatchState.UNDONE
    assert await sent.state([name for name in names if name]) == await unsent.state([name for name in others if name])
