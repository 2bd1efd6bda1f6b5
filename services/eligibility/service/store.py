"""What the use cases need of a store."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from services.eligibility.certification import CertificationEvent
from services.eligibility.draw import DrawEvent
from services.eligibility.entitlement import EntitlementEvent
from services.eligibility.evidence import EvidenceEvent
from services.eligibility.feed import FeedBatchChanged
from services.eligibility.payability_law import PayabilityLaw
from services.eligibility.proposal import ProposalChanged
from services.eligibility.service.certification_store import BirthLookStore, CertificationStore, SweepStore
from services.eligibility.service.decision_store import BookStore, DecisionStore, FactStore, NameStore
from services.eligibility.service.draw_list_store import DrawListStore, OffsetStore
from services.eligibility.service.entitlement_store import DrawStore, EntitlementStore
from services.eligibility.service.evidence_store import EvidenceStore, FeedStore, RefusedStore
from services.eligibility.service.proposal_store import FindingRunStore, ProposalStore

Event = FeedBatchChanged | EvidenceEvent | CertificationEvent | EntitlementEvent | DrawEvent | ProposalChanged


class Store(Protocol):
    """All of it, within one transaction."""

    @property
    def names(self) -> NameStore: ...  # noqa: D102  what it is says its type
    @property
    def evidence(self) -> EvidenceStore: ...  # noqa: D102  what it is says its type
    @property
    def feeds(self) -> FeedStore: ...  # noqa: D102  see above
    @property
    def refused(self) -> RefusedStore: ...  # noqa: D102  see above
    @property
    def birth_look(self) -> BirthLookStore: ...  # noqa: D102  see above
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
