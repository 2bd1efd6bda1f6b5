"""Draws are recorded and reversed."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from services.common.errors import DomainError, NotFound
from services.common.ids import new_id
from services.eligibility.certification import Certification
from services.eligibility.domain import OWN
from services.eligibility.draw import (
    Draw,
    DrawKind,
    DrawRecorded,
    DrawReport,
    DrawReversed,
    Reversal,
    admit_draw,
    is_repeated,
    reverse,
)
from services.eligibility.draw_line import LineState, wrong_state
from services.eligibility.draw_slot import already_drawn, barring_slots, month_slot, slot_of
from services.eligibility.entitlement import Entitlement
from services.eligibility.payability import MonthAccount
from services.eligibility.service.months import Months, standing
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
    _take(store, [(draw.report.offset, draw.report.offset_fen) for draw in admission.admitted], now)
    store.tell(DrawRecorded(draw) for draw in admission.admitted)
    return outcome


def reverse_draws(store: Store, reversals: Numbered[Reversal], now: datetime) -> Outcome:
    """Record that payments came back; what a bank was ordered to pay, not before the bank has answered."""
    awaited = store.draw_lists.awaited({reversal.reference for _, reversal in reversals if reversal.origin == OWN})
    return reverse_answered(store, reversals, now, awaited)


def reverse_answered(
    store: Store, reversals: Numbered[Reversal], now: datetime, awaited: Collection[str] = ()
) -> Outcome:
    """Record that payments came back, but for own ones for which a bank's answer is awaited."""
    outcome = Outcome()
    known = dict(store.draws.find({reversal.key for _, reversal in reversals}))
    changed: list[Draw] = []
    for index, reversal in reversals:
        try:
            if reversal.origin == OWN and reversal.reference in awaited:
                raise wrong_state("payment's line", LineState.RELEASED, LineState.PAID)
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
    _take(store, [(draw.report.offset, -draw.report.offset_fen) for draw in changed], now)
    store.entitlements.reopen(
        references={draw.report.entitlement_reference for draw in changed if draw.report.origin == OWN}
    )
    store.tell(DrawReversed(draw) for draw in changed)
    return outcome


def get_draw(store: Store, draw: str) -> Draw:
    """Read a draw."""
    found = store.draws.get(draw)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such draw.", {"resource": f"draws/{draw}"})
    return found


def _take(store: Store, taken: Sequence[tuple[str, int]], now: datetime) -> None:
    """Note what draws took for offsets, or gave back."""
    offsets = Counter[str]()
    for offset, fen in taken:
        if offset:
            offsets[offset] += fen
    if offsets:
        found = store.offsets.locked(offsets)
        store.offsets.save([found[offset].take(fen, now) for offset, fen in offsets.items()])


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
        entitled = {entitlement.person for entitlement in self._entitlements.values()}
        self._identities = store.names.identities({report.person for report in reports} | entitled)
        several = {name for name in entitled if len(self._identities.others(name)) > 1}
        self._held = store.entitlements.of_people(several) if several else {}
        first = min((report.benefit_month for report in own), default=0)
        self._months = Months(store, dict.fromkeys(self._entitlements, first))
        drawn = [(report, self._entitlements.get(report.entitlement_reference)) for report in own]
        slots = {slot for report, entitlement in drawn if entitlement for slot in self._slots(report, entitlement)}
        slots |= {month_slot(report) for report in own}
        self._taken = dict(store.draws.in_slots(slots))

    def admit(self, report: DrawReport, now: datetime) -> Draw | None:
        """Give the draw to record, None for one that is on record; raise what forbids it."""
        account = self._store.draws.account_of(report.account_number)
        known = self._known.get(report.key)
        if known is not None and is_repeated(self._named(report, known.report.person), account.key, known):
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
        named = self._named(report, entitlement.person) if entitlement is not None else report
        certification = standing(report.person, self._identities, self._certifications, report.pay_date)
        month = self._month(report, entitlement, certification)
        admitted = admit_draw(named, entitlement, certification, report.person in self._payable, month)
        slots = self._slots(report, admitted)
        for slot in slots:
            if slot in self._taken:
                raise already_drawn(self._taken[slot])
        if month is not None and not month.owed_fen:
            raise already_drawn(self._taken.get(month_slot(report), ""))
        self._taken[slots[0]] = draw.draw
        self._months.pay(report)
        return replace(draw, account=admitted.account, slot=slots[0])

    def _month(
        self, report: DrawReport, entitlement: Entitlement | None, certification: Certification | None
    ) -> MonthAccount | None:
        """Account for the month of a draw; nothing bounds what is paid at once beside a monthly benefit."""
        if entitlement is None or (report.kind is DrawKind.LUMP_SUM and not entitlement.is_once):
            return None
        return self._months.account(entitlement, certification, report.benefit_month)

    def _named(self, report: DrawReport, name: str) -> DrawReport:
        """Give the report under another name of its person; one of somebody else stays as it is."""
        same = self._identities.person(report.person) == self._identities.person(name)
        return replace(report, person=name) if same else report

    def _slots(self, report: DrawReport, entitlement: Entitlement) -> tuple[str, ...]:
        """Name what the draw takes, and then what must not have been taken either."""
        held = self._held.get(entitlement.person, ())
        paid_fen = self._months.paid_fen(entitlement.reference, report.benefit_month)
        return slot_of(report, entitlement, paid_fen), *barring_slots(report, entitlement, held, paid_fen)
