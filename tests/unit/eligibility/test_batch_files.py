"""A benefit decided from Parquet to Parquet: what the book says of each row, in order; wrong files are named."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.common.errors import InvalidInput
from services.eligibility import batch_files
from services.eligibility.book.book import Book
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.engines.people_tables import BadPeople, Question
from tests.support.populations import decided, people_of, table_of

BOOK = Book.load()
PENSION = "employee_pension"
EACH_MONTH = Question(PENSION, None)


def run(folder: Path, people: pa.Table, question: Question) -> pa.Table:
    told: list[tuple[int, int]] = []
    pq.write_table(people, folder / "people.parquet", row_group_size=700)
    result = folder / "result.parquet"
    count = batch_files.batch_files(
        folder / "people.parquet", result, question, BOOK, lambda *far: told.append(far), threads=2
    )
    assert count == len(people)
    assert told[-1:] == ([(count, count)] if count else [])
    assert not list(folder.glob("*.part"))
    return pq.read_table(result)


def test_everybody_is_decided_as_in_one_batch_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_files, "PART_ROWS", 300)
    columns = people_of(BOOK, PENSION, 2_000, seed=1)
    result = run(tmp_path, table_of(columns), EACH_MONTH)
    assert result.to_pylist() == decided(BOOK, PENSION, columns)
    metadata = result.schema.metadata
    assert metadata[b"book_hash"].decode() == BOOK.hash
    assert tuple(json.loads(metadata[b"unmet"])) == BOOK.chapters[PENSION].benefit.conditions
    assert tuple(json.loads(metadata[b"missing"])) == BOOK.chapters[PENSION].may_lack


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
    file = tmp_path / "people.parquet"
    pq.write_table(table_of(people_of(BOOK, PENSION, 50, seed=6)).drop_columns(["avg_index_bp"]), file)
    command = [sys.executable, "-m", "services.eligibility.batch_files", "--benefit", PENSION]
    command += ["--people", str(file), "--result", str(tmp_path / "result.parquet")]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (refused.returncode, "lacks the columns: avg_index_bp" in refused.stderr) == (1, True)
    done = subprocess.run([*command, "--lacking", "avg_index_bp"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.startswith("50 people in ")) == (0, True), done.stderr
