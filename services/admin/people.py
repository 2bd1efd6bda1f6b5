"""`ssctl people`: the identity vault."""

import typer

from services.admin.files import add_import
from services.admin.kinds import PEOPLE

app = typer.Typer(help="The identity vault: who is who, masked.", no_args_is_help=True)

add_import(app, PEOPLE, "import", "Register people.")
