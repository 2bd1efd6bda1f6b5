"""Status lists are given out in versions, each made of what changed since the one before."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.card.service.ecard_store import ListChanges, ListState
from services.card.service.store import Store
from services.common.errors import NotFound

CHANGES_KEPT = timedelta(days=30)
"""How long a device may stay away and still be served by a delta."""
TOKENS_KEPT = timedelta(minutes=10)
"""How long after its end a used token is remembered: longer than any clock is off."""


def list_state(store: Store, number: int) -> ListState:
    """Tell how far a list has come."""
    state = store.ecards.list_state(number)
    if state is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such status list.", {"resource": f"status-lists/{number}"})
    return state


def publish_list(store: Store, number: int) -> ListState:
    """Make what changed since a list's version its next version; without changes nothing is done."""
    if list_state(store, number).has_unpublished:
        store.ecards.publish(number)
    return list_state(store, number)


def list_changes(store: Store, number: int, since: int, until: int) -> ListChanges:
    """Give what changed in a list after one version up to another."""
    return store.ecards.changes(number, since, until)


def whole_list(store: Store, number: int) -> tuple[int, Sequence[int]]:
    """Give a list's version and its revoked indexes; changes that come between the two are repeated by a delta."""
    state = list_state(store, number)
    return state.version, store.ecards.revoked(number)


def forget_old(store: Store, now: datetime) -> None:
    """Delete the changes and used tokens that nobody will ask for again."""
    store.ecards.forget_changes(now - CHANGES_KEPT)
    store.ecards.forget_tokens(now - TOKENS_KEPT)
