"""The command line that every service process has: serve, migrate, check-config."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import uvloop

from services.common.config import ConfigError, ServiceConfig, load

C = TypeVar("C", bound=ServiceConfig)


def main(package: str, config_model: type[C], serve: Callable[[C], Awaitable[bool]]) -> int:
    """Run one command of a service.

    `package` holds the migrations, for example `services.card`; `serve` runs until signalled and tells whether all
    parts stopped cleanly. Exit codes: 0 done, 1 broke, 2 wrong configuration or usage.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {package}")
    parser.add_argument("command", choices=("serve", "migrate", "check-config"))
    parser.add_argument("--config", type=Path, required=True, help="the service's TOML file")
    arguments = parser.parse_args()
    try:
        return _run(arguments.command, package, load(config_model, arguments.config), serve)
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201  the command's own output
        return 2


def _run(command: str, package: str, config: C, serve: Callable[[C], Awaitable[bool]]) -> int:
    if command == "migrate":
        from services.common.migrations import migrate  # noqa: PLC0415  a server need not carry Alembic: 11 MiB

        migrate(config.database_url, package)
    elif command == "serve":
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return 0 if runner.run(_awaited(serve, config)) else 1
    return 0


async def _awaited(serve: Callable[[C], Awaitable[bool]], config: C) -> bool:
    return await serve(config)
