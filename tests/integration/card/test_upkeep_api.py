"""Renewal, reissue, contact, bank function, temporary card, and who asks for what, over real gRPC on both databases."""

import sqlalchemy as sa

from services.card.store.tables import CARD, CONTACT
from services.common.database import Database
from socsec.card.v1 import (
    actor_pb2,
    card_events_pb2,
    card_pb2,
    card_service_pb2,
    card_upkeep_service_pb2,
    person_pb2,
)
from tests.integration.card.city import account, identity_number
from tests.integration.card.serving import Served
from tests.integration.card.test_api import applied, enabled, events, get, lost, made, payable, refusal, register
from tests.integration.messaging.waiting import until


def by(kind: actor_pb2.ActorKind.ValueType, *proofs: str, reference: str = "") -> actor_pb2.Actor:
    shown = [
        actor_pb2.Proof(kind=actor_pb2.ProofKind.Value(f"PROOF_KIND_{proof}"), reference="F-1") for proof in proofs
    ]
    return actor_pb2.Actor(kind=kind, reference=reference, proofs=shown)


CLERK = by(actor_pb2.ACTOR_KIND_OPERATOR, "OLD_CARD", "KEY_DATA")
HOLDER = by(actor_pb2.ACTOR_KIND_HOLDER, "HOLDER_IDENTITY")


def renewal(card: card_pb2.Card, **fields: object) -> card_upkeep_service_pb2.RenewCardRequest:
    given: dict[str, object] = {"reason": card_pb2.SUCCESSION_REASON_DAMAGED, "actor": CLERK}
    return card_upkeep_service_pb2.RenewCardRequest(name=card.name, **(given | fields))  # type: ignore[arg-type]  # by name


async def bank(service: Served, card: card_pb2.Card, change: str, actor: actor_pb2.Actor = HOLDER) -> card_pb2.Card:
    number = card_upkeep_service_pb2.BankChange.Value(f"BANK_CHANGE_{change}")
    request = card_upkeep_service_pb2.RecordBankFunctionRequest(name=card.name, change=number, actor=actor)
    return await service.operator.upkeep.RecordBankFunction(request)


async def operations(service: Served, card: card_pb2.Card) -> list[actor_pb2.CardOperation]:
    request = card_upkeep_service_pb2.ListCardOperationsRequest(name=card.name, page_size=2)
    found: list[actor_pb2.CardOperation] = []
    while True:
        page = await service.operator.upkeep.ListCardOperations(request)
        found += page.operations
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


async def test_a_damaged_card_is_renewed_and_payments_go_on_meanwhile(service: Served) -> None:
    card = await enabled(service)
    new = await service.operator.upkeep.RenewCard(renewal(card))
    assert (new.replaces, new.succession_reason) == (card.name, card_pb2.SUCCESSION_REASON_DAMAGED)
    assert (new.progress, new.making_due_date) == (card_pb2.CARD_PROGRESS_APPLIED, "2026-12-03")
    assert new.masked_bank_account == card.masked_bank_account
    assert await payable(service, card.person) == [True]
    assert (await get(service, card.name)).status == card_pb2.CARD_STATUS_CANCELLED
    request = card_service_pb2.MakeCardRequest(name=new.name, bank_account=account())
    assert (await service.operator.cards.MakeCard(request)).masked_bank_account != card.masked_bank_account


async def test_an_account_that_is_handed_on_is_sealed_for_its_new_card(service: Served, migrated_url: str) -> None:
    card = await enabled(service)
    new = await service.operator.upkeep.RenewCard(renewal(card))
    database = Database(migrated_url)
    rows = await database.read(lambda connection: connection.execute(sa.select(CARD)).mappings().all())
    await database.close()
    sealed = {f"cards/{row['card']}": row["sealed_account"] for row in rows}
    assert sealed[new.name]
    assert sealed[new.name] != sealed[card.name]
    again = await service.operator.upkeep.RenewCard(
        renewal(
            await service.operator.cards.MakeCard(
                card_service_pb2.MakeCardRequest(name=new.name, bank_account=account())
            )
        )
    )  # reads the sealed account again
    assert again.masked_bank_account


