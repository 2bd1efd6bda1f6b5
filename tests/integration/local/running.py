"""An embedded stack as a child of a test, through its command line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict


class State(TypedDict):
    """What stands in stack.json."""

    ready: bool
    supervisor: int
    endpoints: dict[str, str]
    processes: dict[str, int]


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Tell whether a condition comes to hold within a time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class RunningStack:
    """Starts, kills and stops the stack of one folder."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self.folder = folder
        self._options = options
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, name: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "services.local", name, "--dir", str(self.folder), *options]
        return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)

    def start(self, environment: dict[str, str] | None = None) -> State:
        """Start it and wait until it is ready."""
        self.folder.mkdir(exist_ok=True)
        line = [sys.executable, "-m", "services.local", "up", "--dir", str(self.folder), *self._options]
        with (self.folder / "said.log").open("wb") as said:
            process = subprocess.Popen(
                line, stdout=said, stderr=said, env=os.environ | (environment or {}), start_new_session=True
            )
        self.process = process

        def ready() -> bool:
            return process.poll() is not None or self._is_ready(process.pid)

        assert eventually(ready, 90), self.said()
        assert process.poll() is None, self.said()
        return self.state()

    def state(self) -> State:
        content: State = json.loads((self.folder / "stack.json").read_text())
        return content

    def said(self) -> str:
        return (self.folder / "said.log").read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal the supervisor and wait for its end."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Wait for the end of a supervisor that was told to end; a signal now could meet it on its very last steps."""
        assert self.process is not None
        code = self.process.wait(100)
        self.process = None
        return code

    def _is_ready(self, supervisor: int) -> bool:
        try:
            state = self.state()
        except (FileNotFoundError, ValueError):
            return False
        return state["ready"] and state["supervisor"] == supervisor
