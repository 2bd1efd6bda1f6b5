"""What a counter clerk asks of card, for whom it is asked."""

from services.common.clock import bureau_date
from socsec.card.v1 import actor_pb2, card_pb2, card_service_pb2, card_upkeep_service_pb2, ecard_pb2, ecard_service_pb2
from tests.integration.card.city import account
from tests.integration.card.serving import Served
from tests.integration.card.test_upkeep_api import by

BY_PHONE = by(actor_pb2.ACTOR_KIND_HOLDER, "PHONE_IDENTIFICATION")
ONLINE = by(actor_pb2.ACTOR_KIND_HOLDER, "ONLINE_AUTHENTICATION")


def agent(person: str) -> actor_pb2.Actor:
    """Somebody whom the holder has sent."""
    shown = ("HOLDER_IDENTITY", "AGENT_IDENTITY", "AUTHORISATION")
    return by(actor_pb2.ACTOR_KIND_AGENT, *shown, reference=person)


async def apply(service: Served, person: str, actor: actor_pb2.Actor) -> card_pb2.Card:
    request = card_service_pb2.ApplyCardRequest(
        person=person, issuing_division="370200", service_bank_code="102", actor=actor
    )
    return await service.operator.cards.ApplyCard(request)


async def make(service: Served, card: str) -> card_pb2.Card:
    today = bureau_date(service.clock()).isoformat()
    request = card_service_pb2.MakeCardRequest(name=card, bank_account=account(), issue_date=today)
    return await service.operator.cards.MakeCard(request)


async def collect(service: Served, card: str, actor: actor_pb2.Actor) -> card_pb2.Card:
    """Hand a card out and enable it."""
    await service.operator.cards.CollectCard(card_service_pb2.CollectCardRequest(name=card, actor=actor))
    return await service.operator.cards.EnableCard(card_service_pb2.EnableCardRequest(name=card, actor=actor))


async def bridge(service: Served, card: str, actor: actor_pb2.Actor) -> card_pb2.Card:
    request = card_upkeep_service_pb2.IssueTemporaryCardRequest(name=card, actor=actor)
    return await service.operator.upkeep.IssueTemporaryCard(request)


async def report(
    service: Served, card: str, kind: card_pb2.LossKind.ValueType, actor: actor_pb2.Actor
) -> card_pb2.Card:
    request = card_service_pb2.ReportLossRequest(name=card, kind=kind, actor=actor)
    return await service.operator.cards.ReportLoss(request)


async def issue_ecard(service: Served, person: str) -> ecard_pb2.ECard:
    return await service.operator.ecards.IssueECard(ecard_service_pb2.IssueECardRequest(person=person))
