"""Facts of people."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from services.common.database import upsert
from services.eligibility.facts import AMOUNTS, PersonFacts, RetirementGroup
from services.eligibility.store.names import NameTable, of_each
from services.eligibility.store.rows import day_or_none, day_text, rows_in
from services.eligibility.store.tables.decision import FACTS


class FactTable:
    """Facts by person."""

    def __init__(self, connection: sa.Connection, names: NameTable) -> None:
        self._connection = connection
        self._names = names

    def of(self, people: Collection[str]) -> Mapping[str, PersonFacts]:
        """Give the newest on record of each of some people, under whichever name they were submitted."""
        identities = self._names.identities(people)
        found = {row["person"]: [_facts(row)] for row in rows_in(self._connection, FACTS, "person", identities.names)}
        return {
            person: replace(max(known, key=lambda facts: facts.as_of_date), person=person)
            for person, known in of_each(people, identities, found).items()
        }

    def own(self, people: Collection[str]) -> Mapping[str, PersonFacts]:
        """Give those on record under these very names."""
        return {row["person"]: _facts(row) for row in rows_in(self._connection, FACTS, "person", people)}

    def people_after(self, person: str, size: int) -> Sequence[str]:
        """Give the next people of whom facts are on record, in the order of their ids."""
        people = FACTS.c.person
        return list(
            self._connection.execute(sa.select(people).where(people > person).order_by(people).limit(size)).scalars()
        )

    def count(self) -> int:
        """Count the people of whom facts are on record."""
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(FACTS)).scalar_one())

    def save(self, facts: Sequence[PersonFacts]) -> None:
        """Keep new and newer ones; what another process has made newer meanwhile stays."""
        rows = [_row(of_person) for of_person in sorted(facts, key=lambda of_person: of_person.person)]
        upsert(self._connection, FACTS, rows, ["person"], never_older="as_of_date")


def _row(facts: PersonFacts) -> dict[str, object]:
    return {
        "person": facts.person,
        "as_of_date": facts.as_of_date.isoformat(),
        "birth_date": day_text(facts.birth_date),
        "retirement_group": facts.retirement_group or "",
        **{name: getattr(facts, name) for name in AMOUNTS},
        "verified": facts.verified,
        "more": json.dumps(dict(facts.more), separators=(",", ":")),
    }


def _facts(row: sa.RowMapping) -> PersonFacts:
    return PersonFacts(
        person=row["person"],
        as_of_date=date.fromisoformat(row["as_of_date"]),
        birth_date=day_or_none(row["birth_date"]),
        retirement_group=RetirementGroup(row["retirement_group"]) if row["retirement_group"] else None,
        **{name: row[name] for name in AMOUNTS},
        more=tuple(json.loads(row["more"]).items()),
        verified=row["verified"],
    )
