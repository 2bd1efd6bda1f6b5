"""Offsets are ordered and ended."""

from datetime import datetime

from services.common.errors import AlreadyExists, NotFound
from services.common.ids import new_id
from services.eligibility.offset import Offset, OffsetOrder
from services.eligibility.service.entitlement import get_entitlement
from services.eligibility.service.store import Store


def create_offset(store: Store, order: OffsetOrder, creator: str, now: datetime) -> Offset:
    """Have something taken of a benefit; an entitlement has one offset at a time."""
    get_entitlement(store, order.entitlement)  # locked: nobody else orders one for it meanwhile
    existing = store.offsets.active({order.entitlement}).get(order.entitlement)
    if existing is not None:
        raise AlreadyExists(
            "RESOURCE_EXISTS",
            "The entitlement has an offset; end it, or let it be settled first.",
            {"resource": f"offsets/{existing.offset}"},
        )
    offset = Offset(new_id(), order, creator, now, now)
    store.offsets.save([offset])
    return offset


def get_offset(store: Store, offset: str) -> Offset:
    """Read an offset, locked for a change."""
    found = store.offsets.locked({offset}).get(offset)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such offset.", {"resource": f"offsets/{offset}"})
    return found


def end_offset(store: Store, offset: str, version: int | None, reason: str, now: datetime) -> Offset:
    """Take nothing more for an offset."""
    found = get_offset(store, offset)
    found.check_version(version)
    ended = found.end(reason, now)
    store.offsets.save([ended])
    return ended
