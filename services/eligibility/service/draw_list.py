"""Draw lists are made, released, cancelled and answered by the bank, in bounded steps of which a crash repeats none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.common.errors import DomainError, NotFound
from services.common.ids import new_id
from services.eligibility.domain import OWN
from services.eligibility.draw_line import BankReturn, Line, LineState, Order, answer, reversal_of, wrong_state
from services.eligibility.draw_list import DrawList, DrawListState, lines_for, open_from, settled_by
from services.eligibility.entitlement import Entitlement
from services.eligibility.service.draw import record_draws, reverse_answered
from services.eligibility.service.months import Months, standing
from services.eligibility.service.outcome import Numbered, Outcome
from services.eligibility.service.store import Store

STEP = 1_000
"""Entitlements or lines that are looked at in one transaction."""

ALREADY_DRAWN = "ALREADY_DRAWN"
CHANGED = "ENTITLEMENT_CHANGED"
"""Why a line is held whose amount was counted from what the entitlement, or its offset, no longer is."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the next step of a list will look at, so that the card service can be asked before the transaction."""

    draw_list: DrawList
    entitlements: Sequence[str]
    """To be looked at while it is built, in order."""
    lines: Sequence[Line]
    """To be looked at while it is released, in order."""
    people: Collection[str]
    """Whose accounts are concerned."""


def create_draw_list(store: Store, order: Order, creator: str, now: datetime) -> DrawList:
    """Begin a list; one of a scheme and region is made or released at a time."""
    store.draw_lists.take_turn()
    existing = store.draw_lists.open_one(order.scheme, order.pooling_region)
    if existing is not None:
        raise wrong_state("region's last list", existing.state, "RELEASED", "CLOSED", "CANCELLED")
    first = store.draw_lists.first_month(order.scheme, order.pooling_region)
    order.check_opening(first)
    draw_list = DrawList(new_id(), order, order.benefit_month if first is None else first, creator, now, now)
    store.draw_lists.add(draw_list)
    return draw_list


def get_draw_list(store: Store, draw_list: str) -> DrawList:
    """Read a list, locked for a change."""
    found = store.draw_lists.get(draw_list)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such list.", {"resource": f"drawLists/{draw_list}"})
    return found


def release_draw_list(store: Store, draw_list: str, version: int | None, by: str, now: datetime) -> DrawList:
    """Have the lines of a list become draws."""
    found = get_draw_list(store, draw_list)
    found.check_version(version)
    return _saved(store, found.release(by, now))


def cancel_draw_list(store: Store, draw_list: str, version: int | None, now: datetime) -> DrawList:
    """Give up a list that was not released."""
    found = get_draw_list(store, draw_list)
    found.check_version(version)
    return _saved(store, found.cancel(now))


def plan_step(store: Store, size: int = STEP) -> Step | None:
    """Say what the list at work will look at next; None when there is none at work."""
    draw_list = store.draw_lists.at_work()
    if draw_list is None:
        return None
    if draw_list.state is DrawListState.BUILDING:
        found = store.entitlements.payable_after(draw_list.order, draw_list.opening_month, draw_list.cursor, size)
        return Step(draw_list, [one for one, _ in found], (), {person for _, person in found})
    lines = store.draw_lists.ready_after(draw_list.draw_list, draw_list.released_to, size)
    return Step(draw_list, (), lines, {line.person for line in lines})


def take_step(store: Store, step: Step, payable: Collection[str], now: datetime) -> DrawList:
    """Do what was planned, unless somebody else has done it or the list was cancelled meanwhile."""
    draw_list = get_draw_list(store, step.draw_list.draw_list)
    if draw_list.version != step.draw_list.version:
        return draw_list
    if draw_list.state is DrawListState.BUILDING:
        return _build(store, draw_list, step.entitlements, step.people, payable, now)
    return _release(store, draw_list, step.lines, payable, now)


