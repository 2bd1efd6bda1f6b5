"""A decision is one text, the same everywhere, and tells where two decisions part."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest

from services.eligibility.book.book import Book
from services.eligibility.book.citation import Citation, StepKind, cite
from services.eligibility.book.content import Content
from services.eligibility.book.decision import Decision, Outcome
from services.eligibility.book.explain import Step
from services.eligibility.book.transcript import differences, read_transcript, write_transcript
from tests.unit.eligibility.book.case_tables import Case, all_cases, book

DAY = date(2026, 6, 1)
MAN = {"birth_month": 1965 * 12, "retirement_group": 1, "contribution_months": 300, "deemed_months": 60}
_ELSEWHERE = f"""
import hashlib
from datetime import date
from services.eligibility.book.book import Book
from services.eligibility.book.transcript import write_transcript
decision = Book.load().evaluate("statutory_retirement", {MAN}, date(2026, 6, 1))
print(hashlib.sha256(write_transcript(decision).encode()).hexdigest())
"""


def decided(facts: dict[str, int] | None = None) -> Decision:
    return book().evaluate("statutory_retirement", facts or MAN, DAY)


@pytest.mark.parametrize("case", all_cases()[::20], ids=lambda case: case.place)
def test_a_transcript_is_read_as_it_was_written(case: Case) -> None:
    decision = book().evaluate(case.benefit, case.facts, case.as_of)
    text = write_transcript(decision)
    assert (read_transcript(text), write_transcript(read_transcript(text))) == (decision, text)
    assert json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == text
    assert "\n" not in text


def test_every_process_writes_the_same_text() -> None:
    """Whatever the order of its sets and the place of its memory."""
    texts = {
        subprocess.run(
            [sys.executable, "-c", _ELSEWHERE],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_a_text_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 2"):
        read_transcript(write_transcript(decided()).replace('"format":1', '"format":2'))


def test_two_decisions_part_where_their_values_do() -> None:
    before, after = decided(), decided(MAN | {"deemed_months": 61})
    assert differences(before, before) == []
    found = {name: (old, new) for name, old, new in differences(before, after)}
    assert {"facts", "results", "deemed_months", "total_contribution_months"} <= set(found)
    assert found["total_contribution_months"][0].startswith("360 ")
    assert found["total_contribution_months"][1].startswith("361 ")
    assert "statutory_age_months" not in found
    [(name, old, new)] = differences(before, replace(before, outcome=Outcome.UNKNOWN))
    assert (name, old, new) == ("outcome", "ELIGIBLE", "UNKNOWN")
    gone = differences(before, replace(before, steps=before.steps[1:]))
    assert [(one[0], one[2]) for one in gone] == [(before.steps[0].name, "")]


def test_every_step_is_cited_with_its_kind_and_dates() -> None:
    decision = decided()
    month = DAY.year * 12 + DAY.month - 1
    cited = {step.name: cite(book().library, step, month) for step in decision.steps}
    assert {citation.kind for citation in cited.values()} == set(StepKind)
    assert cited["birth_month"] == Citation(StepKind.FACT)
    minimum = cited["min_contribution_months"]
    assert (minimum.since, minimum.until) == (2011 * 12 + 6, 2029 * 12 + 11)
    assert (minimum.published, minimum.checked) == (date(2010, 10, 28), date(2026, 11, 24))
    rule = cited["statutory_age_months"]
    assert (rule.since, rule.until, rule.formula) == (2025 * 12, None, "return former_age_months + delay_months")
    unknown = Step("nothing", "Nothing", 1, "fen", "nowhere", {}, False)
    assert cite(book().library, unknown, month) == Citation(None)


def test_a_book_is_kept_and_made_again_from_what_was_kept() -> None:
    content = Content.unpack(book().content.pack())
    assert (content, content.hash) == (book().content, book().hash)
    again = Book.of(content)
    assert write_transcript(again.evaluate("statutory_retirement", MAN, DAY)) == write_transcript(decided())
