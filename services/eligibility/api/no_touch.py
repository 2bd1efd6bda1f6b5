"""The no-touch rate as messages of the contract."""

from collections.abc import Sequence

from services.common.errors import InvalidInput
from services.common.months import format_month
from services.common.rpc.requests import enum_number, month_of
from services.eligibility.no_touch import District, Touch, together
from socsec.eligibility.v1 import certification_pb2, certification_service_pb2

_MOST_MONTHS = 12


def months_of(request: certification_service_pb2.GetNoTouchRateRequest, present: int) -> range:
    """Read which months are asked for."""
    first = month_of(request.from_month, "from_month")
    last = month_of(request.to_month, "to_month") if request.to_month else first
    for field, month in (("from_month", first), ("to_month", last)):
        if month > present:
            raise InvalidInput(field, "DATE_IN_FUTURE", f"{field} must not lie in the future.")
    if not first <= last < first + _MOST_MONTHS:
        raise InvalidInput(
            "to_month", "VALUE_OUT_OF_RANGE", f"Ask for 1 to {_MOST_MONTHS} months.", {"min": "1", "max": "12"}
        )
    return range(first, last + 1)


def district_messages(month: int, districts: Sequence[District]) -> list[certification_pb2.NoTouchDistrict]:
    """Write a month's districts, and all of them together."""
    return [_message(month, district) for district in (*districts, together(districts))]


def _message(month: int, district: District) -> certification_pb2.NoTouchDistrict:
    return certification_pb2.NoTouchDistrict(
        division=district.division,
        month=format_month(month),
        obliged_count=district.obliged,
        no_touch_count=district.people.get(Touch.NO_TOUCH, 0),
        no_touch_rate_bp=district.rate_bp,
        obstacles=[
            certification_pb2.NoTouchObstacle(
                obstacle=certification_pb2.Obstacle.ValueType(enum_number(certification_pb2.Obstacle, touch)),
                people_count=district.people[touch],
            )
            for touch in Touch
            if touch is not Touch.NO_TOUCH and district.people.get(touch)
        ],
    )
