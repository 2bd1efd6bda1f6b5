"""Bank accounts of cards: sealed, and found by a blind index that one person's card alone may have.

The index is a number of 63 bits, as a key at random places is what costs when 10,000 cards a second are issued: a third
of the pages that 128 bits in hexadecimal digits take. That two accounts of a city have the same one, and the second is
refused, is as likely as 1 in 200,000 for 9.5 million accounts (docs/adr/0035-an-account-is-one-persons.md).
"""

import functools
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa

from services.card.account import AccountHolder, CardAccount
from services.card.status import BankFunction, CardStatus
from services.card.store.card_statements import HOLDERS, LEAVE
from services.card.store.tables import CARD, SHARED, UNINDEXED
from services.common.crypto import Vault
from services.common.errors import Conflict
from services.common.sets import among, bound_keys

_COLUMNS = CARD.c
_OTHER = CARD.alias("other")
_KEPT = sa.exists().where(
    _OTHER.c.account_index == -_COLUMNS.account_index,
    _OTHER.c.account_index > sa.literal_column("0"),
    _OTHER.c.bank_function != sa.literal_column("'CLOSED'"),
)
"""That an account which is marked as somebody else's is kept still."""


class AccountTable:
    """Accounts by card, and cards by account."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._indexes: dict[str, int] = {"": 0}
        """Blind indexes of the accounts of this transaction: they are looked for first and kept then."""

    def of(self, cards: Collection[str]) -> Mapping[str, str]:
        """Give the accounts of some cards in clear; those without one are left out."""
        statement = sa.select(_COLUMNS.card, _COLUMNS.sealed_account).where(
            among(self._connection, _COLUMNS.card, sorted(cards))
        )
        sealed = self._connection.execute(statement)
        return {card: self._open(account, card) for card, account in sealed if account}

    def holders(self, accounts: Collection[str]) -> Mapping[str, AccountHolder]:
        """Give those of some accounts that are kept for somebody, each with the card by which it is."""
        account_of = {self.index(account): account for account in accounts}
        holders = HOLDERS.of(self._connection, account_of.keys())
        return {account_of[index]: holder for index, holder in holders.items()}

    def foresee(self, accounts: Collection[str]) -> None:
        """Look up at once what `holders` will be asked for."""
        HOLDERS.foresee(self._connection, [self.index(account) for account in accounts])

    def forget(self, accounts: Iterable[str]) -> None:
        """Forget what was foreseen of accounts that cards have got."""
        HOLDERS.forget(self._connection, [self.index(account) for account in accounts])

    def leave(self, cards: Collection[str]) -> None:
        """Let accounts be kept by these cards no longer: by others of the same people they will be."""
        if cards:
            LEAVE.rows(self._connection, bound_keys(self._connection, cards))

    def go_back(self, cards: Collection[str]) -> None:
        """Let accounts that cards have taken over be kept by their predecessors again: these get others."""
        taken_over = sa.and_(_COLUMNS.account_index != 0, _COLUMNS.replaces != "")
        statement = sa.select(_COLUMNS.replaces, _COLUMNS.account_index).where(
            among(self._connection, _COLUMNS.card, cards), taken_over
        )
        rows = self._connection.execute(statement).all()
        if rows:
            self.leave(cards)
            self._update([{"card": row.replaces, "account_index": row.account_index} for row in rows])

    def hand_over(self, card: str) -> tuple[str, int | None]:
        """Take a card's account from it, in clear, with the index by which it was kept there."""
        statement = sa.select(_COLUMNS.sealed_account, _COLUMNS.account_index).where(_COLUMNS.card == card)
        sealed, index = self._connection.execute(statement).one()
        if index:
            self.leave([card])
        return self._open(sealed, card) if sealed else "", index

    def first_unindexed(self) -> str:
        """Give the first card that has an account of which it is not known yet whether it is kept; empty for none."""
        first = sa.select(_COLUMNS.card).where(UNINDEXED).order_by(_COLUMNS.card).limit(1)
        return self._connection.execute(first).scalar() or ""

    def unindexed(self, first: str, size: int) -> Sequence[CardAccount]:
        """Give up to `size` such cards from the first on, locked."""
        columns = (_COLUMNS.card, _COLUMNS.person, _COLUMNS.status, _COLUMNS.bank_function, _COLUMNS.sealed_account)
        # Before the first, PostgreSQL's index is full of those that were done, until a vacuum takes them away.
        statement = sa.select(*columns).where(UNINDEXED, _COLUMNS.card >= first).order_by(_COLUMNS.card).limit(size)
        rows = self._connection.execute(statement.with_for_update(skip_locked=True)).all()
        return [
            CardAccount(
                AccountHolder(row.card, row.person),
                self._open(row.sealed_account, row.card) if row.sealed_account else "",
                is_live=row.status != CardStatus.CANCELLED,
                is_open=row.bank_function != BankFunction.CLOSED,
            )
            for row in rows
        ]

    def keep(self, accounts: Mapping[str, str], shared: Mapping[str, str]) -> None:
        """Let accounts be kept by cards, given by card; empty for a card by which none is.

        `shared` has, by card, those that are kept for somebody else. Raises Conflict when another has just got one.
        """
        indexes = {card: self.index(account) for card, account in accounts.items()}
        indexes |= {card: -self.index(account) for card, account in shared.items()}
        self._update([{"card": card, "account_index": index} for card, index in indexes.items()])

    def is_any_free(self) -> bool:
        """Tell whether an account is kept for nobody any more that was kept for somebody else than who has it too."""
        return self._connection.execute(sa.select(_COLUMNS.card).where(SHARED, ~_KEPT).limit(1)).first() is not None

    def look_again(self) -> None:
        """Let it be found out anew by which cards such accounts are kept."""
        self._connection.execute(CARD.update().where(SHARED, ~_KEPT).values(account_index=None))

    def put(self, accounts: Mapping[str, str]) -> None:
        """Give cards new accounts, by card, and let them be kept by these; raises Conflict as `keep` does."""
        self._update(
            [
                {"card": card, "sealed_account": self.sealed(card, account), "account_index": self.index(account)}
                for card, account in accounts.items()
            ]
        )

    def _update(self, rows: Sequence[Mapping[str, object]]) -> None:
        if not rows:
            return
        values: dict[str, sa.BindParameter[object]] = {
            name: sa.bindparam(f"new_{name}") for name in rows[0] if name != "card"
        }
        statement = CARD.update().where(_COLUMNS.card == sa.bindparam("new_card")).values(values)
        try:
            self._connection.execute(statement, [{f"new_{name}": row[name] for name in row} for row in rows])
        except sa.exc.IntegrityError as error:
            raise Conflict("CONCURRENT_CHANGE", "Somebody got that account in the same moment; repeat.") from error

    def sealed(self, card: str, account: str) -> bytes:
        """Seal an account for a card; nothing for none."""
        return self._vault.seal(account, f"cards/{card}") if account else b""

    def index(self, account: str) -> int:
        """Give the blind index of an account; 0 for none."""
        index = self._indexes.get(account)
        if index is None:
            digest = hashlib.blake2b(account.encode(), digest_size=8, key=self._key).digest()
            index = self._indexes[account] = int.from_bytes(digest, "big") >> 1 or 1
        return index

    @functools.cached_property
    def _key(self) -> bytes:
        return self._vault.index("key", "bank account")

    def _open(self, sealed: bytes, card: str) -> str:
        return self._vault.open(sealed, f"cards/{card}")
