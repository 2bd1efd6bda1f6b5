"""What a change does to a copy of the cards that a filter lets through."""

from datetime import UTC, date, datetime

import pytest

from services.card.applying import apply_card, issue_card
from services.card.change import CardChange, CopyChange
from services.card.personalising import Making
from services.card.status import CancelReason
from services.common.filtering import EVERYTHING, parse
from tests.support.card_parameters import PARAMETERS

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FIELDS = {"status": str, "issuing_division": str, "issue_date": str}
APPLIED = apply_card("c", "p", "370202", "102", NOW)[0]
MAKING = Making("QD0000015", "0" * 32, "*0001", date(2026, 3, 1))
ENABLED = issue_card("c", "p", "370202", "102", MAKING, PARAMETERS, NOW)[0]
CANCELLED = ENABLED.cancel(CancelReason.DEATH, NOW)[0]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("status = ENABLED", [None, CopyChange.HELD, CopyChange.LEFT]),
        ("NOT status = CANCELLED", [CopyChange.HELD, CopyChange.HELD, CopyChange.LEFT]),
        ("status = CANCELLED", [None, None, CopyChange.HELD]),
        ('issuing_division = "370211"', [None, None, None]),
        ("issue_date >= 2026-01-01", [None, CopyChange.HELD, CopyChange.HELD]),
        ("", [CopyChange.HELD] * 3),
    ],
)
def test_a_card_enters_stays_in_and_leaves_a_copy(text: str, seen: list[CopyChange | None]) -> None:
    wanted = parse(text, FIELDS) if text else EVERYTHING
    changes = [
        CardChange(0, APPLIED, None, NOW),
        CardChange(1, ENABLED, APPLIED.searched, NOW),
        CardChange(2, CANCELLED, ENABLED.searched, NOW),
    ]
    assert [change.in_copy(wanted) for change in changes] == seen
