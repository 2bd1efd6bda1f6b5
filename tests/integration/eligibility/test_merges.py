"""Two records become one person and part again: evidence, pensions and draws follow, and an undo restores exactly."""

import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import count

import pytest
from google.protobuf.message import Message

from services.common.cloud_event import Event
from services.common.errors import NotFound
from services.common.filtering import Comparison
from services.common.ids import new_id
from services.common.transactions import Transactions
from services.eligibility.births import BirthLook
from services.eligibility.certification import Assessment, CertificationState
from services.eligibility.consumer import SUBJECTS, PersonConsumer
from services.eligibility.domain import EntitlementGrant, Scheme
from services.eligibility.draw import DrawReport, Reversal
from services.eligibility.evidence import EvidenceKind
from services.eligibility.facts import MergeTold, Profile
from services.eligibility.service.births import next_unlooked, settle_births
from services.eligibility.service.certification import get_certification
from services.eligibility.service.draw import reverse_draws
from services.eligibility.service.merges import follow_births, follow_merges
from services.eligibility.service.outcome import Outcome
from services.eligibility.service.record import record_decision
from services.eligibility.service.store import Store
from services.eligibility.store import EligibilityStore, opener
from socsec.card.v1 import card_events_pb2
from tests.integration.eligibility.opened import (
    BOOK,
    NOW,
    PARAMETERS,
    PAYABILITY,
    WEAK,
    Opened,
    draw_of,
    evidence_of,
    grant_of,
)

_numbers = count(1)


async def tell(store: Opened, person: str, survivor: str, sequence: int = 0) -> None:
    told = MergeTold(person, survivor, sequence or next(_numbers), "event")
    await store.write(lambda opened: follow_merges(opened, [told], PARAMETERS))


async def assessed(store: Opened, person: str) -> Assessment:
    certifications = await store.read(lambda opened: opened.certifications.of([person]))
    return certifications[person].assessment


async def state(store: Opened, person: str) -> CertificationState:
    return (await store.read(lambda opened: get_certification(opened, person))).state


def refusal(outcome: Outcome) -> str:
    ((_, error),) = outcome.refused
    return error.reason


async def two_pensioners(store: Opened) -> tuple[EntitlementGrant, EntitlementGrant]:
    return await store.pensioner(), await store.pensioner()


async def test_evidence_under_one_name_counts_for_the_certifications_of_both(store: Opened) -> None:
    seen, unseen = await store.pensioner(), grant_of(new_id())
    await store.grant(unseen)
    assert await state(store, unseen.person) is CertificationState.WARNING
    alone = await assessed(store, unseen.person)
    await tell(store, unseen.person, seen.person)
    assert await state(store, unseen.person) is CertificationState.CERTIFIED
    await store.submit(evidence_of(unseen.person, EvidenceKind.DEATH_REGISTERED, "2026-07-01"))
    barred = {await state(store, name) for name in (seen.person, unseen.person)}
    assert barred == {CertificationState.UNDER_VERIFICATION}
    await tell(store, unseen.person, "")
    assert await state(store, seen.person) is CertificationState.CERTIFIED
    assert (await assessed(store, unseen.person)).valid_to == alone.valid_to


async def test_evidence_that_comes_again_by_todays_name_is_known(store: Opened) -> None:
    first, second = await two_pensioners(store)
    record = evidence_of(second.person, EvidenceKind.DEATH_REGISTERED, "2026-07-01")
    await store.submit(record)
    again = replace(record, person=first.person)
    assert refusal(await store.submit(again)) == "RESOURCE_EXISTS"
    await tell(store, second.person, first.person)
    assert (await store.submit(again)).repeated == 1
    await tell(store, second.person, "")
    assert await state(store, first.person) is CertificationState.CERTIFIED
    assert await state(store, second.person) is CertificationState.UNDER_VERIFICATION


async def test_an_undo_leaves_the_certifications_as_if_there_had_been_no_merge(store: Opened) -> None:
    dice = random.Random(7)
    kinds = (EvidenceKind.HOSPITAL_STAY, EvidenceKind.OUTPATIENT_SETTLEMENT, EvidenceKind.DEATH_REGISTERED)
    for _ in range(4):
        plain, merged = [(new_id(), new_id()) for _ in range(2)]
        for pair in (plain, merged):
            await store.grant(*(grant_of(person) for person in pair))
        happened = [
            (dice.randrange(2), dice.choice(kinds), f"2026-{dice.randint(1, 9):02}-{dice.randint(1, 28):02}")
            for _ in range(6)
        ]
        begin, end = sorted(dice.sample(range(7), 2))
        for place, (who, kind, day) in enumerate([*happened, (0, kinds[0], "2026-10-01")]):
            if place == begin:
                await tell(store, merged[1], merged[0])
            if place == end:
                await tell(store, merged[1], "")
            for pair in (plain, merged):
                await store.submit(evidence_of(pair[who], kind, day))
        for one, other in zip(plain, merged, strict=True):
            assert await assessed(store, one) == await assessed(store, other)


