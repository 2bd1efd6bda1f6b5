"""A population's certification as Arrow tables: what files and partitions of an engine hold, made the survey's columns.

Tables and columns are those of `survey_files`. Whoever calls says what a table is, for errors: a file, or its name.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from services.eligibility.columns import FIRST_DAY, LAST_DAY, NEVER, STATES, Codes, Days, PersonRows, day_number
from services.eligibility.notice import NoticeChannel
from services.eligibility.survey import KINDS, SOURCES, EvidenceColumns, NoticeColumns, Roll, Surveyed

ROLL = ("person", "start_date", "birth_date")
EVIDENCE = ("person", "kind", "source", "event_date", "received_date", "end_date")
NOTICES = ("person", "channel", "delivered_date", "counts_from")
STATE_WORDS = tuple(str(state) if state is not None else "" for state in STATES)
_DENSE = 16

Called = Path | str
"""What a table is called in errors."""


class BadFile(Exception):
    """A table cannot be surveyed; the text says which and why."""


def read_roll(called: Called, people: "pa.Table", swept: date | None) -> Roll:
    """Read everybody; of a later survey with `base_state`. Raises BadFile."""
    base: Codes = np.zeros(len(people), dtype=np.int8)
    if swept is not None and len(people):
        base = _codes(called, people["base_state"].combine_chunks(), "base_state", STATE_WORDS)
    return Roll(
        start=_days(called, people, "start_date"),
        birth=_days(called, people, "birth_date"),
        base=base,
        swept=day_number(swept) if swept is not None else NEVER,
    )


def read_evidence(called: Called, batch: "pa.RecordBatch", places: "Places") -> EvidenceColumns:
    """Read some evidence of people of the roll. Raises BadFile."""
    return EvidenceColumns(
        person=places.of(called, batch["person"]),
        kind=_codes(called, batch["kind"], "kind", KINDS),
        source=_codes(called, batch["source"], "source", SOURCES),
        event=_days(called, batch, "event_date"),
        received=_days(called, batch, "received_date"),
        end=_days(called, batch, "end_date"),
    )


def read_notices(called: Called, table: "pa.Table", places: "Places") -> NoticeColumns:
    """Read all delivered notices. Raises BadFile."""
    channel = _codes(called, table["channel"].combine_chunks(), "channel", list(NoticeChannel))
    return NoticeColumns(
        person=places.of(called, table["person"].combine_chunks()),
        delivered=_days(called, table, "delivered_date"),
        counts_from=_days(called, table, "counts_from"),
        visit=channel == list(NoticeChannel).index(NoticeChannel.VISIT),
    )


def no_notices() -> NoticeColumns:
    """Give what stands for a survey without notices."""
    none: Days = np.zeros(0, dtype=np.int32)
    return NoticeColumns(none, none, none, np.zeros(0, dtype=np.bool_))


def result_table(people: "pa.ChunkedArray", surveyed: Surveyed) -> "pa.Table":
    """Give what became of everybody, in the roll's order."""
    words = pa.array(STATE_WORDS)
    return pa.table(
        {
            "person": people,
            "state": pa.DictionaryArray.from_arrays(pa.array(surveyed.state), words),
            "base_state": pa.DictionaryArray.from_arrays(pa.array(surveyed.base), words),
            "valid_to": pa.array(surveyed.valid_to, mask=surveyed.valid_to == NEVER).cast(pa.date32()),
        }
    )


class Places:
    """Finds the row of the roll that a person has: in a table where people have numbers that are not far apart."""

    def __init__(self, called: Called, people: "pa.ChunkedArray") -> None:
        self._people = people.combine_chunks()
        if self._people.null_count:
            raise BadFile(f"{called}: person is never null.")
        self._first, self._table = _dense_table(self._people)
        table = self._table
        distinct = np.count_nonzero(table >= 0) if len(table) else pc.count_distinct(self._people).as_py()
        if distinct != len(self._people):
            raise BadFile(f"{called}: person must be unique.")

    def of(self, called: Called, people: "pa.Array") -> PersonRows:
        """Give the rows of some people; raises BadFile for one who is not on the roll."""
        if self._tells_all(people):
            rows: PersonRows = self._table.take(np.subtract(people.to_numpy(), self._first, dtype=np.int64))
        else:
            try:
                found = pc.index_in(people.cast(self._people.type), value_set=self._people)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise BadFile(f"{called}: person must be as on the roll: {self._people.type}.") from error
            rows = pc.fill_null(found, -1).to_numpy()
        if len(rows) and rows.min() < 0:
            raise BadFile(f"{called}: {int((rows < 0).sum())} rows of a part name people who are not on the roll.")
        return rows

    def _tells_all(self, people: "pa.Array") -> bool:
        """Tell whether all these numbers are within the table."""
        if not pa.types.is_integer(people.type) or people.null_count or not len(people):
            return False
        ends = pc.min_max(people).as_py()
        within: bool = self._first <= ends["min"] and ends["max"] < self._first + len(self._table)
        return within


def _dense_table(people: "pa.Array") -> tuple[int, PersonRows]:
    """Tabulate the row of each number from the first on, -1 where there is none; nothing when they are far apart."""
    if pa.types.is_integer(people.type) and len(people):
        numbers = people.to_numpy()
        first = int(numbers.min())
        width = int(numbers.max()) - first + 1
        if width <= _DENSE * len(numbers):
            table: PersonRows = np.full(width, -1, dtype=np.int32)
            table[np.subtract(numbers, first, dtype=np.int64)] = np.arange(len(numbers), dtype=np.int32)
            return first, table
    return 0, np.empty(0, dtype=np.int32)


def _days(called: Called, table: "pa.Table | pa.RecordBatch", name: str) -> Days:
    column = table[name]
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    nullable = name in ("birth_date", "end_date")
    if nullable and pa.types.is_null(column.type):
        return np.full(len(column), NEVER, dtype=np.int32)
    if not pa.types.is_date32(column.type):
        raise BadFile(f"{called}: {name} must be a date (date32).")
    numbers = column.cast(pa.int32())
    days: Days = (pc.fill_null(numbers, NEVER) if numbers.null_count else numbers).to_numpy()
    if numbers.null_count and not nullable:
        raise BadFile(f"{called}: {name} is never null.")
    known = days[days != NEVER] if nullable else days
    if len(known) and not FIRST_DAY <= int(known.min()) <= int(known.max()) < LAST_DAY:
        raise BadFile(f"{called}: {name} has days before 1850 or after 2149.")
    return days


def _codes(called: Called, column: "pa.Array", name: str, words: Sequence[str]) -> Codes:
    if column.null_count:
        raise BadFile(f"{called}: {name} is never null.")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = {str(word): code for code, word in enumerate(words)}
    unknown = [str(word) for word in column.dictionary.to_pylist() if str(word) not in codes]
    if unknown:
        raise BadFile(f"{called}: {name} has words that are none: {', '.join(sorted(unknown)[:5])}.")
    table: Codes = np.array([codes[str(word)] for word in column.dictionary.to_pylist()] or [0], dtype=np.int8)
    codes_of_rows: Codes = table[column.indices.to_numpy()]
    return codes_of_rows
