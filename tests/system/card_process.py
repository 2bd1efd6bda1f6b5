"""card as it is started, except that its clock is off by the seconds in a file: a test lets days pass.

`SOCSEC_CLOCK_FILE` names the file.
"""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from services.card.app import load_token_keys, load_vault, start
from services.card.config import CardConfig
from services.common.clock import system_clock
from services.common.command import main
from services.common.lifecycle import Process


async def serve(config: CardConfig) -> bool:
    """Serve until signalled, as the service's own program does."""
    offset = Path(os.environ["SOCSEC_CLOCK_FILE"])

    def clock() -> datetime:
        return system_clock() + timedelta(seconds=float(offset.read_text("utf-8")))

    async with Process() as process:
        await start(config, process, load_vault(config), load_token_keys(config), clock)
        await process.until_signalled()
    return not process.failed


if __name__ == "__main__":
    sys.exit(main("services.card", CardConfig, serve))
