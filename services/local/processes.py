"""The processes of an embedded stack: started with a log file, watched, ended in order."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from services.local.folder import StackError

_CHILD = Path(__file__).with_name("child.py")
_TAIL_LINES = 20
_LINE_LENGTH = 500


class Child:
    """One process of the stack, in a process group of its own, so that Ctrl-C reaches the supervisor only."""

    def __init__(self, name: str, command: Sequence[str | Path], log: Path, held_lock: int) -> None:
        self.name = name
        self._command = [str(part) for part in command]
        self._log = log
        self._held_lock = held_lock
        self._log_start = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Process id of the newest start."""
        return self._process.pid if self._process else 0

    async def start(self, environment: dict[str, str] | None = None) -> None:
        """Start it; what it says goes to its log."""
        with self._log.open("ab") as log:
            self._log_start = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                _CHILD,
                str(os.getpid()),
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
                pass_fds=(self._held_lock,),
            )

    async def ended(self) -> int:
        """Wait for its end and give the exit code, negative for a signal."""
        return await self._process.wait() if self._process else 0

    async def stop(self, seconds: float) -> None:
        """Ask it to end, and make it end when it takes longer than that."""
        if self._process is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(seconds):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def succeed(self) -> None:
        """Run it to its end; raise StackError with the end of its log when it fails."""
        await self.start()
        if await self.ended() != 0:
            raise self.failure()

    def failure(self) -> StackError:
        """Describe how it ended, with the end of its log."""
        code = self._process.returncode if self._process else None
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        said = self._log.read_bytes()[self._log_start :].decode("utf-8", "replace")
        lines = [line[:_LINE_LENGTH] for line in said.splitlines()[-_TAIL_LINES:]]
        return StackError("\n  ".join([f"{self.name} ended with {how}. The end of {self._log}:", *lines]))
