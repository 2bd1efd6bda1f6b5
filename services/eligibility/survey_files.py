"""`python -m services.eligibility.survey_files`: a population's certification from Parquet files to a Parquet file.

For a province, a rehearsal, or an audit: the same machine as the service's sweeps, over files of any size in the memory
that the people take, not their evidence. Files and columns:

- roll: person (integer or text, unique), start_date, birth_date (may be null); of a later survey also base_state, from
  the result of the one before, whose day is given by --swept;
- evidence: person, kind, source, event_date, received_date, end_date (null while a record stands);
- notices: person, channel, delivered_date, counts_from;
- result: person, state, base_state, valid_to, in the roll's order.

Kinds, sources, channels and states are the words of the contract without prefix.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from services.common.progress import Progress, Tell
from services.eligibility.book.book import Book
from services.eligibility.columns import STATES
from services.eligibility.rules.certification.certification import certification_parameters
from services.eligibility.survey import Survey, Surveyed
from services.eligibility.survey_tables import (
    EVIDENCE,
    NOTICES,
    ROLL,
    STATE_WORDS,
    BadFile,
    Places,
    no_notices,
    read_evidence,
    read_notices,
    read_roll,
    result_table,
)

BATCH_ROWS = 1 << 18
"""So few that what is worked out of them stays in a processor's cache."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where everything stands."""

    roll: Path
    evidence: Path
    result: Path
    notices: Path | None = None


def survey_files(files: Files, day: date, swept: date | None = None, tell: Tell = lambda *_: None) -> Surveyed:
    """Survey everybody of the roll as of a day and write the result; raises BadFile."""
    people = _read(files.roll, ROLL if swept is None else (*ROLL, "base_state"))
    places = Places(files.roll, people["person"])
    survey = Survey(read_roll(files.roll, people, swept), day, certification_parameters(Book.load(), day))
    evidence = _open(files.evidence)
    looked_at, rows = 0, evidence.metadata.num_rows
    for batch in _read_ahead(_batches(files.evidence, evidence)):
        survey.take(read_evidence(files.evidence, batch, places))
        looked_at += len(batch)
        tell(looked_at, rows)
    notices = no_notices()
    if files.notices is not None:
        notices = read_notices(files.notices, _read(files.notices, NOTICES), places)
    surveyed = survey.result(notices)
    _write(files.result, result_table(people["person"], surveyed))
    return surveyed


def _open(file: Path) -> "pq.ParquetFile":
    try:
        words = [name for name in ("kind", "source", "channel") if name in pq.read_schema(file).names]
        return pq.ParquetFile(file, read_dictionary=words, pre_buffer=False)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadFile(f"{file} is no Parquet file that can be read.") from error


def _check_columns(file: Path, found: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in found]
    if missing:
        raise BadFile(f"{file} lacks the columns: {', '.join(missing)}.")


def _read(file: Path, columns: Sequence[str]) -> "pa.Table":
    opened = _open(file)
    _check_columns(file, opened.schema_arrow.names, columns)
    with _untorn(file):
        return opened.read(list(columns))


def _batches(file: Path, opened: "pq.ParquetFile") -> "Iterator[pa.RecordBatch]":
    _check_columns(file, opened.schema_arrow.names, EVIDENCE)
    with _untorn(file):
        yield from opened.iter_batches(batch_size=BATCH_ROWS, columns=list(EVIDENCE))


@contextmanager
def _untorn(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowInvalid) as error:
        raise BadFile(f"{file} is torn: it cannot be read to its end.") from error


def _read_ahead(batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """Read the next batch in a thread while one is looked at."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def _write(file: Path, table: "pa.Table") -> None:
    """Write the result whole or not at all."""
    part = file.with_name(file.name + ".part")
    pq.write_table(table, part)
    part.replace(file)


def main() -> int:
    """Survey files; exit codes: 0 done, 1 a file cannot be surveyed, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m services.eligibility.survey_files")
    for name in ("roll", "evidence", "result"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--notices", type=Path)
    parser.add_argument("--day", type=date.fromisoformat, required=True, help="the day to survey as of, YYYY-MM-DD")
    parser.add_argument("--swept", type=date.fromisoformat, help="the day of the survey that base_state is from")
    given = parser.parse_args()
    started = time.monotonic()
    try:
        files = Files(given.roll, given.evidence, given.result, given.notices)
        surveyed = survey_files(files, given.day, given.swept, Progress("rows of evidence"))
    except BadFile as error:
        sys.stderr.write(f"{error}\n")
        return 1
    counts = np.bincount(surveyed.state, minlength=len(STATES))
    told = ", ".join(
        f"{word or 'not begun'} {count:,}" for word, count in zip(STATE_WORDS, counts, strict=True) if count
    )
    sys.stdout.write(f"{len(surveyed.state):,} people in {time.monotonic() - started:.1f} s: {told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
