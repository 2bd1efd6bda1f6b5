"""`CertificationService`."""

from datetime import date

from services.common.clock import Clock, bureau_date
from services.common.filtering import Fields, parse
from services.common.months import format_month, month_of
from services.common.resources import resource_id, resource_name
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import batch_of, batch_result, convert_each, date_of, enum_number, enum_of, words_of
from services.common.transactions import Transactions
from services.eligibility.api.decided import decision_message
from services.eligibility.api.evidence import evidence_message
from services.eligibility.api.fields import day_text, filter_date, filter_enum, person_of, timestamp
from services.eligibility.api.no_touch import district_messages, months_of
from services.eligibility.api.sweep import sweep_message
from services.eligibility.book.book import Book
from services.eligibility.certification import Certification, CertificationMethod, CertificationState
from services.eligibility.certification_law import CertificationLaw
from services.eligibility.notice import Notice, NoticeChannel, NoticeDelivery
from services.eligibility.service.back_pay import Balance, balance_of
from services.eligibility.service.certification import (
    NoticeReport,
    explain_certification,
    get_certification,
    record_notices,
)
from services.eligibility.service.no_touch import no_touch_districts
from services.eligibility.service.store import Store
from services.eligibility.service.sweep import cancel_sweep, create_sweep, get_sweep
from services.eligibility.sweep import SweepState
from socsec.eligibility.v1 import certification_pb2, certification_service_pb2
from socsec.type.v1 import batch_pb2

_FIELDS: Fields = {
    "state": filter_enum(CertificationState),
    "valid_to": filter_date,
    "method": filter_enum(CertificationMethod),
    "division": str,
}
_MOST_TOLD = 1_000
_SWEEP_FIELDS: Fields = {"state": filter_enum(SweepState), "as_of_date": filter_date}


class CertificationApi:
    """Certifications, notices and sweeps."""

    def __init__(self, transactions: Transactions[Store], law: CertificationLaw, book: Book, clock: Clock) -> None:
        self._transactions = transactions
        self._law = law
        self._book = book
        self._clock = clock

    async def GetCertification(
        self, request: certification_service_pb2.GetCertificationRequest, call: Call
    ) -> certification_pb2.Certification:
        person = resource_id(request.name, "certifications", "name")

        def read(store: Store) -> certification_pb2.Certification:
            found = get_certification(store, person)
            return _with_balance(certification_message(found), balance_of(store, found))

        return await self._transactions.read(read)

    async def ExplainCertification(
        self, request: certification_service_pb2.ExplainCertificationRequest, call: Call
    ) -> certification_service_pb2.ExplainCertificationResponse:
        person, today = resource_id(request.name, "certifications", "name"), bureau_date(self._clock())
        found, decision, evidence = await self._transactions.read(
            lambda store: explain_certification(store, person, self._book, today, self._law)
        )
        return certification_service_pb2.ExplainCertificationResponse(
            certification=certification_message(found),
            decision=decision_message(decision, resource_name("people", found.person), today),
            evidence=[evidence_message(record, self._law) for record in evidence[:_MOST_TOLD]],
        )

    async def ListCertifications(
        self, request: certification_service_pb2.ListCertificationsRequest, call: Call
    ) -> certification_service_pb2.ListCertificationsResponse:
        page, wanted = page_of(request), parse(request.filter, _FIELDS)
        after = str(page.after[0]) if page.after is not None else ""
        found = await self._transactions.read(lambda store: store.certifications.page(wanted, page.size, after))
        last = (found[-1].person,) if len(found) == page.size else None
        return certification_service_pb2.ListCertificationsResponse(
            certifications=[certification_message(certification) for certification in found],
            next_page_token=next_page_token(request, last),
        )

    async def GetNoTouchRate(
        self, request: certification_service_pb2.GetNoTouchRateRequest, call: Call
    ) -> certification_service_pb2.GetNoTouchRateResponse:
        found = certification_service_pb2.GetNoTouchRateResponse()
        for month in months_of(request, month_of(bureau_date(self._clock()))):
            districts = await self._transactions.scan(
                lambda store, month=month: no_touch_districts(store, month, self._law)  # type: ignore[misc]  # its default binds it
            )
            found.districts.extend(district_messages(month, districts))
        return found

    async def RecordNotices(
        self, request: certification_service_pb2.RecordNoticesRequest, call: Call
    ) -> batch_pb2.BatchResult:
        today = bureau_date(self._clock())
        good, bad = convert_each(batch_of(request.notices, "notices"), lambda item: _notice(item, today))
        outcome = await self._transactions.write(
            lambda store: record_notices(store, good, self._law), validate_only=request.validate_only
        )
        return batch_result(request.batch, outcome.accepted, outcome.repeated, bad + outcome.refused)

    async def CreateSweep(
        self, request: certification_service_pb2.CreateSweepRequest, call: Call
    ) -> certification_pb2.Sweep:
        now, dry_run = self._clock(), request.sweep.dry_run
        # A dry run may look ahead: who would be suspended next month?
        latest = None if dry_run else bureau_date(now)
        day = date_of(request.sweep.as_of_date, "sweep.as_of_date", latest=latest)
        return await self._transactions.once(
            call,
            request,
            lambda store: sweep_message(create_sweep(store, day, dry_run, now)),
            certification_pb2.Sweep,
            validate_only=request.validate_only,
        )

    async def GetSweep(self, request: certification_service_pb2.GetSweepRequest, call: Call) -> certification_pb2.Sweep:
        sweep = resource_id(request.name, "certificationSweeps", "name")
        return sweep_message(await self._transactions.read(lambda store: get_sweep(store, sweep)))

    async def ListSweeps(
        self, request: certification_service_pb2.ListSweepsRequest, call: Call
    ) -> certification_service_pb2.ListSweepsResponse:
        page, wanted = page_of(request), parse(request.filter, _SWEEP_FIELDS)
        before = str(page.after[0]) if page.after is not None else None
        found = await self._transactions.read(lambda store: store.sweeps.page(wanted, page.size, before))
        last = (found[-1].sweep,) if len(found) == page.size else None
        return certification_service_pb2.ListSweepsResponse(
            sweeps=[sweep_message(sweep) for sweep in found], next_page_token=next_page_token(request, last)
        )

    async def CancelSweep(
        self, request: certification_service_pb2.CancelSweepRequest, call: Call
    ) -> certification_pb2.Sweep:
        sweep, now = resource_id(request.name, "certificationSweeps", "name"), self._clock()
        return await self._transactions.once(
            call,
            request,
            lambda store: sweep_message(cancel_sweep(store, sweep, now)),
            certification_pb2.Sweep,
            validate_only=request.validate_only,
        )


