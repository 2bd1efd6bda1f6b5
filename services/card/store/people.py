"""The identity vault: identity numbers and names sealed together, found again by a blind index."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from services.card.person import Person, RepresentativeKind
from services.card.store.tables import FORMER_NUMBER, PERSON
from services.common import identity
from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.errors import Conflict
from services.common.identity import IdentityNumber
from services.common.sets import among

_STANDING = sa.func.coalesce(PERSON.c.merged_into, PERSON.c.person)


class PersonTable:
    """People by id and by identity number."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def resolve(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number, present or former, -> person whose record stands for it now."""
        return self._people_of(numbers, _STANDING)

    def owners(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number, present or former, -> person whose own it is, merged or not."""
        return self._people_of(numbers, PERSON.c.person)

    def known(self, people: Collection[str]) -> Mapping[str, str]:
        """Give registered person -> person whose record stands for it, mostly the same; nothing is unsealed."""
        statement = sa.select(PERSON.c.person, _STANDING).where(among(self._connection, PERSON.c.person, people))
        return dict(self._connection.execute(statement).all())

    def get(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give those of some people who are registered, unsealed; for a merged one, who stands for it."""
        found = {row["person"]: row for row in self._rows(among(self._connection, PERSON.c.person, people))}
        merged = {row["merged_into"] for row in found.values() if row["merged_into"]}
        survivors = self._rows(among(self._connection, PERSON.c.person, merged)) if merged else ()
        standing = found | {row["person"]: row for row in survivors}
        return {person: self._person(standing[row["merged_into"] or person]) for person, row in found.items()}

    def locked(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give some records as they are, and those that were merged into them, locked for a change."""
        wanted = sa.or_(
            among(self._connection, PERSON.c.person, people), among(self._connection, PERSON.c.merged_into, people)
        )
        statement = sa.select(PERSON).where(wanted).order_by(PERSON.c.person).with_for_update()
        return {row["person"]: self._person(row) for row in self._connection.execute(statement).mappings()}

    def former_numbers(self, person: str) -> Sequence[str]:
        """Give the former numbers of a person, and all numbers of the records that were merged into it, in clear."""
        merged = self._rows(PERSON.c.merged_into == person)
        of_all = among(self._connection, FORMER_NUMBER.c.person, [person, *(row["person"] for row in merged)])
        former = self._connection.execute(sa.select(FORMER_NUMBER).where(of_all)).mappings()
        numbers = [self._person(row).identity.number for row in merged]
        return sorted([*numbers, *(self._vault.open(row["sealed_number"], _former(row["person"])) for row in former)])

    def add(self, people: Sequence[Person]) -> None:
        """Seal and keep new people; raises Conflict when somebody else has just registered one of them."""
        if not people:
            return
        rows = [self._row(person) for person in people]
        try:
            self._connection.execute(PERSON.insert(), rows)
        except sa.exc.IntegrityError as error:
            raise Conflict("CONCURRENT_CHANGE", "A person was registered in the same moment; repeat.") from error
        self._check_unused([str(row["identity_index"]) for row in rows])

    def save(self, people: Sequence[Person]) -> None:
        """Keep changed records; raises Conflict when somebody else has just changed one of them."""
        for person in people:
            unchanged = sa.and_(PERSON.c.person == person.person, PERSON.c.version == person.version - 1)
            try:
                saved = self._connection.execute(PERSON.update().where(unchanged).values(self._row(person))).rowcount
            except sa.exc.IntegrityError as error:
                raise Conflict("CONCURRENT_CHANGE", "Somebody got that number in the same moment; repeat.") from error
            if saved != 1:
                raise Conflict("CONCURRENT_CHANGE", "The person was changed in the same moment; read it again.")

    def save_renumbered(self, person: Person, former: IdentityNumber) -> None:
        """Keep a person with another number, and the former one as an alias; raises Conflict as `save` does."""
        index = self._index(person.identity.number)
        own = sa.and_(FORMER_NUMBER.c.identity_index == index, FORMER_NUMBER.c.person == person.person)
        self._connection.execute(FORMER_NUMBER.delete().where(own))  # a number may come back
        self.save([person])
        sealed = self._vault.seal(former.number, _former(person.person))
        row = {"identity_index": self._index(former.number), "person": person.person, "sealed_number": sealed}
        self._connection.execute(FORMER_NUMBER.insert(), [row])
        self._check_unused([index])

    def _people_of(self, numbers: Collection[str], person: "sa.ColumnElement[str]") -> Mapping[str, str]:
        numbers_of = {self._index(number): number for number in numbers}
        # One statement, so one snapshot: a number on its way from present to former is always seen in one of the two.
        present = sa.select(PERSON.c.identity_index, person).where(
            among(self._connection, PERSON.c.identity_index, numbers_of)
        )
        former = (
            sa.select(FORMER_NUMBER.c.identity_index, person)
            .join(PERSON, PERSON.c.person == FORMER_NUMBER.c.person)
            .where(among(self._connection, FORMER_NUMBER.c.identity_index, numbers_of))
        )
        return {numbers_of[index]: found for index, found in self._connection.execute(sa.union_all(present, former))}

    def _rows(self, wanted: "sa.ColumnElement[bool]") -> Sequence[sa.RowMapping]:
        return self._connection.execute(sa.select(PERSON).where(wanted)).mappings().all()

    def _check_unused(self, indexes: Collection[str]) -> None:
        """Raise Conflict when a number just given became somebody's former one after it was looked for.

        No constraint spans the two tables, so this is asked when the number is held already: whoever comes later waits.
        """
        used = among(self._connection, FORMER_NUMBER.c.identity_index, indexes)
        if self._connection.execute(sa.select(FORMER_NUMBER.c.person).where(used).limit(1)).first() is not None:
            raise Conflict("CONCURRENT_CHANGE", "A number became somebody's in the same moment; repeat.")

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
            "merged_into": person.merged_into or None,
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
            merged_into=row["merged_into"] or "",
        )


def _former(person: str) -> str:
    return f"people/{person}/former"
