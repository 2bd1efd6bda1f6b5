"""`python -m services.eligibility.batch_files`: a benefit decided for everybody in a Parquet file, to a Parquet file.

For a population, a rehearsal of a law, or one part of a province: the same book as the service's, in the memory that
some parts of the file take, whatever its size. Files and columns:

- people: a key (`person`), and of each fact of the benefit (`ssctl eligibility benefits`) a column of whole numbers,
  null where it is not known; without --as-of also as_of_month, the month to decide each row for;
- result: the key, outcome, each result of the benefit (null where it cannot be computed), the bits of the conditions
  not met (unmet) and of the facts that are missing, unverified; in the order of the people. The names of the bits, and
  the hash of the rule book, are in the file's metadata.

It may be stopped or killed at any time: the same command goes on with the parts (RESULT.parts) that are there, unless
the people, the law or the question have changed meanwhile.
"""

import argparse
import json
import os
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from services.common.errors import InvalidInput
from services.common.failpoints import failpoint
from services.common.progress import Progress, Tell
from services.eligibility.batch_parts import Busy, Parts, runs_of_groups, write_tables
from services.eligibility.book.book import Book
from services.eligibility.book.refusal import BookRefused
from services.eligibility.engines.people_tables import BadPeople, Question

BATCH_ROWS = 1 << 17
"""People decided at a time by each thread."""


def batch_files(people: Path, result: Path, question: Question, book: Book, tell: Tell, threads: int = 2) -> int:
    """Decide everybody and write the result whole or not at all; give how many. Raises BadPeople, InvalidInput, Busy.

    What was decided before it was stopped is not decided again.
    """
    if question.benefit not in book.chapters:
        raise InvalidInput("benefit", "UNKNOWN_BENEFIT", "The rule book has no such benefit.")
    try:
        file = pq.ParquetFile(people, pre_buffer=False)
    except (OSError, pa.ArrowInvalid) as error:
        raise BadPeople("is no Parquet file that can be read.") from error
    question.check(book, file.schema_arrow.names)
    total, done = file.metadata.num_rows, 0
    with Parts(result, _asked(people, question, book)) as parts:
        number = -1
        try:
            for number, (groups, rows) in enumerate(runs_of_groups(file.metadata)):
                if not parts.has(number, rows):
                    decided = _told(_in_order(file, groups, question, book, threads), done, total, tell)
                    write_tables(parts.place(number), _schema(file, question, book), decided)
                    failpoint("batch.after_part")
                done += rows
                tell(done, total)
        except (BadPeople, InvalidInput):
            parts.discard()
            raise
        if number < 0:
            write_tables(parts.place(0), _schema(file, question, book), iter(()))
        parts.finish(max(number, 0) + 1)
    return done


def _asked(people: Path, question: Question, book: Book) -> str:
    """Tell what a part answers: another file, law or question has other answers.

    A file that was copied in the place of another may have its size and time, but no moment of change before it came.
    """
    file = people.stat()
    asked = {**asdict(question), "lacking": sorted(question.lacking), "book": book.hash, "known": book.known}
    file_is = {
        "number": file.st_ino,
        "size": file.st_size,
        "modified_ns": file.st_mtime_ns,
        "placed_ns": file.st_ctime_ns,
    }
    return json.dumps({**asked, **file_is}, default=str)


def _schema(file: "pq.ParquetFile", question: Question, book: Book) -> "pa.Schema":
    nobody = question.decide(book, pa.RecordBatch.from_pylist([], schema=file.schema_arrow))
    chapter = book.chapters[question.benefit]
    told = {"benefit": question.benefit, "book_hash": book.hash}
    bits = {"unmet": json.dumps(chapter.benefit.conditions), "missing": json.dumps(chapter.may_lack)}
    return nobody.schema.with_metadata({**told, **bits})


def _told(batches: "Iterator[pa.RecordBatch]", done: int, total: int, tell: Tell) -> "Iterator[pa.RecordBatch]":
    for batch in batches:
        done += len(batch)
        tell(done, total)
        yield batch


def _in_order(
    file: "pq.ParquetFile", groups: Sequence[int], question: Question, book: Book, threads: int
) -> "Iterator[pa.RecordBatch]":
    """Decide some row groups in threads, a few batches ahead of the writer, and give them in the file's order."""
    columns = [question.key, *question.facts(book)]
    waiting: deque[Future[pa.RecordBatch]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=groups, columns=columns):
            waiting.append(pool.submit(question.decide, book, batch))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def main() -> int:
    """Decide a file; exit codes: 0 done, 1 a file cannot be decided, 2 wrong usage, 130 stopped."""
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
    started = time.monotonic()
    try:
        book, tell = Book.load(given.known), Progress("people")
        count = batch_files(given.people, given.result, question, book, tell, given.threads)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; the same command goes on from here.\n")
        return 130
    except (Busy, OSError, pa.ArrowInvalid) as error:
        sys.stderr.write(f"{error}\n")
        return 1
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
