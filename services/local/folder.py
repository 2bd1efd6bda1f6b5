"""The folder of an embedded stack: what lies where, and what the first start puts there."""

import json
import random
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.common.config import NatsConfig, TlsConfig
from services.local import broker
from services.local.certificates import ROLES, Authority, Identity, write_secret
from services.local.keys import make_field_keys, make_provider_keys, make_signing_key

SERVICES = ("card", "eligibility", "fund_audit")
"""In the order of their start: each asks only those before it."""

_PORTS = ("nats", *SERVICES)
_PORT_RANGE = range(20_000, 32_000)
"""Below those that systems give to outgoing connections (32,768 and up, or 49,152)."""
_PORT_TRIES = 100
_SIGNING = ("checkpoint", "token")
"""What keys sign: the ledger's checkpoints, and the codes of electronic cards."""
_CLIENTS = {"operator": "clerk", "reviewer": "second-clerk", "auditor": "auditor", "system": "ssctl"}
"""Four individuals, one a role: what takes four eyes takes two of them."""


class StackError(Exception):
    """The stack cannot be started, stopped or found; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was chosen at the first start and stays so: another database would look like an empty one."""

    database_url: str
    """PostgreSQL server that holds a database a service; empty: SQLite in the folder."""
    nats_url: str
    """An existing broker; empty: the bundled one."""
    ports: dict[str, int]
    """Port by `nats` and service."""


