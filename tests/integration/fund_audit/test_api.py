"""The contract over real gRPC with mTLS."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.common.checkpoint import open_note
from services.common.merkle import leaf_hash, verify_consistency, verify_inclusion
from services.common.rpc.status import Refusal, from_call
from socsec.fundaudit.v1 import case_pb2, case_service_pb2, ledger_service_pb2, quarantine_service_pb2
from tests.integration.fund_audit.conftest import Audit
from tests.integration.fund_audit.event_streams import certification_changed, draw_recorded, id_of
from tests.integration.fund_audit.serving import Client, Served, served
from tests.unit.fund_audit.worlds import make_draw

GetCase = case_service_pb2.GetCaseRequest
ListCases = case_service_pb2.ListCasesRequest
TakeCase = case_service_pb2.TakeCaseRequest
DecideCase = case_service_pb2.DecideCaseRequest


@pytest.fixture
async def running(audit: Audit, migrated_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(migrated_url, tmp_path) as service:
        yield service


@pytest.fixture
async def wang(running: Served) -> Client:
    return await running.client("auditor", "wang")


@pytest.fixture
async def li(running: Served) -> Client:
    return await running.client("auditor", "li")


async def flag(audit: Audit, person: str, number: int = 1, region: str = "370282", amount: int = 100) -> None:
    """Let one person draw in two regions."""
    own = make_draw(2 * number, person=person)
    other = make_draw(
        2 * number + 1, person=person, pooling_region=region, origin=f"agency/{region}", amount_fen=amount
    )
    await audit.receive(
        certification_changed(person, 1, "CERTIFIED", "2025-01-01", f"cert-{person}"),
        draw_recorded(own),
        draw_recorded(other),
    )


async def refused(call: Awaitable[object]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return from_call(error.value)


async def only_case(client: Client) -> case_pb2.Case:
    listed = await client.cases.ListCases(ListCases())
    assert len(listed.cases) == 1
    return listed.cases[0]


async def test_a_case_says_what_an_auditor_needs(audit: Audit, wang: Client) -> None:
    await flag(audit, "anna")
    case = await only_case(wang)
    assert case == await wang.cases.GetCase(GetCase(name=case.name))
    assert (case.rule, case.title, case.rule_version) == ("R-04", "One scheme in two regions", 1)
    assert case.severity == case_pb2.SEVERITY_HIGH
    assert case.state == case_pb2.CASE_STATE_OPEN
    assert case.subject == f"people/{id_of('anna')}"
    assert list(case.people) == [case.subject]
    assert list(case.benefit_months) == ["2026-01"]
    assert (case.amount_at_risk_fen, case.division, case.ledger_position, case.etag) == (100, "370200", 0, "1")
    assert [(e.event_id, e.event_type, e.resource) for e in case.evidence] == [
        ("draw2", "socsec.eligibility.v1.DrawRecorded", f"draws/{id_of('id2')}"),
        ("draw3", "socsec.eligibility.v1.DrawRecorded", f"draws/{id_of('id3')}"),
    ]
    assert case.evidence[1].summary == (
        "REGULAR draw for 2026-01 from EMPLOYEE_PENSION in 370282, 100 fen, paid 2026-01-15 by agency/370282"
    )


async def test_a_case_is_taken_by_one_auditor_and_decided_by_another(audit: Audit, wang: Client, li: Client) -> None:
    await flag(audit, "anna")
    name = (await only_case(wang)).name
    taken = await wang.cases.TakeCase(TakeCase(name=name, etag="1"))
    assert (taken.state, taken.taken_by, taken.etag) == (case_pb2.CASE_STATE_TAKEN, "auditor/wang", "2")
    again = await refused(li.cases.TakeCase(TakeCase(name=name)))
    assert (again.code, again.reason, again.metadata["found"]) == ("FAILED_PRECONDITION", "CASE_STATE", "TAKEN")
    same = await refused(wang.cases.DecideCase(DecideCase(name=name, confirmed=True, reason="both paid")))
    assert (same.code, same.reason) == ("PERMISSION_DENIED", "SAME_PERSON")
    decided = await li.cases.DecideCase(DecideCase(name=name, confirmed=True, reason="both paid"))
    assert (decided.state, decided.decided_by) == (case_pb2.CASE_STATE_CONFIRMED, "auditor/li")
    assert (decided.decision_reason, decided.ledger_position) == ("both paid", 2)


async def test_a_repeated_request_is_answered_the_same_and_done_once(audit: Audit, wang: Client) -> None:
    await flag(audit, "anna")
    name = (await only_case(wang)).name
    request = TakeCase(name=name, request_id="r1")
    assert await wang.cases.TakeCase(request) == await wang.cases.TakeCase(request)
    reused = await refused(wang.cases.TakeCase(TakeCase(name=name, etag="7", request_id="r1")))
    assert (reused.code, reused.reason) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")


async def test_trying_only_changes_nothing(audit: Audit, wang: Client) -> None:
    await flag(audit, "anna")
    case = await only_case(wang)
    tried = await wang.cases.TakeCase(TakeCase(name=case.name, validate_only=True))
    assert tried.state == case_pb2.CASE_STATE_TAKEN
    assert await only_case(wang) == case


async def test_bad_requests_are_refused_by_field_and_reason(audit: Audit, wang: Client, li: Client) -> None:
    await flag(audit, "anna")
    name = (await only_case(wang)).name
    stale = await refused(wang.cases.TakeCase(TakeCase(name=name, etag="9")))
    assert (stale.code, stale.reason) == ("ABORTED", "ETAG_MISMATCH")
    missing = await refused(wang.cases.GetCase(GetCase(name=f"cases/{id_of('nobody')}")))
    assert (missing.code, missing.reason) == ("NOT_FOUND", "RESOURCE_NOT_FOUND")
    for name_of_another in ("", "cases/1", f"people/{id_of('anna')}"):
        wrong = await refused(wang.cases.GetCase(GetCase(name=name_of_another)))
        assert (wrong.reason, wrong.field) == ("INVALID_RESOURCE_NAME", "name")
    await wang.cases.TakeCase(TakeCase(name=name))
    for reason in ("", "no", "x" * 501, "two\nlines"):
        short = await refused(li.cases.DecideCase(DecideCase(name=name, reason=reason)))
        assert (short.code, short.field) == ("INVALID_ARGUMENT", "reason")
    for text in ("colour = red", "amount_at_risk_fen > much", "open_time > 2026-01-01", "state = SHUT", "rule ="):
        unread = await refused(wang.cases.ListCases(ListCases(filter=text)))
        assert (unread.code, unread.reason) == ("INVALID_ARGUMENT", "INVALID_FILTER"), text


async def test_roles_decide_what_may_be_called(audit: Audit, running: Served) -> None:
    operator = await running.client("operator", "zhao")
    reviewer = await running.client("reviewer", "qian")
    for call in (
        operator.cases.ListCases(ListCases()),
        operator.ledger.GetCheckpoint(ledger_service_pb2.GetCheckpointRequest()),
        reviewer.cases.TakeCase(TakeCase(name=f"cases/{id_of('x')}")),
        operator.quarantine.DiscardQuarantinedEvent(quarantine_service_pb2.DiscardQuarantinedEventRequest()),
    ):
        assert (await refused(call)).reason == "ROLE_NOT_ALLOWED"


async def test_pages_hold_every_case_once_newest_first(audit: Audit, wang: Client) -> None:
    for number in range(1, 8):
        await flag(audit, f"person{number}", number)
    names: list[str] = []
    token, first = "", True
    while first or token:
        page = await wang.cases.ListCases(ListCases(page_size=3, page_token=token))
        assert bool(page.resume_token) == first
        names += [case.subject for case in page.cases]
        token, first = page.next_page_token, False
    assert names == [f"people/{id_of(f'person{number}')}" for number in range(7, 0, -1)]
    other = (await wang.cases.ListCases(ListCases(page_size=3))).next_page_token
    wrong = await refused(wang.cases.ListCases(ListCases(page_token=other, filter='rule = "R-01"')))
    assert wrong.reason == "INVALID_PAGE_TOKEN"


async def test_filters_find_by_every_field(audit: Audit, wang: Client) -> None:
    await flag(audit, "anna", 1, amount=100)
    await flag(audit, "bo", 2, amount=900)
    taken = await only_named(wang, "bo")
    await wang.cases.TakeCase(TakeCase(name=taken.name))
    time = taken.open_time.ToDatetime().isoformat() + "Z"
    for text, found in {
        "rule = R-04": "anna bo",
        "rule != R-04": "",
        "state = TAKEN": "bo",
        "severity = HIGH AND NOT state = TAKEN": "anna",
        f'subject = "people/{id_of("bo")}"': "bo",
        "division = 370200": "anna bo",
        "amount_at_risk_fen >= 900": "bo",
        f'open_time >= "{time}"': "bo",
    }.items():
        listed = await wang.cases.ListCases(ListCases(filter=text))
        subjects = {case.subject for case in listed.cases}
        assert subjects == {f"people/{id_of(person)}" for person in found.split()}, text


def ed25519_verifier(key: bytes) -> Callable[[bytes, bytes], bool]:
    def verify(signature: bytes, text: bytes) -> bool:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
        return True

    return verify


async def only_named(client: Client, person: str) -> case_pb2.Case:
    subject = f'subject = "people/{id_of(person)}"'
    listed = await client.cases.ListCases(ListCases(filter=subject))
    assert len(listed.cases) == 1
    return listed.cases[0]


async def test_the_checkpoint_and_the_proofs_hold_for_every_entry(audit: Audit, running: Served, wang: Client) -> None:
    for number in range(1, 6):
        await flag(audit, f"person{number}", number)
    early = await wang.ledger.GetCheckpoint(ledger_service_pb2.GetCheckpointRequest())
    await flag(audit, "late", 9)
    late = await wang.ledger.GetCheckpoint(ledger_service_pb2.GetCheckpointRequest())
    key = late.public_key
    opened = open_note(late.note, "socsec.local/fund-audit", key, ed25519_verifier(key))
    assert (opened.size, opened.root) == (late.tree_size, late.root_hash) == (6, late.root_hash)

    listed = await wang.ledger.ListLedgerEntries(ledger_service_pb2.ListLedgerEntriesRequest())
    assert [entry.position for entry in listed.entries] == list(range(6))
    for entry in listed.entries:
        request = ledger_service_pb2.GetInclusionProofRequest(position=entry.position)
        proof = await wang.ledger.GetInclusionProof(request)
        assert entry.leaf_hash == leaf_hash(entry.leaf) == proof.leaf_hash
        assert verify_inclusion(entry.leaf_hash, entry.position, 6, proof.hashes, late.root_hash)
    since_early = ledger_service_pb2.GetConsistencyProofRequest(first_size=early.tree_size)
    grown = await wang.ledger.GetConsistencyProof(since_early)
    assert (grown.first_root, grown.second_root) == (early.root_hash, late.root_hash)
    assert verify_consistency(early.tree_size, 6, early.root_hash, late.root_hash, grown.hashes)

    for call in (
        wang.ledger.GetInclusionProof(ledger_service_pb2.GetInclusionProofRequest(position=6)),
        wang.ledger.GetInclusionProof(ledger_service_pb2.GetInclusionProofRequest(tree_size=7)),
        wang.ledger.GetConsistencyProof(ledger_service_pb2.GetConsistencyProofRequest(first_size=7)),
        wang.ledger.ListLedgerEntries(ledger_service_pb2.ListLedgerEntriesRequest(start_position=7)),
    ):
        beyond = await refused(call)
        assert (beyond.code, beyond.reason) == ("OUT_OF_RANGE", "POSITION_OUT_OF_RANGE")


async def test_two_auditors_at_once_take_a_case_once(audit: Audit, wang: Client, li: Client) -> None:
    await flag(audit, "anna")
    name = (await only_case(wang)).name
    answers = await asyncio.gather(
        *(client.cases.TakeCase(TakeCase(name=name)) for client in (wang, li) * 8), return_exceptions=True
    )
    assert sum(isinstance(answer, case_pb2.Case) for answer in answers) == 1
    assert (await only_case(wang)).etag == "2"
