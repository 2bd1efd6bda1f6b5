"""What entitlements and draws need of a store."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import date
from typing import Protocol

from services.common.filtering import Filter
from services.eligibility.domain import Account, EntitlementGrant
from services.eligibility.draw import Draw
from services.eligibility.draw_line import Order
from services.eligibility.entitlement import Entitlement
from services.eligibility.offer import PaidElsewhere


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

    def versions(self, references: Collection[str]) -> Mapping[str, int]:
        """Give the version of each of those with these references."""
        ...

    def of_people(self, people: Collection[str]) -> Mapping[str, Sequence[Entitlement]]:
        """Give all of some people, under whichever name they were granted."""
        ...

    def of_keys(self, keys: Collection[str]) -> Sequence[Entitlement]:
        """Give what was granted of what may be paid once only."""
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

    def page(self, wanted: Filter, size: int, before: str | None, *, unusual: bool = False) -> Sequence[Entitlement]:
        """Give up to `size`, newest first; `unusual`: those alone of which a month may not be paid as usual."""
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

    def last_paid(self, people: Collection[str]) -> Mapping[str, date]:
        """Give the last day on which we paid each of some people what was not reversed, under whichever name."""
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
        """Give by entitlement and month what the standing draws of ours paid or set off, in fen.

        What was paid at once beside a monthly benefit is left out.
        """
        ...

    def paid_at_once(self, people: Collection[str]) -> Set[str]:
        """Give those of some people who were paid something at once beside a monthly benefit, under whichever name."""
        ...

    def get(self, draw: str) -> Draw | None:
        """Give one."""
        ...

    def page(self, wanted: Filter, size: int, before: str | None) -> Sequence[Draw]:
        """Give up to `size`, newest first."""
        ...
