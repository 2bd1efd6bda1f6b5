"""Draws as eligibility tells of them, some of them improper, to measure the streaming rules with."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from services.common.cloud_event import Event
from services.fund_audit.detectors.history import Draw
from services.fund_audit.domain import DrawKind, Scheme
from tests.integration.fund_audit.event_streams import certification_changed, draw_recorded

_FIRST_MONTH = 2020 * 12
_FAULTS_EVERY = 100
"""One in so many people is paid by another region too, which opens or amends a case."""


def certifications(people: int) -> list[Event]:
    """Certify everybody: otherwise each draw would be a finding."""
    return [
        certification_changed(f"p{number}", 1, "CERTIFIED", "2019-01-01", f"certified-{number}")
        for number in range(people)
    ]


def month_of_draws(people: int, month: int) -> list[Event]:
    """Pay everybody once, and one in a hundred twice."""
    events: list[Event] = []
    for number in range(people):
        draw = _draw(number, month)
        events.append(draw_recorded(draw))
        if number % _FAULTS_EVERY == 0:
            events.append(draw_recorded(_twin(draw)))
    return events


def ticks(people: int, month: int, size: int) -> Iterator[tuple[str, list[Event]]]:
    """Give one piece of a steady stream after the other, with the person in it who is paid twice."""
    number = 0
    while True:
        events = []
        for _ in range(size - 1):
            draw = _draw(number % people, month + number // people)
            events.append(draw_recorded(draw))
            number += 1
        events.append(draw_recorded(_twin(draw)))
        yield draw.person, events


def _draw(number: int, month: int) -> Draw:
    name = f"{number}-{month}"
    return Draw(
        id=f"draw-{name}",
        event_id=f"drawn-{name}",
        origin="",
        reference=name,
        person=f"p{number}",
        entitlement_reference=f"E{number}",
        scheme=Scheme.EMPLOYEE_PENSION,
        pooling_region="370200",
        benefit_month=_FIRST_MONTH + month,
        pay_date=date(2020 + month // 12, month % 12 + 1, 15),
        kind=DrawKind.REGULAR,
        amount_fen=350_000,
        account=f"account-{number}",
    )


def _twin(draw: Draw) -> Draw:
    return replace(
        draw,
        id=f"{draw.id}-twin",
        event_id=f"{draw.event_id}-twin",
        origin="ZIBO",
        reference=f"{draw.reference}-twin",
        pooling_region="370300",
    )
