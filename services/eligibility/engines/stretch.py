"""One plan of a benefit, the law of a stretch of months, on its way into a query: `Plan.run` for expressions of SQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from services.common.months import format_month
from services.eligibility.book.chapter import Chapter
from services.eligibility.book.decision import Outcome
from services.eligibility.book.fact import AS_OF_MONTH, Fact
from services.eligibility.book.interval import Interval
from services.eligibility.book.node import FactNode, Node, ParameterNode, RuleNode
from services.eligibility.book.plan import Plan
from services.eligibility.engines.expression import Expression, Layers
from services.eligibility.engines.look_up import look_up
from services.eligibility.engines.value import Value, choose, either, is_zero, number, truth, united


@dataclass(frozen=True, slots=True)
class People:
    """The table of people."""

    table: str
    """Its name, or a table function of the engine."""
    key: str = "person"
    """The column that tells people apart; it is given back."""
    lacking: frozenset[str] = frozenset()
    """Facts for which there is no column: they are not known of anybody."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """A computed column, as `node.Cells`."""

    value: Value
    lacking: Value
    unverified: Value


class Stretch:
    """One plan on its way into a query."""

    def __init__(self, chapter: Chapter, layers: Layers, people: People, month: int | Interval) -> None:
        self.layers = layers
        self.refusals: list[str] = []
        """Conditions of the first layer: a row that the book would refuse ends the query, used or not."""
        self._chapter, self._people, self._month = chapter, people, month
        self._bits = chapter.bits
        self._unions: dict[frozenset[str], Value] = {}

    def write(self, plan: Plan) -> str:
        """Write all that the plan computes into the layers; give what is selected of the last one."""
        cells: dict[str, _Cells] = {}
        for node in plan.nodes:
            cells[node.name] = self._cells(node, [cells[needed] for needed in node.inputs])
        declaration = self._chapter.declaration
        lacking = [cells[name].lacking for name in declaration.targets]
        missing = _told(self._column("all missing", self._union(lacking)))
        eligible = _told(self._column("may draw", number(truth(cells[declaration.decided_by].value))))
        unmet = _told(self._column("all unmet", self._unmet(plan, cells)))
        unverified = _told(self._column("is unverified", number(self._unverified(cells))))
        key = self._people.key
        return ",\n    ".join(
            [
                f'found."{key}" AS "{key}"',
                f"CASE WHEN {missing} <> 0 THEN '{Outcome.UNKNOWN}' WHEN {eligible} <> 0"
                f" THEN '{Outcome.ELIGIBLE}' ELSE '{Outcome.NOT_ELIGIBLE}' END AS outcome",
                *(f'{self._result(name, cells[name])} AS "{name}"' for name in declaration.results),
                f"{unmet} AS unmet",
                f"{missing} AS missing",
                f"({unverified} <> 0) AS unverified",
            ]
        )

    def _cells(self, node: Node, givens: list[_Cells]) -> _Cells:
        if isinstance(node, FactNode):
            return self._fact(node, givens)
        lacking = self._union([one.lacking for one in givens])
        values = [one.value for one in givens]
        if isinstance(node, ParameterNode):
            value, nothing, unverified = look_up(self.layers, node.parameter, values)
            own = choose(nothing, self._bits[node.name], 0)
            lacks = choose(is_zero(lacking), own, lacking)
            return _Cells(self._column(node.name, value), self._column(f"lacks {node.name}", lacks), unverified)
        if not isinstance(node, RuleNode):
            raise TypeError(f"{node.name} is a node of an unknown kind")
        found: Value = node.rule.function(*values)
        found = truth(found) if node.rule.is_condition else number(found)
        return _Cells(self._column(node.name, found), lacking, int(node.rule.unverified))

    def _fact(self, node: FactNode, givens: list[_Cells]) -> _Cells:
        name, fact = node.name, node.fact
        if name == AS_OF_MONTH:
            return _Cells(self._as_of_month(fact), 0, 0)
        default, lacking = self._default(node, givens)
        if name in self._people.lacking:
            return _Cells(default, self._column(f"lacks {name}", lacking), 0)
        given = self._column(f"given {name}", self._given(fact))
        text = f'(source."{name}" IS NOT NULL)'
        known = self.layers.column(f"knows {name}", Expression(self.layers, text, Interval(0, 1), 0, is_condition=True))
        value = self._column(name, choose(known, given, default)) if givens else given
        return _Cells(value, self._column(f"lacks {name}", choose(known, 0, lacking)), 0)

    def _default(self, node: FactNode, givens: list[_Cells]) -> tuple[Value, Value]:
        """Give what a fact is, and lacks, where it was not given."""
        least, bit = node.fact.least, self._bits[node.name]
        if not givens:
            return least, bit
        value, lacking = givens[0].value, givens[0].lacking
        if node.fact.needed_if is None:
            return value, lacking
        return least, choose(is_zero(lacking), choose(truth(value), bit, 0), lacking)

    def _given(self, fact: Fact) -> Expression:
        """Write a fact as it was given; where it was not, the least keeps the row harmless."""
        raw = f'source."{fact.name}"'
        text = f"CAST(coalesce({raw}, {fact.least}) AS BIGINT)"
        message = f"Fact {fact.name} is a whole number from {fact.least} to {fact.most}; a row has another."
        wrong = f"({raw} < {fact.least} OR {raw} > {fact.most} OR {raw} <> {text})"
        self.refusals.append(self.layers.dialect.refuse(wrong, message))
        return Expression(self.layers, text, Interval(fact.least, fact.most), 0)

    def _as_of_month(self, fact: Fact) -> Value:
        if isinstance(self._month, int):
            return self._month
        raw, bounds = f'source."{fact.name}"', self._month
        wrong = f"({raw} IS NULL OR {raw} < {bounds.low} OR {raw} > {bounds.high})"
        message = f"The book decides for months from {format_month(bounds.low)} to {format_month(bounds.high)}."
        self.refusals.append(self.layers.dialect.refuse(wrong, message))
        text = f"CAST(coalesce({raw}, {bounds.low}) AS BIGINT)"
        return self.layers.column(fact.name, Expression(self.layers, text, bounds, 0))

    def _union(self, parts: list[Value]) -> Value:
        """Give all bits of what is lacking; nodes that rest on the same share one column."""
        found = {part.text: part for part in parts if isinstance(part, Expression)}
        bits = reduce(int.__or__, (part for part in parts if isinstance(part, int)), 0)
        if not found:
            return bits
        key = frozenset({*found, str(bits)})
        if key not in self._unions:
            parts_written: list[Value] = [*found.values(), *([bits] if bits else [])]
            both = reduce(united, parts_written)
            self._unions[key] = self._column(f"lacking {len(self._unions) + 1}", both)
        return self._unions[key]

    def _unmet(self, plan: Plan, cells: Mapping[str, _Cells]) -> Value:
        reasons = {name: 1 << number for number, name in enumerate(self._chapter.benefit.conditions)}
        total: Value = 0
        for name in plan.conditions:
            failed = choose(truth(cells[name].value), 0, reasons[name])
            total = total + choose(is_zero(cells[name].lacking), failed, 0)
        return total

    def _unverified(self, cells: Mapping[str, _Cells]) -> Value:
        """Tell whether any value that could be computed is unverified."""
        distinct = {(str(cell.unverified), str(cell.lacking)): cell for cell in cells.values()}
        result: Value = 0
        for cell in distinct.values():
            result = either(result, choose(is_zero(cell.lacking), cell.unverified, 0))
        return result

    def _result(self, name: str, cell: _Cells) -> str:
        """Give a result, NULL where something lacks for it."""
        value = _told(self._column(f"told {name}", number(cell.value)))
        nowhere = isinstance(cell.lacking, int) and not cell.lacking
        return value if nowhere else f"CASE WHEN {_told(cell.lacking)} = 0 THEN {value} END"

    def _column(self, name: str, value: Value) -> Value:
        """Compute a value as a column, unless it is one already, or a number."""
        if isinstance(value, int) or value.is_column:
            return value
        return self.layers.column(name, value)


def _told(column: Value) -> str:
    """Write a column where the last layer is read."""
    return f"CAST({column} AS BIGINT)" if isinstance(column, int) else f"found.{column.text}"
