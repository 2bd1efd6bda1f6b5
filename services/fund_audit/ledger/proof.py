"""Inclusion and consistency proofs of RFC 9162 sections 2.1.3 and 2.1.4, and how anybody verifies them."""

from collections.abc import Sequence

from services.common.errors import OutOfRange
from services.fund_audit.ledger.tree import Node, Nodes, cover, node_hash, subtree_root

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


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a leaf hash is at `index` of the tree with this size and root (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, digest = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            digest = node_hash(sibling, digest)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and digest == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether the larger tree begins with the smaller (RFC 9162 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)  # a power of two is itself a node of the tree
    if not hashes:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_digest = new_digest = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_digest, new_digest = node_hash(sibling, old_digest), node_hash(sibling, new_digest)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_digest = node_hash(new_digest, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old_digest == old_root and new_digest == new_root


def _split(begin: int, end: int) -> int:
    """Cut a range after the largest power of two that is smaller than it."""
    return begin + (1 << (end - begin - 1).bit_length() - 1)
