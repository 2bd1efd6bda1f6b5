"""`CardRegisterService`."""

from collections.abc import AsyncIterator

from services.card.api.card import FIELDS
from services.card.api.fields import timestamp
from services.card.api.messages import card_message
from services.card.api.watch import CardWatches, CopiedCard
from services.card.change import CopyChange
from services.common.filtering import parse
from services.common.rpc.call import Call
from services.common.rpc.requests import enum_number
from socsec.card.v1 import card_pb2, card_register_service_pb2


class RegisterApi:
    """The register of cards as a whole."""

    def __init__(self, watches: CardWatches) -> None:
        self._watches = watches

    async def WatchCards(
        self, request: card_register_service_pb2.WatchCardsRequest, call: Call
    ) -> AsyncIterator[card_register_service_pb2.WatchCardsResponse]:
        wanted = parse(request.filter, FIELDS)
        async for copied, token in self._watches.tail(wanted, request.filter, request.resume_token, call):
            change = None if copied is None else _change_message(copied)
            yield card_register_service_pb2.WatchCardsResponse(change=change, resume_token=token)


def _change_message(copied: CopiedCard) -> card_register_service_pb2.CardChange:
    card = card_message(copied.change.card)
    if copied.kind is CopyChange.LEFT:
        card = card_pb2.Card(name=card.name, etag=card.etag)
    kind = enum_number(card_register_service_pb2.CardChangeKind, copied.kind)
    return card_register_service_pb2.CardChange(
        kind=card_register_service_pb2.CardChangeKind.ValueType(kind),
        card=card,
        change_time=timestamp(copied.change.change_time),
    )
