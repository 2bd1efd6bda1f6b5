"""Electronic cards are issued, upgraded, authorised, shown, and follow their physical cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.card.application import MOST_OPEN, token_bits
from services.card.domain import Card
from services.card.ecard import ECard, ECardLevel, check_issuable, check_showable, follow, issue_ecard
from services.card.ecard_event import ECardChange, ECardEvent, ECardEventKind, changes, told
from services.card.person import unknown_person
from services.card.service.cards import get_card
from services.card.service.ecard_store import ECardStore
from services.card.service.order import Order, record_origin, record_person
from services.card.service.outcome import Numbered, Outcome
from services.card.service.store import Store
from services.common.clock import bureau_date
from services.common.ecard_token.token import Token
from services.common.ecard_token.verifier import Refusal
from services.common.errors import AlreadyExists, DomainError, NotFound
from services.common.ids import new_id
from services.common.masking import mask_account


def follow_cards(ecards: ECardStore, cards: Sequence[Card], now: datetime) -> Sequence[ECardEvent]:
    """Let electronic cards follow physical ones that this transaction has changed; give what is to be told of that."""
    held = ecards.following({card.card for card in cards}, {card.person for card in cards})
    followed = held
    for card in cards if held else ():  # in the order of the changes
        followed = follow(followed, card, now)
    return keep_ecards(ecards, changes(held, followed), {card.card: card.issuing_division for card in cards}, now)


def keep_ecards(
    ecards: ECardStore, changed: Sequence[ECardChange], divisions: Mapping[str, str], now: datetime
) -> Sequence[ECardEvent]:
    """Keep what changed, and tell the status lists of those that became good or stopped to be; give the events.

    `divisions` has the issuing divisions of the physical cards.
    """
    ecards.save([change.after for change in changed])
    ecards.record_changes([change.after for change in changed if change.turns], now)
    return told(changed, divisions)


def issue_ecards(store: Store, items: Numbered[str], order: Order) -> Outcome:
    """Issue the electronic cards of people; those who have one count as repeated."""
    outcome, now, today = Outcome(), order.now, bureau_date(order.now)
    people = {person for _, person in items}
    known, cards = store.people.known(people), store.cards.live(people)
    store.ecards.hold_cards({card.card for card in cards.values()})
    cards = store.cards.live(people)  # as they are now that nobody changes them
    holders = {ecard.person for ecard in store.ecards.following((), set(known.values()))}
    new: list[Card] = []
    for index, person in items:
        try:
            if person not in known:
                raise unknown_person(person)
            if known[person] in holders:
                outcome.repeated += 1
                continue
            check_issuable(cards.get(person), today)
        except DomainError as error:
            outcome.refused.append((index, error))
            continue
        holders.add(known[person])
        new.append(cards[person])
    places = store.ecards.take_places(len(new)) if new else ()
    pairs = [(issue_ecard(new_id(), card, at, today, now), card) for card, at in zip(new, places, strict=True)]
    store.ecards.add([ecard for ecard, _ in pairs], record_origin(store, order) if pairs else "")
    store.tell([ECardEvent(ECardEventKind.ISSUED, ecard, card.issuing_division) for ecard, card in pairs])
    outcome.accepted = len(new)
    return outcome


def issue_one(store: Store, person: str, order: Order) -> ECard:
    """Issue a person's electronic card; who has one is refused with its name."""
    outcome = issue_ecards(store, [(0, person)], order)
    for _, error in outcome.refused:
        raise error
    ecard = find_ecard(store, person)
    if outcome.repeated:
        raise AlreadyExists(
            "RESOURCE_EXISTS", "The person has an electronic card.", {"resource": f"ecards/{ecard.ecard}"}
        )
    return ecard


def upgrade_ecard(store: Store, ecard: str, version: int | None, phone: str, order: Order) -> ECard:
    """Raise an electronic card to level 2."""
    held = lock_ecard(store, ecard, version)
    card = get_card(store, held.card)
    upgraded = held.upgrade(card, mask_account(phone), order.now)
    store.ecards.save([upgraded], phone)
    store.tell([ECardEvent(ECardEventKind.UPGRADED, upgraded, card.issuing_division)])
    record_ecard(store, order, upgraded)
    return upgraded


def authorize_use(store: Store, ecard: str, version: int | None, proof: str, order: Order) -> ECard:
    """Record the holder's authorisation during a provisional loss."""
    held = lock_ecard(store, ecard, version)
    authorized = held.authorize(proof, order.now)
    card = get_card(store, held.card)
    divisions = {card.card: card.issuing_division}
    store.tell(keep_ecards(store.ecards, changes([held], [authorized]), divisions, order.now))
    if authorized != held:
        record_ecard(store, order, authorized)
    return authorized


def record_ecard(store: Store, order: Order, ecard: ECard) -> None:
    """Keep of the holder what was done to the electronic card."""
    record_person(store, order, ecard.person, ecard.version, f"ecards/{ecard.ecard}")


def get_ecard(store: Store, ecard: str) -> ECard:
    """Read an electronic card."""
    return _found(store.ecards.get(ecard), f"ecards/{ecard}")


def find_ecard(store: Store, person: str) -> ECard:
    """Read a person's electronic card."""
    standing = store.people.known([person]).get(person, person)
    return _found(store.ecards.find(standing), f"people/{person}")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a code may say of an electronic card now."""

    ecard: ECard
    level: ECardLevel
    applications: int
    """Bits of the one-card applications that may be used by it."""


def show_ecard(store: Store, ecard: str, today: date) -> Shown:
    """Read an electronic card for which a code may be made now, and what the code may claim."""
    held = get_ecard(store, ecard)
    card = get_card(store, held.card)
    check_showable(held, card, today)
    opened = store.applications.open_on(card.card, MOST_OPEN)
    return Shown(held, held.level_with(card), token_bits(opened, card, today))


def redeem_token(store: Store, token: Token) -> Refusal | None:
    """Use up a token whose signature and time were checked; give why it is not accepted.

    It is used up also by a check that refuses it as revoked: a code is shown once.
    """
    if not store.ecards.use_token(token.token_id, token.expire_time):
        return Refusal.REPLAYED
    held = store.ecards.get(token.ecard)
    return None if held is not None and held.is_usable else Refusal.REVOKED


def lock_ecard(store: Store, ecard: str, version: int | None = None) -> ECard:
    """Read an electronic card and keep others from changing it."""
    held = _found(store.ecards.locked(ecard), f"ecards/{ecard}")
    held.check_version(version)
    return held


def _found(ecard: ECard | None, resource: str) -> ECard:
    if ecard is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such electronic card.", {"resource": resource})
    return ecard
