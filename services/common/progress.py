"""How far a long command is, told now and then on standard error."""

import sys
import time
from collections.abc import Callable

EVERY_SECONDS = 5.0

Tell = Callable[[int, int], None]
"""Is told how many are done, and of how many."""


class Progress:
    """Tells how many of what are done."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """Say so, unless something was said a moment ago."""
        now = time.monotonic()
        if now - self._told >= EVERY_SECONDS:
            self._told = now
            sys.stderr.write(f"{done:,} of {total:,} {self._what}\n")
