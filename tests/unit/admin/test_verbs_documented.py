"""docs/ssctl.md names every verb that there is, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperGroup

from services.admin.__main__ import app

_PAGE = Path(__file__).parents[3] / "docs" / "ssctl.md"
_ROW = re.compile(r"^\| `([a-z-]+)` \| (`.*`) \|", re.MULTILINE)


def verbs(group: TyperGroup, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from verbs(command, f"{before}{name} ")
        else:
            yield before + name


def test_the_page_names_every_verb() -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    there = {
        name: set(verbs(group))
        for name, group in root.commands.items()
        if isinstance(group, TyperGroup) and not group.hidden
    }
    rows = _ROW.findall(_PAGE.read_text("utf-8"))
    assert {name: set(re.findall("`([^`]+)`", words)) for name, words in rows} == there
