"""Notices of a warning, and who is visited instead of written to."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class NoticeChannel(StrEnum):
    """How a notice reached the person."""

    SMS = "SMS"
    PHONE = "PHONE"
    VISIT = "VISIT"


class NoticeDelivery(StrEnum):
    """Whether a notice reached the person."""

    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice delivered to the person; `counts_from` is later than the delivery when it was recorded after a sweep."""

    channel: NoticeChannel
    delivered_date: date
    counts_from: date
    delivery: NoticeDelivery = NoticeDelivery.DELIVERED
    proof: str = ""
    """What shows it: number of a receipt, a call or a visit's record."""


@dataclass(frozen=True, slots=True)
class Infirmity:
    """A time in which a person is visited before a suspension, as the old are; without `until` it lasts."""

    since: date
    until: date | None = None
    """The first day on which it is over; never before the day on which that was recorded."""

    def contains(self, day: date) -> bool:
        """Tell whether it lasts on a day."""
        return self.since <= day and (self.until is None or day < self.until)
