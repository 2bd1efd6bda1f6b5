"""What the use cases need of a store."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from services.common.aliases import Identities
from services.common.filtering import Filter
from services.eligibility.baseline import Measures
from services.eligibility.book.content import Content
from services.eligibility.certification import Certification, CertificationChanged, CertificationEvent, Notice
from services.eligibility.domain import Account, Entitlement, EntitlementEvent, EntitlementGrant
from services.eligibility.draw import Draw, DrawEvent
from services.eligibility.draw_line import Order
from services.eligibility.evidence import Chain, Evidence, EvidenceEvent, EvidenceKind
from services.eligibility.facts import MergeTold, PersonFacts
from services.eligibility.feed import FeedBatch, FeedBatchChanged, FeedRow, FeedRowOutcome, Waiting
from services.eligibility.no_touch import Year
from services.eligibility.offer import PaidElsewhere
from services.eligibility.payability_law import PayabilityLaw
from services.eligibility.recorded import RecordedDecision
from services.eligibility.service.draw_list_store import DrawListStore, OffsetStore
from services.eligibility.service.proposal_store import FindingRunStore, ProposalStore
from services.eligibility.sweep import Applied, Sweep
from services.eligibility.sweep_columns import Slice
from services.eligibility.sweep_finding import Finding, Kind, Wanted

Event = FeedBatchChanged | EvidenceEvent | CertificationEvent | EntitlementEvent | DrawEvent


class EvidenceStore(Protocol):
    """Records of evidence by source and reference."""

    def chains(self, records: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Chain]:
        """Give all revisions, undone ones too, of the records with these sources and references."""
        ...

    def deciding(self, people: Collection[str]) -> Mapping[str, Sequence[Evidence]]:
        """Give all of some people that can decide, neither weak nor undone, under whichever name they came."""
        ...

    def add(self, records: Sequence[Evidence]) -> None:
        """Put new ones on record."""
        ...

    def save(self, records: Sequence[Evidence]) -> None:
        """Keep changed ones."""
        ...

    def desk_negatives(self, day: date) -> Mapping[str, int]:
        """Tell how many negative records of each office were submitted one by one on a day."""
        ...

    def keep_desk_negatives(self, day: date, counts: Mapping[str, int]) -> None:
        """Keep how many there were."""
        ...

    def page(
        self, person: str, wanted: Filter, size: int, after: tuple[str, str, str, int] | None
    ) -> Sequence[Evidence]:
        """Give up to `size` of a person's, newest event first, after (event date, source, reference, revision)."""
        ...


class FeedStore(Protocol):
    """Deliveries and their rows."""

    def find(self, source: str, reference: str) -> FeedBatch | None:
        """Give the delivery of an office with a reference."""
        ...

    def get(self, batch: str) -> FeedBatch | None:
        """Give one, locked for a change."""
        ...

    def at_work(self) -> FeedBatch | None:
        """Give the oldest one that goes on by itself, locked for a change."""
        ...

    def save(self, batch: FeedBatch) -> None:
        """Keep a new or changed one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[FeedBatch]:
        """Give up to `size`, newest first."""
        ...

    def history(self, source: str, size: int) -> Sequence[FeedBatch]:
        """Give an office's last applied deliveries, newest first."""
        ...

    def known_rows(self, batch: str, references: Collection[str]) -> Mapping[str, FeedRow]:
        """Give those rows of a delivery that came before."""
        ...

    def add_rows(self, batch: str, rows: Sequence[tuple[FeedRow, str]]) -> None:
        """Put new rows on record; an identity number beside a row is sealed."""
        ...

    def rows_after(self, batch: str, reference: str, size: int) -> Sequence[FeedRow]:
        """Give the next rows in the order of their references."""
        ...

    def restored(self, batch: str, people: Collection[str]) -> int:
        """Note whom an undoing has changed back; give how many of them it had not changed before."""
        ...

    def save_outcomes(self, batch: str, outcomes: Mapping[str, FeedRowOutcome]) -> None:
        """Keep what became of rows."""
        ...

    def rivals(self, batch: FeedBatch, references: Collection[str]) -> Sequence[tuple[FeedBatch, FeedRow]]:
        """Give rows with these references of the office's other applied deliveries, in the order of their applying."""
        ...

    def waiting(self, after: tuple[str, str], size: int) -> Sequence[Waiting]:
        """Give the next rows of applied deliveries whose people nobody knew, after (delivery, reference)."""
        ...

    def name_people(self, batch: str, people: Mapping[str, str]) -> Sequence[FeedRow]:
        """Give waiting rows the people that were found, by reference; forget the numbers, and give the rows."""
        ...

    def row_page(self, batch: str, wanted: Filter, size: int, after: str) -> Sequence[FeedRow]:
        """Give up to `size` in the order of references."""
        ...

    def measure(self, batch: FeedBatch, today: date, old_before: date, days: int) -> Measures:
        """Tell what a delivery is like."""
        ...


