"""A real nats-server with TLS for tests, that can be killed and started again on its port and store."""

import socket
import subprocess
import time
from pathlib import Path

from services.common.config import NatsConfig, TlsConfig
from services.local import broker
from services.local.certificates import Authority


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class TestBroker:
    """One server with its own authority, store and port."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.authority = Authority(folder / "certificates")
        self._configuration = folder / "nats.conf"
        self._configuration.write_text(
            broker.configuration(
                f"127.0.0.1:{self.port}", folder / "store", self.authority.identity("system", "nats-server")
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def config(self, name: str) -> NatsConfig:
        """The connection of a user."""
        identity = self.authority.identity(*broker.bearer_of(name))
        tls = TlsConfig(
            certificate=identity.certificate, private_key=identity.private_key, authority=identity.authority
        )
        return NatsConfig(url=f"tls://127.0.0.1:{self.port}", tls=tls)

    def start(self) -> None:
        with (self.folder / "nats.log").open("ab") as log:
            self._process = subprocess.Popen([broker.server_binary(), "-c", self._configuration], stderr=log)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError((self.folder / "nats.log").read_text())

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
