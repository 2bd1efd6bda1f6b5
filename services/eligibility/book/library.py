"""All facts, parameters and rules of a book, found in its folder and checked against each other."""

import hashlib
import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from services.common.months import format_month
from services.eligibility.book.fact import Fact, read_facts
from services.eligibility.book.node import FactNode, Node, ParameterNode, RuleNode
from services.eligibility.book.parameter import Parameter, read_parameters
from services.eligibility.book.refusal import BookRefused
from services.eligibility.book.rule import Rule

FACTS = "facts.yaml"
BENEFITS = "benefits.yaml"


@dataclass(frozen=True, slots=True)
class Library:
    """What plans are made of."""

    facts: Mapping[str, Fact]
    parameters: Mapping[str, Parameter]
    rules: Mapping[str, tuple[Rule, ...]]
    """The versions of each rule, in the order of their dates."""

    def node(self, name: str, month: int) -> Node | None:
        """Give what a name means in a month; None when it means nothing."""
        if name in self.facts:
            return FactNode(self.facts[name])
        if name in self.parameters:
            return ParameterNode(self.parameters[name])
        found = next((one for one in self.rules.get(name, ()) if one.in_force(month)), None)
        return RuleNode(found) if found is not None else None

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


def load_library(package: str, known: date | None) -> Library:
    """Read a folder of rules and their parameters, as far as published by a day.

    Raises BookRefused with file and line.
    """
    root = folder_of(package)
    facts = read_facts(root / FACTS, FACTS)
    parameters: dict[str, Parameter] = {}
    for path in sorted(root.rglob("*.yaml")):
        file = path.relative_to(root).as_posix()
        for parameter in read_parameters(path, file, facts, known) if file not in (FACTS, BENEFITS) else ():
            if parameter.name in parameters:
                raise BookRefused(parameter.place, f"{parameter.name} is defined twice")
            parameters[parameter.name] = parameter
    library = Library(facts, parameters, _versions(_rules(package, root)))
    _check(library)
    return library


def folder_of(package: str) -> Path:
    """Give the folder of a package."""
    return Path(next(iter(importlib.import_module(package).__path__)))


def content_hash(package: str, known: date | None) -> str:
    """Hash what decides: the rules, their parameters, the engine, and the day up to which publications count."""
    digest = hashlib.sha256(f"known {known}\n".encode())
    engine = Path(__file__).parent
    for root, kinds in ((engine, ("*.py",)), (folder_of(package), ("*.py", "*.yaml"))):
        for path in sorted(found for kind in kinds for found in root.rglob(kind)):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def _rules(package: str, root: Path) -> Iterator[Rule]:
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join((package, *(part for part in parts if part != "__init__")))
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, Rule) and value.function.__module__ == name:
                yield value


def _versions(rules: Iterable[Rule]) -> dict[str, tuple[Rule, ...]]:
    found: dict[str, list[Rule]] = {}
    for one in rules:
        found.setdefault(one.name, []).append(one)
    for versions in found.values():
        versions.sort(key=lambda version: version.since or 0)
        for earlier, later in pairwise(versions):
            if earlier.until is None or later.since is None or earlier.until >= later.since:
                raise BookRefused(later.place, f"rule {later.name} has two versions in one month (see {earlier.place})")
            if earlier.until != later.since - 1:
                missing = format_month(earlier.until + 1)
                raise BookRefused(later.place, f"rule {later.name} has no version in {missing}")
            if earlier.unit != later.unit:
                raise BookRefused(later.place, f"rule {later.name} changes its unit")
    return {name: tuple(versions) for name, versions in found.items()}


def _check(library: Library) -> None:
    """Refuse names with two meanings, and columns of parameters that do not exist."""
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
        if fact.default is not None and library.unit(fact.default) != fact.unit:
            raise BookRefused(fact.place, f"default: {fact.default} has not the unit {fact.unit}")
