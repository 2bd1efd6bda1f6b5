"""The composition root: the only module that knows concrete classes."""

import logging
from datetime import timedelta

from services.card.access import RevealBudget
from services.card.api.application import ApplicationApi
from services.card.api.card import CardApi
from services.card.api.delivery import DeliveryApi
from services.card.api.ecard import ECardApi
from services.card.api.ecard_password import ECardPasswordApi
from services.card.api.making import MakingApi
from services.card.api.merge import MergeApi
from services.card.api.person import PersonApi
from services.card.api.pins import PinApi
from services.card.api.register import RegisterApi
from services.card.api.status_board import StatusBoard
from services.card.api.upkeep import CardUpkeepApi
from services.card.api.watch import CardWatches, CopiedCard
from services.card.config import CardConfig
from services.card.keys import FileKeys
from services.card.parameters import load_parameters
from services.card.service.accesses import AccessLog
from services.card.service.account_index import INDEXED_AT_ONCE, first_unindexed, has_freed, index_accounts, look_again
from services.card.service.cards import FORGOTTEN_AT_ONCE, forget_changes
from services.card.service.status_lists import forget_old
from services.card.service.store import Store
from services.card.service.timers import MOVED_AT_ONCE, TIMERS
from services.card.store import opener
from services.card.token_keys import TokenKeys
from services.common.clock import Clock, system_clock
from services.common.config import ConfigError
from services.common.crypto import KeyFile, Vault
from services.common.database import Database
from services.common.feed import Feed
from services.common.lease import Lease
from services.common.lifecycle import Process, every
from services.common.messaging import Messaging
from services.common.outbox import Relay
from services.common.rpc.server import RpcServer
from services.common.telemetry import Telemetry
from services.common.transactions import Transactions
from socsec.card.v1 import (
    application_service_pb2,
    card_register_service_pb2,
    card_service_pb2,
    card_upkeep_service_pb2,
    delivery_service_pb2,
    ecard_password_service_pb2,
    ecard_service_pb2,
    making_service_pb2,
    merge_service_pb2,
    person_service_pb2,
    pin_service_pb2,
)

NAME = "card"
STREAM = "SOCSEC_CARD"

_LEASE_ROUNDS = 3
"""Rounds of the timers that a process may miss before another takes them over."""

log = logging.getLogger(__name__)


async def serve(config: CardConfig) -> bool:
    """Serve until signalled; tell whether every part stopped cleanly."""
    vault, keys = load_vault(config), load_token_keys(config)
    telemetry = Telemetry(NAME, config.telemetry)
    try:
        async with Process() as process:
            await start(config, process, vault, keys)
            await process.until_signalled()
        return not process.failed
    finally:
        telemetry.close()


