"""A folder of law is checked without a service."""

import shutil
from pathlib import Path

import pytest

from services.eligibility.book.book import RULES
from services.eligibility.book.content import folder_of
from services.eligibility.checking import main
from tests.unit.eligibility.book.case_tables import book


@pytest.fixture
def law(tmp_path: Path) -> Path:
    """A copy of the law."""
    return shutil.copytree(folder_of(RULES), tmp_path / "law")


def test_a_folder_without_fault_is_told_by_its_hash(law: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(law) == 0
    assert book().hash in capsys.readouterr().out


def test_the_first_fault_of_each_file_is_told_with_its_line(law: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (law / "wrong").mkdir()
    rule = '@rule("A")\ndef wrong_fen(a_fen: int) -> int:\n    """Wrong."""\n    return a_fen * 0.5\n'
    (law / "wrong/wrong.py").write_text(f"from services.eligibility.book.rule import rule\n\n\n{rule}", "utf-8")
    (law / "wrong/wrong.yaml").write_text("wrong_fen:\n  title: Wrong\n  colour: red\n", "utf-8")
    assert main(law) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("wrong/wrong.py:7: rule wrong_fen may not use 0.5")
    assert second == "wrong/wrong.yaml:3: unknown key colour"


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("benefits.yaml", "x: {}\n", "benefits.yaml:1: title is missing"),
        ("facts.yaml", "x: {}\n", "facts.yaml:1: title is missing"),
        ("facts.yaml", "\udcff", "facts.yaml:1: the file is no UTF-8 text"),
    ],
)
def test_a_fault_of_the_whole_is_told(
    law: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, said: str
) -> None:
    (law / file).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert main(law) == 1
    assert capsys.readouterr().out == f"{said}\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "certification/certification.yaml",
            "certification_phone_after_months:",
            "certification_long_months:",
            "law: there is no parameter certification_phone_after_months, and the service needs it",
        ),
        ("finding/finding.yaml", "proposal_days:", "offer_days:", "law: there is no parameter proposal_days"),
        ("payability/payability.yaml", "missing_effect:", "gone_effect:", "law: there is no parameter missing_effect"),
        ("certification/feeds.yaml", "2019-01:", "2190-01:", "law: feed_most_count has no value on 20"),
        (
            "payability/payability.yaml",
            "value: HOLD",
            "value: PARK",
            "law: 6 is not a valid Effect, of those that the service knows",
        ),
        ("benefits.yaml", "flexible_retirement:", "chosen_retirement:", "law: there is no benefit flexible_retirement"),
        ("benefits.yaml", "    - first_payment_month\n", "", "law: employee_pension has no result first_payment_month"),
        ("*.yaml", "MALE_60:", "MEN:", "law: retirement_group has no code MALE_60"),
    ],
)
def test_a_law_that_the_service_cannot_work_by_is_told(
    law: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, said: str
) -> None:
    for path in law.rglob(file):
        path.write_text(path.read_text("utf-8").replace(old, new).replace("END: 5}", "END: 5, PARK: 6}"), "utf-8")
    assert main(law) == 1
    assert capsys.readouterr().out.startswith(said)


def test_what_is_no_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path / "nothing") == 2
    assert "no folder" in capsys.readouterr().err
