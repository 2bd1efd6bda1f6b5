"""ssctl in the test's own process."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from typer.main import get_command

from services.admin.__main__ import app

_COMMAND = get_command(app)
"""Built once: typer's own runner builds the tree of all commands for every call, which takes longer than most calls."""


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it said."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


def ssctl(*words: str, stdin: str = "") -> Result:
    """Run a command of the operator's tool."""
    out, error = _text(), _text()
    before, sys.stdin = sys.stdin, _text(stdin)
    try:
        with redirect_stdout(out), redirect_stderr(error):
            _COMMAND.main(words, prog_name="ssctl")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    finally:
        sys.stdin = before
    return Result(code, _said(out), _said(error))


def _text(content: str = "") -> io.TextIOWrapper:
    """Give a stream of text over bytes, as those of a process are."""
    return io.TextIOWrapper(io.BytesIO(content.encode()), "utf-8")


def _said(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
