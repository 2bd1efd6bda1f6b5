"""What draw lists and offsets need of a store."""

from collections.abc import Collection, Mapping, Sequence, Set
from typing import Protocol

from services.common.filtering import Filter
from services.eligibility.domain import Scheme
from services.eligibility.draw_line import Line
from services.eligibility.draw_list import DrawList
from services.eligibility.offset import Offset


class DrawListStore(Protocol):
    """Draw lists and their lines."""

    def take_turn(self) -> None:
        """Let nobody else begin a list until the transaction ends."""
        ...

    def open_one(self, scheme: Scheme, pooling_region: str) -> DrawList | None:
        """Give the list of a scheme and region that is not released yet."""
        ...

    def first_month(self, scheme: Scheme, pooling_region: str) -> int | None:
        """Give the earliest month of their lists that owed anybody anything and were not cancelled."""
        ...

    def at_work(self) -> DrawList | None:
        """Give the oldest list that the service is at work on."""
        ...

    def get(self, draw_list: str) -> DrawList | None:
        """Give one, locked for a change."""
        ...

    def add(self, draw_list: DrawList) -> None:
        """Keep a new one."""
        ...

    def save(self, draw_list: DrawList) -> None:
        """Keep a changed one that this transaction has locked."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[DrawList]:
        """Give up to `size`, newest first."""
        ...

    def add_lines(self, lines: Sequence[Line]) -> None:
        """Keep new lines."""
        ...

    def save_lines(self, lines: Sequence[Line]) -> None:
        """Keep changed lines."""
        ...

    def keep_accounts(self, draw_list: str, first: int, last: int) -> None:
        """Keep with the released ones of some lines the account that their entitlement is paid to now."""
        ...

    def ready_after(self, draw_list: str, number: int, size: int) -> Sequence[Line]:
        """Give up to `size` lines that wait for their release, by number."""
        ...

    def numbered(self, draw_list: str, numbers: Collection[int]) -> Mapping[int, Line]:
        """Give the lines with some numbers."""
        ...

    def awaited(self, references: Collection[str]) -> Set[str]:
        """Give those numbers of payments that a bank was ordered to make and has not answered for."""
        ...

    def lines(self, draw_list: str, wanted: Filter, size: int, after: int) -> Sequence[Line]:
        """Give up to `size` lines by number."""
        ...

    def orders(self, draw_list: str, size: int, after: int) -> Sequence[tuple[Line, str]]:
        """Give up to `size` lines that were released, by number, each with its account in clear."""
        ...


class OffsetStore(Protocol):
    """Offsets."""

    def active(self, entitlements: Collection[str]) -> Mapping[str, Offset]:
        """Give by entitlement the offset that takes something of it."""
        ...

    def locked(self, offsets: Collection[str]) -> Mapping[str, Offset]:
        """Give some, locked for a change."""
        ...

    def save(self, offsets: Sequence[Offset]) -> None:
        """Keep new ones, and changed ones that this transaction has locked."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Offset]:
        """Give up to `size`, newest first."""
        ...
