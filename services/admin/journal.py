"""What an import has come to, kept beside its file so that it can go on after an interruption.

`FILE.progress` says up to which batch everything is durable, `FILE.rejects.csv` holds the records that were refused
until then. The journal is written after the rejects, so after a crash the rejects that it does not know of are cut off
and come again. A lost or foreign journal costs time only: records that are sent twice count as repeated.
"""

import contextlib
import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

_HEADER = "line,field,reason,message\n"


class Reject(NamedTuple):
    """A record that was refused; nothing of its content."""

    line: int
    field: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of an import's records."""

    accepted: int = 0
    """New, and durable."""
    repeated: int = 0
    """Known already; nothing was changed."""
    rejected: int = 0
    """Refused; the reject file says why."""

    def plus(self, accepted: int, repeated: int, rejected: int) -> "Counts":
        """Add those of a batch."""
        return Counts(self.accepted + accepted, self.repeated + repeated, self.rejected + rejected)


@dataclass(frozen=True, slots=True)
class Position:
    """How far an import has come."""

    batches: int = 0
    """All batches before this number are durable."""
    records: int = 0
    """Records in them."""
    counts: Counts = Counts()
    rejects_bytes: int = 0
    """Length of the reject file at that point."""
    finished: bool = False
    """The whole file is done."""


class Journal:
    """The files beside an imported file. `identity` says what was imported where: kind, content, and target.

    A dry run has a reject file of its own, so that it spoils nothing of an import that is to go on.
    """

    def __init__(self, path: Path, identity: str, *, execute: bool = True) -> None:
        self._progress = path.with_name(path.name + ".progress")
        self.rejects = path.with_name(path.name + (".rejects.csv" if execute else ".dry-run.rejects.csv"))
        self._identity = identity

    def read(self) -> Position:
        """Give how far the same import has come; the beginning when nothing, or another one, is known."""
        try:
            found = json.loads(self._progress.read_text("utf-8"))
            if found.pop("identity") == self._identity:
                return Position(**{**found, "counts": Counts(**found["counts"])})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            pass  # none, or not ours: begin again
        return Position()

    def begin(self, position: Position) -> None:
        """Have the reject file hold what is known at a position, and nothing else."""
        if not position.rejects_bytes:
            self.rejects.unlink(missing_ok=True)
            return
        with contextlib.suppress(FileNotFoundError):
            if self.rejects.stat().st_size > position.rejects_bytes:
                os.truncate(self.rejects, position.rejects_bytes)

    def reject(self, position: Position, rejects: Sequence[Reject]) -> Position:
        """Append refused records durably; gives the position with the file's new length."""
        if not rejects:
            return position
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rejects)
        with self.rejects.open("ab") as file:
            if not file.tell():
                file.write(_HEADER.encode())
            file.write(text.getvalue().encode())
            file.flush()
            os.fsync(file.fileno())
            return replace(position, rejects_bytes=file.tell())

    def write(self, position: Position) -> None:
        """Keep a position; complete or not at all."""
        content = json.dumps({"identity": self._identity, **asdict(position)})
        temporary = self._progress.with_name(self._progress.name + ".new")
        temporary.write_text(content, "utf-8")
        temporary.replace(self._progress)