async def test_an_expiring_card_is_told_of_once_and_renewed_in_its_window(service: Served, migrated_url: str) -> None:
    card = await enabled(service)
    expiring = renewal(card, reason=card_pb2.SUCCESSION_REASON_EXPIRING)
    found = await refusal(service.operator.upkeep.RenewCard(expiring))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "RENEWAL_NOT_DUE")
    assert found.metadata == {"found": "2026-11-24", "needed": "2036-09-25"}

    async def told() -> list[card_events_pb2.CardRenewalDue]:
        rows = [row for row in await events(migrated_url) if row.type.endswith("CardRenewalDue")]
        return [card_events_pb2.CardRenewalDue.FromString(row.data) for row in rows]

    service.clock.now = service.clock.now.replace(year=2036, month=9, day=24, hour=16)

    async def is_told() -> bool:
        return bool(await told())

    await until(is_told)
    service.clock.advance(days=1)
    new = await service.operator.upkeep.RenewCard(expiring)
    assert new.replaces == card.name
    assert [(event.card, event.expire_date) for event in await told()] == [(card.name, "2036-11-24")]


async def test_a_card_is_reissued_for_another_bank(service: Served) -> None:
    card = await enabled(service)
    request = card_upkeep_service_pb2.ReissueCardRequest(
        name=card.name, reason=card_pb2.SUCCESSION_REASON_BANK, service_bank_code="105", actor=CLERK, request_id="b-1"
    )
    new = await service.operator.upkeep.ReissueCard(request)
    assert (new.service_bank_code, new.succession_reason) == ("105", card_pb2.SUCCESSION_REASON_BANK)
    assert await payable(service, card.person) == [False]
    assert await service.operator.upkeep.ReissueCard(request) == new
    request.request_id = ""
    found = await refusal(service.operator.upkeep.ReissueCard(request))
    assert (found.reason, found.metadata) == ("CARD_STATE", {"found": "CANCELLED", "needed": "ENABLED"})


async def test_an_old_card_that_is_not_handed_in_is_not_renewed(service: Served) -> None:
    card = await enabled(service)
    found = await refusal(service.operator.upkeep.RenewCard(renewal(card, actor=HOLDER)))
    assert (found.code, found.reason) == ("FAILED_PRECONDITION", "PROOF_MISSING")
    assert found.metadata == {
        "operation": "RENEW",
        "found": "HOLDER_IDENTITY",
        "needed": "HOLDER_IDENTITY+OLD_CARD",
    }
    assert await get(service, card.name) == card


async def test_a_contact_is_kept_sealed_and_shown_masked(service: Served, migrated_url: str) -> None:
    card = await enabled(service)
    contact = card_upkeep_service_pb2.Contact(phone="13953200001", address="青岛市市南区香港中路1号")
    request = card_upkeep_service_pb2.ChangeContactRequest(name=card.name, contact=contact, etag=card.etag)
    changed = await service.operator.upkeep.ChangeContact(request)
    assert (changed.status, changed.etag) == (card.status, "5")
    asked = card_upkeep_service_pb2.GetContactRequest(name=card.name)
    shown = await service.operator.upkeep.GetContact(asked)
    assert (shown.phone, shown.address) == ("139******01", "青岛市" + "*" * 9)
    database = Database(migrated_url)
    rows = await database.read(lambda connection: connection.execute(sa.select(CONTACT)).mappings().all())
    await database.close()
    assert all(secret.encode() not in rows[0]["sealed_contact"] for secret in ("13953200001", "香港中路"))
    new = await service.operator.upkeep.RenewCard(renewal(card))
    asked.name = new.name
    assert await service.operator.upkeep.GetContact(asked) == shown
    for wrong, field in ((card_upkeep_service_pb2.Contact(phone="12"), "contact.phone"),):
        request = card_upkeep_service_pb2.ChangeContactRequest(name=new.name, contact=wrong)
        found = await refusal(service.operator.upkeep.ChangeContact(request))
        assert (found.reason, found.field) == ("INVALID_TEXT", field)


