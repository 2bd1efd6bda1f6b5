"""`RetirementService`."""

from services.common.clock import Clock, bureau_date
from services.common.months import format_month
from services.common.resources import resource_name
from services.common.rpc.call import Call
from services.common.rpc.requests import date_of, enum_number, month_of, words_of
from services.common.transactions import Transactions
from services.eligibility.api.decided import decision_message
from services.eligibility.api.entitlement_messages import changed_message
from services.eligibility.api.fields import account_of, person_of, region_of
from services.eligibility.cards import CardClient
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.service.decision import numbers_of
from services.eligibility.service.retirement import (
    PARTS,
    Confirmation,
    RetirementPlan,
    grant_retirement,
    plan_retirement,
)
from services.eligibility.service.store import Store
from services.eligibility.shelf import Shelf
from socsec.eligibility.v1 import decision_pb2, retirement_pb2, retirement_service_pb2


class RetirementApi:
    """Retirement as one matter."""

    def __init__(
        self,
        transactions: Transactions[Store],
        cards: CardClient,
        shelf: Shelf,
        law: CertificationLaw,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._cards = cards
        self._book = shelf.today
        self._law = law
        self._clock = clock

    async def Retire(self, request: retirement_service_pb2.RetireRequest, call: Call) -> retirement_pb2.Retirement:
        person = person_of(request.person)
        now = self._clock()
        today = bureau_date(now)
        confirmation = _confirmation(request.confirmation) if request.HasField("confirmation") else None
        latest = today if confirmation is not None else None
        as_of = date_of(request.as_of_date, "as_of_date", latest=latest) if request.as_of_date else today
        chosen = month_of(request.retirement_month, "retirement_month") if request.retirement_month else None
        profiles = await self._cards.profiles({person})

        def planned(store: Store) -> RetirementPlan:
            on_record = numbers_of(self._book, person, store.facts.of({person}).get(person), profiles.get(person))
            return plan_retirement(self._book, person, as_of, on_record, request.facts, chosen)

        if confirmation is None:
            return self._message(await self._transactions.read(planned))

        def granted(store: Store) -> retirement_pb2.Retirement:
            plan = planned(store)
            done = grant_retirement(store, plan, confirmation, profiles, now, self._law, self._book)
            told = self._message(plan)
            told.state = retirement_pb2.RETIREMENT_STATE_GRANTED
            told.granted.append(changed_message(store, done.granted))
            told.ended.extend(changed_message(store, one) for one in done.ended)
            return told

        return await self._transactions.once(
            call, request, granted, retirement_pb2.Retirement, validate_only=request.validate_only
        )

    def _message(self, plan: RetirementPlan) -> retirement_pb2.Retirement:
        name = resource_name("people", plan.person)
        return retirement_pb2.Retirement(
            person=name,
            as_of_date=plan.day.isoformat(),
            state=retirement_pb2.RetirementState.ValueType(enum_number(retirement_pb2.RetirementState, plan.state)),
            statutory_month=_month(plan, "statutory_retirement_month"),
            earliest_month=_month(plan, "earliest_pension_month"),
            latest_month=_month(plan, "latest_retirement_month"),
            retirement_month=format_month(plan.month) if plan.month is not None else "",
            first_payment_month=_month(plan, "first_payment_month"),
            outcome=decision_pb2.Outcome.ValueType(enum_number(decision_pb2.Outcome, plan.outcome)),
            unmet_conditions=plan.unmet,
            lacking_contribution_months=plan.lacking_months,
            monthly_amount_fen=plan.monthly_fen,
            parts_fen={part: plan.values[part] for part in PARTS if part in plan.values},
            unverified=any(decision.unverified for decision in plan.decisions),
            missing_facts=[self._missing(fact) for fact in plan.missing],
            decisions=[decision_message(decision, name, plan.day) for decision in plan.decisions],
            etag=plan.etag,
        )

    def _missing(self, name: str) -> retirement_pb2.MissingFact:
        fact = self._book.library.facts.get(name)
        if fact is not None:
            return retirement_pb2.MissingFact(name=name, title=fact.title, source=fact.source)
        parameter = self._book.library.parameters[name]
        return retirement_pb2.MissingFact(name=name, title=parameter.title, source=parameter.entries[-1].source)


def _confirmation(message: retirement_pb2.RetirementConfirmation) -> Confirmation:
    return Confirmation(
        reference=words_of(message.reference, "confirmation.reference"),
        pooling_region=region_of(message.pooling_region, "confirmation.pooling_region"),
        account_number=account_of(message.account, "confirmation.account"),
        etag=message.etag,
    )


def _month(plan: RetirementPlan, name: str) -> str:
    return format_month(plan.values[name]) if name in plan.values else ""
