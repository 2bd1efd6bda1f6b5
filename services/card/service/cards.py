"""Cards are applied for, made, handed out, enabled, lost, found, replaced, cancelled."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.card.actor import ProofKind
from services.card.applying import apply_card, deceased_error, issue_card, live_card_error
from services.card.calendar import Deadline
from services.card.domain import Card, CardEvent, Change, check_version
from services.card.number import card_no
from services.card.parameters import ParameterBook
from services.card.person import unknown_person
from services.card.personalising import Making
from services.card.service.order import Order, admit, record, takes_long
from services.card.service.outcome import Numbered, Outcome
from services.card.service.store import Store
from services.card.status import CardParameters
from services.card.succession import Succession
from services.common.clock import bureau_date
from services.common.errors import NotFound
from services.common.filtering import Filter, renamed, values_of
from services.common.ids import new_id
from services.common.masking import mask_account

FORGOTTEN_AT_ONCE = 10_000
"""Changes that are deleted in one transaction."""


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
    application = replace(application, person=standing)
    admit(store, order, standing, book)
    live = store.cards.live_of(standing)
    if live is not None:
        raise live_card_error(live)
    if ProofKind.ALIVE not in order.actor.shown and store.cards.deceased([standing]):
        raise deceased_error()
    is_long = takes_long(store, order, application.person, book)
    due = book.making_deadline(bureau_date(order.now), is_long=is_long)
    return _add(store, _applied(application, order.now, due), order)


def foresee_applications(store: Store, people: Collection[str]) -> None:
    """Look up at once what applications for these people will ask for."""
    store.cards.foresee_applicants(store.people.foresee(people))


def issue_cards(store: Store, items: Numbered[Issue], parameters: CardParameters, now: datetime) -> Outcome:
    """Issue cards in one step each; people who hold a live card count as repeated."""
    outcome = Outcome()
    people = {issue.application.person for _, issue in items}
    known = store.people.known(people)
    holders = {known[person] for person in store.cards.live(people)}
    deceased = store.cards.deceased(set(known.values()) - holders)
    new: list[Issue] = []
    for index, issue in items:
        person = known.get(issue.application.person)
        if person is None:
            outcome.refused.append((index, unknown_person(issue.application.person)))
        elif person in holders:
            outcome.repeated += 1
        elif person in deceased:
            outcome.refused.append((index, deceased_error()))
        else:
            holders.add(person)
            new.append(_standing(issue, person))
    first = store.cards.take_sequence(len(new)) if new else 0
    changes = [_issued(store, issue, first + place, parameters, now) for place, issue in enumerate(new)]
    cards = [card for card, _ in changes]
    store.cards.add(cards, {card.card: issue.account for card, issue in zip(cards, new, strict=True)})
    _tell(store, [event for _, event in changes])
    outcome.accepted = len(new)
    return outcome


def make_card(
    store: Store, card: str, version: int | None, account: str, issue_date: date, order: Order, book: ParameterBook
) -> Card:
    """Record that a card was personalised: it gets its numbers and its account."""
    found = locked_card(store, card, version, order, book)
    sequence = store.cards.take_sequence(1)
    making = _making(store, found, sequence, account, issue_date)
    return keep_change(store, found.make(making, book.on(bureau_date(order.now)), order.now), order, account)


def change_card(
    store: Store,
    card: str,
    version: int | None,
    operation: Callable[[Card], Change],
    order: Order,
    book: ParameterBook,
) -> Card:
    """Carry out an operation on a card; a provisional loss whose days have run out lapses before it."""
    return keep_change(store, operation(locked_card(store, card, version, order, book)), order)


def foresee_changes(store: Store, cards: Collection[str]) -> None:
    """Look up at once what changes of these cards will ask for."""
    store.cards.foresee_locked(cards)


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
    account = store.cards.account(found.card) if applied[0].masked_account else ""
    keep_change(store, cancelled, order)  # first, as the holder has one live card at any moment
    return _add(store, applied, order, account)


def locked_card(store: Store, card: str, version: int | None, order: Order, book: ParameterBook) -> Card:
    """Lock a card for an operation that its asker may ask for; a provisional loss that has run out lapses first."""
    found = store.cards.locked(card)
    if found is None:
        raise _no_card(card)
    check_version(found, version)
    admit(store, order, found.person, book)
    if not found.is_lapse_due(order.now):
        return found
    lapsed, event = found.lapse_loss(order.now)
    store.cards.save(lapsed)
    _tell(store, [event])
    return lapsed


def keep_change(store: Store, change: Change, order: Order, account: str = "") -> Card:
    """Keep what an operation has made of a card, tell it, and record who asked; nothing when nothing changed."""
    card, event = change
    if event is not None:
        store.cards.save(card, account)
        store.tell([event])
        record(store, order, card)
    return card


def get_card(store: Store, card: str) -> Card:
    """Read a card."""
    found = store.cards.get(card)
    if found is None:
        raise _no_card(card)
    return found


def foresee_cards(store: Store, cards: Collection[str]) -> None:
    """Look up at once the cards that will be read."""
    store.cards.foresee(cards)


def list_cards(store: Store, wanted: Filter, size: int, before: str | None) -> Sequence[Card]:
    """List cards, newest first."""
    return store.cards.page(standing_people(store, wanted), size, before)


def standing_people(store: Store, wanted: Filter) -> Filter:
    """Let a filter by a merged person mean the person whose record stands for that one, who holds the cards."""
    known = store.people.known(values_of(wanted, "person"))
    return renamed(wanted, "person", {person: (standing,) for person, standing in known.items()}) if known else wanted


def list_first_cards(store: Store, wanted: Filter, size: int) -> tuple[Sequence[Card], int]:
    """List the newest cards, and give the position from which to watch on: what changes meanwhile is told twice."""
    _, end = store.cards.change_bounds()  # before the cards, as what comes between must lie after it
    return list_cards(store, wanted, size, None), end


def forget_changes(store: Store, before: datetime) -> int:
    """Delete changes that no watch may resume from any more; gives how many."""
    return store.cards.forget_changes(before, FORGOTTEN_AT_ONCE)


def verify_card(store: Store, number: str, code: str, today: date) -> bool:
    """Tell whether the card with this number or identification code is good for use."""
    found = store.cards.by_number(number, code)
    return found is not None and found.is_valid_on(today)


def foresee_numbers(store: Store, numbers: Collection[str]) -> None:
    """Look up at once the cards that will be verified by their numbers."""
    store.cards.foresee_numbers(numbers)


def foresee_codes(store: Store, codes: Collection[str]) -> None:
    """Look up at once the cards that will be verified by their identification codes."""
    store.cards.foresee_codes(codes)


def check_payees(store: Store, people: Sequence[str]) -> Sequence[bool]:
    """Tell for each of some people whether the account of the card may be paid."""
    live = store.cards.live(people)
    return [person in live and live[person].is_payable for person in people]


def _no_card(card: str) -> NotFound:
    return NotFound("RESOURCE_NOT_FOUND", "There is no such card.", {"resource": f"cards/{card}"})


def _add(store: Store, change: Change, order: Order, account: str = "") -> Card:
    card, event = change
    store.cards.add([card], {card.card: account})
    _tell(store, [event])
    record(store, order, card)
    return card


def _applied(application: Application, now: datetime, due: Deadline | None = None) -> Change:
    division, bank = application.issuing_division, application.service_bank_code
    return apply_card(new_id(), application.person, division, bank, now, due)


def _standing(issue: Issue, person: str) -> Issue:
    """Issue it to the person whose record stands for who was asked for, nearly always the same."""
    if person == issue.application.person:
        return issue
    return replace(issue, application=replace(issue.application, person=person))


def _making(store: Store, card: Card, sequence: int, account: str, issue_date: date) -> Making:
    code = store.cards.identification_code(card.issuing_division, sequence)
    return Making(card_no(sequence), code, mask_account(account), issue_date)


def _issued(store: Store, issue: Issue, sequence: int, parameters: CardParameters, now: datetime) -> Change:
    applied, _ = _applied(issue.application, now)
    return issue_card(applied, _making(store, applied, sequence, issue.account, issue.issue_date), parameters, now)


def _tell(store: Store, events: Sequence[CardEvent | None]) -> None:
    store.tell([event for event in events if event is not None])