def import_bank_returns(store: Store, draw_list: str, returns: Numbered[BankReturn], now: datetime) -> Outcome:
    """Take in what the bank has done; what could not be paid is reversed."""
    outcome = Outcome()
    found = get_draw_list(store, draw_list)
    found.check_released()
    lines = dict(store.draw_lists.numbered(draw_list, {said.number for _, said in returns}))
    answered: dict[int, Line] = {}
    for index, said in returns:
        try:
            line = answer(lines.get(said.number), said, found.order.pay_date)
        except DomainError as error:
            outcome.refused.append((index, error))
            continue
        if line is None:
            outcome.repeated += 1
        else:
            lines[said.number] = answered[index] = line
    reversed_draws = reverse_answered(
        store,
        [(index, reversal_of(line)) for index, line in answered.items() if line.state is LineState.RETURNED],
        now,
    )
    outcome.refused += reversed_draws.refused
    for index, _ in reversed_draws.refused:
        del answered[index]
    outcome.accepted = len(answered)
    if answered:
        store.draw_lists.save_lines(list(answered.values()))
        _saved(store, found.answered(list(answered.values()), now))
    return outcome


def _build(
    store: Store,
    draw_list: DrawList,
    entitlements: Sequence[str],
    people: Collection[str],
    payable: Collection[str],
    now: datetime,
) -> DrawList:
    if not entitlements:
        return _saved(store, draw_list.built(now))
    order = draw_list.order
    certifications = store.certifications.of(people)
    found = store.entitlements.some(entitlements)
    identities = store.names.identities(people)
    offsets = store.offsets.active({entitlement.entitlement for entitlement in found})
    law = store.payability.fingerprint
    since = {one.reference: open_from(one, draw_list.opening_month, law) for one in found}
    months = Months(store, since)
    lines: list[Line] = []
    settled: list[Entitlement] = []
    for entitlement in found:
        certification = standing(entitlement.person, identities, certifications, order.pay_date)
        accounts = months.accounts(entitlement, certification, since[entitlement.reference], order.benefit_month)
        lines += lines_for(
            draw_list,
            draw_list.totals.lines + len(lines) + 1,
            entitlement,
            accounts,
            certification,
            entitlement.person in payable,
            offsets.get(entitlement.entitlement),
        )
        further = settled_by(entitlement, accounts, law)
        settled += (further,) if further is not None else ()
    store.entitlements.settle(settled)
    store.draw_lists.add_lines(lines)
    return _saved(store, draw_list.add(entitlements[-1], lines, now))


def _release(
    store: Store, draw_list: DrawList, lines: Sequence[Line], payable: Collection[str], now: datetime
) -> DrawList:
    if not lines:
        return _saved(store, draw_list.released(now))
    # Locked before the entitlements are read: whoever changes one of those locks the person's certification too.
    store.certifications.lock({line.person for line in lines})
    versions = store.entitlements.versions({line.entitlement_reference for line in lines})
    offsets = store.offsets.locked({line.offset for line in lines if line.offset})
    # A draw that has the number of a line was recorded by hand: it was paid otherwise.
    known = {reference for _, reference in store.draws.find({(OWN, line.draw_reference) for line in lines})}
    current = [
        line
        for line in lines
        if line.draw_reference not in known
        and versions.get(line.entitlement_reference) == line.entitlement_version
        and (not line.offset or offsets[line.offset].due(line.amount_fen) == line.offset_fen)
    ]
    reports = [(line.number, line.report(draw_list.order)) for line in current]
    refused = {line.number: ALREADY_DRAWN for line in lines if line.draw_reference in known}
    refused |= {number: error.reason for number, error in record_draws(store, reports, payable, now).refused}
    same = {line.number for line in current}
    after = [_released(line, refused.get(line.number, "" if line.number in same else CHANGED)) for line in lines]
    store.draw_lists.save_lines(after)
    store.draw_lists.keep_accounts(draw_list.draw_list, lines[0].number, lines[-1].number)
    return _saved(store, draw_list.advance(lines[-1].number, after, now))


def _released(line: Line, hold_reason: str) -> Line:
    return line.hold(hold_reason) if hold_reason else replace(line, state=LineState.RELEASED)


def _saved(store: Store, draw_list: DrawList) -> DrawList:
    store.draw_lists.save(draw_list)
    return draw_list
