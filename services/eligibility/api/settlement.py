"""`SettlementService`."""

from datetime import date

from services.common.clock import Clock, bureau_date
from services.common.errors import InvalidInput
from services.common.months import format_month
from services.common.months import month_of as month_of_day
from services.common.resources import resource_id, resource_name
from services.common.rpc.call import Call
from services.common.rpc.requests import date_of, enum_number, enum_of, month_of
from services.common.transactions import Transactions
from services.eligibility.life_event import LifeEvent, LifeEventKind
from services.eligibility.payability import MonthAccount, is_survivors_benefit_barred
from services.eligibility.service.settlement import check_settlement
from services.eligibility.service.store import Store
from services.eligibility.shelf import Shelf
from socsec.eligibility.v1 import settlement_pb2, settlement_service_pb2

_MOST_EVENTS = 100


class SettlementApi:
    """The months of an entitlement by what happened."""

    def __init__(self, transactions: Transactions[Store], shelf: Shelf, clock: Clock) -> None:
        self._transactions = transactions
        self._book_hash = shelf.today.hash
        self._clock = clock

    async def CheckSettlement(
        self, request: settlement_service_pb2.CheckSettlementRequest, call: Call
    ) -> settlement_pb2.Settlement:
        entitlement = resource_id(request.entitlement, "entitlements", "entitlement")
        today = bureau_date(self._clock())
        if len(request.events) > _MOST_EVENTS:
            limits = {"max": str(_MOST_EVENTS)}
            raise InvalidInput("events", "VALUE_OUT_OF_RANGE", f"At most {_MOST_EVENTS} events.", limits)
        events = [_event(message, f"events[{place}].", today) for place, message in enumerate(request.events)]
        adjustments = {month_of(text, "adjustment_months") for text in request.adjustment_months}
        through = _through(request.through_month, month_of_day(today))
        settled = await self._transactions.read(
            lambda store: check_settlement(store, entitlement, events, adjustments, through)
        )
        return settlement_pb2.Settlement(
            entitlement=resource_name("entitlements", entitlement),
            months=map(_month, settled.months),
            owed_fen=settled.owed_fen,
            held_fen=settled.held_fen,
            overpaid_fen=settled.overpaid_fen,
            survivors_benefit_barred=is_survivors_benefit_barred(events),
            unverified=any(account.unverified for account in settled.months),
            book_hash=self._book_hash,
        )


def _through(text: str, present: int) -> int:
    through = month_of(text, "through_month") if text else present
    if through > present:
        limit = format_month(present)
        raise InvalidInput("through_month", "VALUE_OUT_OF_RANGE", f"through_month is at most {limit}.", {"max": limit})
    return through


def _event(message: settlement_pb2.LifeEvent, at: str, today: date) -> LifeEvent:
    from_date = date_of(message.from_date, f"{at}from_date", latest=today)
    to_date = date_of(message.to_date, f"{at}to_date", latest=today) if message.to_date else None
    if to_date is not None and to_date < from_date:
        raise InvalidInput(f"{at}to_date", "VALUE_OUT_OF_RANGE", "to_date must not lie before from_date.")
    kind = enum_of(settlement_pb2.LifeEventKind, message.kind, LifeEventKind, f"{at}kind")
    if message.convicted and (kind is not LifeEventKind.CUSTODY or to_date is None):
        raise InvalidInput(f"{at}convicted", "VALUE_OUT_OF_RANGE", "convicted is said of custody that is over.")
    return LifeEvent(kind, from_date, to_date, message.convicted)


def _month(account: MonthAccount) -> settlement_pb2.MonthAccount:
    kind = account.event.kind if account.event is not None else None
    return settlement_pb2.MonthAccount(
        month=format_month(account.month),
        state=settlement_pb2.MonthState.ValueType(enum_number(settlement_pb2.MonthState, account.state)),
        worth_fen=account.worth_fen,
        paid_fen=account.paid_fen,
        owed_fen=account.owed_fen,
        held_fen=account.held_fen,
        overpaid_fen=account.overpaid_fen,
        event=settlement_pb2.LifeEventKind.ValueType(enum_number(settlement_pb2.LifeEventKind, kind)),
        source=account.article,
        unverified=account.unverified,
    )
