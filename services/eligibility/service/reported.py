"""Whether a report says that somebody died, is sentenced or missing: that is cleared before anything is granted."""

from collections.abc import Collection, Sequence, Set

from services.eligibility.evidence import Evidence
from services.eligibility.sentence import is_over, released_on
from services.eligibility.service.store import Store


def reported_of(store: Store, people: Collection[str]) -> Set[str]:
    """Give those of some people against whom a report stands; what a release has ended does not any more."""
    return {
        person
        for person, records in store.evidence.deciding(people).items()
        if _speaks_against([record for record in records if record.stands])
    }


def _speaks_against(records: Sequence[Evidence]) -> bool:
    released = released_on(record for record in records if not record.is_negative)
    return any(record.is_negative and not is_over(record, released) for record in records)
