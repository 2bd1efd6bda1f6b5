"""Offsets: what was drawn too much, taken month by month off the benefit that is still paid; pure.

Who received too much returns it; where that is not done at once, an instalment agreement or an offset from later
benefits follows (Handling Regulation art. 46; 人社厅发〔2019〕94号). Something to live on is left.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.common.errors import Conflict, PreconditionFailed


class OffsetState(StrEnum):
    """Where an offset stands."""

    ACTIVE = "ACTIVE"
    SETTLED = "SETTLED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class OffsetOrder:
    """What is to be taken."""

    entitlement: str
    total_fen: int
    monthly_fen: int
    """At most this of a month's benefit."""
    floor_fen: int
    """At least this of a month's benefit is paid out."""
    basis: str
    """The order or agreement that it rests on."""


@dataclass(frozen=True, slots=True)
class Offset:
    """An offset and what it has taken so far."""

    offset: str
    order: OffsetOrder
    creator: str
    create_time: datetime
    update_time: datetime
    taken_fen: int = 0
    state: OffsetState = OffsetState.ACTIVE
    end_reason: str = ""
    version: int = 1

    def due(self, amount_fen: int) -> int:
        """Give what it takes of one month's benefit."""
        if self.state is not OffsetState.ACTIVE:
            return 0
        left = self.order.total_fen - self.taken_fen
        return max(0, min(self.order.monthly_fen, left, amount_fen - self.order.floor_fen))

    def take(self, fen: int, now: datetime) -> "Offset":
        """Note that so much was taken off a draw; a negative amount when the draw came back."""
        taken = self.taken_fen + fen
        state = self.state
        if state is not OffsetState.ENDED:
            state = OffsetState.SETTLED if taken >= self.order.total_fen else OffsetState.ACTIVE
        return self._changed(now, taken_fen=taken, state=state)

    def end(self, reason: str, now: datetime) -> "Offset":
        """Take nothing more: the rest was returned, or the order was lifted."""
        if self.state is not OffsetState.ACTIVE:
            raise PreconditionFailed(
                "OFFSET_STATE",
                f"The offset is {self.state}.",
                {"found": self.state, "needed": OffsetState.ACTIVE},
            )
        return self._changed(now, state=OffsetState.ENDED, end_reason=reason)

    def check_version(self, version: int | None) -> None:
        """Raise Conflict when the caller has read another version; None fits every version."""
        if version is not None and version != self.version:
            raise Conflict("ETAG_MISMATCH", "The offset was changed since it was read; read it again.")

    def _changed(self, now: datetime, **fields: object) -> "Offset":
        return replace(self, **fields, version=self.version + 1, update_time=now)  # type: ignore[arg-type]  # by name
