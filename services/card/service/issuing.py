"""Cards are applied for, issued, made, and applied for again in the place of another."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.card.account import AccountHolder, AccountHolders, account_of_another
from services.card.applying import apply_card, deceased_error, issue_card, live_card_error
from services.card.calendar import Deadline
from services.card.domain import Card, Change
from services.card.number import card_no
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.person import unknown_person
from services.card.personalising import Making
from services.card.service.cards import foresee_followed, keep_change, locked_card
from services.card.service.order import Order, admit, record, record_origin, takes_long
from services.card.service.outcome import Numbered, Outcome
from services.card.service.store import Store
from services.card.status import CardParameters
from services.card.succession import Succession
from services.common.clock import bureau_date
from services.common.ids import new_id, new_ids
from services.common.masking import mask_account


@dataclass(frozen=True, slots=True)
class Application:
    """Who wants a card, and from whom."""

    person: str
    issuing_division: str
    service_bank_code: str


@dataclass(frozen=True, slots=True)
class Issue:
    """A card that is issued in one step."""

    application: Application
    account: str = field(repr=False)
    issue_date: date


def apply_for_card(store: Store, application: Application, order: Order, book: ParameterBook) -> Card:
    """Apply for a card; who has a live one is refused."""
    standing = store.people.known([application.person]).get(application.person)
    if standing is None:
        raise unknown_person(application.person)
    admit(store, order, standing, book)
    live = store.cards.live_of(standing)
    if live is not None:
        raise live_card_error(live)
    if not order.actor.shows_life and store.cards.deceased([standing]):
        raise deceased_error()
    is_long = takes_long(store, order, standing, book)
    due = book.making_deadline(bureau_date(order.now), is_long=is_long)
    division, bank = application.issuing_division, application.service_bank_code
    return add_card(store, apply_card(new_id(), standing, division, bank, order.now, due), order)


def foresee_applications(store: Store, people: Collection[str]) -> None:
    """Look up at once what applications for these people will ask for."""
    store.cards.foresee_applicants(store.people.foresee(people))


def issue_cards(store: Store, items: Numbered[Issue], order: Order, book: ParameterBook) -> Outcome:
    """Issue cards in one step each; people who hold a live card count as repeated."""
    admit(store, order, "", book)
    outcome, parameters = Outcome(), book.on(bureau_date(order.now))
    people = {issue.application.person for _, issue in items}
    known = store.people.known(people)
    holders = {known[person] for person in store.cards.live(people)}
    deceased = store.cards.deceased(set(known.values()) - holders)
    accounts = AccountHolders(store.accounts.holders({issue.account for _, issue in items}))
    new: list[tuple[str, Issue]] = []
    for card, (index, issue) in zip(new_ids(len(items)), items, strict=True):
        person = known.get(issue.application.person)
        if person is None:
            outcome.refused.append((index, unknown_person(issue.application.person)))
        elif person in holders:
            outcome.repeated += 1
        elif person in deceased:
            outcome.refused.append((index, deceased_error()))
        elif not accounts.give(issue.account, AccountHolder(card, person)):
            outcome.refused.append((index, account_of_another()))
        else:
            holders.add(person)
            new.append((card, _standing(issue, person)))
    first = store.cards.take_sequence(len(new)) if new else 0
    numbered = enumerate(new, first)
    changes = [_issued(store, card, issue, number, parameters, order.now) for number, (card, issue) in numbered]
    store.accounts.leave(accounts.left)
    origin = record_origin(store, order) if new else ""
    store.cards.add([card for card, _ in changes], {card: issue.account for card, issue in new}, origin)
    store.tell([event for _, event in changes if event is not None])
    outcome.accepted = len(new)
    return outcome


def make_card(
    store: Store, card: str, version: int | None, account: str, issue_date: date, order: Order, book: ParameterBook
) -> Card:
    """Record that a card was personalised: it gets its numbers and its account."""
    found = locked_card(store, card, version, order, book)
    found.check(Operation.MAKE)  # before a number is taken
    accounts = AccountHolders(store.accounts.holders([account]))
    if not accounts.give(account, AccountHolder(found.card, found.person)):
        raise account_of_another()
    store.accounts.leave(accounts.left)
    if found.masked_account and not accounts.has(account, card):
        store.accounts.go_back([card])
    making = _making(store, found.issuing_division, store.cards.take_sequence(1), account, issue_date)
    return keep_change(store, found.make(making, book.on(bureau_date(order.now)), order.now), order, account)


def foresee_accounts(store: Store, accounts: Collection[str]) -> None:
    """Look up at once whose the accounts are that cards are about to get."""
    store.accounts.foresee(accounts)


def foresee_makings(store: Store, cards: Collection[str]) -> None:
    """Look up at once what making these cards will ask for, and take their numbers."""
    found = store.cards.foresee_locked(cards)
    unnumbered = sum(not card.card_no for card in found)
    if unnumbered:
        store.cards.foresee_sequence(unnumbered)
    foresee_followed(store, found)


def succeed_card(
    store: Store,
    card: str,
    version: int | None,
    succession: Callable[[Card, str, Deadline], Succession],
    order: Order,
    book: ParameterBook,
) -> Card:
    """Cancel a card and apply for its successor, which is given.

    `succession` takes the card, the successor's id and the last day for making it.
    """
    found = locked_card(store, card, version, order, book)
    is_long = takes_long(store, order, found.person, book)
    due = book.making_deadline(bureau_date(order.now), is_long=is_long)
    cancelled, applied = succession(found, new_id(), due)
    keep_change(store, cancelled, order)  # first, as the holder has one live card at any moment
    return add_card(store, applied, order)


def add_card(store: Store, change: Change, order: Order, regarding: str = "") -> Card:
    """Keep a new card, with the account of the one in whose place it is, tell it, and record who asked."""
    card, event = change
    if card.replaces:
        store.cards.add_successor(card)
    else:
        store.cards.add([card], {})
    store.tell([event] if event is not None else [])
    record(store, order, card, regarding)
    return card


def _standing(issue: Issue, person: str) -> Issue:
    """Issue it to the person whose record stands for who was asked for, nearly always the same."""
    if person == issue.application.person:
        return issue
    return replace(issue, application=replace(issue.application, person=person))


def _making(store: Store, division: str, sequence: int, account: str, issue_date: date) -> Making:
    code = store.cards.identification_code(division, sequence)
    return Making(card_no(sequence), code, mask_account(account), issue_date)


def _issued(store: Store, card: str, issue: Issue, sequence: int, parameters: CardParameters, now: datetime) -> Change:
    person, division = issue.application.person, issue.application.issuing_division
    making = _making(store, division, sequence, issue.account, issue.issue_date)
    return issue_card(card, person, division, issue.application.service_bank_code, making, parameters, now)
