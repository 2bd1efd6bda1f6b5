"""The Merkle tree of RFC 9162 section 2.1, kept as its complete subtrees.

A node (level, number) is the root of the 2**level leaves from number * 2**level on. Only complete nodes are stored:
they never change, so the log only grows, and each root or proof needs O(log n) of them.
"""

from collections.abc import Iterator, Mapping, Sequence
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


def cover(begin: int, end: int) -> Iterator[Node]:
    """Name the complete subtrees that make up leaves begin to end - 1, from the left.

    The range is one that RFC 9162 splits off: it begins at a multiple of the smallest power of two that holds it.
    """
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield Node(level, begin >> level)
        begin += 1 << level


def subtree_root(begin: int, end: int, nodes: Nodes) -> bytes:
    """Compute the root over a range of leaves from stored nodes."""
    return fold([nodes[node] for node in cover(begin, end)])


@dataclass(frozen=True, slots=True)
class Fault:
    """A position of the log that is not what was stored when it was written."""

    position: int
    what: str


def completed_by(begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Name the subtrees that leaves begin to end - 1 complete, as (level, first number, number after the last)."""
    level = 0
    while (end >> level) > (begin >> level):
        yield level, begin >> level, end >> level
        level += 1


def recheck(frontier: Frontier, end: int, leaves: Mapping[int, bytes], nodes: Nodes) -> tuple[Frontier, list[Fault]]:
    """Hash the leaves from the frontier up to `end` again and compare them with the subtrees stored.

    Gives the frontier that the leaves lead to: its root must also equal that of a signed checkpoint kept elsewhere, or
    somebody has rewritten leaves and subtrees together.
    """
    faults: list[Fault] = []
    for position in range(frontier.size, end):
        data = leaves.get(position)
        if data is None:
            faults.append(Fault(position, "entry missing"))
        leaf = leaf_hash(data) if data is not None else nodes.get(Node(0, position), bytes(HASH_BYTES))
        frontier, completed = frontier.append([leaf])
        faults.extend(
            Fault(position, f"subtree {node.level}/{node.number} differs")
            for node, digest in completed.items()
            if nodes.get(node) != digest
        )
    return frontier, faults
