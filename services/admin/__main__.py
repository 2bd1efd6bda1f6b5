"""`ssctl`: the operator's and auditor's command line; a gRPC client and nothing else."""

import typer

from services.admin import (
    applications,
    cards,
    cases,
    certifications,
    decisions,
    deliveries,
    draw_lists,
    draws,
    ecards,
    eligibility,
    entitlements,
    evidence,
    ledger,
    making,
    merges,
    offsets,
    people,
    pins,
    proposals,
    quarantine,
    retirement,
    rules,
    settlement,
    stack,
    sweep,
)
from services.admin.demo.command import demo
from services.admin.outcome import EXIT_CODES
from services.admin.sample import command as sample

app = typer.Typer(
    help="Operate and audit social security cards, benefits and funds. Changes are dry runs without --execute.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks show values, and some are personal data
)

for _name, _group in (
    ("stack", stack.app),
    ("people", people.app),
    ("merges", merges.app),
    ("cards", cards.app),
    ("pins", pins.app),
    ("making", making.app),
    ("deliveries", deliveries.app),
    ("ecards", ecards.app),
    ("applications", applications.app),
    ("evidence", evidence.app),
    ("certifications", certifications.app),
    ("eligibility", eligibility.app),
    ("retirement", retirement.app),
    ("decisions", decisions.app),
    ("rules", rules.app),
    ("sweep", sweep.app),
    ("entitlements", entitlements.app),
    ("proposals", proposals.app),
    ("settlement", settlement.app),
    ("draws", draws.app),
    ("draw-lists", draw_lists.app),
    ("offsets", offsets.app),
    ("cases", cases.app),
    ("ledger", ledger.app),
    ("quarantine", quarantine.app),
    ("sample", sample.app),
):
    app.add_typer(_group, name=_name)

app.add_typer(ecards.app, name="ecard", hidden=True)  # as one may say it of a single one
app.command()(demo)


def main() -> None:
    """Run a command."""
    app()


if __name__ == "__main__":
    main()
