"""What ended long ago is deleted: lists of sweeps, runs, and proposals that came to nothing, with their decisions."""

from datetime import datetime

from services.eligibility.service.store import Store

LISTS_AT_ONCE = 20
"""Parts of a sweep's lists deleted in one transaction, each of some thousand people."""
ROWS_AT_ONCE = 1_000


def prune(store: Store, before: datetime, lists: int = LISTS_AT_ONCE, rows: int = ROWS_AT_ONCE) -> bool:
    """Delete a bounded part of what ended before a moment; tell whether there may be more.

    A sweep that was applied stays, without its lists: certifications are worked out again by its day. So do proposals
    that were granted, declined or rejected: they say why something is, or is not, found again.
    """
    decisions = store.proposals.prune(before, rows)
    store.decisions.delete(decisions)
    return bool(decisions) or store.finding_runs.prune(before, rows) or store.sweeps.prune(before, lists)
