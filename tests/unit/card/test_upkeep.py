"""What happens to a card between its issue and its end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.card.applying import apply_card
from services.card.calendar import Deadline
from services.card.domain import Card
from services.card.operation import Operation
from services.card.personalising import Making
from services.card.status import (
    KEY_DATA,
    BankFunction,
    CancelReason,
    CardEventKind,
    CardStatus,
    LossKind,
    SuccessionReason,
    TemporaryCardState,
)
from services.card.succession import reissue_card, renew_card, replace_card
from services.card.temporary import expire_temporary, issue_temporary, return_temporary
from services.common.errors import InvalidInput, PreconditionFailed
from tests.support.card_parameters import PARAMETERS

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
MAKING = Making("A00000003", "370200D15600000500000000BA112D24", "************1111", date(2026, 11, 24))
OPENS = datetime(2036, 9, 24, 16, 0, tzinfo=UTC)
"""Midnight in Qingdao of 25 September, 60 days before 24 November 2036."""


def applied() -> Card:
    return apply_card("c1", "p1", "370200", "102", NOW, Deadline(date(2026, 12, 3), is_certain=True))[0]


def made() -> Card:
    return applied().make(MAKING, PARAMETERS, NOW)[0]


def enabled() -> Card:
    return made().collect(NOW)[0].enable(NOW)[0]


def active() -> Card:
    return enabled().change_bank_function(Operation.ACTIVATE_BANK, NOW)[0]


def lost(card: Card, kind: LossKind = LossKind.FORMAL) -> Card:
    return card.report_loss(kind, PARAMETERS, NOW)[0]


def test_a_damaged_card_is_renewed_at_any_time_and_leaves_its_account_to_the_application() -> None:
    (old, gone), (new, coming) = renew_card(enabled(), SuccessionReason.DAMAGED, "c2", PARAMETERS, NOW)
    assert (old.status, old.cancel_reason, old.renewal_notice_date) == (
        CardStatus.CANCELLED,
        CancelReason.REPLACED,
        None,
    )
    assert (new.replaces, new.succession_reason, new.masked_account) == (
        "c1",
        SuccessionReason.DAMAGED,
        MAKING.masked_account,
    )
    assert new.is_payable
    assert not old.is_payable
    assert gone is not None
    assert coming is not None
    assert (gone.kind, coming.kind) == (CardEventKind.CANCELLED, CardEventKind.APPLIED)


def test_an_expiring_card_is_renewed_from_sixty_days_before_its_last_day() -> None:
    early = OPENS - timedelta(microseconds=1)
    with pytest.raises(PreconditionFailed) as refused:
        renew_card(enabled(), SuccessionReason.EXPIRING, "c2", PARAMETERS, early)
    assert (refused.value.reason, refused.value.metadata) == (
        "RENEWAL_NOT_DUE",
        {"found": "2036-09-24", "needed": "2036-09-25"},
    )
    assert renew_card(enabled(), SuccessionReason.EXPIRING, "c2", PARAMETERS, OPENS)[1][0].replaces == "c1"
    endless = replace(enabled(), expire_date=None)
    with pytest.raises(PreconditionFailed, match="has not opened"):
        renew_card(endless, SuccessionReason.EXPIRING, "c2", PARAMETERS, OPENS)


def test_a_lost_cards_account_is_not_handed_on() -> None:
    _, (new, _) = replace_card(lost(enabled()), "c2", NOW)
    assert (new.masked_account, new.is_payable, new.succession_reason) == ("", False, SuccessionReason.LOST)


def test_key_data_need_a_new_card_and_another_bank_a_new_account() -> None:
    _, (named, _) = reissue_card(enabled(), SuccessionReason.NAME, "", "c2", NOW)
    assert (named.service_bank_code, named.is_payable) == ("102", True)
    _, (moved, _) = reissue_card(enabled(), SuccessionReason.BANK, "105", "c2", NOW)
    assert (moved.service_bank_code, moved.is_payable) == ("105", False)
    for reason, bank in ((SuccessionReason.BANK, ""), (SuccessionReason.BANK, "102"), (SuccessionReason.NAME, "105")):
        with pytest.raises(InvalidInput) as refused:
            reissue_card(enabled(), reason, bank, "c2", NOW)
        assert refused.value.field == "service_bank_code"


def test_each_succession_takes_only_its_own_reasons() -> None:
    for reason in KEY_DATA | {SuccessionReason.LOST}:
        with pytest.raises(InvalidInput, match="renewed for one of: DAMAGED, EXPIRING"):
            renew_card(enabled(), reason, "c2", PARAMETERS, NOW)
    with pytest.raises(InvalidInput, match="reissued for one of: BANK, NAME, NUMBER, PHOTO"):
        reissue_card(enabled(), SuccessionReason.DAMAGED, "", "c2", NOW)


@pytest.mark.parametrize("card", [applied(), lost(enabled(), LossKind.PROVISIONAL), lost(enabled())])
def test_a_card_that_cannot_be_handed_in_is_not_renewed(card: Card) -> None:
    with pytest.raises(PreconditionFailed) as refused:
        renew_card(card, SuccessionReason.DAMAGED, "c2", PARAMETERS, NOW)
    assert refused.value.metadata["needed"] == "SEALED,ENABLED,APP_LOCKED"
    with pytest.raises(PreconditionFailed) as refused:
        reissue_card(card, SuccessionReason.NAME, "", "c2", NOW)
    assert refused.value.metadata["needed"] == "ENABLED"


def test_the_bank_function_follows_the_bank() -> None:
    card, event = active().change_bank_function(Operation.REPORT_BANK_LOSS, NOW)
    assert (card.bank_function, card.status) == (BankFunction.LOST, CardStatus.ENABLED)
    assert event is not None
    assert event.kind is CardEventKind.BANK_FUNCTION_CHANGED
    card = card.change_bank_function(Operation.CANCEL_BANK_LOSS, NOW)[0]
    assert card.bank_function is BankFunction.ACTIVE
    assert card.change_bank_function(Operation.CANCEL_BANK_LOSS, NOW) == (card, None)
    closed = card.change_bank_function(Operation.CLOSE_BANK, NOW)[0]
    for operation in (Operation.ACTIVATE_BANK, Operation.REPORT_BANK_LOSS, Operation.CANCEL_BANK_LOSS):
        with pytest.raises(PreconditionFailed) as refused:
            closed.change_bank_function(operation, NOW)
        assert (refused.value.reason, refused.value.metadata["found"]) == ("BANK_FUNCTION_STATE", "CLOSED")


def test_an_account_that_the_bank_has_closed_is_not_paid_and_goes_to_no_successor() -> None:
    closed = active().change_bank_function(Operation.CLOSE_BANK, NOW)[0]
    assert not closed.is_payable
    renewed = renew_card(closed, SuccessionReason.DAMAGED, "c2", PARAMETERS, NOW)[1][0]
    assert (renewed.masked_account, renewed.is_payable) == ("", False)


def test_the_bank_function_is_activated_on_a_collected_card_only() -> None:
    with pytest.raises(PreconditionFailed) as refused:
        made().change_bank_function(Operation.ACTIVATE_BANK, NOW)
    assert refused.value.metadata == {"found": "MADE", "needed": "COLLECTED"}


def test_a_formal_loss_takes_both_functions_and_the_bank_gives_its_own_back() -> None:
    assert lost(active(), LossKind.PROVISIONAL).bank_function is BankFunction.ACTIVE
    card = lost(active())
    assert card.bank_function is BankFunction.LOST
    found = card.cancel_loss(PARAMETERS, NOW)[0]
    assert (found.status, found.bank_function) == (CardStatus.ENABLED, BankFunction.LOST)
    with pytest.raises(PreconditionFailed):
        card.change_bank_function(Operation.CANCEL_BANK_LOSS, NOW)
    assert found.change_bank_function(Operation.CANCEL_BANK_LOSS, NOW)[0].bank_function is BankFunction.ACTIVE
    assert lost(enabled()).bank_function is BankFunction.NOT_ACTIVATED


def test_a_temporary_card_bridges_the_making_and_is_handed_in_for_the_real_one() -> None:
    card, event = issue_temporary(applied(), PARAMETERS, NOW)
    assert card.temporary is not None
    assert (card.temporary.issue_date, card.temporary.expire_date) == (date(2026, 11, 24), date(2027, 1, 23))
    assert event is not None
    assert event.kind is CardEventKind.TEMPORARY_ISSUED
    assert not card.is_payable
    with pytest.raises(PreconditionFailed) as refused:
        issue_temporary(card, PARAMETERS, NOW)
    assert refused.value.metadata == {"found": "VALID", "needed": "RETURNED,EXPIRED"}
    collected = card.make(MAKING, PARAMETERS, NOW)[0].collect(NOW)[0]
    assert collected.temporary is not None
    assert collected.temporary.state is TemporaryCardState.RETURNED
    with pytest.raises(PreconditionFailed):
        issue_temporary(collected, PARAMETERS, NOW)
    cancelled = card.cancel(CancelReason.DEATH, NOW)[0]
    assert cancelled.temporary is not None
    assert cancelled.temporary.state is TemporaryCardState.RETURNED


def test_a_temporary_card_ends_once_and_another_may_follow() -> None:
    for end, state in ((return_temporary, TemporaryCardState.RETURNED), (expire_temporary, TemporaryCardState.EXPIRED)):
        card = end(issue_temporary(applied(), PARAMETERS, NOW)[0], NOW)[0]
        assert card.temporary is not None
        assert card.temporary.state is state
        with pytest.raises(PreconditionFailed) as refused:
            end(card, NOW)
        assert refused.value.metadata == {"found": state, "needed": "VALID"}
        assert issue_temporary(card, PARAMETERS, NOW)[1] is not None
    with pytest.raises(PreconditionFailed) as refused:
        return_temporary(applied(), NOW)
    assert refused.value.metadata["found"] == "NONE"


def test_a_locked_card_is_unlocked_and_a_reset_of_an_open_one_changes_nothing() -> None:
    locked, event = enabled().lock(NOW)
    assert locked.status is CardStatus.APP_LOCKED
    assert event is not None
    assert event.kind is CardEventKind.LOCKED
    for operation in (Operation.UNLOCK_PIN, Operation.RESET_PIN):
        assert locked.unlock(operation, NOW)[0].status is CardStatus.ENABLED
    card = enabled()
    assert card.unlock(Operation.RESET_PIN, NOW) == (card, None)
    with pytest.raises(PreconditionFailed):
        card.unlock(Operation.UNLOCK_PIN, NOW)


def test_a_making_that_is_overdue_is_told_once_and_made_all_the_same() -> None:
    told, event = applied().tell_making_overdue(NOW)
    assert told.is_making_overdue
    assert event is not None
    assert event.kind is CardEventKind.MAKING_OVERDUE
    assert not told.make(MAKING, PARAMETERS, NOW)[0].is_making_overdue
    with pytest.raises(PreconditionFailed):
        made().tell_making_overdue(NOW)


def test_the_renewal_notice_comes_on_the_day_the_window_opens() -> None:
    assert enabled().renewal_notice_date == date(2036, 9, 25)
    told = enabled().tell_renewal_due(OPENS)[0]
    assert told.renewal_notice_date is None
    assert applied().make(MAKING, replace(PARAMETERS, validity_years=None), NOW)[0].renewal_notice_date is None


def test_contact_data_change_in_every_state_but_cancelled() -> None:
    for card in (applied(), made(), enabled(), lost(enabled())):
        changed, event = card.change_contact(NOW)
        assert (changed.status, changed.version) == (card.status, card.version + 1)
        assert event is not None
    with pytest.raises(PreconditionFailed):
        enabled().cancel(CancelReason.DEATH, NOW)[0].change_contact(NOW)
