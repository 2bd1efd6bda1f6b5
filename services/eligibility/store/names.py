"""Which records of the identity vault are one person, as the vault told it last."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

import sqlalchemy as sa

from services.common.aliases import Alias, Identities
from services.common.database import upsert
from services.common.filtering import Filter, renamed, values_of
from services.common.sets import among_bound, bound_keys
from services.common.statement import Statement
from services.eligibility.facts import MergeTold
from services.eligibility.store.tables.alias import ALIAS

T = TypeVar("T")

_AROUND: Statement[tuple[str, str, str]] = Statement(
    lambda dialect: sa.union_all(
        *(
            sa.select(ALIAS.c.person, ALIAS.c.survivor, ALIAS.c.event_id).where(
                among_bound(dialect, column, name), ALIAS.c.survivor != ""
            )
            for column, name in ((ALIAS.c.person, "people"), (ALIAS.c.survivor, "survivors"))
        )
    ),
    "people",
    "survivors",
)


class NameTable:
    """Names of people."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def identities(self, names: Collection[str]) -> Identities:
        """Tell whom these names mean now, with all other names of the same people."""
        aliases: set[Alias] = set()
        seen: set[str] = set()
        fresh = set(names)
        while fresh:
            keys = bound_keys(self._connection, fresh)
            aliases |= {Alias(*row) for row in _AROUND.rows(self._connection, keys, keys)}
            seen |= fresh
            fresh = {name for alias in aliases for name in (alias.person, alias.survivor)} - seen
        return Identities(names, aliases)

    def keep(self, told: Sequence[MergeTold]) -> None:
        """Keep what each record means; what is older than what is known changes nothing."""
        newest: dict[str, MergeTold] = {}
        for one in sorted(told, key=lambda one: one.sequence):
            newest[one.person] = one
        rows: list[dict[str, object]] = [
            {"person": one.person, "survivor": one.survivor, "sequence": one.sequence, "event_id": one.event_id}
            for one in newest.values()
        ]
        upsert(self._connection, ALIAS, rows, ["person"], never_older="sequence")

    def meant(self, wanted: Filter) -> Filter:
        """Let a filter by a person mean all names of that person."""
        asked = values_of(wanted, "person")
        if not asked:
            return wanted
        identities = self.identities(asked)
        return renamed(wanted, "person", {name: identities.others(name) for name in asked})


def of_each(people: Iterable[str], identities: Identities, found: Mapping[str, list[T]]) -> dict[str, list[T]]:
    """Give for each of some people what was found under any of the names; nobody of whom nothing was found."""
    gathered = {person: [one for name in identities.others(person) for one in found.get(name, ())] for person in people}
    return {person: all_found for person, all_found in gathered.items() if all_found}
