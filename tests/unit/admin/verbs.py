"""All verbs of ssctl, as its help shows them."""

from collections.abc import Iterator

import typer
from typer.core import TyperCommand, TyperGroup

from services.admin.__main__ import app


def root() -> TyperGroup:
    """Give the groups, without other names of theirs."""
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    command.commands = {name: one for name, one in command.commands.items() if not one.hidden}
    return command


def verbs(group: TyperGroup, before: str = "") -> Iterator[tuple[str, TyperCommand]]:
    """Give verbs with their names after the group's: `import`, `family add`."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from verbs(command, f"{before}{name} ")
        else:
            assert isinstance(command, TyperCommand)
            yield before + name, command
