"""Writes the table of all verbs into docs/ssctl.md: `python -m services.admin.reference docs/ssctl.md`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup

from services.admin.__main__ import app

_TABLE = re.compile(r"(?<=\| Group \| Verbs \| For \|\n\|---\|---\|---\|\n)(\|.*\n)+")


def groups() -> dict[str, TyperGroup]:
    """Give the groups that the help shows, by name."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)  # noqa: S101  it has commands
    return {name: one for name, one in root.commands.items() if isinstance(one, TyperGroup) and not one.hidden}


def verbs(group: TyperGroup, before: str = "") -> Iterator[tuple[str, TyperCommand]]:
    """Give a group's verbs as one says them after its name: `import`, `family add`."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from verbs(command, f"{before}{name} ")
        elif isinstance(command, TyperCommand):
            yield before + name, command


def with_table(page: str) -> str:
    """Give a page with today's verbs in its table."""
    return _TABLE.sub(lambda _: "".join(map(_row, groups().items())), page)


def _row(group: tuple[str, TyperGroup]) -> str:
    name, command = group
    listed = ", ".join(f"`{verb}`" for verb, _ in verbs(command))
    return f"| `{name}` | {listed} | {(command.help or '').rstrip('.')} |\n"


if __name__ == "__main__":
    _page = Path(sys.argv[1])
    _page.write_text(with_table(_page.read_text("utf-8")), "utf-8")
