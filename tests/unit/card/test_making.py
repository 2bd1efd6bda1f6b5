"""Batches and what comes back of them."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from services.card.applying import apply_card
from services.card.making import CardReturn, FailureStage, LineState, MakingBatch, MakingLine, MakingStage
from services.card.personalising import Making
from services.card.status import CardProgress, CardStatus
from services.common.errors import InvalidInput, PreconditionFailed
from tests.support.card_parameters import PARAMETERS

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TODAY = date(2026, 11, 24)
CODE = "370200D15600000500000000BA112D24"
LINE = MakingLine("b1", 1, "c1", "A00000003", CODE)
MADE = CardReturn(1, "A00000003", CODE, issue_date=TODAY, account="6222020000000000")
FAILED = CardReturn(1, "A00000003", CODE, FailureStage.BANK, "no account")


def test_a_batched_card_is_made_by_its_return_only() -> None:
    applied, _ = apply_card("c1", "p1", "370200", "102", NOW)
    batched, _ = applied.batch("A00000003", CODE, NOW)
    assert (batched.progress, batched.status, batched.card_no) == (CardProgress.BATCHED, None, "A00000003")
    making = Making("A00000003", CODE, "****0000", TODAY)
    with pytest.raises(PreconditionFailed, match="BATCHED"):
        batched.make(making, PARAMETERS, NOW)
    with pytest.raises(PreconditionFailed, match="BATCHED"):
        batched.batch("B00000019", CODE, NOW)
    made, event = batched.return_made(making, PARAMETERS, NOW)
    assert (made.progress, made.status) == (CardProgress.MADE, CardStatus.SEALED)
    assert event is not None


def test_a_failed_card_waits_for_another_batch_and_other_numbers() -> None:
    applied, _ = apply_card("c1", "p1", "370200", "102", NOW)
    failed, _ = applied.batch("A00000003", CODE, NOW)[0].return_failed(NOW)
    assert failed == replace(applied, version=3)


def test_a_returned_line_is_known_again_and_may_not_contradict_itself() -> None:
    assert not LINE.is_repeated(MADE, b"made")
    returned = LINE.returned(MADE, b"made")
    assert returned.state is LineState.MADE
    assert LINE.returned(FAILED, b"failed").state is LineState.FAILED
    assert LINE.returned(MADE, b"made", is_cancelled=True).state is LineState.CANCELLED
    assert returned.is_repeated(MADE, b"made")
    with pytest.raises(PreconditionFailed) as contradicted:
        returned.is_repeated(FAILED, b"failed")
    assert contradicted.value.reason == "RETURN_DOUBLED"
    with pytest.raises(PreconditionFailed) as foreign:
        LINE.is_repeated(replace(MADE, card_no="B00000019"), b"made")
    assert foreign.value.reason == "RETURN_FOREIGN_CARD"


def test_a_file_has_a_line_for_each_card() -> None:
    batch = MakingBatch("b1", "370200", "102", 3, "operator/wang", NOW)
    batch.check_count(3)
    with pytest.raises(PreconditionFailed) as wrong:
        batch.check_count(2)
    assert wrong.value.metadata == {"found": "2", "needed": "3"}
    assert batch.counting(1, 1) == replace(batch, made_count=1, failed_count=1)
    assert batch.counting(1, 1, 1) == replace(
        batch, made_count=1, failed_count=1, cancelled_count=1, stage=MakingStage.RETURNED
    )
    assert batch.counting(2, 1) == replace(batch, made_count=2, failed_count=1, stage=MakingStage.RETURNED)


def test_a_batch_goes_forward_only() -> None:
    batch = MakingBatch("b1", "370200", "102", 3, "operator/wang", NOW)
    opened = batch.advance(MakingStage.ACCOUNTS_OPENED)
    assert opened.advance(MakingStage.ACCOUNTS_OPENED) == opened
    personalised = opened.advance(MakingStage.PERSONALISED)
    with pytest.raises(PreconditionFailed) as back:
        personalised.advance(MakingStage.ACCOUNTS_OPENED)
    assert back.value.metadata == {"found": "PERSONALISED", "needed": "ASSIGNED,ACCOUNTS_OPENED"}
    with pytest.raises(InvalidInput):
        batch.advance(MakingStage.RETURNED)
