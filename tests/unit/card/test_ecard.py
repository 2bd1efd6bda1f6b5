"""How an electronic card follows the physical one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.card.applying import issue_card
from services.card.domain import Card
from services.card.ecard import (
    ECard,
    ECardLevel,
    ECardStatus,
    ListPlace,
    check_issuable,
    check_showable,
    follow,
    issue_ecard,
)
from services.card.family import check_relative
from services.card.personalising import Making
from services.card.status import BankFunction, CardProgress, CardStatus, LossKind
from services.card.succession import replace_card
from services.common import identity
from services.common.errors import Conflict, DomainError, PreconditionFailed
from tests.support.card_parameters import PARAMETERS

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)
LATER = NOW + timedelta(hours=1)
MAKING = Making("A00000003", "0" * 32, "************1234", date(2026, 3, 1))


def enabled(card: str = "c1") -> Card:
    return issue_card(card, "p1", "370200", "102", MAKING, PARAMETERS, NOW)[0]


def in_status(status: CardStatus | None, progress: CardProgress = CardProgress.COLLECTED) -> Card:
    return replace(enabled(), status=status, progress=progress)


def issued() -> ECard:
    return issue_ecard("e1", enabled(), ListPlace(1, 7), TODAY, NOW)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (CardStatus.ENABLED, ECardStatus.USABLE),
        (CardStatus.SEALED, ECardStatus.USABLE),
        (CardStatus.PROVISIONALLY_LOST, ECardStatus.AUTHORIZATION_NEEDED),
        (CardStatus.FORMALLY_LOST, ECardStatus.SUSPENDED),
        (CardStatus.APP_LOCKED, ECardStatus.SUSPENDED),
        (CardStatus.CANCELLED, ECardStatus.UNLINKED),
    ],
)
def test_each_status_of_the_card_gives_one_of_the_electronic_card(status: CardStatus, expected: ECardStatus) -> None:
    followed = issued().follow(in_status(status), LATER)
    assert followed.status is expected
    assert followed.is_usable == (expected is ECardStatus.USABLE)


def test_following_without_a_change_is_no_change() -> None:
    ecard = issued()
    assert ecard.follow(enabled(), LATER) is ecard


def test_a_provisional_loss_is_bridged_by_the_holders_authorisation_and_by_no_longer_than_itself() -> None:
    card, _ = enabled().report_loss(LossKind.PROVISIONAL, PARAMETERS, NOW)
    ecard = issued().follow(card, NOW)
    with pytest.raises(PreconditionFailed) as refused:
        check_showable(ecard, card, TODAY)
    assert refused.value.metadata == {"found": "AUTHORIZATION_NEEDED", "needed": "USABLE"}
    authorized = ecard.authorize("face and password", LATER)
    check_showable(authorized, card, TODAY)
    assert authorized.authorize("again", LATER) is authorized
    found, _ = card.cancel_loss(PARAMETERS, LATER)
    back = authorized.follow(found, LATER)
    assert (back.status, back.authorize_time, back.authorize_proof) == (ECardStatus.USABLE, None, "")
    lost_again, _ = found.report_loss(LossKind.PROVISIONAL, PARAMETERS, LATER)
    assert back.follow(lost_again, LATER).status is ECardStatus.AUTHORIZATION_NEEDED


def test_a_formal_loss_ends_an_authorisation() -> None:
    card, _ = enabled().report_loss(LossKind.PROVISIONAL, PARAMETERS, NOW)
    authorized = issued().follow(card, NOW).authorize("face and password", NOW)
    formal, _ = card.report_loss(LossKind.FORMAL, PARAMETERS, LATER)
    assert authorized.follow(formal, LATER).status is ECardStatus.SUSPENDED


@pytest.mark.parametrize("status", [ECardStatus.USABLE, ECardStatus.SUSPENDED, ECardStatus.UNLINKED])
def test_only_a_provisional_loss_can_be_authorised(status: ECardStatus) -> None:
    with pytest.raises(PreconditionFailed, match="cannot be authorised"):
        replace(issued(), status=status).authorize("face and password", NOW)


def test_it_comes_back_by_itself_when_the_successor_is_collected() -> None:
    lost, _ = enabled().report_loss(LossKind.FORMAL, PARAMETERS, NOW)
    (cancelled, _), (successor, _) = replace_card(lost, "c2", NOW)
    ecard = issued().follow(lost, NOW).follow(cancelled, NOW)
    assert ecard.status is ECardStatus.UNLINKED
    made, _ = successor.make(MAKING, PARAMETERS, NOW)
    assert ecard.follow(successor, NOW).follow(made, NOW) == ecard
    collected, _ = made.collect(LATER)
    back = ecard.follow(collected, LATER)
    assert (back.status, back.card, back.place) == (ECardStatus.USABLE, "c2", ListPlace(1, 7))
    assert back.follow(cancelled, LATER) is back  # what still comes of the old card concerns it no more


def test_a_card_that_is_not_its_own_does_not_move_it_while_its_own_lives() -> None:
    assert issued().follow(replace(enabled("c2"), status=CardStatus.CANCELLED), LATER) == issued()


def test_level_2_needs_an_activated_bank_account_and_rests_while_there_is_none() -> None:
    active = replace(enabled(), bank_function=BankFunction.ACTIVE)
    upgraded = issued().upgrade(active, "*******5678", NOW)
    assert (upgraded.level, upgraded.masked_phone) == (ECardLevel.L2, "*******5678")
    with pytest.raises(PreconditionFailed) as refused:
        issued().upgrade(enabled(), "*******5678", NOW)
    assert refused.value.metadata == {"found": "NOT_ACTIVATED", "needed": "ACTIVE"}
    assert upgraded.level_with(active) is ECardLevel.L2
    assert upgraded.level_with(replace(active, bank_function=BankFunction.LOST)) is ECardLevel.L1
    assert issued().level_with(active) is ECardLevel.L1


@pytest.mark.parametrize(
    "card",
    [
        None,
        in_status(None, CardProgress.APPLIED),
        in_status(CardStatus.SEALED, CardProgress.MADE),
        in_status(CardStatus.PROVISIONALLY_LOST),
        replace(enabled(), expire_date=TODAY - timedelta(days=1)),
    ],
)
def test_it_is_issued_only_to_a_card_in_use(card: Card | None) -> None:
    with pytest.raises(PreconditionFailed) as refused:
        check_issuable(card, TODAY)
    assert refused.value.reason == "CARD_STATE"


def test_no_code_is_shown_for_an_expired_card() -> None:
    check_showable(issued(), replace(enabled(), expire_date=TODAY), TODAY)
    with pytest.raises(PreconditionFailed) as refused:
        check_showable(issued(), replace(enabled(), expire_date=TODAY - timedelta(days=1)), TODAY)
    assert refused.value.metadata["found"] == "EXPIRED"


def test_a_stale_version_is_refused() -> None:
    issued().check_version(None)
    issued().check_version(1)
    with pytest.raises(Conflict):
        issued().check_version(2)


@pytest.mark.parametrize(
    ("birth", "helped"),
    [
        ("20101126", True),  # 15, and 16 tomorrow
        ("20101125", False),  # 16 today
        ("19661126", False),  # 59
        ("19661125", True),  # 60 today
        ("20260301", True),
    ],
)
def test_children_and_old_people_are_helped(birth: str, helped: bool) -> None:
    first = f"370299{birth}001"
    person = identity.parse(first + identity.check_character(first), TODAY)
    try:
        check_relative(person, PARAMETERS, TODAY)
    except DomainError as error:
        assert (helped, error.metadata) == (False, {"below": "16", "from": "60"})  # noqa: PT017  either is right
    else:
        assert helped


def test_a_card_that_is_given_to_the_survivor_of_a_merge_takes_its_electronic_card_along() -> None:
    given = replace(enabled(), person="p2")
    (moved,) = follow([issued()], given, LATER)
    assert (moved.person, moved.card, moved.status) == ("p2", "c1", ECardStatus.USABLE)
    assert follow([moved], enabled(), LATER)[0].person == "p1"  # the merge is undone


def test_a_survivor_with_an_electronic_card_keeps_it_and_the_other_is_left_without() -> None:
    own = replace(issued(), ecard="e2", person="p2", card="c2", status=ECardStatus.UNLINKED)
    left, moved = follow([issued(), own], replace(enabled(), person="p2"), LATER)
    assert (left.person, left.status) == ("p1", ECardStatus.UNLINKED)
    assert (moved.ecard, moved.card, moved.status) == ("e2", "c1", ECardStatus.USABLE)
    back, gone = follow([left, moved], enabled(), LATER)
    assert (back.status, gone.status) == (ECardStatus.USABLE, ECardStatus.UNLINKED)
