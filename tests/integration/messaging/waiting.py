"""Waiting for something to become true."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]] | Callable[[], bool], seconds: float = 15.0) -> None:
    """Return once a condition holds; raise TimeoutError when it does not within the time."""
    async with asyncio.timeout(seconds):
        while True:
            result = condition()
            if result if isinstance(result, bool) else await result:
                return
            await asyncio.sleep(0.01)
