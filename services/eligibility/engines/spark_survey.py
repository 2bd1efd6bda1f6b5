"""A survey of a partition of people on Spark: all rows of a person lie in one partition."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
import pyarrow.compute as pc

from services.eligibility.engines.shipped import shipped_book, written_out
from services.eligibility.rules.certification.certification import certification_parameters
from services.eligibility.survey import Survey
from services.eligibility.survey_tables import (
    Places,
    no_notices,
    read_evidence,
    read_notices,
    read_roll,
    result_table,
)

ROLL, NOTICES, EVIDENCE = range(3)
"""The tables of a survey, in the order in which a partition takes them."""
TRAVELLING = {"kind": "string", "source": "string", "event_date": "date", "received_date": "date", "end_date": "date"}
"""Columns that rows of all three travel in, beside `person`."""
COLUMNS = {
    ROLL: {"base_state": "kind", "start_date": "event_date", "birth_date": "received_date"},
    NOTICES: {"channel": "kind", "delivered_date": "event_date", "counts_from": "received_date"},
    EVIDENCE: {name: name for name in TRAVELLING},
}
"""Which column of each table travels in which."""


@dataclass(frozen=True, slots=True)
class SurveyPartition:
    """Surveys the people of a partition: their rows of the roll come first, then their notices, then their evidence."""

    day: date
    swept: date | None
    book_hash: str
    known: date | None

    def __call__(self, batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        """Survey everybody of it; raises BadFile, and RuntimeError when it has evidence and no roll."""
        roll: pa.Table | None = None
        notices = no_notices()
        for table, rows in groupby(_apart(batches), key=itemgetter(0)):
            parts = (part for _, part in rows)
            if table == ROLL:
                roll = pa.Table.from_batches(parts)
                places = Places("roll", roll["person"])
                law = certification_parameters(shipped_book(self.book_hash, self.known), self.day)
                survey = Survey(read_roll("roll", roll, self.swept), self.day, law)
            elif roll is None:
                raise RuntimeError("Evidence or notices name people who are not on the roll.")
            elif table == NOTICES:
                notices = read_notices("notices", pa.Table.from_batches(parts), places)
            else:
                for part in parts:
                    survey.take(read_evidence("evidence", part, places))
        if roll is not None:
            result = result_table(roll["person"].combine_chunks(), survey.result(notices))
            yield from map(written_out, result.to_batches())


def _apart(batches: "Iterable[pa.RecordBatch]") -> "Iterator[tuple[int, pa.RecordBatch]]":
    """Give the rows of each table under its own columns."""
    for batch in batches:
        for table, columns in COLUMNS.items():
            rows = batch.filter(pc.equal(batch["part"], table))
            if len(rows):
                names = ["person", *columns]
                arrays = [rows["person"], *(rows[name] for name in columns.values())]
                yield table, pa.RecordBatch.from_arrays(arrays, names=names)
