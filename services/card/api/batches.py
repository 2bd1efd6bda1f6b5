"""Batches of a stream."""

from collections.abc import Callable

from services.card.service.outcome import Outcome
from services.card.service.store import Store
from services.common.errors import Conflict
from services.common.transactions import Transactions


async def write_batch(
    transactions: Transactions[Store], work: Callable[[Store], Outcome], *, validate_only: bool
) -> Outcome:
    """Run a batch durably; when another process was first with some of its items, they count as repeated."""
    try:
        return await transactions.write(work, validate_only=validate_only)
    except Conflict:
        return await transactions.write(work, validate_only=validate_only)
