"""A file of rules can do nothing but compute: what would break a batch, or do anything else, is refused unrun."""

import pytest

from services.eligibility.book.module import read_rules
from services.eligibility.book.refusal import BookRefused

HEAD = "from services.eligibility.book.ops import least, where\nfrom services.eligibility.book.rule import rule\n\n\n"
RULE = '''@rule("Act 1")
def some_months(a: int, b: int) -> int:
    """Some months."""
    {}
'''


def test_a_rule_keeps_its_own_text_and_place() -> None:
    text = HEAD + RULE.format("past = a - b\n    return where(past < 0, 0, least(past // 2 + 1, -b % 12))")
    [rule] = read_rules("folder/act.py", text)
    assert (rule.name, rule.place, rule.inputs) == ("some_months", "folder/act.py:5", ("a", "b"))
    assert rule.text == text.removeprefix(HEAD).rstrip()
    assert rule.function(10, 4) == 4


def test_a_rule_is_told_from_its_neighbours_by_the_lines_of_python() -> None:
    text = HEAD.replace("\n\n\n", "  # \x0c\u2028\x85\n\n\n") + RULE.format("return a")
    [rule] = read_rules("act.py", text)
    assert rule.text == RULE.format("return a").rstrip()


def test_a_rule_may_name_its_own_results_and_the_constants_of_its_module() -> None:
    [rule] = read_rules("act.py", HEAD + "YEAR = 12\n\n\n" + RULE.format("x = a * YEAR\n    return least(x, b)"))
    assert rule.function(1, 20) == 12


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("if a > b:\n        return a\n    return b", "act.py:8: rule some_months may not use if: write where"),
        ("return a if a > b else b", "if: write where"),
        ("return a > 0 and b > 0", "and: write logical_and"),
        ("x = 1\n    return a > 0 or b > 0", "act.py:9: rule some_months may not use or: write logical_or"),
        ("return not a", "not: write logical_not"),
        ("return max(a, b)", "a call of anything but half_up, least, "),
        ("return a * 0.5", "0.5: a rule computes with whole numbers"),
        ("return a == True", "True: a rule computes with whole numbers"),
        ("return a / b", "/: write // or half_up"),
        ("return 0 < a < b", "a chained comparison: write logical_and"),
        ("print(a)\n    return a", "a call of anything but"),
        ("return open('x').read()", "a call of anything but"),
        ("import os\n    return a", "Import"),
        ("return a.bit_length()", "a call of anything but"),
        ("return a.real", "Attribute"),
        ("return [a][0]", "Subscript"),
        ("return a in b", "In"),
        ("return a & b", "BitAnd"),
        ("return a ** b", "Pow"),
        ("return (lambda: a)()", "a call of anything but"),
        ("while a:\n        return a", "While"),
        ("return a + elsewhere", "act.py:8: rule some_months uses elsewhere, which is no argument, constant or word"),
        ("x = x + 1\n    return x + a", "act.py:8: rule some_months uses x, which"),
        (f"return a {'+ 1' * 5_000}", "no Python"),
    ],
)
def test_a_rule_uses_nothing_that_would_break_a_batch(body: str, said: str) -> None:
    with pytest.raises(BookRefused) as refusal:
        read_rules("act.py", HEAD + RULE.format(body))
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os\n", "act.py:1: a file of rules holds rules"),
        ("from os import path\n", "act.py:1: a file of rules holds rules"),
        ("RATE = open('x')\n", "act.py:1: a file of rules holds rules"),
        ("print(1)\n", "act.py:1: a file of rules holds rules"),
        ("class Rate: ...\n", "act.py:1: a file of rules holds rules"),
        ("def help(a):\n    return a\n", "act.py:1: a file of rules holds rules"),
        ("@rule(open('x').read())\ndef x_fen(a: int) -> int:\n    return a\n", "act.py:1: rule x_fen: article"),
        ("@rule('A')\n@other\ndef x_fen(a: int) -> int:\n    return a\n", "act.py:2: rule x_fen: article"),
        ("@rule('A')\ndef x_fen(a: open('x')) -> int:\n    return a\n", "act.py:2: rule x_fen may not use a call"),
        ("@rule('A')\ndef x_fen(a: int) -> open('x'):\n    return a\n", "act.py:2: rule x_fen may not use a call"),
        ("@rule('A')\ndef x_fen(a=open('x')) -> int:\n    return a\n", "act.py:2: rule x_fen may not use a call"),
        (RULE.format("return a"), "act.py:9: rule some_months stands twice"),
        ("a b\n", "act.py:1: no Python"),
        (HEAD + "@rule(1, 2)\ndef x_fen(a: int) -> int:\n    return a\n", "act.py:5: cannot be run: TypeError"),
        ("@rule('A')\ndef x_fen(a: int) -> int:\n    return a\n", "act.py:1: cannot be run: NameError"),
    ],
)
def test_a_file_of_rules_holds_nothing_else_and_is_not_run_before_it_is_checked(text: str, said: str) -> None:
    with pytest.raises(BookRefused) as refusal:
        read_rules("act.py", text + HEAD + RULE.format("return b"))
    assert said in str(refusal.value)


def test_a_module_without_rules_is_not_run() -> None:
    assert read_rules("numbers.py", "raise SystemExit\n") == []
