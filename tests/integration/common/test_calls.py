"""One call's life at the interceptor, whatever the service behind it does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import grpc
import pytest
from google.protobuf.descriptor_pool import Default
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.common.errors import Conflict
from services.common.rpc import interceptor
from services.common.rpc.auth import OpenMethod
from services.common.rpc.call import Call
from services.common.rpc.server import MissingMethod, RpcServer
from services.common.rpc.status import Refusal, from_call
from services.local.certificates import Authority
from socsec.fundaudit.v1 import case_pb2, case_service_pb2, case_service_pb2_grpc
from tests.support.rpc import Serving, configuration, credentials_of, serving

CONTRACT = case_service_pb2.DESCRIPTOR.services_by_name["CaseService"]
GetCase = case_service_pb2.GetCaseRequest
WatchCases = case_service_pb2.WatchCasesRequest


class Cases:
    """Answers a request by what its name asks for."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.closed = asyncio.Event()

    async def GetCase(self, request: GetCase, call: Call) -> case_pb2.Case:
        self.calls.append(call)
        match request.name:
            case "conflict":
                raise Conflict("ETAG_MISMATCH", "Read it again.", {"resource": "cases/1"})
            case "defect":
                raise RuntimeError("370299199001010012 broke it")
            case "slow":
                await asyncio.sleep(60)
        return case_pb2.Case(name=request.name)

    ListCases = TakeCase = DecideCase = GetCase

    async def WatchCases(self, request: WatchCases, call: Call) -> AsyncIterator[case_service_pb2.WatchCasesResponse]:
        try:
            while True:
                yield case_service_pb2.WatchCasesResponse(resume_token="x" * 100_000)
        finally:
            self.closed.set()


Stub = case_service_pb2_grpc.CaseServiceStub


@pytest.fixture
def cases() -> Cases:
    return Cases()


@pytest.fixture
async def running(cases: Cases, tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path, CONTRACT, cases, drain_grace_seconds=0.5) as served:
        yield served


async def refusal(call: Awaitable[object]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_call(caught.value)


async def _read_all(watch: "grpc.aio.UnaryStreamCall[WatchCases, case_service_pb2.WatchCasesResponse]") -> None:
    while await watch.read():
        pass


async def test_a_method_learns_who_calls_and_answers(running: Serving, cases: Cases) -> None:
    stub = Stub(await running.channel("auditor", "wang"))
    assert (await stub.GetCase(GetCase(name="good"))).name == "good"
    assert (cases.calls[0].caller.role, cases.calls[0].caller.name) == ("auditor", "auditor/wang")
    assert cases.calls[0].method == "/socsec.fundaudit.v1.CaseService/GetCase"


async def test_what_a_method_raises_arrives_with_its_reason_and_a_defect_without_its_text(running: Serving) -> None:
    stub = Stub(await running.channel("auditor", "wang"))
    conflict = await refusal(stub.GetCase(GetCase(name="conflict")))
    assert (conflict.code, conflict.reason, conflict.metadata) == (
        "ABORTED",
        "ETAG_MISMATCH",
        {"resource": "cases/1"},
    )
    defect = await refusal(stub.GetCase(GetCase(name="defect")))
    assert (defect.code, defect.reason) == ("INTERNAL", "INTERNAL")
    assert "370299" not in defect.message


async def test_a_passed_deadline_ends_the_call(running: Serving) -> None:
    stub = Stub(await running.channel("auditor", "wang"))
    late = await refusal(stub.GetCase(GetCase(name="slow"), timeout=0.3))
    assert late.code == "DEADLINE_EXCEEDED"


async def test_a_call_without_a_deadline_gets_the_services(running: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interceptor, "UNARY_SECONDS", 0.2)
    identity = running.authority.identity("auditor", "wang")
    async with grpc.aio.secure_channel(running.address, credentials_of(identity)) as bare:  # sets no deadline itself
        late = await refusal(Stub(bare).GetCase(GetCase(name="slow")))
    assert (late.code, late.reason) == ("DEADLINE_EXCEEDED", "DEADLINE")


async def test_a_reader_that_stands_still_is_told_and_its_place_is_free_again(
    running: Serving, cases: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interceptor, "READER_SECONDS", 0.3)
    watch = Stub(await running.channel("auditor", "wang")).WatchCases(WatchCases())
    await watch.read()
    async with asyncio.timeout(10):
        await cases.closed.wait()
    told = await refusal(_read_all(watch))
    assert (told.code, told.reason) == ("RESOURCE_EXHAUSTED", "SLOW_READER")


async def test_a_reader_that_goes_away_frees_its_place(running: Serving, cases: Cases) -> None:
    watch = Stub(await running.channel("auditor", "wang")).WatchCases(WatchCases())
    await watch.read()
    watch.cancel()
    async with asyncio.timeout(10):
        await cases.closed.wait()


async def test_health_says_serving_and_stops_saying_so_before_calls_are_refused(tmp_path: Path, cases: Cases) -> None:
    async with serving(tmp_path, CONTRACT, cases, drain_delay_seconds=0.5) as running:
        channel = await running.channel("auditor", "wang")
        asked = health_pb2.HealthCheckRequest()
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )
        assert (await check(asked)).status == health_pb2.HealthCheckResponse.SERVING
        draining = asyncio.create_task(running.server.drain())
        await asyncio.sleep(0.1)
        assert (await check(asked)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert (await Stub(channel).GetCase(GetCase(name="still"))).name == "still"
        await draining


async def test_a_service_object_with_a_hole_refuses_to_start(tmp_path: Path) -> None:
    class Holed:
        async def GetCase(self) -> None: ...

    with pytest.raises(MissingMethod, match=r"Holed does not answer socsec\.fundaudit\.v1\.CaseService\.ListCases"):
        RpcServer(configuration(Authority(tmp_path)), {CONTRACT: Holed()}, asyncio.Event())


async def test_a_contract_that_names_no_role_refuses_to_start(tmp_path: Path) -> None:
    foreign = Default().FindServiceByName("grpc.health.v1.Health")
    with pytest.raises(OpenMethod, match=r"grpc\.health\.v1\.Health"):
        RpcServer(configuration(Authority(tmp_path)), {foreign: health_pb2_grpc.HealthServicer()}, asyncio.Event())


async def test_a_second_server_does_not_share_the_port_silently(running: Serving) -> None:
    with pytest.raises(RuntimeError):
        RpcServer(configuration(running.authority, listen=running.address), {CONTRACT: Cases()}, asyncio.Event())
