"""What the book says of a step: what it is, since when it holds, when it could be known, how it is written."""

import ast
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.eligibility.book.explain import Step
from services.eligibility.book.library import Library
from services.eligibility.book.node import RuleNode


class StepKind(StrEnum):
    """What a step is."""

    FACT = "FACT"
    PARAMETER = "PARAMETER"
    RULE = "RULE"


@dataclass(frozen=True, slots=True)
class Citation:
    """What stands behind a step; dates are those of the version of a rule, or of the entry of a parameter."""

    kind: StepKind | None
    """None for a name that this book does not have."""
    since: int | None = None
    until: int | None = None
    published: date | None = None
    checked: date | None = None
    formula: str = ""


def cite(library: Library, step: Step, month: int) -> Citation:
    """Cite a step of a decision for a month."""
    if step.name in library.facts:
        return Citation(StepKind.FACT)
    if (parameter := library.parameters.get(step.name)) is not None:
        at = step.givens.get(parameter.by)
        entry = parameter.entry_of(at) if at is not None else None
        if entry is None:
            return Citation(StepKind.PARAMETER, checked=parameter.checked)
        following = min((other.since for other in parameter.entries if other.since > entry.since), default=None)
        until = entry.until if following is None else following - 1
        checked = None if entry.unverified else parameter.checked
        return Citation(StepKind.PARAMETER, entry.since, until, entry.published, checked)
    node = library.node(step.name, month)
    if not isinstance(node, RuleNode):
        return Citation(None)
    rule = node.rule
    return Citation(StepKind.RULE, rule.since, rule.until, rule.published, formula=formula_of(rule.text))


def formula_of(text: str) -> str:
    """Give the lines of a rule that compute, without its article and meaning."""
    [function] = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)  # noqa: S101  the book has read it as one
    return "\n".join(ast.unparse(statement) for statement in function.body[1:])
