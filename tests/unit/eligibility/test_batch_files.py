"""A benefit decided from Parquet to Parquet: what the book says of each row, in order; wrong files are named."""

import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.common.errors import InvalidInput
from services.eligibility import batch_files, batch_parts
from services.eligibility.book.book import Book
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.engines.people_tables import BadPeople, Question
from tests.support.populations import decided, people_of, table_of

BOOK = Book.load()
PENSION = "employee_pension"
EACH_MONTH = Question(PENSION, None)
PLAIN = {"use_dictionary": False, "compression": "none", "write_statistics": False}
"""How the same numbers in another order make a file of the same size."""


def run(folder: Path, people: pa.Table, question: Question) -> pa.Table:
    told: list[tuple[int, int]] = []
    pq.write_table(people, folder / "people.parquet", row_group_size=700)
    result = folder / "result.parquet"
    count = batch_files.batch_files(
        folder / "people.parquet", result, question, BOOK, lambda *far: told.append(far), threads=2
    )
    assert count == len(people)
    assert told[-1:] == ([(count, count)] if count else [])
    assert not list(folder.glob("*.part*"))
    return pq.read_table(result)


def test_everybody_is_decided_as_in_one_batch_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_files, "BATCH_ROWS", 300)
    monkeypatch.setattr(batch_parts, "PART_ROWS", 1_000)
    columns = people_of(BOOK, PENSION, 2_000, seed=1)
    result = run(tmp_path, table_of(columns), EACH_MONTH)
    assert result.to_pylist() == decided(BOOK, PENSION, columns)
    metadata = result.schema.metadata
    assert metadata[b"book_hash"].decode() == BOOK.hash
    assert tuple(json.loads(metadata[b"unmet"])) == BOOK.chapters[PENSION].benefit.conditions
    assert tuple(json.loads(metadata[b"missing"])) == BOOK.chapters[PENSION].may_lack


COMMAND = """
import sys
from services.eligibility import batch_files, batch_parts
batch_parts.PART_ROWS = 300
sys.exit(batch_files.main())
"""


def command(folder: Path, *more: str) -> list[str]:
    files = ["--people", str(folder / "people.parquet"), "--result", str(folder / "result.parquet")]
    return [sys.executable, "-c", COMMAND, "--benefit", PENSION, *files, *more]


def written(folder: Path, seed: int) -> list[dict[str, object]]:
    """Write people in four parts; give what is decided of them."""
    columns = people_of(BOOK, PENSION, 1_200, seed)
    pq.write_table(table_of(columns), folder / "people.parquet", row_group_size=150)
    return decided(BOOK, PENSION, columns)


def test_a_batch_that_was_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    expected = written(tmp_path, seed=8)
    die = {**os.environ, "SOCSEC_FAILPOINT": "batch.after_part:2"}
    killed = subprocess.run(command(tmp_path), check=False, env=die)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "result.parquet").exists()
    parts = tmp_path / "result.parquet.parts"
    kept = {part.name: part.stat().st_ino for part in parts.glob("*.parquet")}
    assert sorted(kept) == ["000000.parquet", "000001.parquet"]
    # Killed once more: what was there is still the same file; a torn one is made again.
    (parts / "000001.parquet").write_bytes((parts / "000001.parquet").read_bytes()[:-9])
    subprocess.run(command(tmp_path), check=False, env=die)
    again = {part.name: part.stat().st_ino for part in parts.glob("*.parquet")}
    assert sorted(again) == ["000000.parquet", "000001.parquet", "000002.parquet"]
    assert again["000000.parquet"] == kept["000000.parquet"]
    done = subprocess.run(command(tmp_path), check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.startswith("1,200 people in ")) == (0, True), done.stderr
    assert pq.read_table(tmp_path / "result.parquet").to_pylist() == expected
    assert sorted(file.name for file in tmp_path.iterdir()) == ["people.parquet", "result.parquet"]


def test_one_process_at_a_time_is_at_work_on_a_result(tmp_path: Path) -> None:
    written(tmp_path, seed=11)
    files = tmp_path / "people.parquet", tmp_path / "result.parquet"
    with batch_parts.Parts(files[1], "by another process"), pytest.raises(batch_parts.Busy):
        batch_files.batch_files(*files, EACH_MONTH, BOOK, lambda *_: None)
    assert batch_files.batch_files(*files, EACH_MONTH, BOOK, lambda *_: None) == 1_200


