"""Certifications and the notices of their warnings."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date, datetime

import sqlalchemy as sa

from services.common.cloud_event import in_utc
from services.common.database import upsert
from services.common.filter_sql import condition
from services.common.filtering import Filter
from services.common.turns import take_turn
from services.eligibility.certification import Assessment, Certification, CertificationState, Period
from services.eligibility.evidence import EvidenceKind
from services.eligibility.life_event import LifeEvent, LifeEventKind
from services.eligibility.no_touch import Year
from services.eligibility.notice import Infirmity, Notice, NoticeChannel, NoticeDelivery
from services.eligibility.store.names import NameTable, of_each
from services.eligibility.store.no_touch import years
from services.eligibility.store.rows import GRANTING, day_or_none, day_text, locked_in, read_periods, rows_in
from services.eligibility.store.tables.certification import CERTIFICATION, NOTICE

_COLUMNS = CERTIFICATION.c
_FIELDS = {name: _COLUMNS[name] for name in ("state", "valid_to", "method", "division")}
_CONVICTED = "CONVICTED"
_COUNT = sa.select(sa.func.count()).select_from(CERTIFICATION)


class CertificationTable:
    """Certifications by person."""

    def __init__(self, connection: sa.Connection, now: datetime, names: NameTable) -> None:
        self._connection = connection
        self._names = names
        self._now = now

    def of(self, people: Collection[str]) -> Mapping[str, Certification]:
        """Give those that there are under any name of these people, locked for a change.

        A merge that is being kept has locked them too: after waiting for it, what it joined is locked as well.
        """
        return {row["person"]: _certification(row) for row in self._locked(people)}

    def lock(self, people: Collection[str]) -> None:
        """Lock the same for a change without reading what they say."""
        for _ in self._locked(people):
            pass

    def _locked(self, people: Collection[str]) -> Iterator[sa.RowMapping]:
        seen: Set[str] = set()
        while fresh := self._names.identities(people).names - seen:
            yield from locked_in(self._connection, CERTIFICATION, "person", fresh)
            seen |= fresh

    def get(self, person: str) -> Certification | None:
        """Give the one that a person has under the standing name, else under the one asked for, else under any."""
        identities = self._names.identities([person])
        rows = rows_in(self._connection, CERTIFICATION, "person", identities.names)
        found = {row["person"]: _certification(row) for row in rows}
        order = (identities.person(person), person, *sorted(found))
        return next((found[name] for name in order if name in found), None)

    def known(self, people: Collection[str]) -> Mapping[str, Certification]:
        """Give those that there are under any name of these people, for reading."""
        rows = rows_in(self._connection, CERTIFICATION, "person", self._names.identities(people).names)
        return {row["person"]: _certification(row) for row in rows}

    def lost(self, people: Collection[str]) -> Mapping[str, Certification]:
        """Give that of each of some people of whom a loss is confirmed, under whichever name."""
        identities = self._names.identities(people)
        found: dict[str, list[Certification]] = {}
        for row in rows_in(self._connection, CERTIFICATION, "person", identities.names, _COLUMNS.lost_date != ""):
            found.setdefault(row["person"], []).append(_certification(row))
        return {person: known[0] for person, known in of_each(people, identities, found).items()}

    def living(self, people: Collection[str]) -> Set[str]:
        """Give those of some people who have one under some name of which no loss is confirmed."""
        identities = self._names.identities(people)
        rows = rows_in(self._connection, CERTIFICATION, "person", identities.names, _COLUMNS.lost_date == "")
        found = {identities.person(row["person"]) for row in rows}
        return {person for person in people if identities.person(person) in found}

    def save(self, certifications: Sequence[Certification]) -> None:
        """Keep new and changed ones."""
        rows = [_row(certification, self._now) for certification in certifications]
        upsert(self._connection, CERTIFICATION, rows, ["person"])

    def keep_beginnings_off(self) -> None:
        """Let nobody grant, and so begin a certification, until the transaction ends: who has none now has none."""
        take_turn(self._connection, GRANTING, shared=True)

    def these(self, people: Collection[str]) -> Sequence[Certification]:
        """Give those of exactly these names in their order, locked for a change."""
        return [_certification(row) for row in locked_in(self._connection, CERTIFICATION, "person", people)]

    def count(self) -> int:
        """Count all."""
        return int(self._connection.execute(_COUNT).scalar_one())

    def warned_after(self, person: str, size: int) -> Sequence[Certification]:
        """Give the next ones that are warned, in the order of people's ids."""
        warned = (_COLUMNS.state == CertificationState.WARNING, _COLUMNS.person > person)
        rows = self._connection.execute(sa.select(CERTIFICATION).where(*warned).order_by(_COLUMNS.person).limit(size))
        return [_certification(row) for row in rows.mappings()]

    def page(self, wanted: Filter, size: int, after: str) -> Sequence[Certification]:
        """Give up to `size` in the order of people's ids."""
        statement = sa.select(CERTIFICATION).where(_COLUMNS.person > after, condition(wanted, _FIELDS))
        rows = self._connection.execute(statement.order_by(_COLUMNS.person).limit(size)).mappings()
        return [_certification(row) for row in rows]

    def years(self, after: date, until: date, weak: Collection[EvidenceKind]) -> Iterator[Year]:
        """Give each certification's months after a day until another, as the bureau knew them at their end."""
        return years(self._connection, after, until, weak)

    def notices(self, people: Collection[str]) -> Mapping[str, Sequence[Notice]]:
        """Give the notices of some people, under whichever name they were delivered."""
        identities = self._names.identities(people)
        found: dict[str, list[Notice]] = {}
        for row in rows_in(self._connection, NOTICE, "person", identities.names):
            notice = Notice(
                NoticeChannel(row["channel"]),
                date.fromisoformat(row["delivered_date"]),
                date.fromisoformat(row["counts_from"]),
                NoticeDelivery(row["delivery"]),
                row["proof"],
            )
            found.setdefault(row["person"], []).append(notice)
        return of_each(people, identities, found)

    def add_notices(self, notices: Sequence[tuple[str, Notice]]) -> None:
        """Put notices on record; a delivered one in the place of one that failed that day."""
        rows: list[dict[str, object]] = [
            {
                "person": person,
                "channel": notice.channel,
                "delivered_date": notice.delivered_date.isoformat(),
                "counts_from": notice.counts_from.isoformat(),
                "delivery": notice.delivery,
                "proof": notice.proof,
            }
            for person, notice in notices
        ]
        upsert(self._connection, NOTICE, rows, ["person", "delivered_date", "channel"])


