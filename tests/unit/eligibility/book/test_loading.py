"""A book that contradicts itself or leaves something out is refused, with file and line."""

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from services.common.errors import InvalidInput
from services.eligibility.book.book import Book
from services.eligibility.book.refusal import BookRefused

FACTS = """\
as_of_month: {title: Month, unit: month, source: request, least: 2000-01, most: 2099-12}
paid_months: {title: Months paid, unit: months, source: record, least: 0, most: 960}
colour: {title: Colour, unit: code, source: record, codes: {RED: 1, BLUE: 2}}
"""
BENEFITS = """\
bonus:
  title: A bonus
  since: 2000-01
  decided_by: may_draw
  results: [bonus_fen]
"""
PARAMETERS = """\
least_months:
  title: Months needed
  unit: months
  by: as_of_month
  source: Act 1
  published: 2000-01-01
  checked: 2026-01-01
  since:
    2000-01:
      value: 12
    2010-01:
      value: 24
rate_fen:
  title: Rate
  unit: fen
  by: as_of_month
  rows: colour
  source: Act 2
  published: 2000-01-01
  checked: 2026-01-01
  since:
    2000-01:
      value: {RED: 100, BLUE: 200}
"""
RULES = '''\
from services.eligibility.book.ops import logical_and, where
from services.eligibility.book.rule import rule


@rule("Act 1 art. 1")
def enough(paid_months: int, least_months: int) -> bool:
    """Whether enough was paid."""
    return paid_months >= least_months


@rule("Act 1 art. 2")
def may_draw(enough: bool) -> bool:
    """Whether the bonus is due."""
    return logical_and(enough)


@rule("Act 2 art. 1")
def bonus_fen(paid_months: int, rate_fen: int) -> int:
    """Bonus."""
    return paid_months * rate_fen
'''