async def test_the_bank_function_takes_the_holders_presence_and_has_its_own_states(service: Served) -> None:
    card = await enabled(service)
    assert card.bank_function == card_pb2.BANK_FUNCTION_NOT_ACTIVATED
    found = await refusal(bank(service, card, "ACTIVATED", actor_pb2.Actor()))
    assert (found.code, found.reason) == ("PERMISSION_DENIED", "ACTOR_NOT_ALLOWED")
    assert found.metadata == {"operation": "ACTIVATE_BANK", "found": "OPERATOR", "needed": "HOLDER,GUARDIAN"}
    card = await bank(service, card, "ACTIVATED")
    assert card.bank_function == card_pb2.BANK_FUNCTION_ACTIVE
    assert await bank(service, card, "ACTIVATED") == card
    report = card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_FORMAL, actor=HOLDER)
    assert (await service.operator.cards.ReportLoss(report)).bank_function == card_pb2.BANK_FUNCTION_LOST
    found = await refusal(bank(service, card, "ACTIVATED"))
    assert found.metadata == {"found": "FORMALLY_LOST", "needed": "SEALED,ENABLED,APP_LOCKED"}
    found = await refusal(bank(service, card, "CLOSED", by(actor_pb2.ACTOR_KIND_OPERATOR)))
    assert found.metadata["needed"] == "BANK_NOTICE"
    card = await bank(service, card, "CLOSED", by(actor_pb2.ACTOR_KIND_OPERATOR, "BANK_NOTICE"))
    assert card.bank_function == card_pb2.BANK_FUNCTION_CLOSED


async def test_a_temporary_card_bridges_the_making_and_expires_by_itself(service: Served, migrated_url: str) -> None:
    card = await applied(service)
    request = card_upkeep_service_pb2.IssueTemporaryCardRequest(name=card.name, actor=HOLDER)
    card = await service.operator.upkeep.IssueTemporaryCard(request)
    assert (card.temporary_card.expire_date, card.temporary_card.state) == (
        "2027-01-23",
        card_pb2.TEMPORARY_CARD_STATE_VALID,
    )
    service.clock.advance(days=61)

    async def is_expired() -> bool:
        found = await get(service, card.name)
        return found.temporary_card.state == card_pb2.TEMPORARY_CARD_STATE_EXPIRED and found.making_overdue

    await until(is_expired)
    told = [row.type.rpartition(".")[2] for row in await events(migrated_url) if row.aggregate == card.name]
    assert sorted(told[2:]) == ["CardMakingOverdue", "CardTemporaryEnded"]
    ended = card_upkeep_service_pb2.ReturnTemporaryCardRequest(name=card.name)
    found = await refusal(service.operator.upkeep.ReturnTemporaryCard(ended))
    assert (found.reason, found.metadata) == ("TEMPORARY_CARD_STATE", {"found": "EXPIRED", "needed": "VALID"})


CHILD = "370299202011250016"


async def child(service: Served) -> tuple[person_pb2.Person, person_pb2.Person]:
    """Register a child of six and its mother."""
    number = identity_number()
    mother = await register(service, identity_number=number)
    born = await register(
        service,
        identity_number=CHILD,
        representative_identity_number=number,
        representative_kind=person_pb2.REPRESENTATIVE_KIND_GUARDIAN,
    )
    return born, mother


def application(person: person_pb2.Person, actor: actor_pb2.Actor) -> card_service_pb2.ApplyCardRequest:
    return card_service_pb2.ApplyCardRequest(
        person=person.name, issuing_division="370200", service_bank_code="102", actor=actor
    )


