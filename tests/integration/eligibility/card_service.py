"""A card service for eligibility to ask: a real gRPC server with mTLS that knows whom a test tells it of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message

from services.local.certificates import Identity
from socsec.card.v1 import card_service_pb2, card_upkeep_service_pb2, person_pb2, person_service_pb2

ACCOUNT = "6222020000000000017"
"""The account of every card."""
Context = grpc.aio.ServicerContext[Message, Message]


@dataclass
class CardService:
    """Answers for its people; `unpayable` are those whose card is lost."""

    address: str = ""
    people: dict[str, person_pb2.Person] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    """Names by identity number."""
    unpayable: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    broken: bool = False
    people_broken: bool = False

    def add(self, person: str, birth_date: str = "1960-05-05", division: str = "370202") -> str:
        """Register somebody; give the name."""
        name = f"people/{person}"
        self.people[name] = person_pb2.Person(name=name, birth_date=birth_date, division=division)
        return name

    async def batch_get_people(
        self, request: person_service_pb2.BatchGetPeopleRequest, context: Context
    ) -> person_service_pb2.BatchGetPeopleResponse:
        self.calls.append("BatchGetPeople")
        if self.people_broken:
            await context.abort(grpc.StatusCode.INTERNAL, "broken")
        if not all(name in self.people for name in request.names):
            await context.abort(grpc.StatusCode.NOT_FOUND, "unknown")
        return person_service_pb2.BatchGetPeopleResponse(people=[self.people[name] for name in request.names])

    async def resolve_people(
        self, request: person_service_pb2.ResolvePeopleRequest, context: Context
    ) -> person_service_pb2.ResolvePeopleResponse:
        self.calls.append("ResolvePeople")
        found = [self.numbers.get(number, "") for number in request.identity_numbers]
        return person_service_pb2.ResolvePeopleResponse(people=found)

    async def check_payees(
        self, request: card_service_pb2.CheckPayeesRequest, context: Context
    ) -> card_service_pb2.CheckPayeesResponse:
        self.calls.append("CheckPayees")
        if self.broken:
            await context.abort(grpc.StatusCode.INTERNAL, "broken")
        payable = [name in self.people and name not in self.unpayable for name in request.people]
        return card_service_pb2.CheckPayeesResponse(payable=payable)

    async def accounts(
        self, request: card_upkeep_service_pb2.BatchGetPayeeAccountsRequest, context: Context
    ) -> card_upkeep_service_pb2.BatchGetPayeeAccountsResponse:
        self.calls.append("BatchGetPayeeAccounts")
        known = [ACCOUNT if name in self.people and name not in self.unpayable else "" for name in request.people]
        return card_upkeep_service_pb2.BatchGetPayeeAccountsResponse(accounts=known)

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        """Give what a server answers with."""
        batch_get_people = grpc.unary_unary_rpc_method_handler(
            self.batch_get_people,
            person_service_pb2.BatchGetPeopleRequest.FromString,
            person_service_pb2.BatchGetPeopleResponse.SerializeToString,
        )
        resolve_people = grpc.unary_unary_rpc_method_handler(
            self.resolve_people,
            person_service_pb2.ResolvePeopleRequest.FromString,
            person_service_pb2.ResolvePeopleResponse.SerializeToString,
        )
        people: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "BatchGetPeople": batch_get_people,
            "ResolvePeople": resolve_people,
        }
        check_payees = grpc.unary_unary_rpc_method_handler(
            self.check_payees,
            card_service_pb2.CheckPayeesRequest.FromString,
            card_service_pb2.CheckPayeesResponse.SerializeToString,
        )
        accounts = grpc.unary_unary_rpc_method_handler(
            self.accounts,
            card_upkeep_service_pb2.BatchGetPayeeAccountsRequest.FromString,
            card_upkeep_service_pb2.BatchGetPayeeAccountsResponse.SerializeToString,
        )
        return [
            grpc.method_handlers_generic_handler(
                "socsec.card.v1.CardUpkeepService", {"BatchGetPayeeAccounts": accounts}
            ),
            grpc.method_handlers_generic_handler("socsec.card.v1.PersonService", people),
            grpc.method_handlers_generic_handler("socsec.card.v1.CardService", {"CheckPayees": check_payees}),
        ]


@asynccontextmanager
async def card_service(identity: Identity) -> AsyncIterator[CardService]:
    """Serve on a free port."""
    service, server = CardService(), grpc.aio.server()
    server.add_generic_rpc_handlers(service.handlers())
    pair = (identity.private_key.read_bytes(), identity.certificate.read_bytes())
    credentials = grpc.ssl_server_credentials([pair], identity.authority.read_bytes(), require_client_auth=True)
    service.address = f"127.0.0.1:{server.add_secure_port('127.0.0.1:0', credentials)}"
    await server.start()
    yield service
    await server.stop(0)
