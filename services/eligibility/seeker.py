"""Lets benefits be found in the background: for people of whom facts arrived, and by runs through everybody."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date

from services.common.clock import Clock, bureau_date
from services.common.errors import PreconditionFailed
from services.common.failpoints import failpoint
from services.common.transactions import Transactions
from services.eligibility.background import Background
from services.eligibility.book.book import Book
from services.eligibility.cards import CardClient
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.finding_run import FindingRunState
from services.eligibility.proposal import Ask, Proposal
from services.eligibility.rules.finding.finding import finding_parameters
from services.eligibility.service.finding import find
from services.eligibility.service.finding_run import advance_run, arrived_people, next_step, settle_arrived
from services.eligibility.service.found import Finding, Known
from services.eligibility.service.granting import Desk, Payee
from services.eligibility.service.proposing import expire_proposals, instantly_payable
from services.eligibility.service.store import Store

STEP = 2_000
"""People looked at in one turn."""
_EXPIRED_AT_ONCE = 1_000

log = logging.getLogger(__name__)


class Seeker(Background):
    """Looks at whoever is to be looked at; the card service is asked before each transaction."""

    def __init__(
        self,
        transactions: Transactions[Store],
        cards: CardClient,
        book: Book,
        law: CertificationLaw,
        clock: Clock,
        step: int = STEP,
    ) -> None:
        super().__init__()
        self._transactions = transactions
        self._cards = cards
        self._book = book
        self._law = law
        self._clock = clock
        self._size = step

    async def step(self) -> bool:
        """Look at people of whom something arrived, or else at the next ones of the run."""
        arrived = await self._transactions.read(lambda store: store.proposals.looked_for(self._size))
        if arrived:
            desk = self.desk()
            people = await self._transactions.read(lambda store: arrived_people(store, arrived.keys()))
            known, findings = await self.look(people, desk.today)
            payees = await self.payees(known, findings)
            await self._transactions.write(lambda store: settle_arrived(store, desk, arrived, findings, known, payees))
            failpoint("seeker.after_arrived")
            return True
        step = await self._transactions.read(lambda store: next_step(store, self._size))
        if step is None:
            return False
        desk = self.desk()
        known, findings = await self.look(step.people, desk.today)
        payees = await self.payees(known, () if step.run.dry_run else findings)
        gone_on = await self._transactions.write(lambda store: advance_run(store, desk, step, findings, known, payees))
        failpoint("seeker.after_step")
        if gone_on is not None and gone_on.state is FindingRunState.SUCCEEDED:
            log.info("seeker.succeeded", extra={"run": gone_on.run, "examined": gone_on.examined})
        return True

    async def expire(self) -> None:
        """End proposals that nobody decided in time."""
        while await self._transactions.write(lambda store: expire_proposals(store, self._clock(), _EXPIRED_AT_ONCE)):
            pass

    def desk(self) -> Desk:
        """Give what is decided by now."""
        now = self._clock()
        return Desk(self._book, self._law, finding_parameters(self._book, bureau_date(now)), now)

    async def look(self, people: Sequence[str], day: date) -> tuple[Known, list[Finding]]:
        """Find benefits of some people, off the event loop; nothing is changed."""
        known = Known(await self._cards.profiles(people), await self._cards.payable(people))
        parameters = finding_parameters(self._book, day)
        found = await self._transactions.scan(lambda store: find(store, self._book, people, known, day, parameters))
        return known, found

    async def payees(self, known: Known, findings: Sequence[Finding]) -> dict[str, Payee]:
        """Ask for the accounts of those to whom something may be granted at once."""
        return await payees_of(self._cards, known, sorted(instantly_payable(findings)))


async def payees_for(cards: CardClient, known: Known, proposal: Proposal) -> tuple[Known, Mapping[str, Payee]]:
    """Tell where a proposal is paid, by its person, and who is known then; raise when no card of the payee may be paid.

    What is due to survivors goes to the one whom the family named, and is paid by the city where the dead lived.
    """
    if not proposal.payee:
        return known, await payees_of(cards, known, [proposal.person])
    payee = [proposal.payee]
    account = (await cards.accounts(payee)).get(proposal.payee)
    if account is None or proposal.person not in known.profiles:
        raise PreconditionFailed(
            "PROPOSAL_STATE",
            "It waits for: CARD. The payee has no card account that may be paid.",
            {"found": Ask.CARD, "needed": ""},
        )
    both = Known({**known.profiles, **await cards.profiles(payee)}, known.payable)
    return both, {proposal.person: Payee(account, known.region(proposal.person))}


async def payees_of(cards: CardClient, known: Known, people: Sequence[str]) -> dict[str, Payee]:
    """Tell where people are paid: the account of the card, by the city of residence (the first four digits)."""
    accounts = await cards.accounts(people) if people else {}
    return {
        person: Payee(account, known.region(person)) for person, account in accounts.items() if person in known.profiles
    }
