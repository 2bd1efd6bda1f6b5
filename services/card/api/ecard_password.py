"""`ECardPasswordService`. Passwords leave this module as verification values only."""

from services.card.api.ecard_messages import ecard_message
from services.card.api.mutations import online, order_of
from services.card.api.pins import pin_check
from services.card.keys import KeyProvider, Secret
from services.card.operation import OtherOperation
from services.card.parameters import ParameterBook
from services.card.pin import Tried, is_pin
from services.card.service.ecard_passwords import change_password, set_password, verify_password
from services.card.service.store import Store
from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput
from services.common.resources import resource_id
from services.common.rpc.call import Call
from services.common.rpc.requests import words_of
from services.common.transactions import Transactions
from socsec.card.v1 import actor_pb2, ecard_password_service_pb2, ecard_pb2, pin_service_pb2


class ECardPasswordApi:
    """The passwords of electronic cards."""

    def __init__(self, transactions: Transactions[Store], book: ParameterBook, keys: KeyProvider, clock: Clock) -> None:
        self._transactions = transactions
        self._book = book
        self._keys = keys
        self._clock = clock

    async def SetECardPassword(
        self, request: ecard_password_service_pb2.SetECardPasswordRequest, call: Call
    ) -> ecard_pb2.ECard:
        ecard = resource_id(request.name, "ecards", "name")
        order = order_of(call.caller, OtherOperation.SET_ECARD_PASSWORD, actor_pb2.Actor(), self._clock())
        tried = self._tried(ecard, request.new_password, "new_password")
        said = words_of(request.proof, "proof", 200, 5)
        order, proof = online(order, said), f"{said} ({call.caller.name})"
        # A request's hash is kept for its id: over a password itself it would give that away to who tries a million.
        hidden = ecard_password_service_pb2.SetECardPasswordRequest()
        hidden.CopyFrom(request)
        hidden.new_password = tried.value.hex()
        return await self._transactions.once(
            call,
            hidden,
            lambda store: ecard_message(set_password(store, ecard, tried, proof, order)),
            ecard_pb2.ECard,
            validate_only=request.validate_only,
        )

    async def ChangeECardPassword(
        self, request: ecard_password_service_pb2.ChangeECardPasswordRequest, call: Call
    ) -> pin_service_pb2.PinCheck:
        ecard = resource_id(request.name, "ecards", "name")
        order = order_of(call.caller, OtherOperation.CHANGE_ECARD_PASSWORD, actor_pb2.Actor(), self._clock())
        current = self._tried(ecard, request.current_password, "current_password")
        following = self._tried(ecard, request.new_password, "new_password")
        tries = self._book.on(bureau_date(order.now)).ecard_password_tries
        hidden = ecard_password_service_pb2.ChangeECardPasswordRequest()
        hidden.CopyFrom(request)
        hidden.current_password, hidden.new_password = current.value.hex(), following.value.hex()
        return await self._transactions.once(
            call,
            hidden,
            lambda store: pin_check(change_password(store, ecard, current, following, tries, order)),
            pin_service_pb2.PinCheck,
        )

    async def VerifyECardPassword(
        self, request: ecard_password_service_pb2.VerifyECardPasswordRequest, call: Call
    ) -> pin_service_pb2.PinCheck:
        ecard, now = resource_id(request.name, "ecards", "name"), self._clock()
        tried = self._tried(ecard, request.password, "password")
        tries = self._book.on(bureau_date(now)).ecard_password_tries
        return pin_check(await self._transactions.write(lambda store: verify_password(store, ecard, tried, tries, now)))

    def _tried(self, ecard: str, password: str, field: str) -> Tried:
        if not is_pin(password):
            raise InvalidInput(field, "INVALID_TEXT", f"{field} has six digits.")
        return self._keys.tried(Secret.PASSWORD, f"ecards/{ecard}", password)
