"""Random people with evidence and notices, as the files of a survey."""

import random
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from services.eligibility.evidence import EvidenceKind, EvidenceSource
from services.eligibility.notice import NoticeChannel
from services.eligibility.survey_files import Files, survey_files

FIRST = date(2024, 1, 1)
PEOPLE = 3_000
TABLES = ("roll", "evidence", "notices")
DEATHS = [EvidenceKind.DEATH_REGISTERED, EvidenceKind.CREMATED]

Columns = dict[str, list[object]]


def _population(seed: int, count: int) -> dict[str, Columns]:
    chance = random.Random(seed)

    def after(day: date, most: int) -> date:
        return day + timedelta(days=chance.randint(0, most))

    people: list[object] = list(range(count))
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


def written(folder: Path, seed: int, people: int = PEOPLE) -> Files:
    """Write the files of a population."""
    for name, columns in _population(seed, people).items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    roll, evidence, notices = (folder / f"{name}.parquet" for name in TABLES)
    return Files(roll, evidence, folder / "result.parquet", notices)


def surveyed(files: Files, day: date, swept: date | None = None) -> list[dict[str, object]]:
    """Survey them in this process; give a row a person."""
    survey_files(files, day, swept)
    rows: list[dict[str, object]] = pq.read_table(files.result).to_pylist()
    return rows
