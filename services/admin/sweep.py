"""`ssctl sweep`: the book over a population, on an engine beyond this system."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.admin.eligibility import KnownDate
from services.admin.outcome import ExitCode, Failed
from services.admin.session import Session
from services.admin.verbs import reading
from socsec.eligibility.v1 import rule_service_pb2, rule_service_pb2_grpc

app = typer.Typer(help="The book over a population, on an engine beyond this system.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `plan` a verb of its own though it is the only one."""


class Engine(StrEnum):
    """Engines that jobs are written for."""

    SPARK = "spark"
    CLICKHOUSE = "clickhouse"
    DUCKDB = "duckdb"


@reading(app)
async def plan(
    session: Session,
    engine: Annotated[Engine, typer.Option(help="The engine; duckdb for benefits only.")],
    benefit: Annotated[str, typer.Option(help="The benefit to decide; else everybody's certification.")] = "",
    as_of_date: Annotated[str, typer.Option(help="The day, YYYY-MM-DD; else, for a benefit, each as_of_month.")] = "",
    known_date: KnownDate = "",
    book_hash: Annotated[str, typer.Option("--book-hash", help="Of the book to decide by; else today's.")] = "",
    key: Annotated[str, typer.Option(help="Column that tells people apart; else person.")] = "",
    lacking: Annotated[list[str] | None, typer.Option(help="A fact without a column; can be repeated.")] = None,
    swept_date: Annotated[str, typer.Option(help="Day of the survey whose base_state the roll has; none: first.")] = "",
    people: Annotated[str, typer.Option(help="SQL: table of people, or a function such as file('p.parquet').")] = "",
    roll: Annotated[str, typer.Option(help="SQL: table of everybody who is surveyed.")] = "",
    evidence: Annotated[str, typer.Option(help="SQL: table of evidence.")] = "",
    notices: Annotated[str, typer.Option(help="SQL: table of notices.")] = "",
    to: Annotated[Path | None, typer.Option(help="New file for the job; else it is printed.")] = None,
) -> None:
    """Write the job with which an engine decides a benefit of everybody, or surveys everybody's certification."""
    request = rule_service_pb2.WriteSweepPlanRequest(
        engine=rule_service_pb2.SweepEngine.Value(f"SWEEP_ENGINE_{engine.name}"),
        benefit=benefit,
        as_of_date=as_of_date,
        known_date=known_date,
        book_hash=book_hash,
        key_column=key,
        lacking_facts=lacking or [],
        swept_date=swept_date,
        people_table=people,
        roll_table=roll,
        evidence_table=evidence,
        notices_table=notices,
    )
    written = await rule_service_pb2_grpc.RuleServiceStub(session.channel("eligibility")).WriteSweepPlan(request)
    if to is None:
        sys.stdout.write(written.text)
        return
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(written.text)
    except FileExistsError as error:
        raise Failed(ExitCode.USAGE, f"{to} is there already; name another file.") from error
    except OSError as error:
        raise Failed(ExitCode.USAGE, f"{to}: {error.strerror}.") from error
    session.printer.record({"file": str(to), "book_hash": written.book_hash})
