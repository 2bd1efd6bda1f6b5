"""The eligibility service in a process of its own, as in production, plus an empty handler; card service and broker
are away.

`python -m tests.bench.eligibility_server FOLDER DATABASE_URL` writes its address as one line, and serves until SIGTERM.
"""

import asyncio
import sys
from pathlib import Path

import uvloop

from services.common.lifecycle import Process
from services.common.telemetry import Telemetry
from services.eligibility.app import NAME, load_book, load_vault, start
from tests.bench.baseline_service import DESCRIPTOR, BaselineApi
from tests.integration.eligibility.serving import configuration


async def serve(folder: Path, url: str) -> None:
    config = configuration(url, folder, "127.0.0.1:1")
    telemetry = Telemetry(NAME, config.telemetry)
    try:
        async with Process() as process:
            server = await start(config, process, load_vault(config), load_book(config))
            server.add(DESCRIPTOR, BaselineApi(url))
            sys.stdout.write(f"127.0.0.1:{server.port}\n")
            sys.stdout.flush()
            await process.until_signalled()
    finally:
        telemetry.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(Path(sys.argv[1]), sys.argv[2]))
