"""Requests of a small city, each valid until a test changes it."""

from itertools import count

from socsec.eligibility.v1 import (
    certification_pb2,
    draw_pb2,
    entitlement_pb2,
    evidence_pb2,
)
from socsec.type.v1 import scheme_pb2

_numbers = count(1)


def grant(person: str, **changed: object) -> entitlement_pb2.EntitlementGrant:
    number = next(_numbers)
    fields: dict[str, object] = {
        "reference": f"A-{number}",
        "person": person,
        "benefit": "employee_pension",
        "scheme": scheme_pb2.SCHEME_EMPLOYEE_PENSION,
        "pooling_region": "370202",
        "start_month": "2025-06",
        "monthly_amount_fen": 312_345,
        "account": f"62220000{number:08d}",
    }
    return entitlement_pb2.EntitlementGrant(**(fields | changed))  # type: ignore[arg-type]  # by name


def evidence(
    person: str, kind: str = "HOSPITAL_STAY", day: str = "2026-06-10", source: str = "HEALTH", **changed: object
) -> evidence_pb2.Evidence:
    fields: dict[str, object] = {
        "reference": f"E-{next(_numbers)}",
        "person": person,
        "kind": f"EVIDENCE_KIND_{kind}",
        "source": f"EVIDENCE_SOURCE_{source}",
        "event_date": day,
        "received_date": day,
    }
    return evidence_pb2.Evidence(**(fields | changed))  # type: ignore[arg-type]  # by name


def draw(person: str, entitlement_reference: str, **changed: object) -> draw_pb2.Draw:
    fields: dict[str, object] = {
        "reference": f"D-{next(_numbers)}",
        "person": person,
        "entitlement_reference": entitlement_reference,
        "scheme": scheme_pb2.SCHEME_EMPLOYEE_PENSION,
        "pooling_region": "370202",
        "benefit_month": "2026-08",
        "pay_date": "2026-08-15",
        "kind": draw_pb2.DRAW_KIND_REGULAR,
        "amount_fen": 312_345,
    }
    return draw_pb2.Draw(**(fields | changed))  # type: ignore[arg-type]  # by name


def notice(person: str, day: str, channel: str = "SMS") -> certification_pb2.Notice:
    number = certification_pb2.NoticeChannel.Value(f"NOTICE_CHANNEL_{channel}")
    return certification_pb2.Notice(person=person, channel=number, delivered_date=day)
