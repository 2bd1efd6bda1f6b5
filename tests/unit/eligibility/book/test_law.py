"""What every rule and every parameter of the law must be."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import services.eligibility.rules as law
from services.eligibility.book.rule import Rule
from tests.unit.eligibility.book.case_tables import book

ROOT = Path(next(iter(law.__path__)))
RULES = [version for versions in book().library.rules.values() for version in versions]
ALLOWED_CALLS = {"where", "least", "most", "half_up", "logical_and", "logical_or", "logical_not"}
ALLOWED_NODES = (
    ast.FunctionDef,
    ast.arguments,
    ast.arg,
    ast.Expr,
    ast.Assign,
    ast.Return,
    ast.Call,
    ast.Name,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Load,
    ast.Store,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.FloorDiv,
    ast.Mod,
    ast.USub,
    ast.cmpop,
)


def offences(source: str) -> list[str]:
    """Name all that a rule may not do: it runs on columns too, and knows nothing but its arguments."""
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    found = []
    for node in (part for statement in [function.args, *function.body] for part in ast.walk(statement)):
        if not isinstance(node, ALLOWED_NODES) or isinstance(node, ast.In | ast.NotIn | ast.Is | ast.IsNot):
            found.append(type(node).__name__)
        elif isinstance(node, ast.Constant) and not (type(node.value) is int or node is _docstring(function)):
            found.append(f"constant {node.value!r}")
        elif isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in ALLOWED_CALLS):
            found.append("call")
        elif isinstance(node, ast.Compare) and len(node.ops) > 1:
            found.append("chained comparison")
    return found


def _docstring(function: ast.FunctionDef) -> ast.expr | None:
    first = function.body[0]
    return first.value if isinstance(first, ast.Expr) else None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.place)
def test_a_rule_is_plain_arithmetic_on_its_arguments(rule: Rule) -> None:
    assert offences(inspect.getsource(rule.function)) == []


@pytest.mark.parametrize(
    "body",
    [
        "if a > b:\n        return a\n    return b",
        "return a if a > b else b",
        "return a > 0 and b > 0",
        "return a > 0 or b > 0",
        "return not a",
        "return max(a, b)",
        "return min(a, b)",
        "return a * 0.5",
        "return a / b",
        "return 0 < a < b",
        "print(a)\n    return a",
        "return open('x').read()",
        "import os\n    return a",
        "return a.bit_length()",
        "return [a][0]",
        "return a in b",
        "return a & b",
        "return (lambda: a)()",
        "while a:\n        return a",
    ],
)
def test_the_syntax_check_sees_what_would_break_a_batch(body: str) -> None:
    assert offences(f"def some_months(a, b):\n    {body}\n") != []


def test_rules_import_nothing_but_the_rule_book() -> None:
    for module_name in {rule.function.__module__ for rule in RULES}:
        tree = ast.parse(inspect.getsource(importlib.import_module(module_name)))
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        modules = {node.module if isinstance(node, ast.ImportFrom) else "import" for node in imports}
        assert modules <= {"services.eligibility.book.ops", "services.eligibility.book.rule"}, module_name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.place)
def test_every_rule_cites_an_article_and_says_what_it_is(rule: Rule) -> None:
    assert rule.article
    assert len(rule.title) > 10


def test_every_rule_belongs_to_a_benefit() -> None:
    used = {name for chapter in book().chapters.values() for plan in chapter.plans for name in plan.inputs}
    assert set(book().library.rules) - used == set()


def test_every_parameter_entry_has_a_source_and_is_checked_or_shown_as_unverified() -> None:
    for parameter in book().parameters():
        for entry in parameter.entries:
            assert entry.source, entry.place
            assert entry.unverified or (parameter.checked is not None and entry.published is not None), entry.place


def test_what_nobody_has_compared_with_the_law_is_listed() -> None:
    assert {parameter.name for parameter in book().parameters() if parameter.is_unverified} == {
        "calculation_base_fen",
        "transitional_coefficient_bp",
        "interpolate_payout_months",
        "certification_validity_months",
        "certification_warning_months",
        "certification_grace_months",
        "certification_home_visit_age_years",
        "certification_agreement_days",
        "evidence_strength",
    }
    assert {rule.name for rule in RULES if rule.unverified} == {"minimum_month"}
    assert {benefit.name: benefit.unverified for benefit in book().benefits()} == {
        "employee_pension": True,
        "statutory_retirement": False,
    }


def test_a_module_never_defines_two_versions_of_a_rule() -> None:
    """The second would hide the first: versions live in modules of their own."""
    for path in ROOT.rglob("*.py"):
        names = [node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
        assert len(names) == len(set(names)), path.name