class Folder:
    """Paths in the folder, and its files."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.lock = self.root / "stack.lock"
        self.children_lock = self.root / "children.lock"
        self.state = self.root / "stack.json"
        self.logs = self.root / "logs"
        self.broker_configuration = self.root / "nats" / "nats.conf"
        self._settings = self.root / "settings.json"
        self._certificates = self.root / "certificates"

    def config(self, service: str) -> Path:
        """Give the configuration file of a service."""
        return self.root / "config" / f"{service}.toml"

    def profile(self, role: str) -> Path:
        """Give the ssctl profile of a role."""
        return self.root / "profiles" / f"{role}.toml"

    def log(self, process: str) -> Path:
        """Give the log file of a process."""
        return self.logs / f"{process}.log"

    def identity(self, name: str) -> Identity:
        """Give the identity of a system, made at need."""
        return Authority(self._certificates).identity("system", name)

    def nats(self, settings: Settings, name: str) -> NatsConfig:
        """Give the connection of a user of the broker."""
        identity = self.identity(name)
        tls = TlsConfig(
            certificate=identity.certificate, private_key=identity.private_key, authority=identity.authority
        )
        return NatsConfig(url=_nats_url(settings), tls=tls)

    def settle(self, database_url: str, nats_url: str) -> Settings:
        """Fix the settings: the ones of the first start, with ports that are free now.

        Raises StackError when another database or broker is asked for than the folder has.
        """
        for name in ("config", "profiles", "keys", "nats", "logs", "databases", "checkpoints"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        ports: dict[str, int] = {}
        if self._settings.exists():
            found = json.loads(self._settings.read_text("utf-8"))
            for option, asked in (("database_url", database_url), ("nats_url", nats_url)):
                if asked and asked != found[option]:
                    kept = _without_password(found[option]) or "the embedded one"
                    raise StackError(f"This folder's stack has {option} {kept}: use another --dir for another.")
            database_url, nats_url, ports = found["database_url"], found["nats_url"], found["ports"]
        settings = Settings(database_url, nats_url, _free_ports(ports))
        content = {"database_url": database_url, "nats_url": nats_url, "ports": settings.ports}
        write_secret(self._settings, json.dumps(content, indent=2).encode())
        return settings

    def prepare(self, settings: Settings) -> None:
        """Write certificates, keys, configurations and profiles; certificates and keys only when missing."""
        self.prepare_secrets()
        listen = f"127.0.0.1:{settings.ports['nats']}"
        store = self.root / "nats" / "store"
        self.broker_configuration.write_text(broker.configuration(listen, store, self.identity("nats-server")), "utf-8")
        for service in SERVICES:
            write_secret(self.config(service), self._service_configuration(service, settings).encode())
        authority = Authority(self._certificates)
        for role in ROLES:
            services = "".join(f'{each} = "127.0.0.1:{settings.ports[each]}"\n' for each in SERVICES)
            tls = _tls_section("tls", authority.identity(role, _CLIENTS[role]))
            text = f'role = "{role}"\n\n{tls}\n[services]\n{services}'
            write_secret(self.profile(role), text.encode())

    def prepare_secrets(self) -> None:
        """Make the certificates and keys that are missing."""
        was_without_provider = self._keys("card").exists()
        make_provider_keys(self._keys("provider"), accept_derived=was_without_provider)
        for service in ("card", "eligibility"):
            make_field_keys(self._keys(service))
        for purpose in _SIGNING:
            make_signing_key(self._keys(purpose))
        authority = Authority(self._certificates)
        for name in ("nats-server", broker.ADMIN, *SERVICES, *map(broker.office_user, broker.OFFICES)):
            authority.identity(*broker.bearer_of(name))
        for role in ROLES:
            authority.identity(role, _CLIENTS[role])

    def database_url(self, service: str, settings: Settings) -> str:
        """Give the URL of a service's own database."""
        if not settings.database_url:
            return f"sqlite:///{self.root / 'databases' / service}.db"
        return urlsplit(settings.database_url)._replace(scheme="postgresql+asyncpg", path=f"/socsec_{service}").geturl()

    def _service_configuration(self, service: str, settings: Settings) -> str:
        top: dict[str, object] = {
            "listen": f"127.0.0.1:{settings.ports[service]}",
            "database_url": self.database_url(service, settings),
        }
        if service == "fund_audit":
            top["signing_key_file"] = self._keys("checkpoint")
            top["checkpoint_file"] = self.root / "checkpoints" / "newest.note"
        else:
            top["keys_file"] = self._keys(service)
        if service == "card":
            top["provider_keys_file"] = self._keys("provider")
            top["token_keys_file"] = self._keys("token")
        if service == "eligibility":
            top["card_address"] = f"127.0.0.1:{settings.ports['card']}"
        identity = self.identity(service)
        return (
            "".join(f"{key} = {json.dumps(str(value))}\n" for key, value in top.items())
            + f"\n{_tls_section('tls', identity)}"
            + f'\n[nats]\nurl = "{_nats_url(settings)}"\n\n{_tls_section("nats.tls", identity)}'
        )

    def _keys(self, name: str) -> Path:
        return self.root / "keys" / (f"{name}.pem" if name in _SIGNING else f"{name}.toml")


def _tls_section(name: str, identity: Identity) -> str:
    return (
        f"[{name}]\ncertificate = {json.dumps(str(identity.certificate))}\n"
        f"private_key = {json.dumps(str(identity.private_key))}\nauthority = {json.dumps(str(identity.authority))}\n"
    )


def _nats_url(settings: Settings) -> str:
    return settings.nats_url or f"tls://127.0.0.1:{settings.ports['nats']}"


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _free_ports(wanted: dict[str, int]) -> dict[str, int]:
    """Give a port a name: the wanted one where it is free, so that profiles and bookmarks stay good."""
    held: list[socket.socket] = []
    ports: dict[str, int] = {}
    try:
        for name in _PORTS:
            held.append(_bound(wanted.get(name, 0)))
            ports[name] = held[-1].getsockname()[1]
    finally:
        for listener in held:
            listener.close()
    return ports


def _bound(wanted: int) -> socket.socket:
    """Hold a port: the wanted one, else any that outgoing connections are not given by the system.

    It is free again until its server starts, a second later or two; what the system gives out is soon somebody's.
    """
    drawn = random.sample(_PORT_RANGE, _PORT_TRIES)
    for port in (wanted or drawn[0], *drawn, 0):
        listener = socket.socket()
        # As servers do: a closing connection is no holder.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
        else:
            return listener
    raise StackError("No port is free on 127.0.0.1.")
