"""docs/ssctl.md names every verb that there is, and no other."""

import re
from pathlib import Path

from typer.core import TyperGroup

from tests.unit.admin.verbs import root, verbs

_PAGE = Path(__file__).parents[3] / "docs" / "ssctl.md"
_ROW = re.compile(r"^\| `([a-z-]+)` \| (`.*`) \|", re.MULTILINE)


def test_the_page_names_every_verb() -> None:
    there = {
        name: {verb for verb, _ in verbs(group)}
        for name, group in root().commands.items()
        if isinstance(group, TyperGroup)
    }
    rows = _ROW.findall(_PAGE.read_text("utf-8"))
    assert {name: set(re.findall("`([^`]+)`", words)) for name, words in rows} == there
