"""What the use cases speak of, and what they need of the database."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from services.common.aliases import Alias, Identities
from services.common.filtering import Filter
from services.common.merkle import Frontier, Node, Nodes, leaf_hash
from services.fund_audit.detectors.history import (
    AccountHistory,
    CertificationChange,
    Draw,
    PersonHistory,
    Representation,
)
from services.fund_audit.domain import Case, Change, Subject


@dataclass(frozen=True, slots=True)
class Reversed:
    """A draw came back."""

    event_id: str
    draw: str
    person: str
    account: str


@dataclass(frozen=True, slots=True)
class DeathReported:
    """An office reported a death; `evidence` names its record."""

    event_id: str
    person: str
    evidence: str
    death_date: date


@dataclass(frozen=True, slots=True)
class DeathWithdrawn:
    """An office took the report of a death back."""

    person: str
    evidence: str


@dataclass(frozen=True, slots=True)
class SentenceReported:
    """An office or a court told of a sentence; `evidence` names its record."""

    person: str
    evidence: str
    sentence_date: date


@dataclass(frozen=True, slots=True)
class SentenceWithdrawn:
    """The report of a sentence was taken back."""

    person: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Certified:
    """A person's certification came into a state."""

    person: str
    change: CertificationChange


@dataclass(frozen=True, slots=True)
class Parted:
    """A merge was undone: the record means a person of its own again."""

    person: str


_Concerning = (
    Draw | Reversed | DeathReported | DeathWithdrawn | SentenceReported | SentenceWithdrawn | Certified | Alias | Parted
)


@dataclass(frozen=True)
class Facts:
    """What a batch of events says; a draw stands before its reversal, a death before its withdrawal."""

    draws: list[Draw] = field(default_factory=list)
    reversals: list[Reversed] = field(default_factory=list)
    deaths: list[DeathReported | DeathWithdrawn] = field(default_factory=list)
    sentences: list[SentenceReported | SentenceWithdrawn] = field(default_factory=list)
    certifications: list[Certified] = field(default_factory=list)
    representations: list[Representation] = field(default_factory=list)
    merges: list[Alias | Parted] = field(default_factory=list)
    """Each record's in their order."""

    def people(self) -> set[str]:
        """Give everybody whose own history changes."""
        known: tuple[Iterable[_Concerning], ...]
        known = (self.draws, self.reversals, self.deaths, self.sentences, self.certifications, self.merges)
        return {fact.person for facts in known for fact in facts}

    def accounts(self) -> set[str]:
        """Give the accounts whose draws change."""
        return {fact.account for facts in (self.draws, self.reversals) for fact in facts} - {""}


@dataclass(frozen=True, slots=True)
class Filed:
    """A change of a case at its place in the ledger."""

    change: Change
    position: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A case by its last change, and the position at which it was opened, by which lists are ordered."""

    filed: Filed
    opened_position: int


@dataclass(frozen=True, slots=True)
class EvidenceNote:
    """What an event that a case rests on says, without personal data."""

    event_id: str
    event_type: str
    resource: str
    summary: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """A change, or a case by its last change, as an auditor reads it."""

    filed: Filed
    evidence: tuple[EvidenceNote, ...]

    @property
    def position(self) -> int:
        """Give the change's place in the ledger."""
        return self.filed.position


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of cases, newest first."""

    views: tuple[CaseView, ...]
    next_before: int | None
    """Where the next page begins; None on the last one."""
    ledger_size: int
    """From which position a watch misses nothing of the page."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of the ledger as it is stored."""

    position: int
    leaf: bytes
    append_time: datetime

    @property
    def leaf_hash(self) -> bytes:
        """Give the hash under which the entry is in the tree."""
        return leaf_hash(self.leaf)


@dataclass(frozen=True, slots=True)
class Proof:
    """Hashes that lead from what is proved to the root of the tree of `size` entries."""

    size: int
    hashes: tuple[bytes, ...]
    proved: bytes
    """Hash of the entry, or root of the smaller tree."""
    root: bytes


class Store(Protocol):
    """What the use cases need of the database, inside one transaction."""

    def record(self, facts: Facts) -> None:
        """Keep facts; known ones change nothing."""

    def identities(self, names: Set[str]) -> Identities:
        """Tell whom these names mean now, and give all names that merges ever joined with them."""

    def accounts_of(self, people: Set[str]) -> set[str]:
        """Give the accounts that these people draw to, and all whom representatives and merges join with them."""

    def person_histories(self, identities: Identities) -> Sequence[PersonHistory]:
        """Load those histories of these people in which any rule could find something."""

    def account_histories(self, accounts: Set[str]) -> Sequence[AccountHistory]:
        """Load those histories of these accounts in which any rule could find something."""

    def cases_about(self, subjects: Set[Subject]) -> Sequence[Case]:
        """Give the live and the decided cases about these subjects."""

    def case(self, case_id: str) -> Filed | None:
        """Give a case by its last change."""

    def list_cases(self, wanted: Filter, before: int | None, limit: int) -> "Sequence[Listed]":
        """Give cases, newest first, that were opened before a ledger position."""

    def evidence(self, people: Set[str], event_ids: Set[str]) -> Mapping[str, EvidenceNote]:
        """Describe events about these people, under whichever name they were told."""

    def lock_ledger(self) -> Frontier:
        """Give the ledger's right edge and keep everybody else from appending until the transaction ends."""

    def file(
        self, filed: Sequence[Filed], leaves: Sequence[bytes], after: Frontier, completed: Nodes, at: datetime
    ) -> None:
        """Append changes with their leaves to the ledger, bring their cases up to date, and announce them."""

    def frontier(self) -> Frontier:
        """Give the ledger's right edge."""

    def entries(self, start: int, limit: int) -> Sequence[LedgerEntry]:
        """Give the ledger entries at `limit` positions from `start` on, in order."""

    def nodes(self, wanted: Sequence[Node]) -> Nodes:
        """Give stored subtrees."""

    def nodes_completed_by(self, begin: int, end: int) -> Nodes:
        """Give the stored subtrees that the entries begin to end - 1 completed."""
