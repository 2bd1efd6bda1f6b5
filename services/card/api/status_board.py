"""Status lists as devices get them: a whole list that is made now and then, and deltas that lead to the present."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.card.ecard import LIST_SIZE
from services.card.service.status_lists import list_changes, list_state, publish_list, whole_list
from services.card.service.store import Store
from services.card.token_keys import TokenKeys
from services.common.clock import Clock
from services.common.ecard_token.status_list import Delta, Validity, mark, write_delta, write_list
from services.common.transactions import Transactions

VALID = timedelta(hours=36)
"""How long a list may be used: a device that fetches daily has half a day for being late."""
_FETCH_SECONDS = 86_400
_WHOLE_KEPT = timedelta(minutes=10)
"""How long a whole list is handed out as it is; the delta beside it has what came since."""
_MOST_CHANGES = LIST_SIZE // 64
"""More changes than these are worth less than a whole list."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """A whole list of one version, as bits and signed."""

    version: int
    bits: bytes
    signed: bytes
    make_time: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device gets."""

    uri: str
    version: int
    whole: bytes
    """Empty when the delta is enough."""
    delta: bytes
    expire_time: datetime


class StatusBoard:
    """Gives out the status lists of one issuer; what it keeps in memory it can make again."""

    def __init__(self, transactions: Transactions[Store], keys: TokenKeys, issuer: str, clock: Clock) -> None:
        self._transactions = transactions
        self._keys = keys
        self.issuer = issuer
        """Name of the issuer in tokens and lists."""
        self._clock = clock
        self._wholes: dict[int, _Whole] = {}
        self._making = asyncio.Lock()

    def uri(self, number: int) -> str:
        """Give the URI of a list, as tokens name it."""
        return f"{self.issuer}/status-lists/{number}"

    async def answer(self, number: int, since: int) -> Answer:
        """Give what leads a device from a version, 0 for none, to the present; costs what has changed."""
        state = await self._transactions.read(lambda store: list_state(store, number))
        if state.has_unpublished:
            state = await self._transactions.write(lambda store: publish_list(store, number))
        whole = None
        if not state.floor <= since <= state.version:
            whole = await self._whole(number, state.floor)
        delta = await self._delta(number, whole.version if whole else since, state.version)
        if whole is None and len(delta.set_indexes) + len(delta.cleared_indexes) > _MOST_CHANGES:
            whole = await self._whole(number, state.floor)
            delta = await self._delta(number, whole.version, max(whole.version, state.version))
        validity = self._validity(number)
        signed = write_delta(validity, delta, self._keys.signer)
        return Answer(validity.uri, delta.to_version, whole.signed if whole else b"", signed, validity.expire_time)

    async def _delta(self, number: int, since: int, until: int) -> Delta:
        until = max(since, until)  # a whole list may have been made from a later version than was read here
        changes = await self._transactions.scan(lambda store: list_changes(store, number, since, until))
        return Delta(since, until, changes.revoked, changes.restored)

    async def _whole(self, number: int, floor: int) -> _Whole:
        async with self._making:  # one at a time: the others get what it made
            held = self._wholes.get(number)
            if held is not None and held.version >= floor and self._clock() - held.make_time < _WHOLE_KEPT:
                return held
            version, bits = await self._bits(number, held if held is not None and held.version >= floor else None)
            self._wholes[number] = await asyncio.to_thread(self._signed, number, version, bits)
            return self._wholes[number]

    async def _bits(self, number: int, held: _Whole | None) -> tuple[int, bytes]:
        if held is None:
            version, revoked = await self._transactions.scan(lambda store: whole_list(store, number))
            return version, await asyncio.to_thread(_marked, bytes(LIST_SIZE // 8), Delta(0, version, revoked, ()))
        state = await self._transactions.read(lambda store: list_state(store, number))
        delta = await self._delta(number, held.version, state.version)
        return delta.to_version, await asyncio.to_thread(_marked, held.bits, delta)

    def _signed(self, number: int, version: int, bits: bytes) -> _Whole:
        validity = self._validity(number)
        return _Whole(version, bits, write_list(validity, version, bits, self._keys.signer), validity.issue_time)

    def _validity(self, number: int) -> Validity:
        now = self._clock()
        return Validity(self.issuer, self.uri(number), now, now + VALID, _FETCH_SECONDS)


def _marked(bits: bytes, delta: Delta) -> bytes:
    marked = bytearray(bits)
    mark(marked, delta.set_indexes, delta.cleared_indexes)
    return bytes(marked)
