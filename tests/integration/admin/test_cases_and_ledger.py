"""`ssctl cases` and `ledger` against the real fund audit, over its death too."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.admin.outcome import ExitCode
from tests.integration.admin.desk import ACCOUNT, Desk, write
from tests.integration.local.running import RunningStack, eventually


def draw_twice(desk: Desk, folder: Path, reference: str) -> str:
    """Have somebody draw one scheme in two regions; gives the person."""
    number, person = desk.pensioner(folder, reference)
    own = f"{reference}a,,{number},{reference},EMPLOYEE_PENSION,370202,2026-09,2026-09-15,REGULAR,300000,"
    other = f"{reference}b,agency/370685,{number},X,EMPLOYEE_PENSION,370685,2026-09,2026-09-20,REGULAR,290000,{ACCOUNT}"
    draws = write(folder, "draws", [own, other])
    assert desk.one("draws", "import", draws, "--execute")["accepted"] == 2
    return person


def case_of(desk: Desk, person: str) -> dict[str, object]:
    """Wait until the case of somebody who draws twice is flagged."""
    words = ("cases", "list", "--subject", person, "--filter", "rule = R-04")
    assert eventually(lambda: bool(desk.do(*words, role="auditor")))
    return desk.one(*words, role="auditor")


class Watch:
    """`ssctl cases watch` as a process."""

    def __init__(self, desk: Desk, *words: str | Path) -> None:
        self.process = desk.start("cases", "watch", "-o", "jsonl", *words, role="auditor")

    def next(self) -> str:
        """Give the person of the next change, or listed case."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return str(json.loads(line)["case"]["subject"])

    def until(self, person: str) -> None:
        """Read on to a person's case, past those of other tests."""
        while self.next() != person:
            pass

    def end(self) -> tuple[int, str]:
        """Press Ctrl-C; gives the exit code and what was said."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said


@pytest.fixture
def watch(desk: Desk, tmp_path: Path) -> Iterator[Watch]:
    made = Watch(desk, "--filter", "rule = R-04", "--token-file", tmp_path / "token")
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.communicate()


def test_a_case_is_listed_taken_and_decided_by_two_people(desk: Desk, tmp_path: Path) -> None:
    person = draw_twice(desk, tmp_path, "C-1")
    case = str(case_of(desk, person)["name"])
    shown = desk.run("cases", "get", case, role="auditor").stdout
    assert "2,900.00" in shown
    assert "DrawRecorded" in shown
    assert desk.one("cases", "take", case, role="auditor")["state"] == "CASE_STATE_TAKEN"
    assert desk.one("cases", "get", case, role="auditor")["state"] == "CASE_STATE_OPEN"
    desk.one("cases", "take", case, "--execute", role="auditor")
    decide = ("cases", "decide", case, "--confirm", "--reason", "paid in both regions", "--execute")
    same = desk.run(*decide, role="auditor")
    assert (same.exit_code, same.stderr.split(":")[0]) == (ExitCode.REFUSED, "SAME_PERSON")
    assert desk.one(*decide, role="reviewer")["state"] == "CASE_STATE_CONFIRMED"


def test_a_watch_lists_then_follows_over_the_death_of_the_service(
    stack: RunningStack, desk: Desk, watch: Watch, tmp_path: Path
) -> None:
    person = draw_twice(desk, tmp_path, "C-2")
    watch.until(person)
    os.kill(stack.state()["processes"]["fund_audit"], signal.SIGKILL)
    later = draw_twice(desk, tmp_path, "C-3")
    watch.until(later)
    code, said = watch.end()
    assert code == ExitCode.INTERRUPTED
    assert "Going on when it is back" in said
    assert said.splitlines()[-1] == "interrupted"

    missed = draw_twice(desk, tmp_path, "C-4")
    case_of(desk, missed)
    again = Watch(desk, "--filter", "rule = R-04", "--token-file", tmp_path / "token", "--count", "1")
    assert again.next() == missed
    assert again.process.wait(20) == 0
    again.process.communicate()
    other = desk.run("cases", "watch", "--token-file", str(tmp_path / "token"), role="auditor")
    assert (other.exit_code, other.stderr.split(":")[0]) == (ExitCode.REFUSED, "INVALID_RESUME_TOKEN")


def test_a_watch_lists_what_is_there_on_lines_that_can_be_read(desk: Desk, tmp_path: Path) -> None:
    person = draw_twice(desk, tmp_path, "C-5")
    case = case_of(desk, person)
    process = desk.start("cases", "watch", "--subject", person, role="auditor")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert str(case["name"]) in line
    assert "2,900.00" in line
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == ExitCode.INTERRUPTED


def test_the_ledger_is_verified_against_an_earlier_look(desk: Desk, tmp_path: Path) -> None:
    kept = tmp_path / "kept.note"
    case_of(desk, draw_twice(desk, tmp_path, "C-6"))
    verify = ("ledger", "verify", "--checkpoint-file", kept)
    first = desk.one(*verify, role="auditor")
    assert first["consistent_with_size"] is None
    case = case_of(desk, draw_twice(desk, tmp_path, "C-7"))
    second = desk.one(*verify, role="auditor")
    assert second["consistent_with_size"] == first["tree_size"]
    assert int(str(second["tree_size"])) > int(str(first["tree_size"]))
    position = str(case["ledger_position"])
    key = str(second["verifier_key"])
    assert desk.one("ledger", "verify", "--position", position, "--verifier-key", key, role="auditor")["verified"]
    entries = desk.run("ledger", "entries", "--start", position, "--limit", "1", role="auditor").stdout
    assert str(case["name"]).removeprefix("cases/") in entries
    checkpoint = desk.run("ledger", "checkpoint", role="auditor")
    assert checkpoint.stdout == kept.read_text("utf-8")
    assert key in checkpoint.stderr


def test_a_ledger_that_does_not_fit_the_earlier_look_is_refused(desk: Desk, tmp_path: Path) -> None:
    kept = tmp_path / "kept.note"
    kept.write_text(desk.run("ledger", "checkpoint", role="auditor").stdout.replace("\n\n", "0\n\n"))
    before = kept.read_text()
    result = desk.run("ledger", "verify", "--checkpoint-file", kept, role="auditor")
    assert result.exit_code == ExitCode.REFUSED
    assert "not signed" in result.stderr
    assert kept.read_text() == before
    wrong = desk.run("ledger", "verify", "--verifier-key", "socsec+00000000+AAAA", role="auditor")
    assert wrong.exit_code == ExitCode.REFUSED
    assert "another key" in wrong.stderr


def test_the_quarantine_is_empty_and_says_so(desk: Desk) -> None:
    assert desk.do("quarantine", "list") == []
    unknown = desk.run("quarantine", "retry", "nothing")
    assert unknown.exit_code == ExitCode.NOTHING


def test_a_pipe_that_is_closed_ends_quietly(desk: Desk) -> None:
    reading = desk.start("cards", "list", "--limit", "0", "-o", "jsonl")
    assert reading.stdout is not None
    reading.stdout.close()
    assert reading.stderr is not None
    said = reading.stderr.read()
    reading.stderr.close()
    reading.wait(20)
    assert "Traceback" not in said
