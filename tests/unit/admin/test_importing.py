"""An import goes on where it stopped, loses nothing, and counts right, whatever the service does meanwhile."""

import asyncio
import csv
import fcntl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc import status_pb2

from services.admin.csv_file import BATCH
from services.admin.importing import Importer, Progress
from services.admin.journal import Counts
from services.admin.kinds import REVERSALS, FileKind
from services.admin.outcome import Failed
from services.admin.output import Format, Printer
from services.admin.session import Session
from services.common.errors import InvalidInput
from services.common.rpc.status import to_status
from socsec.eligibility.v1 import draw_pb2, draw_service_pb2
from socsec.type.v1 import batch_pb2
from tests.unit.admin.profiles import make_profile

Requests = AsyncIterator[draw_service_pb2.ReverseDrawsRequest]
Kind = FileKind[draw_pb2.Reversal, draw_service_pb2.ReverseDrawsRequest]


class Register:
    """A service that takes reversals in: refuses those without a reason, and can go away after some batches."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.batches: list[int] = []
        self.answers_left: list[int] = []
        """After how many batches each coming stream breaks; empty: never."""
        self.ending = gone()

    def kind(self) -> Kind:
        return FileKind(REVERSALS.name, REVERSALS.service, REVERSALS.records, REVERSALS.request, self._take)

    async def _take(self, _: grpc.aio.Channel, requests: Requests) -> AsyncIterator[batch_pb2.BatchResult]:
        left = self.answers_left.pop(0) if self.answers_left else 10_000
        async for request in requests:
            if not left:
                raise self.ending
            left -= 1
            self.batches.append(request.batch)
            yield self._record(request)

    def _record(self, request: draw_service_pb2.ReverseDrawsRequest) -> batch_pb2.BatchResult:
        result = batch_pb2.BatchResult(batch=request.batch)
        for index, reversal in enumerate(request.reversals):
            if not reversal.reason:
                result.rejections.append(batch_pb2.Rejection(index=index, status=no_reason()))
            elif reversal.reference in self.known:
                result.repeated_items += 1
            else:
                result.accepted += 1
                if not request.validate_only:
                    self.known.add(reversal.reference)
        return result


def gone() -> grpc.aio.AioRpcError:
    return ending(grpc.StatusCode.UNAVAILABLE, "gone")


def ending(code: grpc.StatusCode, details: str) -> grpc.aio.AioRpcError:
    nothing = grpc.aio.Metadata()
    return grpc.aio.AioRpcError(code, nothing, nothing, details)


def no_reason() -> status_pb2.Status:
    return to_status(InvalidInput("reason", "FIELD_REQUIRED", "reason is required."))


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[Session]:
    async with Session(make_profile(tmp_path), Printer(Format.TABLE)) as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Six batches; every 500th record has no reason, one line is broken."""

    def lines() -> Iterator[str]:
        yield "origin,reference,reverse_date,reason\n"
        for number in range(5 * BATCH + 10):
            reason = "" if number % 500 == 0 else "came back"
            yield "broken\n" if number == 1234 else f",D{number},2026-01-01,{reason}\n"

    path = tmp_path / "reversals.csv"
    path.write_text("".join(lines()), "utf-8")
    return path


WHOLE = Counts(accepted=5 * BATCH + 10 - 11 - 1, rejected=12)


def refill(file: Path, records: str) -> None:
    file.write_text("origin,reference,reverse_date,reason\n" + records, "utf-8")


def rejects(file: Path, ending: str = ".rejects.csv") -> list[list[str]]:
    return list(csv.reader(file.with_name(file.name + ending).read_text("utf-8").splitlines()))


async def test_a_file_is_imported_and_its_rejects_are_told_by_line(session: Session, file: Path) -> None:
    register, seen = Register(), list[Progress]()
    done = await Importer(session).run(register.kind(), file, execute=True, on_progress=seen.append)
    assert done.counts == WHOLE
    assert len(register.known) == WHOLE.accepted
    assert [step.records for step in seen] == [1000, 2000, 3000, 4000, 5000, 5010]
    assert seen[-1].total == 5010
    header, *told = rejects(file)
    assert header == ["line", "field", "reason", "message"]
    assert told[0] == ["2", "reason", "FIELD_REQUIRED", "reason is required."]
    assert told[3][:3] == ["1236", "", "MALFORMED_LINE"]
    assert [int(line) for line, *_ in told] == sorted([number + 2 for number in range(0, 5010, 500)] + [1236])


async def test_a_finished_import_says_so_and_sends_nothing_until_it_is_told_to(session: Session, file: Path) -> None:
    register = Register()
    await Importer(session).run(register.kind(), file, execute=True)
    sent = list(register.batches)
    second = await Importer(session).run(register.kind(), file, execute=True)
    assert (second.done_before, second.counts, register.batches) == (True, WHOLE, sent)
    again = await Importer(session).run(register.kind(), file, execute=True, again=True)
    assert again.counts == Counts(repeated=WHOLE.accepted, rejected=WHOLE.rejected)


