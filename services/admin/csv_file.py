"""The CSV files that are imported: UTF-8, one header line, one record a line."""

import codecs
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from services.admin.outcome import ExitCode, Failed

BATCH = 1_000
"""Records of a batch; as many as the services take."""

_CHUNK_BYTES = 1 << 20
_MARK = codecs.BOM_UTF8  # spreadsheets write it; it says nothing


@dataclass(frozen=True, slots=True)
class Survey:
    """What one look through a file has told."""

    fingerprint: str
    """SHA-256 of the content."""
    lines: int
    """Lines after the header, empty ones too; for a progress bar."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that holds a record."""

    number: int
    """From 1, the header's."""
    text: str


def survey(path: Path, header: Sequence[str]) -> Survey:
    """Look through a file before anything is sent.

    Raises Failed with USAGE when it cannot be read, is empty, is not UTF-8 from end to end, or begins with another
    header: then not the record but the file is the wrong one.
    """
    digest, decoder, breaks, last = sha256(), codecs.getincrementaldecoder("utf-8")(), 0, b""
    try:
        with path.open("rb") as file:
            _check_header(path, file.readline(_CHUNK_BYTES), header)
            file.seek(0)
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                _decode(path, decoder, chunk, breaks)
                breaks += chunk.count(b"\n")
                last = chunk
            _decode(path, decoder, b"", breaks)
    except OSError as error:
        raise Failed(ExitCode.USAGE, f"{path} cannot be read: {error.strerror}.") from error
    return Survey(digest.hexdigest(), breaks - 1 if last.endswith(b"\n") else breaks)


def batches(path: Path, skipped: int) -> Iterator[list[Line]]:
    """Give the records in batches, without the first `skipped` ones; the same content gives the same batches."""
    with path.open("rb") as file:
        lines = ((number, raw) for number, raw in enumerate(file, 1) if number > 1 and raw.strip())
        rest = itertools.islice(lines, skipped * BATCH, None)
        while some := list(itertools.islice(rest, BATCH)):
            yield [Line(number, raw.decode("utf-8").rstrip("\r\n")) for number, raw in some]


def _check_header(path: Path, first: bytes, header: Sequence[str]) -> None:
    if not first.strip():
        raise Failed(ExitCode.USAGE, f"{path} is empty: it needs a header line and records.")
    try:
        found = first.removeprefix(_MARK).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return  # the look through the file says where
    if found != ",".join(header):
        raise Failed(ExitCode.USAGE, f"{path} has another header than this import needs, which is: {','.join(header)}")


def _decode(path: Path, decoder: codecs.IncrementalDecoder, chunk: bytes, breaks: int) -> None:
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        number = breaks + 1 + error.object[: error.start].count(b"\n")
        raise Failed(
            ExitCode.USAGE,
            f"{path} is not UTF-8: see line {number}. Save it as UTF-8 and try again; nothing was sent.",
        ) from error
