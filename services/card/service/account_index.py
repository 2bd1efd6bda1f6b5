"""Accounts of cards from before there was an index of them get theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.card.account import AccountHolders, CardAccount
from services.card.service.store import Store

INDEXED_AT_ONCE = 500
"""Cards of one transaction: their accounts are unsealed, so that others wait some ten milliseconds for it."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What a transaction has come to."""

    count: int
    """Cards that it found; fewer than INDEXED_AT_ONCE when no more are left."""
    last: str
    """The last of them."""
    shared: Sequence[str]
    """Those of them whose account is kept for somebody else already: the bureau asks the bank whose it is."""


def first_unindexed(store: Store) -> str:
    """Give the first card that waits for that; empty for none."""
    return store.accounts.first_unindexed()


def has_freed(store: Store) -> bool:
    """Tell whether the bank has closed an account at the card by which it was kept, and somebody else has it too."""
    return store.accounts.is_any_free()


def look_again(store: Store) -> None:
    """Let it be found out anew by which cards such accounts are kept."""
    store.accounts.look_again()


def index_accounts(store: Store, first: str) -> Indexed:
    """Find out for some cards, from the first on, whether their accounts are kept by them.

    Of a person's cards with one account it is kept by the live one.
    """
    found = store.accounts.unindexed(first, INDEXED_AT_ONCE)
    open_ones = [one for one in found if one.account and one.is_open]
    holders = AccountHolders(store.accounts.holders({one.account for one in open_ones}))
    shared = {
        one.holder.card: one.account
        for one in open_ones
        if not holders.give(one.account, one.holder, is_live=one.is_live)
    }
    store.accounts.leave(holders.left)
    store.accounts.keep(_kept(found, open_ones, holders), shared)
    return Indexed(len(found), found[-1].holder.card if found else first, tuple(shared))


def _kept(found: Sequence[CardAccount], open_ones: Sequence[CardAccount], holders: AccountHolders) -> Mapping[str, str]:
    kept: dict[str, str] = {one.holder.card: "" for one in found}
    for one in open_ones:
        if holders.holds(one.account, one.holder.card):
            kept[one.holder.card] = one.account
    return kept
