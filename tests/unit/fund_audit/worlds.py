"""Small worlds of facts for the detectors' tests, and three ways to judge one: ours, by brute force, and in SQL."""

import itertools
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from hypothesis import strategies as st

from services.common.aliases import Alias, Identities
from services.fund_audit.detectors.history import (
    AccountHistory,
    CertificationChange,
    Death,
    Draw,
    PersonHistory,
    Representation,
)
from services.fund_audit.detectors.registry import examine_account, examine_person
from services.fund_audit.domain import CertificationState, DrawKind, Finding, Scheme

PEOPLE = ("anna", "bo", "chen", "dong")
ACCOUNTS = ("acct1", "acct2")
JANUARY = 2026 * 12


class PersonDeath(NamedTuple):
    person: str
    death: Death


class PersonCertification(NamedTuple):
    person: str
    change: CertificationChange


@dataclass(frozen=True)
class World:
    draws: tuple[Draw, ...] = ()
    deaths: tuple[PersonDeath, ...] = ()
    certifications: tuple[PersonCertification, ...] = ()
    representations: tuple[Representation, ...] = ()
    aliases: tuple[Alias, ...] = ()
    """The merges that stand."""


Verdict = tuple[str, str, int, frozenset[str], int]
"""Rule, subject, month, draws concerned, fen at risk."""


def make_draw(number: int = 1, **fields: object) -> Draw:
    draw = Draw(
        id=f"id{number}",
        event_id=f"draw{number}",
        origin="",
        reference=f"ref{number}",
        person="anna",
        entitlement_reference="E1",
        scheme=Scheme.EMPLOYEE_PENSION,
        pooling_region="370200",
        benefit_month=JANUARY,
        pay_date=date(2026, 1, 15),
        kind=DrawKind.REGULAR,
        amount_fen=3000_00,
        account="",
    )
    return replace(draw, **fields)  # type: ignore[arg-type]  # each test names fields of Draw


def certified(day: date = date(2025, 1, 1), person: str = "anna") -> PersonCertification:
    return PersonCertification(person, CertificationChange(f"cert-{person}", 1, CertificationState.CERTIFIED, day))


def examine(world: World) -> list[Finding]:
    """Run our detectors on every person and account of a world."""
    findings: list[Finding] = []
    identities = Identities({draw.person for draw in world.draws}, world.aliases)
    for person, names in identities.people().items():
        draws = tuple(draw for draw in world.draws if draw.person in names)
        deaths = tuple(fact.death for fact in world.deaths if fact.person in names)
        changes = tuple(replace(fact.change, name=fact.person) for fact in world.certifications if fact.person in names)
        findings += examine_person(PersonHistory(person, draws, deaths, changes, identities.aliases(names)))
    one = as_one(world)
    for account in {draw.account for draw in one.draws} - {""}:
        draws = tuple(draw for draw in one.draws if draw.account == account)
        findings += examine_account(AccountHistory(account, draws, one.representations))
    return sorted(findings, key=lambda finding: (finding.rule, finding.subject.key))


def as_one(world: World) -> World:
    """Give the world as if everybody had only ever had the name that stands for them now."""
    standing = {alias.person: alias.survivor for alias in world.aliases}

    def of(name: str) -> str:
        return standing.get(name, name)

    return replace(
        world,
        draws=tuple(replace(draw, person=of(draw.person)) for draw in world.draws),
        deaths=tuple(fact._replace(person=of(fact.person)) for fact in world.deaths),
        certifications=tuple(fact._replace(person=of(fact.person)) for fact in world.certifications),
        representations=tuple(Representation(of(p.person), of(p.representative)) for p in world.representations),
        aliases=(),
    )


def verdicts(findings: Iterable[Finding]) -> set[Verdict]:
    """Give findings in the form in which all three judges agree: by month, draws only."""
    draws: defaultdict[tuple[str, str, int], set[str]] = defaultdict(set)
    amounts: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    for finding in findings:
        for line in finding.lines:
            key = (finding.rule, finding.subject.key, line.month)
            draws[key].update(event for event in line.evidence if event.startswith("draw"))
            amounts[key] += line.amount_fen
    return {(*key, frozenset(events), amounts[key]) for key, events in draws.items()}


