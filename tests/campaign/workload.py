"""A bureau at work, as its clients see it: every call has its request id and is repeated until it is answered."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count

import grpc
import sqlalchemy as sa

from services.common import outbox
from services.common.config import TlsConfig
from services.common.database import Database
from services.common.ids import new_id
from services.common.rpc.client import connect
from services.local.folder import SERVICES, Folder, Settings
from socsec.card.v1 import card_service_pb2, person_pb2, person_service_pb2
from socsec.eligibility.v1 import (
    certification_pb2,
    certification_service_pb2,
    decision_pb2,
    draw_pb2,
    draw_service_pb2,
    eligibility_service_pb2,
    entitlement_pb2,
    entitlement_service_pb2,
    evidence_pb2,
    feed_pb2,
    feed_service_pb2,
    proposal_pb2,
    proposal_service_pb2,
)
from socsec.fundaudit.v1 import case_service_pb2
from socsec.type.v1 import batch_pb2, scheme_pb2
from tests.integration.card.city import account, issue, registration

HOME, ELSEWHERE = "370200", "370300"

_ANSWERED_SECONDS = 60.0
_CALL_SECONDS = 5.0
_AGAIN_SECONDS = 0.1
_DRAINED_SECONDS = 60.0
_AGAIN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}
_FIRST_SWEEP = date(2025, 1, 1)
_days = count()


class Workload:
    """What was asked of a stack and acknowledged by it."""

    def __init__(self, folder: Folder, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self.tls: TlsConfig = folder.nats(settings, "ssctl").tls
        self.acknowledged: list[tuple[str, str]] = []
        """Origin and reference of each draw that was acknowledged."""
        self.delivered = 0
        """Rows of closed deliveries."""
        self.planted: list[str] = []
        """People who were paid for one month by two regions."""

    def address(self, service: str) -> str:
        """Where a service listens."""
        return f"127.0.0.1:{self._settings.ports[service]}"

    async def run(self, people: int) -> None:
        """Register people, give them cards and entitlements, pay a month, and pay one in two of them elsewhere too."""
        persons = [await self._register(registration()) for _ in range(people)]
        await self._issue(persons)
        for number, person in enumerate(persons):
            reference = await self._grant(person)
            await self._tell(person)
            await self._draw(_draw(person, reference, "", HOME))
            if number % 2 == 0:
                self.planted.append(person)
                await self._draw(_draw(person, reference, "agency/370300", ELSEWHERE))
        await self._deliver(persons)
        sweep = certification_service_pb2.CreateSweepRequest(
            sweep=certification_pb2.Sweep(as_of_date=(_FIRST_SWEEP + timedelta(days=next(_days))).isoformat()),
            request_id=new_id(),
        )
        await self._ask(
            "eligibility", "socsec.eligibility.v1.CertificationService/CreateSweep", sweep.SerializeToString()
        )

        finding = proposal_service_pb2.CreateFindingRunRequest(
            finding_run=proposal_pb2.FindingRun(), request_id=new_id()
        )
        await self._ask(
            "eligibility", "socsec.eligibility.v1.ProposalService/CreateFindingRun", finding.SerializeToString()
        )

    async def check(self) -> None:
        """All that was acknowledged is on record once, all duplicates have their one case, and nothing waits."""
        await self._drained()
        database = self._database("eligibility")
        async with asyncio.timeout(_DRAINED_SECONDS):
            while await database.read(_evidence_of_feeds) < self.delivered:  # noqa: ASYNC110  another process makes it
                await asyncio.sleep(_AGAIN_SECONDS)
        assert await database.read(_evidence_of_feeds) == self.delivered, "evidence of a delivery is doubled"
        drawn = await database.read(lambda c: list(c.execute(sa.text("SELECT origin, reference FROM draw"))))
        await database.close()
        on_record = Counter((str(origin), str(reference)) for origin, reference in drawn)
        assert set(self.acknowledged) <= set(on_record), "an acknowledged draw is lost"
        assert max(on_record.values()) == 1, "a draw is doubled"
        cases = await self._cases_until(Counter(self.planted))
        assert cases == Counter(self.planted), "a planted duplicate has not exactly one case"

    async def _cases_until(self, wanted: "Counter[str]") -> "Counter[str]":
        found: Counter[str] = Counter()
        async with asyncio.timeout(_DRAINED_SECONDS):
            while (found := await self._cases()) != wanted and not found - wanted:  # noqa: ASYNC110  another process finds them
                await asyncio.sleep(_AGAIN_SECONDS)
        return found

    async def _cases(self) -> "Counter[str]":
        found: Counter[str] = Counter()
        token = ""
        while True:
            request = case_service_pb2.ListCasesRequest(filter="rule = R-04", page_size=1_000, page_token=token)
            reply = await self._ask(
                "fund_audit", "socsec.fundaudit.v1.CaseService/ListCases", request.SerializeToString()
            )
            page = case_service_pb2.ListCasesResponse.FromString(reply)
            found.update(case.subject for case in page.cases)
            token = page.next_page_token
            if not token:
                return found

    async def _drained(self) -> None:
        databases = [self._database(service) for service in SERVICES]
        async with asyncio.timeout(_DRAINED_SECONDS):
            while any([await database.read(outbox.unpublished_count) for database in databases]):  # noqa: ASYNC110  as above
                await asyncio.sleep(_AGAIN_SECONDS)
        for database in databases:
            await database.close()

    def _database(self, service: str) -> Database:
        return Database(self._folder.database_url(service, self._settings))

    async def _register(self, person: person_pb2.PersonRegistration) -> str:
        request = person_service_pb2.RegisterPersonRequest(person=person, request_id=new_id())
        reply = await self._ask("card", "socsec.card.v1.PersonService/RegisterPerson", request.SerializeToString())
        return person_pb2.Person.FromString(reply).name

    async def _issue(self, people: Sequence[str]) -> None:
        request = card_service_pb2.IssueCardsRequest(cards=[issue(person) for person in people])
        reply = await self._ask(
            "card", "socsec.card.v1.CardService/IssueCards", request.SerializeToString(), streams=True
        )
        result = batch_pb2.BatchResult.FromString(reply)
        assert result.accepted + result.repeated_items == len(people), result

    async def _grant(self, person: str) -> str:
        grant = entitlement_pb2.EntitlementGrant(
            reference=new_id(),
            person=person,
            benefit="employee_pension",
            scheme=scheme_pb2.SCHEME_EMPLOYEE_PENSION,
            pooling_region=HOME,
            start_month="2025-01",
            monthly_amount_fen=350_000,
            account=account(),
        )
        request = entitlement_service_pb2.GrantEntitlementRequest(entitlement=grant, request_id=new_id())
        await self._ask(
            "eligibility", "socsec.eligibility.v1.EntitlementService/GrantEntitlement", request.SerializeToString()
        )
        return grant.reference

    async def _tell(self, person: str) -> None:
        """Tell facts, so that benefits are looked for; whoever draws a pension is due none."""
        facts = decision_pb2.PersonFacts(person=person, as_of_date="2026-01-10", contribution_months=300)
        request = eligibility_service_pb2.SubmitFactsRequest(facts=[facts])
        await self._ask(
            "eligibility", "socsec.eligibility.v1.EligibilityService/SubmitFacts", request.SerializeToString()
        )

    async def _deliver(self, people: Sequence[str]) -> None:
        """Deliver what an office knows of people: opened, filled and closed, each until it is answered."""
        service = "socsec.eligibility.v1.FeedService"
        wanted = feed_pb2.FeedBatch(source=evidence_pb2.EVIDENCE_SOURCE_HEALTH, reference=new_id())
        opening = feed_service_pb2.OpenFeedBatchRequest(feed_batch=wanted, request_id=new_id())
        reply = await self._ask("eligibility", f"{service}/OpenFeedBatch", opening.SerializeToString())
        batch = feed_pb2.FeedBatch.FromString(reply).name
        rows = [
            feed_pb2.FeedRow(
                reference=new_id(),
                person=person,
                kind=evidence_pb2.EVIDENCE_KIND_HOSPITAL_STAY,
                event_date="2025-01-10",
                received_date="2025-01-11",
            )
            for person in people
        ]
        filling = feed_service_pb2.SubmitFeedRowsRequest(feed_batch=batch, rows=rows)
        await self._ask("eligibility", f"{service}/StreamFeedRows", filling.SerializeToString(), streams=True)
        closing = feed_service_pb2.CloseFeedBatchRequest(name=batch, row_count=len(rows), request_id=new_id())
        await self._ask("eligibility", f"{service}/CloseFeedBatch", closing.SerializeToString())
        self.delivered += len(rows)

    async def _draw(self, draw: draw_pb2.Draw) -> None:
        request = draw_service_pb2.RecordDrawsRequest(draws=[draw])
        reply = await self._ask(
            "eligibility", "socsec.eligibility.v1.DrawService/RecordDraws", request.SerializeToString()
        )
        result = batch_pb2.BatchResult.FromString(reply)
        assert not result.rejections, result
        self.acknowledged.append((draw.origin, draw.reference))

    async def _ask(self, service: str, method: str, request: bytes, *, streams: bool = False) -> bytes:
        """Call until it is answered; the same bytes each time, so the same request id."""
        async with asyncio.timeout(_ANSWERED_SECONDS):
            while True:
                try:
                    async with connect(self.address(service), self.tls, seconds=_CALL_SECONDS) as channel:
                        return await _call(channel, f"/{method}", request, streams=streams)
                except grpc.aio.AioRpcError as error:
                    if error.code() not in _AGAIN:
                        raise
                await asyncio.sleep(_AGAIN_SECONDS)


def _evidence_of_feeds(connection: sa.Connection) -> int:
    return int(connection.execute(sa.text("SELECT count(*) FROM evidence WHERE batch <> ''")).scalar_one())


async def _call(channel: grpc.aio.Channel, method: str, request: bytes, *, streams: bool) -> bytes:
    if not streams:
        unary: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
        return await unary(request, timeout=_CALL_SECONDS)
    stream: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(method)
    replies = [reply async for reply in stream(iter([request]), timeout=_CALL_SECONDS)]
    return replies[0]


def _draw(person: str, entitlement: str, origin: str, region: str) -> draw_pb2.Draw:
    return draw_pb2.Draw(
        reference=new_id(),
        origin=origin,
        person=person,
        entitlement_reference=entitlement,
        scheme=scheme_pb2.SCHEME_EMPLOYEE_PENSION,
        pooling_region=region,
        benefit_month="2026-03",
        pay_date="2026-03-15",
        kind=draw_pb2.DRAW_KIND_REGULAR,
        amount_fen=350_000,
    )
