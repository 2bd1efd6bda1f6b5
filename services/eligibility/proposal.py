"""Policy finds people (政策找人): benefits that somebody is due and does not draw, granted at once or proposed; pure.

What may be granted without being asked for is granted where facts are complete and verified (免申即享). Everything else
is a proposal that says what is missing and by which way it is asked for; one person confirms it, another approves it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.common.callers import are_one_individual
from services.common.errors import Conflict, InvalidInput, PermissionDenied, PreconditionFailed
from services.eligibility.domain import Scheme
from services.eligibility.offer import FindingParameters
from services.eligibility.offers import FOR_SURVIVORS


class Ask(StrEnum):
    """What a grant still waits for."""

    FACT = "FACT"
    """One fact that an office holds."""
    CONSENT = "CONSENT"
    """The person has to want it: a pension begins when somebody retires."""
    CARD = "CARD"
    """There is no card account that may be paid."""
    REVIEW = "REVIEW"
    """A reviewer has to look: the facts were typed or are old, or a number of the law was not compared with it."""


class Channel(StrEnum):
    """By which way what is missing is asked for."""

    OFFICE = "OFFICE"
    """The office that holds the fact, machine to machine: the person is not bothered."""
    MESSAGE = "MESSAGE"
    """A message to the holder of the card."""
    COUNTER = "COUNTER"
    """A visit at a counter: there is no card, so nothing to reach the person by."""
    REVIEWER = "REVIEWER"
    """Nobody outside is asked."""


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    GRANTED = "GRANTED"
    DECLINED = "DECLINED"
    """The person did not want it."""
    REJECTED = "REJECTED"
    """A reviewer found it wrong."""
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


STANDING = frozenset({ProposalState.OPEN, ProposalState.CONFIRMED})
"""States of a proposal that waits."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is offered, and what it waits for; a proposal stands while these stay as they are."""

    benefit: str
    scheme: Scheme
    start_month: int
    end_month: int | None
    monthly_fen: int
    asks: tuple[Ask, ...]
    channel: Channel
    missing: str = ""
    """The fact that is missing; the amount is 0 then."""

    def as_before(self, others: "Terms") -> bool:
        """Tell whether the same is offered; the first month goes with the time, and is settled with the grant."""
        return replace(self, start_month=others.start_month) == others

    def asking(self, *more: Ask) -> "Terms":
        """Let it wait for more; a reviewer looks when no fact is missing any more."""
        wanted = {*self.asks, *more}
        asks = tuple(ask for ask in Ask if ask in wanted and not (ask is Ask.REVIEW and self.missing))
        return replace(self, asks=asks, channel=channel_of(self.benefit, asks))


