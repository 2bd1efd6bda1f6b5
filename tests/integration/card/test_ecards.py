"""Electronic cards over real gRPC with mTLS, on both databases."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from services.common import identity
from services.common.ecard_token.keys import KeySet
from services.common.ecard_token.status_list import StatusList, apply_delta, open_list
from services.common.ecard_token.verifier import Refusal, Verdict, Verifier
from services.common.ids import new_id
from socsec.card.v1 import (
    actor_pb2,
    card_events_pb2,
    card_pb2,
    card_service_pb2,
    card_upkeep_service_pb2,
    ecard_pb2,
    ecard_service_pb2,
    person_pb2,
)
from tests.integration.card.city import account, identity_number, issue
from tests.integration.card.serving import Served
from tests.integration.card.test_api import events, issued, made, refusal, register
from tests.integration.messaging.waiting import until

CHILD, OLD, ADULT = "20200301", "19500301", "19850301"


class Device:
    """A gate with a public key and a status list, which it brings up to date when it has a network."""

    def __init__(self, service: Served) -> None:
        self._service = service
        self._keys = KeySet([])
        self.held: StatusList | None = None
        self.fetched_bytes = 0

    async def fetch(self) -> None:
        ecards = self._service.operator.ecards
        keys = await ecards.GetTokenKeys(ecard_service_pb2.GetTokenKeysRequest())
        self._keys = KeySet.from_cose(keys.cose_key_set)
        since = self.held.version if self.held else 0
        reply = await ecards.GetStatusList(ecard_service_pb2.GetStatusListRequest(since_version=since))
        if reply.status_list:
            self.held = open_list(reply.status_list, self._keys)
        assert self.held is not None
        self.held = apply_delta(self.held, reply.delta, self._keys)
        assert (self.held.version, self.held.uri) == (reply.version, reply.uri)
        self.fetched_bytes = len(reply.status_list) + len(reply.delta)

    def check(self, text: str, application_bit: int | None = None) -> Verdict:
        lists = [self.held] if self.held else []
        return Verifier(self._keys, lists).verify(text, self._service.clock(), application_bit)

    def refusal(self, text: str, application_bit: int | None = None) -> Refusal | None:
        return self.check(text, application_bit).refusal


def born(day: str) -> str:
    number = identity_number()
    first = f"370299{day}{number[14:17]}"
    return first + identity.check_character(first)


async def holder(service: Served, day: str = ADULT) -> person_pb2.Person:
    person = await register(service, number=born(day))
    await issued(service, issue(person.name))
    return person


async def ecard(service: Served, day: str = ADULT) -> ecard_pb2.ECard:
    person = await holder(service, day)
    return await service.operator.ecards.IssueECard(
        ecard_service_pb2.IssueECardRequest(person=person.name, request_id=new_id())
    )


async def shown(service: Served, name: str, delegate: str = "") -> str:
    request = ecard_service_pb2.IssueTokenRequest(name=name, delegate=delegate)
    return (await service.operator.ecards.IssueToken(request)).token


async def get(service: Served, name: str) -> ecard_pb2.ECard:
    return await service.operator.ecards.GetECard(ecard_service_pb2.GetECardRequest(name=name))


async def lose(service: Served, card: str, kind: card_pb2.LossKind.ValueType) -> None:
    await service.operator.cards.ReportLoss(card_service_pb2.ReportLossRequest(name=card, kind=kind))


async def find(service: Served, card: str) -> None:
    await service.operator.cards.CancelLoss(card_service_pb2.CancelLossRequest(name=card))


async def redeem(service: Served, text: str, **more: object) -> ecard_service_pb2.RedeemTokenResponse:
    request = ecard_service_pb2.RedeemTokenRequest(token=text, **more)  # type: ignore[arg-type]  # by name
    return await service.operator.ecards.RedeemToken(request)


async def told(url: str, card: ecard_pb2.ECard) -> list[str]:
    """Give what was told of an electronic card, in order; each as its message says that the card was then."""
    found = [event for event in await events(url) if event.aggregate == card.name]
    assert [event.aggregate_seq for event in found] == list(range(1, len(found) + 1))
    for event in found:
        message = getattr(card_events_pb2, event.type.rpartition(".")[2]).FromString(event.data)
        assert (message.ecard, message.person, event.division) == (card.name, card.person, "370200")
        assert message.level
    last = getattr(card_events_pb2, found[-1].type.rpartition(".")[2]).FromString(found[-1].data)
    assert last.status == ecard_pb2.E_CARD_STATUS_USABLE
    return [event.type.removeprefix("socsec.card.v1.Ecard") for event in found]


async def test_an_offline_gate_in_a_tunnel(service: Served) -> None:
    gate, wang, li = Device(service), await ecard(service), await ecard(service)
    await gate.fetch()
    whole = gate.fetched_bytes
    service.clock.advance(hours=24)
    text = await shown(service, wang.name)
    verdict = gate.check(text)  # with the list of yesterday
    assert verdict.valid
    assert verdict.token is not None
    assert f"ecards/{verdict.token.ecard}" == wang.name
    assert gate.check(await shown(service, li.name)).valid

    await lose(service, wang.card, card_pb2.LOSS_KIND_FORMAL)
    assert gate.refusal(text) is None  # in the tunnel the gate cannot know, and the code has its minute
    await gate.fetch()
    assert gate.refusal(text) is Refusal.REVOKED
    assert gate.check(await shown(service, li.name)).valid
    assert gate.fetched_bytes < 400 < whole

    await find(service, wang.card)
    await gate.fetch()
    assert gate.check(await shown(service, wang.name)).valid
    service.clock.advance(minutes=2)
    assert gate.refusal(text) is Refusal.EXPIRED
    service.clock.advance(hours=36)
    assert gate.refusal(await shown(service, li.name)) is Refusal.STATUS_LIST_STALE


async def test_a_new_gate_gets_the_whole_list_and_what_came_since_it_was_made(service: Served) -> None:
    first, lost = await ecard(service), [await ecard(service) for _ in range(3)]
    await lose(service, lost[0].card, card_pb2.LOSS_KIND_FORMAL)
    early = Device(service)
    await early.fetch()
    await lose(service, lost[1].card, card_pb2.LOSS_KIND_PROVISIONAL)
    await find(service, lost[1].card)
    await lose(service, lost[2].card, card_pb2.LOSS_KIND_PROVISIONAL)
    late = Device(service)
    await late.fetch()
    service.clock.advance(minutes=11)  # a new whole list is made from the old one and the changes
    later = Device(service)
    await later.fetch()
    await early.fetch()
    for gate in (early, late, later):
        assert gate.held is not None
        assert sum(byte.bit_count() for byte in gate.held.statuses) == 2
        assert gate.check(await shown(service, first.name)).valid


async def test_a_list_that_nothing_happened_to_stays_at_its_version(service: Served) -> None:
    gate = Device(service)
    await gate.fetch()
    assert gate.held is not None
    before = gate.held
    service.clock.advance(hours=1)
    await gate.fetch()
    assert gate.held.version == before.version
    assert gate.held.expire_time == before.expire_time + timedelta(hours=1)


async def test_a_version_that_was_never_given_out_gets_the_whole_list(service: Served) -> None:
    request = ecard_service_pb2.GetStatusListRequest(since_version=99)
    reply = await service.operator.ecards.GetStatusList(request)
    assert reply.status_list
    missing = await refusal(service.operator.ecards.GetStatusList(ecard_service_pb2.GetStatusListRequest(list=2)))
    assert (missing.code, missing.reason) == ("NOT_FOUND", "RESOURCE_NOT_FOUND")


async def test_a_code_is_redeemed_once_and_a_lost_answer_is_no_replay(service: Served) -> None:
    card = await ecard(service)
    text = await shown(service, card.name)
    tried = await redeem(service, text, validate_only=True)
    assert (tried.valid, tried.ecard, tried.level) == (True, card.name, ecard_pb2.E_CARD_LEVEL_L1)
    first = await redeem(service, text, request_id="gate-7/1")
    assert first.valid
    assert await redeem(service, text, request_id="gate-7/1") == first
    again = await redeem(service, text, request_id="gate-9/1")
    assert again == ecard_service_pb2.RedeemTokenResponse(refusal=ecard_pb2.TOKEN_REFUSAL_REPLAYED)
    assert (await redeem(service, await shown(service, card.name))).valid
    service.clock.advance(seconds=90)
    assert await redeem(service, text, request_id="gate-7/1") == first  # the answer was lost, the seconds are over


async def test_what_the_online_check_refuses_it_refuses_with_its_reason(service: Served) -> None:
    card = await ecard(service)
    text = await shown(service, card.name)
    assert (await redeem(service, text[:-9])).refusal == ecard_pb2.TOKEN_REFUSAL_TRUNCATED
    assert (await redeem(service, "NO TOKEN")).refusal == ecard_pb2.TOKEN_REFUSAL_MALFORMED
    service.clock.advance(seconds=-30)
    assert (await redeem(service, text)).refusal == ecard_pb2.TOKEN_REFUSAL_NOT_YET_VALID
    service.clock.advance(seconds=130)
    assert (await redeem(service, text)).refusal == ecard_pb2.TOKEN_REFUSAL_EXPIRED
    text = await shown(service, card.name)
    await lose(service, card.card, card_pb2.LOSS_KIND_FORMAL)
    assert (await redeem(service, text)).refusal == ecard_pb2.TOKEN_REFUSAL_REVOKED


async def test_a_provisional_loss_needs_the_holders_authorisation(service: Served, migrated_url: str) -> None:
    card = await ecard(service)
    await lose(service, card.card, card_pb2.LOSS_KIND_PROVISIONAL)
    found = await refusal(shown(service, card.name))
    assert (found.reason, found.metadata) == ("ECARD_STATE", {"found": "AUTHORIZATION_NEEDED", "needed": "USABLE"})
    request = ecard_service_pb2.AuthorizeUseRequest(name=card.name, proof="face and password, session 4711")
    authorized = await service.operator.ecards.AuthorizeUse(request)
    assert authorized.status == ecard_pb2.E_CARD_STATUS_USABLE
    gate = Device(service)
    await gate.fetch()
    assert gate.check(await shown(service, card.name)).valid
    service.clock.advance(days=10)  # the report lapses by itself
    await find_lapsed(service, card.card)
    after = await get(service, card.name)
    assert (after.status, after.HasField("authorize_time")) == (ecard_pb2.E_CARD_STATUS_USABLE, False)
    assert await told(migrated_url, card) == ["Issued", "Suspended", "Resumed", "Resumed"]


async def find_lapsed(service: Served, card: str) -> None:
    async def lapsed() -> bool:
        found = await service.operator.cards.GetCard(card_service_pb2.GetCardRequest(name=card))
        return found.status == card_pb2.CARD_STATUS_ENABLED

    await until(lapsed)


async def test_lost_replaced_and_back_by_itself_with_the_new_card(service: Served, migrated_url: str) -> None:
    card = await ecard(service)
    await lose(service, card.card, card_pb2.LOSS_KIND_FORMAL)
    assert (await get(service, card.name)).status == ecard_pb2.E_CARD_STATUS_SUSPENDED
    cards = service.operator.cards
    new = await cards.ReplaceCard(card_service_pb2.ReplaceCardRequest(name=card.card))
    assert (await get(service, card.name)).status == ecard_pb2.E_CARD_STATUS_UNLINKED
    await cards.MakeCard(card_service_pb2.MakeCardRequest(name=new.name, bank_account=account()))
    assert (await get(service, card.name)).status == ecard_pb2.E_CARD_STATUS_UNLINKED
    await cards.CollectCard(card_service_pb2.CollectCardRequest(name=new.name))
    back = await get(service, card.name)
    assert (back.status, back.card) == (ecard_pb2.E_CARD_STATUS_USABLE, new.name)
    assert await told(migrated_url, card) == ["Issued", "Suspended", "Ended", "Resumed"]
    again = ecard_service_pb2.IssueECardRequest(person=card.person)
    found = await refusal(service.operator.ecards.IssueECard(again))
    assert (found.reason, found.metadata) == ("RESOURCE_EXISTS", {"resource": card.name})


async def test_an_electronic_card_needs_a_card_in_use(service: Served) -> None:
    without = await register(service)
    waiting = await made(service)
    for person, state in ((without.name, "NONE"), (waiting.person, "MADE")):
        request = ecard_service_pb2.IssueECardRequest(person=person)
        found = await refusal(service.operator.ecards.IssueECard(request))
        assert (found.reason, found.metadata["found"]) == ("CARD_STATE", state)
    unknown = ecard_service_pb2.IssueECardRequest(person=f"people/{new_id()}")
    assert (await refusal(service.operator.ecards.IssueECard(unknown))).reason == "PERSON_NOT_FOUND"


async def test_level_2_has_a_reserved_phone_that_is_shown_masked(service: Served, migrated_url: str) -> None:
    card = await ecard(service)
    request = ecard_service_pb2.UpgradeECardRequest(name=card.name, phone="13900000123", etag=card.etag)
    assert (await refusal(service.operator.ecards.UpgradeECard(request))).reason == "BANK_FUNCTION_STATE"
    await service.operator.upkeep.RecordBankFunction(
        card_upkeep_service_pb2.RecordBankFunctionRequest(
            name=card.card,
            change=card_upkeep_service_pb2.BANK_CHANGE_ACTIVATED,
            actor=actor_pb2.Actor(
                kind=actor_pb2.ACTOR_KIND_HOLDER,
                proofs=[actor_pb2.Proof(kind=actor_pb2.PROOF_KIND_HOLDER_IDENTITY, reference="shown")],
            ),
        )
    )
    upgraded = await service.operator.ecards.UpgradeECard(request)
    assert (upgraded.level, upgraded.masked_phone) == (ecard_pb2.E_CARD_LEVEL_L2, "*******0123")
    stale = await refusal(service.operator.ecards.UpgradeECard(request))
    assert stale.reason == "ETAG_MISMATCH"
    request = ecard_service_pb2.UpgradeECardRequest(name=card.name, phone="no phone")
    assert (await refusal(service.operator.ecards.UpgradeECard(request))).field == "phone"
    assert (await redeem(service, await shown(service, card.name))).level == ecard_pb2.E_CARD_LEVEL_L2
    assert await told(migrated_url, card) == ["Issued", "Upgraded"]
    assert all(b"13900000123" not in event.data for event in await events(migrated_url))


async def test_batches_of_electronic_cards_say_what_became_of_each(service: Served) -> None:
    people = [await holder(service) for _ in range(3)]
    names = [*(person.name for person in people), people[0].name, (await register(service)).name, "people/x"]

    async def batches() -> AsyncIterator[ecard_service_pb2.IssueECardsRequest]:
        yield ecard_service_pb2.IssueECardsRequest(batch=1, people=names)
        yield ecard_service_pb2.IssueECardsRequest(batch=2, people=names[:3])

    first, second = [result async for result in service.operator.ecards.IssueECards(batches())]
    assert (first.accepted, first.repeated_items, [one.index for one in first.rejections]) == (3, 1, [4, 5])
    assert (second.accepted, second.repeated_items) == (0, 3)
    found = await service.operator.ecards.GetECard(ecard_service_pb2.GetECardRequest(person=people[1].name))
    assert found.person == people[1].name


async def delegate(service: Served, name: str, person: str) -> ecard_pb2.FamilyDelegate:
    wanted = ecard_pb2.FamilyDelegate(ecard=name, delegate=person, relation=ecard_pb2.FAMILY_RELATION_CHILD)
    request = ecard_service_pb2.AddFamilyDelegateRequest(family_delegate=wanted)
    return await service.operator.ecards.AddFamilyDelegate(request)


async def delegates(service: Served, wanted: str) -> Sequence[str]:
    found: list[str] = []
    token = ""
    while True:
        request = ecard_service_pb2.ListFamilyDelegatesRequest(filter=wanted, page_size=3, page_token=token)
        page = await service.operator.ecards.ListFamilyDelegates(request)
        found += [each.ecard for each in page.family_delegates]
        token = page.next_page_token
        if not token:
            return found


async def test_a_mother_shows_the_card_of_her_child(service: Served) -> None:
    child, mother = await ecard(service, CHILD), await ecard(service)
    found = await refusal(shown(service, child.name, mother.person))
    assert found.reason == "NOT_A_DELEGATE"
    added = await delegate(service, child.name, mother.person)
    assert await delegate(service, child.name, mother.person) == added
    redeemed = await redeem(service, await shown(service, child.name, mother.person))
    assert (redeemed.valid, redeemed.by_delegate, redeemed.ecard) == (True, True, child.name)
    service.clock.advance(days=16 * 365)  # the child is 16 now
    later = await refusal(shown(service, child.name, mother.person))
    assert later.reason in ("RELATIVE_AGE", "CARD_STATE")


async def test_family_service_has_its_limits(service: Served) -> None:
    mother, grown = await ecard(service), await ecard(service)
    assert (await refusal(delegate(service, grown.name, mother.person))).reason == "RELATIVE_AGE"
    assert (await refusal(delegate(service, mother.name, mother.person))).field == "family_delegate.delegate"
    helped = [await ecard(service, CHILD if turn % 2 else OLD) for turn in range(9)]
    for one in helped[:8]:
        await delegate(service, one.name, mother.person)
    found = await refusal(delegate(service, helped[8].name, mother.person))
    assert (found.reason, found.metadata) == ("FAMILY_LIMIT", {"max": "8"})
    assert await delegates(service, f'delegate = "{mother.person}"') == sorted(one.name for one in helped[:8])
    request = ecard_service_pb2.RemoveFamilyDelegateRequest(ecard=helped[0].name, delegate=mother.person)
    assert (await service.operator.ecards.RemoveFamilyDelegate(request)).removed
    assert not (await service.operator.ecards.RemoveFamilyDelegate(request)).removed
    await delegate(service, helped[8].name, mother.person)
    stamp = Timestamp()
    stamp.FromDatetime(service.clock())
    of_one = ecard_service_pb2.ListFamilyDelegatesRequest(filter=f'ecard = "{helped[8].name}"')
    (only,) = (await service.operator.ecards.ListFamilyDelegates(of_one)).family_delegates
    assert (only.delegate, only.create_time) == (mother.person, stamp)


@pytest.mark.parametrize("role", ["auditor", "reviewer"])
async def test_who_only_reads_gets_no_codes(service: Served, role: str) -> None:
    card = await ecard(service)
    client = await service.client(role, "chen")
    assert (await client.ecards.GetECard(ecard_service_pb2.GetECardRequest(name=card.name))).name == card.name
    request = ecard_service_pb2.IssueTokenRequest(name=card.name)
    assert (await refusal(client.ecards.IssueToken(request))).reason == "ROLE_NOT_ALLOWED"
