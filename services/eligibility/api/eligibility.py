"""`EligibilityService`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import NamedTuple

from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput
from services.common.gathering import Gathering
from services.common.months import format_month
from services.common.rpc.call import Call, Caller
from services.common.rpc.requests import batch_of, batch_result, convert_each, date_of, enum_of, number_of
from services.common.transactions import Transactions
from services.eligibility.api.decided import decision_message
from services.eligibility.api.fields import known_date_of, person_of
from services.eligibility.book.benefit import Benefit
from services.eligibility.book.fact import AS_OF_MONTH
from services.eligibility.cards import CardClient
from services.eligibility.facts import AMOUNTS, PersonFacts, RetirementGroup
from services.eligibility.service.decision import Numbers, decide, decide_many, numbers_of
from services.eligibility.service.facts import submit_facts
from services.eligibility.service.store import Store
from services.eligibility.shelf import Shelf
from socsec.eligibility.v1 import decision_pb2, eligibility_service_pb2
from socsec.type.v1 import batch_pb2

_OF_THEIR_OWN = frozenset((AS_OF_MONTH, "birth_month", "retirement_group", *AMOUNTS))
"""Facts that are not told by name: those with a field of their own, the vault's birth, and the day to decide for."""

_MOST_FURTHER = 64
_SYSTEM = "system"
"""Whose facts count as verified: an office's own system tells what its records say."""
_DECIDED_TOGETHER = 16
"""Decisions of one run: they hold up the event loop for a millisecond or two."""


class _Asked(NamedTuple):
    """A decision that is asked for, and where its answer goes."""

    decide: Callable[[], decision_pb2.Decision]
    answer: "asyncio.Future[decision_pb2.Decision]"


async def _decide_together(asked: Sequence[_Asked]) -> None:
    """Decide: one alone finds the book's code and numbers gone from the caches, and takes three times as long."""
    for one in asked:
        if one.answer.done():  # its caller has gone
            continue
        try:
            one.answer.set_result(one.decide())
        except Exception as error:  # noqa: BLE001  belongs to this caller alone
            one.answer.set_exception(error)
    await asyncio.sleep(0)


