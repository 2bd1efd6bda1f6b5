"""What was found is granted at once or proposed; proposals are confirmed, approved, declined, and end in time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from services.common.clock import bureau_date
from services.common.errors import Conflict, NotFound, PreconditionFailed
from services.common.ids import new_id
from services.common.months import first_day, month_of
from services.eligibility.finding_run import Found
from services.eligibility.proposal import Proposal, ProposalState, expiry, told
from services.eligibility.service.finding import find
from services.eligibility.service.found import Finding, Known
from services.eligibility.service.granting import Desk, Payee, grant_found
from services.eligibility.service.record import recorded_of
from services.eligibility.service.reported import reported_of
from services.eligibility.service.store import Store

_NO_ACCOUNT = "No account of the card was known when it would have been granted at once."
_REFUSED = "The register has another pension for these months."


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
    held_back: list[tuple[Proposal, Finding]] = []
    for finding in find(store, desk.book, people, known, desk.today, desk.parameters):
        benefit = finding.terms.benefit
        if finding.excluded is not None:
            counts.append(Found(benefit, excluded=1))
            continue
        before = standing.pop((finding.person, benefit), None)
        if before is not None and before.still_offers(finding.terms, desk.today):
            if finding.terms.asks:
                counts.append(Found(benefit, standing=1))
            else:
                held_back.append((before, finding))
            continue
        over += [before] if before is not None else []
        new.append(finding)
    counts += [Found(benefit, withdrawn=1) for _, benefit in standing]
    keep_proposals(store, [_ended(one, desk) for one in (*over, *standing.values())])
    proposed = _proposals(store, desk, new, known, run, preparer)
    granted = _granted(store, desk, [*proposed, *held_back], known, payees, preparer)
    made = [granted.get(one.proposal) or _waiting(one, payees) for one, _ in proposed]
    keep_proposals(store, [*made, *(granted[one.proposal] for one, _ in held_back if one.proposal in granted)])
    counts += [Found(one.terms.benefit, standing=1) for one, _ in held_back if one.proposal not in granted]
    counts += [_counted(granted[one.proposal]) for one, _ in held_back if one.proposal in granted]
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


def confirm_proposal(
    store: Store, proposal: str, version: int | None, proof: str, by: str, now: datetime, payee: str = ""
) -> Proposal:
    """Put the person's consent on record, or that of the family with whom of them is paid.

    `payee` is in the vault. Raises InvalidInput for another name of the dead.
    """
    found = get_proposal(store, proposal)
    found.check_version(version)
    if payee in store.names.identities([found.person]).others(found.person):
        payee = found.person
    return _saved(store, found.confirm(proof, by, now, payee))


def decline_proposal(store: Store, proposal: str, version: int | None, proof: str, by: str, now: datetime) -> Proposal:
    """Put on record that the person does not want it: for a time it is not proposed again."""
    found = get_proposal(store, proposal)
    found.check_version(version)
    return _saved(store, found.decline(proof, by, now))


def reject_proposal(store: Store, proposal: str, version: int | None, reason: str, by: str, now: datetime) -> Proposal:
    """Put on record that a reviewer finds it wrong: it is not proposed again while nothing of it changes.

    Raises PermissionDenied for somebody who had a hand in it.
    """
    found = get_proposal(store, proposal)
    found.check_version(version)
    return _saved(store, found.reject(reason, by, now))


def approve_proposal(
    store: Store, desk: Desk, proposal: str, version: int | None, by: str, known: Known, payees: Mapping[str, Payee]
) -> Proposal:
    """Grant what is proposed, as it is now, and end what it takes the place of.

    `payees` has by person where is paid; `known` has the payee too. Raises PermissionDenied for somebody who had a hand
    in it, PreconditionFailed for one that waits for something, and Conflict when it does not hold any more; it is
    withdrawn then by the next look at the person.
    """
    store.entitlements.take_turn()
    found = get_proposal(store, proposal)
    found.check_version(version)
    found.check_approval(by, desk.today)
    if found.payee and reported_of(store, [found.payee]):
        raise PreconditionFailed(
            "PROPOSAL_STATE",
            "A report says that the payee died, is sentenced or missing.",
            {"found": "REPORTED", "needed": ""},
        )
    now = next(
        (
            one
            for one in find(store, desk.book, [found.person], known, desk.today, desk.parameters)
            if one.terms.benefit == found.terms.benefit and one.excluded is None
        ),
        None,
    )
    if now is None or found.person not in payees or not found.still_offers(now.terms, desk.today):
        raise Conflict("PROPOSAL_OUTDATED", "Facts, law or card changed since it was found; look for it anew.")
    granted = grant_found(store, desk, [(found, now)], known, payees).get(found.proposal)
    if granted is None:
        raise Conflict("PROPOSAL_OUTDATED", "The register has another pension for these months; look for it anew.")
    if found.payee:
        store.proposals.look_for([found.person], new_id())  # the funeral is granted once
    terms = replace(now.terms, asks=found.terms.asks, channel=found.terms.channel)
    return _saved(store, replace(found, terms=terms).grant(granted.entitlement, by, desk.now))


def expire_proposals(store: Store, now: datetime, size: int) -> int:
    """End up to `size` proposals that nobody decided in time; gives how many."""
    due = store.proposals.due(bureau_date(now), size)
    keep_proposals(store, [one.expire(now) for one in due])
    return len(due)


def keep_proposals(store: Store, proposals: Iterable[Proposal]) -> None:
    """Keep proposals that came into another state, and tell of it."""
    events = told(proposals)
    store.proposals.save([event.proposal for event in events])
    store.tell(events)


def instantly_payable(findings: Iterable[Finding]) -> Collection[str]:
    """Name the people whose account has to be known: something may be granted to them at once."""
    return {one.person for one in findings if one.excluded is None and not one.terms.asks}


def _proposals(
    store: Store, desk: Desk, findings: Sequence[Finding], known: Known, run: str, preparer: str
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
            division=known.profiles[one.person].division,
            basis=one.basis,
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
) -> Mapping[str, Proposal]:
    """Grant at once what waits for nothing; give the proposals of what was granted, by their names."""
    instant = [pair for pair in made if not pair[1].terms.asks and pair[0].person in payees]
    granted = grant_found(store, desk, instant, known, payees)
    return {
        one.proposal: replace(one, terms=finding.terms).grant(granted[one.proposal].entitlement, by, desk.now)
        for one, finding in instant
        if one.proposal in granted
    }


def _waiting(proposal: Proposal, payees: Collection[str]) -> Proposal:
    """Give one that was not granted: what waits for nothing is held back for a reviewer."""
    if proposal.terms.asks:
        return proposal
    return proposal.hold_back(_REFUSED if proposal.person in payees else _NO_ACCOUNT)


def _counted(proposal: Proposal) -> Found:
    is_granted = proposal.state is ProposalState.GRANTED
    terms = proposal.terms
    return Found(terms.benefit, int(is_granted), int(not is_granted), monthly_fen=terms.monthly_fen)


def _ended(proposal: Proposal, desk: Desk) -> Proposal:
    if desk.today >= proposal.expire_date:
        return proposal.expire(desk.now)
    return proposal.withdraw("What it rested on has changed.", desk.now)


def _saved(store: Store, proposal: Proposal) -> Proposal:
    keep_proposals(store, [proposal])
    return proposal