async def test_a_child_gets_its_card_through_its_guardian_and_who_did_it_is_on_record(service: Served) -> None:
    born, mother = await child(service)
    found = await refusal(service.operator.cards.ApplyCard(application(born, HOLDER)))
    assert (found.code, found.reason, found.metadata["needed"]) == ("PERMISSION_DENIED", "GUARDIAN_NEEDED", "GUARDIAN")
    stranger = await register(service)
    guardian = by(actor_pb2.ACTOR_KIND_GUARDIAN, "GUARDIAN_IDENTITY", reference=stranger.name)
    found = await refusal(service.operator.cards.ApplyCard(application(born, guardian)))
    assert (found.reason, found.metadata["needed"]) == ("PROOF_MISSING", "GUARDIANSHIP")
    guardian.reference = mother.name
    card = await service.operator.cards.ApplyCard(application(born, guardian))
    assert (card.making_due_date, card.making_due_uncertain) == ("2027-01-05", True)  # 30 working days for a child
    school = by(actor_pb2.ACTOR_KIND_SCHOOL, "LETTER", "AGENT_IDENTITY", "NAME_LIST", reference="12370200MB2345678X")
    await service.operator.cards.MakeCard(card_service_pb2.MakeCardRequest(name=card.name, bank_account=account()))
    found = await refusal(
        service.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=card.name, actor=school))
    )
    assert (found.code, found.reason) == ("PERMISSION_DENIED", "CARD_OF_OTHERS")
    assert found.metadata == {"operation": "COLLECT", "found": "SCHOOL", "needed": "OWN_APPLICATION"}
    await service.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=card.name, actor=guardian))
    found = await refusal(
        service.operator.cards.EnableCard(card_service_pb2.EnableCardRequest(name=card.name, actor=school))
    )
    assert (found.reason, found.metadata["found"]) == ("ACTOR_NOT_ALLOWED", "SCHOOL")
    done = await operations(service, card)
    assert [actor_pb2.OperationKind.Name(one.operation)[15:] for one in done] == ["COLLECT", "MAKE", "APPLY"]
    assert [(one.actor.reference, one.caller, one.etag) for one in done] == [
        (mother.name, "operator/wang", "3"),
        ("operator/wang", "operator/wang", "2"),
        (mother.name, "operator/wang", "1"),
    ]
    assert done[2].actor == guardian


async def test_an_agent_brings_both_documents_and_the_authorisation(service: Served) -> None:
    card, agent = await enabled(service), await register(service)
    report = card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_FORMAL)
    report.actor.CopyFrom(by(actor_pb2.ACTOR_KIND_AGENT, "AGENT_IDENTITY", "HOLDER_IDENTITY", reference=agent.name))
    found = await refusal(service.operator.cards.ReportLoss(report))
    assert found.metadata["needed"] == "AGENT_IDENTITY+AUTHORISATION+HOLDER_IDENTITY"
    report.actor.proofs.add(kind=actor_pb2.PROOF_KIND_AUTHORISATION, reference="W-7")
    assert (await service.operator.cards.ReportLoss(report)).status == card_pb2.CARD_STATUS_FORMALLY_LOST
    cancel = card_service_pb2.CancelLossRequest(name=card.name, actor=report.actor)
    found = await refusal(service.operator.cards.CancelLoss(cancel))
    assert (found.reason, found.metadata["found"]) == ("ACTOR_NOT_ALLOWED", "AGENT")


