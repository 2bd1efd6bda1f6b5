"""A register of another system comes in with its numbers, and goes out masked."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from itertools import count

from google.protobuf.timestamp_pb2 import Timestamp

from services.card.number import card_no
from services.common.ids import new_id
from socsec.card.v1 import card_events_pb2, card_pb2
from socsec.card.v1.card_register_service_pb2 import (
    ExistingCard,
    ExportCardsRequest,
    ExportCardsResponse,
    ImportCardsRequest,
    WatchCardsRequest,
)
from socsec.type.v1 import batch_pb2
from tests.integration.card.city import account, issue
from tests.integration.card.serving import NOW, Client, Served
from tests.integration.card.test_api import (
    events,
    get,
    issued,
    payable,
    reasons,
    refusal,
    register,
    sending,
    verified,
)
from tests.integration.card.test_merges import cards_of, only_card
from tests.integration.messaging.waiting import until

_codes = count(1)


def existing(person: str, sequence: int, **changed: object) -> ExistingCard:
    fields: dict[str, object] = {
        "person": person,
        "card_no": card_no(sequence),
        "card_identification_code": f"370200D156000005{next(_codes):016X}",
        "issuing_division": "370200",
        "service_bank_code": "102",
        "bank_account": account(),
        "issue_date": "2019-03-01",
        "expire_date": "2029-03-01",
        "status": card_pb2.CARD_STATUS_ENABLED,
    }
    return ExistingCard(**(fields | changed))  # type: ignore[arg-type]  # by name


async def imported(service: Served, *cards: ExistingCard, validate_only: bool = False) -> batch_pb2.BatchResult:
    request = ImportCardsRequest(batch=7, cards=cards, validate_only=validate_only)
    (result,) = [result async for result in service.operator.register.ImportCards(sending([request]))]
    return result


async def exported(client: Client, text: str = "", token: str = "") -> list[ExportCardsResponse]:
    call = client.register.ExportCards(ExportCardsRequest(filter=text, page_token=token, page_size=500))
    stream: AsyncIterator[ExportCardsResponse] = aiter(call)
    return [message async for message in stream]


def names(messages: Sequence[ExportCardsResponse]) -> list[str]:
    return [card.name for message in messages for card in message.cards]


async def test_a_card_is_taken_over_as_it_stands(service: Served, migrated_url: str) -> None:
    person = await register(service)
    coming = existing(person.name, 5_000_000)
    assert (await imported(service, coming, validate_only=True)).accepted == 1
    assert await cards_of(service, person.name) == []
    assert (await imported(service, coming)).accepted == 1
    card = await only_card(service, person.name)
    assert (card.card_no, card.card_identification_code) == (coming.card_no, coming.card_identification_code)
    assert (card.issue_date, card.expire_date, card.status) == (coming.issue_date, coming.expire_date, coming.status)
    assert card.masked_bank_account == "*" * (len(coming.bank_account) - 4) + coming.bank_account[-4:]
    assert await verified(service, card)
    assert await payable(service, person.name) == [True]
    (data,) = [event.data for event in await events(migrated_url) if event.type == "socsec.card.v1.CardImported"]
    told = card_events_pb2.CardImported.FromString(data)
    assert (told.card, told.person, told.status) == (card.name, person.name, card.status)


async def test_every_status_comes_in_and_a_lost_card_can_be_found(service: Served) -> None:
    lapse = Timestamp()
    lapse.FromDatetime(NOW + timedelta(days=3))
    states: list[dict[str, object]] = [
        {"status": card_pb2.CARD_STATUS_SEALED},
        {"status": card_pb2.CARD_STATUS_SEALED, "collected": True},
        {"status": card_pb2.CARD_STATUS_APP_LOCKED},
        {"status": card_pb2.CARD_STATUS_FORMALLY_LOST},
        {"status": card_pb2.CARD_STATUS_PROVISIONALLY_LOST, "loss_lapse_time": lapse},
        {"status": card_pb2.CARD_STATUS_CANCELLED, "cancel_reason": card_pb2.CANCEL_REASON_DEATH},
    ]
    holders = [(await register(service)).name for _ in states]
    coming = [
        existing(holder, 6_000_000 + place, **state)
        for place, (holder, state) in enumerate(zip(holders, states, strict=True))
    ]
    assert (await imported(service, *coming)).accepted == len(states)
    cards = [await only_card(service, holder) for holder in holders]
    assert [card.status for card in cards] == [state["status"] for state in states]
    assert [card.progress for card in cards] == [card_pb2.CARD_PROGRESS_MADE] + [card_pb2.CARD_PROGRESS_COLLECTED] * 5
    assert (cards[4].loss_lapse_time, cards[5].cancel_reason) == (lapse, card_pb2.CANCEL_REASON_DEATH)
    service.clock.advance(days=4)

    async def is_found_again() -> bool:
        return (await get(service, cards[4].name)).status == card_pb2.CARD_STATUS_ENABLED

    await until(is_found_again)


async def test_what_cannot_be_is_refused_with_its_field_and_the_rest_comes_in(service: Served) -> None:
    people = [(await register(service)).name for _ in range(4)]
    first = existing(people[0], 7_000_000)
    await imported(service, first)
    coming = [
        first,
        existing(people[1], 7_000_000),
        existing(people[1], 7_000_001, card_identification_code=first.card_identification_code),
        existing(people[0], 7_000_002),
        existing(f"people/{new_id()}", 7_000_003),
        existing(people[1], 7_000_004, card_no="A00000009"),
        existing(people[1], 7_000_005, card_identification_code="0" * 31),
        existing(people[1], 7_000_006, expire_date="2018-01-01"),
        existing(people[1], 7_000_007, status=card_pb2.CARD_STATUS_CANCELLED),
        existing(people[1], 7_000_008, status=card_pb2.CARD_STATUS_UNSPECIFIED),
        existing(people[1], 7_000_009, cancel_reason=card_pb2.CANCEL_REASON_DEATH),
        existing(people[1], 7_000_010, issuing_division="110000"),
        existing(people[2], 7_000_011),
        existing(people[2], 7_000_012),
        existing(people[3], 7_000_011),
        existing(
            people[0],
            7_000_013,
            status=card_pb2.CARD_STATUS_CANCELLED,
            cancel_reason=card_pb2.CANCEL_REASON_REPLACED,
            bank_account="",
        ),
    ]
    result = await imported(service, *coming)
    assert (result.batch, result.accepted, result.repeated_items) == (7, 2, 1)
    assert reasons(result) == {
        1: ("RESOURCE_EXISTS", ""),
        2: ("RESOURCE_EXISTS", ""),
        3: ("LIVE_CARD_EXISTS", ""),
        4: ("PERSON_NOT_FOUND", ""),
        5: ("INVALID_TEXT", "card_no"),
        6: ("INVALID_TEXT", "card_identification_code"),
        7: ("VALUE_OUT_OF_RANGE", "expire_date"),
        8: ("FIELD_REQUIRED", "cancel_reason"),
        9: ("UNKNOWN_VALUE", "status"),
        10: ("UNKNOWN_VALUE", "cancel_reason"),
        11: ("UNKNOWN_DIVISION", "issuing_division"),
        13: ("LIVE_CARD_EXISTS", ""),
        14: ("RESOURCE_EXISTS", ""),
    }


async def test_a_number_that_came_in_is_never_given_out_again(service: Served) -> None:
    old = [(await register(service)).name for _ in range(40)]
    await imported(service, *(existing(person, sequence) for sequence, person in enumerate(old)))
    new = [(await register(service)).name for _ in range(3)]
    assert (await issued(service, issue(new[0]))).accepted == 1
    assert (await issued(service, issue(new[1]), issue(new[2]))).accepted == 2
    numbers = {(await only_card(service, person)).card_no for person in [*old, *new]}
    assert len(numbers) == 43


async def test_an_export_is_complete_masked_and_goes_on_where_it_stopped(service: Served) -> None:
    bank = await service.client("system", "bank")
    (empty,) = await exported(bank)
    assert not empty.cards
    assert empty.resume_token
    people = [(await register(service)).name for _ in range(700)]
    assert (await imported(service, *map(existing, people, range(8_000_000, 8_000_700)))).accepted == 700
    messages = await exported(bank)
    assert len(messages) == 2
    assert {card.person for message in messages for card in message.cards} == set(people)
    assert all(card.masked_bank_account.startswith("****") for card in messages[0].cards)
    assert names(await exported(bank, token=messages[0].page_token)) == names(messages[1:])
    assert await exported(bank, token=messages[-1].page_token) == []
    other = await refusal(
        anext(
            aiter(
                bank.register.ExportCards(
                    ExportCardsRequest(filter="status = ENABLED", page_size=500, page_token=messages[0].page_token)
                )
            )
        )
    )
    assert (other.reason, other.field) == ("INVALID_PAGE_TOKEN", "page_token")
    watch = aiter(bank.register.WatchCards(WatchCardsRequest(resume_token=messages[0].resume_token)))
    assert not (await anext(watch)).HasField("change")
    late = (await register(service)).name
    await imported(service, existing(late, 8_100_000))
    assert (await anext(watch)).change.card.person == late


async def test_the_dead_of_another_register_are_known_in_whatever_order_their_cards_come(service: Served) -> None:
    people = [(await register(service)).name for _ in range(8)]
    over = card_pb2.CARD_STATUS_CANCELLED
    died = [
        existing(person, sequence, status=over, cancel_reason=card_pb2.CANCEL_REASON_DEATH)
        for sequence, person in enumerate(people, 300)
    ]
    replaced = [
        existing(person, sequence, status=over, cancel_reason=card_pb2.CANCEL_REASON_REPLACED, issue_date="2012-03-01")
        for sequence, person in enumerate(people, 400)
    ]
    assert (await imported(service, *died, *replaced[:4])).accepted == 12
    assert (await imported(service, *replaced[4:])).accepted == 4  # older cards that come later
    refused = dict.fromkeys(range(8), ("HOLDER_DECEASED", ""))
    assert reasons(await issued(service, *map(issue, people))) == refused
