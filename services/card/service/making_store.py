"""What the making of cards needs of a store."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from services.card.making import CardReturn, MakingBatch, MakingLine
from services.common.filtering import Filter


class MakingStore(Protocol):
    """Making batches and their lines."""

    def get(self, batch: str) -> MakingBatch | None:
        """Give one batch."""
        ...

    def locked(self, batch: str) -> MakingBatch | None:
        """Give one batch, locked: other imports of its return file wait."""
        ...

    def add(self, batch: MakingBatch, lines: Sequence[MakingLine]) -> None:
        """Keep a new batch and its lines."""
        ...

    def page(self, batch: str, after: int, size: int) -> Sequence[MakingLine]:
        """Give up to `size` lines in the order of serial numbers, from the one after `after`."""
        ...

    def lines(self, batch: str, serials: Collection[int]) -> Mapping[int, MakingLine]:
        """Give the lines with some serial numbers."""
        ...

    def save(self, batch: MakingBatch, lines: Sequence[MakingLine]) -> None:
        """Keep a locked batch's new counts and some of its lines as they came back."""
        ...

    def fingerprint(self, returned: CardReturn) -> bytes:
        """Give a keyed digest of a returned line: it tells repetitions without keeping the account."""
        ...

    def list(self, wanted: Filter, size: int, before: str | None) -> Sequence[MakingBatch]:
        """Give up to `size` batches, newest first, from the one after `before`."""
        ...
