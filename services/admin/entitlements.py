"""`ssctl entitlements`."""

import typer

from services.admin.files import add_import
from services.admin.kinds import ENTITLEMENTS

app = typer.Typer(help="The register of entitlements.", no_args_is_help=True)

add_import(app, ENTITLEMENTS, "import", "Grant entitlements.")