class EligibilityApi:
    """Decides by the rule book, and takes the facts in that it needs."""

    def __init__(self, transactions: Transactions[Store], cards: CardClient, shelf: Shelf, clock: Clock) -> None:
        self._transactions = transactions
        self._cards = cards
        self._shelf = shelf
        self._book = shelf.today
        self._clock = clock
        self._asked = Gathering(_decide_together, _DECIDED_TOGETHER, "decisions")

    async def ListBenefits(
        self, request: eligibility_service_pb2.ListBenefitsRequest, call: Call
    ) -> eligibility_service_pb2.ListBenefitsResponse:
        return eligibility_service_pb2.ListBenefitsResponse(
            benefits=[_benefit(benefit) for benefit in self._book.benefits()], book_hash=self._book.hash
        )

    async def Evaluate(self, request: eligibility_service_pb2.EvaluateRequest, call: Call) -> decision_pb2.Decision:
        as_of = self._as_of(request.as_of_date)
        [on_record] = await self._on_record([person_of(request.person)]) if request.person else [{}]
        book = await self._shelf.known(known_date_of(request.known_date, bureau_date(self._clock())))

        def decided() -> decision_pb2.Decision:
            decision = decide(book, request.benefit, as_of, on_record, request.facts)
            return decision_message(decision, request.person, as_of, book.known)

        asked = _Asked(decided, asyncio.get_running_loop().create_future())
        self._asked.add(asked)
        return await asked.answer

    async def BatchEvaluate(
        self, request: eligibility_service_pb2.BatchEvaluateRequest, call: Call
    ) -> eligibility_service_pb2.BatchEvaluateResponse:
        as_of = self._as_of(request.as_of_date)
        people = [person_of(name, f"people[{place}]") for place, name in enumerate(batch_of(request.people, "people"))]
        on_record = await self._on_record(people)

        def decided() -> eligibility_service_pb2.BatchEvaluateResponse:
            batch = decide_many(self._book, request.benefit, as_of, on_record)
            return eligibility_service_pb2.BatchEvaluateResponse(
                decisions=[decision_message(batch.row(row), name, as_of) for row, name in enumerate(request.people)]
            )

        return await asyncio.to_thread(decided)

    async def SubmitFacts(
        self, request: eligibility_service_pb2.SubmitFactsRequest, call: Call
    ) -> batch_pb2.BatchResult:
        today = bureau_date(self._clock())
        good, bad = convert_each(batch_of(request.facts, "facts"), lambda item: self._facts(item, today, call.caller))
        profiles = await self._cards.profiles({report.person for _, report in good})
        outcome = await self._transactions.write(
            lambda store: submit_facts(store, good, profiles), validate_only=request.validate_only
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def StreamFacts(
        self, requests: AsyncIterator[eligibility_service_pb2.SubmitFactsRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self.SubmitFacts(request, call)

    def _as_of(self, text: str) -> date:
        return date_of(text, "as_of_date") if text else bureau_date(self._clock())

    async def _on_record(self, people: Sequence[str]) -> list[Numbers]:
        """Give what is on record about people, in their order, with the births that the vault has now."""
        read = self._transactions.read if len(people) == 1 else self._transactions.scan
        known = await read(lambda store: store.facts.of(set(people)))
        profiles = await self._cards.profiles(people)
        return [numbers_of(self._book, person, known.get(person), profiles.get(person)) for person in people]

    def _facts(self, message: decision_pb2.PersonFacts, today: date, caller: Caller) -> PersonFacts:
        group = message.retirement_group
        amounts = {name: self._amount(message, name) for name in AMOUNTS}
        if len(message.facts) > _MOST_FURTHER:
            limits = {"max": str(_MOST_FURTHER)}
            raise InvalidInput("facts", "VALUE_OUT_OF_RANGE", f"At most {_MOST_FURTHER} facts by name.", limits)
        return PersonFacts(
            person=person_of(message.person),
            as_of_date=date_of(message.as_of_date, "as_of_date", latest=today),
            birth_date=None,
            retirement_group=enum_of(decision_pb2.RetirementGroup, group, RetirementGroup, "retirement_group")
            if group
            else None,
            **amounts,
            more=tuple(sorted(self._further(name, value) for name, value in message.facts.items())),
            verified=caller.role == _SYSTEM,
        )

    def _further(self, name: str, value: int) -> tuple[str, int]:
        fact = self._book.library.facts.get(name)
        if fact is None or name in _OF_THEIR_OWN:
            message = "It is no fact of the rule book, or one that has a field of its own."
            raise InvalidInput("facts", "INVALID_FACT", message, {"fact": name[:64]})
        if not fact.least <= value <= fact.most:
            bounds = {"fact": name, "min": str(fact.least), "max": str(fact.most)}
            raise InvalidInput("facts", "INVALID_FACT", f"{name} goes from {fact.least} to {fact.most}.", bounds)
        return name, value

    def _amount(self, message: decision_pb2.PersonFacts, name: str) -> int | None:
        if not message.HasField(name):  # type: ignore[arg-type]  # one of the message's optional fields
            return None
        reason = "AMOUNT_OUT_OF_RANGE" if name.endswith("_fen") else "VALUE_OUT_OF_RANGE"
        return number_of(getattr(message, name), name, *self._book.bounds(name), reason)


def _benefit(benefit: Benefit) -> decision_pb2.Benefit:
    return decision_pb2.Benefit(
        benefit=benefit.name,
        title=benefit.title,
        facts=benefit.facts,
        results=benefit.results,
        unverified=benefit.unverified,
        optional_facts=benefit.optional_facts,
        conditions=benefit.conditions,
        since_month=format_month(benefit.since),
    )
