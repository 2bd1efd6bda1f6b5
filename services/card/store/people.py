"""The identity vault: identity numbers and names sealed together, found again by a blind index."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.card.person import Person, RepresentativeKind
from services.card.store.people_tables import FORMER_NUMBER, PERSON
from services.common import identity
from services.common.cloud_event import in_utc
from services.common.crypto import Vault
from services.common.errors import Conflict
from services.common.identity import IdentityNumber
from services.common.lookup import Lookup
from services.common.sets import among, among_bound, bound_keys
from services.common.statement import Statement, TableInsert

_STANDING = sa.func.coalesce(PERSON.c.merged_into, PERSON.c.person)


_Row = Sequence[Any]
"""Values of the columns that `_COLUMNS` names."""
_COLUMNS = (
    "person",
    "identity_index",
    "sealed_identity",
    "division",
    "representative",
    "representative_kind",
    "create_time",
    "version",
    "merged_into",
)
_PERSON = sa.select(*(PERSON.c[name] for name in _COLUMNS))
_ADD = TableInsert(PERSON, *_COLUMNS, "origin")
_GET: Statement[_Row] = Statement(
    lambda dialect: _PERSON.where(among_bound(dialect, PERSON.c.person, "people")), "people"
)
_KNOWN: Statement[tuple[str, str]] = Statement(
    lambda dialect: sa.select(PERSON.c.person, _STANDING).where(among_bound(dialect, PERSON.c.person, "people")),
    "people",
)
_FORMER_PERSON: Statement[tuple[str]] = Statement(
    lambda dialect: (
        sa.select(FORMER_NUMBER.c.person)
        .where(among_bound(dialect, FORMER_NUMBER.c.identity_index, "indexes"))
        .limit(1)
    ),
    "indexes",
)


_ROWS: Lookup[str, _Row] = Lookup(
    lambda connection, people: {row[0]: row for row in _GET.rows(connection, bound_keys(connection, people))}
)
_STANDING_OF: Lookup[str, str] = Lookup(
    lambda connection, people: dict(_KNOWN.rows(connection, bound_keys(connection, people)))
)


def _numbered(person: "sa.ColumnElement[str]") -> Statement[tuple[str, str]]:
    # One statement, so one snapshot: a number on its way from present to former is always seen in one of the two.
    def build(dialect: str) -> sa.CompoundSelect[tuple[str, str]]:
        present = sa.select(PERSON.c.identity_index, person).where(
            among_bound(dialect, PERSON.c.identity_index, "indexes")
        )
        former = (
            sa.select(FORMER_NUMBER.c.identity_index, person)
            .join(PERSON, PERSON.c.person == FORMER_NUMBER.c.person)
            .where(among_bound(dialect, FORMER_NUMBER.c.identity_index, "former_indexes"))
        )
        return sa.union_all(present, former)

    return Statement(build, "indexes", "former_indexes")


_STANDING_BY_NUMBER, _OWNER_BY_NUMBER = _numbered(_STANDING), _numbered(PERSON.c.person)


class PersonTable:
    """People by id and by identity number."""

    def __init__(self, connection: sa.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._indexes: dict[str, str] = {}
        """Blind indexes of the numbers of this transaction: they are looked for first and kept then."""

    def resolve(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number, present or former, -> person whose record stands for it now."""
        return self._people_of(numbers, _STANDING_BY_NUMBER)

    def owners(self, numbers: Collection[str]) -> Mapping[str, str]:
        """Give identity number, present or former, -> person whose own it is, merged or not."""
        return self._people_of(numbers, _OWNER_BY_NUMBER)

    def known(self, people: Collection[str]) -> Mapping[str, str]:
        """Give registered person -> person whose record stands for it, mostly the same; nothing is unsealed."""
        return _STANDING_OF.of(self._connection, people)

    def foresee(self, people: Collection[str]) -> Collection[str]:
        """Look up at once what use cases will ask of people by these names; give those who stand for them."""
        found = _ROWS.foresee(self._connection, people)
        standing_of = {person: row[-1] or person for person, row in found.items()}
        _STANDING_OF.keep(self._connection, people, standing_of)
        return set(standing_of.values())

    def names(self, people: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Give registered person -> all records that mean the same person, in order; mostly that one alone."""
        standing = self.known(people) if people else {}
        if not standing:
            return {}
        merged = sa.select(PERSON.c.merged_into, PERSON.c.person).where(
            among(self._connection, PERSON.c.merged_into, set(standing.values()))
        )
        names = {person: [person] for person in standing.values()}
        for into, person in self._connection.execute(merged):
            names[into].append(person)
        return {person: sorted(names[of]) for person, of in standing.items()}

    def get(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give those of some people who are registered, unsealed; for a merged one, who stands for it."""
        found = _ROWS.of(self._connection, people)
        merged = {row[-1] for row in found.values() if row[-1]}
        standing = {**found, **_ROWS.of(self._connection, merged)} if merged else found
        return {person: self._person(standing[row[-1] or person]) for person, row in found.items()}

    def locked(self, people: Collection[str]) -> Mapping[str, Person]:
        """Give some records as they are, and those that were merged into them, locked for a change.

        The records themselves are locked first: who waits for one of them here must see, by a statement that begins
        afterwards, what the other has merged into it meanwhile.
        """
        named = sa.select(PERSON.c.person).where(among(self._connection, PERSON.c.person, people))
        self._connection.execute(named.order_by(PERSON.c.person).with_for_update()).all()
        wanted = sa.or_(
            among(self._connection, PERSON.c.person, people), among(self._connection, PERSON.c.merged_into, people)
        )
        statement = _PERSON.where(wanted).order_by(PERSON.c.person).with_for_update()
        return {row.person: self._person(row) for row in self._connection.execute(statement)}

    def former_numbers(self, person: str) -> Sequence[str]:
        """Give the former numbers of a person, and all numbers of the records that were merged into it, in clear."""
        merged = self._connection.execute(_PERSON.where(PERSON.c.merged_into == person)).all()
        of_all = among(self._connection, FORMER_NUMBER.c.person, [person, *(row.person for row in merged)])
        former = self._connection.execute(sa.select(FORMER_NUMBER).where(of_all)).mappings()
        numbers = [self._person(row).identity.number for row in merged]
        return sorted([*numbers, *(self._vault.open(row["sealed_number"], _former(row["person"])) for row in former)])

    def add(self, people: Sequence[Person], origin: str = "") -> None:
        """Seal and keep new people; raises Conflict when somebody else has just registered one of them.

        `origin` is the record of the operation that brought them.
        """
        if not people:
            return
        rows = [(*self._row(person), origin or None) for person in people]
        try:
            _ADD.many(self._connection, rows)
        except sa.exc.IntegrityError as error:
            raise Conflict("CONCURRENT_CHANGE", "A person was registered in the same moment; repeat.") from error
        self._check_unused([str(row[1]) for row in rows])

    def save(self, people: Sequence[Person]) -> None:
        """Keep changed records; raises Conflict when somebody else has just changed one of them."""
        for person in people:
            unchanged = sa.and_(PERSON.c.person == person.person, PERSON.c.version == person.version - 1)
            try:
                changed = dict(zip(_COLUMNS, self._row(person), strict=True))
                saved = self._connection.execute(PERSON.update().where(unchanged).values(changed)).rowcount
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

    def _people_of(self, numbers: Collection[str], statement: Statement[tuple[str, str]]) -> Mapping[str, str]:
        numbers_of = {self._index(number): number for number in numbers}
        indexes = bound_keys(self._connection, numbers_of)
        return {numbers_of[index]: found for index, found in statement.rows(self._connection, indexes, indexes)}

    def _check_unused(self, indexes: Collection[str]) -> None:
        """Raise Conflict when a number just given became somebody's former one after it was looked for.

        No constraint spans the two tables, so this is asked when the number is held already: whoever comes later waits.
        """
        if _FORMER_PERSON.rows(self._connection, bound_keys(self._connection, indexes)):
            raise Conflict("CONCURRENT_CHANGE", "A number became somebody's in the same moment; repeat.")

    def _index(self, number: str) -> str:
        index = self._indexes.get(number)
        if index is None:
            index = self._indexes[number] = self._vault.index(number, "identity number").hex()
        return index

    def _row(self, person: Person) -> tuple[object, ...]:
        """Give a person's values in the order of `_COLUMNS`."""
        return (
            person.person,
            self._index(person.identity.number),
            self._vault.seal(f"{person.identity.number}\n{person.full_name}", f"people/{person.person}"),
            person.division,
            person.representative,
            person.representative_kind or "",
            person.create_time,
            person.version,
            person.merged_into or None,
        )

    def _person(self, row: _Row) -> Person:
        """Unseal a person from the values in the order of `_COLUMNS`."""
        person, _, sealed, division, representative, kind, created, version, merged_into = row
        number, _, full_name = self._vault.open(sealed, f"people/{person}").partition("\n")
        return Person(
            person=person,
            identity=identity.read(number),
            full_name=full_name,
            division=division,
            representative=representative,
            representative_kind=RepresentativeKind(kind) if kind else None,
            create_time=in_utc(created),
            version=version,
            merged_into=merged_into or "",
        )


def _former(person: str) -> str:
    return f"people/{person}/former"
