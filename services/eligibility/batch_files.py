"""`python -m services.eligibility.batch_files`: a benefit decided for everybody in a Parquet file, to a Parquet file.

For a population, a rehearsal of a law, or one part of a province: the same book as the service's, in the memory that
some parts of the file take, whatever its size. Files and columns:

- people: a key (`person`), and of each fact of the benefit (`ssctl eligibility benefits`) a column of whole numbers,
  null where it is not known; without --as-of also as_of_month, the month to decide each row for;
- result: the key, outcome, each result of the benefit (null where it cannot be computed), the bits of the conditions
  not met (unmet) and of the facts that are missing, unverified; in the order of the people. The names of the bits, and
  the hash of the rule book, are in the file's metadata.
"""

import argparse
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from services.common.errors import InvalidInput
from services.eligibility.book.book import Book
from services.eligibility.book.refusal import BookRefused
from services.eligibility.engines.people_tables import BadPeople, Question

PART_ROWS = 1 << 17
"""People decided at a time by each thread."""
_TELL_SECONDS = 5.0

Progress = Callable[[int, int], None]
"""Is told how many people are decided, and of how many."""


def batch_files(people: Path, result: Path, question: Question, book: Book, tell: Progress, threads: int = 2) -> int:
    """Decide everybody and write the result whole or not at all; give how many. Raises BadPeople, InvalidInput."""
    if question.benefit not in book.chapters:
        raise InvalidInput("benefit", "UNKNOWN_BENEFIT", "The rule book has no such benefit.")
    try:
        file = pq.ParquetFile(people)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadPeople("is no Parquet file that can be read.") from error
    question.check(book, file.schema_arrow.names)
    total, done = file.metadata.num_rows, 0
    part = result.with_name(result.name + ".part")
    writer: pq.ParquetWriter | None = None
    try:
        for decided in _in_order(file, question, book, threads):
            writer = writer or _writer(part, decided.schema, question.benefit, book)
            writer.write_batch(decided)
            done += len(decided)
            tell(done, total)
        if writer is None:
            nobody = question.decide(book, pa.RecordBatch.from_pylist([], schema=file.schema_arrow))
            writer = _writer(part, nobody.schema, question.benefit, book)
    except BaseException:
        if writer is not None:
            writer.close()
        part.unlink(missing_ok=True)
        raise
    writer.close()
    part.replace(result)
    return done


def _in_order(file: "pq.ParquetFile", question: Question, book: Book, threads: int) -> "Iterator[pa.RecordBatch]":
    """Decide parts in threads, a few ahead of the writer, and give them in the file's order."""
    columns = [question.key, *question.facts(book)]
    waiting: deque[Future[pa.RecordBatch]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for batch in file.iter_batches(batch_size=PART_ROWS, columns=columns):
            waiting.append(pool.submit(question.decide, book, batch))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _writer(part: Path, schema: "pa.Schema", benefit: str, book: Book) -> "pq.ParquetWriter":
    """Open the result; amounts are written as differences, in half the time and space of a dictionary of them."""
    chapter = book.chapters[benefit]
    told = {"benefit": benefit, "book_hash": book.hash}
    bits = {"unmet": json.dumps(chapter.benefit.conditions), "missing": json.dumps(chapter.may_lack)}
    numbers = {field.name: "DELTA_BINARY_PACKED" for field in schema if field.type == pa.int64()}
    return pq.ParquetWriter(
        part, schema.with_metadata({**told, **bits}), use_dictionary=["outcome"], column_encoding=numbers
    )


def main() -> int:
    """Decide a file; exit codes: 0 done, 1 a file cannot be decided, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m services.eligibility.batch_files")
    parser.add_argument("--benefit", required=True, help="for example employee_pension")
    parser.add_argument("--people", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, help="the day to decide for; else each row's as_of_month")
    parser.add_argument("--known", type=date.fromisoformat, help="decide by what had been published until a day")
    parser.add_argument("--key", default="person", help="the column that tells people apart")
    parser.add_argument("--lacking", action="append", default=[], metavar="FACT", help="a fact without a column")
    at_most = min(os.cpu_count() or 1, 4)
    parser.add_argument("--threads", type=int, choices=range(1, 65), metavar="1..64", default=at_most)
    given = parser.parse_args()
    question = Question(given.benefit, given.as_of, given.key, frozenset(given.lacking))
    started = told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            sys.stderr.write(f"{done:,} of {total:,} people\n")

    try:
        count = batch_files(given.people, given.result, question, Book.load(given.known), tell, given.threads)
    except BadPeople as error:
        sys.stderr.write(f"{given.people}: {error}\n")
        return 1
    except BookRefused as error:
        sys.stderr.write(f"By what was published until {given.known} nothing can be decided ({error}).\n")
        return 1
    except InvalidInput as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.write(f"{count:,} people in {time.monotonic() - started:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
