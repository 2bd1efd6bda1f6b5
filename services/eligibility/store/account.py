"""Bank accounts outside of their seal."""

from services.common.crypto import Vault
from services.eligibility.domain import Account

_UNKNOWN = Account("", "")


def account_of(vault: Vault, number: str) -> Account:
    """Give the key and the masked form of an account; both empty for an unknown one."""
    return Account(vault.index(number, "account").hex(), "*" * (len(number) - 4) + number[-4:]) if number else _UNKNOWN
