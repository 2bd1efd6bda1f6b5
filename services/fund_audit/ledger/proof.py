"""Inclusion and consistency proofs of RFC 9162 sections 2.1.3 and 2.1.4; `common.merkle` verifies them."""

from collections.abc import Sequence

from services.common.errors import OutOfRange
from services.common.merkle import Node, Nodes
from services.fund_audit.ledger.tree import cover, subtree_root

Range = tuple[int, int]


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Name the subtrees whose roots prove that leaf `index` is in the tree of `size` leaves, nearest first."""
    if not 0 <= index < size:
        raise OutOfRange(
            "POSITION_OUT_OF_RANGE", "No such entry in a ledger of that size.", {"index": str(index), "size": str(size)}
        )
    ranges: list[Range] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = _split(begin, end)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Name the subtrees whose roots prove that the tree of `new` leaves begins with that of `old`."""
    if not 0 < old <= new:
        raise OutOfRange(
            "POSITION_OUT_OF_RANGE",
            "A ledger is consistent with an earlier, not empty state of itself.",
            {"old_size": str(old), "new_size": str(new)},
        )
    ranges: list[Range] = []
    begin, end, whole = 0, new, True
    while end != old:
        middle = _split(begin, end)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin, whole = middle, False
    if not whole:  # otherwise the verifier starts from the old root, which it has
        ranges.append((begin, end))
    return ranges[::-1]


def needed(ranges: Sequence[Range]) -> list[Node]:
    """Name the stored nodes from which a proof is computed, so that a store can fetch them in one query."""
    return [node for begin, end in ranges for node in cover(begin, end)]


def prove(ranges: Sequence[Range], nodes: Nodes) -> tuple[bytes, ...]:
    """Compute a proof's hashes from stored nodes."""
    return tuple(subtree_root(begin, end, nodes) for begin, end in ranges)


def _split(begin: int, end: int) -> int:
    """Cut a range after the largest power of two that is smaller than it."""
    return begin + (1 << (end - begin - 1).bit_length() - 1)