draws = st.builds(
    make_draw,
    origin=st.sampled_from(("", "agency/370282")),
    person=st.sampled_from(PEOPLE[:3]),
    entitlement_reference=st.sampled_from(("E1", "E2")),
    scheme=st.sampled_from(Scheme),
    pooling_region=st.sampled_from(("370200", "370282")),
    benefit_month=st.integers(JANUARY, JANUARY + 4),
    pay_date=st.dates(date(2026, 1, 1), date(2026, 6, 30)),
    kind=st.sampled_from((DrawKind.REGULAR, DrawKind.REGULAR, DrawKind.BACK_PAY, DrawKind.LUMP_SUM)),
    amount_fen=st.integers(1, 9),
    account=st.sampled_from(("", *ACCOUNTS)),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Make a world of up to 14 draws by three people, with everything that can happen around them."""
    paid = draw(st.lists(draws, max_size=14))
    paid = [replace(one, id=f"id{n:02}", event_id=f"draw{n:02}", reference=f"ref{n:02}") for n, one in enumerate(paid)]
    came_back = draw(st.sets(st.integers(0, 13), max_size=3))
    days = st.dates(date(2025, 12, 1), date(2026, 5, 31))
    deaths = draw(st.lists(st.tuples(st.sampled_from(PEOPLE[:3]), days), max_size=2))
    states = draw(
        st.lists(st.tuples(st.sampled_from(PEOPLE[:3]), st.sampled_from(CertificationState), days), max_size=5)
    )
    pairs = list(itertools.permutations(PEOPLE, 2))
    return World(
        tuple(replace(one, reversal="rev") if n in came_back else one for n, one in enumerate(paid)),
        tuple(PersonDeath(person, Death(f"death{n}", day)) for n, (person, day) in enumerate(deaths)),
        tuple(
            PersonCertification(person, CertificationChange(f"cert{n}", n, state, day))
            for n, (person, state, day) in enumerate(states)
        ),
        tuple(Representation(*pair) for pair in draw(st.lists(st.sampled_from(pairs), max_size=2))),
    )


@dataclass(frozen=True)
class Told:
    """One event of a record in the vault: it was merged into another one, or (no survivor) parted again."""

    person: str
    survivor: str
    event_id: str


class MergeStory(NamedTuple):
    """What the vault told of merges, and which of them stand in the end."""

    told: tuple[Told, ...]
    standing: tuple[Alias, ...]


@st.composite
def merge_stories(draw: st.DrawFn) -> MergeStory:
    """Merge and part records as the vault does, and give what it tells and what stands in the end.

    Who had been merged into a merged record follows it to the new survivor, and back when that merge is undone.
    """
    told: list[Told] = []
    into: dict[str, Told] = {}
    merges: list[tuple[str, str, tuple[str, ...]]] = []

    def point(person: str, survivor: str) -> None:
        told.append(Told(person, survivor, f"merge{len(told)}"))
        into.pop(person, None)
        if survivor:
            into[person] = told[-1]

    for undo, person, survivor in draw(
        st.lists(st.tuples(st.booleans(), st.sampled_from(PEOPLE[:3]), st.sampled_from(PEOPLE)), max_size=6)
    ):
        undoable = [merge for merge in merges if merge[0] == person and merge[1] not in into]
        if undo and undoable:
            merges.remove(undoable[-1])
            point(person, "")
            for follower in undoable[-1][2]:
                point(follower, person)
        elif person != survivor and person not in into and survivor not in into:
            followers = tuple(name for name, last in into.items() if last.survivor == person)
            merges.append((person, survivor, followers))
            for moving in (person, *followers):
                point(moving, survivor)
    standing = tuple(Alias(last.person, last.survivor, last.event_id) for last in into.values())
    return MergeStory(tuple(told), standing)


ORACLE = """
WITH RECURSIVE
standing AS (SELECT * FROM draw WHERE id NOT IN (SELECT id FROM reversal)),
regular AS (SELECT * FROM standing WHERE kind = 'REGULAR'),
died AS (SELECT person, min(month) AS month FROM death GROUP BY person),
span AS (SELECT person, scheme, min(month) AS first, max(month) AS last FROM regular GROUP BY person, scheme),
overlap AS (
    SELECT DISTINCT a.person, a.scheme AS one, b.scheme AS other, a.month
    FROM regular a JOIN regular b ON a.person = b.person AND a.month = b.month AND a.scheme <> b.scheme
    JOIN span x ON x.person = a.person AND x.scheme = a.scheme
    JOIN span y ON y.person = b.person AND y.scheme = b.scheme
    WHERE a.scheme LIKE '%PENSION' AND b.scheme LIKE '%PENSION'
      AND NOT (x.first < y.first AND y.first = x.last AND a.month = y.first)
      AND NOT (y.first < x.first AND x.first = y.last AND a.month = x.first)),
standing_certification AS (
    SELECT d.event_id, (SELECT c.state FROM certification c WHERE c.person = d.person AND c.day <= d.pay_date
        ORDER BY c.sequence DESC LIMIT 1) AS state FROM standing d),
joined(a, b) AS (
    SELECT person, person FROM standing
    UNION SELECT person, representative FROM representation
    UNION SELECT representative, person FROM representation
    UNION SELECT j.a, r.b FROM joined j JOIN
        (SELECT person AS a, representative AS b FROM representation
         UNION SELECT representative, person FROM representation) r ON r.a = j.b),
party AS (SELECT person, account,
    (SELECT min(b) FROM joined WHERE a = person) AS party, event_id, month, amount
    FROM standing WHERE account <> ''),
ranked AS (SELECT account, party, row_number() OVER
    (PARTITION BY account ORDER BY count(*) DESC, sum(amount) DESC, min(person)) AS place
    FROM party GROUP BY account, party)
SELECT 'R-01', d.person, d.month, d.event_id, d.amount FROM standing d JOIN died USING (person)
    WHERE d.month > died.month AND kind <> 'LUMP_SUM'
UNION ALL
SELECT 'R-04', person, month, event_id, CASE WHEN row_number() OVER
    (PARTITION BY person, scheme, month ORDER BY amount DESC, event_id) = 1 THEN 0 ELSE amount END
    FROM regular r WHERE (SELECT count(DISTINCT region) FROM regular s
        WHERE s.person = r.person AND s.scheme = r.scheme AND s.month = r.month) > 1
UNION ALL
SELECT DISTINCT 'R-05', r.person, r.month, r.event_id, CASE WHEN scheme = 'RESIDENT_PENSION' THEN amount ELSE 0 END
    FROM regular r JOIN overlap o ON o.person = r.person AND o.month = r.month AND r.scheme IN (o.one, o.other)
    WHERE 'RESIDENT_PENSION' IN (o.one, o.other)
UNION ALL
SELECT 'R-06', person, month, event_id, CASE WHEN row_number() OVER
    (PARTITION BY person, month ORDER BY amount DESC, event_id) = 1 THEN 0 ELSE amount END
    FROM regular r WHERE scheme IN ('EMPLOYEE_PENSION', 'PUBLIC_PENSION') AND EXISTS (SELECT 1 FROM overlap o
        WHERE o.person = r.person AND o.month = r.month
          AND o.one = 'EMPLOYEE_PENSION' AND o.other = 'PUBLIC_PENSION')
UNION ALL
SELECT 'R-18', p.account, p.month, p.event_id, CASE WHEN place = 1 THEN 0 ELSE amount END
    FROM party p JOIN ranked USING (account, party)
    WHERE account IN (SELECT account FROM ranked WHERE place = 2)
UNION ALL
SELECT 'R-29', d.person, d.month, d.event_id, d.amount FROM standing d JOIN standing_certification c USING (event_id)
    WHERE d.kind <> 'LUMP_SUM' AND (c.state = 'SUSPENDED'
        OR (c.state = 'LOST' AND NOT (d.origin = '' AND d.month <= coalesce((SELECT month FROM died
            WHERE died.person = d.person), -1)))
        OR (d.origin = '' AND d.person NOT IN (SELECT person FROM certification)))
UNION ALL
SELECT 'R-34', person, month, event_id, CASE WHEN row_number() OVER
    (PARTITION BY person, scheme, region, entitlement, month ORDER BY pay_date, origin, reference) = 1
    THEN 0 ELSE amount END
    FROM regular r WHERE (SELECT count(*) FROM regular s WHERE s.person = r.person AND s.scheme = r.scheme
        AND s.region = r.region AND s.entitlement = r.entitlement AND s.month = r.month) > 1
"""


def judged_in_sql(world: World) -> set[Verdict]:
    """Judge a world by one query on SQLite."""
    database = sqlite3.connect(":memory:")
    database.executescript(
        """
        CREATE TABLE draw(id, event_id, origin, reference, person, entitlement, scheme, region, month, pay_date, kind,
            amount, account);
        CREATE TABLE reversal(id); CREATE TABLE death(person, month);
        CREATE TABLE certification(person, sequence, state, day); CREATE TABLE representation(person, representative);
        """
    )
    database.executemany(
        f"INSERT INTO draw VALUES ({','.join('?' * 13)})",
        [
            (
                *(
                    d.id,
                    d.event_id,
                    d.origin,
                    d.reference,
                    d.person,
                    d.entitlement_reference,
                    d.scheme,
                    d.pooling_region,
                ),
                *(d.benefit_month, d.pay_date.isoformat(), d.kind, d.amount_fen, d.account),
            )
            for d in world.draws
        ],
    )
    database.executemany("INSERT INTO reversal VALUES (?)", [(d.id,) for d in world.draws if d.reversal])
    database.executemany(
        "INSERT INTO death VALUES (?, ?)",
        [(p, d.death_date.year * 12 + d.death_date.month - 1) for p, d in world.deaths],
    )
    database.executemany(
        "INSERT INTO certification VALUES (?, ?, ?, ?)",
        [(p, c.sequence, c.state, c.effective_date.isoformat()) for p, c in world.certifications],
    )
    database.executemany(
        "INSERT INTO representation VALUES (?, ?)", [(r.person, r.representative) for r in world.representations]
    )
    events: defaultdict[tuple[str, str, int], set[str]] = defaultdict(set)
    amounts: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    for rule, subject, month, event, amount in database.execute(ORACLE):
        events[rule, subject, month].add(event)
        amounts[rule, subject, month] += amount
    return {(*key, frozenset(found), amounts[key]) for key, found in events.items()}
