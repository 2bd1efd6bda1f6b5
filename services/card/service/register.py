"""A register of another system is taken over."""

from collections.abc import Iterable

from services.card.account import AccountHolder, AccountHolders, account_of_another
from services.card.applying import live_card_error
from services.card.domain import Card
from services.card.existing import ExistingCard, take_over
from services.card.parameters import ParameterBook
from services.card.person import unknown_person
from services.card.service.order import Order, admit, record_origin
from services.card.service.outcome import Numbered, Outcome
from services.card.service.store import Store
from services.common.clock import bureau_date
from services.common.errors import AlreadyExists, DomainError
from services.common.ids import new_ids


def import_cards(store: Store, items: Numbered[ExistingCard], order: Order, book: ParameterBook) -> Outcome:
    """Take cards over with their numbers, status and dates; those that are here already count as repeated."""
    admit(store, order, "", book)
    outcome, parameters = Outcome(), book.on(bureau_date(order.now))
    asked = {existing.person for _, existing in items}
    known = store.people.known(asked)
    live = {known[person]: card for person, card in store.cards.live(asked).items()}
    here = _Numbers(
        store.cards.numbered(
            {existing.card_no for _, existing in items}, {existing.identification_code for _, existing in items}
        )
    )
    accounts = AccountHolders(store.accounts.holders({existing.account for _, existing in items} - {""}))
    new: dict[str, str] = {}
    changes = []
    for name, (index, existing) in zip(new_ids(len(items)), items, strict=True):
        person = known.get(existing.person)
        if person is None:
            outcome.refused.append((index, unknown_person(existing.person)))
        elif here.has(existing, person):
            outcome.repeated += 1
        elif (refusal := here.refusal(existing)) is not None:
            outcome.refused.append((index, refusal))
        elif existing.is_live and person in live:
            outcome.refused.append((index, live_card_error(live[person])))
        elif not _is_given(accounts, existing, AccountHolder(name, person)):
            outcome.refused.append((index, account_of_another()))
        else:
            card, event = take_over(existing, name, person, parameters, order.now)
            here.add(card)
            if existing.is_live:
                live[person] = card
            new[card.card] = existing.account
            changes.append((card, event))
    store.accounts.leave(accounts.left)
    not_kept = {card for card, account in new.items() if account and not accounts.holds(account, card)}
    origin = record_origin(store, order) if changes else ""
    store.cards.add([card for card, _ in changes], new, origin, not_kept)
    store.tell([event for _, event in changes if event is not None])
    outcome.accepted = len(changes)
    return outcome


def _is_given(accounts: AccountHolders, existing: ExistingCard, to: AccountHolder) -> bool:
    return not existing.account or accounts.give(existing.account, to, is_live=existing.is_live)


class _Numbers:
    """Cards by their two numbers."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self._by_number: dict[str, Card] = {}
        self._by_code: dict[str, Card] = {}
        for card in cards:
            self.add(card)

    def add(self, card: Card) -> None:
        self._by_number[card.card_no] = card
        self._by_code[card.identification_code] = card

    def has(self, existing: ExistingCard, person: str) -> bool:
        """Tell whether the card is here: the number and the code are one card's, and the holder is the same."""
        card = self._by_number.get(existing.card_no)
        return card is not None and card.person == person and card is self._by_code.get(existing.identification_code)

    def refusal(self, existing: ExistingCard) -> DomainError | None:
        """Refuse a card one of whose numbers is another card's."""
        card = self._by_number.get(existing.card_no) or self._by_code.get(existing.identification_code)
        if card is None:
            return None
        return AlreadyExists(
            "RESOURCE_EXISTS",
            "Another card has that card number or identification code.",
            {"resource": f"cards/{card.card}"},
        )