async def test_nobody_acts_for_others_who_is_a_child_or_as_the_cards_tell_dead(service: Served) -> None:
    card, (minor, _) = await enabled(service), await child(service)
    late = await enabled(service)
    death = card_service_pb2.CancelCardRequest(name=late.name, reason=card_pb2.CANCEL_REASON_DEATH)
    await service.operator.cards.CancelCard(death)
    for person, found_out in ((minor.name, "MINOR"), (late.person, "DECEASED")):
        agent = by(actor_pb2.ACTOR_KIND_AGENT, "AGENT_IDENTITY", "HOLDER_IDENTITY", "AUTHORISATION", reference=person)
        report = card_service_pb2.ReportLossRequest(name=card.name, kind=card_pb2.LOSS_KIND_FORMAL, actor=agent)
        found = await refusal(service.operator.cards.ReportLoss(report))
        assert (found.code, found.reason, found.metadata["found"]) == ("PERMISSION_DENIED", "ACTOR_UNABLE", found_out)


async def test_heirs_prove_the_death_and_the_kinship(service: Served) -> None:
    card, heir = await lost(service), await register(service)
    request = card_service_pb2.CancelCardRequest(name=card.name, reason=card_pb2.CANCEL_REASON_DEATH)
    request.actor.CopyFrom(by(actor_pb2.ACTOR_KIND_AGENT, "AGENT_IDENTITY", "DEATH", reference=heir.name))
    found = await refusal(service.operator.cards.CancelCard(request))
    assert found.metadata["needed"] == "AGENT_IDENTITY+DEATH+KINSHIP"
    request.actor.proofs.add(kind=actor_pb2.PROOF_KIND_KINSHIP)
    assert (await service.operator.cards.CancelCard(request)).cancel_reason == card_pb2.CANCEL_REASON_DEATH


async def test_a_caller_does_not_act_as_the_other_kind_of_bureau(service: Served) -> None:
    card = await made(service)
    system = await service.client("system", "one-key")
    request = card_service_pb2.CollectCardRequest(name=card.name, actor=by(actor_pb2.ACTOR_KIND_SYSTEM))
    found = await refusal(service.operator.cards.CollectCard(request))
    assert (found.reason, found.metadata) == (
        "ACTOR_NOT_ALLOWED",
        {"operation": "COLLECT", "found": "SYSTEM", "needed": "OPERATOR"},
    )
    await system.cards.CollectCard(request)
    (done, *_) = await operations(service, card)
    assert (done.actor.kind, done.actor.reference, done.caller) == (
        actor_pb2.ACTOR_KIND_SYSTEM,
        "system/one-key",
        "system/one-key",
    )


async def test_an_actor_that_cannot_be_read_is_refused_by_the_field(service: Served) -> None:
    card = await made(service)
    for actor, reason, field in (
        (by(actor_pb2.ACTOR_KIND_UNSPECIFIED, "OLD_CARD"), "UNKNOWN_VALUE", "actor.kind"),
        (by(actor_pb2.ACTOR_KIND_AGENT), "INVALID_RESOURCE_NAME", "actor.reference"),
        (by(actor_pb2.ACTOR_KIND_AGENT, reference="people/1"), "INVALID_RESOURCE_NAME", "actor.reference"),
        (by(actor_pb2.ACTOR_KIND_SCHOOL, reference="lower"), "INVALID_TEXT", "actor.reference"),
        (by(actor_pb2.ACTOR_KIND_HOLDER, "UNSPECIFIED"), "UNKNOWN_VALUE", "actor.proofs.kind"),
        (by(actor_pb2.ACTOR_KIND_HOLDER, *["OLD_CARD"] * 9), "BATCH_TOO_LARGE", "actor.proofs"),
    ):
        request = card_service_pb2.CollectCardRequest(name=card.name, actor=actor)
        found = await refusal(service.operator.cards.CollectCard(request))
        assert (found.code, found.reason, found.field) == ("INVALID_ARGUMENT", reason, field)
    unknown = by(
        actor_pb2.ACTOR_KIND_AGENT,
        "AGENT_IDENTITY",
        "HOLDER_IDENTITY",
        "AUTHORISATION",
        reference=card.name.replace("cards/", "people/"),
    )
    found = await refusal(
        service.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=card.name, actor=unknown))
    )
    assert (found.code, found.reason) == ("NOT_FOUND", "PERSON_NOT_FOUND")
