"""What happened in card, as event messages (proto/socsec/card/v1/card_events.proto)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from google.protobuf.message import Message

from services.card.domain import Card, CardEvent
from services.card.ecard import ECard
from services.card.ecard_event import ECardEvent, ECardEventKind
from services.card.person import (
    IdentityNumberChanged,
    NameChanged,
    Person,
    PersonEvent,
    PersonMerged,
    PersonMergeUndone,
    PersonRegistered,
)
from services.card.status import CardEventKind, CardStatus, LossKind
from services.common.cloud_event import Event
from services.common.ids import new_ids
from services.common.outbox import Alike
from services.common.resources import resource_name
from services.common.rpc.requests import enum_number, type_name
from services.common.telemetry import current_traceparent
from socsec.card.v1 import card_events_pb2, card_pb2, ecard_pb2, person_pb2

SOURCE = "/socsec/card"


Happened = CardEvent | ECardEvent | PersonEvent
_Told = tuple[Message, str, str, int]
"""A message, the resource that it is about, the division, and the number among the resource's events."""


def to_events(happened: Sequence[Happened], now: datetime) -> Sequence[Event]:
    """Put events into their messages; a resource's events are numbered by the versions that they led to."""
    traceparent = current_traceparent()  # all of them happened in one call
    ids = new_ids(len(happened))
    return [
        Event(
            event_id=event_id,
            type=type_name(message),
            source=SOURCE,
            subject_resource=resource,
            aggregate=resource,
            aggregate_seq=sequence,
            division=division,
            occurred_time=now,
            data=message.SerializeToString(),
            traceparent=traceparent,
        )
        for event_id, (message, resource, division, sequence) in zip(ids, map(_told, happened), strict=True)
    ]


def to_alike(happened: Sequence[Happened], now: datetime) -> Alike | None:
    """Put many events into their messages, as `to_events` does but faster; None when they are of several types."""
    messages, resources, divisions, sequences = zip(*map(_told, happened), strict=True)
    if len(set(map(type, messages))) > 1:
        return None
    return Alike(
        type=type_name(messages[0]),
        source=SOURCE,
        occurred_time=now,
        traceparent=current_traceparent(),
        aggregate=resources,
        aggregate_seq=sequences,
        division=divisions,
        data=[message.SerializeToString() for message in messages],
    )


def _told(happened: Happened) -> _Told:
    if isinstance(happened, ECardEvent):
        ecard = happened.ecard
        message = _ecard_message(happened.kind, ecard)
        return message, resource_name("ecards", ecard.ecard), happened.division, ecard.version
    if isinstance(happened, CardEvent):
        card = happened.card
        message = _card_message(happened.kind, card)
        return message, resource_name("cards", card.card), card.issuing_division, card.version
    person = happened.person
    return _person_message(happened), resource_name("people", person.person), person.division, person.version


def representative(person: Person) -> person_pb2.Representative | None:
    """Write who acts for a person; None when nobody does."""
    if not person.representative:
        return None
    kind = enum_number(person_pb2.RepresentativeKind, person.representative_kind)
    return person_pb2.Representative(
        person=resource_name("people", person.representative), kind=person_pb2.RepresentativeKind.ValueType(kind)
    )


def _person_message(happened: PersonEvent) -> Message:
    person = happened.person
    name, birth_date = resource_name("people", person.person), _date(person.identity.birth_date)
    sex = person_pb2.Sex.ValueType(enum_number(person_pb2.Sex, person.identity.sex))
    match happened:
        case PersonRegistered():
            return card_events_pb2.PersonRegistered(
                person=name,
                birth_date=birth_date,
                sex=sex,
                division=person.division,
                representative=representative(person),
            )
        case IdentityNumberChanged(reason=why):
            reason = person_pb2.NumberChangeReason.ValueType(enum_number(person_pb2.NumberChangeReason, why))
            return card_events_pb2.IdentityNumberChanged(person=name, birth_date=birth_date, sex=sex, reason=reason)
        case NameChanged():
            return card_events_pb2.NameChanged(person=name)
        case PersonMerged():
            return card_events_pb2.PersonMerged(person=name, survivor=resource_name("people", person.merged_into))
        case PersonMergeUndone(survivor=survivor):
            return card_events_pb2.PersonMergeUndone(person=name, survivor=resource_name("people", survivor))


_OF_ECARD: Mapping[ECardEventKind, Callable[..., Message]] = {
    ECardEventKind.ISSUED: card_events_pb2.EcardIssued,
    ECardEventKind.UPGRADED: card_events_pb2.EcardUpgraded,
    ECardEventKind.SUSPENDED: card_events_pb2.EcardSuspended,
    ECardEventKind.RESUMED: card_events_pb2.EcardResumed,
    ECardEventKind.ENDED: card_events_pb2.EcardEnded,
    ECardEventKind.TRANSFERRED: card_events_pb2.EcardTransferred,
}


