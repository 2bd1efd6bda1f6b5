"""What was found is granted at once or proposed; proposals are confirmed, approved, declined, and end in time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.common.clock import bureau_date
from services.common.errors import Conflict, NotFound
from services.common.ids import new_id
from services.common.months import first_day, month_of
from services.eligibility.book.book import Book
from services.eligibility.certification import CertificationLaw
from services.eligibility.domain import Amount, EntitlementGrant
from services.eligibility.entitlement import Entitlement
from services.eligibility.finding_run import Found
from services.eligibility.offer import OFFERS, FindingParameters
from services.eligibility.proposal import Proposal, ProposalState, expiry
from services.eligibility.service.entitlement import change_entitlement, end_replaced, grant_entitlements
from services.eligibility.service.finding import Finding, Known, find
from services.eligibility.service.record import recorded_of
from services.eligibility.service.store import Store

_REPLACED = "由新待遇接续：城乡养老保险制度衔接暂行办法 第八条；社会保险法 第五十一条"
_BY_MONTH = "补发月份按各月的标准计发"
_BY_BENEFIT = {offer.benefit: offer for offer in OFFERS}


@dataclass(frozen=True, slots=True)
class Payee:
    """Where a benefit is paid to: the account of the person's card (待遇进卡), by the city of residence."""

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


def settle_findings(
    store: Store,
    desk: Desk,
    people: Sequence[str],
    known: Known,
    payees: Mapping[str, Payee],
    run: str,
    preparer: str,
) -> list[Found]:
    """Find benefits of some people; grant what may be, propose the rest, withdraw what does not hold any more.

    `payees` has where those are paid who may be granted something at once; without an entry it is proposed, and found
    again when there is one. The turn to grant is taken before.
    """
    standing = {(one.person, one.terms.benefit): one for one in store.proposals.standing(people)}
    counts: list[Found] = []
    new: list[Finding] = []
    over: list[Proposal] = []
    for finding in find(store, desk.book, people, known, desk.today, desk.parameters):
        benefit = finding.terms.benefit
        if finding.excluded is not None:
            counts.append(Found(benefit, excluded=1))
            continue
        before = standing.pop((finding.person, benefit), None)
        if before is not None and finding.terms.as_before(before.terms) and desk.today < before.expire_date:
            counts.append(Found(benefit, standing=1))
            continue
        over += [before] if before is not None else []
        new.append(finding)
    counts += [Found(benefit, withdrawn=1) for _, benefit in standing]
    store.proposals.save([_ended(one, desk) for one in (*over, *standing.values())])
    made = _granted(store, desk, _proposals(store, desk, new, run, preparer), known, payees, preparer)
    store.proposals.save(made)
    return counts + [_counted(one) for one in made]


def count_findings(findings: Iterable[Finding]) -> list[Found]:
    """Count what a run that changes nothing would do."""
    return [
        Found(
            one.terms.benefit,
            granted=int(one.excluded is None and not one.terms.asks),
            proposed=int(one.excluded is None and bool(one.terms.asks)),
            excluded=int(one.excluded is not None),
            monthly_fen=one.terms.monthly_fen if one.excluded is None else 0,
        )
        for one in findings
    ]


def get_proposal(store: Store, proposal: str) -> Proposal:
    """Read a proposal, locked for a change."""
    found = store.proposals.get(proposal)
    if found is None:
        raise NotFound("RESOURCE_NOT_FOUND", "There is no such proposal.", {"resource": f"proposals/{proposal}"})
    return found


def confirm_proposal(store: Store, proposal: str, version: int | None, proof: str, by: str, now: datetime) -> Proposal:
    """Put the person's consent on record."""
    found = get_proposal(store, proposal)
    found.check_version(version)
    return _saved(store, found.confirm(proof, by, now))


def decline_proposal(store: Store, proposal: str, version: int | None, proof: str, by: str, now: datetime) -> Proposal:
    """Put on record that the person does not want it: for a time it is not proposed again."""
    found = get_proposal(store, proposal)
    found.check_version(version)
    return _saved(store, found.decline(proof, by, now))