class CertificationStore(Protocol):
    """Certifications by person, and the notices delivered."""

    def of(self, people: Collection[str]) -> Mapping[str, Certification]:
        """Give those that there are under any name of these people, locked for a change."""
        ...

    def get(self, person: str) -> Certification | None:
        """Give the one that a person has, under the standing name if there are several."""
        ...

    def save(self, certifications: Sequence[Certification]) -> None:
        """Keep new and changed ones."""
        ...

    def keep_beginnings_off(self) -> None:
        """Let nobody grant, and so begin a certification, until the transaction ends: who has none now has none."""
        ...

    def these(self, people: Collection[str]) -> Sequence[Certification]:
        """Give those of exactly these names in their order, locked for a change."""
        ...

    def count(self) -> int:
        """Count all."""
        ...

    def warned_after(self, person: str, size: int) -> Sequence[Certification]:
        """Give the next ones that are warned, in the order of people's ids."""
        ...

    def page(self, wanted: Filter, size: int, after: str) -> Sequence[Certification]:
        """Give up to `size` in the order of people's ids."""
        ...

    def years(self, after: date, until: date, weak: Collection[EvidenceKind]) -> Iterator[Year]:
        """Give each certification's months after a day until another, as the bureau knew them at their end."""
        ...

    def notices(self, people: Collection[str]) -> Mapping[str, Sequence[Notice]]:
        """Give the notices of some people, under whichever name they were delivered."""
        ...

    def add_notices(self, notices: Sequence[tuple[str, Notice]]) -> None:
        """Put notices on record."""
        ...


class EntitlementStore(Protocol):
    """Entitlements."""

    def take_turn(self) -> None:
        """Let nobody else grant until the transaction ends; what is read from now on is all there is."""
        ...

    def account_of(self, number: str) -> Account:
        """Give the key and the masked form of an account."""
        ...

    def seal_account(self, entitlement: str, number: str) -> None:
        """Keep the number of the account that an entitlement is paid to now."""
        ...

    def by_reference(self, references: Collection[str]) -> Mapping[str, Entitlement]:
        """Give those with these references."""
        ...

    def of_people(self, people: Collection[str]) -> Mapping[str, Sequence[Entitlement]]:
        """Give all of some people, under whichever name they were granted."""
        ...

    def some(self, entitlements: Collection[str]) -> Sequence[Entitlement]:
        """Give some, in the order of their ids."""
        ...

    def payable_after(self, order: Order, opening_month: int, after: str, size: int) -> Sequence[tuple[str, str]]:
        """Give up to `size` ids, each with its person, of those that a list may owe something, by id."""
        ...

    def add(self, granted: Sequence[tuple[Entitlement, EntitlementGrant]]) -> None:
        """Put new ones on record, the account sealed."""
        ...

    def person_of(self, entitlement: str) -> str | None:
        """Give the person of one."""
        ...

    def get(self, entitlement: str) -> Entitlement | None:
        """Give one, locked for a change."""
        ...

    def save(self, entitlement: Entitlement) -> None:
        """Keep a changed one; raises Conflict when somebody else changed it meanwhile."""
        ...

    def settle(self, entitlements: Sequence[Entitlement]) -> None:
        """Keep how far the months of some are settled, which this transaction has locked."""
        ...

    def reopen(self, *, people: Collection[str] = (), references: Collection[str] = ()) -> None:
        """Have draw lists look at all months again of people's entitlements, or of some."""
        ...

    def follow(self, entitlements: Sequence[Entitlement]) -> None:
        """Keep what follows from certifications, which are locked; raises Conflict as `save` does."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Entitlement]:
        """Give up to `size`, newest first."""
        ...


class DrawStore(Protocol):
    """Draws by origin and reference."""

    def account_of(self, number: str) -> Account:
        """Give the key and the masked form of an account; both empty for an unknown one."""
        ...

    def find(self, keys: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Draw]:
        """Give those that are on record, locked for a change."""
        ...

    def standing(self, people: Collection[str]) -> Mapping[str, Sequence[Draw]]:
        """Give our monthly draws of some people that were not reversed."""
        ...

    def outside(self, people: Collection[str], from_month: int) -> Mapping[str, Collection[PaidElsewhere]]:
        """Give what other payers paid some people since a month, under whichever name."""
        ...

    def in_slots(self, slots: Collection[str]) -> Mapping[str, str]:
        """Give the ids of the standing draws of ours that take these slots."""
        ...

    def add(self, draws: Sequence[Draw]) -> None:
        """Put new ones on record; raises Conflict when somebody else took a slot or key in the same moment."""
        ...

    def save_reversed(self, draws: Sequence[Draw]) -> None:
        """Keep that draws were reversed, and free their slots."""
        ...

    def paid(self, references: Collection[str], from_month: int) -> Mapping[str, Mapping[int, int]]:
        """Give by entitlement and month what the standing draws of ours paid or set off, in fen; lump sums apart."""
        ...

    def get(self, draw: str) -> Draw | None:
        """Give one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Draw]:
        """Give up to `size`, newest first."""
        ...


