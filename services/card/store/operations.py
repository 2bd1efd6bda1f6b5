"""What was done to cards and people, by whom."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from services.card.actor import Actor, ActorKind, OperationRecord, Proof, ProofKind
from services.card.operation import AnyOperation, Operation, OtherOperation
from services.card.store.ecard_tables import ECARD
from services.card.store.people_tables import PERSON
from services.card.store.tables import CARD, OPERATION
from services.common.cloud_event import in_utc
from services.common.group import insert_later
from services.common.ids import rising_id
from services.common.sets import among
from services.common.statement import TableInsert

_COLUMNS = OPERATION.c
_ADD = TableInsert(
    OPERATION,
    "record",
    "card",
    "person",
    "operation",
    "actor_kind",
    "actor_reference",
    "proofs",
    "caller",
    "version",
    "record_time",
    "regarding",
)
_NOTHING: sa.ColumnElement[str] = sa.literal_column("''")

_Subjects = sa.Select[tuple[str, str, str, str]]
"""Records, each with the card, the person and what else it was about."""


class OperationTable:
    """The record of operations; it only grows."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._last = ""

    def add(self, record: OperationRecord) -> str:
        """Keep that an operation was done, after all that were kept in this transaction; give the record's id."""
        self._last, actor = rising_id(self._last), record.actor
        proofs = "\n".join(f"{proof.kind} {proof.reference}" for proof in actor.proofs)
        about = (self._last, record.card or None, record.person or None)
        done = (record.operation, actor.kind, actor.reference, proofs, record.caller, record.version)
        insert_later(self._connection, _ADD, [(*about, *done, record.record_time, record.regarding)])
        return self._last

    def applicant(self, card: str) -> Actor | None:
        """Give who applied for a card by an application of its own; None for one that came in another way."""
        own = sa.and_(_COLUMNS.card == card, _COLUMNS.operation == Operation.APPLY)
        row = self._connection.execute(sa.select(OPERATION).where(own)).mappings().one_or_none()
        return _actor(row) if row is not None else None

    def of_card(self, card: str, size: int, before: str | None) -> Sequence[OperationRecord]:
        """Give up to `size` records of a card, newest first, from the one after `before`; its origin is the last."""
        brought = _brought(CARD, CARD.c.card, _NOTHING, _NOTHING).where(CARD.c.card == card)
        place = (before, "") if before is not None else None  # nothing is less than "": one record once
        return self._page([_own().where(_COLUMNS.card == card), brought], size, place)

    def of_people(
        self, people: Collection[str], size: int, before: tuple[str, str] | None
    ) -> Sequence[OperationRecord]:
        """Give up to `size` records of some people, their cards and electronic cards, newest first.

        `before` is the record that they begin after, with its subject: one record may have brought several of them.
        """

        def theirs(person: "sa.ColumnElement[str]") -> "sa.ColumnElement[bool]":
            return among(self._connection, person, people)

        cards = sa.select(CARD.c.card).where(theirs(CARD.c.person))
        ecard = "ecards/" + ECARD.c.ecard
        subjects = [
            _own().where(theirs(_COLUMNS.person)),
            _own().where(_COLUMNS.card.in_(cards)),
            _brought(CARD, CARD.c.card, _NOTHING, _NOTHING).where(theirs(CARD.c.person)),
            _brought(PERSON, _NOTHING, PERSON.c.person, _NOTHING).where(theirs(PERSON.c.person)),
            _brought(ECARD, _NOTHING, ECARD.c.person, ecard).where(theirs(ECARD.c.person)),
        ]
        return self._page(subjects, size, before)

    def _page(
        self, subjects: Sequence[_Subjects], size: int, before: tuple[str, str] | None
    ) -> Sequence[OperationRecord]:
        about = sa.union_all(*subjects).subquery()
        subject = about.c.card + about.c.person + about.c.regarding
        statement = sa.select(
            OPERATION, *(about.c[name].label(f"about_{name}") for name in ("card", "person", "regarding"))
        ).join(about, about.c.record == _COLUMNS.record)
        if before is not None:
            record, last = before
            statement = statement.where(
                sa.or_(_COLUMNS.record < record, sa.and_(_COLUMNS.record == record, subject < last))
            )
        rows = self._connection.execute(statement.order_by(_COLUMNS.record.desc(), subject.desc()).limit(size))
        return [_record(row) for row in rows.mappings()]


def _own() -> _Subjects:
    about = (sa.func.coalesce(_COLUMNS[name], _NOTHING).label(name) for name in ("card", "person"))
    return sa.select(_COLUMNS.record, *about, _COLUMNS.regarding)


def _brought(
    table: sa.Table,
    card: "sa.ColumnElement[str]",
    person: "sa.ColumnElement[str]",
    regarding: "sa.ColumnElement[str]",
) -> _Subjects:
    about = (card.label("card"), person.label("person"), regarding.label("regarding"))
    return sa.select(table.c.origin.label("record"), *about).where(table.c.origin.is_not(None))


def _record(row: sa.RowMapping) -> OperationRecord:
    return OperationRecord(
        record=row["record"],
        operation=_operation(row["operation"]),
        actor=_actor(row),
        caller=row["caller"],
        version=row["version"],
        record_time=in_utc(row["record_time"]),
        card=row["about_card"],
        person=row["about_person"],
        regarding=row["about_regarding"],
    )


def _actor(row: sa.RowMapping) -> Actor:
    shown = (line.partition(" ") for line in row["proofs"].splitlines())
    proofs = tuple(Proof(ProofKind(kind), reference) for kind, _, reference in shown)
    return Actor(ActorKind(row["actor_kind"]), row["actor_reference"], proofs)


def _operation(name: str) -> AnyOperation:
    return Operation(name) if name in Operation.__members__ else OtherOperation(name)
