"""Two cards of one person are found in the province: from the proposal to the case about the pension drawn twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.admin.outcome import ExitCode
from services.common.clock import bureau_date, system_clock
from services.common.months import format_month, month_of
from tests.integration.admin.desk import Desk, write
from tests.integration.local.running import RunningStack, eventually

pytestmark = pytest.mark.timeout(180)

SECONDS = 60.0
"""For what the three services tell each other; mostly it takes a fraction of one."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    stack = RunningStack(tmp_path / "stack")
    try:
        stack.start()
        yield Desk(stack.folder)
    finally:
        stack.stop()


def drawn(desk: Desk, folder: Path, month: int, *whose: tuple[str, str]) -> list[str]:
    """Pay a month of pensions, each by number and reference; give the reasons of what was refused."""
    today, paid = bureau_date(system_clock()), format_month(month)
    lines = [
        f"D-{reference}-{paid},,{number},{reference},EMPLOYEE_PENSION,370202,{paid},{today},REGULAR,300000,"
        for number, reference in whose
    ]
    file = write(folder, "draws", lines, f"draws-{paid}")
    desk.run("draws", "import", file, "--execute", "--again")
    rejects = file.with_name(f"{file.name}.rejects.csv")
    refused = rejects.read_text("utf-8").splitlines()[1:] if rejects.exists() else []
    return [line.split(",")[2] for line in refused]


def cases(desk: Desk) -> list[dict[str, object]]:
    return desk.do("cases", "list", "--filter", "rule = R-07", role="auditor")


def pensions(desk: Desk, person: str) -> int:
    return len(desk.do("entitlements", "list", "--person", person))


def test_two_cards_in_the_province_are_one_person_who_drew_twice(desk: Desk, tmp_path: Path) -> None:
    (number, person), (old_number, record) = (desk.pensioner(tmp_path, reference) for reference in ("P-NEW", "P-OLD"))
    both = ((number, "P-NEW"), (old_number, "P-OLD"))
    today = bureau_date(system_clock())
    seen = [f"HEALTH,S-{reference},{whose},HOSPITAL_STAY,{today},{today}" for whose, reference in both]
    assert desk.one("evidence", "import", write(tmp_path, "evidence", seen, "seen"), "--execute")["accepted"] == 2
    month = month_of(today)
    assert drawn(desk, tmp_path, month, *both) == []
    kept, old = (str(desk.one("cards", "list", "--person", name)["name"]) for name in (person, record))

    why = ("--reason", "one face, two provinces", "--case-reference", "P-2026-7", "--execute")
    proposal = ("merges", "propose", "--survivor", person, "--merged", record, *why)
    refused = desk.run(*proposal)
    assert (refused.exit_code, refused.stderr.partition(":")[0]) == (ExitCode.REFUSED, "LIVE_CARD_EXISTS")
    merge = str(desk.one(*proposal, "--kept-card", kept)["name"])
    assert desk.run("merges", "approve", merge, "--execute").stderr.startswith("ROLE_NOT_ALLOWED")
    assert cases(desk) == []
    assert desk.one("merges", "approve", merge, "--execute", role="reviewer")["cancelled_card"] == old
    assert desk.one("cards", "get", old)["cancel_reason"] == "CANCEL_REASON_DUPLICATE"
    assert {card["name"] for card in desk.do("cards", "list", "--person", record)} == {kept, old}

    assert eventually(lambda: len(cases(desk)) == 1, SECONDS)
    (flagged,) = cases(desk)
    assert (flagged["rule"], flagged["state"], flagged["subject"]) == ("R-07", "CASE_STATE_OPEN", person)
    assert (flagged["benefit_months"], flagged["amount_at_risk_fen"]) == ([format_month(month)], "300000")
    evidence = str(desk.one("cases", "get", str(flagged["name"]), role="auditor")["evidence"])
    assert f"Merged into {person}" in evidence

    assert eventually(lambda: pensions(desk, person) == 2, SECONDS)
    assert drawn(desk, tmp_path, month + 1, *both) == ["ALREADY_DRAWN"]

    desk.one("merges", "propose-undo", merge, "--reason", "two people after all", "--execute")
    assert desk.one("merges", "undo", merge, "--execute", role="reviewer")["state"] == "MERGE_STATE_UNDONE"
    assert eventually(lambda: [case["state"] for case in cases(desk)] == ["CASE_STATE_WITHDRAWN"], SECONDS)
    anew, cancelled = desk.do("cards", "list", "--person", record)
    assert (cancelled["name"], anew["replaces"]) == (old, old)
    assert eventually(lambda: pensions(desk, person) == 1, SECONDS)
    assert drawn(desk, tmp_path, month + 1, (old_number, "P-OLD")) == []  # its card ended, its account did not
    assert desk.one("ledger", "verify", role="auditor")
