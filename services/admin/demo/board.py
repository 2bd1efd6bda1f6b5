"""What the person at the terminal sees: bars while it works, flagged cases as they come, the table at the end."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from services.admin.demo.verdict import Told
from services.admin.output import yuan
from socsec.fundaudit.v1 import case_pb2, case_service_pb2

_PIPE_WIDTH = 160
_SHOWN = {
    case_pb2.CASE_CHANGE_KIND_OPENED: "flagged",
    case_pb2.CASE_CHANGE_KIND_WITHDRAWN: "withdrawn",
}
"""Amendments are left out: every further month makes one."""


class Board:
    """Prints; the bars appear on a terminal only."""

    def __init__(self) -> None:
        is_terminal = sys.stdout.isatty()
        self._console = Console(width=None if is_terminal else _PIPE_WIDTH, highlight=False)
        columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=self._console, disable=not is_terminal)

    def __enter__(self) -> "Board":
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def stage(self, text: str) -> Iterator[Callable[[int, int], None]]:
        """Show a piece of work; what is given is to be told how much is done, of how much."""
        task = self._progress.add_task(text, total=None)
        started, amount = time.monotonic(), 0

        def show(done: int, total: int) -> None:
            nonlocal amount
            amount = done
            self._progress.update(task, completed=done, total=total)

        yield show
        self._progress.remove_task(task)
        self.say(f"{text:<34}{f'{amount:,}' if amount else '':>9}{time.monotonic() - started:>8.1f} s")

    def flag(self, change: case_service_pb2.CaseChange) -> None:
        """Print a case that was flagged, or withdrawn, as it comes."""
        word = _SHOWN.get(change.kind)
        if word is None:
            return
        case = change.case
        first, last = case.benefit_months[0], case.benefit_months[-1]
        months = first if first == last else f"{first} to {last}"
        self.say(
            f"  {word:<9}  {case.rule}  {case.title:<46}  {months:<18}  {yuan(case.amount_at_risk_fen):>12} yuan  "
            f"{case.name}"
        )

    def verdict(self, people: int, told: Told, seconds: float) -> None:
        """Print the table at the end."""
        for name, value in (
            ("people", f"{people:,}"),
            ("cards issued", f"{told.cards_issued:,}"),
            ("no-touch rate", f"{told.no_touch_rate:.1%}"),
            ("draws recorded", f"{told.draws_recorded:,}"),
            ("seconds", f"{seconds:.1f}"),
        ):
            self.say(f"{name:<16}{value:>10}")
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("rule")
        for column in ("planted", "found", "falsely flagged"):
            table.add_column(column, justify="right")
        for rule, score in told.rules.items():
            counts = (str(score.planted), str(score.found), str(score.false))
            table.add_row(rule, *counts, style=None if score.perfect else "red")
        self._console.print(table)
