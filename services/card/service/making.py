"""Applications become making batches, which come back line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.card.access import AccessKind, Looked
from services.card.account import AccountHolder, AccountHolders, account_of_another
from services.card.domain import Card, CardEvent, Change
from services.card.making import (
    CardReturn,
    KeyData,
    LineState,
    MakingBatch,
    MakingLine,
    MakingStage,
    account_doubled,
    doubled,
    foreign,
)
from services.card.number import card_no
from services.card.operation import Operation
from services.card.person import Person
from services.card.personalising import Making
from services.card.service.order import Order, record
from services.card.service.outcome import Numbered, Outcome
from services.card.service.store import Store
from services.card.status import CardParameters, CardStatus
from services.common.errors import DomainError, NotFound, PreconditionFailed
from services.common.filtering import Filter
from services.common.ids import new_id
from services.common.masking import mask_account

PURPOSE = "making batch"
"""Stated in the access log for people whose lines are sent out."""


def create_batch(store: Store, division: str, bank: str, size: int, order: Order) -> MakingBatch:
    """Put the oldest applications of a division and bank together, each with numbers that no other card ever gets."""
    cards = store.cards.waiting(division, bank, size)
    if not cards:
        raise PreconditionFailed("NOTHING_TO_MAKE", "No application of that division and bank waits for making.")
    batch = MakingBatch(new_id(), division, bank, len(cards), order.caller, order.now)
    first = store.cards.take_sequence(len(cards))
    changes = [
        card.batch(card_no(number), store.cards.identification_code(division, number), order.now)
        for number, card in enumerate(cards, first)
    ]
    taken = [card for card, _ in changes]
    store.cards.save_locked(taken)
    store.making.add(
        batch,
        [
            MakingLine(batch.batch, serial, card.card, card.card_no, card.identification_code)
            for serial, card in enumerate(taken, 1)
        ],
    )
    store.tell([event for _, event in changes if event is not None])
    _record(store, order, Operation.BATCH, taken, batch)
    return batch


def get_batch(store: Store, batch: str) -> MakingBatch:
    """Read a batch."""
    found = store.making.get(batch)
    if found is None:
        raise _unknown(batch)
    return found


def list_batches(store: Store, wanted: Filter, size: int, before: str | None) -> Sequence[MakingBatch]:
    """List batches, newest first."""
    return store.making.list(wanted, size, before)


def list_overdue(store: Store, wanted: Filter, size: int, after: str) -> Sequence[Card]:
    """List cards whose last day for being made has passed, those that wait longest first."""
    return store.cards.overdue(wanted, size, after)


def advance_batch(store: Store, batch: str, stage: MakingStage) -> MakingBatch:
    """Note how far bank and card maker have come."""
    found = store.making.locked(batch)
    if found is None:
        raise _unknown(batch)
    advanced = found.advance(stage)
    store.making.save(advanced, [])
    return advanced


def export_lines(
    store: Store, batch: str, after: int, size: int, caller: str, now: datetime
) -> Sequence[tuple[MakingLine, Person | None]]:
    """Give up to `size` lines from the one after a serial number, with their people, and write down that they were.

    Whose card has been cancelled is not shown any more: None.
    """
    get_batch(store, batch)
    lines = store.making.page(batch, after, size)
    cards = store.cards.some({line.card for line in lines})
    holders = {card.card: card.person for card in cards if card.status is not CardStatus.CANCELLED}
    people = store.people.get(set(holders.values()))
    shown = [(line, people[holders[line.card]] if line.card in holders else None) for line in lines]
    looked = tuple(person.person for _, person in shown if person is not None)
    store.accesses.add([Looked(new_id(), AccessKind.REVEAL, caller, looked, now, PURPOSE, batch)])
    return shown


def import_return(
    store: Store, batch: str, count: int, items: Numbered[CardReturn], order: Order, parameters: CardParameters
) -> Outcome:
    """Take lines of a return file: made cards are sealed, failed ones wait again; a faulty line changes nothing."""
    found = store.making.locked(batch)
    if found is None:
        raise _unknown(batch)
    found.check_count(count)
    lines = store.making.lines(batch, {line.serial for _, line in items})
    cards = {card.card: card for card in store.cards.locked_some({line.card for line in lines.values()})}
    people = store.people.get({card.person for card in cards.values()})
    outcome, taken = _judge(store, items, lines, cards)
    holders = AccountHolders(store.accounts.holders({returned.account for _, returned, _ in taken} - {""}))
    made: list[Card] = []
    failed: list[Card] = []
    done: list[MakingLine] = []
    accounts: dict[str, str] = {}
    told: list[CardEvent | None] = []
    for index, returned, line in taken:
        if line.state is LineState.CANCELLED:
            done.append(line)
            continue
        try:
            card, event = _moved(cards[line.card], returned, order.now, parameters)
            holder = people[card.person]
            returned.check(KeyData(holder.identity.number, holder.full_name, found.service_bank_code, card.expire_date))
            is_made = line.state is LineState.MADE
            if is_made and not holders.give(returned.account, AccountHolder(card.card, card.person)):
                raise account_of_another(serial=str(returned.serial))
        except DomainError as error:
            outcome.refused.append((index, error))
            continue
        done.append(line)
        told.append(event)
        if line.state is LineState.MADE:
            made.append(card)
            accounts[card.card] = returned.account
        else:
            failed.append(card)
    store.accounts.leave(holders.left)
    store.accounts.go_back(
        [
            card.card
            for card in made
            if cards[card.card].masked_account and not holders.has(accounts[card.card], card.card)
        ]
    )
    store.cards.save_locked([*made, *failed], accounts)
    store.making.save(found.counting(len(made), len(failed), len(done) - len(made) - len(failed)), done)
    store.tell([event for event in told if event is not None])
    _record(store, order, Operation.RETURN_MADE, made, found)
    _record(store, order, Operation.RETURN_FAILED, failed, found)
    outcome.accepted = len(done)
    return outcome


Taken = list[tuple[int, CardReturn, MakingLine]]


def _judge(
    store: Store, items: Numbered[CardReturn], lines: Mapping[int, MakingLine], cards: Mapping[str, Card]
) -> tuple[Outcome, Taken]:
    """Part lines that are new from those that are repeated or refused."""
    outcome, taken = Outcome(), Taken()
    said: dict[int, set[CardReturn]] = {}
    paid: dict[str, set[int]] = {}
    for _, returned in items:
        said.setdefault(returned.serial, set()).add(returned)
        paid.setdefault(returned.account, set()).add(returned.serial)
    seen: set[int] = set()
    for index, returned in items:
        try:
            line, fingerprint = lines.get(returned.serial), store.making.fingerprint(returned)
            if line is None:
                raise foreign(returned)
            if len(said[returned.serial]) > 1:
                raise doubled(returned)
            if returned.account and len(paid[returned.account]) > 1:
                raise account_doubled(returned)
            if line.is_repeated(returned, fingerprint) or returned.serial in seen:
                outcome.repeated += 1
            else:
                is_cancelled = cards[line.card].status is CardStatus.CANCELLED
                taken.append((index, returned, line.returned(returned, fingerprint, is_cancelled=is_cancelled)))
            seen.add(returned.serial)
        except DomainError as error:
            outcome.refused.append((index, error))
    return outcome, taken


def _moved(card: Card, returned: CardReturn, now: datetime, parameters: CardParameters) -> Change:
    if returned.stage is not None or returned.issue_date is None:
        return card.return_failed(now)
    masked = mask_account(returned.account)
    making = Making(returned.card_no, returned.identification_code, masked, returned.issue_date)
    return card.return_made(making, parameters, now)


def _record(store: Store, order: Order, operation: Operation, cards: Sequence[Card], batch: MakingBatch) -> None:
    done = replace(order, operation=operation)
    for card in cards:
        record(store, done, card, _name(batch.batch))


def _unknown(batch: str) -> NotFound:
    return NotFound("RESOURCE_NOT_FOUND", "There is no such batch.", {"resource": _name(batch)})


def _name(batch: str) -> str:
    return f"makingBatches/{batch}"
