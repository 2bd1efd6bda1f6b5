"""The time, as something that is handed in."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Gives the present moment with time zone UTC."""

BUREAU_ZONE = ZoneInfo("Asia/Shanghai")
"""Where the bureau's days begin: a draw at 00:30 on 1 March in Qingdao is a draw of March, though UTC says February."""


def system_clock() -> datetime:
    """Read the machine's clock."""
    return datetime.now(UTC)


def bureau_date(moment: datetime) -> date:
    """Give the calendar day of a moment at the bureau."""
    return moment.astimezone(BUREAU_ZONE).date()
