"""`DecisionService`."""

import asyncio
from dataclasses import dataclass
from datetime import date

from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput
from services.common.filtering import Fields, parse
from services.common.months import month_of as month_of_day
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import date_of, month_of
from services.common.transactions import Transactions
from services.eligibility.api.decided import headline_message, recorded_message
from services.eligibility.api.explained import explanation_message
from services.eligibility.api.fields import filter_date, filter_enum, filter_person, known_date_of, person_of
from services.eligibility.api.recomputed import recomputation_message
from services.eligibility.book.book import Book
from services.eligibility.book.decision import Outcome
from services.eligibility.book.refusal import BookRefused
from services.eligibility.cards import CardClient
from services.eligibility.recorded import RecordedDecision
from services.eligibility.service.decision import Numbers, decide, numbers_of
from services.eligibility.service.explain import REPRODUCED, Reproduction, reproduce
from services.eligibility.service.recompute import Recomputation, recompute, standing_decisions
from services.eligibility.service.record import get_decision, record_decision, recorded_of
from services.eligibility.service.store import Store
from services.eligibility.shelf import Shelf
from socsec.eligibility.v1 import decision_pb2, decision_service_pb2, eligibility_service_pb2, explanation_pb2


def _entitlement(text: str) -> str:
    try:
        return resource_id(text, "entitlements", "entitlement")
    except InvalidInput as error:
        raise ValueError("entitlements/{entitlement}") from error


_FIELDS: Fields = {
    "person": filter_person,
    "benefit": str,
    "outcome": filter_enum(Outcome),
    "as_of_date": filter_date,
    "create_date": filter_date,
    "entitlement": _entitlement,
    "book_hash": str,
}


@dataclass(frozen=True, slots=True)
class _Question:
    """What is to be decided."""

    benefit: str
    as_of: date
    book: Book
    facts: Numbers


class DecisionApi:
    """Decisions on record."""

    def __init__(self, transactions: Transactions[Store], cards: CardClient, shelf: Shelf, clock: Clock) -> None:
        self._transactions = transactions
        self._cards = cards
        self._shelf = shelf
        self._clock = clock

    async def RecordDecision(
        self, request: decision_service_pb2.RecordDecisionRequest, call: Call
    ) -> decision_pb2.Decision:
        person, asked = person_of(request.person), await self._question(request)
        entitlement = resource_id(request.entitlement, "entitlements", "entitlement") if request.entitlement else ""
        profiles, now = await self._cards.profiles([person]), self._clock()

        def record(store: Store) -> decision_pb2.Decision:
            return recorded_message(
                record_decision(
                    store, asked.book, asked.benefit, asked.as_of, person, asked.facts, profiles, entitlement, now
                )
            )

        return await self._transactions.once(
            call, request, record, decision_pb2.Decision, validate_only=request.validate_only
        )

    async def GetDecision(self, request: decision_service_pb2.GetDecisionRequest, call: Call) -> decision_pb2.Decision:
        return recorded_message(await self._recorded(request.name))

    async def ListDecisions(
        self, request: decision_service_pb2.ListDecisionsRequest, call: Call
    ) -> decision_service_pb2.ListDecisionsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.scan(lambda store: store.decisions.page(wanted, page.size, before))
        last = (found[-1].name,) if len(found) == page.size else None
        return decision_service_pb2.ListDecisionsResponse(
            decisions=map(headline_message, found), next_page_token=next_page_token(request, last)
        )

    async def ExplainDecision(
        self, request: decision_service_pb2.ExplainDecisionRequest, call: Call
    ) -> explanation_pb2.Explanation:
        if bool(request.name) == request.HasField("evaluation"):
            raise InvalidInput("name", "FIELD_REQUIRED", "Give either name or evaluation.")
        if not request.name:
            recorded, book = await self._evaluated(request.evaluation)
            return explanation_message(recorded, book, REPRODUCED)
        recorded = await self._recorded(request.name)
        try:
            book = await self._shelf.of(recorded.decision.book_hash, recorded.known_date)
        except BookRefused as refused:
            return explanation_message(recorded, None, Reproduction(False, obstacle=str(refused)))
        return explanation_message(recorded, book, reproduce(recorded, book))

    async def RecomputeDecisions(
        self, request: decision_service_pb2.RecomputeDecisionsRequest, call: Call
    ) -> decision_service_pb2.RecomputeDecisionsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        through = month_of_day(bureau_date(self._clock()))
        if request.through_month:
            through = month_of(request.through_month, "through_month")
        today = self._shelf.today
        standing, entitlements = await self._transactions.scan(
            lambda store: standing_decisions(store, wanted, today.hash, page.size, before)
        )
        books = {key: await self._book_then(*key) for key in dict.fromkeys(map(_book_key, standing))}

        def compared() -> list[Recomputation]:
            found = (
                recompute(one, entitlements.get(one.entitlement), books[_book_key(one)], today, through)
                for one in standing
            )
            return [one for one in found if one is not None]

        last = (standing[-1].name,) if len(standing) == page.size else None
        return decision_service_pb2.RecomputeDecisionsResponse(
            recomputations=map(recomputation_message, await asyncio.to_thread(compared)),
            examined=len(standing),
            book_hash=today.hash,
            next_page_token=next_page_token(request, last),
        )

    async def _evaluated(self, request: eligibility_service_pb2.EvaluateRequest) -> tuple[RecordedDecision, Book]:
        """Decide now, as if it were to be recorded."""
        asked, now = await self._question(request, "evaluation."), self._clock()
        person = person_of(request.person, "evaluation.person") if request.person else ""
        facts, numbers = None, {}
        if person:
            profiles = await self._cards.profiles([person])
            facts = await self._transactions.read(lambda store: store.facts.of({person}).get(person))
            numbers = dict(numbers_of(asked.book, person, facts, profiles.get(person)))
        decision = decide(asked.book, asked.benefit, asked.as_of, numbers, asked.facts)
        return recorded_of("", decision, asked.book, asked.as_of, person, "", facts, asked.facts, now), asked.book

    async def _question(
        self,
        request: decision_service_pb2.RecordDecisionRequest | eligibility_service_pb2.EvaluateRequest,
        at: str = "",
    ) -> _Question:
        today = bureau_date(self._clock())
        book = await self._shelf.known(known_date_of(request.known_date, today, f"{at}known_date"))
        as_of = date_of(request.as_of_date, f"{at}as_of_date") if request.as_of_date else today
        return _Question(request.benefit, as_of, book, dict(request.facts))

    async def _recorded(self, name: str) -> RecordedDecision:
        decision = resource_id(name, "decisions", "name")
        return await self._transactions.read(lambda store: get_decision(store, decision))

    async def _book_then(self, book_hash: str, known: date | None) -> Book | BookRefused:
        try:
            return await self._shelf.of(book_hash, known)
        except BookRefused as refused:
            return refused


def _book_key(recorded: RecordedDecision) -> tuple[str, date | None]:
    return recorded.decision.book_hash, recorded.known_date
