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
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from services.eligibility.book.book import Book
from services.eligibility.certification import NoticeChannel
from services.eligibility.rules.certification.certification import certification_parameters
from services.eligibility.survey import (
    FIRST_DAY,
    KINDS,
    LAST_DAY,
    NEVER,
    SOURCES,
    STATES,
    Codes,
    Days,
    EvidenceColumns,
    NoticeColumns,
    PersonRows,
    Roll,
    Survey,
    Surveyed,
    day_number,
)

BATCH_ROWS = 1 << 21
_DENSE = 16
_EVIDENCE = ["person", "kind", "source", "event_date", "received_date", "end_date"]
_STATE_WORDS = [str(state) if state is not None else "" for state in STATES]


class BadFile(Exception):
    """A file cannot be surveyed; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where everything stands."""

    roll: Path
    evidence: Path
    result: Path
    notices: Path | None = None


def survey_files(files: Files, day: date, swept: date | None = None) -> Surveyed:
    """Survey everybody of the roll as of a day and write the result; raises BadFile."""
    people = _read(files.roll, ["person", "start_date", "birth_date"])
    roll = Roll(
        start=_days(files.roll, people, "start_date"),
        birth=_days(files.roll, people, "birth_date"),
        base=_base(files.roll, len(people)) if swept is not None else np.zeros(len(people), dtype=np.int8),
        swept=day_number(swept) if swept is not None else NEVER,
    )
    places = _Places(files.roll, people["person"])
    survey = Survey(roll, day, certification_parameters(Book.load(), day))
    for batch in _batches(files.evidence):
        survey.take(
            EvidenceColumns(
                person=places.of(files.evidence, batch["person"]),
                kind=_codes(files.evidence, batch["kind"], "kind", KINDS),
                source=_codes(files.evidence, batch["source"], "source", SOURCES),
                event=_days(files.evidence, batch, "event_date"),
                received=_days(files.evidence, batch, "received_date"),
                end=_days(files.evidence, batch, "end_date"),
            )
        )
    surveyed = survey.result(_notices(files.notices, places))
    _write(files.result, people["person"], surveyed)
    return surveyed


class _Places:
    """Finds the row of the roll that a person has."""

    def __init__(self, file: Path, people: "pa.ChunkedArray") -> None:
        self._people = people.combine_chunks()
        if len(self._people) != pc.count_distinct(self._people).as_py() or self._people.null_count:
            raise BadFile(f"{file}: person must be unique and is never null.")
        self._table: PersonRows | None = None
        self._first = 0
        if pa.types.is_integer(self._people.type) and len(self._people):
            numbers = self._people.to_numpy()
            self._first = int(numbers.min())
            width = int(numbers.max()) - self._first + 1
            if width <= _DENSE * len(numbers):
                self._table = np.full(width, -1, dtype=np.int64)
                self._table[numbers - self._first] = np.arange(len(numbers))

    def of(self, file: Path, people: "pa.Array") -> PersonRows:
        """Give the rows of some people; raises BadFile for one who is not on the roll."""
        if self._table is not None and pa.types.is_integer(people.type) and not people.null_count:
            places = people.to_numpy() - self._first
            known = (places >= 0) & (places < len(self._table))
            rows = self._table[places] if known.all() else np.full(len(places), -1, dtype=np.int64)
        else:
            found = pc.index_in(people.cast(self._people.type), value_set=self._people)
            rows = pc.fill_null(found, -1).to_numpy().astype(np.int64)
        if len(rows) and rows.min() < 0:
            raise BadFile(f"{file}: {int((rows < 0).sum())} rows of a part name people who are not on the roll.")
        return rows


def _open(file: Path) -> "pq.ParquetFile":
    try:
        words = [name for name in ("kind", "source", "channel") if name in pq.read_schema(file).names]
        return pq.ParquetFile(file, read_dictionary=words)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadFile(f"{file} is no Parquet file that can be read.") from error


def _check_columns(file: Path, found: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in found]
    if missing:
        raise BadFile(f"{file} lacks the columns: {', '.join(missing)}.")