async def test_two_pensions_of_one_person_stay_but_no_month_is_drawn_of_both(store: Opened) -> None:
    first, second = await two_pensioners(store)
    await tell(store, second.person, first.person)
    drawn = draw_of(second)
    assert (await store.draw(drawn)).accepted == 1
    assert refusal(await store.draw(draw_of(first))) == "ALREADY_DRAWN"
    assert (await store.draw(draw_of(first, "2026-09"))).accepted == 1
    assert refusal(await store.draw(draw_of(second, "2026-09"))) == "ALREADY_DRAWN"
    both = await store.draw(draw_of(first, "2026-10"), draw_of(second, "2026-10"))
    assert (both.accepted, refusal(both)) == (1, "ALREADY_DRAWN")
    reversal = Reversal(drawn.origin, drawn.reference, drawn.pay_date, "returned by the bank")
    await store.write(lambda opened: reverse_draws(opened, [(0, reversal)], NOW))
    assert (await store.draw(draw_of(first))).accepted == 1
    await tell(store, second.person, "")
    assert (await store.draw(draw_of(second))).accepted == 1


async def test_months_drawn_of_both_before_the_merge_stay_as_they_are(store: Opened) -> None:
    first, second = await two_pensioners(store)
    draws = [draw_of(first), draw_of(second)]
    assert (await store.draw(*draws)).accepted == 2
    await tell(store, second.person, first.person)
    again = [draws[0], replace(draws[1], person=first.person)]  # the payer sends the file again, by today's names
    assert (await store.draw(*again)).repeated == 2


async def test_no_second_pension_is_granted_under_any_name_until_the_merge_is_undone(store: Opened) -> None:
    held = await store.pensioner()
    other = new_id()
    await tell(store, other, held.person)
    wanted = grant_of(other, scheme=Scheme.RESIDENT_PENSION, benefit="resident_pension")
    assert refusal(await store.grant(wanted)) == "CONFLICTING_ENTITLEMENT"
    assert (await store.grant(replace(held, person=other))).repeated == 1
    fresh = [new_id(), new_id()]
    await tell(store, fresh[1], fresh[0])
    both = await store.grant(*(grant_of(person) for person in fresh))
    assert (both.accepted, refusal(both)) == (1, "CONFLICTING_ENTITLEMENT")
    await tell(store, other, "")
    assert (await store.grant(wanted)).accepted == 1


async def test_a_pension_is_drawn_by_either_name_and_found_by_either(store: Opened) -> None:
    held = await store.pensioner()
    survivor = new_id()
    by_survivor: DrawReport = draw_of(held, person=survivor)
    assert refusal(await store.draw(by_survivor)) == "ENTITLEMENT_NOT_IN_FORCE"
    await tell(store, held.person, survivor)
    assert (await store.draw(by_survivor)).accepted == 1
    assert await state(store, survivor) is CertificationState.CERTIFIED
    for name in (survivor, held.person):
        of_person = await store.read(lambda opened, name=name: opened.entitlements.of_people({name}))  # type: ignore[misc]
        assert [found.reference for found in of_person[name]] == [held.reference]


@dataclass(frozen=True)
class Vault:
    """Knows people's births."""

    births: dict[str, str]

    async def profiles(self, people: Collection[str]) -> dict[str, Profile]:
        known = [person for person in people if person in self.births]
        return {person: Profile(date.fromisoformat(self.births[person]), "370202") for person in known}


def consumer_of(store: Opened, births: dict[str, str]) -> PersonConsumer:
    transactions: Transactions[Store] = Transactions(
        store.database, opener(store.vault, lambda: NOW, WEAK, PAYABILITY), lambda: NOW
    )
    return PersonConsumer(transactions, Vault(births), PARAMETERS)


def event_of(message: Message, person: str, sequence: int) -> Event:
    name, data = message.DESCRIPTOR.full_name, message.SerializeToString()
    return Event(new_id(), name, "/socsec/card", person, person, sequence, "370202", NOW, data)


async def test_a_birth_that_the_vault_corrects_is_the_one_that_a_visit_goes_by(store: Opened) -> None:
    first, second = await two_pensioners(store)
    births = {first.person: "1940-05-05", second.person: "1960-05-05"}
    consumer = consumer_of(store, births)

    async def birth(person: str) -> date | None:
        return (await store.read(lambda opened: get_certification(opened, person))).birth_date

    name = f"people/{first.person}"
    changed = event_of(card_events_pb2.IdentityNumberChanged(person=name, birth_date="1950-01-01"), name, 3)
    assert any(changed.nats_subject.startswith(subject.removesuffix("*")) for subject in SUBJECTS)
    for _ in range(2):  # it may come again, and says nothing but that the vault is to be asked
        await consumer.handle([changed])
        assert await birth(first.person) == date(1940, 5, 5)
    assert await birth(second.person) == date(1960, 5, 5)
    births[second.person] = "1940-05-05"  # what the vault says of a merged record is its survivor's
    merged = card_events_pb2.PersonMerged(person=f"people/{second.person}", survivor=name)
    await consumer.handle([event_of(merged, f"people/{second.person}", 9)])
    assert await birth(second.person) == date(1940, 5, 5)
    await consumer.handle([replace(changed, data=b"\xff\xff")])
    assert await birth(first.person) == date(1940, 5, 5)


