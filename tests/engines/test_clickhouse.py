"""The survey as a ClickHouse query says of everybody what the survey over columns says."""

import random
from datetime import date, timedelta
from pathlib import Path

import chdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.eligibility.book.book import Book
from services.eligibility.certification import NoticeChannel
from services.eligibility.engines.survey_sql import survey_query
from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.rules.certification.certification import certification_parameters
from services.eligibility.survey_files import Files, survey_files

pytestmark = pytest.mark.engines

FIRST = date(2024, 1, 1)
PEOPLE = 3_000
TABLES = ("roll", "evidence", "notices")
DEATHS = [EvidenceKind.DEATH_REGISTERED, EvidenceKind.CREMATED]

Columns = dict[str, list[object]]


def population(seed: int) -> dict[str, Columns]:
    chance = random.Random(seed)

    def after(day: date, most: int) -> date:
        return day + timedelta(days=chance.randint(0, most))

    people: list[object] = list(range(PEOPLE))
    roll: Columns = {
        "person": people,
        "start_date": [after(FIRST, 600) for _ in people],
        "birth_date": [chance.choice([None, after(date(1930, 1, 1), 12_000)]) for _ in people],
    }
    evidence: Columns = {name: [] for name in ("person", "kind", "source", "event_date", "received_date", "end_date")}
    notices: Columns = {name: [] for name in ("person", "channel", "delivered_date", "counts_from")}
    for person in people:
        dead = chance.random() < 0.05
        for _ in range(chance.randint(0, 5)):
            event = after(FIRST, 60) if dead else after(FIRST - timedelta(days=400), 1_000)
            received = after(event, 60)
            kind = chance.choice(DEATHS if dead else list(EvidenceKind))
            end = chance.choice([None, None, after(received, 200)])
            row = (person, str(kind), str(chance.choice(list(EvidenceSource))), event, received, end)
            for column, value in zip(evidence.values(), row, strict=True):
                column.append(value)
        for _ in range(chance.randint(0, 3)):
            delivered = after(FIRST, 700)
            told = (person, str(chance.choice(list(NoticeChannel))), delivered, after(delivered, 40))
            for column, value in zip(notices.values(), told, strict=True):
                column.append(value)
    return {"roll": roll, "evidence": evidence, "notices": notices}


@pytest.mark.parametrize(("seed", "day"), [(1, date(2024, 2, 29)), (2, date(2025, 6, 15)), (3, date(2025, 12, 31))])
def test_the_query_gives_everybodys_state_and_end_of_validity(tmp_path: Path, seed: int, day: date) -> None:
    for name, columns in population(seed).items():
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    roll, evidence, notices = (tmp_path / f"{name}.parquet" for name in TABLES)
    survey_files(Files(roll, evidence, tmp_path / "result.parquet", notices), day)
    expected = pq.read_table(tmp_path / "result.parquet").select(["person", "state", "valid_to"]).to_pylist()

    tables = (f"file('{tmp_path / name}.parquet')" for name in TABLES)
    query = survey_query(day, certification_parameters(Book.load(), day), *tables)
    assert chdb.query(query, "ArrowTable").to_pylist() == expected
    states = {row["state"] for row in expected}
    assert {"CERTIFIED", "WARNING", "UNDER_VERIFICATION", "LOST"} <= states
