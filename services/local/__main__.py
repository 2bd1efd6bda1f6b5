"""`python -m services.local up|down|status --dir DIR`; `ssctl stack` is the same with help.

For trying a deployment that this program does not run itself: `prepare` makes certificates and keys in DIR, `streams`
makes the streams of a broker that trusts them.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

from services.local import locks
from services.local.broker import ADMIN, ensure_streams
from services.local.folder import Folder, Settings, StackError
from services.local.readiness import until_ready
from services.local.stack import say, up

_DOWN_SECONDS = 90.0


def main() -> int:
    """Run one command; exit codes: 0 done, 1 failed (the text says why), 2 wrong usage, 3 no stack runs there."""
    parser = argparse.ArgumentParser(prog="python -m services.local")
    parser.add_argument("command", choices=("up", "down", "status", "prepare", "streams"))
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--database-url", default="", help="PostgreSQL server, with the right to create databases")
    parser.add_argument("--nats-url", default="", help="an existing broker that trusts the folder's authority")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)  # a broker that does not answer yet is what we wait for
    try:
        if arguments.command == "up":
            asyncio.run(up(arguments.dir, arguments.database_url, arguments.nats_url))
            return 0
        folder = Folder(arguments.dir)
        if arguments.command == "prepare":
            folder.prepare_secrets()
            return 0
        if arguments.command == "streams":
            asyncio.run(_streams(folder, arguments.nats_url))
            return 0
        return _down(folder) if arguments.command == "down" else _status(folder)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1


async def _streams(folder: Folder, nats_url: str) -> None:
    settings = Settings("", nats_url, {})
    await until_ready(None, ensure_streams(folder.nats(settings, ADMIN)), "The broker")


def _down(folder: Folder) -> int:
    pid = locks.holder(folder)
    if not pid:
        say("No stack runs on this folder.")
        return 3
    if "services.local" not in locks.command_line(pid):
        raise StackError(f"Process {pid} holds the folder, but is no stack of ours; nothing was stopped.")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _DOWN_SECONDS
    while locks.holder(folder) == pid:
        if time.monotonic() > deadline:
            raise StackError(f"The stack (process {pid}) has not stopped within {_DOWN_SECONDS:.0f} s.")
        time.sleep(0.05)
    say("Stopped.")
    return 0


def _status(folder: Folder) -> int:
    pid = locks.holder(folder)
    if not pid or not folder.state.exists():
        say("No stack runs on this folder.")
        return 3
    state = json.loads(folder.state.read_text("utf-8"))
    say(f"{'ready' if state['ready'] else 'starting'}, supervisor process {pid}")
    for name, endpoint in state["endpoints"].items():
        say(f"  {name:<12} {endpoint:<22} process {state['processes'][name]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
