"""Rows of the report: what was measured, beside what, and whether it meets its gate."""

import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit that a row must keep, and the better one that we would like to reach."""

    of: str
    """`value` or `ratio`."""
    gate: float
    goal: float
    at_least: bool = True

    def is_met(self, value: float, ratio: float | None) -> bool:
        """Tell whether the row's figure keeps the gate; a ratio that was not measured does not."""
        measured = value if self.of == "value" else ratio
        if measured is None:
            return False
        return measured >= self.gate if self.at_least else measured <= self.gate

    def text(self, limit: float) -> str:
        """Write a limit as a condition, for example `ratio >= 0.75`."""
        return f"{self.of} {'>=' if self.at_least else '<='} {limit:,g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. A row without bounds is there to be read; it cannot fail."""

    name: str
    value: float
    unit: str
    baseline_name: str = ""
    """What it is compared with, measured in the same run, interleaved with it."""
    baseline: float | None = None
    bounds: tuple[Bound, ...] = ()
    measured_ratio: float | None = None
    """A ratio that is not value / baseline: the CPU ratio of a call, the median of paired ratios."""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Give the value in units of the baseline."""
        if self.measured_ratio is not None or not self.baseline:
            return self.measured_ratio
        return self.value / self.baseline

    @property
    def passed(self) -> bool:
        """Tell whether every gate is kept."""
        return all(bound.is_met(self.value, self.ratio) for bound in self.bounds)

    @property
    def gate(self) -> str:
        """Write the gates."""
        return ", ".join(bound.text(bound.gate) for bound in self.bounds)

    @property
    def goal(self) -> str:
        """Write the goals."""
        return ", ".join(bound.text(bound.goal) for bound in self.bounds)

    def as_dict(self) -> dict[str, object]:
        """Give the row as the report holds it."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "baseline_name": self.baseline_name,
            "baseline": self.baseline,
            "ratio": self.ratio,
            "gate": self.gate,
            "goal": self.goal,
            "pass": self.passed,
            "note": self.note,
        }


def machine() -> dict[str, object]:
    """Describe what it is measured on, and when."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": [round(load, 1) for load in os.getloadavg()],
    }


def write_report(path: Path, rows: Sequence[Row], seconds: float, machine: dict[str, object]) -> None:
    """Write the report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"seconds": round(seconds, 1), "machine": machine, "rows": [row.as_dict() for row in rows]}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def show(console: Console, rows: Sequence[Row]) -> None:
    """Show the rows as a table."""
    table = Table(
        title="socsec bench", caption="Each row beside its baseline of the same run. A ratio is row / baseline."
    )
    for heading in ("what", "value", "baseline", "ratio", "gate", "goal", ""):
        table.add_column(heading, justify="right" if heading in ("value", "ratio") else "left", overflow="fold")
    for row in rows:
        verdict = "" if not row.bounds else "[green]met[/]" if row.passed else "[bold red]MISSED[/]"
        baseline = f"{_number(row.baseline)} {row.baseline_name}" if row.baseline is not None else row.baseline_name
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(row.name, f"{_number(row.value)} {row.unit}", baseline, ratio, row.gate, row.goal, verdict)
    console.print(table)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"
