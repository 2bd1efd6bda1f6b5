"""Histories of people and accounts out of the rows, set-based: a few statements for a whole batch."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from services.common.aliases import Alias, Identities
from services.fund_audit.detectors.certification import BARRED
from services.fund_audit.detectors.history import (
    OWN,
    AccountHistory,
    CertificationChange,
    Death,
    Draw,
    PersonHistory,
    Representation,
)
from services.fund_audit.domain import CertificationState, DrawKind, Scheme
from services.fund_audit.store.sets import among
from services.fund_audit.store.tables import ALIAS, CERTIFICATION, DEATH, DRAW, REPRESENTATION, SENTENCE

_STANDING = DRAW.c.reversal == ""


class HistoryRows:
    """What other services told, put together as of one person or one account."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def identities(self, names: Set[str]) -> Identities:
        """Tell whom these names mean now, and give all names that merges ever joined with them."""
        aliases: set[Alias] = set()
        seen: set[str] = set()
        fresh = set(names)
        while fresh:
            aliases |= self._aliases_around(fresh)
            seen |= fresh
            fresh = {name for alias in aliases for name in (alias.person, alias.survivor)} - seen
        return Identities(names, aliases)

    def accounts_of(self, people: Set[str]) -> set[str]:
        """Give the accounts that these people draw to, and all whom representatives and merges join with them."""
        pairs, identities = self._joined_with(people)
        joined = identities.names | {name for pair in pairs for name in (pair.person, pair.representative)}
        wanted = sa.select(DRAW.c.account).distinct().where(DRAW.c.account != "")
        return {row.account for row in self._about(wanted, DRAW.c.person, joined)}

    def person_histories(self, identities: Identities) -> Sequence[PersonHistory]:
        """Load the histories of those people about whom any rule could find something.

        Every rule needs one of four things, each found by one statement for all who have one name: two regular draws in
        one month, a death, a certification that bars payment, or an own draw without any certification. Who has several
        names is rare and always loaded.
        """
        people = identities.people()
        single = {person for person, names in people.items() if len(names) == 1}
        suspects = self._twice_in_a_month(single) | self._dead(single) | self._uncertified(single)
        suspects |= people.keys() - single
        names = {name for person in suspects for name in people[person]}
        draws = _grouped(self._draws(DRAW.c.person, names), lambda draw: identities.person(draw.person))
        deaths: defaultdict[str, list[Death]] = defaultdict(list)
        for row in self._about(sa.select(DEATH).where(~DEATH.c.withdrawn), DEATH.c.person, names):
            deaths[identities.person(row.person)].append(Death(row.event_id, date.fromisoformat(row.death_date)))
        sentences: defaultdict[str, list[date]] = defaultdict(list)
        for row in self._about(sa.select(SENTENCE).where(~SENTENCE.c.withdrawn), SENTENCE.c.person, names):
            sentences[identities.person(row.person)].append(date.fromisoformat(row.sentence_date))
        changes: defaultdict[str, list[CertificationChange]] = defaultdict(list)
        for row in self._about(sa.select(CERTIFICATION), CERTIFICATION.c.person, names):
            day, state = date.fromisoformat(row.effective_date), CertificationState(row.state)
            change = CertificationChange(row.event_id, row.sequence, state, day, row.person)
            changes[identities.person(row.person)].append(change)
        return [
            PersonHistory(
                person,
                tuple(draws[person]),
                tuple(deaths[person]),
                tuple(changes[person]),
                identities.aliases(people[person]),
                tuple(sorted(sentences[person])),
            )
            for person in sorted(suspects)
        ]

    def account_histories(self, accounts: Set[str]) -> Sequence[AccountHistory]:
        """Load the histories of those accounts that more than one name draws to, each payee under one name."""
        wanted = (
            sa.select(DRAW.c.account)
            .group_by(DRAW.c.account)
            .having(sa.func.min(DRAW.c.person) != sa.func.max(DRAW.c.person))
        )
        shared = {row.account for row in self._about(wanted, DRAW.c.account, accounts)}
        paid = list(self._draws(DRAW.c.account, shared))
        pairs, identities = self._joined_with({draw.person for draw in paid})
        draws = _grouped(
            (replace(draw, person=identities.person(draw.person)) for draw in paid), lambda draw: draw.account
        )
        standing = {
            Representation(identities.person(pair.person), identities.person(pair.representative)) for pair in pairs
        }
        return [
            AccountHistory(
                account,
                tuple(draws[account]),
                tuple(sorted(_reached(standing, {draw.person for draw in draws[account]}))),
            )
            for account in sorted(shared)
        ]

    def _joined_with(self, people: Set[str]) -> tuple[set[Representation], Identities]:
        """Load every pair that joins these people with anybody, over any number of steps: those between need not draw.

        One statement a step and direction for all of them; a step is a guardian's guardian or another name of one of
        them, so there are few.
        """
        pairs: set[Representation] = set()
        aliases: set[Alias] = set()
        seen: set[str] = set()
        fresh = set(people)
        while fresh:
            for column in (REPRESENTATION.c.person, REPRESENTATION.c.representative):
                found = self._about(sa.select(REPRESENTATION), column, fresh)
                pairs |= {Representation(row.person, row.representative) for row in found}
            aliases |= self._aliases_around(fresh)
            seen |= fresh
            fresh = {name for pair in pairs for name in (pair.person, pair.representative)} - seen
            fresh |= {name for alias in aliases for name in (alias.person, alias.survivor)} - seen
        return pairs, Identities(people, aliases)

    def _aliases_around(self, names: Set[str]) -> set[Alias]:
        """Load the merges of these names, of either side, undone ones included."""
        wanted = sa.union_all(  # two look-ups by index, where an OR would read all
            *(sa.select(ALIAS).where(among(self._connection, c, names)) for c in (ALIAS.c.person, ALIAS.c.survivor))
        )
        return {Alias(row.person, row.survivor, row.event_id, row.stands) for row in self._connection.execute(wanted)}

    def _twice_in_a_month(self, people: Set[str]) -> set[str]:
        regular = sa.select(DRAW.c.person).where(DRAW.c.kind == DrawKind.REGULAR, _STANDING)
        wanted = regular.group_by(DRAW.c.person).having(
            sa.func.count() > sa.func.count(sa.distinct(DRAW.c.benefit_month))
        )
        return {row.person for row in self._about(wanted, DRAW.c.person, people)}

    def _dead(self, people: Set[str]) -> set[str]:
        wanted = sa.select(DEATH.c.person).where(~DEATH.c.withdrawn)
        return {row.person for row in self._about(wanted, DEATH.c.person, people)}

    def _uncertified(self, people: Set[str]) -> set[str]:
        barred = sa.func.max(sa.case((CERTIFICATION.c.state.in_(sorted(BARRED)), 1), else_=0)).label("barred")
        wanted = sa.select(CERTIFICATION.c.person, barred).group_by(CERTIFICATION.c.person)
        found = {row.person: row.barred for row in self._about(wanted, CERTIFICATION.c.person, people)}
        own = sa.select(DRAW.c.person).distinct().where(DRAW.c.origin == OWN)
        never = {row.person for row in self._about(own, DRAW.c.person, people - found.keys())}
        return never | {person for person, is_barred in found.items() if is_barred}

    def _draws(self, column: "sa.Column[str]", keys: Set[str]) -> Iterator[Draw]:
        return (_draw_of(row) for row in self._about(sa.select(DRAW), column, keys))

    def _about(
        self, wanted: sa.Select[tuple[object, ...]], column: "sa.Column[str]", keys: Set[str]
    ) -> Iterator[sa.Row[tuple[object, ...]]]:
        if keys:
            yield from self._connection.execute(wanted.where(among(self._connection, column, keys)))


def _draw_of(row: "sa.Row[tuple[object, ...]]") -> Draw:
    return Draw(
        row.id,
        row.event_id,
        row.origin,
        row.reference,
        row.person,
        row.entitlement_reference,
        Scheme(row.scheme),
        row.pooling_region,
        row.benefit_month,
        date.fromisoformat(row.pay_date),
        DrawKind(row.kind),
        row.amount_fen,
        row.account,
        row.reversal,
    )


def _grouped(draws: Iterable[Draw], key: Callable[[Draw], str]) -> defaultdict[str, list[Draw]]:
    groups: defaultdict[str, list[Draw]] = defaultdict(list)
    for draw in draws:
        groups[key(draw)].append(draw)
    return groups


def _reached(pairs: Set[Representation], people: Set[str]) -> set[Representation]:
    """Give the pairs that join some people with anybody."""
    of_person: defaultdict[str, list[Representation]] = defaultdict(list)
    for pair in pairs:
        of_person[pair.person].append(pair)
        of_person[pair.representative].append(pair)
    reached: set[Representation] = set()
    waiting = list(people)
    while waiting:
        for pair in of_person.pop(waiting.pop(), ()):
            reached.add(pair)
            waiting += (pair.person, pair.representative)
    return reached
