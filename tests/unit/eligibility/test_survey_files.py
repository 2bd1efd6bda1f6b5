"""A population's certification from Parquet files, of people by number or by text; wrong files are named."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.eligibility import survey_files as survey_files_module
from services.eligibility.survey_files import Files, survey_files
from services.eligibility.survey_tables import BadFile

DAY = date(2026, 6, 1)


def rows(name: Callable[[int], object]) -> dict[str, dict[str, list[object]]]:
    """Four people: seen lately, seen long ago and warned, never seen, reported dead by two offices."""
    people = [name(number) for number in range(4)]
    return {
        "roll": {
            "person": people,
            "start_date": [date(2020, 1, 1)] * 4,
            "birth_date": [date(1955, 2, 3), date(1950, 2, 3), None, date(1955, 2, 3)],
        },
        "evidence": {
            "person": [people[0], people[1], people[3], people[3], people[3], people[2]],
            "kind": ["HOSPITAL_STAY", "HOME_VISIT", "HOME_VISIT", "DEATH_REGISTERED", "CREMATED", "PHARMACY"],
            "source": ["HEALTH", "OWN_CHANNEL", "OWN_CHANNEL", "POLICE", "CIVIL_AFFAIRS", "HEALTH_INSURANCE"],
            "event_date": [date(2026, 5, day) for day in (1, 2, 3, 4, 5, 6)],
            "received_date": [date(2026, 5, day) for day in (2, 3, 4, 5, 6, 7)],
            "end_date": [None] * 6,
        },
        "notices": {
            "person": [people[1], people[2]],
            "channel": ["SMS", "VISIT"],
            "delivered_date": [date(2026, 4, 1)] * 2,
            "counts_from": [date(2026, 4, 1)] * 2,
        },
    }


def written(folder: Path, content: dict[str, dict[str, list[object]]]) -> Files:
    content["evidence"]["event_date"][1] = date(2024, 5, 2)
    for name, columns in content.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return Files(
        folder / "roll.parquet", folder / "evidence.parquet", folder / "result.parquet", folder / "notices.parquet"
    )


def result(files: Files) -> dict[str, list[object]]:
    found: dict[str, list[object]] = pq.read_table(files.result).to_pydict()
    return found


@pytest.mark.parametrize("name", [lambda number: 7 + number, lambda number: number << 40, lambda number: f"p{number}"])
def test_everybody_of_the_roll_gets_a_state(tmp_path: Path, name: Callable[[int], object]) -> None:
    files = written(tmp_path, rows(name))
    survey_files(files, DAY)
    found = result(files)
    assert found["person"] == [name(number) for number in range(4)]
    assert found["state"] == ["CERTIFIED", "SUSPENDED", "SUSPENDED", "LOST"]
    assert found["base_state"] == ["CERTIFIED", "SUSPENDED", "SUSPENDED", "CERTIFIED"]
    assert found["valid_to"] == [date(2027, 5, 1), date(2025, 5, 2), None, date(2027, 5, 3)]


def test_evidence_may_come_in_any_number_of_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey_files_module, "BATCH_ROWS", 1)
    files = written(tmp_path, rows(lambda number: number))
    survey_files(files, DAY)
    assert result(files)["state"] == ["CERTIFIED", "SUSPENDED", "SUSPENDED", "LOST"]
    content = rows(lambda number: number)
    content["evidence"]["person"][-1] = 4
    files.result.unlink()
    with pytest.raises(BadFile, match="1 rows of a part name people"):
        survey_files(written(tmp_path, content), DAY)
    assert not files.result.exists()


def test_a_later_survey_goes_on_from_the_one_before(tmp_path: Path) -> None:
    content = rows(lambda number: number)
    files = written(tmp_path, content)
    survey_files(files, date(2026, 3, 1))
    before = result(files)["base_state"]
    assert before == ["WARNING", "WARNING", "WARNING", "WARNING"]
    content["roll"]["base_state"] = before
    survey_files(written(tmp_path, content), DAY, swept=date(2026, 3, 1))
    assert result(files)["state"] == ["CERTIFIED", "SUSPENDED", "SUSPENDED", "LOST"]


@pytest.mark.parametrize(
    ("file", "column", "values", "told"),
    [
        ("evidence", "kind", ["WALK"] * 6, "kind has words that are none: WALK"),
        ("evidence", "person", [99] * 6, "6 rows of a part name people who are not on the roll"),
        ("evidence", "person", [3, -1, 99, 2, 1, 0], "2 rows of a part name people who are not on the roll"),
        ("evidence", "person", [3, None, 3, 2, 1, 0], "1 rows of a part name people who are not on the roll"),
        ("evidence", "person", ["a"] * 6, "person must be as on the roll: int64"),
        ("evidence", "event_date", [None] * 6, "event_date"),
        ("evidence", "received_date", ["2026-05-01"] * 6, "received_date must be a date"),
        ("evidence", "event_date", [date(1700, 1, 1)] * 6, "event_date has days before 1850"),
        ("roll", "person", [1, 1, 2, 3], "person must be unique"),
        ("roll", "person", [1 << 40, 1 << 40, 2, 3], "person must be unique"),
        ("roll", "person", [None, 1, 2, 3], "person is never null"),
        ("roll", "start_date", None, "lacks the columns: start_date"),
        ("notices", "channel", ["PIGEON"] * 2, "channel has words that are none: PIGEON"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_what_is_wrong_and_nothing_is_written(
    tmp_path: Path, file: str, column: str, values: list[object] | None, told: str
) -> None:
    content = rows(lambda number: number)
    files = written(tmp_path, content)
    if values is None:
        del content[file][column]
    else:
        content[file][column] = values
    pq.write_table(pa.table(content[file]), tmp_path / f"{file}.parquet")
    with pytest.raises(BadFile, match=told) as refused:
        survey_files(files, DAY)
    assert f"{file}.parquet" in str(refused.value)
    assert not files.result.exists()


@pytest.mark.parametrize("name", ["roll", "evidence", "notices"])
def test_a_torn_file_is_named(tmp_path: Path, name: str) -> None:
    files = written(tmp_path, rows(lambda number: number))
    with (tmp_path / f"{name}.parquet").open("r+b") as torn:
        torn.seek(4)
        torn.write(bytes(range(255, 55, -1)))
    with pytest.raises(BadFile, match=rf"{name}\.parquet is torn"):
        survey_files(files, DAY)


def test_the_command_tells_how_many_are_in_each_state(tmp_path: Path) -> None:
    files = written(tmp_path, rows(lambda number: number))
    command = [sys.executable, "-m", "services.eligibility.survey_files", "--day", "2026-06-01"]
    command += ["--roll", str(files.roll), "--evidence", str(files.evidence), "--result", str(files.result)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 people" in done.stdout
    assert done.stdout.rstrip().endswith("CERTIFIED 1, WARNING 2, LOST 1")
    (tmp_path / "evidence.parquet").write_text("no")
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, "no Parquet file" in done.stderr) == (1, True)
