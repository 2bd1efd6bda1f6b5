"""Draws are recorded and reversed."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from services.common.errors import DomainError, NotFound
from services.common.ids import new_id
from services.eligibility.domain import OWN
from services.eligibility.draw import (
    Draw,
    DrawRecorded,
    DrawReport,
    DrawReversed,
    Reversal,
    admit_draw,
    already_drawn,
    is_repeated,
    reverse,
    slot_of,
)
from services.eligibility.service.outcome import Numbered, Outcome
from services.eligibility.service.store import Store


def record_draws(store: Store, reports: Numbered[DrawReport], payable: Collection[str], now: datetime) -> Outcome:
    """Record draws: ours when nothing forbids them, those of outside payers as reported.

    `payable` has the people whose card account may be paid; it is asked for people of our draws only.
    """
    outcome = Outcome()
    admission = _Admission(store, [report for _, report in reports], payable)
    for index, report in reports:
        try:
            draw = admission.admit(report, now)
        except DomainError as error:
            outcome.refused.append((index, error))
            continue
        outcome.repeated += draw is None
    outcome.accepted = len(admission.admitted)
    store.draws.add(admission.admitted)
    store.tell(DrawRecorded(draw) for draw in admission.admitted)
    return outcome


def reverse_draws(store: Store, reversals: Numbered[Reversal]) -> Outcome:
    """Record that payments came back."""
    outcome = Outcome()
    known = dict(store.draws.find({reversal.key for _, reversal in reversals}))
    changed: list[Draw] = []
    for index, reversal in reversals:
        try:
            draw = reverse(known.get(reversal.key), reversal)
        except DomainError as error:
            outcome.refused.append((index, error))
            continue
        if draw is None:
            outcome.repeated += 1
        else:
            known[reversal.key] = draw
            changed.append(draw)
    outcome.accepted = len(changed)
    store.draws.save_reversed(changed)
    store.tell(DrawReversed(draw) for draw in changed)
    return outcome


def get_draw(store: Store, draw: str) -> Draw:
    """Read a draw."""
    found = store.draws.get(draw)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such draw.", {"resource": f"draws/{draw}"})
    return found


class _Admission:
    """A batch on its way in: what is on record, read at once, and what the batch itself has added."""

    def __init__(self, store: Store, reports: Collection[DrawReport], payable: Collection[str]) -> None:
        own = [report for report in reports if report.origin == OWN]
        self.admitted: list[Draw] = []
        self._store = store
        self._payable = payable
        self._known = dict(store.draws.find({report.key for report in reports}))
        # The certifications are locked before the entitlements are read: whoever changes one of those locks them too.
        self._certifications = store.certifications.of({report.person for report in own})
        self._entitlements = store.entitlements.by_reference({report.entitlement_reference for report in own})
        drawn = [(report, self._entitlements.get(report.entitlement_reference)) for report in own]
        slots = {slot_of(report, entitlement) for report, entitlement in drawn if entitlement is not None}
        self._taken = dict(store.draws.in_slots(slots))

    def admit(self, report: DrawReport, now: datetime) -> Draw | None:
        """Give the draw to record, None for one that is on record; raise what forbids it."""
        account = self._store.draws.account_of(report.account_number)
        known = self._known.get(report.key)
        if known is not None and is_repeated(report, account.key, known):
            return None
        draw = Draw(new_id(), report.without_account(), account, now)
        if report.origin == OWN:
            draw = self._own(draw)
        self._known[report.key] = draw
        self.admitted.append(draw)
        return draw

    def _own(self, draw: Draw) -> Draw:
        """Give a draw of ours its account and its slot."""
        report = draw.report
        entitlement = self._entitlements.get(report.entitlement_reference)
        certification = self._certifications.get(report.person)
        admitted = admit_draw(report, entitlement, certification, report.person in self._payable)
        slot = slot_of(report, admitted)
        if slot in self._taken:
            raise already_drawn(self._taken[slot])
        self._taken[slot] = draw.draw
        return replace(draw, account=admitted.account, slot=slot)
