"""People and cards to measure with; their identity numbers are of a division that was never assigned."""

from collections.abc import AsyncIterator, Iterator, Sequence

import grpc

from socsec.card.v1 import card_service_pb2, person_pb2, person_service_pb2
from socsec.eligibility.v1 import draw_pb2, draw_service_pb2
from socsec.type.v1 import batch_pb2, scheme_pb2
from tests.integration.card.city import issue, registration

_PEOPLE = "/socsec.card.v1.PersonService/"
_CARDS = "/socsec.card.v1.CardService/"


def registrations(count: int) -> list[person_pb2.PersonRegistration]:
    """Make registrations of new people."""
    return [registration() for _ in range(count)]


def people_requests(people: Sequence[person_pb2.PersonRegistration], size: int) -> list[bytes]:
    """Put people into batches, ready to send."""
    batches = (people[start : start + size] for start in range(0, len(people), size))
    return [person_service_pb2.ImportPeopleRequest(people=some).SerializeToString() for some in batches]


def issue_requests(people: Sequence[str], size: int) -> list[bytes]:
    """Put issues of cards for people into batches, ready to send."""
    batches = (people[start : start + size] for start in range(0, len(people), size))
    return [
        card_service_pb2.IssueCardsRequest(cards=[issue(person) for person in some]).SerializeToString()
        for some in batches
    ]


def draw_requests(people: Sequence[str], month: str, size: int) -> list[bytes]:
    """Put draws that an outside payer reports for people into batches, ready to send."""
    batches = (people[start : start + size] for start in range(0, len(people), size))
    return [
        draw_service_pb2.RecordDrawsRequest(draws=[_draw(person, month) for person in some]).SerializeToString()
        for some in batches
    ]


def _draw(person: str, month: str) -> draw_pb2.Draw:
    return draw_pb2.Draw(
        reference=f"{person[-26:]}-{month}",
        origin="ZIBO",
        person=person,
        entitlement_reference=person[-26:],
        scheme=scheme_pb2.SCHEME_EMPLOYEE_PENSION,
        pooling_region="370300",
        benefit_month=month,
        pay_date=f"{month}-15",
        kind=draw_pb2.DRAW_KIND_REGULAR,
        amount_fen=350_000,
    )


async def stream(channel: grpc.aio.Channel, method: str, requests: Sequence[bytes], expected: int) -> None:
    """Send batches on one stream and wait until all are answered as durable."""

    async def source() -> AsyncIterator[bytes]:
        for request in requests:
            yield request

    accepted = 0
    call: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(method)
    async for reply in call(source()):
        result = batch_pb2.BatchResult.FromString(reply)
        accepted += result.accepted
    if accepted != expected:
        raise RuntimeError(f"{method} accepted {accepted} of {expected}: the figure would mean nothing.")


async def import_people(channel: grpc.aio.Channel, requests: Sequence[bytes], expected: int) -> None:
    """Register people on one stream."""
    await stream(channel, f"{_PEOPLE}ImportPeople", requests, expected)


async def issue_cards(channel: grpc.aio.Channel, requests: Sequence[bytes], expected: int) -> None:
    """Issue cards on one stream."""
    await stream(channel, f"{_CARDS}IssueCards", requests, expected)


async def names_of(channel: grpc.aio.Channel, people: Sequence[person_pb2.PersonRegistration]) -> list[str]:
    """Give the names of registered people."""
    resolve: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(f"{_PEOPLE}ResolvePeople")
    names: list[str] = []
    for some in _pieces([person.identity_number for person in people], 1_000):
        request = person_service_pb2.ResolvePeopleRequest(identity_numbers=some)
        names += person_service_pb2.ResolvePeopleResponse.FromString(await resolve(request.SerializeToString())).people
    return names


async def populate(channel: grpc.aio.Channel, count: int) -> list[str]:
    """Register so many people; give their names."""
    people = registrations(count)
    await import_people(channel, people_requests(people, 1_000), count)
    return await names_of(channel, people)


def _pieces(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