def approve_proposal(
    store: Store, desk: Desk, proposal: str, version: int | None, by: str, known: Known, payees: Mapping[str, Payee]
) -> Proposal:
    """Grant what is proposed, as it is now, and end what it takes the place of.

    Raises PermissionDenied for somebody who had a hand in it, PreconditionFailed for one that waits for something, and
    Conflict when it does not hold any more; it is withdrawn then by the next look at the person.
    """
    store.entitlements.take_turn()
    found = get_proposal(store, proposal)
    found.check_version(version)
    found.check_approval(by, desk.today)
    now = next(
        (
            one
            for one in find(store, desk.book, [found.person], known, desk.today, desk.parameters)
            if one.terms.benefit == found.terms.benefit and one.excluded is None
        ),
        None,
    )
    if now is None or found.person not in payees or not now.terms.as_before(found.terms):
        raise Conflict("PROPOSAL_OUTDATED", "Facts, law or card changed since it was found; look for it anew.")
    granted = _grant(store, desk, [(found, now)], known, payees).get(found.proposal)
    if granted is None:
        raise Conflict("PROPOSAL_OUTDATED", "The register has another pension for these months; look for it anew.")
    return _saved(store, replace(found, terms=now.terms).grant(granted.entitlement, by, desk.now))


def expire_proposals(store: Store, now: datetime, size: int) -> int:
    """End up to `size` proposals that nobody decided in time; gives how many."""
    due = store.proposals.due(bureau_date(now), size)
    store.proposals.save([one.expire(now) for one in due])
    return len(due)


def instantly_payable(findings: Iterable[Finding]) -> Collection[str]:
    """Name the people whose account has to be known: something may be granted to them at once."""
    return {one.person for one in findings if one.excluded is None and not one.terms.asks}


def _proposals(
    store: Store, desk: Desk, findings: Sequence[Finding], run: str, preparer: str
) -> list[tuple[Proposal, Finding]]:
    """Make proposals, each with its decision recorded."""
    if not findings:
        return []
    facts = store.facts.of({finding.person for finding in findings})
    as_of = first_day(month_of(desk.today))
    store.books.keep(desk.book.content)
    made: list[tuple[Proposal, Finding]] = []
    decisions = []
    for one in findings:
        on_record = facts.get(one.person)
        recorded = recorded_of(new_id(), one.decision, desk.book, as_of, one.person, "", on_record, one.given, desk.now)
        decisions.append(recorded)
        proposal = Proposal(
            proposal=new_id(),
            person=one.person,
            terms=one.terms,
            decision=recorded.name,
            run=run,
            preparer=preparer,
            expire_date=expiry(desk.today, desk.parameters),
            create_time=desk.now,
            update_time=desk.now,
        )
        made.append((proposal, one))
    store.decisions.add(decisions)
    return made


def _granted(
    store: Store,
    desk: Desk,
    made: Sequence[tuple[Proposal, Finding]],
    known: Known,
    payees: Mapping[str, Payee],
    by: str,
) -> list[Proposal]:
    """Grant at once what waits for nothing; give all proposals as they are then."""
    instant = [pair for pair in made if not pair[1].terms.asks and pair[0].person in payees]
    granted = _grant(store, desk, instant, known, payees)
    return [
        one.grant(granted[one.proposal].entitlement, by, desk.now)
        if one.proposal in granted
        else one
        if one.terms.asks
        else replace(one, terms=one.terms.to_be_reviewed())
        for one, _ in made
    ]


def _grant(
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
        replaced = _BY_BENEFIT[finding.terms.benefit].replaces
        if replaced:
            end_month = finding.terms.start_month - 1
            end_replaced(store, one.person, lambda other: other.benefit in replaced, end_month, _REPLACED, desk.now)  # noqa: B023  called at once
        given = tuple(sorted(finding.given.items()))
        by_given.setdefault(given, []).append(_order(one, finding, payees[one.person]))
    for given, grants in by_given.items():
        numbered = list(enumerate(grants))
        grant_entitlements(store, numbered, known.profiles, desk.now, desk.law, desk.book, dict(given))
    found = store.entitlements.by_reference({_reference(one) for one, _ in made})
    granted = {one.proposal: found[_reference(one)] for one, _ in made if _reference(one) in found}
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
        reference=_reference(proposal),
        person=proposal.person,
        benefit=terms.benefit,
        scheme=terms.scheme,
        pooling_region=payee.region,
        start_month=terms.start_month,
        end_month=terms.end_month,
        monthly_amount_fen=amounts[0].monthly_fen,
        account_number=payee.account,
    )


def _reference(proposal: Proposal) -> str:
    return f"proposal-{proposal.proposal}"


def _counted(proposal: Proposal) -> Found:
    is_granted = proposal.state is ProposalState.GRANTED
    terms = proposal.terms
    return Found(terms.benefit, int(is_granted), int(not is_granted), monthly_fen=terms.monthly_fen)


def _ended(proposal: Proposal, desk: Desk) -> Proposal:
    if desk.today >= proposal.expire_date:
        return proposal.expire(desk.now)
    return proposal.withdraw("What it rested on has changed.", desk.now)


def _saved(store: Store, proposal: Proposal) -> Proposal:
    store.proposals.save([proposal])
    return proposal
