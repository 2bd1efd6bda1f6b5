"""A module of rules: read as text, checked to hold nothing but rules, and only then run.

A rule runs on numbers and on columns alike and knows nothing but its arguments; a module imports nothing but the words
that rules are written in. So a text that passes can do nothing but compute, wherever it was kept.
"""

import ast
import inspect
import re
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from services.eligibility.book import ops
from services.eligibility.book.refusal import BookRefused
from services.eligibility.book.rule import Rule

_LINES = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python; `splitlines` knows more, which a text may hold in a comment or docstring."""

_IMPORTS = ("services.eligibility.book.ops", "services.eligibility.book.rule")
_CALLS = frozenset(
    name
    for name, word in inspect.getmembers(ops, inspect.isfunction)
    if word.__module__ == ops.__name__ and not name.startswith("_")
)
"""The words of `ops`."""
_INSTEAD: dict[type[ast.AST], str] = {
    ast.If: "if: write where(condition, x, y)",
    ast.IfExp: "if: write where(condition, x, y)",
    ast.And: "and: write logical_and(x, y)",
    ast.Or: "or: write logical_or(x, y)",
    ast.Not: "not: write logical_not(x)",
    ast.Div: "/: write // or half_up(numerator, denominator)",
}
_ALLOWED = (
    ast.arguments,
    ast.arg,
    ast.Expr,
    ast.Assign,
    ast.Return,
    ast.Call,
    ast.Name,
    ast.Constant,
    ast.BinOp,
    ast.BoolOp,  # refused by its operator, which has the better words
    ast.UnaryOp,
    ast.Compare,
    ast.expr_context,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.FloorDiv,
    ast.Mod,
    ast.USub,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
)


def read_rules(file: str, text: str) -> list[Rule]:
    """Read the rules of a module; none when it has none, and then it is not run.

    Raises BookRefused with file and line for anything that a rule may not do.
    """
    try:
        tree = ast.parse(text, file)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else 1
        raise BookRefused(f"{file}:{line}", "no Python") from error
    written = {_first_line(one): one for one in tree.body if isinstance(one, ast.FunctionDef) and _is_rule(one)}
    if not written:
        return []
    _check_module(file, tree)
    lines = _LINES.split(text)
    made = [value for value in _run(file, text).values() if isinstance(value, Rule)]
    texts = {first: "\n".join(lines[first - 1 : function.end_lineno]) for first, function in written.items()}
    return [replace(rule, text=texts[int(rule.place.rpartition(":")[2])]) for rule in made]


def _run(file: str, text: str) -> dict[str, object]:
    names: dict[str, object] = {"__name__": file}
    try:
        exec(compile(text, file, "exec"), names)  # noqa: S102  checked to hold nothing but rules
    except BookRefused:
        raise
    except Exception as error:
        lines = [place.lineno for place in traceback.extract_tb(error.__traceback__) if place.filename == file]
        raise BookRefused(f"{file}:{lines[-1] if lines else 1}", f"cannot be run: {type(error).__name__}") from error
    return names


def _check_module(file: str, tree: ast.Module) -> None:
    names: set[str] = set()
    known = frozenset(_names_of(tree))
    for statement in tree.body:
        place = f"{file}:{_first_line(statement)}"
        if isinstance(statement, ast.FunctionDef) and _is_rule(statement):
            if statement.name in names:
                raise BookRefused(place, f"rule {statement.name} stands twice in one file: a version has its own")
            names.add(statement.name)
            _check_decorator(file, statement)
            _check_rule(file, statement)
            _check_names(file, statement, known)
        elif not (_is_import(statement) or _is_constant(statement) or _is_text(statement)):
            raise BookRefused(place, "a file of rules holds rules, whole numbers, and imports of ops and rule only")


def _check_decorator(file: str, function: ast.FunctionDef) -> None:
    for decorator in function.decorator_list:
        values = (
            [*decorator.args, *(keyword.value for keyword in decorator.keywords)] if _is_call(decorator) else [None]
        )
        if not all(isinstance(value, ast.Constant) for value in values):
            raise BookRefused(f"{file}:{decorator.lineno}", f"rule {function.name}: article and dates are written out")


def _check_rule(file: str, function: ast.FunctionDef) -> None:
    returned = [function.returns] if function.returns is not None else []
    parts = (function.args, *returned, *(statement for statement in function.body if not _is_text(statement)))
    parents = {child: node for part in parts for node in ast.walk(part) for child in ast.iter_child_nodes(node)}
    for node in (node for part in parts for node in ast.walk(part)):
        if (offence := _offence(node)) is not None:
            raise BookRefused(f"{file}:{_line(node, parents, function)}", f"rule {function.name} may not use {offence}")


def _names_of(tree: ast.Module) -> Iterator[str]:
    """Give the names that a module's own rules may use: its constants, and what it imports."""
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in statement.names)
        elif isinstance(statement, ast.Assign):
            yield from (target.id for target in statement.targets if isinstance(target, ast.Name))


def _check_names(file: str, function: ast.FunctionDef, known: frozenset[str]) -> None:
    """Refuse a name that means nothing where it is used: that would come out when somebody is decided."""
    own = {argument.arg for argument in function.args.args}
    stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for statement in function.body:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        for node in names:
            if isinstance(node.ctx, ast.Load) and node.id not in own and node.id not in known - stored:
                message = f"rule {function.name} uses {node.id}, which is no argument, constant or word"
                raise BookRefused(f"{file}:{node.lineno}", message)
        own |= {node.id for node in names if isinstance(node.ctx, ast.Store)}


def _offence(node: ast.AST) -> str | None:
    """Say what of a node would break a batch; None when nothing."""
    if type(node) in _INSTEAD:
        return _INSTEAD[type(node)]
    if isinstance(node, ast.Constant):
        return None if type(node.value) is int else f"{node.value!r}: a rule computes with whole numbers"
    if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in _CALLS):
        return f"a call of anything but {', '.join(sorted(_CALLS))}"
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        return "a chained comparison: write logical_and(x, y)"
    return None if isinstance(node, _ALLOWED) else type(node).__name__


def _line(node: ast.AST, parents: dict[ast.AST, ast.AST], function: ast.FunctionDef) -> int:
    """Give a node's line: operators have none, and stand where their expression does."""
    while not hasattr(node, "lineno"):
        if node not in parents:
            return function.lineno
        node = parents[node]
    return int(node.lineno)


def _is_rule(function: ast.FunctionDef) -> bool:
    return any(_is_call(decorator) for decorator in function.decorator_list)


def _is_call(node: ast.expr) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "rule"


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module in _IMPORTS and statement.level == 0


def _is_constant(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and type(statement.value.value) is int
    )


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _first_line(statement: ast.stmt) -> int:
    """Give where a statement begins, decorators among it."""
    decorators = statement.decorator_list if isinstance(statement, ast.FunctionDef) else []
    return decorators[0].lineno if decorators else statement.lineno
