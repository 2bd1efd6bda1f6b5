"""One supervisor a folder, and no process of a killed one beside a new one.

The supervisor holds `stack.lock`. Its children hold `children.lock` together, by a descriptor that they inherit, so it
is free only when all of them have ended, whatever became of the supervisor.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from services.local.folder import Folder, StackError

_ORPHAN_SECONDS = 20.0


@contextlib.contextmanager
def supervisor_lock(folder: Folder) -> Iterator[None]:
    """Hold the folder; raise StackError with the holder's process id when somebody else does."""
    with folder.lock.open("a+") as file:
        if not _try_lock(file.fileno()):
            raise StackError(
                f"A stack is running on this folder already (process {holder(folder)}). "
                "Use it, or stop it with `ssctl stack down`, or take another --dir."
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextlib.asynccontextmanager
async def children_lock(folder: Folder) -> AsyncIterator[int]:
    """Wait for the processes of a killed supervisor to end; then give the descriptor that children inherit."""
    with folder.children_lock.open("a+") as file:
        if not await _lock_within(file.fileno(), _ORPHAN_SECONDS):
            _end_recorded(folder)
            if not await _lock_within(file.fileno(), _ORPHAN_SECONDS):
                raise StackError("Processes of a killed stack still run on this folder; end them first.")
        yield file.fileno()


def holder(folder: Folder) -> int:
    """Give the process id of the running supervisor, 0 when none runs; a file left by a killed one does not count."""
    with contextlib.suppress(FileNotFoundError), folder.lock.open("r+") as file:
        if not _try_lock(file.fileno()):
            return int(file.read().strip() or 0)
    return 0


def command_line(pid: int) -> str:
    """Give the command line of a running process, or an empty text when there is none."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    ps = shutil.which("ps")  # systems without /proc
    if ps is None:
        return ""
    return subprocess.run([ps, "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False).stdout  # noqa: S603  a number


def _end_recorded(folder: Folder) -> None:
    """Kill the recorded children that still run this folder's files: process ids are reused."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        for pid in json.loads(folder.state.read_text("utf-8"))["processes"].values():
            if str(folder.root) in command_line(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


async def _lock_within(descriptor: int, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not _try_lock(descriptor):  # noqa: ASYNC110  another process frees it
                await asyncio.sleep(0.05)
            return True
    return False


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
