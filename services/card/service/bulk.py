"""Employers and schools apply for their people's cards, by letter and name list (批量申领)."""

from services.card.actor import IN_BULK
from services.card.applying import apply_card, deceased_error, live_card_error
from services.card.domain import Card, CardEvent
from services.card.parameters import ParameterBook
from services.card.person import unknown_person
from services.card.service.issuing import Application
from services.card.service.order import Order, admit, record
from services.card.service.outcome import Numbered, Outcome
from services.card.service.store import Store
from services.common.clock import bureau_date
from services.common.errors import PermissionDenied
from services.common.ids import new_id


def apply_for_cards(store: Store, items: Numbered[Application], order: Order, book: ParameterBook) -> Outcome:
    """Apply for many cards at once; who waits for the same card already counts as repeated."""
    _admit(store, order, book)
    outcome = Outcome()
    asked = {application.person for _, application in items}
    known = store.people.known(asked)
    live = {card.person: card for card in store.cards.live(asked).values()}
    deceased = store.cards.deceased(set(known.values()) - live.keys())
    due = book.making_deadline(bureau_date(order.now), is_long=True)
    new: list[tuple[Card, CardEvent | None]] = []
    for index, application in items:
        person = known.get(application.person)
        if person is None:
            outcome.refused.append((index, unknown_person(application.person)))
            continue
        if person in deceased:
            outcome.refused.append((index, deceased_error()))
            continue
        held, bank = live.get(person), application.service_bank_code
        if held is None:
            change = apply_card(new_id(), person, application.issuing_division, bank, order.now, due)
            live[person] = change[0]
            new.append(change)
        elif held.status is None and _wants(held) == (application.issuing_division, bank):
            outcome.repeated += 1
        else:
            outcome.refused.append((index, live_card_error(held)))
    cards = [card for card, _ in new]
    store.cards.add(cards, {})
    store.tell([event for _, event in new if event is not None])
    for card in cards:
        record(store, order, card)
    outcome.accepted = len(cards)
    return outcome


def _admit(store: Store, order: Order, book: ParameterBook) -> None:
    """Raise unless an employer or school asks, by a letter."""
    actor = order.actor
    if actor.kind not in IN_BULK:
        raise PermissionDenied(
            "ACTOR_NOT_ALLOWED",
            "Only an employer or a school applies for many at once.",
            {"operation": order.operation, "found": actor.kind, "needed": ",".join(IN_BULK)},
        )
    admit(store, order, "", book)


def _wants(card: Card) -> tuple[str, str]:
    return card.issuing_division, card.service_bank_code
