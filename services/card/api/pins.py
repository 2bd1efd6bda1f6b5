"""`PinService`. PINs leave this module as verification values only."""

from services.card.api.fields import version_of
from services.card.api.mutations import CardMutations, order_of
from services.card.keys import KeyProvider, Secret
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.pin import PinCheck, Tried, is_pin
from services.card.service.cards import foresee_changes
from services.card.service.pins import change_pin, reset_pin, unlock_pin, verify_pin
from services.card.service.store import Store
from services.common.clock import Clock
from services.common.errors import InvalidInput
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.transactions import Transactions
from socsec.card.v1 import card_pb2, pin_service_pb2


class PinApi:
    """The PIN of the social security function."""

    def __init__(self, transactions: Transactions[Store], book: ParameterBook, keys: KeyProvider, clock: Clock) -> None:
        self._transactions = transactions
        self._cards = CardMutations(transactions, book, clock)
        self._keys = keys

    async def VerifyPin(self, request: pin_service_pb2.VerifyPinRequest, call: Call) -> pin_service_pb2.PinCheck:
        card = resource_id(request.name, "cards", "name")
        tried = self._tried(card, request.pin, "pin")
        order = order_of(call.caller, Operation.VERIFY_PIN, request.actor, self._cards.clock())
        check = await self._transactions.write(lambda store: verify_pin(store, card, tried, order, self._cards.book))
        return pin_check(check)

    async def ChangePin(self, request: pin_service_pb2.ChangePinRequest, call: Call) -> pin_service_pb2.PinCheck:
        card = resource_id(request.name, "cards", "name")
        current = self._tried(card, request.current_pin, "current_pin")
        following = self._tried(card, request.new_pin, "new_pin")
        order = order_of(call.caller, Operation.CHANGE_PIN, request.actor, self._cards.clock())
        # A request's hash is kept for its id: over a PIN itself it would give the PIN away to whoever tries a million.
        hidden = pin_service_pb2.ChangePinRequest()
        hidden.CopyFrom(request)
        hidden.current_pin, hidden.new_pin = current.value.hex(), following.value.hex()
        return await self._transactions.once(
            call,
            hidden,
            lambda store: pin_check(change_pin(store, card, current, following, order, self._cards.book)),
            pin_service_pb2.PinCheck,
        )

    async def UnlockPin(self, request: pin_service_pb2.UnlockPinRequest, call: Call) -> card_pb2.Card:
        card, version = resource_id(request.name, "cards", "name"), version_of(request.etag)
        order = order_of(call.caller, Operation.UNLOCK_PIN, request.actor, self._cards.clock())
        return await self._cards.once(
            call,
            request,
            lambda store: unlock_pin(store, card, version, order, self._cards.book),
            (foresee_changes, card),
        )

    async def ResetPin(self, request: pin_service_pb2.ResetPinRequest, call: Call) -> card_pb2.Card:
        card, version = resource_id(request.name, "cards", "name"), version_of(request.etag)
        tried = self._tried(card, request.new_pin, "new_pin")
        order = order_of(call.caller, Operation.RESET_PIN, request.actor, self._cards.clock())
        hidden = pin_service_pb2.ResetPinRequest()
        hidden.CopyFrom(request)
        hidden.new_pin = tried.value.hex()
        return await self._cards.once(
            call,
            hidden,
            lambda store: reset_pin(store, card, version, tried, order, self._cards.book),
            (foresee_changes, card),
        )

    def _tried(self, card: str, pin: str, field: str) -> Tried:
        if not is_pin(pin):
            raise InvalidInput(field, "INVALID_TEXT", f"{field} has six digits.")
        return self._keys.tried(Secret.PIN, f"cards/{card}", pin)


def pin_check(check: PinCheck) -> pin_service_pb2.PinCheck:
    """Write what became of one try."""
    return pin_service_pb2.PinCheck(
        verified=check.verified,
        tries_left=check.tries_left,
        locked=check.locks,
        change_required=check.change_required,
    )
