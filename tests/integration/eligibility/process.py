"""The service as a process of its own, which a failpoint may kill."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.common.config import TlsConfig
from services.common.rpc.client import connect
from services.eligibility.config import EligibilityConfig
from services.local.certificates import Authority
from services.local.readiness import serving
from tests.integration.eligibility.serving import Client, client_of, configuration, tls_of


class ServiceProcess:
    """The service as a process, which a failpoint may kill."""

    def __init__(self, url: str, folder: Path, card_address: str = "127.0.0.1:1", nats_url: str = "") -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._address = f"127.0.0.1:{free.getsockname()[1]}"
        config = configuration(url, folder, card_address, self._address)
        if nats_url:
            config = config.model_copy(update={"nats": config.nats.model_copy(update={"url": nats_url})})
        self._file = folder / "eligibility.toml"
        self._file.write_text(_toml(config))
        self._authority = Authority(folder / "certificates")
        self._tls = tls_of(self._authority.identity("operator", "wang"))
        self._process: asyncio.subprocess.Process | None = None

    @asynccontextmanager
    async def running(self, failpoint: str = "") -> AsyncIterator[Client]:
        environment = os.environ | ({"SOCSEC_FAILPOINT": failpoint} if failpoint else {})
        line = ("-m", "services.eligibility", "serve", "--config", str(self._file))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *line, env=environment, stdout=asyncio.subprocess.DEVNULL
        )
        self._process = process
        try:
            async with asyncio.timeout(30):
                await serving(self._address, self._tls)
            async with connect(self._address, self._tls) as channel:
                yield client_of(channel)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    @asynccontextmanager
    async def client(self, role: str, name: str) -> AsyncIterator[Client]:
        """Call the running process as somebody else."""
        async with connect(self._address, tls_of(self._authority.identity(role, name))) as channel:
            yield client_of(channel)

    async def exit_code(self) -> int:
        assert self._process is not None
        async with asyncio.timeout(30):
            return await self._process.wait()


def _toml(config: EligibilityConfig) -> str:
    def section(name: str, tls: TlsConfig) -> str:
        return f"[{name}]\n" + "".join(f"{key} = {json.dumps(str(path))}\n" for key, path in tls)

    return "".join(
        (
            *(f"{key} = {json.dumps(str(getattr(config, key)))}\n" for key in _TEXTS),
            section("tls", config.tls),
            f"[nats]\nurl = {json.dumps(config.nats.url)}\n",
            section("nats.tls", config.nats.tls),
        )
    )


_TEXTS = ("listen", "database_url", "keys_file", "card_address")
