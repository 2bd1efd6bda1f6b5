"""Cards as rows of their table."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.card.calendar import Deadline
from services.card.domain import Card
from services.card.status import (
    BankFunction,
    CancelReason,
    CardProgress,
    CardStatus,
    SuccessionReason,
    TemporaryCardState,
)
from services.card.temporary_card import TemporaryCard
from services.common.cloud_event import in_utc

NAMES = (
    "card",
    "person",
    "live_person",
    "issuing_division",
    "service_bank_code",
    "progress",
    "status",
    "former_status",
    "card_no",
    "identification_code",
    "masked_account",
    "issue_date",
    "expire_date",
    "loss_lapse_time",
    "replaces",
    "succession_reason",
    "cancel_reason",
    "bank_function",
    "making_due_date",
    "is_making_due_certain",
    "making_timer_date",
    "is_making_overdue",
    "renewal_notice_date",
    "temporary_issue_date",
    "temporary_expire_date",
    "temporary_timer_date",
    "temporary_state",
    "create_time",
    "update_time",
    "version",
)
"""Columns that hold a card, all but its sealed account."""


def to_row(card: Card) -> dict[str, object]:
    """Write a card, without its sealed account."""
    return dict(zip(NAMES, values_of(card), strict=True))


def values_of(card: Card) -> tuple[object, ...]:
    """Write a card as values in the order of NAMES."""
    temporary = card.temporary
    due = _text(card.making_due.day) if card.making_due else None
    is_waiting = card.status is None and not card.is_making_overdue
    is_bridged = temporary is not None and temporary.state is TemporaryCardState.VALID
    return (
        card.card,
        card.person,
        card.person if card.status is not CardStatus.CANCELLED else None,
        card.issuing_division,
        card.service_bank_code,
        card.progress,
        card.status or "",
        card.former_status or "",
        card.card_no or None,
        card.identification_code or None,
        card.masked_account,
        _text(card.issue_date),
        _text(card.expire_date),
        card.loss_lapse_time,
        card.replaces,
        card.succession_reason or "",
        card.cancel_reason or "",
        card.bank_function,
        due,
        card.making_due is None or card.making_due.is_certain,
        due if is_waiting else None,
        card.is_making_overdue,
        _text(card.renewal_notice_date),
        _text(temporary.issue_date) if temporary else None,
        _text(temporary.expire_date) if temporary else None,
        _text(temporary.expire_date) if temporary and is_bridged else None,
        temporary.state if temporary else "",
        card.create_time,
        card.update_time,
        card.version,
    )


def from_row(row: Mapping[str, Any] | sa.RowMapping) -> Card:
    """Read a card."""
    lapse, due = row["loss_lapse_time"], _date(row["making_due_date"])
    return Card(
        card=row["card"],
        person=row["person"],
        issuing_division=row["issuing_division"],
        service_bank_code=row["service_bank_code"],
        progress=CardProgress(row["progress"]),
        status=CardStatus(row["status"]) if row["status"] else None,
        former_status=CardStatus(row["former_status"]) if row["former_status"] else None,
        card_no=row["card_no"] or "",
        identification_code=row["identification_code"] or "",
        masked_account=row["masked_account"],
        issue_date=_date(row["issue_date"]),
        expire_date=_date(row["expire_date"]),
        loss_lapse_time=in_utc(lapse) if lapse else None,
        replaces=row["replaces"],
        succession_reason=SuccessionReason(row["succession_reason"]) if row["succession_reason"] else None,
        cancel_reason=CancelReason(row["cancel_reason"]) if row["cancel_reason"] else None,
        bank_function=BankFunction(row["bank_function"]),
        making_due=Deadline(due, row["is_making_due_certain"]) if due else None,
        is_making_overdue=row["is_making_overdue"],
        renewal_notice_date=_date(row["renewal_notice_date"]),
        temporary=_temporary(row),
        create_time=in_utc(row["create_time"]),
        update_time=in_utc(row["update_time"]),
        version=row["version"],
    )


def _temporary(row: Mapping[str, Any] | sa.RowMapping) -> TemporaryCard | None:
    issued, expires = _date(row["temporary_issue_date"]), _date(row["temporary_expire_date"])
    if issued is None or expires is None:
        return None
    return TemporaryCard(issued, expires, TemporaryCardState(row["temporary_state"]))


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
