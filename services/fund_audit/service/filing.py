"""Filing changes: each is one leaf of the ledger, in the transaction that changes its case."""

from collections.abc import Sequence
from datetime import datetime

from services.common.merkle import Frontier, leaf_hash
from services.fund_audit.domain import Change
from services.fund_audit.ledger.leaf import write_leaf
from services.fund_audit.service.model import Filed, Store


def file_changes(store: Store, frontier: Frontier, changes: Sequence[Change], at: datetime) -> Sequence[Filed]:
    """Append changes behind the locked right edge of the ledger."""
    leaves = [write_leaf(change) for change in changes]
    after, completed = frontier.append([leaf_hash(leaf) for leaf in leaves])
    filed = [Filed(change, position) for position, change in enumerate(changes, frontier.size)]
    store.file(filed, leaves, after, completed, at)
    return filed