def notice_message(person: str, notice: Notice) -> certification_pb2.Notice:
    """Write a notice of a person."""
    channel = enum_number(certification_pb2.NoticeChannel, notice.channel)
    delivery = enum_number(certification_pb2.NoticeDelivery, notice.delivery)
    return certification_pb2.Notice(
        person=resource_name("people", person),
        channel=certification_pb2.NoticeChannel.ValueType(channel),
        delivered_date=notice.delivered_date.isoformat(),
        delivery=certification_pb2.NoticeDelivery.ValueType(delivery),
        proof=notice.proof,
    )


def _notice(message: certification_pb2.Notice, today: date) -> NoticeReport:
    delivery = message.delivery or certification_pb2.NOTICE_DELIVERY_DELIVERED
    return NoticeReport(
        person=person_of(message.person),
        channel=enum_of(certification_pb2.NoticeChannel, message.channel, NoticeChannel, "channel"),
        delivered_date=date_of(message.delivered_date, "delivered_date", latest=today),
        delivery=enum_of(certification_pb2.NoticeDelivery, delivery, NoticeDelivery, "delivery"),
        proof=words_of(message.proof, "proof", shortest=0),
    )


def _infirm_since(certification: Certification) -> date | None:
    infirmity = certification.infirmity
    return infirmity.since if infirmity is not None and infirmity.until is None else None


def certification_message(certification: Certification) -> certification_pb2.Certification:
    """Write a certification, without what stands open."""
    known = certification.assessment
    state = enum_number(certification_pb2.CertificationState, certification.state)
    method = enum_number(certification_pb2.CertificationMethod, certification.method)
    return certification_pb2.Certification(
        name=resource_name("certifications", certification.person),
        person=resource_name("people", certification.person),
        state=certification_pb2.CertificationState.ValueType(state),
        valid_to=day_text(known.valid_to),
        state_since=certification.state_since.isoformat(),
        method=certification_pb2.CertificationMethod.ValueType(method),
        last_evidence_date=day_text(known.last_event_date),
        notice_date=day_text(known.notice_date),
        division=certification.division,
        update_time=timestamp(certification.update_time),
        etag=str(certification.version),
        lost_date=day_text(known.lost_on),
        infirm_since=day_text(_infirm_since(certification)),
    )


def _with_balance(message: certification_pb2.Certification, balance: Balance) -> certification_pb2.Certification:
    months = sorted({month for due in balance.back_pay for month in due.months})
    message.back_pay_months.extend(format_month(month) for month in months)
    message.back_pay_fen = sum(due.amount_fen for due in balance.back_pay)
    if balance.overpaid is not None:
        message.overpaid_months.extend(format_month(month) for month in balance.overpaid.months)
        message.overpaid_fen = balance.overpaid.amount_fen
    return message
