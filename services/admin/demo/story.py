"""A city's months as they would come in: evidence, a sweep, the month's draws; late deaths and reversals at the end."""

import asyncio
import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import Message

from services.admin.card_kinds import CARDS, PEOPLE
from services.admin.demo.board import Board
from services.admin.demo.monthly import Divided, divide
from services.admin.demo.verdict import Score, Told, compare, flagged, read_faults
from services.admin.demo.watch import Cases, CaseWatch
from services.admin.importing import Importer
from services.admin.kinds import DRAWS, ENTITLEMENTS, EVIDENCE, FACTS, NOTICES, REVERSALS, FileKind
from services.admin.outcome import ExitCode, Failed
from services.admin.resolving import People
from services.admin.sample.calendar import SWEEP_DAY, Period, date_of
from services.admin.session import Session
from services.common.ids import new_id
from services.common.months import format_month
from socsec.eligibility.v1 import (
    certification_pb2,
    certification_service_pb2,
    certification_service_pb2_grpc,
    evidence_pb2,
    evidence_service_pb2,
    evidence_service_pb2_grpc,
)
from socsec.fundaudit.v1 import case_pb2, quarantine_service_pb2, quarantine_service_pb2_grpc

M = TypeVar("M", bound=Message)
Q = TypeVar("Q", bound=Message)

_SWEEP_LOOK_SECONDS = 0.05
_PATIENCE_SECONDS = 120.0
_CARD_EVENTS_SECONDS = 30.0


