"""`ssctl stack`: the embedded stack on one machine.

The stack itself is a program of its own, `python -m services.local`, so that this tool stays a client that knows no
database and no broker.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Start and stop the embedded stack: broker, three services, SQLite.", no_args_is_help=True)

Directory = Annotated[Path, typer.Option("--dir", help="Folder that holds everything of the stack.")]

_START_SECONDS = 120.0
_STOP_SECONDS = 90.0


class StackNotStarted(Exception):
    """The stack ended before it was ready; the text is what it said."""


@app.command()
def up(
    directory: Directory,
    database_url: Annotated[
        str, typer.Option(help="PostgreSQL server to use instead of SQLite: postgresql://user:password@host/postgres.")
    ] = "",
    nats_url: Annotated[
        str, typer.Option(help="Existing broker to use; it trusts the folder's authority and knows its users.")
    ] = "",
) -> None:
    """Start the stack of a folder, made at the first time, and stay with it; Ctrl-C drains."""
    command = _command("up", directory)
    command += [
        option
        for name, url in (("--database-url", database_url), ("--nats-url", nats_url))
        if url
        for option in (name, url)
    ]
    os.execv(command[0], command)  # noqa: S606  our own program, so that Ctrl-C and signals reach it directly


@app.command()
def down(directory: Directory) -> None:
    """Drain the stack of a folder and wait for its end; exit code 3 when none runs."""
    raise typer.Exit(subprocess.run(_command("down", directory), check=False).returncode)  # noqa: S603  our own program


@app.command()
def status(directory: Directory) -> None:
    """Show where the parts of a running stack listen; exit code 3 when none runs."""
    raise typer.Exit(subprocess.run(_command("status", directory), check=False).returncode)  # noqa: S603  our own program


def is_running(directory: Path) -> bool:
    """Tell whether the stack of a folder runs."""
    status = subprocess.run(_command("status", directory), check=False, capture_output=True)  # noqa: S603  our own program
    return status.returncode == 0


@contextlib.contextmanager
def running(directory: Path) -> Iterator[None]:
    """Have a stack run beside a piece of work; drained at the end. Raises StackNotStarted."""
    directory.mkdir(parents=True, exist_ok=True)
    said = directory / "stack.log"
    with said.open("wb") as log:
        process = subprocess.Popen(_command("up", directory), stdout=log, stderr=log, start_new_session=True)  # noqa: S603  our own program
    try:
        _wait_until_ready(process, directory, said)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)


def _wait_until_ready(process: "subprocess.Popen[bytes]", directory: Path, said: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, ValueError):
            state = json.loads((directory / "stack.json").read_text("utf-8"))
            if state["ready"] and state["supervisor"] == process.pid:
                return
        time.sleep(0.05)
    raise StackNotStarted(said.read_text("utf-8", "replace").strip())


def _command(name: str, directory: Path) -> list[str]:
    return [sys.executable, "-m", "services.local", name, "--dir", str(directory)]
