"""All that the book has on one benefit: its plans, one for each stretch of months with the same law."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.common.months import format_month
from services.eligibility.book.benefit import Benefit, Declaration
from services.eligibility.book.fact import AS_OF_MONTH, Fact
from services.eligibility.book.library import Library
from services.eligibility.book.plan import Plan, build_plan
from services.eligibility.book.refusal import BookRefused

_MOST_BITS = 62
"""Names that a column of int64 can mark."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One benefit through the years."""

    declaration: Declaration
    benefit: Benefit
    plans: tuple[Plan, ...]
    """In the order of their first months."""
    may_lack: tuple[str, ...]
    """What any of the plans may lack, sorted: facts and parameters; the position is the bit of a batch."""

    @classmethod
    def of(cls, library: Library, declaration: Declaration, known_month: int) -> "Chapter":
        """Make and check the plans up to a month. Raises BookRefused."""
        starts = [declaration.since, *(month for month in library.boundaries() if month > declaration.since)]
        plans: list[Plan] = []
        for month in starts:
            if month > known_month:
                break
            plan = build_plan(library, declaration, month)
            if not plans or plan.rules != plans[-1].rules:
                plans.append(plan)
        if not plans:
            raise BookRefused(declaration.place, f"{declaration.name} begins after {format_month(known_month)}")
        benefit = _benefit(declaration, plans)
        lacking = _union(sorted(plan.may_lack) for plan in plans)
        if max(len(lacking), len(benefit.conditions)) > _MOST_BITS:
            raise BookRefused(declaration.place, f"{declaration.name} needs more names than a batch can mark")
        return cls(declaration, benefit, tuple(plans), tuple(sorted(lacking)))

    @property
    def bits(self) -> Mapping[str, int]:
        """The bit that marks the lack of each fact and parameter."""
        return {name: 1 << number for number, name in enumerate(self.may_lack)}

    def plan_of(self, month: int) -> Plan:
        """Give the plan of a month that is not before the first."""
        return next(plan for plan in reversed(self.plans) if plan.since <= month)


def _benefit(declaration: Declaration, plans: list[Plan]) -> Benefit:
    facts = sorted({node.fact for plan in plans for node in plan.facts}, key=lambda fact: fact.name)
    return Benefit(
        name=declaration.name,
        title=declaration.title,
        since=declaration.since,
        facts=tuple(fact.name for fact in facts if not _is_optional(fact) and fact.name != AS_OF_MONTH),
        optional_facts=tuple(fact.name for fact in facts if _is_optional(fact)),
        conditions=_union(plan.conditions for plan in plans),
        results=declaration.results,
        unverified=any(plan.is_unverified for plan in plans),
    )


def _is_optional(fact: Fact) -> bool:
    return fact.default is not None or fact.needed_if is not None


def _union(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))
