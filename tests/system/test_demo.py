"""The story of the demo, on the real parts: a small city, its faults flagged, and a case read as an auditor would."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from services.admin.demo.verdict import read_faults
from services.admin.stack import running

PEOPLE, MONTHS = 1_500, 4
RULES = ["R-01", "R-04", "R-05", "R-06", "R-18", "R-29", "R-34"]

pytestmark = pytest.mark.timeout(120)


def ssctl(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services.admin", *arguments], capture_output=True, text=True, timeout=100, check=False
    )


def test_the_demo_finds_every_planted_fault_and_nothing_else_and_can_be_seen_again(tmp_path: Path) -> None:
    stack, report = tmp_path / "stack", tmp_path / "report.json"
    demo = ("demo", "--people", str(PEOPLE), "--months", str(MONTHS), "--dir", str(stack), "--report", str(report))
    shown = ssctl(*demo)
    assert shown.returncode == 0, shown.stdout + shown.stderr

    found = json.loads(report.read_text("utf-8"))
    assert sorted(found) == ["cards_issued", "draws_recorded", "no_touch_rate", "people", "rules", "seconds"]
    assert found["people"] == found["cards_issued"] == PEOPLE
    assert found["draws_recorded"] == len((stack / "city" / "draws.csv").read_text("utf-8").splitlines()) - 1
    assert 0.8 < found["no_touch_rate"] < 1
    assert sorted(found["rules"]) == RULES
    for score in found["rules"].values():
        assert score["planted"] > 0
        assert score["found"] == score["planted"]
        assert score["false"] == 0
    assert shown.stdout.count("flagged") > sum(score["planted"] for score in found["rules"].values())
    assert "withdrawn" in shown.stdout

    late = next(fault for fault in read_faults(stack / "city" / "truth.csv") if fault.rule == "R-01")
    with running(stack):
        refused = ssctl(*demo)
        assert (refused.returncode, "A stack runs there" in refused.stderr) == (2, True)
        auditor = ("--dir", str(stack), "--role", "auditor", "-o", "json")
        cases = json.loads(ssctl("cases", "list", "--filter", "rule = R-01 AND state = OPEN", *auditor).stdout)
    case = next(case for case in cases if int(case["amount_at_risk_fen"]) == late.amount_fen)
    assert tuple(case["benefit_months"]) == late.months
    assert len(case["evidence"]) >= len(late.months) + 1
    assert all("LUMP_SUM" not in event["summary"] for event in case["evidence"])


def test_a_demo_that_is_told_to_end_leaves_no_stack_behind(tmp_path: Path) -> None:
    state = tmp_path / "stack" / "stack.json"
    command = (sys.executable, "-m", "services.admin", "demo", "--people", "2000", "--dir", str(state.parent))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as demo:
        deadline = time.monotonic() + 60
        while not _is_ready(state):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        processes = json.loads(state.read_text("utf-8"))["processes"].values()
        demo.send_signal(signal.SIGTERM)
        _, said = demo.communicate(timeout=60)
    assert (demo.returncode, said) == (130, "interrupted\n")
    assert not state.exists()
    assert not any(psutil.pid_exists(process) for process in processes)


def _is_ready(state: Path) -> bool:
    try:
        return bool(json.loads(state.read_text("utf-8"))["ready"])
    except FileNotFoundError:
        return False


def test_the_demo_takes_away_nothing_that_it_has_not_made(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious", "utf-8")
    refused = ssctl("demo", "--dir", str(tmp_path))
    assert refused.returncode == 2
    assert "no demo made" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
