"""Entitlements are granted, suspended, resumed and stopped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.common.errors import DomainError, NotFound
from services.common.ids import new_id
from services.eligibility.book.book import Book
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.domain import Amount, EntitlementGrant, EntitlementState, check_version
from services.eligibility.entitlement import Entitlement, EntitlementEvent, EntitlementGranted
from services.eligibility.facts import Profile, person_not_found
from services.eligibility.granting import first_conflict, is_repeated, second_of_once
from services.eligibility.service.certification import start_certifications
from services.eligibility.service.decision import NOTHING_GIVEN, Numbers
from services.eligibility.service.outcome import Numbered, Outcome
from services.eligibility.service.record import record_grants
from services.eligibility.service.store import Store


def grant_entitlements(
    store: Store,
    grants: Numbered[EntitlementGrant],
    profiles: Mapping[str, Profile],
    now: datetime,
    law: CertificationLaw,
    book: Book,
    given: Numbers = NOTHING_GIVEN,
) -> Outcome:
    """Grant entitlements, and record what the book decides; the first one of a person starts the certification.

    `profiles` has whom the identity vault knows; a grant to anybody else is refused. `given` has facts that are not on
    record, which the decisions rest on too.
    """
    outcome = Outcome()
    store.entitlements.take_turn()
    known = dict(store.entitlements.by_reference({grant.reference for _, grant in grants}))
    identities = store.names.identities({grant.person for _, grant in grants})

    def is_known(entitlement: Entitlement) -> bool:
        found = known.get(entitlement.reference)
        if found is not None and identities.person(found.person) == identities.person(entitlement.person):
            entitlement = replace(entitlement, person=found.person)
        return found is not None and is_repeated(entitlement, found)

    of_person = {
        identities.person(name): list(found)
        for name, found in store.entitlements.of_people({grant.person for _, grant in grants}).items()
    }
    new: list[tuple[Entitlement, EntitlementGrant]] = []
    for index, grant in grants:
        entitlement = _entitlement(store, grant, now)
        try:
            if is_known(entitlement):
                outcome.repeated += 1
                continue
            held = of_person.setdefault(identities.person(grant.person), [])
            _check_grant(entitlement, profiles, held)
        except DomainError as error:
            outcome.refused.append((index, error))
            continue
        known[grant.reference] = entitlement
        held.append(entitlement)
        new.append((entitlement, grant))
    outcome.accepted = len(new)
    store.entitlements.add(new)
    granted = [entitlement for entitlement, _ in new]
    store.tell(EntitlementGranted(entitlement) for entitlement in granted)
    record_grants(store, book, granted, profiles, now, given)
    start_certifications(store, granted, profiles, law)
    return outcome


def grant_entitlement(
    store: Store,
    grant: EntitlementGrant,
    profiles: Mapping[str, Profile],
    now: datetime,
    law: CertificationLaw,
    book: Book,
    given: Numbers = NOTHING_GIVEN,
) -> Entitlement:
    """Grant one entitlement; the very same grant gives the one that there is."""
    outcome = grant_entitlements(store, [(0, grant)], profiles, now, law, book, given)
    for _, error in outcome.refused:
        raise error
    return store.entitlements.by_reference({grant.reference})[grant.reference]


def get_entitlement(store: Store, entitlement: str) -> Entitlement:
    """Read an entitlement."""
    found = store.entitlements.get(entitlement)
    if found is None:
        resource = f"entitlements/{entitlement}"
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such entitlement.", {"resource": resource})
    return found


def change_entitlement(
    store: Store,
    entitlement: str,
    version: int | None,
    transition: Callable[[Entitlement], tuple[Entitlement, EntitlementEvent]],
) -> Entitlement:
    """Change an entitlement as the transition does; `version` is what the caller has read.

    The person's certification is locked, as every draw of ours locks it: a draw is made before the change or knows it.
    """
    return _change(store, _locked(store, entitlement), version, transition)


def end_replaced(
    store: Store,
    person: str,
    is_replaced: Callable[[Entitlement], bool],
    end_month: int,
    reason: str,
    now: datetime,
) -> tuple[Entitlement, ...]:
    """End what a person may not draw beside a benefit that begins after a month.

    What is over by then stays, and so does what is paid once: it pays no month.
    """
    ended = []
    for other in store.entitlements.of_people({person}).get(person, ()):
        over = other.end_month is not None and other.end_month <= max(end_month, other.start_month - 1)
        if is_replaced(other) and not over and not other.is_once:
            ended.append(
                change_entitlement(store, other.entitlement, None, lambda found: found.give_way(end_month, reason, now))
            )
    return tuple(ended)


def change_account(
    store: Store, entitlement: str, version: int | None, account_number: str, now: datetime
) -> Entitlement:
    """Have an entitlement paid to another account; what is paid already was paid to the former one."""
    found = _locked(store, entitlement)
    account = store.entitlements.account_of(account_number)
    if account == found.account:
        return found
    changed = _change(store, found, version, lambda entitlement: entitlement.change_account(account, now))
    store.entitlements.seal_account(changed.entitlement, account_number)
    return changed


def _locked(store: Store, entitlement: str) -> Entitlement:
    """Read an entitlement for a change, after its person's certification as everybody does: nobody waits in a ring."""
    person = store.entitlements.person_of(entitlement)
    if person is not None:
        store.certifications.lock({person})
    return get_entitlement(store, entitlement)


def _change(
    store: Store,
    found: Entitlement,
    version: int | None,
    transition: Callable[[Entitlement], tuple[Entitlement, EntitlementEvent]],
) -> Entitlement:
    check_version(found.version, version)
    changed, event = transition(found)
    store.entitlements.save(changed)
    store.tell([event])
    return changed


def _entitlement(store: Store, grant: EntitlementGrant, now: datetime) -> Entitlement:
    return Entitlement(
        entitlement=new_id(),
        reference=grant.reference,
        person=grant.person,
        benefit=grant.benefit,
        scheme=grant.scheme,
        pooling_region=grant.pooling_region,
        start_month=grant.start_month,
        end_month=grant.end_month,
        amounts=(Amount(grant.start_month, grant.monthly_amount_fen),),
        account=store.entitlements.account_of(grant.account_number),
        state=EntitlementState.ACTIVE,
        suspensions=(),
        create_time=now,
        update_time=now,
        once=grant.once,
    )


def _check_grant(entitlement: Entitlement, profiles: Mapping[str, Profile], held: Sequence[Entitlement]) -> None:
    if entitlement.person not in profiles:
        raise person_not_found(entitlement.person)
    conflict = first_conflict(entitlement, held) or second_of_once(entitlement, held)
    if conflict is not None:
        raise conflict
