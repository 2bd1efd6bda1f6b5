"""Whose accounts are, as a clerk would note it down: by which card each is kept, until the bank has closed it there."""

from collections.abc import Callable


class Ownership:
    """The accounts of one holder's cards."""

    def __init__(self) -> None:
        self.keeper: dict[str, str] = {}
        """Account -> card."""

    def taken_over(self, old: str, new: str) -> None:
        """Note that a card has taken over the account of another."""
        self.keeper.update({account: new for account, card in self.keeper.items() if card == old})

    def given(self, card: str, account: str, predecessor: str) -> None:
        """Note that a card was made with an account; what it had taken over goes back."""
        for other, keeper in self.keeper.items():
            if keeper == card and other != account:
                self.keeper[other] = predecessor
        self.keeper[account] = card

    def of_others(self, is_closed: Callable[[str], bool]) -> dict[str, bool]:
        """Give the last accounts, each with whether nobody else may have it."""
        last = list(self.keeper.items())[-4:]
        return {account: not is_closed(card) for account, card in last}
