"""Stories of a card centre, told end to end over real processes: what people came for, and what they were told."""

from datetime import timedelta

from services.card.calendar import load_calendar
from services.common.clock import BUREAU_ZONE, bureau_date
from socsec.card.v1 import (
    actor_pb2,
    card_pb2,
    card_service_pb2,
    card_upkeep_service_pb2,
    ecard_pb2,
    ecard_service_pb2,
    making_service_pb2,
    person_pb2,
    person_service_pb2,
)
from tests.integration.card.serving import Served
from tests.integration.card.test_api import get, payable, refusal, register, verified
from tests.integration.card.test_ecards import ADULT, born, delegate, ecard, redeem, shown
from tests.integration.card.test_ecards import get as electronic
from tests.integration.card.test_making import stub as making
from tests.integration.card.test_upkeep_api import HOLDER, by
from tests.integration.messaging.waiting import until
from tests.system.counter import BY_PHONE, ONLINE, agent, apply, bridge, collect, issue_ecard, make, report


async def test_a_newborns_first_card_comes_through_a_guardian(city: Served) -> None:
    mother_number, today = born(ADULT), bureau_date(city.clock())
    mother = await register(city, number=mother_number)
    twins = [
        await register(
            city,
            number=born(f"{today:%Y%m%d}"),
            representative_identity_number=mother_number,
            representative_kind=person_pb2.REPRESENTATIVE_KIND_GUARDIAN,
        )
        for _ in range(2)
    ]
    baby, twin = twins
    guardian = by(actor_pb2.ACTOR_KIND_GUARDIAN, "GUARDIAN_IDENTITY", reference=mother.name)
    aunt = await register(city, number=born(ADULT))
    for actor, reason in (
        (HOLDER, "GUARDIAN_NEEDED"),
        (agent(aunt.name), "GUARDIAN_NEEDED"),
        (by(actor_pb2.ACTOR_KIND_GUARDIAN, "GUARDIAN_IDENTITY", reference=aunt.name), "PROOF_MISSING"),
    ):
        assert (await refusal(apply(city, baby.name, actor))).reason == reason

    card, late = await apply(city, baby.name, guardian), await apply(city, twin.name, guardian)
    calendar = load_calendar()
    days = [today + timedelta(days=number) for number in range(1, 90)]
    thirtieth = [day for day in days if calendar.is_working_day(day)][29]
    assert card.making_due_date == thirtieth.isoformat()
    assert card.making_due_date > (await apply(city, mother.name, HOLDER)).making_due_date  # seven days for grown-ups
    assert (await bridge(city, card.name, guardian)).temporary_card.state == card_pb2.TEMPORARY_CARD_STATE_VALID

    city.clock.advance(days=(thirtieth - today).days)
    made = await make(city, card.name)
    assert not made.making_overdue
    assert (await refusal(collect(city, card.name, HOLDER))).reason == "GUARDIAN_NEEDED"
    in_use = await collect(city, card.name, guardian)
    assert in_use.temporary_card.state == card_pb2.TEMPORARY_CARD_STATE_RETURNED
    assert await verified(city, in_use)

    assert (await refusal(issue_ecard(city, mother.name))).metadata["found"] == "APPLIED"
    code = await issue_ecard(city, baby.name)
    helper = await ecard(city)
    await delegate(city, code.name, helper.person)
    redeemed = await redeem(city, await shown(city, code.name, helper.person))
    assert (redeemed.valid, redeemed.by_delegate, redeemed.ecard) == (True, True, code.name)

    city.clock.advance(days=1)

    async def is_told() -> bool:
        request = making_service_pb2.ListOverdueCardsRequest(page_size=1_000)
        overdue = (await making(city.operator).ListOverdueCards(request)).cards
        return late.name in {one.name for one in overdue}

    await until(is_told)
    assert (await make(city, late.name)).person == twin.name


def until_friday_night(city: Served) -> None:
    """Go on to the next Friday, half past nine in the evening."""
    local = city.clock().astimezone(BUREAU_ZONE)
    friday = (local + timedelta(days=(4 - local.weekday()) % 7)).replace(hour=21, minute=30, second=0, microsecond=0)
    city.clock.advance(seconds=(friday + timedelta(days=7 if friday < local else 0) - local).total_seconds())


