"""What sweeps found, packed by their steps: a list of everybody costs some twenty bytes a person."""

import zlib
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from services.common.database import upsert
from services.eligibility.store.tables.certification import SWEEP_FINDING, SWEEP_TALLY
from services.eligibility.sweep_finding import KINDS, Finding, Findings, Kind, Wanted

_F = SWEEP_FINDING.c
_STEPS = 10
"""Steps that one page looks through: a page may be short, or empty, and still have a next one."""
_FAST = 1


def keep_findings(connection: sa.Connection, sweep: str, last: str, findings: Findings) -> None:
    """Keep what a step found, in the order of people's ids."""
    people, divisions = ",".join(findings.person), ",".join(findings.division)
    row = {
        "sweep": sweep,
        "last_person": last,
        "people": zlib.compress(f"{people}\n{divisions}".encode(), _FAST),
        "kinds": findings.kinds,
    }
    connection.execute(sa.insert(SWEEP_FINDING), [row])


def add_to_tally(connection: sa.Connection, sweep: str, tally: Mapping[tuple[str, Kind], int]) -> None:
    """Count more people; whoever calls holds the sweep's lock."""
    known = tally_of(connection, sweep)
    rows: list[dict[str, object]] = [
        {
            "sweep": sweep,
            "division": division,
            "kind": kind.code,
            "people": people + known.get((division, kind), 0),
        }
        for (division, kind), people in tally.items()
    ]
    upsert(connection, SWEEP_TALLY, rows, ["sweep", "division", "kind"])


def tally_of(connection: sa.Connection, sweep: str) -> Mapping[tuple[str, Kind], int]:
    """Give how many people of each division a sweep found what of."""
    counted = SWEEP_TALLY.c
    found = sa.select(counted.division, counted.kind, counted.people).where(counted.sweep == sweep)
    return {(division, KINDS[kind]): people for division, kind, people in connection.execute(found)}


def delete_findings(connection: sa.Connection, sweep: str, size: int) -> int:
    """Delete up to `size` parts of the lists of a sweep; give how many."""
    some = sa.select(_F.last_person).where(_F.sweep == sweep).order_by(_F.last_person).limit(size)
    parts = connection.execute(some).scalars().all()
    if parts:
        connection.execute(SWEEP_FINDING.delete().where(_F.sweep == sweep, _F.last_person <= parts[-1]))
    return len(parts)


def delete_tally(connection: sa.Connection, sweep: str) -> None:
    """Delete the counts of a sweep."""
    connection.execute(SWEEP_TALLY.delete().where(SWEEP_TALLY.c.sweep == sweep))


def page_of_findings(
    connection: sa.Connection, sweep: str, wanted: Wanted, size: int, after: str
) -> tuple[Sequence[Finding], str | None]:
    """Give up to `size` findings behind a person, and behind whom to go on; None at the end."""
    steps = (
        sa.select(_F.last_person, _F.people, _F.kinds)
        .where(_F.sweep == sweep, _F.last_person > after)
        .order_by(_F.last_person)
        .limit(_STEPS)
    )
    rows = connection.execute(steps).all()
    found: list[Finding] = []
    for last, people, kinds in rows:
        for finding in _unpacked(people, kinds, wanted):
            if finding.person > after:
                found.append(finding)
                if len(found) == size:
                    return found, finding.person
        after = last
    return found, after if len(rows) == _STEPS else None


def _unpacked(people: bytes, kinds: bytes, wanted: Wanted) -> Iterator[Finding]:
    takes = {code: wanted.takes(KINDS[code]) for code in set(kinds)}
    if not any(takes.values()):
        return
    names, divisions = (line.split(",") for line in zlib.decompress(people).decode().split("\n"))
    for person, division, code in zip(names, divisions, kinds, strict=True):
        if takes[code] and wanted.division in ("", division):
            yield Finding(person, division, KINDS[code])
