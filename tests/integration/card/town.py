"""A register that a test works with by the use cases themselves, one transaction after the other, at its own time."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from services.card.actor import Actor, ActorKind, Proof, ProofKind
from services.card.operation import AnyOperation, Operation, OtherOperation
from services.card.parameters import load_parameters
from services.card.person import Registration
from services.card.service.order import Order
from services.card.service.people import register_person
from services.card.service.store import Store
from services.card.service.timers import TIMERS
from services.card.store import SqlStore, opener
from services.common import identity
from services.common.clock import bureau_date
from services.common.crypto import KeyFile, Vault
from services.common.database import Database
from services.common.migrations import migrate
from services.common.outbox import EventOutbox
from services.common.transactions import Transactions
from services.local.keys import make_field_keys
from socsec.card.v1 import card_events_pb2
from tests.integration.card.city import identity_number

T = TypeVar("T")

BEGIN = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
OUTBOX: sa.Table = EventOutbox.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
HOLDER = Actor(ActorKind.HOLDER, "", (Proof(ProofKind.HOLDER_IDENTITY),))
CLERK = Actor(ActorKind.OPERATOR, "wang", (Proof(ProofKind.OLD_CARD), Proof(ProofKind.KEY_DATA)))
_IN_PERSON = frozenset(
    {Operation.CHANGE_PIN, Operation.UNLOCK_PIN, Operation.RESET_PIN, Operation.ACTIVATE_BANK, Operation.CLOSE_BANK}
)
"""What the holder comes for; all else the clerk asks for."""


class Town:
    """One database, and the time in it."""

    def __init__(self, runner: asyncio.Runner, database: Database, vault: Vault) -> None:
        self._runner = runner
        self._database = database
        self.now = BEGIN
        self.book = load_parameters()
        self._transactions: Transactions[SqlStore] = Transactions(database, opener(vault, self._clock), self._clock)

    def _clock(self) -> datetime:
        return self.now

    @property
    def today(self) -> date:
        return bureau_date(self.now)

    def advance(self, time: timedelta) -> None:
        self.now += time

    def do(self, work: Callable[[Store], T]) -> T:
        """Run a use case durably."""
        return self._runner.run(self._transactions.write(work))

    def look(self, work: Callable[[Store], T]) -> T:
        """Run a use case that only reads."""
        return self._runner.run(self._transactions.read(work))

    def try_all(self, works: Sequence[Callable[[Store], object]]) -> Sequence[object]:
        """Try use cases side by side, each from the same state; gives what each would answer or raise."""

        async def tried() -> Sequence[object]:
            calls = [self._transactions.write(work, validate_only=True) for work in works]
            return await asyncio.gather(*calls, return_exceptions=True)

        return self._runner.run(tried())

    def order(self, operation: AnyOperation, *proofs: ProofKind) -> Order:
        actor = HOLDER if operation in _IN_PERSON else CLERK
        shown = tuple(Proof(kind) for kind in proofs)
        return Order(operation, Actor(actor.kind, actor.reference, actor.proofs + shown), "wang", self.now)

    def person(self) -> str:
        """Register a grown-up."""
        registration = Registration(identity.parse(identity_number(), self.today), "王小明", "370202")
        order = self.order(OtherOperation.REGISTER_PERSON)
        return self.do(lambda store: register_person(store, registration, order, self.book)).person

    def run_timers(self) -> None:
        for timer in TIMERS.values():
            while self.do(lambda store, timer=timer: timer(store, self.now)):  # type: ignore[misc]  # bound at once
                pass

    def events(self, card: str) -> list[str]:
        """Give the names of a card's events, in order; of a loss that lapsed by itself another one."""
        wanted = sa.select(OUTBOX.c.type, OUTBOX.c.data).where(OUTBOX.c.aggregate == f"cards/{card}")
        rows = self._runner.run(
            self._database.read(lambda connection: connection.execute(wanted.order_by(OUTBOX.c.pos)).all())
        )
        return [event_name(type_, data) for type_, data in rows]


def event_name(type_: str, data: bytes) -> str:
    """Give the name of an event; that a loss has lapsed by itself is told as one that was cancelled."""
    name = type_.rpartition(".")[2]
    if name == "CardLossCancelled" and card_events_pb2.CardLossCancelled.FromString(data).lapsed:
        return "CardLossLapsed"
    return name


@contextmanager
def town(url: str, folder: Path) -> Iterator[Town]:
    """Open an empty database."""
    migrate(url, "services.card")
    make_field_keys(folder / "town.keys")
    with asyncio.Runner() as runner:
        database = Database(url)
        runner.run(database.start())
        yield Town(runner, database, Vault(KeyFile.load(folder / "town.keys")))
        runner.run(database.close())
