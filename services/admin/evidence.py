"""`ssctl evidence`."""

import typer

from services.admin.files import add_import
from services.admin.kinds import EVIDENCE

app = typer.Typer(help="What other offices know of people.", no_args_is_help=True)

add_import(app, EVIDENCE, "import", "Take evidence in.")
