"""Whether a pension may be granted beside another, and whether a grant says again what was granted; pure."""

from collections.abc import Iterable
from dataclasses import replace

from services.common.errors import AlreadyExists, PreconditionFailed
from services.eligibility.domain import EntitlementState
from services.eligibility.entitlement import Entitlement


def first_conflict(wanted: Entitlement, others: Iterable[Entitlement]) -> PreconditionFailed | None:
    """Give the refusal of a grant that may not be drawn beside another; None when it may."""
    for other in others:
        if wanted.conflicts_with(other):
            return PreconditionFailed(
                "CONFLICTING_ENTITLEMENT",
                "The person has a pension for the same months; stop it first.",
                {"resource": f"entitlements/{other.entitlement}"},
            )
    return None


def second_of_once(wanted: Entitlement, others: Iterable[Entitlement]) -> PreconditionFailed | None:
    """Give the refusal of what is paid once and was granted before, for this event or by hand; None otherwise."""
    for other in others:
        both_once = wanted.is_once and other.is_once
        same_event = wanted.once == other.once if both_once else wanted.is_once or other.is_once
        if other.benefit == wanted.benefit and same_event and not other.never_was:
            return PreconditionFailed(
                "CONFLICTING_ENTITLEMENT",
                "It is paid once, and was granted to the person already.",
                {"resource": f"entitlements/{other.entitlement}"},
            )
    return None


def is_repeated(wanted: Entitlement, granted: Entitlement) -> bool:
    """Tell whether a grant says again what was granted under its reference; raise AlreadyExists when it says otherwise.

    The end of a stopped entitlement is not the one that it was granted with, and is not compared; nor is the account of
    one that was changed since, whose first account nobody knows any more.
    """
    stopped = granted.state is EntitlementState.STOPPED
    said = replace(
        granted,
        reference=wanted.reference,
        person=wanted.person,
        benefit=wanted.benefit,
        scheme=wanted.scheme,
        pooling_region=wanted.pooling_region,
        start_month=wanted.start_month,
        end_month=granted.end_month if stopped else wanted.end_month,
        amounts=(*wanted.amounts, *granted.amounts[1:]),
        account=granted.account if granted.version > 1 else wanted.account,
    )
    if said != granted:
        raise AlreadyExists(
            "RESOURCE_EXISTS",
            "An entitlement with that reference is on record with other content.",
            {"resource": f"entitlements/{granted.entitlement}"},
        )
    return True
