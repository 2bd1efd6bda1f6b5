"""The card's life, operation by operation."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.card.applying import apply_card, issue_card, live_card_error
from services.card.domain import Card, Change, check_version
from services.card.personalising import Making
from services.card.status import (
    CancelReason,
    CardEventKind,
    CardProgress,
    CardStatus,
    FormalLossUndo,
    LossKind,
)
from services.card.succession import replace_card
from services.common.errors import Conflict, InvalidInput, PreconditionFailed
from tests.support.card_parameters import PARAMETERS

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
MAKING = Making("A00000003", "370200D15600000500000000BA112D24", "************1111", date(2026, 11, 24))


def applied() -> Card:
    return apply_card("c1", "p1", "370200", "102", NOW)[0]


def made() -> Card:
    return applied().make(MAKING, PARAMETERS, NOW)[0]


def collected() -> Card:
    return made().collect(NOW)[0]


def enabled() -> Card:
    return collected().enable(NOW)[0]


def locked() -> Card:
    return replace(enabled(), status=CardStatus.APP_LOCKED)


def provisionally_lost(card: Card) -> Card:
    return card.report_loss(LossKind.PROVISIONAL, PARAMETERS, NOW)[0]


def formally_lost(card: Card) -> Card:
    return card.report_loss(LossKind.FORMAL, PARAMETERS, NOW)[0]


def cancelled(card: Card) -> Card:
    return card.cancel(CancelReason.HOLDER_REQUEST, NOW)[0]


def refused(card: Card, operation: str, *arguments: object) -> dict[str, str]:
    with pytest.raises(PreconditionFailed) as error:
        getattr(card, operation)(*arguments)
    assert error.value.reason == "CARD_STATE"
    assert error.value.metadata["found"] in error.value.message
    return error.value.metadata


def happened(change: Change) -> CardEventKind | None:
    card, event = change
    assert event is None or event.card is card
    return event.kind if event is not None else None


def test_a_card_is_applied_for_made_collected_and_enabled() -> None:
    card = applied()
    assert (card.progress, card.status, card.version, card.is_payable) == (CardProgress.APPLIED, None, 1, False)
    card, event = card.make(MAKING, PARAMETERS, LATER)
    assert (card.progress, card.status, card.version) == (CardProgress.MADE, CardStatus.SEALED, 2)
    assert (card.issue_date, card.expire_date) == (date(2026, 11, 24), date(2036, 11, 24))
    assert (card.create_time, card.update_time, card.is_payable) == (NOW, LATER, True)
    assert event is not None
    assert event.kind is CardEventKind.MADE
    assert happened(card.collect(NOW)) is CardEventKind.COLLECTED
    assert happened(collected().enable(NOW)) is CardEventKind.ENABLED
    card = enabled()
    assert (card.progress, card.status, card.version) == (CardProgress.COLLECTED, CardStatus.ENABLED, 4)


def test_a_card_issued_in_one_step_is_enabled_in_its_first_version() -> None:
    card, event = issue_card("c1", "p1", "370200", "102", MAKING, replace(PARAMETERS, validity_years=None), LATER)
    assert (card.progress, card.status, card.version) == (CardProgress.COLLECTED, CardStatus.ENABLED, 1)
    assert card.expire_date is None
    assert event is not None
    assert (event.kind, event.card) == (CardEventKind.ISSUED, card)


def test_a_card_of_the_29th_of_february_expires_on_the_28th() -> None:
    leap = replace(MAKING, issue_date=date(2024, 2, 29))
    assert applied().make(leap, PARAMETERS, NOW)[0].expire_date == date(2034, 2, 28)


def test_steps_out_of_order_name_the_progress_found_and_needed() -> None:
    assert refused(applied(), "collect", NOW) == {"found": "APPLIED", "needed": "MADE"}
    assert refused(made(), "enable", NOW) == {"found": "MADE", "needed": "COLLECTED"}
    assert refused(made(), "make", MAKING, PARAMETERS, NOW) == {"found": "MADE", "needed": "APPLIED"}
    assert refused(enabled(), "enable", NOW) == {"found": "ENABLED", "needed": "SEALED"}
    assert refused(enabled(), "collect", NOW) == {"found": "COLLECTED", "needed": "MADE"}
    assert refused(provisionally_lost(made()), "collect", NOW) == {"found": "PROVISIONALLY_LOST", "needed": "SEALED"}


@pytest.mark.parametrize("card", [made(), collected(), enabled(), locked()])
@pytest.mark.parametrize(
    "lose", [provisionally_lost, formally_lost, lambda card: formally_lost(provisionally_lost(card))]
)
def test_a_card_found_again_returns_to_its_former_status(card: Card, lose: "object") -> None:
    lost = lose(card)  # type: ignore[operator]  # one of the functions above
    found, event = lost.cancel_loss(PARAMETERS, LATER)
    assert (found.status, found.progress, found.former_status) == (card.status, card.progress, None)
    assert found.loss_lapse_time is None
    assert happened((found, event)) is CardEventKind.LOSS_CANCELLED


def test_a_provisionally_lost_card_returns_to_its_former_status_when_its_days_are_over() -> None:
    lost = provisionally_lost(made())
    end = NOW + timedelta(days=10)
    assert lost.loss_lapse_time == end
    early = end - timedelta(microseconds=1)
    assert not lost.is_lapse_due(early)
    assert lost.lapse_loss(early) == (lost, None)
    found, event = lost.lapse_loss(end)
    assert (found.status, found.loss_lapse_time) == (CardStatus.SEALED, None)
    assert happened((found, event)) is CardEventKind.LOSS_LAPSED


def test_a_formal_loss_does_not_lapse() -> None:
    lost = formally_lost(provisionally_lost(enabled()))
    assert lost.loss_lapse_time is None
    assert lost.lapse_loss(NOW + timedelta(days=999)) == (lost, None)


@pytest.mark.parametrize("kind", LossKind)
def test_repeating_a_loss_report_changes_nothing(kind: LossKind) -> None:
    lost = enabled().report_loss(kind, PARAMETERS, NOW)[0]
    assert lost.report_loss(kind, PARAMETERS, LATER) == (lost, None)


def test_a_formal_loss_is_not_turned_into_a_provisional_one() -> None:
    found = refused(formally_lost(enabled()), "report_loss", LossKind.PROVISIONAL, PARAMETERS, NOW)
    assert found == {"found": "FORMALLY_LOST", "needed": "SEALED,ENABLED,APP_LOCKED"}


def test_a_card_that_is_not_made_cannot_be_lost() -> None:
    found = refused(applied(), "report_loss", LossKind.FORMAL, PARAMETERS, NOW)
    assert found == {"found": "APPLIED", "needed": "SEALED,ENABLED,APP_LOCKED,PROVISIONALLY_LOST"}


def test_a_card_that_is_not_lost_cannot_be_found() -> None:
    needed = {"found": "ENABLED", "needed": "PROVISIONALLY_LOST,FORMALLY_LOST"}
    assert refused(enabled(), "cancel_loss", PARAMETERS, NOW) == needed


def test_where_a_formal_loss_is_final_only_a_provisional_one_is_undone() -> None:
    never = replace(PARAMETERS, formal_loss_undo=FormalLossUndo.NEVER)
    with pytest.raises(PreconditionFailed) as error:
        formally_lost(enabled()).cancel_loss(never, NOW)
    assert error.value.reason == "FORMAL_LOSS_FINAL"
    assert provisionally_lost(enabled()).cancel_loss(never, NOW)[0].status is CardStatus.ENABLED


def test_replacing_cancels_the_lost_card_and_applies_for_its_successor() -> None:
    lost = formally_lost(enabled())
    (old, gone), (new, coming) = replace_card(lost, "c2", LATER)
    assert (old.status, old.cancel_reason, old.version) == (
        CardStatus.CANCELLED,
        CancelReason.REPLACED,
        lost.version + 1,
    )
    assert (new.card, new.person, new.replaces, new.progress) == ("c2", "p1", "c1", CardProgress.APPLIED)
    assert (new.issuing_division, new.service_bank_code, new.status, new.card_no) == ("370200", "102", None, "")
    assert (happened((old, gone)), happened((new, coming))) == (CardEventKind.CANCELLED, CardEventKind.APPLIED)


@pytest.mark.parametrize("card", [applied(), made(), enabled(), provisionally_lost(enabled())])
def test_only_a_formally_lost_card_is_replaced(card: Card) -> None:
    with pytest.raises(PreconditionFailed) as error:
        replace_card(card, "c2", NOW)
    assert error.value.metadata["needed"] == "FORMALLY_LOST"


@pytest.mark.parametrize(
    "card", [applied(), made(), collected(), enabled(), locked(), provisionally_lost(made()), formally_lost(enabled())]
)
def test_a_card_is_cancelled_from_every_status_and_for_good(card: Card) -> None:
    gone = cancelled(card)
    assert (gone.status, gone.cancel_reason) == (CardStatus.CANCELLED, CancelReason.HOLDER_REQUEST)
    assert (gone.loss_lapse_time, gone.former_status, gone.is_payable) == (None, None, False)
    for operation, arguments in (
        ("make", (MAKING, PARAMETERS, NOW)),
        ("collect", (NOW,)),
        ("enable", (NOW,)),
        ("report_loss", (LossKind.PROVISIONAL, PARAMETERS, NOW)),
        ("report_loss", (LossKind.FORMAL, PARAMETERS, NOW)),
        ("cancel_loss", (PARAMETERS, NOW)),
        ("cancel", (CancelReason.DEATH, NOW)),
    ):
        assert refused(gone, operation, *arguments)["found"] == "CANCELLED"
    assert gone.lapse_loss(NOW + timedelta(days=99)) == (gone, None)


def test_replaced_is_no_reason_that_somebody_gives() -> None:
    with pytest.raises(InvalidInput) as error:
        enabled().cancel(CancelReason.REPLACED, NOW)
    assert (error.value.field, error.value.reason) == ("reason", "UNKNOWN_VALUE")


def test_a_card_is_valid_from_its_issue_to_its_expiry_while_it_is_enabled() -> None:
    card = enabled()
    assert card.is_valid_on(date(2026, 11, 24))
    assert card.is_valid_on(date(2036, 11, 24))
    assert not card.is_valid_on(date(2026, 11, 23))
    assert not card.is_valid_on(date(2036, 11, 25))
    assert replace(card, expire_date=None).is_valid_on(date(2099, 1, 1))
    for other in (applied(), collected(), locked(), provisionally_lost(card), cancelled(card)):
        assert not other.is_valid_on(date(2026, 11, 24))


def test_the_account_of_a_card_is_payable_until_it_is_formally_lost_or_cancelled() -> None:
    for payable in (made(), enabled(), locked(), provisionally_lost(enabled())):
        assert payable.is_payable
    for unpayable in (applied(), formally_lost(enabled()), cancelled(enabled())):
        assert not unpayable.is_payable


def test_a_stale_version_is_told() -> None:
    check_version(enabled(), None)
    check_version(enabled(), 4)
    with pytest.raises(Conflict) as error:
        check_version(enabled(), 3)
    assert error.value.reason == "ETAG_MISMATCH"


def test_the_refusal_of_a_second_card_names_the_first() -> None:
    error = live_card_error(applied())
    assert (error.reason, error.metadata) == ("LIVE_CARD_EXISTS", {"resource": "cards/c1"})
