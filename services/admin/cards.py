"""`ssctl cards`: social security cards through their life."""

import typer

from services.admin.files import add_import
from services.admin.kinds import CARDS

app = typer.Typer(help="Social security cards through their life.", no_args_is_help=True)

add_import(app, CARDS, "import", "Issue cards: applied for, made, collected and enabled in one step.")
