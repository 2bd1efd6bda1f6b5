"""Sweep plans: the job with which an engine beyond this system runs a book over a population."""

import re
from datetime import date

from services.common.errors import InvalidInput
from services.common.months import format_month, month_of
from services.common.rpc.requests import date_of, enum_of
from services.eligibility.book.book import Book
from services.eligibility.engines.job import Engine, Job, Tables
from socsec.eligibility.v1 import rule_service_pb2

_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)
_TEXT = r"'[^'\\\n;]{0,300}'"
_TABLE = re.compile(rf"[A-Za-z_][A-Za-z0-9_.]{{0,126}}(\({_TEXT}(, ?{_TEXT})*\))?", re.ASCII)
_OWN_COLUMNS = ("outcome", "unmet", "missing", "unverified")
_MOST_LACKING = 64


def job_of(request: rule_service_pb2.WriteSweepPlanRequest, book: Book) -> Job:
    """Read what is to be computed; raises InvalidInput for what the book or the engine cannot do."""
    engine = enum_of(rule_service_pb2.SweepEngine, request.engine, Engine, "engine")
    if not request.benefit:
        if engine is Engine.DUCKDB:
            raise InvalidInput("engine", "UNKNOWN_VALUE", "A survey is written for SPARK and CLICKHOUSE.")
        day = _within(book, 0, date_of(request.as_of_date, "as_of_date"))
        return Job(engine, "", day, swept=_swept(request.swept_date, day))
    if request.benefit not in book.chapters:
        raise InvalidInput("benefit", "UNKNOWN_BENEFIT", "The rule book has no such benefit.")
    known = book.chapters[request.benefit].benefit
    as_of = _within(book, known.since, date_of(request.as_of_date, "as_of_date")) if request.as_of_date else None
    facts = {*known.facts, *known.optional_facts}
    if len(request.lacking_facts) > _MOST_LACKING or not facts.issuperset(request.lacking_facts):
        raise InvalidInput("lacking_facts", "INVALID_FACT", f"lacking_facts are of: {', '.join(sorted(facts))}.")
    key = request.key_column or "person"
    plans = book.chapters[request.benefit].plans
    names = {*_OWN_COLUMNS, *known.results, *(name for plan in plans for name in plan.inputs)}
    if not _COLUMN.fullmatch(key) or key in names:
        raise InvalidInput("key_column", "INVALID_TEXT", "key_column names a column that is no fact or result.")
    return Job(engine, request.benefit, as_of, key, frozenset(request.lacking_facts))


def tables_of(request: rule_service_pb2.WriteSweepPlanRequest) -> Tables:
    """Read the names of the tables; raises InvalidInput for what is neither a name nor a function of texts."""
    return Tables(
        people=_table(request.people_table, "people_table", "people"),
        roll=_table(request.roll_table, "roll_table", "roll"),
        evidence=_table(request.evidence_table, "evidence_table", "evidence"),
        notices=_table(request.notices_table, "notices_table", "notices"),
    )


def _within(book: Book, since: int, day: date) -> date:
    if not since <= month_of(day) <= book.known_month:
        limits = {"min": format_month(since), "max": format_month(book.known_month)}
        message = f"The book decides for months from {limits['min']} to {limits['max']}."
        raise InvalidInput("as_of_date", "VALUE_OUT_OF_RANGE", message, limits)
    return day


def _swept(swept_date: str, day: date) -> date | None:
    if not swept_date:
        return None
    swept = date_of(swept_date, "swept_date")
    if swept >= day:
        raise InvalidInput("swept_date", "VALUE_OUT_OF_RANGE", "The survey before was on an earlier day.")
    return swept


def _table(name: str, field: str, usual: str) -> str:
    if name and not _TABLE.fullmatch(name):
        message = f"{field} is a table's name, or a table function of texts, such as file('people.parquet')."
        raise InvalidInput(field, "INVALID_TEXT", message)
    return name or usual
