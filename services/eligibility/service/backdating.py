"""Reports that would hold payment in a past in which it was rightly made."""

from collections.abc import Iterable
from datetime import date

from services.common.errors import InvalidInput
from services.eligibility.evidence import Evidence, EvidenceKey
from services.eligibility.service.store import Store


def backdated(store: Store, records: Iterable[Evidence], earliest: date) -> set[EvidenceKey]:
    """Give the reports against people that are said to have been received before a day, and people were paid since.

    The bureau could not heed them: had it known, it would not have paid.
    """
    old = [record for record in records if record.is_negative and record.received_date < earliest]
    if not old:
        return set()
    paid = store.draws.last_paid({record.person for record in old})
    return {record.key for record in old if paid.get(record.person, date.min) >= record.received_date}


def too_old(earliest: date) -> InvalidInput:
    """Say from when on a report may have been received."""
    return InvalidInput(
        "received_date",
        "VALUE_OUT_OF_RANGE",
        f"The person was paid since; a report counts as received on {earliest.isoformat()} or later. Its event may be"
        " older, and a correction of a record comes with its next revision in a feed batch.",
        {"min": earliest.isoformat()},
    )
