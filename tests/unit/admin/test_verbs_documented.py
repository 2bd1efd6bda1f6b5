"""docs/ssctl.md names every verb that there is and no other, and the headers of files that are taken in."""

import re
from pathlib import Path

from services.admin import card_kinds, kinds
from services.admin.kinds import FileKind
from services.admin.reference import with_table
from socsec.card.v1 import actor_pb2

_PAGE = (Path(__file__).parents[3] / "docs" / "ssctl.md").read_text("utf-8")
_HEADER = re.compile(r"^\| `[a-z -]+` \| `([a-z_,]+)` \|$", re.MULTILINE)


def test_the_page_names_every_verb() -> None:
    assert with_table(_PAGE) == _PAGE, "make reference writes the table of verbs anew"


def test_the_page_gives_the_header_of_every_file() -> None:
    kept = [one for module in (kinds, card_kinds) for one in vars(module).values() if isinstance(one, FileKind)]
    made = (card_kinds.card_applications(actor_pb2.Actor()), card_kinds.making_returns("", 0))
    headers = {",".join(kind.records.header) for kind in (*kept, *made)}
    assert headers <= set(_HEADER.findall(_PAGE))