async def start(
    config: CardConfig, process: Process, vault: Vault, keys: TokenKeys, clock: Clock = system_clock
) -> RpcServer:
    """Start every part in the order of need; the process stops them in the reverse one."""
    book, provider = load_parameters(), load_provider(config)
    database = Database(config.database_url)
    await database.start()
    process.on_stop("database", database.close)
    hash_key = vault.index("key", "request hash")
    transactions: Transactions[Store] = Transactions(database, opener(vault, clock), clock, hash_key)

    accesses = AccessLog(transactions.write)
    process.on_stop("access log", accesses.flush)
    process.spawn("access log", accesses.run())

    messaging = Messaging(config.nats, NAME, (STREAM,))
    process.spawn("messaging", messaging.run())
    process.spawn("relay", Relay(database, messaging, clock).run())
    lease = Lease(database, "timers", timedelta(seconds=_LEASE_ROUNDS * config.timer_seconds), clock)
    process.on_stop("timers' lease", lease.release)
    process.spawn("timers", every(config.timer_seconds, lambda: run_timers(transactions, lease, clock)))
    indexing = Lease(database, "account indexes", timedelta(seconds=_LEASE_ROUNDS * config.timer_seconds), clock)
    process.on_stop("account indexes' lease", indexing.release)
    process.spawn("account indexes", every(config.timer_seconds, lambda: index_all_accounts(transactions, indexing)))
    process.spawn("forgetting", every(config.forget_seconds, transactions.forget_answers))

    feed: Feed[CopiedCard] = Feed(config.most_watches, config.bookmark_seconds)
    watches = CardWatches(transactions, feed, vault.index("cards", "resume token").hex())
    database.after_commit(feed.wake)
    process.spawn("feed", feed.follow(watches.recent.follow))
    kept = timedelta(days=config.change_retention_days)
    process.spawn("forgetting changes", every(config.forget_seconds, lambda: forget(transactions, kept, clock)))

    process.spawn("forgetting tokens", every(config.forget_seconds, lambda: _forget(transactions, clock)))
    board = StatusBoard(transactions, keys, config.token_issuer, clock)
    services = {
        person_service_pb2.DESCRIPTOR.services_by_name["PersonService"]: PersonApi(
            transactions, book, accesses, RevealBudget(config.reveals_per_day), clock
        ),
        delivery_service_pb2.DESCRIPTOR.services_by_name["DeliveryService"]: DeliveryApi(
            transactions, book, accesses, clock
        ),
        making_service_pb2.DESCRIPTOR.services_by_name["MakingService"]: MakingApi(transactions, book, clock),
        merge_service_pb2.DESCRIPTOR.services_by_name["MergeService"]: MergeApi(transactions, book, clock),
        card_service_pb2.DESCRIPTOR.services_by_name["CardService"]: CardApi(transactions, book, watches, clock),
        card_register_service_pb2.DESCRIPTOR.services_by_name["CardRegisterService"]: RegisterApi(
            transactions, book, watches, clock
        ),
        card_upkeep_service_pb2.DESCRIPTOR.services_by_name["CardUpkeepService"]: CardUpkeepApi(
            transactions, book, accesses, clock
        ),
        application_service_pb2.DESCRIPTOR.services_by_name["ApplicationService"]: ApplicationApi(
            transactions, book, keys, provider, clock
        ),
        ecard_service_pb2.DESCRIPTOR.services_by_name["ECardService"]: ECardApi(transactions, keys, board, book, clock),
        pin_service_pb2.DESCRIPTOR.services_by_name["PinService"]: PinApi(transactions, book, provider, clock),
        ecard_password_service_pb2.DESCRIPTOR.services_by_name["ECardPasswordService"]: ECardPasswordApi(
            transactions, book, provider, clock
        ),
    }
    server = RpcServer(config, services, process.draining)
    await server.start()
    process.on_stop("server", server.drain)
    return server


async def run_timers(transactions: Transactions[Store], lease: Lease, clock: Clock) -> None:
    """Let everything happen to cards that has come due, unless another process does."""
    if not await lease.hold():
        return
    for name, timer in TIMERS.items():
        while (moved := await transactions.write(lambda store, timer=timer: timer(store, clock()))) > 0:  # type: ignore[misc]  # bound at once
            log.info(f"card.{name}", extra={"count": moved})
            if moved < MOVED_AT_ONCE:
                break
            if not await lease.hold():
                return


async def index_all_accounts(transactions: Transactions[Store], lease: Lease) -> None:
    """Find out by which of the cards that are here accounts are kept, unless another process does."""
    if await transactions.read(has_freed):
        await transactions.write(look_again)
    count, first = 0, await transactions.read(first_unindexed)
    while first and await lease.hold():
        indexed = await transactions.write(lambda store, first=first: index_accounts(store, first))  # type: ignore[misc]  # bound at once
        count, first = count + indexed.count, indexed.last
        for card in indexed.shared:
            log.warning("card.account_shared", extra={"card": card})
        if indexed.count < INDEXED_AT_ONCE:
            break
    if count:
        log.info("card.accounts_indexed", extra={"count": count})


async def forget(transactions: Transactions[Store], kept: timedelta, clock: Clock) -> None:
    """Forget the changes that are older than they are kept."""
    forgotten = FORGOTTEN_AT_ONCE
    while forgotten == FORGOTTEN_AT_ONCE:  # one transaction after the other: other writers come in between
        forgotten = await transactions.write(lambda store: forget_changes(store, clock() - kept))


def load_vault(config: CardConfig) -> Vault:
    """Load the keys; raise ConfigError when the file holds none."""
    try:
        return Vault(KeyFile.load(config.keys_file))
    except (OSError, ValueError) as error:
        raise ConfigError(f"keys_file: {error}") from error


def load_provider(config: CardConfig) -> FileKeys:
    """Load the key provider's keys; raise ConfigError when a file holds none."""
    try:
        return FileKeys.load(config.provider_keys_file, KeyFile.load(config.keys_file))
    except (OSError, ValueError) as error:
        raise ConfigError(f"provider_keys_file: {error}") from error


def load_token_keys(config: CardConfig) -> TokenKeys:
    """Load the keys that sign tokens; raise ConfigError when the file holds none."""
    try:
        return TokenKeys.load(config.token_keys_file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"token_keys_file: {error}") from error


async def _forget(transactions: Transactions[Store], clock: Clock) -> None:
    await transactions.write(lambda store: forget_old(store, clock()))
