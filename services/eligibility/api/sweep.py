"""`SweepReportService`, and a sweep as a message."""

from services.common.resources import resource_id, resource_name
from services.common.rpc.call import Call
from services.common.rpc.paging import next_page_token, page_of
from services.common.rpc.requests import enum_number, enum_of
from services.common.transactions import Transactions
from services.eligibility.api.fields import region_of, timestamp
from services.eligibility.certification import CertificationState
from services.eligibility.service.store import Store
from services.eligibility.service.sweep import get_sweep
from services.eligibility.sweep import Sweep
from services.eligibility.sweep_finding import Finding, Kind, SweepList, SweepReason, Wanted
from socsec.eligibility.v1 import certification_pb2, sweep_report_service_pb2


class SweepReportApi:
    """What sweeps found."""

    def __init__(self, transactions: Transactions[Store]) -> None:
        self._transactions = transactions

    async def GetSweepReport(
        self, request: sweep_report_service_pb2.GetSweepReportRequest, call: Call
    ) -> sweep_report_service_pb2.GetSweepReportResponse:
        sweep = resource_id(request.name, "certificationSweeps", "name")

        def read(store: Store) -> sweep_report_service_pb2.GetSweepReportResponse:
            found, tally = get_sweep(store, sweep), store.sweeps.tally(sweep)
            counted = sorted(tally.items(), key=lambda entry: (entry[0][0], _order(entry[0][1])))
            return sweep_report_service_pb2.GetSweepReportResponse(
                sweep=sweep_message(found),
                counts=[_count(division, kind, people) for (division, kind), people in counted],
            )

        return await self._transactions.scan(read)

    async def ListSweepFindings(
        self, request: sweep_report_service_pb2.ListSweepFindingsRequest, call: Call
    ) -> sweep_report_service_pb2.ListSweepFindingsResponse:
        sweep, page, wanted = (
            resource_id(request.sweep, "certificationSweeps", "sweep"),
            page_of(request),
            _wanted(request),
        )
        after = str(page.after[0]) if page.after is not None else ""

        def read(store: Store) -> tuple[list[Finding], str | None]:
            get_sweep(store, sweep).check_lists()
            found, last = store.sweeps.findings(sweep, wanted, page.size, after)
            return list(found), last

        found, last = await self._transactions.scan(read)
        return sweep_report_service_pb2.ListSweepFindingsResponse(
            findings=[_finding(finding) for finding in found],
            next_page_token=next_page_token(request, (last,) if last is not None else None),
        )


def _wanted(request: sweep_report_service_pb2.ListSweepFindingsRequest) -> Wanted:
    return Wanted(
        on_list=enum_of(sweep_report_service_pb2.SweepList, request.list, SweepList, "list") if request.list else None,
        reason=enum_of(sweep_report_service_pb2.SweepReason, request.reason, SweepReason, "reason")
        if request.reason
        else None,
        division=region_of(request.division, "division") if request.division else "",
        changed_only=request.changed_only,
    )


def _order(kind: Kind) -> tuple[int, int]:
    return list(SweepReason).index(kind.reason), kind.code


def _count(division: str, kind: Kind, people: int) -> sweep_report_service_pb2.SweepCount:
    return sweep_report_service_pb2.SweepCount(
        division=division,
        list=_list_number(kind),
        reason=_reason_number(kind),
        from_state=_state_number(kind.before),
        to_state=_state_number(kind.after),
        people_count=people,
        changed=kind.is_change,
    )


def _finding(finding: Finding) -> sweep_report_service_pb2.SweepFinding:
    kind = finding.kind
    return sweep_report_service_pb2.SweepFinding(
        person=resource_name("people", finding.person),
        division=finding.division,
        list=_list_number(kind),
        reason=_reason_number(kind),
        from_state=_state_number(kind.before),
        to_state=_state_number(kind.after),
        changed=kind.is_change,
    )


def _list_number(kind: Kind) -> sweep_report_service_pb2.SweepList.ValueType:
    number = enum_number(sweep_report_service_pb2.SweepList, kind.on_list)
    return sweep_report_service_pb2.SweepList.ValueType(number)


def _reason_number(kind: Kind) -> sweep_report_service_pb2.SweepReason.ValueType:
    number = enum_number(sweep_report_service_pb2.SweepReason, kind.reason)
    return sweep_report_service_pb2.SweepReason.ValueType(number)


def _state_number(state: CertificationState | None) -> certification_pb2.CertificationState.ValueType:
    return certification_pb2.CertificationState.ValueType(enum_number(certification_pb2.CertificationState, state))


def sweep_message(sweep: Sweep) -> certification_pb2.Sweep:
    """Write a sweep."""
    counts = sweep.counts
    return certification_pb2.Sweep(
        name=resource_name("certificationSweeps", sweep.sweep),
        as_of_date=sweep.as_of_date.isoformat(),
        dry_run=sweep.dry_run,
        state=certification_pb2.SweepState.ValueType(enum_number(certification_pb2.SweepState, sweep.state)),
        examined_count=counts.examined,
        total_count=sweep.total,
        qualified_count=counts.qualified,
        to_verify_count=counts.to_verify,
        lost_count=counts.lost,
        silent_count=counts.silent,
        warned_count=counts.warned,
        suspended_count=counts.suspended,
        unnoticed_count=counts.unnoticed,
        create_time=timestamp(sweep.create_time),
        end_time=timestamp(sweep.end_time),
        lists_deleted=sweep.lists_deleted,
    )