def _read(file: Path, columns: list[str]) -> "pa.Table":
    opened = _open(file)
    _check_columns(file, opened.schema_arrow.names, columns)
    return opened.read(columns)


def _batches(file: Path) -> "Iterator[pa.RecordBatch]":
    opened = _open(file)
    _check_columns(file, opened.schema_arrow.names, _EVIDENCE)
    yield from opened.iter_batches(batch_size=BATCH_ROWS, columns=_EVIDENCE)


def _days(file: Path, table: "pa.Table | pa.RecordBatch", name: str) -> Days:
    column = table[name]
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    nullable = name in ("birth_date", "end_date")
    if nullable and pa.types.is_null(column.type):
        return np.full(len(column), NEVER, dtype=np.int32)
    if not pa.types.is_date32(column.type):
        raise BadFile(f"{file}: {name} must be a date (date32).")
    numbers = column.cast(pa.int32())
    days: Days = (pc.fill_null(numbers, NEVER) if numbers.null_count else numbers).to_numpy()
    if numbers.null_count and not nullable:
        raise BadFile(f"{file}: {name} is never null.")
    known = days[days != NEVER] if nullable else days
    if len(known) and not FIRST_DAY <= int(known.min()) <= int(known.max()) < LAST_DAY:
        raise BadFile(f"{file}: {name} has days before 1850 or after 2149.")
    return days


def _codes(file: Path, column: "pa.Array", name: str, words: Sequence[str]) -> Codes:
    if column.null_count:
        raise BadFile(f"{file}: {name} is never null.")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = {str(word): code for code, word in enumerate(words)}
    unknown = [str(word) for word in column.dictionary.to_pylist() if str(word) not in codes]
    if unknown:
        raise BadFile(f"{file}: {name} has words that are none: {', '.join(sorted(unknown)[:5])}.")
    table: Codes = np.array([codes[str(word)] for word in column.dictionary.to_pylist()] or [0], dtype=np.int8)
    codes_of_rows: Codes = table[column.indices.to_numpy()]
    return codes_of_rows


def _base(file: Path, people: int) -> Codes:
    column = _read(file, ["base_state"])["base_state"].combine_chunks()
    return _codes(file, column, "base_state", _STATE_WORDS) if people else np.zeros(0, dtype=np.int8)


def _notices(file: Path | None, places: _Places) -> NoticeColumns:
    if file is None:
        none: Days = np.zeros(0, dtype=np.int32)
        return NoticeColumns(np.zeros(0, dtype=np.int64), none, none, np.zeros(0, dtype=np.bool_))
    table = _read(file, ["person", "channel", "delivered_date", "counts_from"])
    channel = _codes(file, table["channel"].combine_chunks(), "channel", list(NoticeChannel))
    return NoticeColumns(
        person=places.of(file, table["person"].combine_chunks()),
        delivered=_days(file, table, "delivered_date"),
        counts_from=_days(file, table, "counts_from"),
        visit=channel == list(NoticeChannel).index(NoticeChannel.VISIT),
    )


def _write(file: Path, people: "pa.ChunkedArray", surveyed: Surveyed) -> None:
    """Write the result whole or not at all."""
    words = pa.array(_STATE_WORDS)
    part = file.with_name(file.name + ".part")
    table = pa.table(
        {
            "person": people,
            "state": pa.DictionaryArray.from_arrays(pa.array(surveyed.state), words),
            "base_state": pa.DictionaryArray.from_arrays(pa.array(surveyed.base), words),
            "valid_to": pa.array(surveyed.valid_to, mask=surveyed.valid_to == NEVER).cast(pa.date32()),
        }
    )
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
        surveyed = survey_files(files, given.day, given.swept)
    except BadFile as error:
        sys.stderr.write(f"{error}\n")
        return 1
    counts = np.bincount(surveyed.state, minlength=len(STATES))
    told = ", ".join(
        f"{word or 'not begun'} {count:,}" for word, count in zip(_STATE_WORDS, counts, strict=True) if count
    )
    sys.stdout.write(f"{len(surveyed.state):,} people in {time.monotonic() - started:.1f} s: {told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
