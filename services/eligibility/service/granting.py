"""What was found is granted: paid to the account of the person's card, by the city of residence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.common.clock import bureau_date
from services.eligibility.book.book import Book
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.domain import Amount, EntitlementGrant
from services.eligibility.entitlement import Entitlement
from services.eligibility.offer import FindingParameters
from services.eligibility.offers import OFFER_OF
from services.eligibility.proposal import Proposal
from services.eligibility.service.entitlement import change_entitlement, end_replaced, grant_entitlements
from services.eligibility.service.found import Finding, Known
from services.eligibility.service.store import Store

_REPLACED = "由新待遇接续：城乡养老保险制度衔接暂行办法 第八条；社会保险法 第五十一条"
_BY_MONTH = "补发月份按各月的标准计发"


@dataclass(frozen=True, slots=True)
class Payee:
    """Where a benefit is paid to: the account of the payee's card (待遇进卡), by the city where the person lived."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What everything here is decided by."""

    book: Book
    law: CertificationLaw
    parameters: FindingParameters
    now: datetime

    @property
    def today(self) -> date:
        """The day at the bureau."""
        return bureau_date(self.now)


def grant_found(
    store: Store,
    desk: Desk,
    made: Sequence[tuple[Proposal, Finding]],
    known: Known,
    payees: Mapping[str, Payee],
) -> Mapping[str, Entitlement]:
    """Grant what was found and end what it takes the place of; give the entitlements by proposal.

    One that the register refuses all the same, for a pension granted since, is left out.
    """
    by_given: dict[tuple[tuple[str, int], ...], list[EntitlementGrant]] = {}
    for one, finding in made:
        replaced = OFFER_OF[finding.terms.benefit].replaces
        if replaced:
            end_month = finding.terms.start_month - 1
            end_replaced(store, one.person, lambda other: other.benefit in replaced, end_month, _REPLACED, desk.now)  # noqa: B023  called at once
        given = tuple(sorted(finding.given.items()))
        by_given.setdefault(given, []).append(_order(one, finding, payees[one.person]))
    for given, grants in by_given.items():
        numbered = list(enumerate(grants))
        grant_entitlements(store, numbered, known.profiles, desk.now, desk.law, desk.book, dict(given))
    found = store.entitlements.by_reference({one.grant_reference for one, _ in made})
    granted = {one.proposal: found[one.grant_reference] for one, _ in made if one.grant_reference in found}
    for one, finding in made:
        for amount in finding.amounts[1:] if one.proposal in granted else ():
            _change_amount(store, granted[one.proposal], amount, desk.now)
    return granted


def _change_amount(store: Store, granted: Entitlement, amount: Amount, now: datetime) -> None:
    """Let an amount begin that differs from the one before: only months before this one have several."""
    month, fen = amount.from_month, amount.monthly_fen
    change_entitlement(store, granted.entitlement, None, lambda one: one.change_amount(month, fen, _BY_MONTH, now))


def _order(proposal: Proposal, finding: Finding, payee: Payee) -> EntitlementGrant:
    terms, amounts = finding.terms, finding.amounts
    return EntitlementGrant(
        reference=proposal.grant_reference,
        person=proposal.payee or proposal.person,
        benefit=terms.benefit,
        scheme=terms.scheme,
        pooling_region=payee.region,
        start_month=terms.start_month,
        end_month=terms.start_month if finding.once else terms.end_month,
        monthly_amount_fen=amounts[0].monthly_fen,
        account_number=payee.account,
        once=finding.once,
    )
