"""CSV files that show people in clear: new, whole or not there, and for their owner alone."""

import csv
from collections.abc import AsyncIterable, Sequence
from pathlib import Path

from google.protobuf.message import Message

from services.admin.outcome import ExitCode, Failed


async def write_private(file: Path, columns: Sequence[str], records: AsyncIterable[Message]) -> int:
    """Write some fields of records to a new file; give how many records there were. Raises Failed."""
    part, count = file.with_name(file.name + ".part"), 0
    try:
        _begin(file, part)
        with part.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(columns)
            async for record in records:
                writer.writerow([getattr(record, name) for name in columns])
                count += 1
        part.replace(file)
    except OSError as error:
        raise Failed(ExitCode.USAGE, f"{file}: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _begin(file: Path, part: Path) -> None:
    if file.exists():
        raise Failed(ExitCode.USAGE, f"{file} is there already; name another file.")
    part.unlink(missing_ok=True)
    part.touch(0o600)
