"""Who may be registered with whom."""

from datetime import date

from services.card.person import Registration, RepresentativeKind, without_representative
from services.common import identity
from services.common.identity import IdentityNumber


def number(sequence: int) -> IdentityNumber:
    first = f"37029919650115{sequence:03d}"
    return identity.parse(first + identity.check_character(first), date(2026, 11, 24))


def registration(who: int, representative: int | None = None) -> Registration:
    acting = number(representative) if representative is not None else None
    return Registration(number(who), "王小明", "370202", acting, RepresentativeKind.GUARDIAN if acting else None)


def test_a_representative_may_come_in_the_same_batch_in_any_order() -> None:
    assert without_representative([registration(1, 2), registration(2)], {}) == set()


def test_a_representative_may_be_registered_already() -> None:
    assert without_representative([registration(1, 2)], {number(2).number: "p2"}) == set()


def test_an_unknown_representative_is_found() -> None:
    assert without_representative([registration(1), registration(3, 2)], {}) == {1}


def test_who_is_refused_cannot_represent_another_one() -> None:
    chain = [registration(1, 2), registration(2, 3), registration(3, 4), registration(5)]
    assert without_representative(chain, {}) == {0, 1, 2}


def test_a_registration_shows_neither_number_nor_name() -> None:
    shown = repr(registration(1, 2))
    assert "王小明" not in shown
    assert number(1).number not in shown
