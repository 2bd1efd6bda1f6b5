"""The composition root: the only module that knows concrete classes."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.common.checkpoint import NoteSigner
from services.common.clock import Clock, system_clock
from services.common.config import ConfigError
from services.common.database import Database
from services.common.feed import Feed
from services.common.ids import new_id
from services.common.lifecycle import Process, every
from services.common.messaging import Messaging
from services.common.outbox import Relay
from services.common.rpc.server import RpcServer
from services.common.subscription import Subscription
from services.common.telemetry import Telemetry
from services.common.transactions import Transactions
from services.fund_audit.api import CaseApi, LedgerApi, QuarantineApi
from services.fund_audit.config import FundAuditConfig
from services.fund_audit.consumer import NAME, Consumer
from services.fund_audit.keeper import Keeper, Verify
from services.fund_audit.service.cases import CaseDesk
from services.fund_audit.service.model import CaseView, Store
from services.fund_audit.service.proofs import LedgerDesk
from services.fund_audit.service.supervision import Supervision
from services.fund_audit.store import FundAuditStore
from socsec.fundaudit.v1 import case_service_pb2, ledger_service_pb2, quarantine_service_pb2

OWN_STREAM = "SOCSEC_FUNDAUDIT"
FOLLOWED_STREAMS = ("SOCSEC_CARD", "SOCSEC_ELIGIBILITY")

_FORGET_SECONDS = 3600.0
_MEASURE_SECONDS = 15.0


async def serve(config: FundAuditConfig) -> bool:
    """Serve until signalled; tell whether every part stopped cleanly."""
    signer, verify = load_signer(config)
    telemetry = Telemetry("fund-audit", config.telemetry)
    try:
        async with Process() as process:
            await start(config, process, signer, verify)
            await process.until_signalled()
        return not process.failed
    finally:
        telemetry.close()


async def start(
    config: FundAuditConfig,
    process: Process,
    signer: NoteSigner,
    verify: Verify,
    clock: Clock = system_clock,
) -> RpcServer:
    """Start every part in the order of need; the process stops them in the reverse one."""
    database = Database(config.database_url)
    await database.start()
    process.on_stop("database", database.close)

    transactions: Transactions[Store] = Transactions(database, FundAuditStore, clock)
    supervision = Supervision(clock, new_id)
    consumer = Consumer(database, FundAuditStore, supervision, clock)
    feed: Feed[CaseView] = Feed(config.most_watches, config.bookmark_seconds)
    ledger = LedgerDesk()
    keeper = Keeper(transactions, ledger, signer, verify, config.checkpoint_file)

    async def ledger_size() -> int:
        return await transactions.read(lambda store: store.frontier().size)

    async def recheck() -> None:
        await keeper.check()

    messaging = Messaging(config.nats, NAME, (OWN_STREAM, *FOLLOWED_STREAMS))
    process.spawn("messaging", messaging.run())
    process.spawn("relay", Relay(database, messaging, clock).run())
    for stream in FOLLOWED_STREAMS:
        process.spawn(f"consumer {stream}", Subscription(messaging, stream, NAME, consumer.handle).run())
    database.after_commit(feed.wake)
    process.spawn("feed", feed.follow(ledger_size))
    process.spawn("forgetting", every(_FORGET_SECONDS, transactions.forget_answers))
    process.spawn("measuring", every(_MEASURE_SECONDS, consumer.measure))
    process.spawn("keeper", every(config.recheck_seconds, recheck))

    services = {
        case_service_pb2.DESCRIPTOR.services_by_name["CaseService"]: CaseApi(
            transactions, CaseDesk(clock), feed, signer.verifier_key()
        ),
        ledger_service_pb2.DESCRIPTOR.services_by_name["LedgerService"]: LedgerApi(transactions, ledger, signer),
        quarantine_service_pb2.DESCRIPTOR.services_by_name["QuarantineService"]: QuarantineApi(
            Transactions(database, consumer.inbox, clock), clock
        ),
    }
    server = RpcServer(config, services, process.draining)
    await server.start()
    process.on_stop("server", server.drain)
    return server


def load_signer(config: FundAuditConfig) -> tuple[NoteSigner, Verify]:
    """Load the key that signs checkpoints; raise ConfigError when it is none."""
    try:
        key = load_pem_private_key(config.signing_key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"signing_key_file: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError("signing_key_file: it holds no Ed25519 key.")
    return signer_of(key, config.ledger_origin)


def signer_of(key: Ed25519PrivateKey, origin: str) -> tuple[NoteSigner, Verify]:
    """Sign notes with a key, and verify them."""
    public_key = key.public_key()

    def verify(signature: bytes, text: bytes) -> bool:
        try:
            public_key.verify(signature, text)
        except InvalidSignature:
            return False
        return True

    return NoteSigner(origin, public_key.public_bytes_raw(), key.sign), verify
