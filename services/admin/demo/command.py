"""`ssctl demo`: the whole mission on one machine, from an empty folder to the verdict."""

import json
import shutil
import time
from pathlib import Path
from typing import Annotated

import grpc
import typer

from services.admin.demo.board import Board
from services.admin.demo.ending import Ending
from services.admin.demo.verdict import Told
from services.admin.outcome import ExitCode, Failed, failure_of
from services.admin.output import Format, Printer, tell
from services.admin.profile import load_profile
from services.admin.sample.command import LAST_MONTH
from services.admin.session import Session
from services.admin.stack import StackNotStarted, is_running, running
from services.common.months import parse_month

_MARK = "demo.mark"
"""This file says that the folder was made by a demo and may be cleared by the next one."""


def demo(
    directory: Annotated[
        Path, typer.Option("--dir", help="Folder for stack and city; an old demo in it is cleared.", file_okay=False)
    ],
    people: Annotated[int, typer.Option(help="How many people live in the city.")] = 20_000,
    months: Annotated[int, typer.Option(help="How many months are lived through.")] = 6,
    seed: Annotated[int, typer.Option(help="Another seed makes another city.", min=0)] = 1,
    report: Annotated[Path | None, typer.Option(help="Write the figures there, as JSON.", dir_okay=False)] = None,
) -> None:
    """Show the whole mission: a made-up city, its cards and pensions, and the planted faults flagged live.

    Ends with exit code 1 unless every planted fault was found and nothing else was flagged.
    """
    ending = Ending()
    try:
        _run(directory, people, months, seed, report, ending)
    except (Failed, StackNotStarted) as failed:
        tell(str(failed))
        raise typer.Exit(failed.code if isinstance(failed, Failed) else ExitCode.REFUSED) from failed
    except grpc.aio.AioRpcError as error:
        meant = failure_of(error)
        tell(str(meant))
        raise typer.Exit(meant.code) from error
    except OSError as error:
        tell(f"{error.filename}: {error.strerror}.")
        raise typer.Exit(ExitCode.USAGE) from error
    except KeyboardInterrupt as interrupt:
        tell("interrupted")
        raise typer.Exit(ExitCode.INTERRUPTED) from interrupt


def _run(directory: Path, people: int, months: int, seed: int, report: Path | None, ending: Ending) -> None:
    from services.admin.demo.story import Story  # noqa: PLC0415  numpy is loaded by no other command
    from services.admin.sample.calendar import Period  # noqa: PLC0415  the same
    from services.admin.sample.generate import Order, generate  # noqa: PLC0415  the same

    started = time.monotonic()
    order = Order(people, seed, Period(parse_month(LAST_MONTH) - months + 1, months))
    _clear(directory)
    city = directory / "city"

    async def tell_story(board: Board) -> Told:
        printer = Printer(Format.TABLE)
        async with (
            Session(load_profile(directory / "profiles" / "operator.toml"), printer) as operator,
            Session(load_profile(directory / "profiles" / "auditor.toml"), printer) as auditor,
        ):
            return await Story(operator, auditor, city, order.period, board).tell()

    with Board() as board:
        with board.stage("a city of people") as show:
            try:
                generate(order, city, lambda made: show(made, people))
            except ValueError as error:
                raise Failed(ExitCode.USAGE, str(error)) from error
        board.say("starting the broker and the three services")
        with running(directory):
            told = ending.run(lambda: tell_story(board))
        seconds = time.monotonic() - started
        board.verdict(people, told, seconds)
        board.say(
            f"To look around: `ssctl stack up --dir {directory}`, then `ssctl cases list --role auditor --dir ...`."
        )
    if report is not None:
        _write(report, people, told, seconds)
    if not all(score.perfect for score in told.rules.values()):
        raise Failed(ExitCode.REFUSED, f"The verdict differs from {city / 'truth.csv'}.")


def _clear(directory: Path) -> None:
    """Make room for a new demo; raises Failed rather than take away what is no demo's, or runs."""
    if directory.exists() and any(directory.iterdir()):
        if not (directory / _MARK).exists():
            raise Failed(ExitCode.USAGE, f"{directory} holds something that no demo made; choose another folder.")
        if is_running(directory):
            raise Failed(ExitCode.USAGE, f"A stack runs there: `ssctl stack down --dir {directory}` ends it.")
        shutil.rmtree(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / _MARK).touch()


def _write(report: Path, people: int, told: Told, seconds: float) -> None:
    """Write the figures as JSON."""
    content = {
        "people": people,
        "cards_issued": told.cards_issued,
        "no_touch_rate": round(told.no_touch_rate, 4),
        "draws_recorded": told.draws_recorded,
        "seconds": round(seconds, 1),
        "rules": {
            rule: {"planted": score.planted, "found": score.found, "false": score.false}
            for rule, score in told.rules.items()
        },
    }
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
