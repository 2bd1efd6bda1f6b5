"""The job that an engine takes: a query of SQL, or a Python file for `spark-submit` with all that it needs inside."""

import base64
import json
import textwrap
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.common.months import month_of
from services.eligibility.book.book import Book
from services.eligibility.engines.benefit_sql import benefit_query
from services.eligibility.engines.dialect import DIALECTS
from services.eligibility.engines.shipping import archive_of
from services.eligibility.engines.stretch import People
from services.eligibility.engines.survey_sql import survey_query
from services.eligibility.rules.certification.certification import certification_parameters

_JOB = '''\
"""{title} by rule book {book_hash}.

spark-submit {file} {arguments}
Each worker's Python needs numpy, pandas, pyarrow and PyYAML; all else is inside, and decides as the service does.
"""

import base64
import importlib
import pathlib
import sys
import tempfile

PLAN = {plan}
ARCHIVE = """
{archive}
"""

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        archive = pathlib.Path(folder, "socsec_{short}.zip")
        archive.write_bytes(base64.b64decode(ARCHIVE))
        sys.path.insert(0, str(archive))
        importlib.import_module("services.eligibility.engines.spark").main(PLAN, archive)
'''


class Engine(StrEnum):
    """An engine that jobs are written for."""

    SPARK = "SPARK"
    CLICKHOUSE = "CLICKHOUSE"
    DUCKDB = "DUCKDB"
    """For benefits only."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of tables, or table functions, of a warehouse."""

    people: str = "people"
    roll: str = "roll"
    evidence: str = "evidence"
    notices: str = "notices"


@dataclass(frozen=True, slots=True)
class Job:
    """What is computed of everybody, elsewhere."""

    engine: Engine
    benefit: str
    """The benefit that is decided; empty: the certification of everybody is surveyed."""
    as_of: date | None
    """The day to decide or survey for; None: each person's benefit is decided for the month in `as_of_month`."""
    key: str = "person"
    lacking: frozenset[str] = frozenset()
    """Facts for which the table of people has no column."""
    swept: date | None = None
    """The day of the survey before, whose `base_state` the roll has; None: this is the first one."""

    @property
    def file(self) -> str:
        """Name a file for it."""
        return f"{self.benefit or 'survey'}.{'py' if self.engine is Engine.SPARK else 'sql'}"

    def text(self, book: Book, tables: Tables) -> str:
        """Write it by a book that has the benefit; raises LookupError for a day before the law of certification."""
        if self.engine is Engine.SPARK:
            return self._spark(book)
        if self.benefit:
            people = People(tables.people, self.key, self.lacking)
            month = month_of(self.as_of) if self.as_of is not None else None
            return benefit_query(book, self.benefit, DIALECTS[self.engine], people, month)
        day = self.as_of or date.min
        law = certification_parameters(book, day)
        return f"-- Certification as of {day}, by rule book {book.hash}.\n" + survey_query(
            day, law, tables.roll, tables.evidence, tables.notices, self.swept
        )

    def _spark(self, book: Book) -> str:
        plan = {
            "benefit": self.benefit,
            "as_of": self.as_of.isoformat() if self.as_of is not None else "",
            "known": book.known.isoformat() if book.known is not None else "",
            "key": self.key,
            "lacking": ",".join(sorted(self.lacking)),
            "swept": self.swept.isoformat() if self.swept is not None else "",
            "book_hash": book.hash,
        }
        archive = base64.b64encode(archive_of("services.eligibility.engines.spark", book.content)).decode()
        return _JOB.format(
            title=f"Decide {self.benefit}" if self.benefit else f"Survey certification as of {self.as_of}",
            book_hash=book.hash,
            file=self.file,
            arguments="--people PEOPLE --result RESULT"
            if self.benefit
            else "--roll ROLL --evidence EVIDENCE [--notices NOTICES] --result RESULT",
            plan=json.dumps(plan, indent=4),
            archive="\n".join(textwrap.wrap(archive, 118)),
            short=book.hash[:12],
        )
