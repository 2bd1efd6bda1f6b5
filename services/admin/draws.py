"""`ssctl draws`: the register of payments."""

import typer

from services.admin.files import add_import
from services.admin.kinds import DRAWS, REVERSALS

app = typer.Typer(help="Payments: recorded, reversed, listed.", no_args_is_help=True)

add_import(app, DRAWS, "import", "Record draws.")
add_import(app, REVERSALS, "reverse", "Record that draws came back or were taken back.")
