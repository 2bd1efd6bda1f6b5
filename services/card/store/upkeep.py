"""What was done to cards by whom, and how holders are reached."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from services.card.actor import Actor, ActorKind, OperationRecord, Proof, ProofKind
from services.card.contact import Contact
from services.card.operation import Operation
from services.card.store.people_tables import PERSON
from services.card.store.tables import CONTACT, OPERATION
from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.database import upsert
from services.common.group import insert_later
from services.common.statement import TableInsert

_ADD = TableInsert(
    OPERATION,
    "record",
    "card",
    "operation",
    "actor_kind",
    "actor_reference",
    "proofs",
    "caller",
    "version",
    "record_time",
)


class OperationTable:
    """The record of operations; it only grows."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, record: OperationRecord) -> None:
        """Keep that an operation was done."""
        actor = record.actor
        proofs = "\n".join(f"{proof.kind} {proof.reference}" for proof in actor.proofs)
        done = (record.record, record.card, record.operation, actor.kind, actor.reference, proofs)
        insert_later(self._connection, _ADD, [(*done, record.caller, record.version, record.record_time)])

    def page(self, card: str, size: int, before: str | None) -> Sequence[OperationRecord]:
        """Give up to `size` records of a card, newest first, from the one after `before`."""
        statement = sa.select(OPERATION).where(OPERATION.c.card == card)
        if before is not None:
            statement = statement.where(OPERATION.c.record < before)
        rows = self._connection.execute(statement.order_by(OPERATION.c.record.desc()).limit(size)).mappings()
        return [_record(row) for row in rows]


class ContactTable:
    """Contacts by person."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def get(self, person: str) -> Contact | None:
        """Give a person's contact, unsealed; None when none is known.

        Who has none is reached as under that merged record whose contact is the newest.
        """
        own = PERSON.c.person == person
        statement = (
            sa.select(CONTACT.c.person, CONTACT.c.sealed_contact)
            .join(PERSON, PERSON.c.person == CONTACT.c.person)
            .where(sa.or_(own, PERSON.c.merged_into == person))
            .order_by(own.desc(), CONTACT.c.update_time.desc())
            .limit(1)
        )
        found = self._connection.execute(statement).one_or_none()
        if found is None:
            return None
        phone, _, address = self._vault.open(found.sealed_contact, _place(found.person)).partition("\n")
        return Contact(phone, address)

    def put(self, person: str, contact: Contact, now: datetime) -> None:
        """Seal and keep a person's contact."""
        sealed = self._vault.seal(f"{contact.phone}\n{contact.address}", _place(person))
        row: dict[str, object] = {"person": person, "sealed_contact": sealed, "update_time": now}
        upsert(self._connection, CONTACT, [row], ["person"])


def _place(person: str) -> str:
    return f"people/{person}/contact"


def _record(row: sa.RowMapping) -> OperationRecord:
    shown = (line.partition(" ") for line in row["proofs"].splitlines())
    proofs = tuple(Proof(ProofKind(kind), reference) for kind, _, reference in shown)
    return OperationRecord(
        record=row["record"],
        card=row["card"],
        operation=Operation(row["operation"]),
        actor=Actor(ActorKind(row["actor_kind"]), row["actor_reference"], proofs),
        caller=row["caller"],
        version=row["version"],
        record_time=in_utc(row["record_time"]),
    )
