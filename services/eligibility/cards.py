"""What eligibility asks the card service: who somebody is, and whose account may be paid."""

from collections.abc import Collection, Sequence
from datetime import date

import grpc

from services.common.database import chunks
from services.common.errors import Unavailable
from services.common.resources import resource_id, resource_name
from services.common.rpc.status import from_call
from services.eligibility.facts import Profile
from socsec.card.v1 import (
    card_service_pb2,
    card_service_pb2_grpc,
    card_upkeep_service_pb2,
    card_upkeep_service_pb2_grpc,
    person_pb2,
    person_service_pb2,
    person_service_pb2_grpc,
)

_BATCH = 1_000


class CardClient:
    """The card service; it is asked before a transaction begins, never inside."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._people: person_service_pb2_grpc.PersonServiceAsyncStub = person_service_pb2_grpc.PersonServiceStub(
            channel
        )
        self._upkeep: card_upkeep_service_pb2_grpc.CardUpkeepServiceAsyncStub = (
            card_upkeep_service_pb2_grpc.CardUpkeepServiceStub(channel)
        )
        self._cards: card_service_pb2_grpc.CardServiceAsyncStub = card_service_pb2_grpc.CardServiceStub(channel)

    async def profiles(self, people: Collection[str]) -> dict[str, Profile]:
        """Give the profiles of those whom the vault knows."""
        found: dict[str, Profile] = {}
        for some in chunks(sorted(set(people)), _BATCH):
            found |= await self._profiles(some)
        return found

    async def resolve(self, numbers: Collection[str]) -> dict[str, str]:
        """Give the people of those identity numbers that the vault knows."""
        found: dict[str, str] = {}
        for some in chunks(sorted(set(numbers)), _BATCH):
            try:
                reply = await self._people.ResolvePeople(
                    person_service_pb2.ResolvePeopleRequest(identity_numbers=list(some))
                )
            except grpc.aio.AioRpcError as error:
                raise _unavailable() from error
            named = zip(some, reply.people, strict=True)
            found |= {number: resource_id(person, "people", "people") for number, person in named if person}
        return found

    async def payable(self, people: Collection[str]) -> frozenset[str]:
        """Give those of some people whose card account may be paid now."""
        found: list[str] = []
        for some in chunks(sorted(set(people)), _BATCH):
            request = card_service_pb2.CheckPayeesRequest(people=[resource_name("people", person) for person in some])
            try:
                reply = await self._cards.CheckPayees(request)
            except grpc.aio.AioRpcError as error:
                raise _unavailable() from error
            found += [person for person, payable in zip(some, reply.payable, strict=True) if payable]
        return frozenset(found)

    async def accounts(self, people: Collection[str]) -> dict[str, str]:
        """Give the account to which each of some people is paid; who has none is left out."""
        found: dict[str, str] = {}
        for some in chunks(sorted(set(people)), _BATCH):
            request = card_upkeep_service_pb2.BatchGetPayeeAccountsRequest(
                people=[resource_name("people", person) for person in some]
            )
            try:
                reply = await self._upkeep.BatchGetPayeeAccounts(request)
            except grpc.aio.AioRpcError as error:
                raise _unavailable() from error
            found |= {person: account for person, account in zip(some, reply.accounts, strict=True) if account}
        return found

    async def _profiles(self, people: Sequence[str]) -> dict[str, Profile]:
        """Ask for some people, and after an answer that one is unknown, for the two halves.

        The contract answers NOT_FOUND for a whole batch; unknown people are rare, and the halves find each of them in a
        few calls.
        """
        request = person_service_pb2.BatchGetPeopleRequest(names=[resource_name("people", person) for person in people])
        try:
            reply = await self._people.BatchGetPeople(request)
        except grpc.aio.AioRpcError as error:
            if from_call(error).code != grpc.StatusCode.NOT_FOUND.name:
                raise _unavailable() from error
            if len(people) == 1:
                return {}
            middle = len(people) // 2
            return await self._profiles(people[:middle]) | await self._profiles(people[middle:])
        return {person: _profile(message) for person, message in zip(people, reply.people, strict=True)}


def _profile(message: person_pb2.Person) -> Profile:
    return Profile(date.fromisoformat(message.birth_date) if message.birth_date else None, message.division)


def _unavailable() -> Unavailable:
    return Unavailable(
        "DEPENDENCY_UNAVAILABLE", "The card service does not answer; repeat the call.", {"service": "card"}
    )
