"""What became of a proposal, as an event message."""

from services.common.months import format_month
from services.common.rpc.requests import enum_number
from services.eligibility.proposal import Proposal
from socsec.eligibility.v1 import eligibility_events_pb2, proposal_pb2
from socsec.type.v1 import scheme_pb2


def proposal_changed(proposal: Proposal) -> eligibility_events_pb2.ProposalChanged:
    """Tell the state that a proposal came into; nothing of it names the person but the opaque id."""
    terms = proposal.terms
    channel = enum_number(proposal_pb2.AskChannel, terms.channel) if terms.asks else 0
    return eligibility_events_pb2.ProposalChanged(
        proposal=f"proposals/{proposal.proposal}",
        person=f"people/{proposal.person}",
        benefit=terms.benefit,
        scheme=scheme_pb2.Scheme.ValueType(enum_number(scheme_pb2.Scheme, terms.scheme)),
        state=proposal_pb2.ProposalState.ValueType(enum_number(proposal_pb2.ProposalState, proposal.state)),
        asks=[proposal_pb2.ProposalAsk.ValueType(enum_number(proposal_pb2.ProposalAsk, ask)) for ask in terms.asks],
        channel=proposal_pb2.AskChannel.ValueType(channel),
        missing_fact=terms.missing,
        start_month=format_month(terms.start_month),
        monthly_amount_fen=terms.monthly_fen,
        expire_date=proposal.expire_date.isoformat(),
        entitlement=f"entitlements/{proposal.entitlement}" if proposal.entitlement else "",
    )