@dataclass(frozen=True, slots=True)
class Proposal:
    """A benefit that was found for somebody."""

    proposal: str
    person: str
    terms: Terms
    decision: str
    """The recorded decision that explains it."""
    run: str
    """The run that found it; empty when it was found on the arrival of facts."""
    preparer: str
    """Who let it be found."""
    division: str
    """Where the person lived when it was found."""
    basis: str
    """Stands for what spoke for it: equal while nothing of that changes."""
    expire_date: date
    """First day on which it stands no more."""
    create_time: datetime
    update_time: datetime
    state: ProposalState = ProposalState.OPEN
    confirmer: str = ""
    payee: str = ""
    """Who is paid of what is due to survivors; empty otherwise."""
    proof: str = ""
    """What shows that the person wants it, or does not."""
    approver: str = ""
    """Who decided it."""
    entitlement: str = ""
    reason: str = ""
    """While it waits: why it was not granted at once, as it would have been; then why it ended without a grant."""
    version: int = 1
    event_count: int = 0

    @property
    def grant_reference(self) -> str:
        """The reference of the entitlement that it is granted as."""
        return f"proposal-{self.proposal}"

    def confirm(self, proof: str, by: str, now: datetime, payee: str = "") -> "Proposal":
        """Put the person's consent on record, or that of the family with whom of them is paid.

        Raises PreconditionFailed unless it is open and asks for one, InvalidInput for a wrong payee.
        """
        self._need(ProposalState.OPEN)
        for_survivors = self.terms.benefit in FOR_SURVIVORS
        if for_survivors != bool(payee) or payee == self.person:
            reason = "VALUE_OUT_OF_RANGE" if payee else "FIELD_REQUIRED"
            text = (
                "Another person, one of the family, is paid." if for_survivors else "The person is paid, nobody else."
            )
            raise InvalidInput("payee", reason, text)
        if Ask.CONSENT not in self.terms.asks:
            raise self._wrong("It asks for no consent.", needed=Ask.CONSENT)
        return self._changed(now, state=ProposalState.CONFIRMED, proof=proof, confirmer=by, payee=payee)

    def decline(self, proof: str, by: str, now: datetime) -> "Proposal":
        """Put on record that the person does not want it."""
        self._need(*STANDING)
        return self._changed(now, state=ProposalState.DECLINED, proof=proof, confirmer=by, reason="")

    def reject(self, reason: str, by: str, now: datetime) -> "Proposal":
        """Put on record that a reviewer finds it wrong: it is not proposed again while all stays as it is."""
        self._need(*STANDING)
        self._check_second(by)
        return self._changed(now, state=ProposalState.REJECTED, reason=reason, approver=by)

    def hold_back(self, reason: str) -> "Proposal":
        """Let a reviewer look at what could not be granted at once."""
        return replace(self, terms=self.terms.asking(Ask.REVIEW), reason=reason)

    def still_offers(self, terms: Terms, today: date) -> bool:
        """Tell whether it stands for what is found now; what was held back would be granted at once but for that."""
        was_held_back = bool(self.reason) and terms.asking(Ask.REVIEW).as_before(self.terms)
        return today < self.expire_date and (was_held_back or terms.as_before(self.terms))

    def withdraw(self, reason: str, now: datetime) -> "Proposal":
        """End it because it does not hold any more."""
        self._need(*STANDING)
        return self._changed(now, state=ProposalState.WITHDRAWN, reason=reason)

    def expire(self, now: datetime) -> "Proposal":
        """End it because nobody decided in time."""
        self._need(*STANDING)
        return self._changed(now, state=ProposalState.EXPIRED, reason="")

    def check_approval(self, by: str, today: date) -> None:
        """Raise unless somebody may approve it: all is there, and none of the two others who had a hand in it asks.

        Raises PreconditionFailed for one that waits for something, PermissionDenied for the same person.
        """
        needed = ProposalState.CONFIRMED if Ask.CONSENT in self.terms.asks else ProposalState.OPEN
        self._need(needed)
        if today >= self.expire_date:
            raise self._wrong("It has expired.", found=ProposalState.EXPIRED, needed=needed)
        waiting = [ask for ask in self.terms.asks if ask in {Ask.FACT, Ask.CARD}]
        if waiting:
            raise self._wrong(f"It waits for: {', '.join(waiting)}.", found=",".join(waiting), needed="")
        self._check_second(by)

    def grant(self, entitlement: str, by: str, now: datetime) -> "Proposal":
        """Note what was granted."""
        return self._changed(now, state=ProposalState.GRANTED, entitlement=entitlement, approver=by, reason="")

    def check_version(self, version: int | None) -> None:
        """Raise Conflict when the caller has read another version; None fits every version."""
        if version is not None and version != self.version:
            raise Conflict("ETAG_MISMATCH", "The proposal was changed since it was read; read it again.")

    def _check_second(self, by: str) -> None:
        if any(are_one_individual(by, other) for other in (self.preparer, self.confirmer)):
            raise PermissionDenied("SAME_PERSON", "Who found or confirmed it cannot decide it: ask a second person.")

    def _need(self, *needed: ProposalState) -> None:
        if self.state not in needed:
            raise self._wrong(f"The proposal is {self.state}.", needed=",".join(sorted(needed)))

    def _wrong(self, text: str, needed: str, found: str = "") -> PreconditionFailed:
        return PreconditionFailed("PROPOSAL_STATE", text, {"found": found or self.state, "needed": needed})

    def _changed(self, now: datetime, **fields: object) -> "Proposal":
        return replace(self, **fields, version=self.version + 1, update_time=now)  # type: ignore[arg-type]  # by name


@dataclass(frozen=True, slots=True)
class ProposalChanged:
    """A proposal came into a state; its event count is the sequence."""

    proposal: Proposal


def told(proposals: Iterable[Proposal]) -> list[ProposalChanged]:
    """Count and give the events of proposals that came into another state."""
    return [ProposalChanged(replace(one, event_count=one.event_count + 1)) for one in proposals]


def channel_of(benefit: str, asks: Sequence[Ask]) -> Channel:
    """Tell by which way what is missing is asked for, the first thing first; the family of a dead person comes."""
    if Ask.FACT in asks:
        return Channel.OFFICE
    if Ask.CARD in asks or (Ask.CONSENT in asks and benefit in FOR_SURVIVORS):
        return Channel.COUNTER
    return Channel.MESSAGE if Ask.CONSENT in asks else Channel.REVIEWER


def expiry(today: date, parameters: FindingParameters) -> date:
    """Give the first day on which a proposal of today stands no more."""
    return today + timedelta(days=parameters.proposal_days)
