"""`ssctl sample`: made-up data to try the system with."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.admin.outcome import ExitCode
from services.admin.output import tell
from services.common.months import parse_month

LAST_MONTH = "2025-06"
"""The last month of a city that is asked for without one; fixed, as nothing here may depend on the day it is made."""

app = typer.Typer(help="Make up data to try the system with; nobody in it can be real.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep `city` a word of its own while it is the only one."""


@app.command()
def city(
    people: Annotated[int, typer.Option(help="How many people; a quarter of them draw a pension.")],
    months: Annotated[int, typer.Option(help="How many months are drawn for.")],
    out: Annotated[Path, typer.Option(help="Folder to write the CSV files into.", file_okay=False)],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0)] = 1,
    last_month: Annotated[str, typer.Option(help="The last month drawn for, YYYY-MM.")] = LAST_MONTH,
) -> None:
    """Make a city: people, cards, facts, entitlements, evidence, notices and draws, with planted faults.

    truth.csv says which rule must find what, and what only looks like a fault and must not be flagged.
    """
    from services.admin.sample.calendar import Period  # noqa: PLC0415  numpy is loaded by nobody else here
    from services.admin.sample.generate import Order, generate  # noqa: PLC0415  the same

    columns = (TextColumn("people"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        order = Order(people, seed, Period(parse_month(last_month) - months + 1, months))
        with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("people", total=people)
            generate(order, out, lambda made: bar.update(task, completed=made))
    except ValueError as error:
        tell(str(error))
        raise typer.Exit(ExitCode.USAGE) from error
    except OSError as error:
        tell(f"{out}: {error.strerror}.")
        raise typer.Exit(ExitCode.USAGE) from error
    tell(f"{people:,} people and {months} months are in {out}; truth.csv says what is planted.")
