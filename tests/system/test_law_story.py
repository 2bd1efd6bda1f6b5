"""A law that changes backwards over real processes: what was decided, what would be, who is paid back, and why."""

from pathlib import Path

import pytest

from services.common.clock import bureau_date, system_clock
from tests.integration.admin.desk import ACCOUNT, Desk, identity_number, write
from tests.integration.eligibility.books import ALLOWANCE, city_law
from tests.integration.local.running import RunningStack

pytestmark = pytest.mark.timeout(180)

RAISED = """\
    2024-07:
      value: 120
      source: 市发〔2025〕9号 第三条
      published: 2025-03-15
"""


def test_a_law_that_changes_backwards_is_recomputed_paid_back_and_decided_anew(tmp_path: Path) -> None:
    laws = tmp_path / "laws"
    laws.mkdir()
    stack, number = RunningStack(tmp_path / "stack"), identity_number()
    desk = Desk(stack)
    try:
        stack.start({"SOCSEC_LAW_FOLDER": str(city_law(laws))})
        [person] = desk.people(tmp_path, [number])
        told = [f"{number},MALE_60,300,0,,,{bureau_date(system_clock())}"]
        assert desk.one("eligibility", "facts", "import", write(tmp_path, "facts", told), "--execute")["accepted"] == 1
        granted = [f"G-1,{number},{ALLOWANCE},EMPLOYEE_PENSION,370202,2024-01,2025-06,30000,{ACCOUNT}"]
        grant = ("entitlements", "import", write(tmp_path, "entitlements", granted), "--execute")
        assert desk.one(*grant)["accepted"] == 1
        [decided] = desk.do("decisions", "list", "--person", person)
        assert decided["results"] == {"city_allowance_fen": "30000"}
        stack.stop()

        stack.start({"SOCSEC_LAW_FOLDER": str(city_law(laws, more_numbers=RAISED))})
        asked = ("eligibility", "evaluate", ALLOWANCE, "--person", person, "--as-of-date", "2025-01-01")
        for known, amount in (("2025-03-14", "30000"), ("2025-03-15", "36000")):
            then = desk.one(*asked, "--known-date", known)
            assert then["results"] == {"city_allowance_fen": amount}
        [found] = desk.do("decisions", "recompute", role="auditor")
        assert (found["decision"], found["back_pay_fen"]) == (decided["name"], str(12 * 6_000))
        shown = desk.run("decisions", "recompute").stdout
        assert "2024-07..2025-06" in shown
        assert "市发〔2025〕9号 第三条" in shown
        explained = desk.one("rules", "explain", str(decided["name"]), role="auditor")
        assert (explained["reproduced"], explained["obstacle"]) == (True, "")

        entitlement = str(found["entitlement"])
        change = ("--from-month", "2024-07", "--monthly-amount-fen", "36000", "--reason", "市发〔2025〕9号")
        desk.one("entitlements", "change-amount", entitlement, *change, "--execute")
        anew = ("--person", person, "--as-of-date", "2025-01-01", "--entitlement", entitlement, "--execute")
        assert desk.one("decisions", "record", ALLOWANCE, *anew)["results"] == {"city_allowance_fen": "36000"}
        assert desk.do("decisions", "recompute") == []
    finally:
        stack.stop()
