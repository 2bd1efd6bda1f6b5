"""Cards as rows of their table."""

from collections.abc import Mapping, Sequence
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
    """Write a card as values in the order of NAMES; plain texts, as SQLite's driver is slow to see one in a StrEnum."""
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
        str(card.progress),
        str(card.status or ""),
        str(card.former_status or ""),
        card.card_no or None,
        card.identification_code or None,
        card.masked_account,
        _text(card.issue_date),
        _text(card.expire_date),
        card.loss_lapse_time,
        card.replaces,
        str(card.succession_reason or ""),
        str(card.cancel_reason or ""),
        str(card.bank_function),
        due,
        card.making_due is None or card.making_due.is_certain,
        due if is_waiting else None,
        card.is_making_overdue,
        _text(card.renewal_notice_date),
        _text(temporary.issue_date) if temporary else None,
        _text(temporary.expire_date) if temporary else None,
        _text(temporary.expire_date) if temporary and is_bridged else None,
        str(temporary.state) if temporary else "",
        card.create_time,
        card.update_time,
        card.version,
    )


def from_row(row: Mapping[str, Any] | sa.RowMapping) -> Card:
    """Read a card from values by their names."""
    return card_of([row[name] for name in NAMES])


def card_of(values: Sequence[Any]) -> Card:
    """Read a card from values in the order of NAMES."""
    (
        card,
        person,
        _live_person,
        issuing_division,
        service_bank_code,
        progress,
        status,
        former_status,
        card_no,
        identification_code,
        masked_account,
        issue_date,
        expire_date,
        loss_lapse_time,
        replaces,
        succession_reason,
        cancel_reason,
        bank_function,
        making_due_date,
        is_making_due_certain,
        _making_timer_date,
        is_making_overdue,
        renewal_notice_date,
        temporary_issue_date,
        temporary_expire_date,
        _temporary_timer_date,
        temporary_state,
        create_time,
        update_time,
        version,
    ) = values
    due, issued, expires = _date(making_due_date), _date(temporary_issue_date), _date(temporary_expire_date)
    return Card(
        card=card,
        person=person,
        issuing_division=issuing_division,
        service_bank_code=service_bank_code,
        progress=CardProgress(progress),
        status=CardStatus(status) if status else None,
        former_status=CardStatus(former_status) if former_status else None,
        card_no=card_no or "",
        identification_code=identification_code or "",
        masked_account=masked_account,
        issue_date=_date(issue_date),
        expire_date=_date(expire_date),
        loss_lapse_time=in_utc(loss_lapse_time) if loss_lapse_time else None,
        replaces=replaces,
        succession_reason=SuccessionReason(succession_reason) if succession_reason else None,
        cancel_reason=CancelReason(cancel_reason) if cancel_reason else None,
        bank_function=BankFunction(bank_function),
        making_due=Deadline(due, is_making_due_certain) if due else None,
        is_making_overdue=is_making_overdue,
        renewal_notice_date=_date(renewal_notice_date),
        temporary=TemporaryCard(issued, expires, TemporaryCardState(temporary_state)) if issued and expires else None,
        create_time=in_utc(create_time),
        update_time=in_utc(update_time),
        version=version,
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
