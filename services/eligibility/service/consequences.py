"""What follows from a change of certifications: entitlements end or come back, months are owed or overpaid."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from services.common.clock import bureau_date
from services.common.months import month_of
from services.eligibility.certification import BackPayOwed, Certification, CertificationEvent, OverpaymentFound
from services.eligibility.entitlement import Entitlement, EntitlementEvent
from services.eligibility.offer import once_key
from services.eligibility.offers import FOR_SURVIVORS, OFFER_OF
from services.eligibility.service.back_pay import back_pay_of, overpaid_of
from services.eligibility.service.store import Store

DEATH = "death confirmed by two offices"
NO_DEATH = "the death that it was due by was none"


def follow_losses(store: Store, certifications: Collection[Certification]) -> None:
    """End people's entitlements with the month of a confirmed death, or give them back when there is none any more.

    The pension is paid for the month of death and stops from the following one (DOMAIN 4.8).
    """
    lost_on = {one.person: one.assessment.lost_on for one in certifications}
    changed: list[Entitlement] = []
    events: list[EntitlementEvent] = []
    for person, of_person in store.entitlements.of_people(lost_on).items():
        day = lost_on[person]
        for entitlement in _own(person, of_person):
            step = entitlement.follow_loss(month_of(day) if day is not None else None, DEATH, store.now)
            if step is not None:
                changed.append(step[0])
                events.append(step[1])
    for entitlement in _due_by_death(store, [person for person, day in lost_on.items() if day is None]):
        revoked, event = entitlement.give_way(entitlement.start_month - 1, NO_DEATH, store.now)
        changed.append(revoked)
        events.append(event)
    store.entitlements.follow(changed)
    store.tell(events)


def _due_by_death(store: Store, people: Collection[str]) -> Collection[Entitlement]:
    """Give what was granted to survivors of some people."""
    identities = store.names.identities(people)
    offers = (OFFER_OF[benefit] for benefit in FOR_SURVIVORS)
    return store.entitlements.of_keys({once_key(offer, name, None) for offer in offers for name in identities.names})


def settle(
    store: Store, before: Mapping[str, Certification], after: dict[str, Certification]
) -> list[CertificationEvent]:
    """Let entitlements follow, and tell what is owed or overpaid; `after` gets the events counted."""
    lost = [
        after[person] for person, was in before.items() if after[person].assessment.lost_on != was.assessment.lost_on
    ]
    if lost:
        follow_losses(store, lost)
    store.entitlements.reopen(people=[name for name, was in before.items() if _decides_anew(was, after[name])])
    events: list[CertificationEvent] = []
    for person, owed in back_pay_of(store, before, after, bureau_date(store.now)).items():
        for due in owed:
            counted = replace(after[person], event_count=after[person].event_count + 1)
            after[person] = counted
            events.append(
                BackPayOwed(person, counted.division, counted.event_count, due.entitlement, due.months, due.amount_fen)
            )
    taken = {person: since for person, was in before.items() if (since := _newly_taken(was, after[person])) is not None}
    for person, overpaid in overpaid_of(store, after, taken).items():
        counted = replace(after[person], event_count=after[person].event_count + 1)
        after[person] = counted
        told = (taken[person], overpaid.months, overpaid.amount_fen)
        events.append(OverpaymentFound(person, counted.division, counted.event_count, *told))
    return events


def _decides_anew(before: Certification, after: Certification) -> bool:
    was, now = before.assessment, after.assessment
    return (was.events, was.lost_on) != (now.events, now.lost_on)


def _newly_taken(before: Certification, after: Certification) -> date | None:
    """Give the first day of what takes months now and did not before, or not so many; None when there is nothing."""
    was, now = before.assessment, after.assessment
    ends = {event.from_date: event.to_date for event in was.events if event.takes}
    days = [
        event.from_date
        for event in now.events
        if event.takes and (event.from_date not in ends or _is_longer(event.to_date, ends[event.from_date]))
    ]
    if now.lost_on is not None and now.lost_on != was.lost_on:
        days.append(now.lost_on)
    return min(days, default=None)


def _is_longer(now: date | None, before: date | None) -> bool:
    return before is not None and (now is None or now > before)


def _own(person: str, entitlements: Iterable[Entitlement]) -> list[Entitlement]:
    """Leave out what was granted under another name of the same person: that name's own certification follows it."""
    return [one for one in entitlements if one.person == person]
