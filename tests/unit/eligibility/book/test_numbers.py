"""A number of the law is changed in its file, and nowhere else."""

import shutil
from datetime import date
from pathlib import Path

import services.eligibility.rules as law
from services.eligibility.book.book import Book
from tests.unit.eligibility.book.case_tables import book
from tests.unit.eligibility.book.people import MAN

DAY = date(2030, 1, 1)


def changed(folder: Path, file: str, old: str, new: str) -> Book:
    """Load the law with one text of one file replaced."""
    shutil.copytree(Path(next(iter(law.__path__))), folder / "law")
    path = folder / "law" / file
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    return Book.load(folder=folder / "law")


def test_what_one_district_adds_is_paid_to_its_residents_only(tmp_path: Path) -> None:
    with_addition = changed(tmp_path, "resident_pension/pension.yaml", "LAOSHAN: 0", "LAOSHAN: 4_000")
    for district in book().library.facts["residence_district"].codes.values():
        person = MAN | {"residence_district": district}
        before = book().evaluate("resident_pension", person, DAY).results["resident_pension_fen"]
        after = with_addition.evaluate("resident_pension", person, DAY).results["resident_pension_fen"]
        assert after - before == (4_000 if district == book().code("residence_district", "LAOSHAN") else 0)
    assert with_addition.hash != book().hash


def test_a_year_s_adjustment_that_is_published_late_is_known_from_its_day_on(tmp_path: Path) -> None:
    late = "    2026-01:\n      value: 2000\n      source: 占位值"
    assert late in (Path(next(iter(law.__path__))) / "adjustment/adjustment.yaml").read_text("utf-8")
    changed(
        tmp_path,
        "adjustment/adjustment.yaml",
        late,
        late.replace("value: 2000", "value: 2000\n      published: 2026-06-20"),
    )
    for day, fixed in ((date(2026, 6, 19), 2_500), (date(2026, 6, 20), 2_000)):
        known = Book.load(known=day, folder=tmp_path / "law")
        assert known.evaluate("pension_adjustment", MAN, day).results["fixed_raise_fen"] == fixed