async def test_a_birth_that_is_corrected_of_one_name_counts_for_the_certification_under_another(store: Opened) -> None:
    held, survivor = await store.pensioner(), new_id()
    await tell(store, held.person, survivor)
    name = f"people/{survivor}"
    changed = event_of(card_events_pb2.IdentityNumberChanged(person=name, birth_date="1940-05-05"), name, 3)
    await consumer_of(store, {survivor: "1940-05-05"}).handle([changed])
    assert (await store.read(lambda opened: get_certification(opened, held.person))).birth_date == date(1940, 5, 5)


async def test_a_birth_that_was_corrected_before_anybody_listened_is_found_by_comparing_everybody_once(
    store: Opened,
) -> None:
    people = sorted(grant.person for grant in await store.pensioners(5))
    births = dict.fromkeys(people, "1960-05-05") | {people[1]: "1940-05-05", people[4]: "1941-06-06"}
    del births[people[2]]  # whom the vault does not know keeps what is on record
    transactions: Transactions[Store] = Transactions(
        store.database, opener(store.vault, lambda: NOW, WEAK, PAYABILITY), lambda: NOW
    )
    look, other = (BirthLook(transactions, Vault(births), PARAMETERS, step=2) for _ in range(2))
    assert await look.step()
    read = await store.read(lambda opened: next_unlooked(opened, 2))
    assert read is not None
    assert (read.after, [one.person for one in read.certifications]) == (people[1], people[2:4])
    while await other.step():  # after a restart, say, it goes on
        pass
    assert not await look.step()
    late = {people[2]: Profile(date(1930, 1, 1), "370202")}  # read before another process went on
    await store.write(lambda opened: settle_births(opened, read, late, PARAMETERS))
    found = await store.read(lambda opened: opened.certifications.of(people))
    assert [str(found[person].birth_date) for person in people] == [
        "1960-05-05",
        "1940-05-05",
        "1960-05-05",
        "1960-05-05",
        "1941-06-06",
    ]


async def test_what_the_vault_said_before_a_certification_changed_is_not_taken_over(store: Opened) -> None:
    person = (await store.pensioner()).person
    read = await store.read(lambda opened: next_unlooked(opened, 10))
    assert read is not None
    newer, older = ({person: Profile(date(year, 5, 5), "370202")} for year in (1940, 1950))
    await store.write(lambda opened: follow_births(opened, newer, PARAMETERS))
    await store.write(lambda opened: settle_births(opened, read, older, PARAMETERS))
    assert (await store.read(lambda opened: get_certification(opened, person))).birth_date == date(1940, 5, 5)


async def test_the_last_word_about_a_record_counts_however_it_comes(store: Opened) -> None:
    held, survivor = await store.pensioner(), new_id()
    consumer = consumer_of(store, {})

    def event(sequence: int, into: str) -> Event:
        person = f"people/{held.person}"
        message = (
            card_events_pb2.PersonMerged(person=person, survivor=f"people/{into}")
            if into
            else card_events_pb2.PersonMergeUndone(person=person)
        )
        return event_of(message, person, sequence)

    async def is_one() -> bool:
        identities = await store.read(lambda opened: opened.names.identities({survivor}))
        return held.person in identities.others(survivor)

    await consumer.handle([event(5, ""), event(4, survivor)])
    assert not await is_one()
    await consumer.handle([event(2, survivor), event(6, survivor), replace(event(7, ""), data=b"\xff\xff")])
    assert await is_one()
    await consumer.handle([event(6, survivor), event(5, "")])
    assert await is_one()


@pytest.mark.parametrize("ends", ["survivor", "merged"])
async def test_a_payment_is_not_held_back_while_the_person_is_certified_under_one_name(
    store: Opened, ends: str
) -> None:
    seen, unseen = await store.pensioner(), grant_of(new_id())
    await store.grant(unseen)
    await tell(store, *((unseen.person, seen.person) if ends == "merged" else (seen.person, unseen.person)))
    assert (await store.draw(draw_of(unseen))).accepted == 1


async def test_a_decision_is_found_and_an_entitlement_decided_anew_under_either_name(store: Opened) -> None:
    grant, other = await store.pensioner(), new_id()
    granted = (await store.read(lambda opened: opened.entitlements.by_reference({grant.reference})))[grant.reference]
    profiles = {other: Profile(date(1965, 1, 1), "370202")}

    def record(opened: EligibilityStore) -> str:
        day, benefit = date(2026, 6, 1), grant.benefit
        return record_decision(opened, BOOK, benefit, day, other, {}, profiles, granted.entitlement, NOW).name

    with pytest.raises(NotFound):
        await store.write(record)
    await tell(store, other, grant.person)
    name = await store.write(record)
    for person in (grant.person, other):
        wanted = Comparison("person", "=", person)
        assert await store.read(partial(_decisions, wanted)) == [name]


def _decisions(wanted: Comparison, opened: EligibilityStore) -> list[str]:
    return [one.name for one in opened.decisions.page(wanted, 9, None)]
