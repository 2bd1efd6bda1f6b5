"""Look-ups by key that the use cases of one group share: asked once for all of them, before they run.

What was foreseen is forgotten as soon as anything is written that might change it, so a use case never sees less than
those before it have done: it then asks for itself (docs/adr/0021-asked-once-a-group.md).
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar, cast

import sqlalchemy as sa

from services.common.group import group_of

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class Lookup(Generic[K, R]):
    """What is found by key, with one statement for many keys."""

    def __init__(self, ask: Callable[[sa.Connection, Collection[K]], Mapping[K, R]]) -> None:
        """Look up by `ask`, which gives what it finds of some keys."""
        self._ask = ask

    def of(self, connection: sa.Connection, keys: Collection[K]) -> Mapping[K, R]:
        """Give what is found of some keys."""
        foreseen = self._foreseen(connection)
        if foreseen is None or not all(key in foreseen for key in keys):
            return self._ask(connection, keys)
        return {key: found for key in keys if (found := foreseen[key]) is not None}

    def foresee(self, connection: sa.Connection, keys: Collection[K]) -> Mapping[K, R]:
        """Give what is found of keys that the use cases of this group will ask for, and remember it for them."""
        found = self._ask(connection, keys)
        self.keep(connection, keys, found)
        return found

    def keep(self, connection: sa.Connection, keys: Collection[K], found: Mapping[K, R]) -> None:
        """Remember for the use cases of this group what another look-up has found of keys."""
        group = group_of(connection)
        if group is not None:
            group.foreseen[self] = {key: found.get(key) for key in keys}

    def forget(self, connection: sa.Connection, keys: Collection[K]) -> None:
        """Forget some keys, as what is found of them is about to change."""
        foreseen = self._foreseen(connection)
        if foreseen is not None:
            for key in keys:
                foreseen.pop(key, None)

    def _foreseen(self, connection: sa.Connection) -> dict[K, R | None] | None:
        group = group_of(connection)
        return cast("dict[K, R | None] | None", group.foreseen.get(self)) if group is not None else None
