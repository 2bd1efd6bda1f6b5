"""What a job does on Spark: a benefit decided, or a population surveyed, by the book itself in `mapInArrow`.

It is shipped with the job. Rows of a benefit are independent: each partition is decided where it is read, and nothing
is moved. A survey needs a person's evidence together: it is partitioned by the person, once.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from services.eligibility.engines.people_tables import Question
from services.eligibility.engines.shipped import shipped_book, written_out
from services.eligibility.engines.spark_survey import COLUMNS, EVIDENCE, NOTICES, ROLL, TRAVELLING, SurveyPartition


@dataclass(frozen=True, slots=True)
class Decide:
    """Decides the people of a partition."""

    question: Question
    book_hash: str
    known: date | None

    def __call__(self, batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        """Decide part by part."""
        book = shipped_book(self.book_hash, self.known)
        for batch in batches:
            yield written_out(self.question.decide(book, batch))


def main(plan: Mapping[str, str], archive: Path) -> None:
    """Run a job's plan on the files that its command line names."""
    parser = argparse.ArgumentParser()
    for name in ("people",) if plan["benefit"] else ("roll", "evidence"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--result", required=True)
    if not plan["benefit"]:
        parser.add_argument("--notices")
        swept = _day(plan["swept"])
        told = "the day of the survey that base_state is from"
        parser.add_argument("--swept", type=date.fromisoformat, default=swept, help=told)
        parser.add_argument("--partitions", type=int, help="parts of the population, each surveyed in one go")
    given = parser.parse_args()
    spark = SparkSession.builder.getOrCreate()
    spark.sparkContext.addPyFile(str(archive))
    found = _decided(spark, plan, given) if plan["benefit"] else _surveyed(spark, plan, given)
    found.write.parquet(given.result)


def _decided(spark: SparkSession, plan: Mapping[str, str], given: argparse.Namespace) -> DataFrame:
    lacking = frozenset(plan["lacking"].split(",")) - {""}
    question = Question(plan["benefit"], _day(plan["as_of"]), plan["key"], lacking)
    book = shipped_book(plan["book_hash"], _day(plan["known"]))
    people = spark.read.parquet(given.people)
    question.check(book, people.columns)
    needed = people.select(question.key, *question.facts(book))
    results = dict.fromkeys(book.chapters[question.benefit].benefit.results, "bigint")
    columns = {question.key: needed.schema[question.key].dataType.simpleString(), "outcome": "string", **results}
    columns |= {"unmet": "bigint", "missing": "bigint", "unverified": "boolean"}
    return needed.mapInArrow(Decide(question, book.hash, book.known), _schema(columns))


def _surveyed(spark: SparkSession, plan: Mapping[str, str], given: argparse.Namespace) -> DataFrame:
    """Bring each person's rows together, the roll before the notices and these before the evidence."""
    union = _travelling(spark.read.parquet(given.roll), ROLL)
    union = union.unionByName(_travelling(spark.read.parquet(given.evidence), EVIDENCE))
    if given.notices:
        union = union.unionByName(_travelling(spark.read.parquet(given.notices), NOTICES))
    partitions = given.partitions or spark.sparkContext.defaultParallelism
    together = union.repartition(partitions, "person").sortWithinPartitions("part")
    survey = SurveyPartition(date.fromisoformat(plan["as_of"]), given.swept, plan["book_hash"], _day(plan["known"]))
    person = together.schema["person"].dataType.simpleString()
    result = {"person": person, "state": "string", "base_state": "string", "valid_to": "date"}
    return together.mapInArrow(survey, _schema(result))


def _travelling(table: DataFrame, part: int) -> DataFrame:
    """Give a table in the columns that all three travel in; what it does not have is null."""
    own = {shared: name for name, shared in COLUMNS[part].items() if name in table.columns}
    chosen = [f"CAST({own.get(name, 'NULL')} AS {kind}) AS {name}" for name, kind in TRAVELLING.items()]
    return table.selectExpr("person", f"{part} AS part", *chosen)


def _schema(columns: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items())


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
