"""Checks a folder of law: `python -m services.eligibility.checking FOLDER`, which `ssctl rules check` runs."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.common.clock import bureau_date, system_clock
from services.eligibility.book.book import Book
from services.eligibility.book.content import Content, read_content
from services.eligibility.book.fact import Fact, read_facts
from services.eligibility.book.library import BENEFITS, FACTS, text_of
from services.eligibility.book.module import read_rules
from services.eligibility.book.parameter import read_parameters
from services.eligibility.book.refusal import BookRefused
from services.eligibility.needs import check_needs


def faults(folder: Path) -> tuple[Book | None, list[str]]:
    """Give the book of a folder, or the first fault of each file; without any, the first of the whole."""
    try:
        content = read_content(folder)
        facts = read_facts(FACTS, text_of(content, FACTS))
    except BookRefused as refused:
        return None, [str(refused)]
    found = list(_refusals(content, facts))
    if found:
        return None, found
    try:
        book = Book.of(content)
        check_needs(book, bureau_date(system_clock()))
    except BookRefused as refused:
        return None, [str(refused)]
    return book, []


def _refusals(content: Content, facts: Mapping[str, Fact]) -> Iterator[str]:
    for file, text in sorted(content.law.items()):
        try:
            if file.endswith(".py"):
                read_rules(file, text)
            elif file not in (FACTS, BENEFITS):
                read_parameters(file, text, facts, None)
        except BookRefused as refused:
            yield str(refused)


def main(folder: Path) -> int:
    """Check a folder and say so; 1 when something is wrong with it."""
    if not folder.is_dir():
        sys.stderr.write(f"{folder} is no folder.\n")
        return 2
    book, found = faults(folder)
    if book is None:
        sys.stdout.writelines(f"{fault}\n" for fault in found)
        return 1
    rules = [version for versions in book.library.rules.values() for version in versions]
    unverified = sum(rule.unverified for rule in rules) + sum(one.is_unverified for one in book.parameters())
    sys.stdout.write(
        f"{len(book.chapters)} benefits, {len(rules)} versions of rules, {len(book.parameters())} parameters; "
        f"{unverified} not compared with the law yet; book {book.hash}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
