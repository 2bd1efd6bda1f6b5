"""`RuleService`."""

import asyncio
import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date

from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput, NotFound
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.eligibility.api.fields import day_text, known_date_of, month_text
from services.eligibility.api.sweep_plan import job_of, tables_of
from services.eligibility.book.book import Book
from services.eligibility.book.cases import CaseTable, cases_of
from services.eligibility.book.citation import formula_of
from services.eligibility.book.fact import Fact
from services.eligibility.book.parameter import Parameter
from services.eligibility.book.refusal import BookRefused
from services.eligibility.book.rule import Rule
from services.eligibility.shelf import Shelf
from socsec.eligibility.v1 import rule_pb2, rule_service_pb2

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


class RuleApi:
    """The rules of a book: today's, or of one that decided formerly."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock

    async def GetRule(self, request: rule_service_pb2.GetRuleRequest, call: Call) -> rule_pb2.Rule:
        collection, _, name = request.name.partition("/")
        if collection != "rules" or not name:
            raise InvalidInput("name", "INVALID_RESOURCE_NAME", "Give a name of the form rules/{rule}.")
        book = await self._book(request.book_hash)
        if name not in book.library.rules:
            raise NotFound("RESOURCE_NOT_FOUND", "The rule book has no such rule.")
        return _rule(book, name, _users(book).get(name, []), whole=True)

    async def ListRules(
        self, request: rule_service_pb2.ListRulesRequest, call: Call
    ) -> rule_service_pb2.ListRulesResponse:
        page, book = page_of(request), await self._book(request.book_hash)
        _check_benefit(book, request.benefit)
        users = _users(book)
        after = str(page.after[0]) if page.after is not None else ""
        names = [
            name
            for name in sorted(book.library.rules)
            if name > after and (not request.benefit or request.benefit in users.get(name, []))
        ][: page.size]
        return rule_service_pb2.ListRulesResponse(
            rules=[_rule(book, name, users.get(name, []), whole=False) for name in names],
            book_hash=book.hash,
            next_page_token=next_page_token(request, (names[-1],) if len(names) == page.size else None),
        )

    async def ListFacts(
        self, request: rule_service_pb2.ListFactsRequest, call: Call
    ) -> rule_service_pb2.ListFactsResponse:
        page, book = page_of(request), await self._book(request.book_hash)
        _check_benefit(book, request.benefit)
        users = _users(book)
        after = str(page.after[0]) if page.after is not None else ""
        facts = [
            fact
            for name, fact in sorted(book.library.facts.items())
            if name > after and (not request.benefit or request.benefit in users.get(name, []))
        ][: page.size]
        return rule_service_pb2.ListFactsResponse(
            facts=[_fact(fact, users.get(fact.name, [])) for fact in facts],
            book_hash=book.hash,
            next_page_token=next_page_token(request, (facts[-1].name,) if len(facts) == page.size else None),
        )

    async def WriteSweepPlan(
        self, request: rule_service_pb2.WriteSweepPlanRequest, call: Call
    ) -> rule_service_pb2.WriteSweepPlanResponse:
        known = known_date_of(request.known_date, bureau_date(self._clock()))
        book = await self._book(request.book_hash, known)
        job, tables = job_of(request, book), tables_of(request)
        try:
            text = await asyncio.to_thread(job.text, book, tables)
        except LookupError as error:
            message = "The book holds no numbers of certification for that day."
            raise InvalidInput("as_of_date", "VALUE_OUT_OF_RANGE", message) from error
        return rule_service_pb2.WriteSweepPlanResponse(text=text, file_name=job.file, book_hash=book.hash)

    async def _book(self, book_hash: str, known: date | None = None) -> Book:
        if book_hash and not _HASH.fullmatch(book_hash):
            raise InvalidInput("book_hash", "INVALID_TEXT", "book_hash has 64 hexadecimal digits.")
        if known is not None and not book_hash:
            return await self._shelf.known(known)
        try:
            return await self._shelf.of(book_hash or self._shelf.today.hash, known)
        except BookRefused as refused:
            message = f"The engine cannot read that book any more ({refused})."
            raise InvalidInput("book_hash", "VALUE_OUT_OF_RANGE", message) from refused


def _check_benefit(book: Book, benefit: str) -> None:
    if benefit and benefit not in book.chapters:
        raise InvalidInput("benefit", "UNKNOWN_BENEFIT", "The rule book has no such benefit.")


def _fact(fact: Fact, benefits: Sequence[str]) -> rule_pb2.Fact:
    return rule_pb2.Fact(
        fact=fact.name,
        title=fact.title,
        unit=fact.unit,
        source=fact.source,
        least=fact.least,
        most=fact.most,
        codes=fact.codes,
        benefits=benefits,
    )


def _users(book: Book) -> Mapping[str, list[str]]:
    """Give the benefits that need each rule, and each fact."""
    users: dict[str, list[str]] = {}
    for benefit, chapter in book.chapters.items():
        for name in dict.fromkeys(name for plan in chapter.plans for name in plan.inputs):
            users.setdefault(name, []).append(benefit)
    return users


def _rule(book: Book, name: str, benefits: Sequence[str], *, whole: bool) -> rule_pb2.Rule:
    versions = book.library.rules[name]
    inputs = dict.fromkeys(needed for version in versions for needed in version.inputs)
    parameters = [book.library.parameters[needed] for needed in inputs if needed in book.library.parameters]
    return rule_pb2.Rule(
        name=f"rules/{name}",
        title=versions[-1].title,
        unit=versions[-1].unit,
        benefits=benefits,
        versions=[_version(version, whole=whole) for version in versions],
        parameters=[_parameter(parameter, whole=whole) for parameter in parameters],
        cases=[_cases(table, whole=whole) for table in cases_of(name)],
        unverified=any(version.unverified for version in versions)
        or any(parameter.is_unverified for parameter in parameters),
    )


def _version(version: Rule, *, whole: bool) -> rule_pb2.RuleVersion:
    return rule_pb2.RuleVersion(
        article=version.article,
        since_month=month_text(version.since),
        until_month=month_text(version.until),
        published_date=day_text(version.published),
        unverified=version.unverified,
        inputs=version.inputs,
        formula=formula_of(version.text) if whole else "",
        text=version.text if whole else "",
        place=version.place,
    )


def _parameter(parameter: Parameter, *, whole: bool) -> rule_pb2.Parameter:
    return rule_pb2.Parameter(
        parameter=parameter.name,
        title=parameter.title,
        unit=parameter.unit,
        picked_by=parameter.by,
        rows=parameter.rows or "",
        unverified=parameter.is_unverified,
        checked_date=day_text(parameter.checked),
        entries=[
            rule_pb2.ParameterEntry(
                since_month=month_text(entry.since),
                until_month=month_text(entry.until),
                values=entry.values,
                first_row=parameter.first_row,
                source=entry.source,
                published_date=day_text(entry.published),
                unverified=entry.unverified,
            )
            for entry in (parameter.entries if whole else ())
        ],
    )


def _cases(table: CaseTable, *, whole: bool) -> rule_pb2.CaseTable:
    return rule_pb2.CaseTable(
        benefit=table.benefit,
        file=table.file,
        count=len(table.rows),
        columns=table.columns,
        rows=map(_line, table.rows) if whole else (),
    )


def _line(row: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()
