"""What months of entitlements are worth after what happened: one place for lists, draws and back pay."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.common.aliases import Identities
from services.eligibility.certification import Certification
from services.eligibility.claim import claim_of, events_of
from services.eligibility.draw import DrawReport
from services.eligibility.entitlement import Entitlement
from services.eligibility.payability import MonthAccount, MonthState, account_for, settle
from services.eligibility.service.store import Store


def standing(
    person: str, identities: Identities, certifications: Mapping[str, Certification], day: date
) -> Certification | None:
    """Give a person's certification; under several names one that holds back nothing on a day, as it is the person."""
    names = (person, *identities.others(person))
    found = [certifications[name] for name in names if name in certifications]
    free = (certification for certification in found if certification.held_on(day) is None)
    return next(free, found[0] if found else None)


class Months:
    """Months of some entitlements: what was paid for them is read at once, and counted on.

    The certifications of their people are locked before: nobody else pays or changes anything for them meanwhile.
    """

    def __init__(self, store: Store, since: Mapping[str, int]) -> None:
        """Read what was paid for the months of some entitlements since one of each, by reference."""
        self._law = store.payability
        self._paid: dict[str, dict[int, int]] = {}
        together: dict[int, list[str]] = {}
        for reference, month in since.items():
            together.setdefault(month, []).append(reference)
        for month, references in together.items():
            for reference, paid in store.draws.paid(references, month).items():
                self._paid[reference] = dict(paid)

    def paid_fen(self, reference: str, month: int) -> int:
        """Give what was paid for a month of an entitlement, or set off."""
        return self._paid.get(reference, {}).get(month, 0)

    def account(self, entitlement: Entitlement, certification: Certification | None, month: int) -> MonthAccount:
        """Account for one month."""
        paid_fen = self.paid_fen(entitlement.reference, month)
        return account_for(claim_of(entitlement), events_of(entitlement, certification), month, paid_fen, self._law)

    def accounts(
        self, entitlement: Entitlement, certification: Certification | None, from_month: int, through_month: int
    ) -> Sequence[MonthAccount]:
        """Account for each month from one through another, and for those outside of the entitlement that were paid."""
        paid, events = self._paid.get(entitlement.reference, {}), events_of(entitlement, certification)
        return settle(claim_of(entitlement), events, paid, through_month, self._law, from_month).months

    def lost(self, entitlement: Entitlement, certification: Certification | None) -> Sequence[MonthAccount]:
        """Account for the months that were paid and are lost."""
        paid = [month for month, fen in self._paid.get(entitlement.reference, {}).items() if fen]
        accounts = (self.account(entitlement, certification, month) for month in paid)
        return [account for account in accounts if account.state is MonthState.LOST]

    def pay(self, report: DrawReport) -> None:
        """Count a draw that is made now."""
        paid = self._paid.setdefault(report.entitlement_reference, {})
        paid[report.benefit_month] = paid.get(report.benefit_month, 0) + report.whole_fen
