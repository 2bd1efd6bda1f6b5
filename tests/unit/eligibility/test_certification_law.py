"""The rules of the book decide a certification: a sentence that is changed changes machine, sweep and survey alike."""

from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.eligibility.assessment import Grounds, assess
from services.eligibility.book.book import RULES, Book
from services.eligibility.book.content import Content, folder_of, read_content
from services.eligibility.book.refusal import BookRefused
from services.eligibility.certification import state_on
from services.eligibility.certification_law import CertificationParameters
from services.eligibility.columns import STATES
from services.eligibility.engines.survey_sql import survey_query
from services.eligibility.evidence import Evidence, EvidenceKind, EvidenceSource
from services.eligibility.needs import check_needs
from services.eligibility.notice import Notice, NoticeChannel
from services.eligibility.rules.certification.certification import certification_law, certification_parameters
from tests.support.certification import LAW
from tests.unit.eligibility.test_survey import known_on, populations, surveyed

DAY = date(2026, 6, 1)
START = date(2025, 1, 1)
SWEPT = (date(2026, 2, 1), DAY)
SILENT, AGREEMENT = "certification/silent.py", "certification/agreement.py"
TOLD = Notice(NoticeChannel.SMS, date(2026, 2, 2), date(2026, 2, 2))


def book_with(file: str, old: str, new: str) -> Book:
    content = read_content(folder_of(RULES))
    assert content.law[file].count(old) == 1
    return Book.of(Content({**content.law, file: content.law[file].replace(old, new)}, content.engine))


def seen(kind: EvidenceKind, day: date) -> Evidence:
    return Evidence(EvidenceSource.HEALTH, f"{kind}-{day}", "p", kind, day, day)


def reported(source: EvidenceSource, day: date) -> Evidence:
    return Evidence(source, f"r-{day}", "p", EvidenceKind.DEATH_REGISTERED, day, day)


IN_HOSPITAL = seen(EvidenceKind.HOSPITAL_STAY, date(2025, 4, 10))
HELD = Grounds(START, date(1960, 1, 1), (IN_HOSPITAL,), (TOLD,), SWEPT)
TREATED = Grounds(START, date(1960, 1, 1), (seen(EvidenceKind.OUTPATIENT_SETTLEMENT, date(2026, 1, 2)),), (), SWEPT)
NEARLY_OVER = Grounds(START, date(1960, 1, 1), (seen(EvidenceKind.HOSPITAL_STAY, date(2025, 9, 15)),), (), SWEPT)
TWICE_BY_ONE = Grounds(
    START, None, tuple(reported(EvidenceSource.POLICE, date(2026, 1, day)) for day in (2, 3)), (), SWEPT
)
OLD = replace(HELD, birth_date=date(1940, 1, 1))

COVERS = '''certification_validity_months: int) -> int:
    """Months that the event covers: what it proves fades with them."""
    return where(evidence_certifies, certification_validity_months, 0)'''
COVERS_BY_STRENGTH = '''certification_validity_months: int, evidence_strength: int) -> int:
    """Months that the event covers, by its strength."""
    return where(evidence_certifies, certification_validity_months * evidence_strength, 0)'''
CHANGES = {
    "strength": (SILENT, "evidence_strength >= MEDIUM", "evidence_strength >= STRONG", TREATED, "WARNING"),
    "decay": (SILENT, "certifies, certification_validity_months,", "certifies, 6,", TREATED, "WARNING"),
    "warning": (SILENT, "months >= certification_warning", "months > certification_warning", NEARLY_OVER, "WARNING"),
    "grace": (SILENT, "> certification_grace_months", "> certification_grace_months + 2", HELD, "WARNING"),
    "step": (SILENT, "before == WARNED", "before == CERTIFIED", HELD, "WARNING"),
    "visit": (
        SILENT,
        "logical_and(logical_not(visit_comes_first), has_notice == 1)",
        "has_notice == 1",
        OLD,
        "SUSPENDED",
    ),
    "verdict": (SILENT, "logical_or(grave_reports_count > 0, missing", "logical_or(missing", TWICE_BY_ONE, "WARNING"),
    "combination": (AGREEMENT, "has_same_office == 0", "has_same_office <= 1", TWICE_BY_ONE, "LOST"),
}
"""A sentence of the book, what it becomes, and somebody who fares otherwise by it."""


