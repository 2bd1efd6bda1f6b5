"""`PersonService`."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import date

from services.card.access import AccessKind, Looked, RevealBudget
from services.card.api.access import (
    ACCESS_FIELDS,
    PLACE,
    REVEAL_FIELDS,
    access_message,
    last_place,
    place_after,
    reveal_message,
    revealed,
)
from services.card.api.batches import write_batch
from services.card.api.fields import day_text, person_of, timestamp, version_of
from services.card.api.mutations import order_of
from services.card.events import representative
from services.card.operation import OtherOperation
from services.card.parameters import ParameterBook
from services.card.person import NumberChangeReason, Person, Registration, RepresentativeKind
from services.card.service.accesses import AccessLog, list_accesses
from services.card.service.people import (
    change_name,
    change_number,
    foresee_people,
    get_people,
    get_person,
    import_people,
    register_person,
    resolve_people,
    reveal_person,
)
from services.card.service.store import Store
from services.common import identity
from services.common.clock import Clock, bureau_date
from services.common.division import is_residence
from services.common.errors import InvalidInput
from services.common.filtering import parse
from services.common.ids import new_id
from services.common.masking import mask_name
from services.common.resources import resource_name
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import (
    batch_of,
    batch_result,
    convert_each,
    enum_number,
    enum_of,
    text_of,
    words_of,
)
from services.common.transactions import Transactions
from socsec.card.v1 import person_pb2, person_service_pb2
from socsec.type.v1 import batch_pb2

MAX_NAME = 50


class PersonApi:
    """The identity vault."""

    def __init__(
        self,
        transactions: Transactions[Store],
        book: ParameterBook,
        accesses: AccessLog,
        budget: RevealBudget,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._book = book
        self._accesses = accesses
        self._budget = budget
        self._clock = clock

    async def RegisterPerson(self, request: person_service_pb2.RegisterPersonRequest, call: Call) -> person_pb2.Person:
        order = order_of(call.caller, OtherOperation.REGISTER_PERSON, request.actor, self._clock())
        registration = _registration(request.person, bureau_date(order.now), "person.")
        return await self._transactions.once(
            call,
            request,
            lambda store: _message(register_person(store, registration, order, self._book)),
            person_pb2.Person,
            validate_only=request.validate_only,
        )

    async def ChangeIdentityNumber(
        self, request: person_service_pb2.ChangeIdentityNumberRequest, call: Call
    ) -> person_pb2.Person:
        person, version = person_of(request.name, "name"), version_of(request.etag)
        order = order_of(call.caller, OtherOperation.CHANGE_IDENTITY_NUMBER, request.actor, self._clock())
        number = identity.parse(request.identity_number, bureau_date(order.now))
        reason = enum_of(person_pb2.NumberChangeReason, request.reason, NumberChangeReason, "reason")
        changed = await self._transactions.once(
            call,
            request,
            lambda store: _message(change_number(store, person, version, number, reason, order, self._book)),
            person_pb2.Person,
            validate_only=request.validate_only,
        )
        self._accesses.note(self._looked(call, AccessKind.READ, [person]))  # it shows the person, also when only tried
        return changed

    async def ChangeName(self, request: person_service_pb2.ChangeNameRequest, call: Call) -> person_pb2.Person:
        person, version = person_of(request.name, "name"), version_of(request.etag)
        order = order_of(call.caller, OtherOperation.CHANGE_NAME, request.actor, self._clock())
        full_name = text_of(request.full_name, "full_name", MAX_NAME)
        changed = await self._transactions.once(
            call,
            request,
            lambda store: _message(change_name(store, person, version, full_name, order, self._book)),
            person_pb2.Person,
            validate_only=request.validate_only,
        )
        self._accesses.note(self._looked(call, AccessKind.READ, [person]))  # as above
        return changed

    async def ImportPeople(
        self, requests: AsyncIterator[person_service_pb2.ImportPeopleRequest], call: Call
    ) -> AsyncIterator[batch_pb2.BatchResult]:
        async for request in requests:
            yield await self._import_batch(request, call)

    async def _import_batch(self, request: person_service_pb2.ImportPeopleRequest, call: Call) -> batch_pb2.BatchResult:
        order = order_of(call.caller, OtherOperation.REGISTER_PERSON, request.actor, self._clock())
        today = bureau_date(order.now)
        good, bad = convert_each(batch_of(request.people, "people"), lambda item: _registration(item, today))
        outcome = await write_batch(
            self._transactions,
            lambda store: import_people(store, good, order, self._book),
            validate_only=request.validate_only,
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def ResolvePeople(
        self, request: person_service_pb2.ResolvePeopleRequest, call: Call
    ) -> person_service_pb2.ResolvePeopleResponse:
        today = bureau_date(self._clock())
        numbers = [_number_or_empty(text, today) for text in batch_of(request.identity_numbers, "identity_numbers")]
        found = await self._transactions.read(lambda store: resolve_people(store, numbers))
        self._accesses.note(self._looked(call, AccessKind.RESOLVE, found))
        return person_service_pb2.ResolvePeopleResponse(people=[resource_name("people", person) for person in found])

    async def GetPerson(self, request: person_service_pb2.GetPersonRequest, call: Call) -> person_pb2.Person:
        person = person_of(request.name, "name")
        found = await self._transactions.read(lambda store: get_person(store, person), (foresee_people, person))
        self._accesses.note(self._looked(call, AccessKind.READ, [found.person]))
        return _message(found)

    async def BatchGetPeople(
        self, request: person_service_pb2.BatchGetPeopleRequest, call: Call
    ) -> person_service_pb2.BatchGetPeopleResponse:
        people = [person_of(name, "names") for name in batch_of(request.names, "names")]
        found = await self._transactions.read(lambda store: get_people(store, people))
        self._accesses.note(self._looked(call, AccessKind.READ, [person.person for person in found]))
        return person_service_pb2.BatchGetPeopleResponse(people=[_message(person) for person in found])

    async def RevealPerson(
        self, request: person_service_pb2.RevealPersonRequest, call: Call
    ) -> person_service_pb2.RevealPersonResponse:
        looked = self._looked(call, AccessKind.REVEAL, [person_of(request.name, "name")])
        stated = replace(
            looked,
            purpose=words_of(request.purpose, "purpose", 200, 5),
            case_reference=words_of(request.case_reference, "case_reference"),
        )
        person, others = await self._transactions.write(lambda store: reveal_person(store, stated, self._budget))
        return person_service_pb2.RevealPersonResponse(
            identity_number=person.identity.number, full_name=person.full_name, other_identity_numbers=others
        )

    async def ListReveals(
        self, request: person_service_pb2.ListRevealsRequest, call: Call
    ) -> person_service_pb2.ListRevealsResponse:
        page, wanted = page_of(request, *PLACE), revealed(parse(request.filter, REVEAL_FIELDS))
        found = await self._transactions.scan(
            lambda store: list_accesses(store, wanted, page.size, place_after(page.after))
        )
        return person_service_pb2.ListRevealsResponse(
            reveals=[reveal_message(access) for access in found],
            next_page_token=next_page_token(request, last_place(found, page.size)),
        )

    async def ListAccess(
        self, request: person_service_pb2.ListAccessRequest, call: Call
    ) -> person_service_pb2.ListAccessResponse:
        page, wanted = page_of(request, *PLACE), parse(request.filter, ACCESS_FIELDS)
        await self._accesses.flush()  # what this process has answered before is in the list
        found = await self._transactions.scan(
            lambda store: list_accesses(store, wanted, page.size, place_after(page.after))
        )
        return person_service_pb2.ListAccessResponse(
            accesses=[access_message(access) for access in found],
            next_page_token=next_page_token(request, last_place(found, page.size)),
        )

    def _looked(self, call: Call, kind: AccessKind, people: Iterable[str]) -> Looked:
        return Looked(new_id(), kind, call.caller.name, tuple(filter(None, people)), self._clock())


def _registration(message: person_pb2.PersonRegistration, today: date, at: str = "") -> Registration:
    found = identity.parse(message.identity_number, today, f"{at}identity_number")
    if not is_residence(message.division, today):
        raise InvalidInput(
            f"{at}division", "UNKNOWN_DIVISION", f"{at}division must be a division code of six digits (GB/T 2260)."
        )
    registration = Registration(found, text_of(message.full_name, f"{at}full_name", MAX_NAME), message.division)
    if not message.representative_identity_number:
        return registration
    field = f"{at}representative_identity_number"
    acting = identity.parse(message.representative_identity_number, today, field)
    if acting.number == found.number:
        raise InvalidInput(field, "INVALID_IDENTITY_NUMBER", "Nobody represents themselves.")
    kind = enum_of(
        person_pb2.RepresentativeKind, message.representative_kind, RepresentativeKind, f"{at}representative_kind"
    )
    return Registration(found, registration.full_name, registration.division, acting, kind)


def _number_or_empty(text: str, today: date) -> str:
    try:
        return identity.parse(text, today).number
    except InvalidInput:
        return ""


def _message(person: Person) -> person_pb2.Person:
    kind = enum_number(person_pb2.DocumentKind, person.identity.kind)
    return person_pb2.Person(
        name=resource_name("people", person.person),
        masked_identity_number=person.identity.masked,
        document_kind=person_pb2.DocumentKind.ValueType(kind),
        masked_full_name=mask_name(person.full_name),
        birth_date=day_text(person.identity.birth_date),
        sex=person_pb2.Sex.ValueType(enum_number(person_pb2.Sex, person.identity.sex)),
        division=person.division,
        representative=representative(person),
        unknown_birth_division=person.identity.has_unknown_division,
        create_time=timestamp(person.create_time),
        etag=str(person.version),
    )
