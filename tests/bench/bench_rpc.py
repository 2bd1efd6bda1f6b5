"""Single calls of the card service beside an empty handler on the same server.

Reads with 16 in flight are judged by the server's CPU a call: the client, which shares the machine, is as slow as the
server and would flatter them. Durable mutations with 128 in flight are judged by the worse of CPU and rate, as they
also wait for a disk.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from socsec.card.v1 import card_pb2, card_service_pb2, person_service_pb2
from tests.bench import baseline_service, city
from tests.bench.report import Bound, Row
from tests.bench.serving import Served, card_service
from tests.bench.timing import Sample, Scale, load, median_of, paired_ratio
from tests.integration.card.city import account

READS_IN_FLIGHT = 16
WRITES_IN_FLIGHT = 128

_NOTHING = f"/{baseline_service.NAME}/Nothing"
_NAIVE = f"/{baseline_service.NAME}/ApplyCard"
_CARDS = "/socsec.card.v1.CardService/"
_READ = Bound("ratio", 0.75, 0.85)
_MUTATION = Bound("ratio", 0.55, 0.75)
_AGAINST_ORM = Bound("ratio", 5, 8)
_FASTEST_APPLICATIONS = 8_000
"""People prepared a second of applications: nobody can apply twice."""

Samples = dict[str, list[Sample]]


async def run(folder: Path, scale: Scale, backend: str) -> list[Row]:
    """Measure reads, then mutations."""
    async with card_service(folder, backend) as served:
        reads = await _reads(served, scale)
        mutations = await _mutations(served, scale)
    rows = [_read_row(backend, name, reads) for name in reads if name != _NOTHING]
    rows += [_mutation_row(backend, name, mutations) for name in (f"{_CARDS}ApplyCard", f"{_CARDS}MakeCard")]
    return [*rows, _naive_row(backend, mutations)]


async def _reads(served: Served, scale: Scale) -> Samples:
    people = await city.populate(served.channel, scale.batch_size)
    await city.issue_cards(served.channel, city.issue_requests(people, scale.batch_size), len(people))
    cards = await _cards(served, people)
    requests: dict[str, list[bytes]] = {
        _NOTHING: [b""],
        f"{_CARDS}GetCard": [card_service_pb2.GetCardRequest(name=c.name).SerializeToString() for c in cards],
        f"{_CARDS}VerifyCard": [
            card_service_pb2.VerifyCardRequest(card_no=c.card_no).SerializeToString() for c in cards
        ],
        "/socsec.card.v1.PersonService/GetPerson": [
            person_service_pb2.GetPersonRequest(name=person).SerializeToString() for person in people
        ],
    }
    samples: Samples = defaultdict(list)
    sources = {name: itertools.cycle(list_) for name, list_ in requests.items()}
    for turn in range(scale.rounds + 1):
        for name, source in sources.items():
            sample, _ = await load(served.send(name), source, READS_IN_FLIGHT, scale.slot_seconds, served.cpu)
            if turn:  # the first round warms up
                samples[name].append(sample)
    return samples


async def _mutations(served: Served, scale: Scale) -> Samples:
    count = int(_FASTEST_APPLICATIONS * scale.slot_seconds * (scale.rounds + 1)) + 4 * WRITES_IN_FLIGHT
    people = iter(await city.populate(served.channel, count))
    samples: Samples = defaultdict(list)

    async def turn(method: str, requests: Iterator[bytes]) -> list[bytes]:
        sample, replies = await load(served.send(method), requests, WRITES_IN_FLIGHT, scale.slot_seconds, served.cpu)
        samples[method].append(sample)
        return replies

    for _ in range(scale.rounds):
        await turn(_NOTHING, itertools.repeat(b""))
        applied = await turn(f"{_CARDS}ApplyCard", (_application(person) for person in people))
        await turn(f"{_CARDS}MakeCard", iter([_making(card_pb2.Card.FromString(reply).name) for reply in applied]))
        await turn(_NAIVE, (_application(person) for person in people))
    return samples


async def _cards(served: Served, people: Sequence[str]) -> list[card_pb2.Card]:
    request = card_service_pb2.ListCardsRequest(page_size=len(people)).SerializeToString()
    reply = await served.send(f"{_CARDS}ListCards")(request)
    return list(card_service_pb2.ListCardsResponse.FromString(reply).cards)


_request_numbers = itertools.count()


def _application(person: str) -> bytes:
    return card_service_pb2.ApplyCardRequest(
        person=person, issuing_division="370200", service_bank_code="102", request_id=f"a{next(_request_numbers)}"
    ).SerializeToString()


def _making(card: str) -> bytes:
    return card_service_pb2.MakeCardRequest(
        name=card, bank_account=account(), issue_date="2026-03-01", request_id=f"m{next(_request_numbers)}"
    ).SerializeToString()


def _read_row(backend: str, name: str, samples: Samples) -> Row:
    mine, empty = median_of(samples[name]), median_of(samples[_NOTHING])
    ratio = paired_ratio([s.cpu_us for s in samples[_NOTHING]], [s.cpu_us for s in samples[name]])
    return Row(
        f"rpc/{backend}: {name.rpartition('/')[2]}, {READS_IN_FLIGHT} in flight",
        mine.per_second,
        "calls/s",
        "empty handler",
        empty.per_second,
        (_READ,),
        ratio,
        f"ratio of server CPU a call: {empty.cpu_us:.0f} us / {mine.cpu_us:.0f} us",
    )


def _mutation_row(backend: str, name: str, samples: Samples) -> Row:
    mine, empty = median_of(samples[name]), median_of(samples[_NOTHING])
    by_cpu = paired_ratio([s.cpu_us for s in samples[_NOTHING]], [s.cpu_us for s in samples[name]])
    by_rate = paired_ratio([s.per_second for s in samples[name]], [s.per_second for s in samples[_NOTHING]])
    return Row(
        f"rpc/{backend}: {name.rpartition('/')[2]}, durable, {WRITES_IN_FLIGHT} in flight",
        mine.per_second,
        "calls/s",
        "empty handler",
        empty.per_second,
        (_MUTATION,),
        min(by_cpu, by_rate),
        f"by rate {by_rate:.2f}; by server CPU {by_cpu:.2f}: {empty.cpu_us:.0f} us / {mine.cpu_us:.0f} us",
    )


def _naive_row(backend: str, samples: Samples) -> Row:
    mine, naive = median_of(samples[f"{_CARDS}ApplyCard"]), median_of(samples[_NAIVE])
    rates = [s.per_second for s in samples[f"{_CARDS}ApplyCard"]], [s.per_second for s in samples[_NAIVE]]
    return Row(
        f"rpc/{backend}: ApplyCard against one ORM session a call",
        mine.per_second,
        "calls/s",
        "ORM session a call",
        naive.per_second,
        (_AGAINST_ORM,),
        paired_ratio(*rates),
        f"server CPU {naive.cpu_us:.0f} us / {mine.cpu_us:.0f} us",
    )