class Story:
    """One city, lived through once."""

    def __init__(self, operator: Session, auditor: Session, city: Path, period: Period, board: Board) -> None:
        self._operator = operator
        self._auditor = auditor
        self._city = city
        self._period = period
        self._board = board
        self._importer = Importer(operator)
        self._people = People(operator.channel("card"))
        self._watch = CaseWatch(auditor, board.flag)

    async def tell(self) -> Told:
        """Live through the months, wait until supervision has seen everything, and compare with the truth."""
        watching = asyncio.create_task(self._watch.run())
        told = asyncio.create_task(self._live())
        try:
            await asyncio.wait({watching, told}, return_when=asyncio.FIRST_COMPLETED)
            if not told.done():
                watching.result()  # it ends by an error only
            return await told
        finally:
            for task in (told, watching):
                task.cancel()
            await asyncio.gather(told, watching, return_exceptions=True)

    async def _live(self) -> Told:
        divided = await asyncio.to_thread(divide, self._city, self._period)
        cards = await self._register(divided)
        draws, swept = 0, certification_pb2.Sweep()
        for index, files in enumerate(divided.months):
            month = format_month(self._period.month(index))
            await self._take(EVIDENCE, files.evidence, f"{month} evidence")
            await self._take(NOTICES, files.notices, f"{month} notices")
            swept = await self._sweep(index, month)
            draws += await self._take(DRAWS, files.draws, f"{month} draws")
        await self._take(EVIDENCE, divided.after.evidence, "evidence after the last payment")
        await self._correct()
        rules = await self._judge()
        return Told(cards, draws, swept.silent_count / max(1, swept.examined_count - swept.lost_count), rules)

    async def _register(self, divided: Divided) -> int:
        """Register people, cards, facts and entitlements; what is known of the time before comes with them."""
        await self._take(PEOPLE, self._city / "people.csv", "people")
        cards, _ = await asyncio.gather(
            self._take(CARDS, self._city / "cards.csv", "cards"), self._take_in_turn(divided)
        )
        return cards

    async def _take_in_turn(self, divided: Divided) -> None:
        await self._take(FACTS, self._city / "facts.csv", "facts")
        await self._take(EVIDENCE, divided.before.evidence, "evidence of the year before")
        await self._take(ENTITLEMENTS, self._city / "entitlements.csv", "entitlements")

    async def _take(self, kind: FileKind[M, Q], path: Path, text: str) -> int:
        """Import a file, if there is one, and give how many records were new; the city is made to be taken whole."""
        if not await asyncio.to_thread(path.exists):
            return 0
        with self._board.stage(text) as show:
            done = await self._importer.run(
                kind, path, execute=True, on_progress=lambda step: show(step.records, step.total)
            )
        if done.counts.rejected:
            raise Failed(ExitCode.REJECTED, f"{done.counts.rejected} records were rejected: see {done.rejects}.")
        return done.counts.accepted

    async def _sweep(self, index: int, month: str) -> certification_pb2.Sweep:
        service: certification_service_pb2_grpc.CertificationServiceAsyncStub = (
            certification_service_pb2_grpc.CertificationServiceStub(self._operator.channel("eligibility"))
        )
        day = date_of(self._period.day(index, SWEEP_DAY)).isoformat()
        request = certification_service_pb2.CreateSweepRequest(
            sweep=certification_pb2.Sweep(as_of_date=day), request_id=new_id()
        )
        with self._board.stage(f"{month} certification sweep") as show:
            sweep = await service.CreateSweep(request)
            while sweep.state == certification_pb2.SWEEP_STATE_RUNNING:
                await asyncio.sleep(_SWEEP_LOOK_SECONDS)
                sweep = await service.GetSweep(certification_service_pb2.GetSweepRequest(name=sweep.name))
                show(sweep.examined_count, sweep.total_count)
        return sweep

    async def _correct(self) -> None:
        """Bring in what comes too late: deaths, mistakes taken back, payments that came back."""
        await self._take(EVIDENCE, self._city / "evidence_late.csv", "deaths registered late")
        await self._withdraw()
        duplicate = await self._last_duplicate()
        await self._watch.must(
            lambda cases: _stands(cases, duplicate, case_pb2.CASE_STATE_OPEN),
            _PATIENCE_SECONDS,
            "A duplicate that is about to come back was not flagged",
        )
        await self._take(REVERSALS, self._city / "reversals.csv", "payments that came back")
        # Eligibility's events arrive in their order and this one is the last of them: once it has taken effect, so has
        # everything before it.
        with self._board.stage("supervision catches up"):
            await self._watch.must(
                lambda cases: _stands(cases, duplicate, case_pb2.CASE_STATE_WITHDRAWN),
                _PATIENCE_SECONDS,
                "The case about a payment that came back was not withdrawn",
            )

    async def _withdraw(self) -> None:
        service: evidence_service_pb2_grpc.EvidenceServiceAsyncStub = evidence_service_pb2_grpc.EvidenceServiceStub(
            self._operator.channel("eligibility")
        )
        with (self._city / "withdrawals.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                source = evidence_pb2.EvidenceSource.Value(f"EVIDENCE_SOURCE_{row['source']}")
                await service.WithdrawEvidence(
                    evidence_service_pb2.WithdrawEvidenceRequest(
                        source=source, reference=row["reference"], reason=row["reason"], request_id=new_id()
                    )
                )

    async def _last_duplicate(self) -> str:
        """Give whose payment the last reversal takes back."""
        with (self._city / "reversals.csv").open(encoding="utf-8", newline="") as lines:
            *_, last = csv.DictReader(lines)
        wanted = f"{last['reference']},{last['origin']},"
        with (self._city / "draws.csv").open(encoding="utf-8", newline="") as lines:
            number = next(line.split(",")[2] for line in lines if line.startswith(wanted))
        return (await self._people.resolve([number]))[number]

    async def _judge(self) -> Mapping[str, Score]:
        """Compare the cases with the truth.

        The card service's events have a stream of their own, and may come later. All that they tell supervision is who
        acts for whom, which can only take cases back: so a perfect result is final, and another one gets more time.
        """
        faults = read_faults(self._city / "truth.csv")
        numbers = sorted({number for fault in faults for number in fault.people})
        names = await self._people.resolve(numbers)

        def score(cases: Cases) -> Mapping[str, Score]:
            return compare(faults, flagged(cases), names.__getitem__)

        await self._watch.until(lambda cases: all(one.perfect for one in score(cases).values()), _CARD_EVENTS_SECONDS)
        quarantine: quarantine_service_pb2_grpc.QuarantineServiceAsyncStub = (
            quarantine_service_pb2_grpc.QuarantineServiceStub(self._auditor.channel("fund_audit"))
        )
        held = await quarantine.ListQuarantinedEvents(quarantine_service_pb2.ListQuarantinedEventsRequest())
        if held.events:
            raise Failed(ExitCode.REFUSED, f"{len(held.events)} events are in quarantine: see `ssctl quarantine list`.")
        return score(self._watch.cases)


def _stands(cases: Cases, person: str, state: case_pb2.CaseState.ValueType) -> bool:
    return any(case.subject == person and case.rule == "R-34" and case.state == state for case in cases.values())
