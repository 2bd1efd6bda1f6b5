"""`DeliveryService`."""

from collections.abc import AsyncIterator, Callable

from services.card.access import AccessKind, Looked
from services.card.api.fields import issuer_of, phone_of, timestamp
from services.card.api.mutations import Mutation, order_of
from services.card.delivery import Delivery, Recipient
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.service.accesses import AccessLog
from services.card.service.cards import get_card
from services.card.service.deliveries import (
    export_labels,
    get_delivery,
    post_card,
    record_delivered,
    record_undeliverable,
    request_delivery,
)
from services.card.service.order import Order
from services.card.service.store import Store
from services.common.clock import Clock, bureau_date
from services.common.ids import new_id
from services.common.masking import mask_address, mask_name, mask_phone
from services.common.resources import resource_id, resource_name
from services.common.rpc.call import Call
from services.common.rpc.requests import enum_number, text_of, words_of
from services.common.transactions import Transactions
from socsec.card.v1 import actor_pb2, delivery_pb2, delivery_service_pb2

_EXPORTED_AT_ONCE = 500
_OWN = actor_pb2.Actor()


class DeliveryApi:
    """Cards that are sent by mail."""

    def __init__(
        self, transactions: Transactions[Store], book: ParameterBook, accesses: AccessLog, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._book = book
        self._accesses = accesses
        self._clock = clock

    async def RequestDelivery(
        self, request: delivery_service_pb2.RequestDeliveryRequest, call: Call
    ) -> delivery_pb2.Delivery:
        order = order_of(call.caller, Operation.REQUEST_DELIVERY, request.actor, self._clock())
        card = resource_id(request.card, "cards", "card")
        receiver, address = text_of(request.receiver, "receiver", 100), text_of(request.address, "address", 200)
        recipient = Recipient(receiver, phone_of(request.phone, "phone"), address)
        return await self._once(
            call, request, lambda store: request_delivery(store, card, recipient, order, self._book)
        )

    async def PostCard(self, request: delivery_service_pb2.PostCardRequest, call: Call) -> delivery_pb2.Delivery:
        order, card = self._order(call, Operation.POST), resource_id(request.card, "cards", "card")
        number = words_of(request.tracking_number, "tracking_number")
        return await self._once(call, request, lambda store: post_card(store, card, number, order, self._book))

    async def RecordDelivered(
        self, request: delivery_service_pb2.RecordDeliveredRequest, call: Call
    ) -> delivery_pb2.Delivery:
        order, card = self._order(call, Operation.DELIVER), resource_id(request.card, "cards", "card")
        return await self._once(call, request, lambda store: record_delivered(store, card, order, self._book))

    async def RecordUndeliverable(
        self, request: delivery_service_pb2.RecordUndeliverableRequest, call: Call
    ) -> delivery_pb2.Delivery:
        order, card = self._order(call, Operation.RETURN_POST), resource_id(request.card, "cards", "card")
        return await self._once(call, request, lambda store: record_undeliverable(store, card, order, self._book))

    async def GetDelivery(self, request: delivery_service_pb2.GetDeliveryRequest, call: Call) -> delivery_pb2.Delivery:
        card = resource_id(request.card, "cards", "card")
        person, found = await self._transactions.read(
            lambda store: (get_card(store, card).person, get_delivery(store, card))
        )
        self._accesses.note(Looked(new_id(), AccessKind.READ, call.caller.name, (person,), self._clock()))
        return _message(found)

    async def ExportLabels(
        self, request: delivery_service_pb2.ExportLabelsRequest, call: Call
    ) -> AsyncIterator[delivery_pb2.DeliveryLabel]:
        division, after = issuer_of(request.issuing_division, bureau_date(self._clock())), ""
        while True:
            found = await self._transactions.write(
                lambda store, last=after: export_labels(  # type: ignore[misc]  # bound at once
                    store, division, last, _EXPORTED_AT_ONCE, call.caller.name, self._clock()
                )
            )
            for delivery in found:
                yield _label(delivery)
            if len(found) < _EXPORTED_AT_ONCE:
                return
            after = found[-1].card

    def _order(self, call: Call, operation: Operation) -> Order:
        return order_of(call.caller, operation, _OWN, self._clock())

    async def _once(self, call: Call, request: Mutation, work: Callable[[Store], Delivery]) -> delivery_pb2.Delivery:
        return await self._transactions.once(
            call,
            request,
            lambda store: _message(work(store)),
            delivery_pb2.Delivery,
            validate_only=request.validate_only,
        )


def _message(delivery: Delivery) -> delivery_pb2.Delivery:
    to, kind = delivery.recipient, delivery_pb2.DeliveryState
    return delivery_pb2.Delivery(
        card=resource_name("cards", delivery.card),
        state=kind.ValueType(enum_number(kind, delivery.state)),
        masked_receiver=mask_name(to.receiver) if to else "",
        masked_phone=mask_phone(to.phone) if to else "",
        masked_address=mask_address(to.address) if to else "",
        tracking_number=delivery.tracking_number,
        update_time=timestamp(delivery.update_time),
    )


def _label(delivery: Delivery) -> delivery_pb2.DeliveryLabel:
    to = delivery.recipient or Recipient("", "", "")
    return delivery_pb2.DeliveryLabel(
        card=resource_name("cards", delivery.card), receiver=to.receiver, phone=to.phone, address=to.address
    )
