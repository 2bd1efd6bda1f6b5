"""What finding benefits needs of a store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from services.common.filtering import Filter
from services.eligibility.finding_run import FindingRun
from services.eligibility.proposal import Proposal


class ProposalStore(Protocol):
    """Proposals, and people whose benefits are to be looked for again."""

    def get(self, proposal: str) -> Proposal | None:
        """Give one, locked for a change."""
        ...

    def standing(self, people: Collection[str]) -> Sequence[Proposal]:
        """Give those of some people that wait, made under these very names, locked for a change."""
        ...

    def refused(self, people: Collection[str]) -> Sequence[Proposal]:
        """Give those that some people have declined, or a reviewer rejected, under whichever name; by the one asked."""
        ...

    def granted(self, people: Collection[str]) -> Sequence[Proposal]:
        """Give those of some people, under whichever name, that were granted; by the name asked for."""
        ...

    def due(self, today: date, size: int) -> Sequence[Proposal]:
        """Give up to `size` that stand no more, locked for a change."""
        ...

    def save(self, proposals: Sequence[Proposal]) -> None:
        """Keep new ones, and changed ones that this transaction has locked."""
        ...

    def prune(self, before: datetime, size: int) -> Sequence[str]:
        """Delete up to `size` that came to nothing before a moment; give their decisions."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Proposal]:
        """Give up to `size`, newest first."""
        ...

    def look_for(self, people: Collection[str], arrival: str) -> None:
        """Note that benefits are to be looked for again for some people."""
        ...

    def looked_for(self, size: int) -> Mapping[str, str]:
        """Give up to `size` such people, each with the newest arrival."""
        ...

    def looked(self, people: Mapping[str, str]) -> None:
        """Forget people who were looked at, unless something arrived meanwhile."""
        ...


class FindingRunStore(Protocol):
    """Runs."""

    def take_turn(self) -> None:
        """Let nobody else begin a run until the transaction ends."""
        ...

    def running(self) -> FindingRun | None:
        """Give the one at work, locked for a change."""
        ...

    def get(self, run: str) -> FindingRun | None:
        """Give one, locked for a change."""
        ...

    def save(self, run: FindingRun) -> None:
        """Keep a new or changed one."""
        ...

    def prune(self, before: datetime, size: int) -> bool:
        """Delete up to `size` that ended before a moment; tell whether there were any."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[FindingRun]:
        """Give up to `size`, newest first."""
        ...