@pytest.mark.parametrize("change", ["people", "people of the same size and time", "day"])
def test_parts_of_another_question_are_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(batch_parts, "PART_ROWS", 300)

    def stop(done: int, _: int) -> None:
        if done > 300:
            raise KeyboardInterrupt

    columns = people_of(BOOK, PENSION, 1_200, seed=9)
    given = {name: column for name, column in columns.items() if name != AS_OF_MONTH}
    days = (date(2026, 3, 1), date(2025, 3, 1) if change == "day" else date(2026, 3, 1))
    files = tmp_path / "people.parquet", tmp_path / "result.parquet"
    pq.write_table(table_of(given), files[0], row_group_size=150, **PLAIN)
    with pytest.raises(KeyboardInterrupt):
        batch_files.batch_files(*files, Question(PENSION, days[0]), BOOK, stop)
    assert [file.name for file in (tmp_path / "result.parquet.parts").glob("*.parquet*")] == ["000000.parquet"]
    if change != "day":
        before = files[0].stat()
        # Other people in the same places: two row groups at the end of the file for those at its beginning.
        given = {
            name: np.concatenate([column[-300:], column[300:-300], column[:300]]) for name, column in given.items()
        }
        pq.write_table(table_of(given), files[0], row_group_size=150, **PLAIN)
        if change != "people":
            assert files[0].stat().st_size == before.st_size
            os.utime(files[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    batch_files.batch_files(*files, Question(PENSION, days[1]), BOOK, lambda *_: None)
    assert pq.read_table(files[1]).to_pylist() == decided(BOOK, PENSION, given, days[1])


def test_names_stand_for_their_numbers_and_narrow_columns_for_wide_ones(tmp_path: Path) -> None:
    columns = people_of(BOOK, PENSION, 200, seed=2)
    words = {code: word for word, code in BOOK.library.facts["retirement_group"].codes.items()}
    people = table_of(columns)
    groups = [words.get(code) for code in people["retirement_group"].to_pylist()]
    people = people.set_column(
        people.column_names.index("retirement_group"), "retirement_group", pa.array(groups).dictionary_encode()
    )
    index = people.column_names.index("deemed_months")
    people = people.set_column(index, "deemed_months", people["deemed_months"].cast(pa.int16()))
    assert run(tmp_path, people, EACH_MONTH).to_pylist() == decided(BOOK, PENSION, columns)


def test_one_day_for_all_and_a_fact_that_nobody_knows(tmp_path: Path) -> None:
    day, lacking = date(2026, 3, 1), frozenset({"retirement_month"})
    columns = people_of(BOOK, PENSION, 200, seed=3)
    people = table_of(columns).drop_columns([AS_OF_MONTH, *lacking])
    given = {name: column for name, column in columns.items() if name not in (AS_OF_MONTH, *lacking)}
    result = run(tmp_path, people, Question(PENSION, day, lacking=lacking))
    assert result.to_pylist() == decided(BOOK, PENSION, given, day)
    known = BOOK.chapters[PENSION].benefit
    nothing = Question(PENSION, day, lacking=frozenset({*known.facts, *known.optional_facts}))
    assert set(run(tmp_path, people, nothing)["outcome"].to_pylist()) == {"UNKNOWN"}


def test_nobody_is_decided_as_nobody(tmp_path: Path) -> None:
    result = run(tmp_path, table_of(people_of(BOOK, PENSION, 5, seed=4)).slice(0, 0), EACH_MONTH)
    assert result.num_rows == 0
    assert "total_pension_fen" in result.column_names


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("deemed_months", [1.5] * 5, "deemed_months must be whole numbers"),
        ("deemed_months", pa.array([2**63] * 5, pa.uint64()), "deemed_months has numbers of more than 63 bits"),
        ("retirement_group", ["MALE_70"] * 5, "retirement_group has words that are none of MALE_60"),
        ("deemed_months", [-1] * 5, "deemed_months lies outside its bounds in 5 rows"),
    ],
)
def test_a_wrong_column_is_named_and_nothing_is_left_behind(
    tmp_path: Path, name: str, values: object, message: str
) -> None:
    people = table_of(people_of(BOOK, PENSION, 5, seed=5))
    people = people.set_column(people.column_names.index(name), name, pa.array(values))
    with pytest.raises((BadPeople, InvalidInput), match=message):
        run(tmp_path, people, EACH_MONTH)
    assert [file.name for file in tmp_path.iterdir()] == ["people.parquet"]


def test_what_is_no_fact_of_the_benefit_cannot_be_lacking(tmp_path: Path) -> None:
    people = table_of(people_of(BOOK, PENSION, 5, seed=7))
    for name in (AS_OF_MONTH, "injury_grade", "hieght"):
        with pytest.raises(BadPeople, match=f"no fact of employee_pension: {name}"):
            run(tmp_path, people, Question(PENSION, None, lacking=frozenset({name})))


def test_the_command_tells_what_it_has_done_or_why_not(tmp_path: Path) -> None:
    people = table_of(people_of(BOOK, PENSION, 50, seed=6)).drop_columns(["avg_index_bp"])
    pq.write_table(people, tmp_path / "people.parquet")
    refused = subprocess.run(command(tmp_path), check=False, capture_output=True, text=True)
    assert (refused.returncode, "lacks the columns: avg_index_bp" in refused.stderr) == (1, True)
    done = subprocess.run(command(tmp_path, "--lacking", "avg_index_bp"), check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.startswith("50 people in ")) == (0, True), done.stderr
