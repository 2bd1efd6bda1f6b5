"""A page of the documentation, executed: every command runs as it stands there and answers the lines that are shown."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.commands import ssctl

DOCS = Path(__file__).parents[2] / "docs"
_PART = re.compile(r"^## (\d{1,2} \w+ \d{4}):|^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A heading that begins with a day, or a fenced block: its language, the file that it is, and its content."""
_PROFILE = re.compile(r"^export SSCTL_PROFILE=(\S+)$", re.MULTILINE)
_NAME = re.compile(r"\{([a-z-]+)\}")
_ECHO = "; echo $?"


class Step(NamedTuple):
    """A command, and the lines that its answer has in this order, others between them."""

    command: str
    shown: Sequence[str]


def execute(
    page: Path, stack: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, turn: Callable[[date], None]
) -> int:
    """Run a page's commands in a folder, against the stack that it calls its own; gives how many there were.

    `turn` makes a day come that a heading begins with.
    """
    text = page.read_text("utf-8")
    [profile] = _PROFILE.findall(text)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SSCTL_PROFILE", profile)
    Path(Path(profile).parts[0]).symlink_to(stack)
    walk, done = _Walk(), 0
    for day, language, file, content in _PART.findall(text):
        if day:
            turn(datetime.strptime(f"{day} +0800", "%d %B %Y %z").date())
        elif language == "text":
            Path(file).write_text(walk.filled(content), "utf-8")
        elif language == "console":
            for step in _steps(content):
                walk.run(step)
                done += 1
    return done


def _steps(block: str) -> Iterator[Step]:
    """Split a block of a console into commands, continued ones too, and what they answer."""
    for part in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield Step(command, shown)


class _Walk:
    """Runs the page, and knows what its names in braces stand for."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def run(self, step: Step) -> None:
        """Run one command; raises AssertionError when it ends or answers otherwise than shown."""
        words = step.command.removesuffix(_ECHO)
        program, *arguments = shlex.split(self.filled(words))
        assert program == "ssctl"
        result = ssctl(*arguments)
        answer = [*result.stdout.splitlines(), *result.stderr.splitlines()]
        if step.command.endswith(_ECHO):
            answer.append(str(result.exit_code))
        else:
            assert result.exit_code == 0, f"{words}\n{result.output}"
        left = iter(answer)
        for line in step.shown:
            assert any(self._fits(line, found) for found in left), f"{words}\nshows: {line}\n{result.output}"

    def filled(self, text: str) -> str:
        """Put what names in braces stand for in their places."""
        return _NAME.sub(lambda name: self._known[name[1]], text)

    def _fits(self, line: str, found: str) -> bool:
        """Tell whether a line is the one shown; then names that are new mean what stands in their places."""
        match = re.fullmatch(self._pattern(line), found.strip())
        if match is None:
            return False
        self._known |= {name.replace("_", "-"): meant for name, meant in match.groupdict().items()}
        return True

    def _pattern(self, line: str) -> str:
        """Write what a line means: spaces are any, an ellipsis is anything, a known name is what it stands for."""
        parts = re.split(r"(\{[a-z-]+\}|…|\s+)", line.strip())
        return "".join(self._part(part) for part in parts)

    def _part(self, part: str) -> str:
        if name := _NAME.fullmatch(part):
            known = self._known.get(name[1])
            return rf"(?P<{name[1].replace('-', '_')}>\w+)" if known is None else re.escape(known)
        if part == "…":
            return ".*"
        return r"\s+" if part.isspace() else re.escape(part)
