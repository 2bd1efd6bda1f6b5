"""The store of eligibility: rows and domain objects; rows never leave it."""

from collections.abc import Callable, Collection, Iterable

import sqlalchemy as sa

from services.common import outbox
from services.common.clock import Clock
from services.common.crypto import Vault
from services.eligibility.events import DomainEvent, to_event
from services.eligibility.evidence import EvidenceKind
from services.eligibility.payability_law import PayabilityLaw
from services.eligibility.store.birth_look import BirthLookTable
from services.eligibility.store.book import BookTable
from services.eligibility.store.certification import CertificationTable
from services.eligibility.store.decision import DecisionTable
from services.eligibility.store.draw import DrawTable
from services.eligibility.store.draw_list import DrawListTable
from services.eligibility.store.entitlement import EntitlementTable
from services.eligibility.store.evidence import EvidenceTable
from services.eligibility.store.facts import FactTable
from services.eligibility.store.feed import FeedTable
from services.eligibility.store.names import NameTable
from services.eligibility.store.offset import OffsetTable
from services.eligibility.store.proposal import FindingRunTable, ProposalTable
from services.eligibility.store.refused import RefusedTable
from services.eligibility.store.sweep import SweepTable
from services.eligibility.store.tables.base import METADATA

__all__ = ["METADATA", "EligibilityStore", "opener"]


class EligibilityStore:
    """All tables within one transaction."""

    def __init__(
        self,
        connection: sa.Connection,
        vault: Vault,
        clock: Clock,
        weak: Collection[EvidenceKind],
        payability: PayabilityLaw,
    ) -> None:
        self.payability = payability
        self.now = now = clock()
        self.names = NameTable(connection)
        self.evidence = EvidenceTable(connection, weak, self.names)
        self.feeds = FeedTable(connection, vault)
        self.refused = RefusedTable(connection)
        self.birth_look = BirthLookTable(connection)
        self.certifications = CertificationTable(connection, now, self.names)
        self.entitlements = EntitlementTable(connection, vault, self.names)
        self.draws = DrawTable(connection, vault, self.names)
        self.draw_lists = DrawListTable(connection, vault, self.names)
        self.facts = FactTable(connection, self.names)
        self.offsets = OffsetTable(connection)
        self.sweeps = SweepTable(connection, now)
        self.proposals = ProposalTable(connection, self.names)
        self.finding_runs = FindingRunTable(connection)
        self.books = BookTable(connection, vault, now)
        self.decisions = DecisionTable(connection, vault, self.names)
        self._connection = connection

    def tell(self, events: Iterable[DomainEvent]) -> None:
        """Put events into the outbox."""
        outbox.append(self._connection, [to_event(event, self.now) for event in events])


def opener(
    vault: Vault, clock: Clock, weak: Collection[EvidenceKind], payability: PayabilityLaw
) -> Callable[[sa.Connection], EligibilityStore]:
    """Give what opens a store on a connection.

    Kinds of evidence in `weak` never decide and are not read; `payability` is the law of what months are worth.
    """
    return lambda connection: EligibilityStore(connection, vault, clock, weak, payability)
