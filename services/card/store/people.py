"""The identity vault: identity numbers and names sealed together, found again by a blind index."""

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from services.card.person import Person, RepresentativeKind, Reveal
from services.card.store.tables import PERSON, REVEAL
from services.common import identity
from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.errors import Conflict
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.sets import among

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REVEAL_FIELDS = {"person": REVEAL.c.person, "caller": REVEAL.c.caller, "reveal_time": REVEAL.c.reveal_us}


class PersonTable:
    """People by id and by identity number, and who was revealed."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def resolve(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number -> person for those who are registered."""
        numbers_of = {self._index(number): number for number in numbers}
        statement = sa.select(PERSON.c.identity_index, PERSON.c.person).where(
            among(self._connection, PERSON.c.identity_index, numbers_of)
        )
        return {numbers_of[index]: person for index, person in self._connection.execute(statement)}

    def known(self, people: Collection[str]) -> Set[str]:
        """Give those of some people who are registered, without unsealing anything."""
        statement = sa.select(PERSON.c.person).where(among(self._connection, PERSON.c.person, people))
        return set(self._connection.execute(statement).scalars())

    def get(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give those of some people who are registered, unsealed."""
        statement = sa.select(PERSON).where(among(self._connection, PERSON.c.person, people))
        return {row["person"]: self._person(row) for row in self._connection.execute(statement).mappings()}

    def add(self, people: Sequence[Person]) -> None:
        """Seal and keep new people; raises Conflict when somebody else has just registered one of them."""
        if not people:
            return
        try:
            self._connection.execute(PERSON.insert(), [self._row(person) for person in people])
        except sa.exc.IntegrityError as error:
            raise Conflict("CONCURRENT_CHANGE", "A person was registered in the same moment; repeat.") from error

    def record_reveal(self, reveal: Reveal) -> None:
        """Keep that somebody was revealed."""
        self._connection.execute(
            REVEAL.insert().values(
                reveal=reveal.reveal,
                person=reveal.person,
                caller=reveal.caller,
                purpose=reveal.purpose,
                case_reference=reveal.case_reference,
                reveal_us=(reveal.reveal_time - _EPOCH) // _MICROSECOND,
            )
        )

    def reveals(self, wanted: Filter, size: int, before: str | None) -> Sequence[Reveal]:
        """Give up to `size` reveals, newest first, from the one after `before`."""
        statement = sa.select(REVEAL).where(condition(wanted, _REVEAL_FIELDS))
        if before is not None:
            statement = statement.where(REVEAL.c.reveal < before)
        rows = self._connection.execute(statement.order_by(REVEAL.c.reveal.desc()).limit(size)).mappings()
        return [_reveal(row) for row in rows]

    def _index(self, number: str) -> str:
        return self._vault.index(number, "identity number").hex()

    def _row(self, person: Person) -> dict[str, object]:
        sealed = self._vault.seal(f"{person.identity.number}\n{person.full_name}", f"people/{person.person}")
        return {
            "person": person.person,
            "identity_index": self._index(person.identity.number),
            "sealed_identity": sealed,
            "division": person.division,
            "representative": person.representative,
            "representative_kind": person.representative_kind or "",
            "create_time": person.create_time,
            "version": person.version,
        }

    def _person(self, row: sa.RowMapping) -> Person:
        number, _, full_name = self._vault.open(row["sealed_identity"], f"people/{row['person']}").partition("\n")
        kind = row["representative_kind"]
        return Person(
            person=row["person"],
            identity=identity.read(number),
            full_name=full_name,
            division=row["division"],
            representative=row["representative"],
            representative_kind=RepresentativeKind(kind) if kind else None,
            create_time=in_utc(row["create_time"]),
            version=row["version"],
        )


def _reveal(row: sa.RowMapping) -> Reveal:
    return Reveal(
        reveal=row["reveal"],
        person=row["person"],
        caller=row["caller"],
        purpose=row["purpose"],
        case_reference=row["case_reference"],
        reveal_time=_EPOCH + row["reveal_us"] * _MICROSECOND,
    )
