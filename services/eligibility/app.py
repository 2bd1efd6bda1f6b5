"""The composition root: the only module that knows concrete classes."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from services.common.clock import Clock, bureau_date, system_clock
from services.common.config import ConfigError
from services.common.crypto import KeyFile, Vault
from services.common.database import Database
from services.common.lease import Lease
from services.common.lifecycle import Process, every
from services.common.messaging import Messaging
from services.common.outbox import Relay
from services.common.rpc.client import connect
from services.common.rpc.server import RpcServer
from services.common.subscription import Subscription
from services.common.telemetry import Telemetry
from services.common.transactions import Transactions
from services.eligibility.api.certification import CertificationApi
from services.eligibility.api.certifying import CertifyingApi
from services.eligibility.api.decision import DecisionApi
from services.eligibility.api.draw import DrawApi
from services.eligibility.api.draw_list import DrawListApi
from services.eligibility.api.eligibility import EligibilityApi
from services.eligibility.api.entitlement import EntitlementApi
from services.eligibility.api.evidence import EvidenceApi
from services.eligibility.api.feed import FeedApi
from services.eligibility.api.offset import OffsetApi
from services.eligibility.api.proposal import ProposalApi
from services.eligibility.api.retirement import RetirementApi
from services.eligibility.api.rule import RuleApi
from services.eligibility.api.settlement import SettlementApi
from services.eligibility.api.sweep import SweepReportApi
from services.eligibility.births import BirthLook
from services.eligibility.book.book import Book
from services.eligibility.book.refusal import BookRefused
from services.eligibility.cards import CardClient
from services.eligibility.config import EligibilityConfig
from services.eligibility.consumer import CARD_STREAM, SUBJECTS, PersonConsumer
from services.eligibility.feed_consumer import EVIDENCE_STREAM, FETCH, FeedConsumer
from services.eligibility.feeder import Feeder
from services.eligibility.finder import Finder
from services.eligibility.needs import check_needs
from services.eligibility.paymaster import Paymaster
from services.eligibility.pruner import Pruner
from services.eligibility.rules.certification.certification import certification_law
from services.eligibility.rules.certification.feeds import feed_baseline
from services.eligibility.rules.payability.payability import payability_law
from services.eligibility.seeker import Seeker
from services.eligibility.service.store import Store
from services.eligibility.shelf import Shelf
from services.eligibility.store import opener
from services.eligibility.sweeper import Sweeper
from socsec.eligibility.v1 import (
    certification_service_pb2,
    certifying_service_pb2,
    decision_service_pb2,
    draw_list_service_pb2,
    draw_service_pb2,
    eligibility_service_pb2,
    entitlement_service_pb2,
    evidence_service_pb2,
    feed_service_pb2,
    offset_service_pb2,
    proposal_service_pb2,
    retirement_service_pb2,
    rule_service_pb2,
    settlement_service_pb2,
    sweep_report_service_pb2,
)

NAME = "eligibility"
STREAM = "SOCSEC_ELIGIBILITY"

_FORGET_SECONDS = 3600.0
_FIND_SECONDS = 30.0


async def serve(config: EligibilityConfig) -> bool:
    """Serve until signalled; tell whether every part stopped cleanly."""
    vault, book = load_vault(config), load_book(config)
    telemetry = Telemetry(NAME, config.telemetry)
    try:
        async with Process() as process:
            await start(config, process, vault, book)
            await process.until_signalled()
        return not process.failed
    finally:
        telemetry.close()


async def start(
    config: EligibilityConfig,
    process: Process,
    vault: Vault,
    book: Book,
    clock: Clock = system_clock,
) -> RpcServer:
    """Start every part in the order of need; the process stops them in the reverse one.

    Another book needs a new start.
    """
    law, usual = certification_law(book), partial(feed_baseline, book)
    database = Database(config.database_url)
    await database.start()
    process.on_stop("database", database.close)
    open_store = opener(vault, clock, law.weak_kinds(), payability_law(book))
    hash_key = vault.index("key", "request hash")
    transactions: Transactions[Store] = Transactions(database, open_store, clock, hash_key)

    shelf = Shelf(book, transactions)
    process.spawn("book", shelf.keep())

    channel = connect(config.card_address, config.tls)
    process.on_stop("card client", channel.close)
    cards = CardClient(channel)

    messaging = Messaging(config.nats, NAME, (STREAM, CARD_STREAM, EVIDENCE_STREAM))
    process.spawn("messaging", messaging.run())
    process.spawn("relay", Relay(database, messaging, clock).run())
    people = PersonConsumer(transactions, cards, law)
    process.spawn("people", Subscription(messaging, CARD_STREAM, NAME, people.handle, SUBJECTS).run())
    process.spawn("births", BirthLook(transactions, cards, law).run())
    pieces = FeedConsumer(transactions, clock)
    process.spawn("pieces", Subscription(messaging, EVIDENCE_STREAM, NAME, pieces.handle, fetch=FETCH).run())
    sweeper = Sweeper(transactions, law, clock)
    database.after_commit(sweeper.wake)
    process.spawn("sweeper", sweeper.run())
    feeder = Feeder(transactions, law, usual, clock)
    database.after_commit(feeder.wake)
    process.spawn("feeder", feeder.run())
    process.spawn("forgetting numbers", every(_FORGET_SECONDS, feeder.forget))
    finder = Finder(transactions, cards, law, clock)
    process.spawn("finder", every(_FIND_SECONDS, finder.look))
    paymaster = Paymaster(transactions, cards, clock)
    database.after_commit(paymaster.wake)
    process.spawn("paymaster", paymaster.run())
    seeker = Seeker(transactions, cards, book, law, clock)
    database.after_commit(seeker.wake)
    process.spawn("seeker", seeker.run())
    process.spawn("expiring", every(_FORGET_SECONDS, seeker.expire))
    lease = Lease(database, "pruning", timedelta(seconds=_FORGET_SECONDS), clock)
    process.on_stop("pruning's lease", lease.release)
    process.spawn("pruning", every(_FORGET_SECONDS, Pruner(transactions, lease, book, clock).prune))
    process.spawn("forgetting", every(_FORGET_SECONDS, transactions.forget_answers))

    services = {
        evidence_service_pb2.DESCRIPTOR.services_by_name["EvidenceService"]: EvidenceApi(
            transactions, law, usual, clock
        ),
        feed_service_pb2.DESCRIPTOR.services_by_name["FeedService"]: FeedApi(transactions, cards, law, clock),
        certification_service_pb2.DESCRIPTOR.services_by_name["CertificationService"]: CertificationApi(
            transactions, law, book, clock
        ),
        certifying_service_pb2.DESCRIPTOR.services_by_name["CertifyingService"]: CertifyingApi(
            transactions, law, clock
        ),
        entitlement_service_pb2.DESCRIPTOR.services_by_name["EntitlementService"]: EntitlementApi(
            transactions, cards, law, book, clock
        ),
        draw_list_service_pb2.DESCRIPTOR.services_by_name["DrawListService"]: DrawListApi(transactions, clock),
        offset_service_pb2.DESCRIPTOR.services_by_name["OffsetService"]: OffsetApi(transactions, clock),
        draw_service_pb2.DESCRIPTOR.services_by_name["DrawService"]: DrawApi(transactions, cards, clock),
        eligibility_service_pb2.DESCRIPTOR.services_by_name["EligibilityService"]: EligibilityApi(
            transactions, cards, shelf, clock
        ),
        decision_service_pb2.DESCRIPTOR.services_by_name["DecisionService"]: DecisionApi(
            transactions, cards, shelf, clock
        ),
        retirement_service_pb2.DESCRIPTOR.services_by_name["RetirementService"]: RetirementApi(
            transactions, cards, shelf, law, clock
        ),
        proposal_service_pb2.DESCRIPTOR.services_by_name["ProposalService"]: ProposalApi(
            transactions, cards, seeker, book, clock
        ),
        sweep_report_service_pb2.DESCRIPTOR.services_by_name["SweepReportService"]: SweepReportApi(transactions),
        rule_service_pb2.DESCRIPTOR.services_by_name["RuleService"]: RuleApi(shelf, clock),
        settlement_service_pb2.DESCRIPTOR.services_by_name["SettlementService"]: SettlementApi(
            transactions, shelf, clock
        ),
    }
    server = RpcServer(config, services, process.draining)
    await server.start()
    process.on_stop("server", server.drain)
    return server


def load_book(config: EligibilityConfig) -> Book:
    """Load the law; raise ConfigError, with file and line, when it contradicts itself or lacks what is needed here."""
    try:
        book = Book.load(folder=Path(config.law_folder) if config.law_folder else None)
        check_needs(book, bureau_date(system_clock()))
    except BookRefused as refused:
        raise ConfigError(f"{config.law_folder or 'installed law'}: {refused}") from refused
    return book


def load_vault(config: EligibilityConfig) -> Vault:
    """Load the keys; raise ConfigError when the file holds none."""
    try:
        return Vault(KeyFile.load(config.keys_file))
    except (OSError, ValueError) as error:
        raise ConfigError(f"keys_file: {error}") from error
