"""docs/ssctl.md names every verb that there is and no other, and the header of every file that is taken in."""

import re
from pathlib import Path

from google.protobuf.message import Message
from typer.core import TyperGroup

from services.admin import card_kinds, feeds, kinds
from services.admin.kinds import FileKind
from socsec.card.v1 import actor_pb2
from tests.unit.admin.verbs import root, verbs

_PAGE = (Path(__file__).parents[3] / "docs" / "ssctl.md").read_text("utf-8")
_VERBS = re.compile(r"^\| `([a-z-]+)` \| (`.*`) \|", re.MULTILINE)
_HEADER = re.compile(r"^\| `[a-z -]+` \| `([a-z_,]+)` \|$", re.MULTILINE)


def test_the_page_names_every_verb() -> None:
    there = {
        name: {verb for verb, _ in verbs(group)}
        for name, group in root().commands.items()
        if isinstance(group, TyperGroup)
    }
    rows = _VERBS.findall(_PAGE)
    assert {name: set(re.findall("`([^`]+)`", words)) for name, words in rows} == there


def test_the_page_gives_the_header_of_every_file() -> None:
    made = (card_kinds.card_applications(actor_pb2.Actor()), card_kinds.making_returns("", 0), feeds.feed_rows(""))
    all_kinds: list[FileKind[Message, Message]] = [
        one for module in (kinds, card_kinds) for one in vars(module).values() if isinstance(one, FileKind)
    ]
    headers = [kind.records.header for kind in all_kinds] + [kind.records.header for kind in made]
    assert sorted(_HEADER.findall(_PAGE)) == sorted(map(",".join, headers))
