"""Messages of benefits that were found."""

from collections.abc import Iterable

from services.common.months import format_month
from services.common.resources import resource_name
from services.common.rpc.requests import enum_number
from services.eligibility.api.fields import month_text, scheme_number, timestamp
from services.eligibility.book.book import Book
from services.eligibility.finding_run import FindingRun, Found
from services.eligibility.offer import Exclusion
from services.eligibility.proposal import Ask, Proposal, Terms
from services.eligibility.service.found import Finding
from socsec.eligibility.v1 import proposal_pb2, retirement_pb2


def proposal_message(proposal: Proposal, book: Book) -> proposal_pb2.Proposal:
    """Write a proposal."""
    terms = proposal.terms
    return proposal_pb2.Proposal(
        name=resource_name("proposals", proposal.proposal),
        person=resource_name("people", proposal.person),
        benefit=terms.benefit,
        scheme=scheme_number(terms.scheme),
        start_month=format_month(terms.start_month),
        end_month=month_text(terms.end_month),
        monthly_amount_fen=terms.monthly_fen,
        asks=_asks(terms.asks),
        channel=_channel(terms),
        missing_fact=_missing(terms, book),
        decision=resource_name("decisions", proposal.decision),
        finding_run=resource_name("findingRuns", proposal.run) if proposal.run else "",
        preparer=proposal.preparer,
        expire_date=proposal.expire_date.isoformat(),
        state=proposal_pb2.ProposalState.ValueType(enum_number(proposal_pb2.ProposalState, proposal.state)),
        confirmer=proposal.confirmer,
        proof=proposal.proof,
        approver=proposal.approver,
        entitlement=resource_name("entitlements", proposal.entitlement) if proposal.entitlement else "",
        reason=proposal.reason,
        create_time=timestamp(proposal.create_time),
        update_time=timestamp(proposal.update_time),
        etag=str(proposal.version),
        division=proposal.division,
        payee=resource_name("people", proposal.payee) if proposal.payee else "",
    )


def finding_message(finding: Finding, book: Book) -> proposal_pb2.BenefitFinding:
    """Write what was found of one benefit."""
    terms = finding.terms
    return proposal_pb2.BenefitFinding(
        benefit=terms.benefit,
        monthly_amount_fen=terms.monthly_fen,
        start_month=format_month(terms.start_month),
        asks=_asks(terms.asks),
        channel=_channel(terms),
        missing_fact=_missing(terms, book),
        excluded=_exclusion(finding.excluded),
        unverified=finding.decision.unverified,
    )


def run_message(run: FindingRun) -> proposal_pb2.FindingRun:
    """Write a run."""
    return proposal_pb2.FindingRun(
        name=resource_name("findingRuns", run.run),
        dry_run=run.dry_run,
        as_of_date=run.as_of_date.isoformat(),
        state=proposal_pb2.FindingRunState.ValueType(enum_number(proposal_pb2.FindingRunState, run.state)),
        total_count=run.total,
        examined_count=run.examined,
        found=[_count(one) for one in run.found],
        creator=run.creator,
        create_time=timestamp(run.create_time),
        end_time=timestamp(run.end_time),
    )


def _count(found: Found) -> proposal_pb2.BenefitCount:
    return proposal_pb2.BenefitCount(
        benefit=found.benefit,
        granted_count=found.granted,
        proposed_count=found.proposed,
        standing_count=found.standing,
        withdrawn_count=found.withdrawn,
        excluded_count=found.excluded,
        monthly_amount_fen=found.monthly_fen,
    )


def _asks(asks: Iterable[Ask]) -> list[proposal_pb2.ProposalAsk.ValueType]:
    return [proposal_pb2.ProposalAsk.ValueType(enum_number(proposal_pb2.ProposalAsk, ask)) for ask in asks]


def _channel(terms: Terms) -> proposal_pb2.AskChannel.ValueType:
    if not terms.asks:
        return proposal_pb2.ASK_CHANNEL_UNSPECIFIED
    return proposal_pb2.AskChannel.ValueType(enum_number(proposal_pb2.AskChannel, terms.channel))


def _exclusion(excluded: Exclusion | None) -> proposal_pb2.Exclusion.ValueType:
    if excluded is None:
        return proposal_pb2.EXCLUSION_UNSPECIFIED
    return proposal_pb2.Exclusion.ValueType(enum_number(proposal_pb2.Exclusion, excluded))


def _missing(terms: Terms, book: Book) -> retirement_pb2.MissingFact | None:
    if not terms.missing:
        return None
    fact = book.library.facts.get(terms.missing)
    if fact is None:  # it was asked for by a former book
        return retirement_pb2.MissingFact(name=terms.missing)
    return retirement_pb2.MissingFact(name=fact.name, title=fact.title, source=fact.source)
