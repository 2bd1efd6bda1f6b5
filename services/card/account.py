"""Bank accounts of cards: each is one person's, so that nobody's benefits are paid to somebody else.

The account on a card is the number of that very bank card, opened in its holder's name (人社部发〔2011〕83号): a child
too has an own one, which the guardian opens, and no two people have one together. Who receives for somebody else is
told with the entitlement and is not written on a card (docs/adr/0035-an-account-is-one-persons.md).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from services.common.errors import PreconditionFailed


@dataclass(frozen=True, slots=True)
class AccountHolder:
    """The card that an account is kept by, and whose it is."""

    card: str
    person: str


class AccountHolders:
    """Who holds the accounts that cards are about to get; of one person's cards the one that got it last does."""

    def __init__(self, holders: Mapping[str, AccountHolder]) -> None:
        """Begin with what is kept already, by account."""
        self._kept = holders
        self._holders = dict(holders)

    def give(self, account: str, to: AccountHolder, *, is_live: bool = True) -> bool:
        """Let a card have an account, unless it is somebody else's: False.

        A card that is cancelled leaves it to another one of the person.
        """
        holder = self._holders.setdefault(account, to)
        if holder.person != to.person:
            return False
        if is_live:
            self._holders[account] = to
        return True

    def has(self, account: str, card: str) -> bool:
        """Tell whether a card has had an account already."""
        return account in self._kept and self._kept[account].card == card

    def holds(self, account: str, card: str) -> bool:
        """Tell whether a card is the one that an account is kept by."""
        return self._holders[account].card == card

    @property
    def left(self) -> Collection[str]:
        """Give the cards that have left their account to another one of the same person."""
        kept = ((holder.card, self._holders[account].card) for account, holder in self._kept.items())
        return [former for former, now in kept if former != now]


def account_of_another(**line: str) -> PreconditionFailed:
    """Give the refusal of an account that is somebody else's; `line` says where it stands in a file."""
    return PreconditionFailed(
        "ACCOUNT_OF_ANOTHER",
        "bank_account is that of another person's card: ask the bank whose it is.",
        {"field": "bank_account", **line},
    )


@dataclass(frozen=True, slots=True)
class CardAccount:
    """A card with its account, as it is when nobody has asked yet by which card the account is kept."""

    holder: AccountHolder
    account: str = field(repr=False)
    """Empty when it has none."""
    is_live: bool
    is_open: bool
    """Whether the bank has not closed it."""
