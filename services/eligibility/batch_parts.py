"""What is done of a long computation over a Parquet file, kept beside its result: it goes on where it was stopped.

Parts are runs of the file's row groups. Each is a file of the folder RESULT.parts, which goes when the result is there.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

PART_ROWS = 1 << 20
"""Rows of a part, or a few more: row groups are not torn apart."""
_BATCH_ROWS = 1 << 17
_ASKED = "asked.json"


def runs_of_groups(metadata: "pq.FileMetaData") -> Iterator[tuple[list[int], int]]:
    """Give the row groups of each part, in order, and how many rows they have."""
    groups, rows = [], 0
    for group in range(metadata.num_row_groups):
        groups.append(group)
        rows += metadata.row_group(group).num_rows
        if rows >= PART_ROWS:
            yield groups, rows
            groups, rows = [], 0
    if rows:
        yield groups, rows


def write_tables(place: Path, schema: "pa.Schema", batches: "Iterator[pa.RecordBatch]") -> None:
    """Write a file whole or not at all; numbers as differences, in half the time and space of a dictionary of them."""
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    numbers = {field.name: "DELTA_BINARY_PACKED" for field in schema if field.type == pa.int64()}
    begun = place.with_name(f"{place.name}.part")
    try:
        with pq.ParquetWriter(begun, schema, use_dictionary=words, column_encoding=numbers) as writer:
            for batch in batches:
                writer.write_batch(batch)
    except BaseException:
        begun.unlink(missing_ok=True)
        raise
    begun.replace(place)


class Busy(Exception):
    """Another process is at work on the same result."""


class Parts:
    """The parts of one result, of which one process makes them at a time."""

    def __init__(self, result: Path, asked: str) -> None:
        """Go on with what was asked before; what is kept of anything else is put away. Raises Busy."""
        self._result = result
        self._folder = result.with_name(f"{result.name}.parts")
        self._folder.mkdir(exist_ok=True)
        self._held = os.open(self._folder, os.O_RDONLY)  # a lock that goes with the process, however it ends
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._held)
            raise Busy(f"Another process is at work on {result}.") from error
        before = self._folder / _ASKED
        if not before.is_file() or before.read_text("utf-8") != asked:
            for kept in self._folder.iterdir():
                kept.unlink()
            before.write_text(asked, "utf-8")

    def __enter__(self) -> Self:
        """Give them; leaving lets another process go on with what is kept."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let another process go on."""
        os.close(self._held)

    def place(self, number: int) -> Path:
        """Give where a part is written."""
        return self._folder / f"{number:06}.parquet"

    def has(self, number: int, rows: int) -> bool:
        """Tell whether a part is there with all its rows; one that a power cut tore is made again."""
        try:
            return int(pq.read_metadata(self.place(number)).num_rows) == rows
        except (OSError, pa.ArrowInvalid):
            return False

    def finish(self, count: int) -> None:
        """Make the result of so many parts, at least one."""
        if count == 1:
            self.place(0).replace(self._result)
        else:
            write_tables(self._result, pq.read_schema(self.place(0)), self._all(count))
        self.discard()

    def discard(self) -> None:
        """Put away what is kept."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _all(self, count: int) -> "Iterator[pa.RecordBatch]":
        for number in range(count):
            with pq.ParquetFile(self.place(number), pre_buffer=False) as part:
                yield from part.iter_batches(batch_size=_BATCH_ROWS)
