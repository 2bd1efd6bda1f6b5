"""Electronic cards, what became of a token, and delegates, as messages."""

from services.card.api.fields import timestamp
from services.card.ecard import ECard
from services.card.family import FamilyDelegate
from services.common.ecard_token.verifier import Verdict
from services.common.resources import resource_name
from services.common.rpc.requests import enum_number
from socsec.card.v1 import ecard_pb2, ecard_service_pb2


def ecard_message(ecard: ECard) -> ecard_pb2.ECard:
    """Write an electronic card."""
    return ecard_pb2.ECard(
        name=resource_name("ecards", ecard.ecard),
        person=resource_name("people", ecard.person),
        card=resource_name("cards", ecard.card),
        level=ecard_pb2.ECardLevel.ValueType(enum_number(ecard_pb2.ECardLevel, ecard.level)),
        status=ecard_pb2.ECardStatus.ValueType(enum_number(ecard_pb2.ECardStatus, ecard.status)),
        masked_phone=ecard.masked_phone,
        authorize_time=timestamp(ecard.authorize_time),
        create_time=timestamp(ecard.create_time),
        update_time=timestamp(ecard.update_time),
        etag=str(ecard.version),
    )


def redeemed_message(verdict: Verdict) -> ecard_service_pb2.RedeemTokenResponse:
    """Write the answer to a code that was checked; who is refused learns nothing of the card."""
    refusal = ecard_pb2.TokenRefusal.ValueType(enum_number(ecard_pb2.TokenRefusal, verdict.refusal))
    if verdict.token is None or not verdict.valid:
        return ecard_service_pb2.RedeemTokenResponse(refusal=refusal)
    return ecard_service_pb2.RedeemTokenResponse(
        valid=True,
        ecard=resource_name("ecards", verdict.token.ecard),
        level=ecard_pb2.ECardLevel.ValueType(verdict.token.level),
        by_delegate=verdict.token.by_delegate,
    )


def delegate_message(delegate: FamilyDelegate) -> ecard_pb2.FamilyDelegate:
    """Write who may show whose electronic card."""
    relation = enum_number(ecard_pb2.FamilyRelation, delegate.relation)
    return ecard_pb2.FamilyDelegate(
        ecard=resource_name("ecards", delegate.ecard),
        delegate=resource_name("people", delegate.delegate),
        relation=ecard_pb2.FamilyRelation.ValueType(relation),
        create_time=timestamp(delegate.create_time),
    )