class NameStore(Protocol):
    """Which records of the identity vault are one person."""

    def identities(self, names: Collection[str]) -> Identities:
        """Tell whom these names mean now, with all other names of the same people."""
        ...

    def keep(self, told: Sequence[MergeTold]) -> None:
        """Keep what each record means; what is older than what is known changes nothing."""
        ...


class FactStore(Protocol):
    """Facts by person."""

    def of(self, people: Collection[str]) -> Mapping[str, PersonFacts]:
        """Give the newest on record of each of some people, under whichever name they were submitted."""
        ...

    def own(self, people: Collection[str]) -> Mapping[str, PersonFacts]:
        """Give those on record under these very names."""
        ...

    def people_after(self, person: str, size: int) -> Sequence[str]:
        """Give the next people of whom facts are on record, in the order of their ids."""
        ...

    def count(self) -> int:
        """Count the people of whom facts are on record."""
        ...

    def save(self, facts: Sequence[PersonFacts]) -> None:
        """Keep new and newer ones; what another process has made newer meanwhile stays."""
        ...


class SweepStore(Protocol):
    """Sweeps."""

    def take_turn(self) -> None:
        """Let nobody else begin a sweep until the transaction ends."""
        ...

    def applied(self) -> Sequence[Applied]:
        """Give those that were no dry runs."""
        ...

    def running(self) -> Sweep | None:
        """Give the oldest one at work."""
        ...

    def get(self, sweep: str) -> Sweep | None:
        """Give one, locked for a change."""
        ...

    def save(self, sweep: Sweep) -> None:
        """Keep a new or changed one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Sweep]:
        """Give up to `size`, newest first."""
        ...

    def slice(self, after: str, size: int) -> Slice:
        """Give the records of the next certifications in the order of people's ids, not locked."""
        ...

    def stale(self, found: Slice, after: str, last: str) -> set[str]:
        """Lock the certifications up to a person; give those of which anything is otherwise than in the slice."""
        ...

    def enter(self, changes: Sequence[CertificationChanged]) -> None:
        """Let certifications enter states of which nothing is stale."""
        ...

    def keep_findings(
        self, sweep: str, last: str, findings: Sequence[Finding], tally: Mapping[tuple[str, Kind], int]
    ) -> None:
        """Keep what a step found, in the order of people's ids, and count it."""
        ...

    def tally(self, sweep: str) -> Mapping[tuple[str, Kind], int]:
        """Give how many people of each division were found what of."""
        ...

    def findings(self, sweep: str, wanted: Wanted, size: int, after: str) -> tuple[Sequence[Finding], str | None]:
        """Give up to `size` behind a person, and behind whom to go on; None at the end."""
        ...


class BookStore(Protocol):
    """Rule books that have decided, by hash."""

    def keep(self, content: Content) -> None:
        """Keep a book, unless it is kept."""
        ...

    def get(self, book_hash: str) -> Content | None:
        """Give a book; None for one that is not kept."""
        ...


class DecisionStore(Protocol):
    """Recorded decisions."""

    def add(self, decisions: Iterable[RecordedDecision]) -> None:
        """Put new ones on record, each made small as it comes."""
        ...

    def get(self, decision: str) -> RecordedDecision | None:
        """Give one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[RecordedDecision]:
        """Give up to `size`, newest first."""
        ...

    def standing(self, wanted: Filter, book_hash: str, size: int, before: str | None) -> Sequence[RecordedDecision]:
        """Give up to `size` that another book made, newest first; of an entitlement the newest only."""
        ...


class Store(Protocol):
    """All of it, within one transaction."""

    @property
    def names(self) -> NameStore: ...  # noqa: D102  what it is says its type
    @property
    def evidence(self) -> EvidenceStore: ...  # noqa: D102  what it is says its type
    @property
    def feeds(self) -> FeedStore: ...  # noqa: D102  see above
    @property
    def certifications(self) -> CertificationStore: ...  # noqa: D102  see above
    @property
    def entitlements(self) -> EntitlementStore: ...  # noqa: D102  see above
    @property
    def draws(self) -> DrawStore: ...  # noqa: D102  see above
    @property
    def draw_lists(self) -> DrawListStore: ...  # noqa: D102  see above
    @property
    def offsets(self) -> OffsetStore: ...  # noqa: D102  see above
    @property
    def facts(self) -> FactStore: ...  # noqa: D102  see above
    @property
    def sweeps(self) -> SweepStore: ...  # noqa: D102  see above
    @property
    def proposals(self) -> ProposalStore: ...  # noqa: D102  see above
    @property
    def finding_runs(self) -> FindingRunStore: ...  # noqa: D102  see above
    @property
    def books(self) -> BookStore: ...  # noqa: D102  see above
    @property
    def decisions(self) -> DecisionStore: ...  # noqa: D102  see above

    @property
    def now(self) -> datetime:
        """The moment of the transaction."""
        ...

    @property
    def payability(self) -> PayabilityLaw:
        """What the law makes of months after an event."""
        ...

    def tell(self, events: Iterable[Event]) -> None:
        """Put events into the outbox."""
        ...
