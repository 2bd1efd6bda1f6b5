"""Evidence is taken in, and taken back."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.common.clock import bureau_date
from services.common.errors import DomainError, NotFound, PreconditionFailed
from services.common.ids import new_id
from services.eligibility.baseline import Baseline
from services.eligibility.certification import Certification
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.evidence import (
    Chain,
    Evidence,
    EvidenceEvent,
    EvidenceKey,
    EvidenceSource,
    is_repeated,
    superseded,
    told_of,
)
from services.eligibility.service.backdating import backdated, too_old
from services.eligibility.service.certification import reassess
from services.eligibility.service.outcome import Numbered, Outcome
from services.eligibility.service.store import Store


@dataclass(frozen=True, slots=True)
class Touched:
    """Certifications that evidence bore on, before and after."""

    before: Mapping[str, Certification]
    after: Mapping[str, Certification]


def submit_evidence(
    store: Store, records: Numbered[Evidence], law: CertificationLaw, usual: Baseline | None = None
) -> Outcome:
    """Take records in and apply them to the certifications of their people; known ones change nothing.

    With what is usual, negative ones beyond it are refused: so many are a delivery, which is compared first; and those
    that would hold payment in a past in which it was rightly made.
    """
    outcome = Outcome()
    on_file = OnFile(store, (record for _, record in records))
    earliest = bureau_date(store.now) - timedelta(days=law.on(bureau_date(store.now)).backdating_days)
    late = backdated(store, (record for _, record in records), earliest) if usual is not None else set()
    desk = _Desk(store, usual) if usual is not None and any(record.is_negative for _, record in records) else None
    for index, sent in records:
        record = on_file.named(sent)
        recorded = on_file.recorded(record)
        try:
            if recorded is not None and is_repeated(record, recorded):
                outcome.repeated += 1
                if recorded.batch:
                    # It no longer rests on the delivery alone: undoing that must leave it.
                    on_file.put(replace(recorded, batch=""))
                continue
            if record.key in late:
                raise too_old(earliest)
            if desk is not None and record.is_negative:
                desk.admit(record.source)
        except DomainError as error:
            outcome.refused.append((index, error))
            continue
        on_file.put(record)
        outcome.accepted += 1
    if desk is not None:
        desk.keep()
    on_file.keep(law)
    return outcome


def withdraw_evidence(
    store: Store,
    source: EvidenceSource,
    reference: str,
    reason: str,
    today: date,
    law: CertificationLaw,
) -> Evidence:
    """Take a wrong record back, in its latest revision, and put the certification right."""
    chain = store.evidence.chains({(source, reference)}).get((source, reference), {})
    standing = [record for record in chain.values() if not record.undone]
    if not standing:
        raise NotFound("RESOURCE_NOT_FOUND", "No record of that source and reference is on file.")
    latest = max(standing, key=lambda record: record.revision)
    on_file = OnFile(store, [latest])
    on_file.put(latest.withdraw(reason, today))
    on_file.keep(law)
    return on_file.chains[source, reference][latest.revision]


class _Desk:
    """Counts the negative records of a day that come one by one."""

    def __init__(self, store: Store, usual: Baseline) -> None:
        self._store = store
        self._usual = usual
        self._today = bureau_date(store.now)
        self._before = store.evidence.desk_negatives(self._today)
        self._counts = dict(self._before)
        self._limit: int | None = None

    def admit(self, source: EvidenceSource) -> None:
        """Count one more; raise PreconditionFailed beyond the limit."""
        count = self._counts.get(source, 0) + 1
        if count > self._usual.desk_negative_count:
            if self._limit is None:
                self._limit = self._usual.desk_limit(self._store.certifications.count())
            if count > self._limit:
                raise PreconditionFailed(
                    "FEED_NEEDED",
                    f"More than {self._limit} negative records of one office in a day are sent as a feed batch.",
                    {"max": str(self._limit)},
                )
        self._counts[source] = count

    def keep(self) -> None:
        """Keep the counts that have changed."""
        changed = {source: count for source, count in self._counts.items() if self._before.get(source) != count}
        self._store.evidence.keep_desk_negatives(self._today, changed)


class OnFile:
    """Records on file as a use case changes them; `keep` writes, tells and applies the changes."""

    def __init__(self, store: Store, records: Iterable[Evidence]) -> None:
        self._store = store
        self._before: dict[EvidenceKey, Evidence] = {}
        self._changed: dict[tuple[str, str], None] = {}  # a set in the order of coming
        self.chains: dict[tuple[str, str], Chain] = {}
        asked: dict[tuple[str, str], str] = {(record.source, record.reference): record.person for record in records}
        renamed: set[str] = set()
        for name, chain in store.evidence.chains(asked.keys()).items():
            self.chains[name] = dict(chain)
            self._before.update({record.key: record for record in chain.values()})
            renamed |= {person for record in chain.values() if (person := record.person) != asked[name]}
        # Only of a record that comes with another person than before it is asked whether the two are one.
        self._identities = store.names.identities(renamed) if renamed else None

    def named(self, record: Evidence) -> Evidence:
        """Give a record under the name of its person under which it is on file: a source sends it by today's name."""
        if self._identities is None:
            return record
        chain = self.chains.get((record.source, record.reference), {})
        names = [found.person for found in chain.values() if not found.undone]
        same = [name for name in names if self._identities.person(name) == self._identities.person(record.person)]
        return replace(record, person=same[-1]) if same else record

    def recorded(self, record: Evidence) -> Evidence | None:
        """Give what is on file under a record's key; None when nothing is, or what was there is undone."""
        found = self.chains.get((record.source, record.reference), {}).get(record.revision)
        return found if found is not None and not found.undone else None

    def corrects(self, record: Evidence) -> bool:
        """Tell whether a lower revision of a record is on file."""
        chain = self.chains.get((record.source, record.reference), {})
        return any(number < record.revision and not other.undone for number, other in chain.items())

    def put(self, record: Evidence) -> None:
        """Have a record on file, instead of the one with its key; a lower revision is then corrected by it.

        A record that was withdrawn stays so when it comes again after its delivery was undone.
        """
        name = (record.source, record.reference)
        known = self._before.get(record.key)
        chain = self.chains.setdefault(name, {})
        replaced = chain.get(record.revision)
        if replaced is not None and replaced.undone and replaced.content == record.content:
            withdrawal = replaced.withdrawn_date, replaced.withdrawal_reason
            record = replace(record, withdrawn_date=withdrawal[0], withdrawal_reason=withdrawal[1])
        chain[record.revision] = replace(record, event_count=known.event_count if known is not None else 0)
        if len(chain) > 1:
            self.chains[name] = superseded(chain)
        self._changed[name] = None

    def take_back(self, record: Evidence) -> None:
        """Have a record as if it had never come; the one that it had corrected stands again."""
        self.put(replace(record, undone=True))

    def keep(self, law: CertificationLaw) -> Touched:
        """Write what has changed, tell of negative records, and put the certifications of their people right."""
        pairs = [
            (self._before.get(record.key), record)
            for name in self._changed
            for record in self.chains[name].values()
            if self._before.get(record.key) != record
        ]
        weak = law.weak_kinds()
        bearing = [one for pair in pairs if _bears(*pair) for one in pair if one is not None and one.kind not in weak]
        certifications = _certifications(self._store, {record.person for record in bearing})
        new, changed, events = list[Evidence](), list[Evidence](), list[EvidenceEvent]()
        for before, record in pairs:
            certification = certifications.get(record.person)
            after, told = told_of(before, record, certification.division if certification is not None else "")
            events += told
            self.chains[after.source, after.reference][after.revision] = after
            (changed if before is not None else new).append(after)
        self._store.evidence.add(new)
        self._store.evidence.save(changed)
        self._store.tell(events)
        touched = Touched(certifications, reassess(self._store, list(certifications.values()), law))
        # After the certifications are locked, as whoever grants benefits locks both.
        reported = {record.person for _, record in pairs if record.is_negative}
        self._store.proposals.look_for(reported, new_id())
        return touched


def _bears(before: Evidence | None, after: Evidence) -> bool:
    """Tell whether a change bears on certifications: whom the record came with does not."""
    return before is None or replace(before, batch=after.batch) != after


def _certifications(store: Store, people: Collection[str]) -> Mapping[str, Certification]:
    """Give the certifications that evidence bears on.

    Somebody without one may be granted the first entitlement by another process right now: either its certification is
    waited for here, or it will rest on the evidence that was just put on record.
    """
    found = dict(store.certifications.of(people))
    if not found.keys() >= set(people):
        store.certifications.keep_beginnings_off()
        found |= store.certifications.of([person for person in people if person not in found])
    return found