async def test_lost_on_friday_night_and_found_on_monday(city: Served) -> None:
    gate = await city.client("system", "library")
    code = await ecard(city)
    card = await get(city, code.card)
    until_friday_night(city)
    lost = await report(city, card.name, card_pb2.LOSS_KIND_PROVISIONAL, BY_PHONE)
    number = card_service_pb2.VerifyCardRequest(card_no=card.card_no)
    assert not (await gate.cards.VerifyCard(number)).valid
    again = await report(city, card.name, card_pb2.LOSS_KIND_PROVISIONAL, BY_PHONE)
    assert again == lost  # with the same end
    assert lost.loss_lapse_time.ToDatetime() - lost.update_time.ToDatetime() == timedelta(days=10)
    assert (await refusal(report(city, card.name, card_pb2.LOSS_KIND_FORMAL, BY_PHONE))).reason == "PROOF_MISSING"
    assert (await refusal(shown(city, code.name))).metadata["found"] == "AUTHORIZATION_NEEDED"
    authorise = ecard_service_pb2.AuthorizeUseRequest(name=code.name, proof="face and password, session 4711")
    await city.operator.ecards.AuthorizeUse(authorise)
    assert (await redeem(city, await shown(city, code.name))).valid
    assert await payable(city, card.person) == [True]

    city.clock.advance(hours=59, minutes=30)  # nine o'clock on Monday
    cards = city.operator.cards
    for actor, reason in (
        (BY_PHONE, "PROOF_MISSING"),
        (agent((await register(city)).name), "ACTOR_NOT_ALLOWED"),
    ):
        asked = card_service_pb2.CancelLossRequest(name=card.name, actor=actor)
        assert (await refusal(cards.CancelLoss(asked))).reason == reason
    found = await cards.CancelLoss(card_service_pb2.CancelLossRequest(name=card.name, actor=HOLDER))
    assert (found.status, found.HasField("loss_lapse_time")) == (card_pb2.CARD_STATUS_ENABLED, False)
    assert (await gate.cards.VerifyCard(number)).valid
    after = await electronic(city, code.name)
    assert (after.status, after.HasField("authorize_time")) == (ecard_pb2.E_CARD_STATUS_USABLE, False)


async def test_a_provisional_loss_that_nobody_confirms_lapses_to_what_the_card_was(city: Served) -> None:
    sealed = await make(city, (await apply(city, (await register(city)).name, HOLDER)).name)
    await city.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=sealed.name, actor=HOLDER))
    lost = await report(city, sealed.name, card_pb2.LOSS_KIND_PROVISIONAL, ONLINE)
    city.clock.advance(days=9, hours=23, minutes=50)
    enable = card_service_pb2.EnableCardRequest(name=sealed.name, actor=HOLDER)
    found = await refusal(city.operator.cards.EnableCard(enable))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "CARD_STATE")
    assert found.metadata == {"found": "PROVISIONALLY_LOST", "needed": "SEALED"}
    city.clock.advance(minutes=10)

    async def has_lapsed() -> bool:
        return (await get(city, sealed.name)).status != lost.status

    await until(has_lapsed)
    assert (await get(city, sealed.name)).status == card_pb2.CARD_STATUS_SEALED  # not enabled by having been lost
    assert (await city.operator.cards.EnableCard(enable)).status == card_pb2.CARD_STATUS_ENABLED


async def test_a_new_name_needs_a_new_card_and_no_payment_stops_meanwhile(city: Served) -> None:
    code = await ecard(city)
    old = await get(city, code.card)
    person = await city.operator.people.GetPerson(person_service_pb2.GetPersonRequest(name=old.person))
    rename = person_service_pb2.ChangeNameRequest(name=person.name, full_name="欧阳修远", etag=person.etag)
    assert (await city.operator.people.ChangeName(rename)).masked_full_name == "欧阳**"
    assert await verified(city, old)  # until the new one is asked for
    request = card_upkeep_service_pb2.ReissueCardRequest(
        name=old.name, reason=card_pb2.SUCCESSION_REASON_NAME, service_bank_code="", actor=HOLDER
    )
    missing = await refusal(city.operator.upkeep.ReissueCard(request))
    assert (missing.reason, missing.metadata["needed"]) == ("PROOF_MISSING", "HOLDER_IDENTITY+KEY_DATA+OLD_CARD")
    request.actor.CopyFrom(by(actor_pb2.ACTOR_KIND_HOLDER, "HOLDER_IDENTITY", "KEY_DATA", "OLD_CARD"))
    new = await city.operator.upkeep.ReissueCard(request)
    assert (new.replaces, new.masked_bank_account) == (old.name, old.masked_bank_account)
    assert not await verified(city, old)
    assert await payable(city, old.person) == [True]
    await bridge(city, new.name, HOLDER)
    assert (await electronic(city, code.name)).status == ecard_pb2.E_CARD_STATUS_UNLINKED

    made = await make(city, new.name)
    assert made.card_no not in ("", old.card_no)
    in_use = await collect(city, new.name, HOLDER)
    assert in_use.temporary_card.state == card_pb2.TEMPORARY_CARD_STATE_RETURNED
    assert (await verified(city, in_use), await verified(city, old)) == (True, False)
    back = await electronic(city, code.name)
    assert (back.status, back.card) == (ecard_pb2.E_CARD_STATUS_USABLE, new.name)
    assert (await redeem(city, await shown(city, code.name))).valid
