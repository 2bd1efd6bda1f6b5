"""The frozen order in which a benefit's rules are computed, for the law of one stretch of months."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import product

import numpy as np

from services.common.months import format_month
from services.eligibility.book.benefit import Declaration
from services.eligibility.book.explain import Step
from services.eligibility.book.interval import Interval
from services.eligibility.book.library import Library
from services.eligibility.book.node import MISSING, Cells, FactNode, Node, ParameterNode, RuleNode, Values
from services.eligibility.book.refusal import BookRefused
from services.eligibility.book.rule import Rule
from services.eligibility.book.unroll import Computed, unroll


@dataclass(frozen=True, slots=True)
class Plan:
    """What is computed for a benefit from a month on until the law changes, in order."""

    since: int
    nodes: tuple[Node, ...]
    inputs: Mapping[str, tuple[str, ...]]
    """Of every node, by name."""
    conditions: tuple[str, ...]
    straight: Callable[[Mapping[str, int]], Computed | None]
    """The plan as one function, for a case that lacks nothing."""
    needed: frozenset[str]
    """Names of the facts without which something is missing."""

    @classmethod
    def of(cls, since: int, nodes: tuple[Node, ...], conditions: tuple[str, ...]) -> "Plan":
        """Lay out nodes that are in order."""
        inputs = {node.name: node.inputs for node in nodes}
        needed = frozenset(node.name for node in nodes if isinstance(node, FactNode) and not node.inputs)
        return cls(since, nodes, inputs, conditions, unroll(nodes), needed)

    @property
    def facts(self) -> tuple[FactNode, ...]:
        """The facts that it needs."""
        return tuple(node for node in self.nodes if isinstance(node, FactNode))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The versions of the rules, which tell one stretch of the law from another."""
        return tuple(node.rule for node in self.nodes if isinstance(node, RuleNode))

    @property
    def may_lack(self) -> tuple[str, ...]:
        """Names of the facts and parameters that a case may lack."""
        return tuple(node.name for node in self.nodes if not isinstance(node, RuleNode))

    @property
    def is_unverified(self) -> bool:
        """Whether a value is in it that nobody has compared with the law yet."""
        return any(
            (isinstance(node, ParameterNode) and node.parameter.is_unverified)
            or (isinstance(node, RuleNode) and node.rule.unverified)
            for node in self.nodes
        )

    def explain(self, given: Mapping[str, int]) -> Computed:
        """Compute everything for one person; give what could be computed by name, and the steps that led to it."""
        computed = self.straight(given) if self.needed <= given.keys() else None
        return computed if computed is not None else self.explain_partly(given)

    def explain_partly(self, given: Mapping[str, int]) -> Computed:
        """Compute what can be computed for a person of whom something is not known."""
        values: dict[str, int] = {}
        steps: list[Step] = []
        for node in self.nodes:
            if isinstance(node, FactNode) and node.name in given:
                step: Step | None = node.given(given[node.name])
            elif all(needed in values for needed in node.inputs):
                step = node.one({needed: values[needed] for needed in node.inputs})
            else:
                step = None
            if step is not None:
                values[node.name] = step.value
                steps.append(step)
        return values, steps

    def run(self, columns: Mapping[str, Values], bits: Mapping[str, int]) -> dict[str, Cells]:
        """Compute everything for a batch; `bits` has the bit that marks a lack of each fact and parameter."""
        cells: dict[str, Cells] = {}
        for node in self.nodes:
            givens = [cells[needed] for needed in node.inputs]
            found = node.many([one.values for one in givens], bits.get(node.name, 0))
            lacking: Values = 0
            for one in givens:
                lacking = lacking | one.lacking
            if not _nowhere(found.lacking):
                lacking = np.where(np.asarray(lacking) == 0, found.lacking, lacking)
            found = found._replace(lacking=lacking)
            if isinstance(node, FactNode) and node.name in columns:
                found = _given(columns[node.name], found)
            cells[node.name] = found
        return cells


def build_plan(library: Library, declaration: Declaration, month: int) -> Plan:
    """Order all that a benefit needs by the law of a month, and check it.

    Raises BookRefused when a name means nothing in that month, on a circle, when the deciding rule is no "and" of its
    conditions, and when a value could leave 64 bits or a divisor be zero.
    """
    nodes: dict[str, Node] = {}
    wanted = [(name, declaration.place) for name in reversed(declaration.targets)]
    while wanted:
        name, place = wanted.pop()
        if name in nodes:
            continue
        node = library.node(name, month)
        if node is None:
            raise BookRefused(place, f"{name} is no fact, parameter or rule of {format_month(month)}")
        nodes[name] = node
        wanted.extend((needed, node.place) for needed in node.inputs)
    inputs = {name: node.inputs for name, node in nodes.items()}
    try:
        order = tuple(TopologicalSorter(inputs).static_order())
    except CycleError as error:
        raise BookRefused(declaration.place, f"a circle: {' -> '.join(error.args[1])}") from error
    plan = Plan.of(month, tuple(nodes[name] for name in order), inputs[declaration.decided_by])
    _check_decision(nodes, declaration)
    _check_bounds(plan)
    return plan


def _nowhere(lacking: Values) -> bool:
    return isinstance(lacking, int) and lacking == 0


def _given(column: Values, default: Cells) -> Cells:
    """Put the default where nothing was given."""
    if isinstance(column, int) or column.min() != MISSING:
        return Cells(column, 0, False)
    absent = np.equal(column, MISSING)
    return Cells(np.where(absent, default.values, column), np.where(absent, default.lacking, 0), False)


def _check_decision(nodes: Mapping[str, Node], declaration: Declaration) -> None:
    """Refuse a decision whose reasons, the conditions that are told, are not exactly what decides."""
    node = nodes[declaration.decided_by]
    conditions = [nodes[name] for name in node.inputs]
    if not (isinstance(node, RuleNode) and all(_is_condition(one) for one in (node, *conditions))):
        raise BookRefused(node.place, f"{node.name} decides a benefit: it and all its arguments are conditions")
    for case in product((True, False), repeat=len(conditions)):
        if node.rule.function(*case) != all(case):
            raise BookRefused(node.rule.place, f"{node.name} decides a benefit: it holds when all its arguments do")


def _is_condition(node: Node) -> bool:
    return isinstance(node, RuleNode) and node.rule.is_condition


def _check_bounds(plan: Plan) -> None:
    bounds: dict[str, Interval] = {}
    for node in plan.nodes:
        try:
            found = bounds[node.name] = node.bounds([bounds[needed] for needed in node.inputs])
        except (ArithmeticError, TypeError) as error:
            raise BookRefused(node.place, f"{node.name}: {error}") from error
        if _is_condition(node) and not 0 <= found.low <= found.high <= 1:
            raise BookRefused(node.place, f"{node.name}: a condition is yes or no, and this is a number")
