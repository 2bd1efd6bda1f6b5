"""Messages of entitlements."""

from services.common.resources import resource_name
from services.common.rpc.requests import enum_number
from services.eligibility.api.fields import month_text, scheme_number, timestamp
from services.eligibility.entitlement import Entitlement
from services.eligibility.payable import Standing
from services.eligibility.service.payable import standings
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import entitlement_pb2


def changed_message(store: Store, entitlement: Entitlement) -> entitlement_pb2.Entitlement:
    """Write an entitlement as the transaction leaves it."""
    return entitlement_message(*standings(store, [entitlement])[0])


def entitlement_message(entitlement: Entitlement, standing: Standing) -> entitlement_pb2.Entitlement:
    """Write an entitlement, with what is paid of it now."""
    state = enum_number(entitlement_pb2.EntitlementState, entitlement.state)
    payability = enum_number(entitlement_pb2.Payability, standing.payability)
    return entitlement_pb2.Entitlement(
        name=resource_name("entitlements", entitlement.entitlement),
        reference=entitlement.reference,
        person=resource_name("people", entitlement.person),
        benefit=entitlement.benefit,
        scheme=scheme_number(entitlement.scheme),
        pooling_region=entitlement.pooling_region,
        state=entitlement_pb2.EntitlementState.ValueType(state),
        start_month=month_text(entitlement.start_month),
        end_month=month_text(entitlement.end_month),
        monthly_amount_fen=entitlement.monthly_amount_fen,
        masked_account=entitlement.account.masked,
        suspensions=[
            entitlement_pb2.Suspension(
                from_month=month_text(pause.from_month), to_month=month_text(pause.to_month), reason=pause.reason
            )
            for pause in entitlement.suspensions
        ],
        create_time=timestamp(entitlement.create_time),
        update_time=timestamp(entitlement.update_time),
        etag=str(entitlement.version),
        amounts=[
            entitlement_pb2.Amount(
                from_month=month_text(amount.from_month),
                monthly_amount_fen=amount.monthly_fen,
                reason=amount.reason,
                is_adjustment=amount.is_adjustment,
            )
            for amount in entitlement.amounts
        ],
        stop_reason=entitlement.stop_reason,
        paid_once_for=entitlement.once,
        payability=entitlement_pb2.Payability.ValueType(payability),
        payability_reason=standing.reason,
    )
