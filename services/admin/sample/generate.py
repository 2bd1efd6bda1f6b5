"""The city, part by part, so that memory stays the same however many people there are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from services.admin.sample import lives, pensions, people
from services.admin.sample.calendar import PAY_DAY, Period
from services.admin.sample.numbers import Identities
from services.admin.sample.planting import Lines, Planting
from services.admin.sample.stories import plant

LEAST_PEOPLE, MOST_PEOPLE = 1_000, 12_000_000
LEAST_MONTHS, MOST_MONTHS = 4, 120
PART = 50_000
"""People made at a time."""

HEADERS = {
    "people.csv": "identity_number,full_name,division,representative_identity_number,representative_kind",
    "cards.csv": "identity_number,issuing_division,service_bank_code,bank_account,issue_date",
    "facts.csv": "identity_number,retirement_group,contribution_months,deemed_months,avg_index_bp,"
    "account_balance_fen,as_of_date",
    "entitlements.csv": "reference,identity_number,benefit,scheme,pooling_region,start_month,end_month,"
    "monthly_amount_fen,account",
    "evidence.csv": "source,reference,identity_number,kind,event_date,received_date",
    "evidence_late.csv": "source,reference,identity_number,kind,event_date,received_date",
    "withdrawals.csv": "source,reference,reason",
    "notices.csv": "identity_number,channel,delivered_date",
    "draws.csv": "reference,origin,identity_number,entitlement_reference,scheme,pooling_region,benefit_month,pay_date,"
    "kind,amount_fen,account",
    "reversals.csv": "origin,reference,reverse_date,reason",
    "truth.csv": "expectation,rule,identity_numbers,benefit_months,amount_at_risk_fen,story",
}
"""The files that are written, with their columns."""


@dataclass(frozen=True, slots=True)
class Order:
    """A city to make: people, seed, and the months drawn for."""

    people: int
    seed: int
    period: Period


def generate(order: Order, directory: Path, told: Callable[[int], object]) -> None:
    """Write a city into a folder; the same order gives the same bytes. `told` hears how many people are done.

    Raises ValueError for a city that is too small or too large.
    """
    if not LEAST_PEOPLE <= order.people <= MOST_PEOPLE or not LEAST_MONTHS <= order.period.count <= MOST_MONTHS:
        raise ValueError(
            f"A city has {LEAST_PEOPLE:,} to {MOST_PEOPLE:,} people and {LEAST_MONTHS} to {MOST_MONTHS} months."
        )
    directory.mkdir(parents=True, exist_ok=True)
    files = _Files(directory)
    try:
        maker = _Maker(order, files)
        first = 0
        while first < order.people:
            # What is left over is made together with the last part: stories need a crowd.
            count = PART if order.people - first >= 2 * PART else order.people - first
            maker.make(first, count)
            first += count
            told(first)
    finally:
        files.close()


class _Files:
    def __init__(self, directory: Path) -> None:
        self._open: dict[str, BinaryIO] = {}
        for name, header in HEADERS.items():
            self._open[name] = (directory / name).open("wb")
            self._open[name].write(f"{header}\n".encode())

    def write(self, name: str, content: bytes | list[str]) -> None:
        self._open[name].write(content if isinstance(content, bytes) else "".join(content).encode())

    def close(self) -> None:
        for file in self._open.values():
            file.close()


class _Maker:
    def __init__(self, order: Order, files: _Files) -> None:
        self._order = order
        self._files = files
        self._identities = Identities()
        self._records = 0

    def make(self, first: int, count: int) -> None:
        """Make so many people behind those that were made, and write all about them."""
        period = self._order.period
        random = np.random.default_rng([self._order.seed, first])
        part = people.settle(random, first, count, period, self._identities)
        insured = pensions.insure(random, part, period)
        entitled = pensions.entitle(random, part, insured, period)
        planted = Planting(random, part, entitled, period)
        plant(planted)
        evidence, notices = _lives(random, planted)
        self._files.write("people.csv", people.people_rows(part))
        self._files.write("cards.csv", people.card_rows(part, random, period))
        self._files.write("facts.csv", pensions.fact_rows(random, part, insured, period))
        self._files.write("entitlements.csv", pensions.entitlement_rows(part, entitled))
        self._files.write("evidence.csv", lives.evidence_rows(part, evidence, self._records))
        self._files.write("notices.csv", lives.notice_rows(part, notices))
        self._records += len(evidence)
        self._write_lines(planted.lines, part, entitled)

    def _write_lines(self, lines: Lines, part: people.People, entitled: pensions.Entitlements) -> None:
        period = self._order.period
        for index, extra in enumerate(lines.draws):
            month, day = period.month(index), period.day(index, PAY_DAY)
            self._files.write("draws.csv", pensions.draw_rows(part, entitled, month, day))
            self._files.write("draws.csv", extra)
        self._files.write("evidence_late.csv", lines.late_evidence)
        self._files.write("withdrawals.csv", lines.withdrawals)
        self._files.write("reversals.csv", lines.reversals)
        self._files.write("truth.csv", [truth.line() for truth in lines.truth])


def _lives(random: np.random.Generator, planted: Planting) -> tuple[lives.Evidence, lives.Notices]:
    """Give what becomes known of the pensioners, and the notices they get, stories and all others."""
    part, entitled, period = planted.people, planted.pensions, planted.period
    deaths = lives.die(random, part, entitled, planted.taken, planted.death_days, period)
    seen = lives.be_seen(random, entitled, planted.unseen, planted.death_days, period)
    answers, notices = lives.answer_warnings(random, part, entitled, seen, planted.unseen, planted.death_days, period)
    evidence = lives.together([seen, deaths, answers, planted.evidence()])
    return evidence, lives.notified([notices, planted.notices()])
