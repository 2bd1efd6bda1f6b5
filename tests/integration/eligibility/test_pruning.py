"""What ended long ago is deleted piece by piece, and what anything still rests on stays, on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.common.errors import PreconditionFailed
from services.common.lease import Lease
from services.common.transactions import Transactions
from services.eligibility.proposal import ProposalState
from services.eligibility.pruner import Pruner
from services.eligibility.service.finding_run import create_run
from services.eligibility.service.proposing import decline_proposal, expire_proposals
from services.eligibility.service.pruning import prune
from services.eligibility.service.store import Store
from services.eligibility.service.sweep import get_sweep
from services.eligibility.store.tables.certification import SWEEP, SWEEP_FINDING, SWEEP_TALLY
from services.eligibility.store.tables.decision import DECISION
from services.eligibility.store.tables.proposal import FINDING_RUN, PROPOSAL
from services.eligibility.sweep import SweepState
from tests.integration.eligibility.opened import BOOK, NOW, Opened
from tests.integration.eligibility.test_finding import CAREFUL, City

LATER = NOW + timedelta(days=3 * 366)


async def test_lists_of_old_sweeps_go_and_only_dry_runs_go_whole(store: Opened) -> None:
    await store.pensioners(5)
    dry = await store.sweep(date(2026, 11, 20), dry_run=True)
    applied = await store.sweep(date(2026, 11, 21))
    assert len(await store.rows(SWEEP_FINDING)) == 2
    assert not await store.write(lambda opened: prune(opened, NOW - timedelta(days=1)))
    steps = 0
    while await store.write(lambda opened: prune(opened, LATER, lists=1)):
        steps += 1
    assert steps == 4  # a part, and the end of each
    assert [row["sweep"] for row in await store.rows(SWEEP)] == [applied.sweep] != [dry.sweep]
    assert await store.rows(SWEEP_FINDING) == []
    assert {row["sweep"] for row in await store.rows(SWEEP_TALLY)} == {applied.sweep}
    assert [one.as_of_date for one in await store.read(lambda opened: opened.sweeps.applied())] == [date(2026, 11, 21)]
    kept = await store.read(lambda opened: get_sweep(opened, applied.sweep))
    assert kept.state is SweepState.SUCCEEDED
    with pytest.raises(PreconditionFailed):
        kept.check_lists()


async def test_runs_and_proposals_that_came_to_nothing_go_with_their_decisions(store: Opened) -> None:
    city = City(store, CAREFUL)
    declined, expired, open_one = [await city.resident() for _ in range(3)]
    ended = await city.run()
    [answered] = await city.proposals(declined)
    await store.write(lambda opened: decline_proposal(opened, answered.proposal, None, "note 3", "operator/wang", NOW))
    [over], [kept] = await city.proposals(expired), await city.proposals(open_one)
    later = [replace(kept, expire_date=date(2030, 1, 1))]
    await store.write(lambda opened: opened.proposals.save(later))
    assert await store.write(lambda opened: expire_proposals(opened, datetime(2027, 6, 1, tzinfo=UTC), 100)) == 1
    running = await store.write(lambda opened: create_run(opened, date(2026, 11, 24), True, "operator/wang", NOW))
    while await store.write(lambda opened: prune(opened, LATER, rows=1)):
        pass
    assert {row["proposal"] for row in await store.rows(PROPOSAL)} == {answered.proposal, kept.proposal}
    decisions = {row["decision"] for row in await store.rows(DECISION)}
    assert over.decision not in decisions
    assert {answered.decision, kept.decision} <= decisions
    assert [row["run"] for row in await store.rows(FINDING_RUN)] == [running.run] != [ended.run]
    assert {row["state"] for row in await store.rows(PROPOSAL)} == {ProposalState.DECLINED, ProposalState.OPEN}


async def test_one_of_two_processes_prunes_by_the_months_of_the_book(store: Opened, second: Opened) -> None:
    await store.pensioners(2)
    await store.sweep(date(2026, 11, 20), dry_run=True)

    def pruner(process: Opened, now: datetime) -> Pruner:
        transactions: Transactions[Store] = Transactions(process.database, process.open, lambda: now, b"key")
        lease = Lease(process.database, "pruning", timedelta(hours=1), lambda: now)
        return Pruner(transactions, lease, BOOK, lambda: now)

    kept, over = datetime(2028, 11, 23, 2, tzinfo=UTC), datetime(2028, 12, 1, 2, tzinfo=UTC)
    await pruner(store, kept).prune()
    assert len(await store.rows(SWEEP)) == 1  # kept for two years, to the month
    assert await Lease(store.database, "pruning", timedelta(hours=1), lambda: over).hold()
    await pruner(second, over + timedelta(minutes=30)).prune()
    assert len(await store.rows(SWEEP)) == 1  # the other process has it in hand
    await pruner(second, over + timedelta(hours=2)).prune()
    assert await store.rows(SWEEP) == []
