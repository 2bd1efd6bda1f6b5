"""Imports against the real services: interrupted, repeated, and of files that are not meant."""

import csv
import json
import time
from pathlib import Path

import pytest

from services.admin.outcome import ExitCode
from tests.integration.admin.desk import HEADERS, Desk, identity_number, write

PEOPLE = 12_000
BROKEN = 400
"""Every so many records one has a wrong check digit."""


def wrong(number: str) -> str:
    return number[:-1] + ("0" if number[-1] != "0" else "1")


def test_an_import_that_is_killed_goes_on_and_comes_to_the_same(desk: Desk, tmp_path: Path) -> None:
    numbers = [identity_number() for _ in range(PEOPLE)]
    numbers[::BROKEN] = map(wrong, numbers[::BROKEN])
    file = write(tmp_path, "people", (f"{number},王小明,370202,," for number in numbers))
    progress, rejects = tmp_path / "people.csv.progress", tmp_path / "people.csv.rejects.csv"
    killed = desk.start("people", "import", file, "--execute")
    deadline = time.monotonic() + 30
    while not progress.exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    killed.kill()
    killed.communicate()
    position = json.loads(progress.read_text())
    assert 0 < position["batches"] < PEOPLE // 1000, "killed in the middle"
    settled = position["counts"]["accepted"]

    told = desk.run("people", "import", file, "--execute", "-o", "jsonl")
    assert told.exit_code == ExitCode.REJECTED
    assert f"went on after record {position['records']}" in told.stderr
    counts = json.loads(told.stdout)
    assert counts["accepted"] + counts["repeated"] == PEOPLE - PEOPLE // BROKEN
    assert counts["accepted"] >= settled
    assert counts["rejected"] == PEOPLE // BROKEN
    lines = [int(row["line"]) for row in csv.DictReader(rejects.read_text("utf-8").splitlines())]
    assert lines == [place + 2 for place in range(0, PEOPLE, BROKEN)]

    whole = desk.run("people", "import", file, "--execute", "--again", "-o", "jsonl")
    expected = {"file": str(file), "accepted": 0, "repeated": PEOPLE - PEOPLE // BROKEN, "rejected": PEOPLE // BROKEN}
    assert json.loads(whole.stdout) == expected
    done = desk.run("people", "import", file, "--execute")
    assert done.exit_code == ExitCode.REJECTED
    assert "imported before and nothing was sent" in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (HEADERS["cards"].encode() + b"\n", "another header"),
        (HEADERS["people"].encode() + "\n1,王小明,370202,,\n".encode("gb18030"), "not UTF-8: see line 2"),
    ],
)
def test_a_file_that_is_not_meant_is_one_line_and_nothing_is_sent(
    desk: Desk, tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(content)
    result = desk.run("people", "import", file, "--execute")
    assert (result.exit_code, result.stdout) == (ExitCode.USAGE, "")
    [line] = result.stderr.splitlines()
    assert said in line
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_a_broken_line_in_the_middle_disturbs_nothing_else(desk: Desk, tmp_path: Path) -> None:
    first, last = identity_number(), identity_number()
    lines = [f"{first},王小明,370202,,", f'{identity_number()},"王小明,370202,,', f"{last},王小明,370202,,"]
    told = desk.run("people", "import", write(tmp_path, "people", lines), "--execute", "-o", "jsonl")
    assert told.exit_code == ExitCode.REJECTED
    assert '"accepted":2,"repeated":0,"rejected":1' in told.stdout
    [row] = csv.DictReader((tmp_path / "people.csv.rejects.csv").read_text("utf-8").splitlines())
    assert (row["line"], row["reason"]) == ("3", "MALFORMED_LINE")


def test_a_role_that_may_not_import_is_told_so_once(desk: Desk, tmp_path: Path) -> None:
    file = write(tmp_path, "people", [f"{identity_number()},王小明,370202,,"])
    result = desk.run("people", "import", file, "--execute", role="auditor")
    assert result.exit_code == ExitCode.REFUSED
    assert result.stderr.startswith("ROLE_NOT_ALLOWED: ")
