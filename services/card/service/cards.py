"""Cards are applied for, made, handed out, enabled, lost, found, replaced, cancelled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from services.card.domain import Card, CardEvent, Change, Making, apply_card, check_version, issue_card, live_card_error
from services.card.number import card_no
from services.card.person import unknown_person
from services.card.service.outcome import Numbered, Outcome
from services.card.service.store import Store
from services.card.status import CardParameters
from services.common.errors import NotFound
from services.common.filtering import Filter
from services.common.ids import new_id
from services.common.masking import mask_account

LAPSED_AT_ONCE = 1_000
"""Provisional losses that lapse in one transaction."""


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


def apply_for_card(store: Store, application: Application, now: datetime) -> Card:
    """Apply for a card; who has a live one is refused."""
    standing = store.people.known([application.person]).get(application.person)
    if standing is None:
        raise unknown_person(application.person)
    application = replace(application, person=standing)
    live = store.cards.live([application.person]).get(application.person)
    if live is not None:
        raise live_card_error(live)
    return _add(store, _applied(application, now))


def issue_cards(store: Store, items: Numbered[Issue], parameters: CardParameters, now: datetime) -> Outcome:
    """Issue cards in one step each; people who hold a live card count as repeated."""
    outcome = Outcome()
    people = {issue.application.person for _, issue in items}
    known = store.people.known(people)
    holders = {known[person] for person in store.cards.live(people)}
    new: list[Issue] = []
    for index, issue in items:
        person = known.get(issue.application.person)
        if person is None:
            outcome.refused.append((index, unknown_person(issue.application.person)))
        elif person in holders:
            outcome.repeated += 1
        else:
            holders.add(person)
            new.append(replace(issue, application=replace(issue.application, person=person)))
    first = store.cards.take_sequence(len(new)) if new else 0
    changes = [_issued(store, issue, first + place, parameters, now) for place, issue in enumerate(new)]
    cards = [card for card, _ in changes]
    store.cards.add(cards, {card.card: issue.account for card, issue in zip(cards, new, strict=True)})
    _tell(store, [event for _, event in changes])
    outcome.accepted = len(new)
    return outcome


def make_card(
    store: Store,
    card: str,
    version: int | None,
    account: str,
    issue_date: date,
    parameters: CardParameters,
    now: datetime,
) -> Card:
    """Record that a card was personalised: it gets its numbers and its account."""
    found = _found(store, card, version)
    sequence = store.cards.take_sequence(1)
    made, event = found.make(_making(store, found, sequence, account, issue_date), parameters, now)
    return _keep(store, (made, event), account)


def change_card(
    store: Store, card: str, version: int | None, operation: Callable[[Card], Change], now: datetime
) -> Card:
    """Carry out an operation on a card; a provisional loss whose days have run out lapses before it."""
    found = _found(store, card, version)
    if found.is_lapse_due(now):
        found = _keep(store, found.lapse_loss(now))
    return _keep(store, operation(found))


def replace_card(store: Store, card: str, version: int | None, now: datetime) -> Card:
    """Cancel a formally lost card and apply for its successor, which is given."""
    cancelled, applied = _found(store, card, version).replace(new_id(), now)
    _keep(store, cancelled)  # first, as the holder has one live card at any moment
    return _add(store, applied)


def lapse_losses(store: Store, now: datetime) -> int:
    """Let provisional losses whose days have run out lapse; gives how many."""
    changes = [card.lapse_loss(now) for card in store.cards.lapse_due(now, LAPSED_AT_ONCE)]
    store.cards.save_locked([card for card, _ in changes])
    _tell(store, [event for _, event in changes])
    return len(changes)


def get_card(store: Store, card: str) -> Card:
    """Read a card."""
    return _found(store, card, None)


def list_cards(store: Store, wanted: Filter, size: int, before: str | None) -> Sequence[Card]:
    """List cards, newest first."""
    return store.cards.page(wanted, size, before)


def verify_card(store: Store, number: str, code: str, today: date) -> bool:
    """Tell whether the card with this number or identification code is good for use."""
    found = store.cards.by_number(number, code)
    return found is not None and found.is_valid_on(today)


def check_payees(store: Store, people: Sequence[str]) -> Sequence[bool]:
    """Tell for each of some people whether the account of the card may be paid."""
    live = store.cards.live(people)
    return [person in live and live[person].is_payable for person in people]


def _found(store: Store, card: str, version: int | None) -> Card:
    found = store.cards.get(card)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such card.", {"resource": f"cards/{card}"})
    check_version(found, version)
    return found


def _keep(store: Store, change: Change, account: str = "") -> Card:
    card, event = change
    if event is not None:
        store.cards.save(card, account)
        store.tell([event])
    return card


def _add(store: Store, change: Change) -> Card:
    card, event = change
    store.cards.add([card], {})
    _tell(store, [event])
    return card


def _applied(application: Application, now: datetime) -> Change:
    return apply_card(new_id(), application.person, application.issuing_division, application.service_bank_code, now)


def _making(store: Store, card: Card, sequence: int, account: str, issue_date: date) -> Making:
    code = store.cards.identification_code(card.issuing_division, sequence)
    return Making(card_no(sequence), code, mask_account(account), issue_date)


def _issued(store: Store, issue: Issue, sequence: int, parameters: CardParameters, now: datetime) -> Change:
    applied, _ = _applied(issue.application, now)
    return issue_card(applied, _making(store, applied, sequence, issue.account, issue.issue_date), parameters, now)


def _tell(store: Store, events: Sequence[CardEvent | None]) -> None:
    store.tell([event for event in events if event is not None])