def _row(certification: Certification, now: datetime) -> dict[str, object]:
    known = certification.assessment
    death, seen = known.alarm or (None, None)
    return {
        "person": certification.person,
        "division": certification.division,
        "birth_date": day_text(certification.birth_date),
        "start_date": certification.start_date.isoformat(),
        "state": certification.state,
        "state_since": certification.state_since.isoformat(),
        "valid_to": day_text(known.valid_to),
        "method": certification.method or "",
        "last_kind": known.last_kind or "",
        "last_evidence_date": day_text(known.last_event_date),
        "notice_date": day_text(known.notice_date),
        "assessed_to": known.assessed_to.isoformat(),
        "infirm_since": day_text(certification.infirmity.since if certification.infirmity is not None else None),
        "infirm_until": day_text(certification.infirmity.until if certification.infirmity is not None else None),
        "periods": _periods_text(known.periods),
        "alarm_death_date": day_text(death),
        "alarm_seen_date": day_text(seen),
        "lost_date": day_text(known.lost_on),
        "life_events": _events_text(known.events),
        "event_count": certification.event_count,
        "version": certification.version + 1,
        "update_time": now,
    }


def _certification(row: sa.RowMapping) -> Certification:
    death, seen = day_or_none(row["alarm_death_date"]), day_or_none(row["alarm_seen_date"])
    assessment = Assessment(
        periods=tuple(read_periods(row["periods"])),
        last_kind=EvidenceKind(row["last_kind"]) if row["last_kind"] else None,
        last_event_date=day_or_none(row["last_evidence_date"]),
        valid_to=day_or_none(row["valid_to"]),
        notice_date=day_or_none(row["notice_date"]),
        assessed_to=date.fromisoformat(row["assessed_to"]),
        alarm=(death, seen) if death is not None and seen is not None else None,
        lost_on=day_or_none(row["lost_date"]),
        events=tuple(_read_events(row["life_events"])),
    )
    return Certification(
        person=row["person"],
        division=row["division"],
        birth_date=day_or_none(row["birth_date"]),
        start_date=date.fromisoformat(row["start_date"]),
        assessment=assessment,
        infirmity=_infirmity(day_or_none(row["infirm_since"]), day_or_none(row["infirm_until"])),
        event_count=row["event_count"],
        version=row["version"],
        update_time=in_utc(row["update_time"]),
    )


def _periods_text(periods: Iterable[Period]) -> str:
    return ",".join(f"{period.state} {period.since.isoformat()}" for period in periods)


def _events_text(events: Iterable[LifeEvent]) -> str:
    """Write what happened; of custody that ended in a sentence it says so."""
    return ",".join(
        f"{event.kind} {event.from_date.isoformat()} {day_text(event.to_date)} {_CONVICTED if event.convicted else ''}"
        for event in events
    )


def _read_events(text: str) -> Iterator[LifeEvent]:
    for part in text.split(",") if text else ():
        kind, since, until, convicted = part.split(" ")
        yield LifeEvent(LifeEventKind(kind), date.fromisoformat(since), day_or_none(until), convicted == _CONVICTED)


def _infirmity(since: date | None, until: date | None) -> Infirmity | None:
    return Infirmity(since, until) if since is not None else None
