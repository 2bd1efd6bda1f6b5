"""What certifications and the sweeps over them need of a store."""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import date, datetime
from typing import Protocol

from services.common.filtering import Filter
from services.eligibility.certification import Certification
from services.eligibility.evidence import EvidenceKind
from services.eligibility.no_touch import Year
from services.eligibility.notice import Notice
from services.eligibility.sweep import Applied, Sweep
from services.eligibility.sweep_finding import Finding, Findings, Kind, Wanted
from services.eligibility.sweep_slice import Changes, Slice


class CertificationStore(Protocol):
    """Certifications by person, and the notices delivered."""

    def of(self, people: Collection[str]) -> Mapping[str, Certification]:
        """Give those that there are under any name of these people, locked for a change."""
        ...

    def lock(self, people: Collection[str]) -> None:
        """Lock the same for a change without reading what they say."""
        ...

    def get(self, person: str) -> Certification | None:
        """Give the one that a person has, under the standing name if there are several."""
        ...

    def known(self, people: Collection[str]) -> Mapping[str, Certification]:
        """Give those that there are under any name of these people, for reading."""
        ...

    def lost(self, people: Collection[str]) -> Mapping[str, Certification]:
        """Give that of each of some people of whom a loss is confirmed, under whichever name."""
        ...

    def living(self, people: Collection[str]) -> Set[str]:
        """Give those of some people who have one under some name of which no loss is confirmed."""
        ...

    def save(self, certifications: Sequence[Certification]) -> None:
        """Keep new and changed ones."""
        ...

    def keep_beginnings_off(self) -> None:
        """Let nobody grant, and so begin a certification, until the transaction ends: who has none now has none."""
        ...

    def these(self, people: Collection[str]) -> Sequence[Certification]:
        """Give those of exactly these names in their order, locked for a change."""
        ...

    def count(self) -> int:
        """Count all."""
        ...

    def warned_after(self, person: str, size: int) -> Sequence[Certification]:
        """Give the next ones that are warned, in the order of people's ids."""
        ...

    def page(self, wanted: Filter, size: int, after: str) -> Sequence[Certification]:
        """Give up to `size` in the order of people's ids."""
        ...

    def years(self, after: date, until: date, weak: Collection[EvidenceKind]) -> Iterator[Year]:
        """Give each certification's months after a day until another, as the bureau knew them at their end."""
        ...

    def notices(self, people: Collection[str]) -> Mapping[str, Sequence[Notice]]:
        """Give the notices of some people, under whichever name they were delivered."""
        ...

    def add_notices(self, notices: Sequence[tuple[str, Notice]]) -> None:
        """Put notices on record."""
        ...


class BirthLookStore(Protocol):
    """How far everybody's birth was compared with the vault."""

    def after(self) -> str | None:
        """Give the last person compared, empty before the first; None when all were."""
        ...

    def go_on(self, after: str, last: str | None) -> bool:
        """Note that it went on from one person to another, or to the end; False when somebody else did."""
        ...


class SweepStore(Protocol):
    """Sweeps."""

    def take_turn(self) -> None:
        """Let nobody else begin a sweep until the transaction ends."""
        ...

    def applied(self) -> Sequence[Applied]:
        """Give those that were no dry runs."""
        ...

    def running(self) -> Sweep | None:
        """Give the oldest one at work."""
        ...

    def get(self, sweep: str, *, locked: bool = False) -> Sweep | None:
        """Give one; locked for a change it is waited for until a step at work is done."""
        ...

    def save(self, sweep: Sweep) -> None:
        """Keep a new or changed one."""
        ...

    def prune(self, before: datetime, size: int) -> bool:
        """Delete up to `size` parts of the lists of one that ended before a moment; tell whether there was one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Sweep]:
        """Give up to `size`, newest first."""
        ...

    def slice(self, after: str, size: int) -> Slice:
        """Give the records of the next certifications in the order of people's ids, not locked."""
        ...

    def stale(self, found: Slice, after: str, last: str) -> set[str]:
        """Lock the certifications up to a person; give those of which anything is otherwise than in the slice."""
        ...

    def enter(self, changes: Changes) -> None:
        """Let certifications enter states of which nothing is stale, and tell it."""
        ...

    def keep_findings(self, sweep: str, last: str, findings: Findings, tally: Mapping[tuple[str, Kind], int]) -> None:
        """Keep what a step found, in the order of people's ids, and count it."""
        ...

    def tally(self, sweep: str) -> Mapping[tuple[str, Kind], int]:
        """Give how many people of each division were found what of."""
        ...

    def findings(self, sweep: str, wanted: Wanted, size: int, after: str) -> tuple[Sequence[Finding], str | None]:
        """Give up to `size` behind a person, and behind whom to go on; None at the end."""
        ...