@cache
def changed_law(file: str, old: str, new: str) -> CertificationParameters:
    return certification_parameters(book_with(file, old, new), DAY)


def state(person: Grounds, law: CertificationParameters) -> str:
    return str(state_on(assess(person, law).periods, DAY))


def state_surveyed(person: Grounds, law: CertificationParameters) -> str:
    return str(STATES[surveyed([person], SWEPT, law=law)[-1].state[0]])


@pytest.mark.parametrize(("file", "old", "new", "person", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_sentence_changes_what_all_decide(
    file: str, old: str, new: str, person: Grounds, expected: str
) -> None:
    changed = changed_law(file, old, new)
    assert state(person, changed) == state_surveyed(person, changed) == expected
    assert state(person, LAW) == state_surveyed(person, LAW) != expected
    tables = ("roll", "evidence", "notices")
    assert survey_query(DAY, changed, *tables) != survey_query(DAY, LAW, *tables)


@settings(max_examples=60, deadline=None)
@given(populations(), st.sampled_from([change[:3] for change in CHANGES.values()]))
def test_the_survey_and_the_machine_agree_by_a_changed_book_too(
    population: tuple[list[Grounds], list[date]], change: tuple[str, str, str]
) -> None:
    people, sweeps = population
    law = changed_law(*change)
    for day, result in zip(sweeps, surveyed(people, sweeps, law=law), strict=True):
        for place, person in enumerate(people):
            alone = state_on(assess(known_on(person, day), law).periods, day) if person.start_date <= day else None
            assert STATES[result.state[place]] is alone


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            SILENT,
            "age_months <= covered_months",
            "age_months <= 4_800",
            "is_covered does not end once, as",
        ),
        (
            SILENT,
            "age_months <= covered_months",
            "age_months % 9 <= covered_months - 7",
            "is_covered does not end once",
        ),
        (SILENT, COVERS, COVERS_BY_STRENGTH, "what certifies covers different months"),
        (SILENT, "agreeing_reports_count > 0", "agreeing_reports_count > 1", "counts further than to one"),
        (SILENT, "agreeing_reports_count > 0", "agreeing_reports_count >= 0", "holds where nothing is reported"),
        (SILENT, "before == CERTIFIED, is_swept", "before == SUSPENDED, is_swept", "hold together"),
        (
            SILENT,
            "> certification_grace_months",
            ">= certification_grace_months",
            "validity_is_over does not begin",
        ),
        (AGREEMENT, "days <= certification_agreement_days", "days >= 0", "two_offices_agree does not end once"),
    ],
)
def test_a_book_that_the_machine_cannot_decide_by_is_refused(file: str, old: str, new: str, message: str) -> None:
    with pytest.raises(BookRefused, match=message):
        check_needs(book_with(file, old, new), DAY)


def test_a_sentence_that_becomes_law_on_a_day_decides_from_that_day_on() -> None:
    content = read_content(folder_of(RULES))
    former = content.law[SILENT].replace('"人社厅发〔2018〕107号（周期不超过12个月）")', '"旧", until="2025-12-31")')
    later = """
from services.eligibility.book.ops import where
from services.eligibility.book.rule import rule


@rule("新", since="2026-01-01")
def covered_months(evidence_certifies: bool, certification_validity_months: int) -> int:
    \"\"\"Months that the event covers.\"\"\"
    return where(evidence_certifies, certification_validity_months // 2, 0)
"""
    law = certification_law(
        Book.of(Content({**content.law, SILENT: former, "certification/new.py": later}, content.engine))
    )
    assert [since for since, _ in law.entries] == [date(2019, 1, 1), date(2026, 1, 1)]
    assert assess(HELD, law).valid_to == date(2026, 4, 10)
    assert assess(TREATED, law).valid_to == date(2026, 7, 2)
