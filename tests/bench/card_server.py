"""The card service in a process of its own, as in production, plus the methods that it is compared with.

`python -m tests.bench.card_server CONFIG` writes its port as one line, and serves until SIGTERM. Its broker is away:
what the relay sends is measured apart (tests/bench/stack.py).
"""

import asyncio
import sys
from pathlib import Path

import uvloop

from services.card.app import NAME, load_token_keys, load_vault, start
from services.card.config import CardConfig
from services.common.config import load
from services.common.lifecycle import Process
from services.common.telemetry import Telemetry
from tests.bench.baseline_service import DESCRIPTOR, BaselineApi


async def serve(config: CardConfig) -> None:
    telemetry = Telemetry(NAME, config.telemetry)
    try:
        async with Process() as process:
            server = await start(config, process, load_vault(config), load_token_keys(config))
            server.add(DESCRIPTOR, BaselineApi(config.database_url))
            sys.stdout.write(f"{server.port}\n")
            sys.stdout.flush()
            await process.until_signalled()
    finally:
        telemetry.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(load(CardConfig, Path(sys.argv[1]))))