def _ecard_message(kind: ECardEventKind, ecard: ECard) -> Message:
    return _OF_ECARD[kind](
        ecard=resource_name("ecards", ecard.ecard),
        card=resource_name("cards", ecard.card),
        person=resource_name("people", ecard.person),
        level=ecard_pb2.ECardLevel.ValueType(enum_number(ecard_pb2.ECardLevel, ecard.level)),
        status=ecard_pb2.ECardStatus.ValueType(enum_number(ecard_pb2.ECardStatus, ecard.status)),
    )


_PLAIN: Mapping[CardEventKind, Callable[..., Message]] = {
    CardEventKind.COLLECTED: card_events_pb2.CardCollected,
    CardEventKind.ENABLED: card_events_pb2.CardEnabled,
    CardEventKind.LOCKED: card_events_pb2.CardLocked,
    CardEventKind.TRANSFERRED: card_events_pb2.CardTransferred,
    CardEventKind.UNLOCKED: card_events_pb2.CardUnlocked,
    CardEventKind.CONTACT_CHANGED: card_events_pb2.CardContactChanged,
    CardEventKind.BATCHED: card_events_pb2.CardBatched,
    CardEventKind.MAKING_FAILED: card_events_pb2.CardMakingFailed,
    CardEventKind.DELIVERY_REQUESTED: card_events_pb2.CardDeliveryRequested,
    CardEventKind.POSTED: card_events_pb2.CardPosted,
    CardEventKind.POST_RETURNED: card_events_pb2.CardPostReturned,
}
"""Messages that tell of nothing but the card and its holder."""


def _card_message(kind: CardEventKind, card: Card) -> Message:
    name, person = resource_name("cards", card.card), resource_name("people", card.person)
    if kind in _PLAIN:
        return _PLAIN[kind](card=name, person=person)
    issued, expires = _date(card.issue_date), _date(card.expire_date)
    match kind:
        case CardEventKind.APPLIED:
            replaces = resource_name("cards", card.replaces)
            return card_events_pb2.CardApplied(card=name, person=person, replaces=replaces)
        case CardEventKind.MADE:
            return card_events_pb2.CardMade(card=name, person=person, issue_date=issued, expire_date=expires)
        case CardEventKind.ISSUED:
            return card_events_pb2.CardIssued(card=name, person=person, issue_date=issued, expire_date=expires)
        case CardEventKind.IMPORTED:
            status = card_pb2.CardStatus.ValueType(enum_number(card_pb2.CardStatus, card.status))
            return card_events_pb2.CardImported(
                card=name, person=person, status=status, issue_date=issued, expire_date=expires
            )
        case CardEventKind.LOSS_REPORTED:
            return card_events_pb2.CardLossReported(card=name, person=person, kind=_loss_kind(card))
        case CardEventKind.LOSS_CANCELLED | CardEventKind.LOSS_LAPSED:
            status = card_pb2.CardStatus.ValueType(enum_number(card_pb2.CardStatus, card.status))
            lapsed = kind is CardEventKind.LOSS_LAPSED
            return card_events_pb2.CardLossCancelled(card=name, person=person, status=status, lapsed=lapsed)
        case CardEventKind.CANCELLED:
            reason = card_pb2.CancelReason.ValueType(enum_number(card_pb2.CancelReason, card.cancel_reason))
            return card_events_pb2.CardCancelled(card=name, person=person, reason=reason)
        case _:
            return _upkeep_message(kind, card, name, person)


def _upkeep_message(kind: CardEventKind, card: Card, name: str, person: str) -> Message:
    """Write what happened beside the card's status."""
    match kind:
        case CardEventKind.BANK_FUNCTION_CHANGED:
            bank = card_pb2.BankFunction.ValueType(enum_number(card_pb2.BankFunction, card.bank_function))
            return card_events_pb2.CardBankFunctionChanged(card=name, person=person, bank_function=bank)
        case CardEventKind.TEMPORARY_ISSUED:
            expires = _date(card.temporary.expire_date if card.temporary else None)
            return card_events_pb2.CardTemporaryIssued(card=name, person=person, expire_date=expires)
        case CardEventKind.TEMPORARY_ENDED:
            number = enum_number(card_pb2.TemporaryCardState, card.temporary.state if card.temporary else None)
            state = card_pb2.TemporaryCardState.ValueType(number)
            return card_events_pb2.CardTemporaryEnded(card=name, person=person, state=state)
        case CardEventKind.MAKING_OVERDUE:
            due = _date(card.making_due.day if card.making_due else None)
            return card_events_pb2.CardMakingOverdue(card=name, person=person, making_due_date=due)
        case CardEventKind.RENEWAL_DUE:
            expires = _date(card.expire_date)
            return card_events_pb2.CardRenewalDue(card=name, person=person, expire_date=expires)
        case _:
            raise ValueError(f"No message tells that a card is {kind}.")


def _loss_kind(card: Card) -> card_pb2.LossKind.ValueType:
    kind = LossKind.FORMAL if card.status is CardStatus.FORMALLY_LOST else LossKind.PROVISIONAL
    return card_pb2.LossKind.ValueType(enum_number(card_pb2.LossKind, kind))


def _date(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
