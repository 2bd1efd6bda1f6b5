"""Jobs for engines beyond this system, written over real gRPC by the book of the day that is asked for."""

import base64
import io
import zipfile
from datetime import date

import duckdb
import pyarrow as pa

from services.eligibility.book.book import Book
from services.eligibility.book.fact import AS_OF_MONTH
from socsec.eligibility.v1 import rule_service_pb2
from tests.integration.eligibility.calls import refusal
from tests.integration.eligibility.serving import Served
from tests.unit.eligibility.book.people import MAN

PENSION = "employee_pension"
SPARK, CLICKHOUSE, DUCKDB = (
    rule_service_pb2.SWEEP_ENGINE_SPARK,
    rule_service_pb2.SWEEP_ENGINE_CLICKHOUSE,
    rule_service_pb2.SWEEP_ENGINE_DUCKDB,
)


async def plan(service: Served, **wanted: object) -> rule_service_pb2.WriteSweepPlanResponse:
    request = rule_service_pb2.WriteSweepPlanRequest(**wanted)  # type: ignore[arg-type]  # fields of the request
    return await service.operator.rules.WriteSweepPlan(request)


async def test_a_query_is_written_by_the_book_of_the_day_that_is_asked_for(service: Served) -> None:
    book = Book.load()
    known = book.chapters[PENSION].benefit
    given = {name: MAN[name] for name in known.facts}
    lacking = [name for name in known.optional_facts if name != AS_OF_MONTH]
    written = await plan(service, engine=DUCKDB, benefit=PENSION, as_of_date="2026-03-01", lacking_facts=lacking)
    assert (written.file_name, written.book_hash) == ("employee_pension.sql", book.hash)
    assert f"-- Rule book {book.hash}.\n" in written.text
    with duckdb.connect() as database:
        database.register("people", pa.table({"person": ["a"], **{name: [value] for name, value in given.items()}}))
        [row] = database.sql(written.text).to_arrow_table().to_pylist()
    alone = book.evaluate(PENSION, given, date(2026, 3, 1))
    assert (row["outcome"], row["total_pension_fen"]) == (alone.outcome, alone.results["total_pension_fen"])
    then = await plan(service, engine=DUCKDB, benefit="statutory_retirement", known_date="2024-01-31")
    assert f"-- Rule book {book.hash}, as published until 2024-01-31.\n" in then.text
    survey = await plan(service, engine=CLICKHOUSE, as_of_date="2026-03-01", roll_table="file('roll.parquet')")
    assert "FROM file('roll.parquet') AS roll" in survey.text
    assert "roll.base_state" not in survey.text
    later = await plan(service, engine=CLICKHOUSE, as_of_date="2026-03-01", swept_date="2026-02-01")
    assert "roll.base_state" in later.text


async def test_a_spark_job_holds_all_that_it_needs_and_is_written_alike_twice(service: Served) -> None:
    survey = await plan(service, engine=SPARK, as_of_date="2026-03-01")
    assert survey == await plan(service, engine=SPARK, as_of_date="2026-03-01", book_hash=survey.book_hash)
    names: dict[str, object] = {"__name__": "job"}
    exec(compile(survey.text, survey.file_name, "exec"), names)
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(str(names["ARCHIVE"]))))
    assert {"services/eligibility/engines/spark.py", "services/eligibility/engines/book.bin"} <= set(archive.namelist())
    assert not [name for name in archive.namelist() if "/api/" in name or "/store/" in name or "common/rpc" in name]


async def test_a_job_that_cannot_be_written_is_refused_with_its_field(service: Served) -> None:
    benefit = {"engine": CLICKHOUSE, "benefit": PENSION}
    for wanted, field in (
        ({}, "engine"),
        ({"engine": DUCKDB}, "engine"),
        ({"engine": CLICKHOUSE}, "as_of_date"),
        ({"engine": CLICKHOUSE, "as_of_date": "1990-01-01"}, "as_of_date"),
        ({"engine": CLICKHOUSE, "as_of_date": "2026-03-01", "swept_date": "2026-03-01"}, "swept_date"),
        ({"engine": CLICKHOUSE, "benefit": "nothing"}, "benefit"),
        ({**benefit, "as_of_date": "1900-01-01"}, "as_of_date"),
        ({**benefit, "lacking_facts": ["height"]}, "lacking_facts"),
        ({**benefit, "key_column": 'a"b'}, "key_column"),
        ({**benefit, "key_column": "birth_month"}, "key_column"),
        ({**benefit, "people_table": "a; DROP TABLE b"}, "people_table"),
        ({**benefit, "people_table": "url('x') --"}, "people_table"),
        ({**benefit, "known_date": "2999-01-01"}, "known_date"),
    ):
        assert (await refusal(plan(service, **wanted))).field == field
