"""Two records that are one person are merged, and parted again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.card.actor import Actor, ActorKind
from services.card.domain import Card
from services.card.merge import Merge, Moved, Proposal, check_pair, duplicate_card, returning_cards
from services.card.operation import AnyOperation, Operation, OtherOperation
from services.card.parameters import ParameterBook
from services.card.person import Person, unknown_person
from services.card.service.cards import get_card, keep_change
from services.card.service.duplicates import (
    end_duplicate,
    followed_applications,
    give_back,
    own_ecards,
    restore,
    take_over,
)
from services.card.service.order import Order, record_person
from services.card.service.store import Store
from services.card.status import CardStatus
from services.common.errors import AlreadyExists, NotFound, PreconditionFailed
from services.common.filtering import Comparison, Filter
from services.common.ids import new_id

_MOST_CARDS = 1_000
"""Cards of one person, cancelled ones included: far more than anybody gets."""


def propose_merge(store: Store, proposal: Proposal, now: datetime) -> Merge:
    """Propose that two records are one person; nothing changes yet, but all is checked."""
    people = store.people.locked([proposal.survivor, proposal.merged])
    _check(store, proposal, people)
    found = store.merges.open_of(proposal.merged)
    if found is not None:
        raise AlreadyExists(
            "RESOURCE_EXISTS", "A merge of that record is proposed already.", {"resource": f"merges/{found.merge}"}
        )
    merge = Merge(new_id(), proposal, now, now)
    store.merges.add(merge)
    _record(store, merge, OtherOperation.PROPOSE_MERGE, proposal.proposer)
    return merge


def approve_merge(store: Store, name: str, version: int | None, by: str, now: datetime) -> Merge:
    """Merge: the record, and all that were merged into it before, mean the survivor, who gets the cards."""
    merge = _found(store, name, version)
    proposal = merge.proposal
    people = store.people.locked([proposal.survivor, proposal.merged])
    moving = [person for person in people.values() if proposal.merged in (person.person, person.merged_into)]
    duplicate = _check(store, proposal, people)
    cards = _cards(store, proposal.merged)
    moved = Moved(
        people=tuple(person.person for person in moving),
        cards=tuple(card.card for card in cards),
        cancelled_card=duplicate,
        was_payable=bool(duplicate) and get_card(store, duplicate).is_payable,
        applications=followed_applications(store, duplicate, proposal.kept_card) if duplicate else (),
        ecards=own_ecards(store, [proposal.survivor, proposal.merged]),
    )
    approved = merge.approve(by, moved, now)
    if duplicate:
        end_duplicate(store, duplicate, proposal.kept_card, by, now)
    _point(store, moving, proposal.survivor)
    _transfer(store, _cards(store, proposal.merged), proposal.survivor, by, now)
    if duplicate:
        take_over(store, proposal.kept_card, moved.applications, now)
    store.merges.save(approved)
    _record(store, approved, OtherOperation.APPROVE_MERGE, by)
    return approved


def reject_merge(store: Store, name: str, version: int | None, by: str, now: datetime) -> Merge:
    """Reject what is proposed: the merge, or its undoing."""
    rejected = _found(store, name, version).reject(by, now)
    store.merges.save(rejected)
    _record(store, rejected, OtherOperation.REJECT_MERGE, by)
    return rejected


def propose_undo(store: Store, name: str, version: int | None, by: str, reason: str, now: datetime) -> Merge:
    """Propose to part the records again."""
    proposed = _found(store, name, version).propose_undo(by, reason, now)
    store.merges.save(proposed)
    _record(store, proposed, OtherOperation.PROPOSE_MERGE_UNDO, by)
    return proposed


def undo_merge(store: Store, name: str, version: int | None, by: str, now: datetime, book: ParameterBook) -> Merge:
    """Part the records: what the merge moved goes back, and cards that have replaced such cards meanwhile.

    A card that the merge has cancelled goes back as it is, as cancelling is for good; a new one is applied for.
    """
    merge = _found(store, name, version)
    undone = merge.undo(by, now)
    proposal = merge.proposal
    people = store.people.locked([proposal.survivor, proposal.merged])
    survivor = people[proposal.survivor]
    if survivor.merged_into:
        later = store.merges.open_of(survivor.person)
        raise PreconditionFailed(
            "SURVIVOR_MERGED",
            "The survivor was itself merged into another record since; undo that merge first.",
            {"resource": f"merges/{later.merge}" if later is not None else f"people/{survivor.merged_into}"},
        )
    parted, event = people[proposal.merged].part()
    store.people.save([parted])
    store.tell([event])
    _point(store, [people[person] for person in merge.moved.people if person != proposal.merged], proposal.merged)
    held = _cards(store, proposal.survivor)
    returning = returning_cards(set(merge.moved.cards), [(card.card, card.replaces) for card in held])
    _transfer(store, [card for card in held if card.card in returning], proposal.merged, by, now)
    give_back(store, merge, now)
    if merge.moved.cancelled_card:
        restore(store, merge, _order(OtherOperation.UNDO_MERGE, by, now), book)
    store.merges.save(undone)
    _record(store, undone, OtherOperation.UNDO_MERGE, by)
    return undone


def get_merge(store: Store, name: str) -> Merge:
    """Read a merge."""
    return _found(store, name, None)


def list_merges(store: Store, wanted: Filter, size: int, before: str | None) -> Sequence[Merge]:
    """List merges, newest first."""
    return store.merges.page(wanted, size, before)


def _check(store: Store, proposal: Proposal, people: Mapping[str, Person]) -> str:
    """Raise unless the two can be one person; give the live card that ends then, empty without one."""
    for person in (proposal.survivor, proposal.merged):
        if person not in people:
            raise unknown_person(person)
        people[person].check_own()
    acting = store.people.known({person.representative for person in people.values()} - {""})
    check_pair(
        proposal.survivor,
        proposal.merged,
        {name: acting.get(person.representative, "") for name, person in people.items()},
    )
    return duplicate_card(proposal.kept_card, _live(store, (proposal.merged, proposal.survivor)))


def _live(store: Store, people: Sequence[str]) -> Sequence[str]:
    """Give the live cards of some people, in their order, and let nobody end one of them until the merge has."""
    found = [card for person in people for card in _cards(store, person) if card.status is not CardStatus.CANCELLED]
    held = store.cards.locked_some({card.card for card in found})
    ended = {card.card for card in held if card.status is CardStatus.CANCELLED}
    return [card.card for card in found if card.card not in ended]


def _cards(store: Store, person: str) -> Sequence[Card]:
    return store.cards.page(Comparison("person", "=", person), _MOST_CARDS, None)


def _point(store: Store, people: Collection[Person], survivor: str) -> None:
    changes = [person.merge_into(survivor) for person in people]
    store.people.save([person for person, _ in changes])
    store.tell([event for _, event in changes])


def _transfer(store: Store, cards: Sequence[Card], person: str, by: str, now: datetime) -> None:
    for card in cards:
        keep_change(store, card.transfer(person, now), _order(Operation.TRANSFER, by, now))


def _record(store: Store, merge: Merge, operation: OtherOperation, by: str) -> None:
    """Keep of both people what was decided about them, as the merge itself shows only the last decision."""
    order = _order(operation, by, merge.update_time)
    for person in (merge.proposal.survivor, merge.proposal.merged):
        record_person(store, order, person, merge.version, f"merges/{merge.merge}")


def _order(operation: AnyOperation, by: str, now: datetime) -> Order:
    return Order(operation, Actor(ActorKind.OPERATOR, by), by, now)


def _found(store: Store, name: str, version: int | None) -> Merge:
    found = store.merges.get(name)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such merge.", {"resource": f"merges/{name}"})
    found.check_version(version)
    return found
