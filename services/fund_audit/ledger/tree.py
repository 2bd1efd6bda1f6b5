"""The ledger's stored subtrees: which make up a range of leaves, which are complete, and whether they still fit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.common.merkle import HASH_BYTES, Frontier, Node, Nodes, fold, leaf_hash


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
