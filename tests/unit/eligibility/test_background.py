"""Work in the background goes on after what passes, and ends its process over anything else."""

import asyncio

import pytest

from services.common.errors import Conflict, DomainError, InvalidInput, Unavailable
from services.eligibility import background
from services.eligibility.background import Background


class Work(Background):
    """Fails once, then has one more step."""

    def __init__(self, error: DomainError) -> None:
        super().__init__()
        self._error: DomainError | None = error
        self.done = asyncio.Event()

    async def step(self) -> bool:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        self.done.set()
        return False


@pytest.mark.parametrize(
    "error", [Unavailable("DATABASE_UNAVAILABLE", "away"), Conflict("CONCURRENT_CHANGE", "changed meanwhile")]
)
async def test_what_passes_is_waited_for(error: DomainError, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_BACKOFF_SECONDS", 0.0)
    work = Work(error)
    task = asyncio.create_task(work.run())
    await asyncio.wait_for(work.done.wait(), 30)
    assert not task.done()
    task.cancel()


async def test_anything_else_is_raised_to_whom_supervises() -> None:
    with pytest.raises(InvalidInput):
        await Work(InvalidInput("field", "INVALID_TEXT", "wrong")).run()
