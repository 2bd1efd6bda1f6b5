"""The embedded stack: a broker, three services, and the supervisor that starts, watches and drains them."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Coroutine, Iterable
from pathlib import Path

from services.local import broker, locks, readiness
from services.local.folder import SERVICES, Folder, Settings, StackError
from services.local.processes import Child

_SERVICE_STOP_SECONDS = 45.0
_BROKER_STOP_SECONDS = 15.0
_CRASHES_TOLERATED = 5
_CRASH_WINDOW_SECONDS = 60.0


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def up(root: Path, database_url: str, nats_url: str) -> None:
    """Start the stack of a folder and stay with it until SIGINT or SIGTERM; raises StackError."""
    folder = Folder(root)
    folder.root.mkdir(parents=True, exist_ok=True)
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    with locks.supervisor_lock(folder):
        async with locks.children_lock(folder) as held_lock:
            stack = _Stack(folder, folder.settle(database_url, nats_url), held_lock)
            try:
                await _unless(stopping, stack.run())
            finally:
                say("Draining.")
                await stack.stop()
                say("Stopped.")


class _Stack:
    def __init__(self, folder: Folder, settings: Settings, held_lock: int) -> None:
        self._folder = folder
        self._settings = settings
        self._held_lock = held_lock
        self._running: dict[str, Child] = {}
        self._crashes: list[float] = []
        self._ready = False

    async def run(self) -> None:
        """Start everything, tell where it listens, and start again what ends by itself."""
        started = time.monotonic()
        self._folder.prepare(self._settings)
        await _all([self._start_broker(), self._migrate()])
        await _all(self._start_service(service) for service in SERVICES)
        self._ready = True
        self._record()
        say(f"Ready in {time.monotonic() - started:.1f} s. These listen, for mTLS only:")
        for name in self._running:
            say(f"  {name:<12} 127.0.0.1:{self._settings.ports[name]}")
        say(f"Profiles for ssctl: {self._folder.profile('operator').parent}")
        await _all(self._watch(child) for child in list(self._running.values()))

    async def stop(self) -> None:
        """Drain the services, then the broker, so that what they still publish is kept."""
        await _all(self._running[name].stop(_SERVICE_STOP_SECONDS) for name in SERVICES if name in self._running)
        if "nats" in self._running:
            await self._running["nats"].stop(_BROKER_STOP_SECONDS)
        self._folder.state.unlink(missing_ok=True)

    async def _start_broker(self) -> None:
        child: Child | None = None
        if not self._settings.nats_url:
            command = (broker.server_binary(), "-c", self._folder.broker_configuration)
            child = self._running["nats"] = Child("nats", command, self._folder.log("nats"), self._held_lock)
            await child.start()
            self._record()
        streams = broker.ensure_streams(self._folder.nats(self._settings, broker.ADMIN))
        await readiness.until_ready(child, streams, "The broker")

    async def _migrate(self) -> None:
        if self._settings.database_url:
            await readiness.create_databases(self._settings.database_url)
        await _all(self._service_process(service, "migrate").succeed() for service in SERVICES)

    async def _start_service(self, service: str) -> None:
        child = self._running[service] = self._service_process(service, "serve")
        await child.start()
        self._record()
        address = f"127.0.0.1:{self._settings.ports[service]}"
        health = readiness.serving(address, self._folder.nats(self._settings, "ssctl").tls)
        await readiness.until_ready(child, health, service)

    def _service_process(self, service: str, command: str) -> Child:
        line = (sys.executable, "-m", f"services.{service}", command, "--config", self._folder.config(service))
        return Child(service, line, self._folder.log(service), self._held_lock)

    async def _watch(self, child: Child) -> None:
        while True:
            await child.ended()
            self._crashes = [at for at in self._crashes if at > time.monotonic() - _CRASH_WINDOW_SECONDS]
            self._crashes.append(time.monotonic())
            failure = child.failure()
            if len(self._crashes) > _CRASHES_TOLERATED:
                raise failure
            say(f"{str(failure).partition('.')[0]}; it is started again.")
            # A failpoint is for one death: with it the new process would die in the same place.
            environment = {name: value for name, value in os.environ.items() if name != "SOCSEC_FAILPOINT"}
            await child.start(environment)
            self._record()

    def _record(self) -> None:
        endpoints = {name: f"127.0.0.1:{self._settings.ports[name]}" for name in self._running}
        processes = {name: child.pid for name, child in self._running.items()}
        content = {"ready": self._ready, "supervisor": os.getpid(), "endpoints": endpoints, "processes": processes}
        temporary = self._folder.state.with_suffix(".new")
        temporary.write_text(json.dumps(content, indent=2), "utf-8")
        temporary.replace(self._folder.state)


async def _all(works: Iterable[Coroutine[object, object, None]]) -> None:
    """Run together; the first failure cancels the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except* Exception as errors:  # noqa: BLE001  raised again, without the group around it
        raise _first(errors) from None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _unless(stopping: asyncio.Event, work: Coroutine[object, object, None]) -> None:
    """Do a piece of work until it ends or the stack is told to stop."""
    working = asyncio.create_task(work)
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not working.done():
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
        return
    working.result()


__all__ = ["StackError", "say", "up"]
