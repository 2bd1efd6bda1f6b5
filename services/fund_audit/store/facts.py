"""Facts as rows, and the histories that are made of them, set-based: a few statements for a whole batch."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date

import sqlalchemy as sa

from services.common.database import insert_ignore, upsert
from services.common.months import format_month
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
from services.fund_audit.service.model import DeathReported, DeathWithdrawn, EvidenceNote, Facts
from services.fund_audit.store.sets import among, plan_afresh
from services.fund_audit.store.tables import CERTIFICATION, DEATH, DRAW, REPRESENTATION

_STANDING = DRAW.c.reversal == ""


class FactRows:
    """What other services told."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def record(self, facts: Facts) -> None:
        """Keep facts; known ones change nothing."""
        plan_afresh(self._connection)
        insert_ignore(self._connection, DRAW, [_draw_row(draw) for draw in facts.draws])
        if facts.reversals:
            self._connection.execute(
                DRAW.update()
                .where(DRAW.c.person == sa.bindparam("of_person"), DRAW.c.id == sa.bindparam("of_draw"))
                .values(reversal=sa.bindparam("by_event")),
                [{"of_person": one.person, "of_draw": one.draw, "by_event": one.event_id} for one in facts.reversals],
            )
        for death in facts.deaths:  # few, and their order counts
            self._record_death(death)
        insert_ignore(
            self._connection,
            CERTIFICATION,
            [
                {
                    "person": one.person,
                    "sequence": one.change.sequence,
                    "event_id": one.change.event_id,
                    "state": one.change.state,
                    "effective_date": one.change.effective_date.isoformat(),
                }
                for one in facts.certifications
            ],
        )
        insert_ignore(
            self._connection,
            REPRESENTATION,
            [{"person": one.person, "representative": one.representative} for one in facts.representations],
        )

    def _record_death(self, death: DeathReported | DeathWithdrawn) -> None:
        if isinstance(death, DeathReported):
            row: dict[str, object] = {"person": death.person, "evidence": death.evidence, "event_id": death.event_id}
            row |= {"death_date": death.death_date.isoformat(), "withdrawn": False}
            upsert(self._connection, DEATH, [row], ("person", "evidence"))
        else:
            self._connection.execute(
                DEATH.update()
                .where(DEATH.c.person == death.person, DEATH.c.evidence == death.evidence)
                .values(withdrawn=True)
            )

    def accounts_of(self, people: Set[str]) -> set[str]:
        """Give the accounts that these people draw to, and all whom representatives join with them."""
        joined = people | {name for pair in self._pairs_around(people) for name in (pair.person, pair.representative)}
        wanted = sa.select(DRAW.c.account).distinct().where(DRAW.c.account != "")
        return {row.account for row in self._about(wanted, DRAW.c.person, joined)}

    def person_histories(self, people: Set[str]) -> Sequence[PersonHistory]:
        """Load the histories of those people about whom any rule could find something.

        Every rule needs one of four things, each found by one statement for the whole batch: two regular draws in one
        month, a death, a certification that bars payment, or an own draw without any certification.
        """
        suspects = self._twice_in_a_month(people) | self._dead(people) | self._uncertified(people)
        draws = _grouped(self._draws(DRAW.c.person, suspects), lambda draw: draw.person)
        deaths: defaultdict[str, list[Death]] = defaultdict(list)
        for row in self._about(sa.select(DEATH).where(~DEATH.c.withdrawn), DEATH.c.person, suspects):
            deaths[row.person].append(Death(row.event_id, date.fromisoformat(row.death_date)))
        changes: defaultdict[str, list[CertificationChange]] = defaultdict(list)
        for row in self._about(sa.select(CERTIFICATION), CERTIFICATION.c.person, suspects):
            day, state = date.fromisoformat(row.effective_date), CertificationState(row.state)
            changes[row.person].append(CertificationChange(row.event_id, row.sequence, state, day))
        return [
            PersonHistory(person, tuple(draws[person]), tuple(deaths[person]), tuple(changes[person]))
            for person in sorted(suspects)
        ]

    def account_histories(self, accounts: Set[str]) -> Sequence[AccountHistory]:
        """Load the histories of those accounts that more than one person draws to."""
        wanted = (
            sa.select(DRAW.c.account)
            .group_by(DRAW.c.account)
            .having(sa.func.min(DRAW.c.person) != sa.func.max(DRAW.c.person))
        )
        shared = {row.account for row in self._about(wanted, DRAW.c.account, accounts)}
        draws = _grouped(self._draws(DRAW.c.account, shared), lambda draw: draw.account)
        pairs = self._pairs_around({draw.person for some in draws.values() for draw in some})
        return [
            AccountHistory(
                account, tuple(draws[account]), tuple(sorted(_reached(pairs, {draw.person for draw in draws[account]})))
            )
            for account in sorted(shared)
        ]

    def _pairs_around(self, people: Set[str]) -> set[Representation]:
        """Load every pair that joins these people with anybody, over any number of steps: those between need not draw.

        One statement a step and direction for all of them; a step is a guardian's guardian, so there are few.
        """
        pairs: set[Representation] = set()
        seen: set[str] = set()
        fresh = set(people)
        while fresh:
            for column in (REPRESENTATION.c.person, REPRESENTATION.c.representative):
                found = self._about(sa.select(REPRESENTATION), column, fresh)
                pairs |= {Representation(row.person, row.representative) for row in found}
            seen |= fresh
            fresh = {name for pair in pairs for name in (pair.person, pair.representative)} - seen
        return pairs

    def evidence(self, people: Set[str], event_ids: Set[str]) -> Mapping[str, EvidenceNote]:
        """Describe events about these people."""
        notes = [_note_of_draw(draw) for draw in self._draws(DRAW.c.person, people)]
        notes += [
            EvidenceNote(
                row.event_id,
                "socsec.eligibility.v1.NegativeEvidenceReceived",
                f"people/{row.person}",
                f"Death on {row.death_date} reported by {row.evidence.partition('/')[0]}",
            )
            for row in self._about(sa.select(DEATH), DEATH.c.person, people)
        ]
        notes += [
            EvidenceNote(
                row.event_id,
                "socsec.eligibility.v1.CertificationChanged",
                f"certifications/{row.person}",
                f"Certification {row.state} from {row.effective_date} on",
            )
            for row in self._about(sa.select(CERTIFICATION), CERTIFICATION.c.person, people)
        ]
        return {note.event_id: note for note in notes if note.event_id in event_ids}

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


def _draw_row(draw: Draw) -> dict[str, object]:
    return {
        "person": draw.person,
        "id": draw.id,
        "event_id": draw.event_id,
        "origin": draw.origin,
        "reference": draw.reference,
        "entitlement_reference": draw.entitlement_reference,
        "scheme": draw.scheme,
        "pooling_region": draw.pooling_region,
        "benefit_month": draw.benefit_month,
        "pay_date": draw.pay_date.isoformat(),
        "kind": draw.kind,
        "amount_fen": draw.amount_fen,
        "account": draw.account,
        "reversal": draw.reversal,
    }


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


def _note_of_draw(draw: Draw) -> EvidenceNote:
    payer = draw.origin or "this bureau"
    return EvidenceNote(
        draw.event_id,
        "socsec.eligibility.v1.DrawRecorded",
        f"draws/{draw.id}",
        f"{draw.kind} draw for {format_month(draw.benefit_month)} from {draw.scheme} in {draw.pooling_region}, "
        f"{draw.amount_fen} fen, paid {draw.pay_date.isoformat()} by {payer}" + (", reversed" if draw.reversal else ""),
    )


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
