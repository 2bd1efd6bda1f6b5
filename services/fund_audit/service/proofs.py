"""Proofs that the ledger says what it always said."""

from collections.abc import Sequence

from services.common.errors import OutOfRange
from services.common.merkle import Frontier
from services.fund_audit.ledger.proof import Range, consistency_ranges, inclusion_ranges, needed, prove
from services.fund_audit.ledger.tree import Fault, cover, recheck, subtree_root
from services.fund_audit.service.model import LedgerEntry, Proof, Store


class LedgerDesk:
    """Proves that the ledger says what it always said."""

    def frontier(self, store: Store) -> Frontier:
        """Give the ledger's size and root."""
        return store.frontier()

    def entries(self, store: Store, start: int, limit: int) -> tuple[Sequence[LedgerEntry], int]:
        """Give entries in order, and the ledger's size."""
        size = store.frontier().size
        if not 0 <= start <= size:
            raise _beyond(size)
        return store.entries(start, limit), size

    def inclusion(self, store: Store, position: int, size: int) -> Proof:
        """Prove that an entry is in the tree of a size, 0 for the newest."""
        size = _size(store, size)
        return self._proof(store, size, inclusion_ranges(position, size), (position, position + 1))

    def consistency(self, store: Store, old: int, size: int) -> Proof:
        """Prove that the ledger of a size, 0 for the newest, begins with the smaller one."""
        size = _size(store, size)
        return self._proof(store, size, consistency_ranges(old, size), (0, old))

    def _proof(self, store: Store, size: int, ranges: Sequence[Range], proved: Range) -> Proof:
        nodes = store.nodes([*needed(ranges), *cover(*proved), *cover(0, size)])
        return Proof(size, prove(ranges, nodes), subtree_root(*proved, nodes), subtree_root(0, size, nodes))

    def root_at(self, store: Store, size: int) -> bytes | None:
        """Give the root over the first entries, None when there are not so many or their subtrees are gone."""
        try:
            return subtree_root(0, size, store.nodes(list(cover(0, size))))
        except KeyError:
            return None

    def recheck(self, store: Store, frontier: Frontier, limit: int) -> tuple[Frontier, list[Fault]]:
        """Hash the next entries again and report those that are not what was stored."""
        end = min(store.frontier().size, frontier.size + limit)
        leaves = {entry.position: entry.leaf for entry in store.entries(frontier.size, end - frontier.size)}
        return recheck(frontier, end, leaves, store.nodes_completed_by(frontier.size, end))


def _size(store: Store, size: int) -> int:
    newest = store.frontier().size
    if not 0 <= size <= newest:
        raise _beyond(newest)
    return size or newest


def _beyond(size: int) -> OutOfRange:
    return OutOfRange("POSITION_OUT_OF_RANGE", f"The ledger has {size} entries.", {"size": str(size)})
