"""The Merkle tree of RFC 9162 section 2.1: how it is hashed, and how anybody verifies its proofs.

A node (level, number) is the root of the 2**level leaves from number * 2**level on. Only complete nodes are stored:
they never change, so the log only grows, and each root or proof needs O(log n) of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

HASH_BYTES = 32


class Node(NamedTuple):
    """The place of a complete subtree."""

    level: int
    number: int


Nodes = Mapping[Node, bytes]


def leaf_hash(data: bytes) -> bytes:
    """Hash a leaf; the prefix keeps a leaf from posing as a node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed to go on appending: the roots of the complete subtrees at the right edge, largest first."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """Give the root of the tree; that of the empty tree is the hash of nothing."""
        return fold(self.roots)

    def append(self, leaf_hashes: Sequence[bytes]) -> "tuple[Frontier, dict[Node, bytes]]":
        """Add leaves; give the new frontier and every subtree that they completed, for the store."""
        roots, completed = list(self.roots), {}
        for position, leaf in enumerate(leaf_hashes, self.size):
            level, index, digest = 0, position, leaf
            completed[Node(0, position)] = digest
            while index & 1:  # a left neighbour of the same size waits: join it
                digest = node_hash(roots.pop(), digest)
                level, index = level + 1, index >> 1
                completed[Node(level, index)] = digest
            roots.append(digest)
        return Frontier(self.size + len(leaf_hashes), tuple(roots)), completed


def fold(roots: Sequence[bytes]) -> bytes:
    """Join neighbouring complete subtrees, largest first, into the root over all of them."""
    if not roots:
        return sha256(b"").digest()
    digest = roots[-1]
    for left in reversed(roots[:-1]):
        digest = node_hash(left, digest)
    return digest


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
