"""What became of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from services.common.errors import DomainError

T = TypeVar("T")
Numbered = Sequence[tuple[int, T]]
"""Items with their places in the batch that they came in."""


@dataclass(slots=True)
class Outcome:
    """Counts of what was new and what was known, and what was refused, by its place in the batch."""

    accepted: int = 0
    repeated: int = 0
    refused: list[tuple[int, DomainError]] = field(default_factory=list)
