"""An auditor's live view of the flagged cases, and waiting for what it shows."""

import asyncio
from collections.abc import AsyncIterable, Callable, Mapping

from services.admin.outcome import ExitCode, Failed
from services.admin.session import Session
from services.admin.watching import follow
from socsec.fundaudit.v1 import case_pb2, case_service_pb2, case_service_pb2_grpc

Cases = Mapping[str, case_pb2.Case]


class CaseWatch:
    """Every case as its last change left it."""

    def __init__(self, session: Session, on_change: Callable[[case_service_pb2.CaseChange], None]) -> None:
        self._cases: dict[str, case_pb2.Case] = {}
        self._service: case_service_pb2_grpc.CaseServiceAsyncStub = case_service_pb2_grpc.CaseServiceStub(
            session.channel("fund_audit")
        )
        self._on_change = on_change
        self._changed = asyncio.Condition()

    @property
    def cases(self) -> Cases:
        """The cases by name."""
        return self._cases

    async def run(self) -> None:
        """Follow all changes until cancelled; the stack is new, so there is none to list first."""
        first = await self._service.ListCases(case_service_pb2.ListCasesRequest())
        async for message in follow(self._watch, first.resume_token):
            if message.HasField("change"):
                case = message.change.case
                self._cases[case.name] = case
                self._on_change(message.change)
                async with self._changed:
                    self._changed.notify_all()

    def _watch(self, token: str) -> AsyncIterable[case_service_pb2.WatchCasesResponse]:
        return self._service.WatchCases(case_service_pb2.WatchCasesRequest(resume_token=token))

    async def until(self, shows: Callable[[Cases], bool], seconds: float) -> bool:
        """Wait until the cases show something; tell whether they did in time."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: shows(self._cases))
        except TimeoutError:
            return False
        return True

    async def must(self, shows: Callable[[Cases], bool], seconds: float, what: str) -> None:
        """Wait likewise; raises Failed when it does not come."""
        if not await self.until(shows, seconds):
            raise Failed(ExitCode.REFUSED, f"{what} within {seconds:.0f} s.")
