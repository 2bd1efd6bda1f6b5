"""Which records of the identity vault are one person: a merge gives a record another name to stand for it.

Records are merged and parted while draws go on, and what is told of two records may come in any order. So nothing that
was told is ever rewritten: facts keep the name under which they were told, and are read as of the person whom that name
means now.
"""

from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Alias:
    """A record means the survivor's; `stands` is False for what was undone, or replaced by a further merge."""

    person: str
    survivor: str
    event_id: str
    """The event that told of the merge."""
    stands: bool = True


class Identities:
    """Some names, everybody whom merges ever joined with them, and who is who now."""

    def __init__(self, names: Iterable[str], aliases: Iterable[Alias] = ()) -> None:
        known = sorted(set(aliases))
        self._standing = {alias.person: alias for alias in known if alias.stands}
        ends = {name for alias in known for name in (alias.person, alias.survivor)}
        self.names: Set[str] = frozenset({*names, *ends})
        """All of them, each once."""
        self._families = _families(known)
        self._names_of: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(self.names):
            self._names_of[self.person(name)].append(name)

    def person(self, name: str) -> str:
        """Give the name that stands for a person now; a name that no merge concerns stands for itself.

        Where the ends of several merges have not all been told yet, a chain is followed to its end, and of a ring the
        smallest name stands for all: whatever comes last, the same names then mean one person.
        """
        passed = [name]
        while (alias := self._standing.get(passed[-1])) is not None:
            if alias.survivor in passed:
                return min(passed[passed.index(alias.survivor) :])
            passed.append(alias.survivor)
        return passed[-1]

    def people(self) -> dict[str, tuple[str, ...]]:
        """Give everybody by the standing name, with all names, in order."""
        return {person: tuple(names) for person, names in self._names_of.items()}

    def others(self, name: str) -> tuple[str, ...]:
        """Give all names of the person whom a name means, that one included, in order."""
        return tuple(self._names_of.get(self.person(name), (name,)))

    def aliases(self, names: Iterable[str]) -> tuple[Alias, ...]:
        """Give the standing merges of some names."""
        return tuple(sorted(self._standing[name] for name in names if name in self._standing))

    def family(self, name: str) -> str:
        """Give what is the same for all names that were ever one person, undone merges included.

        What was decided about a person stays decided about those whom an undone merge has parted.
        """
        return self._families.get(name, name)


def _families(aliases: Iterable[Alias]) -> dict[str, str]:
    """Join names over every merge there ever was; each family is called by its smallest name."""
    members: dict[str, set[str]] = {}
    for alias in aliases:
        joined = members.get(alias.person, {alias.person}) | members.get(alias.survivor, {alias.survivor})
        members.update(dict.fromkeys(joined, joined))
    return {name: min(joined) for name, joined in members.items()}