Load = Callable[..., Book]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a book of the texts above, each of which a test may change."""
    numbers = itertools.count()

    def make(*changes: tuple[str, str], known: date | None = None, **more: str) -> Book:
        """Change texts, and add files: `more_py="..."` is more.py."""
        folder = tmp_path / f"law_{next(numbers)}"
        files = {"facts.yaml": FACTS, "benefits.yaml": BENEFITS, "act.yaml": PARAMETERS, "act.py": RULES}
        for old, new in changes:
            assert any(old in text for text in files.values()), old
            files = {file: text.replace(old, new, 1) for file, text in files.items()}
        folder.mkdir()
        for file, text in (files | {name.replace("_", "."): text for name, text in more.items()}).items():
            (folder / file).write_text(text, encoding="utf-8")
        return Book.load(known, folder)

    return make


def test_a_book_without_fault_is_loaded(load: Load) -> None:
    decision = load().evaluate("bonus", {"paid_months": 24, "colour": 2}, date(2010, 1, 1))
    assert (decision.outcome, decision.results) == ("ELIGIBLE", {"bonus_fen": 4_800})
    assert decision.unverified is False


SAYS_SO = """\
blue: {title: Whether it is blue, unit: flag, source: record}
stripes_months: {title: Months of stripes, unit: months, source: record, least: 1, most: 9, needed_if: is_blue}
tint: {title: Tint, unit: code, source: wish, codes: {PALE: 1, DARK: 2}, default: usual_tint}
paid_months: {title"""
STRIPES = '''

@rule("Act 3 art. 1")
def is_blue(blue: int) -> bool:
    """Whether stripes count."""
    return blue == 1


@rule("Act 3 art. 2")
def bonus_fen(paid_months: int, stripes_months: int, tint: int, rate_fen: int) -> int:
    """Bonus."""
    return paid_months * rate_fen + stripes_months + tint
'''
USUAL_TINT = """\
usual_tint:
  title: Tint of those who wish none
  unit: code
  by: as_of_month
  codes: {PALE: 1, DARK: 2}
  source: Act 3
  published: 2000-01-01
  checked: 2026-01-01
  since: {2000-01: {value: DARK}}
"""


@pytest.mark.parametrize(
    ("facts", "result", "missing"),
    [
        ({"blue": 0}, 2_000 + 1 + 2, ()),
        ({"blue": 0, "stripes_months": 5}, 2_000 + 5 + 2, ()),
        ({"blue": 1, "stripes_months": 5, "tint": 1}, 2_000 + 5 + 1, ()),
        ({"blue": 1}, None, ("stripes_months",)),
        ({}, None, ("blue",)),
        ({"stripes_months": 5}, 2_000 + 5 + 2, ()),
    ],
)
def test_a_fact_that_the_case_does_not_need_is_not_asked_for(
    load: Load, facts: dict[str, int], result: int | None, missing: tuple[str, ...]
) -> None:
    old = RULES[RULES.index('\n\n@rule("Act 2') :]
    book = load((old, STRIPES), ("paid_months: {title", SAYS_SO), tint_yaml=USUAL_TINT)
    assert book.benefits()[0].optional_facts == ("stripes_months", "tint")
    known = {"paid_months": 20, "colour": 1} | facts
    alone = book.evaluate("bonus", known, date(2005, 1, 1))
    columns = {name: np.array([value, value], dtype=np.int64) for name, value in known.items()}
    for decision in (alone, book.evaluate_batch("bonus", columns, date(2005, 1, 1)).row(1)):
        assert decision.results.get("bonus_fen") == result
        assert decision.missing_facts == missing


FAULTS = [
    # documents
    (("title: Months needed\n", "title: Months needed\n  colour: red\n"), "act.yaml:3: unknown key colour"),
    (("      value: 24", "      value: 24\n      note: x"), "act.yaml:13: unknown key note"),
    (("    2010-01:", "    2000-01:"), "act.yaml:11: 2000-01 is given twice"),
    (("  title: Months needed\n", ""), "act.yaml:2: title is missing"),
    (("  title: Months needed\n", "  title:\n"), "act.yaml:2: a text is expected here"),
    (("  by: as_of_month\n  source: Act 1\n", "  source: Act 1\n"), "act.yaml:2: by is missing"),
    (("      value: 24", "      value: 24.5"), "act.yaml:12: a whole number is expected here"),
    (("      value: 24", "      value: [24]"), "act.yaml:12: a text is expected here"),
    (("      value: 24", "      value: {"), "act.yaml:14: no YAML"),
    (("    2010-01:", "    2010:"), "act.yaml:11: A month is written YYYY-MM."),
    (("checked: 2026-01-01", "checked: 2026-02-30"), "act.yaml:7: "),
    (("checked: 2026-01-01", "checked: 2026-01-01\n  unverified: perhaps"), "act.yaml:8: true or false"),
    ((BENEFITS, ""), "benefits.yaml:1: the file is empty"),
    ((BENEFITS, "[]"), "benefits.yaml:1: keys with values are expected here"),
    (("results: [bonus_fen]", "results: bonus_fen"), "benefits.yaml:5: a list is expected here"),
    (("least_months:\n", "Least-Months:\n"), "act.yaml:1: a name consists of small letters"),
    # parameters
    (("  source: Act 1\n", ""), "act.yaml:9: source is missing"),
    (("  published: 2000-01-01\n", ""), "act.yaml:9: published is missing"),
    (("  checked: 2026-01-01\n", ""), "act.yaml:2: checked is missing"),
    (("    2010-01:\n      value: 24", "    1999-01:\n      value: 24"), "act.yaml:12: the dates are not in order"),
    (("      value: 12\n", "      value: 12\n      until: 2009-11\n"), "act.yaml:10: this entry leaves a gap"),
    (("      value: 12\n", "      value: 12\n      until: 2010-01\n"), "act.yaml:10: this entry overlaps the next"),
    (("      value: 24\n", "      value: 24\n      until: 2009-12\n"), "act.yaml:13: until lies before since"),
    (
        ("    2000-01:\n      value: 12\n    2010-01:\n      value: 24\n", "    {}\n"),
        "act.yaml:9: there is no dated entry",
    ),
    (
        ("      value: 24\n", "      - {value: 24, published: 2012-01-01}\n      - {value: 25}\n"),
        "act.yaml:13: publications for one date follow",
    ),
    (("{RED: 100, BLUE: 200}", "{RED: 100}"), "act.yaml:23: the table has not all rows of colour"),
    (("{RED: 100, BLUE: 200}", "{RED: 100, GREEN: 200}"), "act.yaml:23: GREEN is no colour"),
    (("{RED: 100, BLUE: 200}", "{}"), "act.yaml:23: rows are missing in the middle"),
    (("rows: colour", "rows: paid_months"), "act.yaml:23: a whole number is expected here"),
    (("rows: colour", "rows: nothing"), "act.yaml:23: a whole number"),
    (
        ("  rows: colour", "  rows: nothing"),
        ("{RED: 100, BLUE: 200}", "{1: 100, 2: 200}"),
        "act.yaml:14: rows: nothing is nothing in the book",
    ),
    (
        ("  rows: colour", "  rows: paid_months"),
        ("{RED: 100, BLUE: 200}\n", "{1: 100, 2: 200}\n    2001-01:\n      value: {2: 100, 3: 200}\n"),
        "act.yaml:25: the table has other rows",
    ),
    (("  by: as_of_month", "  by: paid_months"), "act.yaml:2: by: paid_months is no month of the book"),
    (("unit: fen", "unit: yuan"), "act.yaml:14: the name of parameter rate_fen ends in its unit"),
    (("unit: fen", "unit: code"), "act.yaml:14: codes is missing"),
    (("unit: fen", "unit: flag"), "act.yaml:23: a flag is 1 or 0"),
    (("unit: fen", "unit: code\n  codes: {LOW: 1}"), "act.yaml:24: 100 is none of LOW"),
    (("rate_fen:\n", "least_months:\n"), "act.yaml:13: least_months is given twice"),
    (("rate_fen:\n", "bonus_fen:\n"), "bonus_fen is also a fact or a rule"),
    # facts
    (("as_of_month: {title: Month,", "this_month: {title: Month,"), "act.yaml:2: by: as_of_month is no month"),
    (("paid_months: {title: Months paid", "enough: {title: Months paid"), "the name of fact enough ends in its unit"),
    (("least: 0, most: 960", "least: 0"), "facts.yaml:2: most is missing"),
    (("least: 0, most: 960", "least: 961, most: 960"), "facts.yaml:2: least is more than most"),
    (("codes: {RED: 1, BLUE: 2}", "codes: {RED: 1, BLUE: 3}"), "facts.yaml:3: codes count from 1"),
    (("codes: {RED: 1, BLUE: 2}", "least: 1, most: 2"), "facts.yaml:3: unknown key least"),
    (("most: 960}", "most: 960, default: colour}"), "facts.yaml:2: default: colour has not the unit months"),
    (("BLUE: 2}}", "BLUE: 2}, default: least_months}"), "facts.yaml:3: default: least_months has not the unit code"),
    (("most: 960}", "most: 960, needed_if: colour}"), "facts.yaml:2: needed_if: colour is no condition of the book"),
    (
        ("most: 960}", "most: 960, needed_if: enough, default: least_months}"),
        "facts.yaml:2: a fact with a default is never needed",
    ),
    (("most: 960}", "most: 960, needed_if: enough}"), "benefits.yaml:1: a circle"),
    (("colour: {", "merry: {title: M, unit: flag, source: s, least: 0}\ncolour: {"), "facts.yaml:3: unknown key least"),
    (
        ("colour: {", "bonus_fen: {title: B, unit: fen, source: s, least: 0, most: 1}\ncolour: {"),
        "facts.yaml:3: bonus_fen is also a rule",
    ),
    # rules
    (('@rule("Act 1 art. 1")', '@rule(" ")'), "rule enough needs an article and a docstring"),
    (('    """Bonus."""\n', ""), "rule bonus_fen needs an article and a docstring"),
    (("def bonus_fen", "def bonus"), "the name of rule bonus ends in no unit"),
    (('"Act 1 art. 1"', '"Act 1", since="2000-01-02"'), "since is the first day of a month"),
    (('"Act 1 art. 1"', '"Act 1", until="2000-01-30"'), "until is the last day of a month"),
    (('"Act 1 art. 1"', '"Act 1", since="soon"'), "'soon' is no date"),
    (("decided_by: may_draw", "decided_by: may_take"), "benefits.yaml:1: may_take is no fact, parameter or rule"),
    (("decided_by: may_draw", "decided_by: bonus_fen"), "bonus_fen decides a benefit: it and all its arguments"),
    (("paid_months * rate_fen", "paid_months // (rate_fen - 100)"), "bonus_fen: a divisor may be zero"),
    (
        ("paid_months * rate_fen", "paid_months * rate_fen * 100_000_000_000_000_000"),
        "bonus_fen: a value may leave 64 bits",
    ),
    (
        ("paid_months * rate_fen", "paid_months * 0.5"),
        "act.py:20: rule bonus_fen may not use 0.5: a rule computes with whole",
    ),
    (
        ("paid_months * rate_fen", "paid_months * rate_fn"),
        "act.py:20: rule bonus_fen uses rate_fn, which is no argument",
    ),
    (
        ("paid_months >= least_months", "paid_months - least_months"),
        "act.py:5: enough: a condition is yes or no, and this is a number",
    ),
    (("value: 24", "value: 9223372036854775808"), "act.yaml:12: the number is larger than 64 bits hold"),
    (("value: 24", f"value: {'9' * 5_000}"), "act.yaml:12: the number is larger than 64 bits hold"),
    (("value: 24", f"value: {'[' * 2_000}{']' * 2_000}"), "act.yaml:1: no YAML: it is nested too deeply"),
    (("paid_months >= least_months", "1 if paid_months else 0"), "act.py:8: rule enough may not use if: write where"),
    (('"Act 2 art. 1"', '"Act 2", since="2001-01-01"'), "bonus_fen is no fact, parameter or rule of 2000-01"),
    (('"Act 2 art. 1"', '"Act 2", until="2009-12-31"'), "bonus_fen is no fact, parameter or rule of 2010-01"),
    (("    return logical_and(enough)", "    return enough == 0"), "it holds when all its arguments do"),
    (("since: 2000-01\n  decided", "since: 2100-01\n  decided"), "bonus begins after 2099-12"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[-1])
def test_a_fault_is_refused_where_it_is(load: Load, fault: tuple[object, ...]) -> None:
    *changes, message = fault
    with pytest.raises(BookRefused) as refusal:
        load(*changes)
    assert str(message) in str(refusal.value)
    assert ":" in refusal.value.place


HEAD = "from services.eligibility.book.rule import rule\n\n\n"


def _version(dates: str, name: str = "bonus_fen") -> str:
    head = f'{HEAD}@rule("Act 3"{dates})\ndef {name}(paid_months: int) -> int:\n'
    return head + '    """Another bonus."""\n    return paid_months\n'


def test_rules_on_a_circle_are_refused(load: Load) -> None:
    circle = _version("", "extra_fen").replace("paid_months", "bonus_fen")
    with pytest.raises(BookRefused, match=r"a circle: .*bonus_fen.*extra_fen|a circle: .*extra_fen.*bonus_fen"):
        load(
            ("def bonus_fen(paid_months", "def bonus_fen(extra_fen"), ("return paid_months *", "return"), more_py=circle
        )


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("", ', since="2005-01-01"', "rule bonus_fen has two versions in one month"),
        (', until="2005-01-31"', ', since="2005-01-01"', "rule bonus_fen has two versions in one month"),
        (', until="2004-11-30"', ', since="2005-01-01"', "rule bonus_fen has no version in 2004-12"),
    ],
)
def test_versions_of_a_rule_follow_each_other_without_gap_or_overlap(
    load: Load, first: str, second: str, text: str
) -> None:
    with pytest.raises(BookRefused, match=text):
        load(('"Act 2 art. 1"', f'"Act 2 art. 1"{first}'), more_py=_version(second))


RETROACTIVE = _version(', since="2005-01-01", published="2010-03-01"')


@pytest.mark.parametrize(
    ("known", "bonus"), [(None, 24), (date(2010, 3, 1), 24), (date(2010, 2, 28), 2_400), (date(2005, 6, 1), 2_400)]
)
def test_a_law_that_reaches_back_counts_from_the_day_it_was_published(
    load: Load, known: date | None, bonus: int
) -> None:
    book = load(known=known, more_py=RETROACTIVE)
    facts = {"paid_months": 24, "colour": 1}
    assert book.evaluate("bonus", facts, date(2005, 1, 1)).results == {"bonus_fen": bonus}
    assert book.evaluate("bonus", facts, date(2004, 12, 31)).results == {"bonus_fen": 2_400}
    assert book.hash == load(more_py=RETROACTIVE).hash


def test_of_two_versions_in_force_one_is_published_later(load: Load) -> None:
    with pytest.raises(BookRefused, match="rule bonus_fen has two versions in one month"):
        load(
            ('"Act 2 art. 1"', '"Act 2 art. 1", published="2010-03-01"'),
            more_py=_version(', since="2005-01-01", published="2010-03-01"'),
        )


@pytest.mark.parametrize(
    ("amount", "message"),
    [("bonus_fen", None), ("rate_fen", "benefits.yaml:6: rate_fen is no result in fen")],
)
def test_what_is_paid_every_month_is_one_of_the_results(load: Load, amount: str, message: str | None) -> None:
    change = ("results: [bonus_fen]\n", f"results: [bonus_fen]\n  monthly_amount: {amount}\n")
    if message is None:
        assert load(change).chapters["bonus"].declaration.monthly_amount == amount
        return
    with pytest.raises(BookRefused, match=message):
        load(change)


@pytest.mark.parametrize("file", ["facts.yaml", "benefits.yaml"])
def test_a_folder_without_facts_or_benefits_is_no_book(tmp_path: Path, file: str) -> None:
    (tmp_path / "facts.yaml").write_text(FACTS, "utf-8")
    (tmp_path / file).unlink(missing_ok=True)
    with pytest.raises(BookRefused, match=f"{file}:1: the file is missing"):
        Book.load(folder=tmp_path)


def test_a_rule_keeps_its_unit(load: Load) -> None:
    condition = _version(', since="2005-01-01"').replace("-> int", "-> bool")
    with pytest.raises(BookRefused, match="rule bonus_fen changes its unit"):
        load(('"Act 2 art. 1"', '"Act 2", until="2004-12-31"'), more_py=condition)


def test_a_new_version_of_a_rule_decides_from_its_first_day(load: Load) -> None:
    changed = load(('"Act 2 art. 1"', '"Act 2", until="2004-12-31"'), more_py=_version(', since="2005-01-01"'))
    facts = {"paid_months": 24, "colour": 1}
    assert changed.evaluate("bonus", facts, date(2004, 12, 31)).results == {"bonus_fen": 2_400}
    assert changed.evaluate("bonus", facts, date(2005, 1, 1)).results == {"bonus_fen": 24}
    assert changed.hash != load().hash


def test_a_boundary_that_changes_nothing_for_a_benefit_does_not_cut_it(load: Load) -> None:
    other = load(more_py=_version(', since="2005-01-01"', "other_fen"))
    assert len(other.chapters["bonus"].plans) == 1


def test_a_parameter_is_defined_in_one_file_only(load: Load) -> None:
    with pytest.raises(BookRefused, match=r"more.yaml:2: least_months is defined twice"):
        load(more_yaml=PARAMETERS)


def test_a_book_needs_the_month_to_decide_for(load: Load) -> None:
    with pytest.raises(BookRefused, match="fact as_of_month is missing"):
        load(
            ("as_of_month: {title: Month,", "paid_month: {title: Month,"),
            ("by: as_of_month", "by: paid_month"),
            ("by: as_of_month", "by: paid_month"),
        )


TWICE = """\
      - value: 24
        published: 2010-03-01
      - value: 36
        published: 2011-05-01
"""


@pytest.mark.parametrize(
    ("known", "months"), [(None, 36), (date(2011, 5, 1), 36), (date(2011, 4, 30), 24), (date(2010, 2, 28), 12)]
)
def test_a_value_set_again_counts_from_the_day_it_was_published(load: Load, known: date | None, months: int) -> None:
    book = load(("      value: 24\n", TWICE), known=known)
    assert book.number("least_months", date(2010, 6, 1)) == months


def test_what_was_published_later_leaves_a_gap_then_and_no_fault(load: Load) -> None:
    dated = (
        "      value: 12\n    2010-01:\n      value: 24\n",
        "      value: 12\n      until: 2009-12\n"
        "    2010-01: {value: 24, until: 2010-12, published: 2010-03-01}\n    2011-01: {value: 36}\n",
    )
    facts = {"paid_months": 40, "colour": 1}
    then = load(dated, known=date(2010, 2, 1))
    assert then.evaluate("bonus", facts, date(2009, 12, 1)).outcome == "ELIGIBLE"
    assert then.evaluate("bonus", facts, date(2010, 2, 1)).missing_facts == ("least_months",)
    assert load(dated, known=date(2010, 3, 1)).evaluate("bonus", facts, date(2010, 2, 1)).outcome == "ELIGIBLE"


def test_a_parameter_that_nobody_had_published_is_not_in_the_book(load: Load) -> None:
    late = ("source: Act 2\n  published: 2000-01-01", "source: Act 2\n  published: 2006-01-01")
    then = load(late, known=date(2005, 1, 1))
    assert (list(then.chapters), "rate_fen" in then.library.parameters) == ([], False)
    with pytest.raises(InvalidInput, match="no such benefit by what was published until 2005-01-01"):
        then.evaluate("bonus", {"paid_months": 24, "colour": 1}, date(2005, 1, 1))
    assert list(load(late, known=date(2006, 1, 1)).chapters) == ["bonus"]


def test_a_parameter_that_has_ended_leaves_the_decision_open_for_one_person_and_in_a_batch(load: Load) -> None:
    ended = load(("      value: 24\n", "      value: 24\n      until: 2011-12\n"))
    facts = {"paid_months": 24, "colour": 1}
    months = [2009 * 12, 2011 * 12 + 11, 2012 * 12]
    alone = [ended.evaluate("bonus", facts, date(month // 12, month % 12 + 1, 1)) for month in months]
    assert [decision.missing_facts for decision in alone] == [(), (), ("least_months",)]
    columns = {name: np.full(3, value, dtype=np.int64) for name, value in facts.items()}
    columns["as_of_month"] = np.array(months, dtype=np.int64)
    batch = ended.evaluate_batch("bonus", columns, date(2009, 1, 1))
    assert [batch.row(number).outcome for number in range(3)] == [decision.outcome for decision in alone]
    assert batch.row(2).missing_facts == ("least_months",)


def test_a_table_with_dates_and_rows_is_looked_up_by_both(load: Load) -> None:
    dated = load(
        ("{RED: 100, BLUE: 200}\n", "{RED: 100, BLUE: 200}\n    2010-01:\n      value: {RED: 300, BLUE: 400}\n")
    )
    columns = {
        "paid_months": np.full(4, 24, dtype=np.int64),
        "colour": np.array([1, 2, 1, 2], dtype=np.int64),
        "as_of_month": np.array([2009, 2009, 2010, 2010], dtype=np.int64) * 12,
    }
    batch = dated.evaluate_batch("bonus", columns, date(2009, 1, 1))
    assert batch.results["bonus_fen"].tolist() == [2_400, 4_800, 7_200, 9_600]


def test_an_unverified_entry_marks_only_the_decisions_that_rest_on_it(load: Load) -> None:
    book = load(("      value: 24\n", "      value: 24\n      unverified: true\n"))
    facts = {"paid_months": 24, "colour": 1}
    assert book.benefits()[0].unverified
    assert not book.evaluate("bonus", facts, date(2009, 12, 31)).unverified
    assert book.evaluate("bonus", facts, date(2010, 1, 1)).unverified
    columns = {name: np.full(2, value, dtype=np.int64) for name, value in facts.items()}
    columns["as_of_month"] = np.array([2009, 2010], dtype=np.int64) * 12
    assert book.evaluate_batch("bonus", columns, date(2009, 1, 1)).unverified.tolist() == [False, True]


def test_more_conditions_and_parameters_than_a_batch_can_mark_are_refused(load: Load) -> None:
    names = [f"p{number}_months" for number in range(62)]
    numbers = "".join(PARAMETERS.partition("rate_fen")[0].replace("least_months", name) for name in names)
    arguments = ", ".join(f"{name}: int" for name in names)
    rule = (
        f'{HEAD}@rule("Act 4")\ndef sum_months({arguments}) -> int:\n    """Sum."""\n    return {" + ".join(names)}\n'
    )
    with pytest.raises(BookRefused, match="needs more names than a batch can mark"):
        load(("results: [bonus_fen]", "results: [bonus_fen, sum_months]"), more_yaml=numbers, more_py=rule)
