"""Columns between a sweep and its store: the records that it looks at, and what becomes of them; pure."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date

from services.eligibility.certification import CertificationState


@dataclass(frozen=True, slots=True)
class NoticeRows:
    """Delivered notices of a slice's people who are warned; days are ISO texts."""

    person: Sequence[str]
    channel: Sequence[str]
    delivered: Sequence[str]
    counts_from: Sequence[str]


@dataclass(frozen=True, slots=True)
class Slice:
    """Records of certifications in the order of people's ids, as they stood at one time; days are ISO texts."""

    person: Sequence[str]
    division: Sequence[str]
    state: Sequence[str]
    valid_to: Sequence[str]
    birth_date: Sequence[str]
    assessed_to: Sequence[str]
    infirm_since: Sequence[str]
    infirm_until: Sequence[str]
    method: Sequence[str]
    lost_date: Sequence[str]
    event_count: Sequence[int]
    version: Sequence[int]
    notices: NoticeRows
    merged: Collection[str]
    """People of these who have several names."""

    def behind(self, person: str) -> "Slice":
        """Give the rest of it, behind a person."""
        return self._part(
            slice(bisect_right(self.person, person), None),
            slice(bisect_right(self.notices.person, person), None),
            [one for one in self.merged if one > person],
        )

    def until(self, person: str) -> "Slice":
        """Give its first people, up to a person."""
        return self._part(
            slice(bisect_right(self.person, person)),
            slice(bisect_right(self.notices.person, person)),
            [one for one in self.merged if one <= person],
        )

    def _part(self, people: slice, notices: slice, merged: Collection[str]) -> "Slice":
        columns = (field.name for field in fields(self) if field.name not in ("notices", "merged"))
        return Slice(
            **{name: getattr(self, name)[people] for name in columns},
            notices=NoticeRows(*(getattr(self.notices, field.name)[notices] for field in fields(self.notices))),
            merged=merged,
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """People who enter states on the day of a sweep, as columns: each is a `CertificationChanged` to be told."""

    day: date
    person: Sequence[str]
    division: Sequence[str]
    sequence: Sequence[int]
    """Of the event."""
    state: Sequence[CertificationState]
    valid_to: Sequence[str]
    """Last day that is covered, as an ISO text; empty for none."""
