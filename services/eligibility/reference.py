"""Writes docs/rules-reference.md from the book itself: `make reference`."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.common.months import format_month
from services.eligibility.book.book import Book
from services.eligibility.book.cases import cases_of
from services.eligibility.book.parameter import Dated, Parameter
from services.eligibility.book.rule import Rule

_HEAD = """# The rules of the book

Written by `make reference` from `services/eligibility/rules` and `cases`; do not edit. [The rule book](rulebook.md)
says how to read and to write them. **unverified**: nobody has compared it with the law yet; it is used, and every
decision that rests on it says so. *Cases*: how many rows of which table test the rule. Of long tables only the ends are
shown.
"""
_RULE = ("Rule", "Meaning", "Article", "In force", "Parameters", "Cases")
_PARAMETER = ("Parameter", "Meaning", "Picked by", "From", "Value", "Source", "Published", "Compared")
_SHOWN_ROWS = 6


def write(book: Book) -> str:
    """Give the page."""
    rules = [version for _, versions in sorted(book.library.rules.items()) for version in versions]
    places = [one.place for one in rules] + [one.place for one in book.parameters()]
    parts = [
        _HEAD,
        "## Benefits\n",
        _table(("Benefit", "Name", "From", "Conditions", "Results", "Paid every month"), _benefits(book)),
        "## Facts\n",
        _table(("Fact", "Meaning", "Source", "From", "To"), _facts(book)),
    ]
    for folder in sorted({_folder(place) for place in places}):
        here = [one for one in rules if _folder(one.place) == folder]
        numbers = [one for one in book.parameters() if _folder(one.place) == folder]
        parts.append(f"## {folder}\n")
        if here:
            parts.append(_table(_RULE, [_rule(one, book.library.parameters) for one in here]))
        if numbers:
            parts.append(_table(_PARAMETER, [row for one in numbers for row in _parameter(book, one)]))
    return "\n".join(parts)


def _benefits(book: Book) -> Iterator[Sequence[str]]:
    for chapter in book.chapters.values():
        benefit = chapter.benefit
        title = f"{benefit.title} (**unverified**)" if benefit.unverified else benefit.title
        conditions, results = ", ".join(benefit.conditions), ", ".join(benefit.results)
        amount = chapter.declaration.monthly_amount or ""
        yield benefit.name, title, format_month(benefit.since), conditions, results, amount


def _facts(book: Book) -> Iterator[Sequence[str]]:
    for _, fact in sorted(book.library.facts.items()):
        if fact.codes:
            yield fact.name, fact.title, fact.source, ", ".join(fact.codes), ""
        else:
            yield fact.name, fact.title, fact.source, _quantity(fact.unit, fact.least), _quantity(fact.unit, fact.most)


def _rule(rule: Rule, parameters: Mapping[str, Parameter]) -> Sequence[str]:
    article = f"{rule.article} (**unverified**)" if rule.unverified else rule.article
    published = f", published {rule.published}" if rule.published is not None else ""
    cases = ", ".join(f"{table.file} {len(table.rows)}" for table in cases_of(rule.name))
    rests_on = ", ".join(name for name in rule.inputs if name in parameters)
    return rule.name, rule.title, article, _months(rule.since, rule.until) + published, rests_on, cases


def _parameter(book: Book, parameter: Parameter) -> Iterator[Sequence[str]]:
    picked_by = parameter.by if parameter.rows is None else f"{parameter.by}, {parameter.rows}"
    compared = str(parameter.checked) if parameter.checked is not None else ""
    for entry in parameter.entries:
        since = _months(entry.since, entry.until) if entry.until is not None else format_month(entry.since)
        published = str(entry.published) if entry.published is not None else ""
        checked = "**unverified**" if entry.unverified else compared
        value = _value(book, parameter, entry)
        yield parameter.name, parameter.title, picked_by, since, value, entry.source, published, checked


def _value(book: Book, parameter: Parameter, entry: Dated) -> str:
    named = {number: name for name, number in parameter.codes.items()}
    texts = [named.get(value) or _quantity(parameter.unit, value) for value in entry.values]
    if parameter.rows is None:
        return texts[0]
    fact = book.library.facts.get(parameter.rows)
    rows = {number: name for name, number in fact.codes.items()} if fact is not None else {}
    lines = [f"{rows.get(number, str(number))}: {text}" for number, text in enumerate(texts, start=parameter.first_row)]
    return ", ".join(lines if rows or len(lines) <= _SHOWN_ROWS else (lines[0], "...", lines[-1]))


def _quantity(unit: str, value: int) -> str:
    if unit == "month":
        return format_month(value)
    if unit == "fen":
        return f"{value // 100}.{value % 100:02d} yuan"
    if unit == "flag":
        return "yes" if value else "no"
    scales = {"bp": "1/10000", "tenths": "1/10"}
    return f"{value} {scales.get(unit, unit)}"


def _months(since: int | None, until: int | None) -> str:
    if since is None and until is None:
        return "always"
    return f"{format_month(since) if since is not None else ''}..{format_month(until) if until is not None else ''}"


def _folder(place: str) -> str:
    return place.partition("/")[0]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(write(Book.load()))
