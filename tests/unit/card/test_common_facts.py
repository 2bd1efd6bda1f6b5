"""Masking and divisions."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import division
from services.common.masking import mask_account, mask_identity_number, mask_name


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王**"),
        ("王明", "王*"),
        ("欧阳修远", "欧阳**"),
        ("欧阳", "欧*"),
        ("王", "*"),
        ("John Smith", "John******"),
        ("阿依古丽·买买提", "阿*******"),
        ("", ""),
    ],
)
def test_of_a_name_only_the_surname_is_shown(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_of_an_account_only_the_last_four_digits_are_shown() -> None:
    assert mask_account("6222020000000000018") == "*" * 15 + "0018"


@given(st.text("0123456789X", max_size=20))
def test_a_mask_keeps_the_length_and_never_shows_the_whole(text: str) -> None:
    for mask in (mask_identity_number, mask_account, mask_name):
        assert len(mask(text)) == len(text)
        assert "*" in mask(text) or not text


def test_every_abolished_division_leads_to_one_that_exists_today() -> None:
    for found in division.QINGDAO.values():
        assert bool(found.successor) == (found.valid_to is not None)
        last = found
        while last.successor:
            last = division.QINGDAO[last.successor]
        assert last.is_valid_on(date(2026, 11, 24))


def test_jimo_was_a_city_until_2017_and_is_a_district_since() -> None:
    last, first = date(2017, 9, 19), date(2017, 9, 20)
    assert division.is_issuer("370282", last)
    assert not division.is_issuer("370282", first)
    assert division.is_issuer("370215", first)
    assert not division.is_issuer("370215", last)
    assert division.is_known("370282")
    assert not division.is_residence("370282", first)


@pytest.mark.parametrize("code", ["370299", "37020", "3702020", "370a02", "990000", "", "３７０２０２", "370271"])
def test_what_no_table_has_is_unknown(code: str) -> None:
    assert not division.is_known(code)
    assert not division.is_residence(code, date(2026, 11, 24))


def test_people_may_live_elsewhere_but_cards_are_issued_in_qingdao() -> None:
    today = date(2026, 11, 24)
    assert division.is_residence("110105", today)
    assert not division.is_issuer("110105", today)
    assert division.is_issuer("370200", today)
