"""One person has one card: of two that a merge brings together one ends, and what was on it goes over to the other."""

from collections.abc import Collection, Sequence
from datetime import datetime

from services.card.actor import Actor, ActorKind, Proof, ProofKind
from services.card.application import MOST_OPEN
from services.card.domain import Card
from services.card.ecard_event import changes
from services.card.merge import Merge
from services.card.operation import Operation
from services.card.parameters import ParameterBook
from services.card.service.cards import get_card, keep_change
from services.card.service.ecards import follow_cards, keep_ecards, lock_ecard
from services.card.service.issuing import add_card
from services.card.service.order import Order, takes_long
from services.card.service.store import Store
from services.card.status import CancelReason
from services.card.succession import restore_card
from services.common.clock import bureau_date
from services.common.ids import new_id


def own_ecards(store: Store, people: Collection[str]) -> tuple[tuple[str, str, str], ...]:
    """Give, locked, each electronic card of some records with the physical one that it had last, and the holder."""
    return tuple((ecard.ecard, ecard.card, ecard.person) for ecard in store.ecards.following((), people))


def followed_applications(store: Store, duplicate: str, kept: str) -> tuple[str, ...]:
    """Give the codes of what is open on the card that ends, and not yet on the one that is kept."""
    here, there = (
        [application.code for application in store.applications.open_on(card, MOST_OPEN)] for card in (kept, duplicate)
    )
    return tuple(code for code in there if code not in here)


def end_duplicate(store: Store, duplicate: str, kept: str, by: str, now: datetime) -> None:
    """Cancel the card that ends, in the name of who approved the merge; its electronic card is without one then."""
    proof = Proof(ProofKind.OTHER_CARD, f"cards/{kept}")
    order = Order(Operation.CANCEL_DUPLICATE, Actor(ActorKind.OPERATOR, by, (proof,)), by, now)
    keep_change(store, get_card(store, duplicate).cancel(CancelReason.DUPLICATE, now), order)


def take_over(store: Store, kept: str, applications: Sequence[str], now: datetime) -> None:
    """Let the card that is kept take over the electronic card of the person, if it has none, and the applications.

    Applications stay noted on the cancelled card, where they are of no use, so that an undo finds both as they were.
    """
    for code in applications:
        store.applications.open(kept, code)
    card = get_card(store, kept)
    if card.status is not None:
        store.tell(follow_cards(store.ecards, [card], now))


def give_back(store: Store, merge: Merge, now: datetime) -> None:
    """Take back from the card that was kept what came with the merge: applications, and electronic cards.

    The physical cards are where they belong already, and most electronic ones have followed them.
    """
    moved = merge.moved
    for code in moved.applications:
        store.applications.close(merge.proposal.kept_card, code)
    for name, card, person in moved.ecards:
        ecard = lock_ecard(store, name)
        held = get_card(store, ecard.card)
        if ecard.person == person == held.person:
            continue
        parted = changes([ecard], [ecard.parted(person, card, now)])
        store.tell(keep_ecards(store.ecards, parted, {held.card: held.issuing_division}, now))


def restore(store: Store, merge: Merge, order: Order, book: ParameterBook) -> None:
    """Apply for a card in the place of the one that ended, as its holder has none now and payments are not to stop.

    Nothing is applied for when the holder has got another one meanwhile, or when one of the two has died: who it was
    only they can tell who ask for it.
    """
    cancelled = get_card(store, merge.moved.cancelled_card)
    two = (merge.proposal.survivor, merge.proposal.merged)
    if store.cards.live([cancelled.person]) or store.cards.deceased(two):
        return
    is_long = takes_long(store, order, cancelled.person, book)
    due = book.making_deadline(bureau_date(order.now), is_long=is_long)
    was_payable = merge.moved.was_payable and not _has_lost_account(store, cancelled)
    change = restore_card(cancelled, new_id(), was_payable=was_payable, now=order.now, making_due=due)
    add_card(store, change, order, f"merges/{merge.merge}")


def _has_lost_account(store: Store, card: Card) -> bool:
    """Tell whether a card of the other record has got this one's account meanwhile, when it was one person's."""
    account = store.accounts.of([card.card]).get(card.card, "")
    holder = store.accounts.holders([account]).get(account)
    return holder is not None and holder.person != card.person
