"""All facts, parameters and rules of a book, found in its folder and checked against each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.common.months import format_month
from services.eligibility.book.content import Content
from services.eligibility.book.fact import Fact, read_facts
from services.eligibility.book.module import read_rules
from services.eligibility.book.node import FactNode, Node, ParameterNode, RuleNode
from services.eligibility.book.parameter import Parameter, read_parameters
from services.eligibility.book.refusal import BookRefused
from services.eligibility.book.rule import CONDITION, Rule

FACTS = "facts.yaml"
BENEFITS = "benefits.yaml"


@dataclass(frozen=True, slots=True)
class Library:
    """What plans are made of."""

    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    rules: Mapping[str, tuple[Rule, ...]]
    """The versions of each rule that were known, in the order of their dates."""

    def node(self, name: str, month: int) -> Node | None:
        """Give what a name means in a month; None when it means nothing."""
        if name in self.facts:
            return FactNode(self.facts[name])
        if name in self.parameters:
            return ParameterNode(self.parameters[name])
        found = _in_force(self.rules.get(name, ()), month)
        return RuleNode(found[-1]) if found else None

    def unit(self, name: str) -> str | None:
        """Give the unit of a fact, parameter or rule; None for an unknown name."""
        if name in self.facts:
            return self.facts[name].unit
        if name in self.parameters:
            return self.parameters[name].unit
        return self.rules[name][0].unit if name in self.rules else None

    def boundaries(self) -> list[int]:
        """Give the months in which a version of a rule begins, or the month after it ends."""
        versions = [version for versions in self.rules.values() for version in versions]
        starts = {version.since for version in versions if version.since is not None}
        return sorted(starts | {version.until + 1 for version in versions if version.until is not None})


def load_library(content: Content, known: date | None) -> Library:
    """Read rules and parameters, as far as published by a day (None: all).

    Raises BookRefused with file and line.
    """
    facts = read_facts(FACTS, text_of(content, FACTS))
    parameters: dict[str, Parameter] = {}
    rules: list[Rule] = []
    for file, text in sorted(content.law.items()):
        if file.endswith(".py"):
            rules += [one for one in read_rules(file, text) if _known(one, known)]
        elif file not in (FACTS, BENEFITS):
            for parameter in read_parameters(file, text, facts, known):
                if parameter.name in parameters:
                    raise BookRefused(parameter.place, f"{parameter.name} is defined twice")
                parameters[parameter.name] = parameter
    library = Library(facts, parameters, _versions(rules))
    _check(library, whole=known is None)
    return library


def text_of(content: Content, file: str) -> str:
    """Give the text of a file that every book has. Raises BookRefused."""
    if file not in content.law:
        raise BookRefused(f"{file}:1", "the file is missing")
    return content.law[file]


def _known(rule: Rule, known: date | None) -> bool:
    return known is None or rule.published is None or rule.published <= known


def _versions(rules: Iterable[Rule]) -> dict[str, tuple[Rule, ...]]:
    found: dict[str, list[Rule]] = {}
    for one in rules:
        found.setdefault(one.name, []).append(one)
    for versions in found.values():
        versions.sort(key=lambda version: (version.since or 0, _publication(version)))
        for later in versions[1:]:
            if later.unit != versions[0].unit:
                raise BookRefused(later.place, f"rule {later.name} changes its unit")
        _check_months(versions)
    return {name: tuple(versions) for name, versions in found.items()}


def _check_months(versions: Sequence[Rule]) -> None:
    """Refuse a month with no version between others, and one with two of which neither was published later."""
    starts = {version.since or 0 for version in versions}
    ends = {version.until + 1 for version in versions if version.until is not None}
    last = max(starts)
    for month in sorted(starts | ends):
        found = _in_force(versions, month)
        if not found and month < last:
            following = next(version for version in versions if (version.since or 0) > month)
            raise BookRefused(following.place, f"rule {following.name} has no version in {format_month(month)}")
        if len(found) > 1 and _publication(found[-1]) == _publication(found[-2]):
            later, earlier = found[-1], found[-2]
            raise BookRefused(later.place, f"rule {later.name} has two versions in one month (see {earlier.place})")


def _in_force(versions: Iterable[Rule], month: int) -> list[Rule]:
    """Give the versions of a month, the one that counts last: the newest publication."""
    return sorted((version for version in versions if version.in_force(month)), key=_publication)


def _publication(version: Rule) -> date:
    return version.published or date.min


def _check(library: Library, *, whole: bool) -> None:
    """Refuse names with two meanings, and columns of parameters that do not exist.

    What is left out of a book that is not whole is found by the plans of the benefits that need it.
    """
    for parameter in library.parameters.values():
        if parameter.name in library.facts or parameter.name in library.rules:
            raise BookRefused(parameter.place, f"{parameter.name} is also a fact or a rule")
        if library.unit(parameter.by) != "month":
            raise BookRefused(parameter.place, f"by: {parameter.by} is no month of the book")
        if parameter.rows is not None and library.unit(parameter.rows) is None:
            raise BookRefused(parameter.place, f"rows: {parameter.rows} is nothing in the book")
    for fact in library.facts.values():
        if fact.name in library.rules:
            raise BookRefused(fact.place, f"{fact.name} is also a rule")
        if whole and fact.default is not None and library.unit(fact.default) != fact.unit:
            raise BookRefused(fact.place, f"default: {fact.default} has not the unit {fact.unit}")
        if whole and fact.needed_if is not None and library.unit(fact.needed_if) != CONDITION:
            raise BookRefused(fact.place, f"needed_if: {fact.needed_if} is no condition of the book")
