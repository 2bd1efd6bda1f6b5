"""CSV rows as matrices of bytes: a million rows are written in a second, without a Python object a field.

A column is an array of shape (rows, width) of UTF-8 bytes; shorter texts are filled up with zero bytes, which no text
holds and which are left out when the rows are written.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_ZERO = ord("0")
FIRST_DAY = int(np.datetime64("1915-01-01", "D").astype(np.int64))
"""The first day that can be written; days count from 1970-01-01."""
_END_DAY = int(np.datetime64("2101-01-01", "D").astype(np.int64))


def texts(values: Sequence[str]) -> Bytes:
    """Make a table of texts, one a row, to be indexed with codes."""
    encoded = [value.encode() for value in values]
    width = max(1, *map(len, encoded))
    return np.frombuffer(b"".join(value.ljust(width, b"\0") for value in encoded), np.uint8).reshape(-1, width)


def constant(text: str, rows: int) -> Bytes:
    """Give a column that says the same in each row."""
    return np.broadcast_to(texts([text]), (rows, len(text.encode())))


def text(row: Bytes) -> str:
    """Give one text of a column."""
    return bytes(row[row != 0]).decode()


def digits(values: Numbers, width: int) -> Bytes:
    """Write numbers with leading zeros."""
    column = np.empty((len(values), width), np.uint8)
    left = values
    for place in range(width - 1, -1, -1):
        higher = left // 10
        column[:, place] = left - higher * 10 + _ZERO
        left = higher
    return column


def number(values: Numbers, width: int) -> Bytes:
    """Write numbers without leading zeros."""
    column = digits(values, width)
    leading = np.logical_and.accumulate(column[:, :-1] == _ZERO, axis=1)
    column[:, :-1][leading] = 0
    return column


def dates(days: Numbers) -> Bytes:
    """Write days as `YYYY-MM-DD`."""
    column: Bytes = _date_table()[days - FIRST_DAY]
    return column


def birth_parts(days: Numbers) -> Bytes:
    """Write days as `YYYYMMDD`."""
    column: Bytes = _date_table()[days - FIRST_DAY][:, (0, 1, 2, 3, 5, 6, 8, 9)]
    return column


def months(values: Numbers) -> Bytes:
    """Write months since year 0 as `YYYY-MM`; a negative one is left empty."""
    years, month = values // 12, values % 12 + 1
    column = np.hstack([digits(years, 4), constant("-", len(values)), digits(month, 2)])
    column[values < 0] = 0
    return column


def rows(columns: Sequence[Bytes]) -> bytes:
    """Put columns beside each other as lines of CSV; no text of ours needs quoting."""
    count = len(columns[0])
    comma, end = constant(",", count), constant("\n", count)
    parts = [part for column in columns for part in (column, comma)]
    matrix = np.hstack([*parts[:-1], end]).ravel()
    return bytes(matrix[matrix != 0])


@cache
def _date_table() -> Bytes:
    written = np.datetime_as_string(np.arange(FIRST_DAY, _END_DAY).astype("datetime64[D]"))
    return np.char.encode(written, "ascii").view(np.uint8).reshape(len(written), -1)
