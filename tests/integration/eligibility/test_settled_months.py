"""Lists that skip what is settled owe the same as lists that look at everything, whatever happens between them."""

from dataclasses import dataclass, field
from datetime import date
from itertools import count
from random import Random

import pytest

from services.common.errors import DomainError
from services.common.months import first_day, parse_month
from services.eligibility.domain import OWN, EntitlementGrant, Scheme
from services.eligibility.draw import DrawReport, Reversal
from services.eligibility.draw_line import Line, Order
from services.eligibility.draw_list import DrawList, lines_for
from services.eligibility.entitlement import Entitlement
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.service.draw import reverse_answered
from services.eligibility.service.draw_list import create_draw_list, plan_step, release_draw_list, take_step
from services.eligibility.service.entitlement import change_entitlement
from services.eligibility.service.evidence import withdraw_evidence
from services.eligibility.service.months import Months, standing
from services.eligibility.store import EligibilityStore
from tests.integration.eligibility.opened import NOW, PARAMETERS, Opened, evidence_of

PEOPLE, STEPS = 4, 60
OPENING = parse_month("2026-01")
NEGATIVE = [
    (EvidenceKind.SENTENCED, EvidenceSource.JUSTICE),
    (EvidenceKind.SENTENCED, EvidenceSource.POLICE),
    (EvidenceKind.COURT_JUDGMENT, EvidenceSource.JUSTICE),
    (EvidenceKind.IN_CUSTODY, EvidenceSource.POLICE),
    (EvidenceKind.RELEASED, EvidenceSource.JUSTICE),
    (EvidenceKind.DEATH_REGISTERED, EvidenceSource.POLICE),
    (EvidenceKind.CREMATED, EvidenceSource.CIVIL_AFFAIRS),
]


@dataclass
class Walk:
    """A few pensioners to whom things happen at random, and their lists."""

    store: Opened
    chance: Random
    grants: list[EntitlementGrant]
    month: int = OPENING - 1
    amount: int = 400_000
    records: list[tuple[EvidenceSource, str]] = field(default_factory=list)
    drawn: list[DrawReport] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    async def run(self) -> int:
        """Make and release the next list; give its lines."""
        self.month += 1
        order = Order(Scheme.EMPLOYEE_PENSION, "370202", self.month, first_day(self.month))
        made = await self.store.write(lambda opened: create_draw_list(opened, order, "operator/wang", NOW))
        expected = await self.store.read(lambda opened: self._all_that_is_open(opened, made))
        await self._work()
        lines = await self.store.read(lambda opened: opened.draw_lists.ready_after(made.draw_list, 0, 1_000))
        held = [line for line in expected if line.hold_reason]
        assert [_said(line) for line in lines] == [_said(line) for line in expected if not line.hold_reason]
        built = await self.store.read(lambda opened: opened.draw_lists.get(made.draw_list))
        assert built is not None
        assert (built.totals.lines, built.totals.held) == (len(expected), len(held))
        await self.store.write(
            lambda opened: release_draw_list(opened, made.draw_list, None, "reviewer/li", NOW),
        )
        await self._work()
        self.drawn += [line.report(order) for line in lines]
        return len(expected)

    def _all_that_is_open(self, opened: EligibilityStore, made: DrawList) -> list[Line]:
        """Give the lines of a list that skips nothing."""
        references = [grant.reference for grant in self.grants]
        found = sorted(opened.entitlements.by_reference(references).values(), key=lambda one: one.entitlement)
        months = Months(opened, dict.fromkeys(references, OPENING))
        identities = opened.names.identities({one.person for one in found})
        certifications = opened.certifications.of({one.person for one in found})
        lines: list[Line] = []
        for one in found:
            certification = standing(one.person, identities, certifications, made.order.pay_date)
            accounts = months.accounts(one, certification, OPENING, made.order.benefit_month)
            lines += lines_for(made, len(lines) + 1, one, accounts, certification, payable=True)
        return lines

    async def _work(self) -> None:
        everybody = {grant.person for grant in self.grants}
        while (step := await self.store.read(lambda opened: plan_step(opened, 3))) is not None:
            await self.store.write(lambda opened, step=step: take_step(opened, step, everybody, NOW))  # type: ignore[misc]  # bound at once

    async def happen(self) -> None:
        """Let something happen to somebody; what the register refuses does not."""
        grant = self.chance.choice(self.grants)
        back = self.month - self.chance.randint(0, 5)
        what = self.chance.choice(["raise", "suspend", "resume", "evidence", "evidence", "withdraw", "reverse"])
        if what == "evidence":
            kind, source = self.chance.choice(NEGATIVE)
            day = first_day(back)
            record = evidence_of(grant.person, kind, day=day.isoformat(), source=source)
            await self.store.submit(record)
            self.records.append((source, record.reference))
        elif what == "withdraw" and self.records:
            source, reference = self.records.pop(self.chance.randrange(len(self.records)))
            await self.store.write(
                lambda opened: withdraw_evidence(opened, source, reference, "wrong", date(2026, 12, 1), PARAMETERS)
            )
        elif what == "reverse" and self.drawn:
            drawn = self.drawn.pop(self.chance.randrange(len(self.drawn)))
            reversal = Reversal(OWN, drawn.reference, drawn.pay_date, "account closed")
            await self.store.write(lambda opened: reverse_answered(opened, [(0, reversal)], NOW))
        elif what in ("raise", "suspend", "resume"):
            await self._change(grant, what, back)

    async def _change(self, grant: EntitlementGrant, what: str, back: int) -> None:
        self.amount += self.chance.choice([-100, 100, 300])
        amount = self.amount

        def change(opened: EligibilityStore) -> Entitlement:
            found = opened.entitlements.by_reference({grant.reference})[grant.reference]
            if what == "raise":
                return change_entitlement(
                    opened, found.entitlement, None, lambda one: one.change_amount(back, amount, "raise", NOW)
                )
            if what == "suspend":
                return change_entitlement(
                    opened, found.entitlement, None, lambda one: one.suspend(back, "looked into", NOW)
                )
            return change_entitlement(opened, found.entitlement, None, lambda one: one.resume(back, NOW))

        try:
            await self.store.write(change)
        except DomainError:
            return


def _said(line: Line) -> tuple[str, int, int, str]:
    return line.entitlement, line.benefit_month, line.amount_fen, line.kind


@pytest.mark.parametrize("seed", range(4))
async def test_a_list_that_skips_what_is_settled_owes_what_one_that_looks_at_everything_owes(
    store: Opened, seed: int
) -> None:
    walk = Walk(store, Random(seed), await store.pensioners(PEOPLE))
    await walk.run()
    owed = 0
    for _ in range(STEPS):
        if walk.chance.random() < 0.35:
            owed += await walk.run()
        else:
            await walk.happen()
    assert owed
    references = {grant.reference for grant in walk.grants}
    found = await store.read(lambda opened: opened.entitlements.by_reference(references))
    assert any(one.settled_to is not None for one in found.values())


async def test_months_that_were_lost_are_looked_at_again_when_what_took_them_was_wrong(store: Opened) -> None:
    walk = Walk(store, Random(0), await store.pensioners(1))
    await walk.run()
    judged = evidence_of(
        walk.grants[0].person, EvidenceKind.COURT_JUDGMENT, day="2026-01-05", source=EvidenceSource.JUSTICE
    )
    await store.submit(judged)
    assert [await walk.run() for _ in range(5)] == [0] * 5
    today = date(2026, 12, 1)
    await store.write(
        lambda opened: withdraw_evidence(opened, judged.source, judged.reference, "wrong", today, PARAMETERS)
    )
    assert await walk.run() == 6