async def test_a_changed_file_is_another_import(session: Session, file: Path) -> None:
    register = Register()
    await Importer(session).run(register.kind(), file, execute=True)
    with file.open("a") as more:
        more.write(",new,2026-01-01,came back\n")
    done = await Importer(session).run(register.kind(), file, execute=True)
    assert done.counts == Counts(1, WHOLE.accepted, WHOLE.rejected)


async def test_a_dry_run_checks_everything_and_leaves_no_journal(session: Session, file: Path) -> None:
    register = Register()
    done = await Importer(session).run(register.kind(), file, execute=False)
    assert done.counts == WHOLE
    assert not register.known
    assert len(rejects(file, ".dry-run.rejects.csv")) == 1 + WHOLE.rejected
    assert not file.with_name(file.name + ".progress").exists()


async def test_a_service_that_goes_away_is_waited_for(session: Session, file: Path) -> None:
    register = Register()
    register.answers_left = [2, 0, 1]
    done = await Importer(session).run(register.kind(), file, execute=True)
    assert done.counts.accepted + done.counts.repeated == WHOLE.accepted
    assert done.counts.rejected == WHOLE.rejected == len(rejects(file)) - 1
    assert sorted(set(register.batches)) == [0, 1, 2, 3, 4, 5]


async def test_a_stream_whose_end_grpc_hides_is_opened_again_and_another_internal_error_is_told(
    session: Session, file: Path
) -> None:
    register = Register()
    register.answers_left, register.ending = [0], ending(grpc.StatusCode.INTERNAL, "Internal error from Core")
    assert (await Importer(session).run(register.kind(), file, execute=True)).counts == WHOLE
    register.answers_left, register.ending = [0], ending(grpc.StatusCode.INTERNAL, "a fault of the service")
    with pytest.raises(grpc.aio.AioRpcError):
        await Importer(session).run(register.kind(), file, execute=True, again=True)


async def test_an_import_that_gave_up_goes_on_after_the_last_settled_batch(session: Session, file: Path) -> None:
    register = Register()
    register.answers_left = [3, 0]
    with pytest.raises(grpc.aio.AioRpcError):
        await Importer(session, patience_seconds=0).run(register.kind(), file, execute=True)
    assert register.batches == [0, 1, 2]
    register.answers_left = []
    await Importer(session).run(Register().kind(), file, execute=False)  # a dry run between spoils nothing
    done = await Importer(session).run(register.kind(), file, execute=True)
    assert done.resumed_from == 3 * BATCH
    assert register.batches == [0, 1, 2, 3, 4, 5]
    assert done.counts == WHOLE
    assert len(rejects(file)) == 1 + WHOLE.rejected


async def test_an_import_that_is_cancelled_goes_on_too(session: Session, file: Path) -> None:
    register, enough = Register(), asyncio.Event()
    work = asyncio.create_task(
        Importer(session).run(register.kind(), file, execute=True, on_progress=lambda _: enough.set())
    )
    await enough.wait()
    work.cancel()
    await asyncio.wait([work])
    done = await Importer(session).run(register.kind(), file, execute=True)
    assert done.counts.accepted + done.counts.repeated == WHOLE.accepted
    assert len(rejects(file)) == 1 + WHOLE.rejected


async def test_batches_of_which_nothing_can_be_sent_are_settled_in_their_place(session: Session, file: Path) -> None:
    for content in ("x\n" * (2 * BATCH), "x\n" * BATCH + ",D,2026-01-01,back\n" * BATCH + "x\n" * (BATCH + 1)):
        refill(file, content)
        register = Register()
        done = await Importer(session).run(register.kind(), file, execute=True)
        assert done.counts.rejected == content.count("x")
        assert register.batches == ([1] if "D" in content else [])
        assert [int(line) for line, *_ in rejects(file)[1:]] == sorted(int(line) for line, *_ in rejects(file)[1:])


async def test_a_header_alone_is_an_import_of_nothing(session: Session, file: Path) -> None:
    refill(file, "")
    done = await Importer(session).run(Register().kind(), file, execute=True)
    assert (done.counts, done.rejects) == (Counts(), None)


async def test_two_imports_of_one_file_keep_out_of_each_others_way(session: Session, file: Path) -> None:
    with file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Failed, match="imported by another process"):
            await Importer(session).run(Register().kind(), file, execute=True)


async def test_a_vault_that_does_not_answer_is_an_error_and_not_an_endless_wait(
    session: Session, tmp_path: Path
) -> None:
    from services.admin.kinds import NOTICES

    path = tmp_path / "notices.csv"
    path.write_text("identity_number,channel,delivered_date\n370299194001010014,SMS,2026-01-01\n")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await Importer(session, patience_seconds=0).run(NOTICES, path, execute=True)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
