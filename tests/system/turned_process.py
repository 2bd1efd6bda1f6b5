"""A service as it is started, except that its clock is off by the seconds in a file: a test lets days pass.

`SOCSEC_CLOCK_FILE` names the file. No service knows of it: only this program hands another clock in than the machine's.
"""

import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from services.card import app as card
from services.card.config import CardConfig
from services.common.clock import system_clock
from services.common.command import main
from services.common.lifecycle import Process
from services.eligibility import app as eligibility
from services.eligibility.config import EligibilityConfig
from services.fund_audit import app as fund_audit
from services.fund_audit.config import FundAuditConfig

Start = Callable[[Process], Awaitable[object]]


def clock() -> datetime:
    offset = float(Path(os.environ["SOCSEC_CLOCK_FILE"]).read_text("utf-8"))
    return system_clock() + timedelta(seconds=offset)


async def _served(start: Start) -> bool:
    """Serve until signalled, as the service's own program does."""
    async with Process() as process:
        await start(process)
        await process.until_signalled()
    return not process.failed


async def serve_card(config: CardConfig) -> bool:
    vault, keys = card.load_vault(config), card.load_token_keys(config)
    return await _served(lambda process: card.start(config, process, vault, keys, clock))


async def serve_eligibility(config: EligibilityConfig) -> bool:
    vault, book = eligibility.load_vault(config), eligibility.load_book(config)
    return await _served(lambda process: eligibility.start(config, process, vault, book, clock))


async def serve_fund_audit(config: FundAuditConfig) -> bool:
    signer, verify = fund_audit.load_signer(config)
    return await _served(lambda process: fund_audit.start(config, process, signer, verify, clock))


PROGRAMS = {
    "card": lambda: main("services.card", CardConfig, serve_card),
    "eligibility": lambda: main("services.eligibility", EligibilityConfig, serve_eligibility),
    "fund_audit": lambda: main("services.fund_audit", FundAuditConfig, serve_fund_audit),
}

if __name__ == "__main__":
    sys.exit(PROGRAMS[sys.argv.pop(1)]())
