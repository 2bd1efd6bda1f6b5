"""Cards, and what was done to them, as messages of the contract."""

from services.card.actor import Actor, ActorKind, OperationRecord
from services.card.api.fields import day_text, timestamp
from services.card.domain import Card
from services.card.temporary_card import TemporaryCard
from services.common.resources import resource_name
from services.common.rpc.requests import enum_number
from socsec.card.v1 import actor_pb2, card_pb2


def card_message(card: Card) -> card_pb2.Card:
    """Write a card."""
    return card_pb2.Card(
        name=resource_name("cards", card.card),
        person=resource_name("people", card.person),
        status=card_pb2.CardStatus.ValueType(enum_number(card_pb2.CardStatus, card.status)),
        progress=card_pb2.CardProgress.ValueType(enum_number(card_pb2.CardProgress, card.progress)),
        card_no=card.card_no,
        card_identification_code=card.identification_code,
        issuing_division=card.issuing_division,
        service_bank_code=card.service_bank_code,
        masked_bank_account=card.masked_account,
        issue_date=day_text(card.issue_date),
        expire_date=day_text(card.expire_date),
        loss_lapse_time=timestamp(card.loss_lapse_time),
        replaces=resource_name("cards", card.replaces),
        cancel_reason=card_pb2.CancelReason.ValueType(enum_number(card_pb2.CancelReason, card.cancel_reason)),
        create_time=timestamp(card.create_time),
        update_time=timestamp(card.update_time),
        etag=str(card.version),
        succession_reason=card_pb2.SuccessionReason.ValueType(
            enum_number(card_pb2.SuccessionReason, card.succession_reason)
        ),
        bank_function=card_pb2.BankFunction.ValueType(enum_number(card_pb2.BankFunction, card.bank_function)),
        making_due_date=day_text(card.making_due.day if card.making_due else None),
        making_due_uncertain=card.making_due is not None and not card.making_due.is_certain,
        making_overdue=card.is_making_overdue,
        temporary_card=_temporary(card.temporary),
    )


def _temporary(temporary: TemporaryCard | None) -> card_pb2.TemporaryCard | None:
    if temporary is None:
        return None
    return card_pb2.TemporaryCard(
        issue_date=day_text(temporary.issue_date),
        expire_date=day_text(temporary.expire_date),
        state=card_pb2.TemporaryCardState.ValueType(enum_number(card_pb2.TemporaryCardState, temporary.state)),
    )


def operation_message(record: OperationRecord) -> actor_pb2.CardOperation:
    """Write what was done to a card or a person."""
    return actor_pb2.CardOperation(
        card=resource_name("cards", record.card),
        operation=actor_pb2.OperationKind.ValueType(enum_number(actor_pb2.OperationKind, record.operation)),
        actor=_actor(record.actor),
        caller=record.caller,
        etag=str(record.version),
        operation_time=timestamp(record.record_time),
        person=resource_name("people", record.person),
        regarding=record.regarding,
    )


def _actor(actor: Actor) -> actor_pb2.Actor:
    names_person = actor.kind in (ActorKind.HOLDER, ActorKind.GUARDIAN, ActorKind.AGENT)
    return actor_pb2.Actor(
        kind=actor_pb2.ActorKind.ValueType(enum_number(actor_pb2.ActorKind, actor.kind)),
        reference=resource_name("people", actor.reference) if names_person else actor.reference,
        proofs=[
            actor_pb2.Proof(
                kind=actor_pb2.ProofKind.ValueType(enum_number(actor_pb2.ProofKind, proof.kind)),
                reference=proof.reference,
            )
            for proof in actor.proofs
        ],
    )
