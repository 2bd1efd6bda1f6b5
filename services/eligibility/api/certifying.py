"""`CertifyingService`."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum

from services.common.clock import Clock, bureau_date
from services.common.resources import resource_name
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import date_of, enum_number, enum_of, words_of
from services.common.transactions import Transactions
from services.eligibility.api.certification import certification_message, notice_message
from services.eligibility.api.fields import day_text, person_of
from services.eligibility.certification import Certification
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.notice import Notice
from services.eligibility.service.certifying import (
    Assurance,
    DueNotice,
    due_notices,
    record_home_visit,
    record_infirmity,
    self_certify,
)
from services.eligibility.service.store import Store
from socsec.eligibility.v1 import certification_pb2, certifying_service_pb2


class _VisitOutcome(StrEnum):
    MET = "MET"
    NOT_MET = "NOT_MET"


Mutation = (
    certifying_service_pb2.SelfCertifyRequest
    | certifying_service_pb2.RecordHomeVisitRequest
    | certifying_service_pb2.RecordInfirmityRequest
)


class CertifyingApi:
    """People certify themselves, are reminded, and are visited."""

    def __init__(self, transactions: Transactions[Store], law: CertificationLaw, clock: Clock) -> None:
        self._transactions = transactions
        self._law = law
        self._clock = clock

    async def SelfCertify(
        self, request: certifying_service_pb2.SelfCertifyRequest, call: Call
    ) -> certification_pb2.Certification:
        today, person = bureau_date(self._clock()), person_of(request.person)
        assurance = enum_of(certifying_service_pb2.Assurance, request.assurance, Assurance, "assurance")
        proof, day = words_of(request.proof, "proof"), date_of(request.certify_date, "certify_date", latest=today)
        return await self._once(
            call, request, lambda store: self_certify(store, person, assurance, proof, day, self._law)
        )

    async def RecordHomeVisit(
        self, request: certifying_service_pb2.RecordHomeVisitRequest, call: Call
    ) -> certification_pb2.Certification:
        today, person = bureau_date(self._clock()), person_of(request.person)
        outcome = enum_of(certifying_service_pb2.VisitOutcome, request.outcome, _VisitOutcome, "outcome")
        met = outcome is _VisitOutcome.MET
        proof, day = words_of(request.proof, "proof"), date_of(request.visit_date, "visit_date", latest=today)
        return await self._once(
            call, request, lambda store: record_home_visit(store, person, day, met, proof, self._law)
        )

    async def RecordInfirmity(
        self, request: certifying_service_pb2.RecordInfirmityRequest, call: Call
    ) -> certification_pb2.Certification:
        today, person = bureau_date(self._clock()), person_of(request.person)
        since = date_of(request.infirm_since, "infirm_since", latest=today) if request.infirm_since else None
        return await self._once(call, request, lambda store: record_infirmity(store, person, since, today, self._law))

    async def ListDueNotices(
        self, request: certifying_service_pb2.ListDueNoticesRequest, call: Call
    ) -> certifying_service_pb2.ListDueNoticesResponse:
        page = page_of(request)
        day = date_of(request.as_of_date, "as_of_date") if request.as_of_date else bureau_date(self._clock())
        after = str(page.after[0]) if page.after is not None else ""
        due, looked_at = await self._transactions.read(
            lambda store: due_notices(store, after, page.size, day, self._law)
        )
        last = (looked_at[-1].person,) if len(looked_at) == page.size else None
        return certifying_service_pb2.ListDueNoticesResponse(
            due_notices=[_due_message(one) for one in due], next_page_token=next_page_token(request, last)
        )

    async def ListNotices(
        self, request: certifying_service_pb2.ListNoticesRequest, call: Call
    ) -> certifying_service_pb2.ListNoticesResponse:
        page, person = page_of(request, date, str), person_of(request.person)
        found = await self._transactions.read(lambda store: store.certifications.notices([person]).get(person, ()))
        newest = sorted(found, key=_place, reverse=True)
        rest = [notice for notice in newest if page.after is None or _place(notice) < tuple(map(str, page.after))]
        shown = rest[: page.size]
        last = _place(shown[-1]) if len(rest) > page.size else None
        return certifying_service_pb2.ListNoticesResponse(
            notices=[notice_message(person, notice) for notice in shown],
            next_page_token=next_page_token(request, last),
        )

    async def _once(
        self, call: Call, request: Mutation, work: Callable[[Store], Certification]
    ) -> certification_pb2.Certification:
        return await self._transactions.once(
            call,
            request,
            lambda store: certification_message(work(store)),
            certification_pb2.Certification,
            validate_only=request.validate_only,
        )


def _place(notice: Notice) -> tuple[str, str]:
    return notice.delivered_date.isoformat(), str(notice.channel)


def _due_message(due: DueNotice) -> certification_pb2.DueNotice:
    one, channel = due.certification, enum_number(certification_pb2.NoticeChannel, due.channel)
    return certification_pb2.DueNotice(
        person=resource_name("people", one.person),
        channel=certification_pb2.NoticeChannel.ValueType(channel),
        warned_since=one.state_since.isoformat(),
        valid_to=day_text(one.assessment.valid_to),
        division=one.division,
    )
