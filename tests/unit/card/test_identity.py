"""Identity numbers by their standards; every made-up person has the unassigned division 370299."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import identity
from services.common.errors import InvalidInput
from services.common.identity import DocumentKind, Sex

TODAY = date(2026, 11, 24)
FIRST_DAY = date(1850, 1, 1)


def number_of(division: str, birth: date, sequence: int) -> str:
    first = f"{division}{birth:%Y%m%d}{sequence:03d}"
    return first + identity.check_character(first)


numbers = st.builds(number_of, st.just("370299"), st.dates(FIRST_DAY, TODAY), st.integers(0, 999))


def reason(text: str, today: date = TODAY) -> str:
    with pytest.raises(InvalidInput) as refused:
        identity.parse(text, today, "person.identity_number")
    assert refused.value.field == "person.identity_number"
    assert text not in refused.value.message or not text
    return refused.value.reason


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",
        "440524188001010014",
        "37029919650115001X",
        "370299197602150021",
        "370299197006010049",
    ],
)
def test_the_published_numbers_are_right(number: str) -> None:
    assert identity.parse(number, TODAY).number == number


def test_a_citizens_number_tells_birth_sex_and_first_division() -> None:
    found = identity.parse("37029919650115001X", TODAY)
    assert (found.kind, found.birth_date, found.sex) == (DocumentKind.CITIZEN, date(1965, 1, 15), Sex.MALE)
    assert found.division == "370299"
    assert identity.parse("370299197602150021", TODAY).sex is Sex.FEMALE


@given(numbers)
def test_every_well_made_number_is_read_back(number: str) -> None:
    found = identity.parse(number, TODAY)
    assert found.number == number
    assert f"{found.birth_date:%Y%m%d}" == number[6:14]
    assert identity.read(number) == found


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_any_single_changed_digit_is_found(number: str, place: int, step: int) -> None:
    changed = str((int(number[place]) + step) % 10)
    with pytest.raises(InvalidInput):
        identity.parse(number[:place] + changed + number[place + 1 :], TODAY)


@given(numbers, st.sampled_from("0123456789X"))
def test_any_other_check_character_is_found(number: str, last: str) -> None:
    if last != number[17]:
        assert reason(number[:17] + last) == "WRONG_CHECK_DIGIT"


@given(numbers, st.integers(0, 16))
def test_any_swap_of_different_neighbours_is_found(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(InvalidInput):
            identity.parse(swapped, TODAY)


def test_a_small_x_is_taken_and_a_capital_one_kept() -> None:
    assert identity.parse("11010519491231002x", TODAY).number == "11010519491231002X"


def test_a_number_of_fifteen_digits_becomes_one_of_eighteen() -> None:
    assert identity.parse("110105491231002", TODAY).number == "11010519491231002X"


@pytest.mark.parametrize("sequence", ["996", "997", "998", "999"])
def test_the_sequences_of_centenarians_belong_to_the_century_before(sequence: str) -> None:
    assert identity.parse(f"370299900105{sequence}", TODAY).birth_date == date(1890, 1, 5)
    assert identity.parse("370299900105995", TODAY).birth_date == date(1990, 1, 5)


@pytest.mark.parametrize(
    ("number", "division"),
    [("81000018900101001X", "810000"), ("82000018900101002X", "820000"), ("83000018900101003X", "830000")],
)
def test_residence_permits_have_the_citizens_form(number: str, division: str) -> None:
    found = identity.parse(number, TODAY)
    assert (found.kind, found.division) == (DocumentKind.RESIDENCE_PERMIT, division)
    assert not found.has_unknown_division


def test_a_foreigners_card_of_2017_keeps_its_fifteen_characters() -> None:
    found = identity.parse("usa370285010101", TODAY)
    assert (found.number, found.kind) == ("USA370285010101", DocumentKind.FOREIGNER_2017)
    assert (found.birth_date, found.sex, found.has_unknown_division) == (None, None, False)


def test_a_foreigners_card_of_2023_is_checked_but_not_understood() -> None:
    first = "91184019990230001"  # would be an impossible date in a citizen's number
    found = identity.parse(first + identity.check_character(first), TODAY)
    assert (found.kind, found.birth_date, found.sex) == (DocumentKind.FOREIGNER_2023, None, None)
    wrong = "1" if identity.check_character(first) != "1" else "2"
    assert reason(first + wrong) == "WRONG_CHECK_DIGIT"


@pytest.mark.parametrize("birth", ["20250229", "19001301", "19650431", "00000101"])
def test_an_impossible_birth_date_is_refused(birth: str) -> None:
    first = f"370299{birth}001"
    assert reason(first + identity.check_character(first)) == "IMPOSSIBLE_DATE"


def test_the_29th_of_february_exists_in_leap_years() -> None:
    first = "37029920240229001"
    assert identity.parse(first + identity.check_character(first), TODAY).birth_date == date(2024, 2, 29)


def test_a_birth_is_today_at_the_latest() -> None:
    number = number_of("370299", TODAY, 1)
    assert identity.parse(number, TODAY).birth_date == TODAY
    assert reason(number, date(2026, 11, 23)) == "DATE_IN_FUTURE"


@pytest.mark.parametrize(
    "text",
    [
        "3702991965011500",
        "37029919650115001X ",
        " 37029919650115001X",
        "37029919650115001XX",
        "3702991965O115001X",
        "０70299196501150011",
        "037029196501150017",
        "37029919650115X019",
        "970299650115001",
        "37029965011500X",
        "AB1370285010101",
        "ſſſ370285010101",
        "x",
        "37029919650115001\n",
    ],
)
def test_another_form_is_refused(text: str) -> None:
    assert reason(text) == "INVALID_IDENTITY_NUMBER"


def test_an_empty_number_is_missing() -> None:
    assert reason("") == "FIELD_REQUIRED"


def test_an_unknown_division_is_only_flagged() -> None:
    assert identity.parse("37029919650115001X", TODAY).has_unknown_division
    assert not identity.parse("11010519491231002X", TODAY).has_unknown_division
    abolished = replace(identity.parse("37029919650115001X", TODAY), division="370282")
    assert not abolished.has_unknown_division


def test_a_number_shows_itself_masked_only() -> None:
    found = identity.parse("37029919650115001X", TODAY)
    assert f"{found} {found!r}" == "IdentityNumber(370*************1X) IdentityNumber(370*************1X)"


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        ("H12345678", "H12345678", DocumentKind.TRAVEL_PERMIT_HONG_KONG_MACAO),
        ("m1234567801", "M12345678", DocumentKind.TRAVEL_PERMIT_HONG_KONG_MACAO),
        ("00123456", "00123456", DocumentKind.TRAVEL_PERMIT_TAIWAN),
    ],
)
def test_travel_permits_are_read_without_the_count_of_documents(text: str, number: str, kind: DocumentKind) -> None:
    found = identity.parse(text, TODAY)
    assert (found.number, found.kind) == (number, kind)
    assert (found.birth_date, found.sex, found.division) == (None, None, "")
    assert identity.read(found.number) == found


@pytest.mark.parametrize("text", ["H1234567", "H123456789", "T12345678", "1234567", "123456789", "h12345678x"])
def test_what_only_resembles_a_travel_permit_is_refused(text: str) -> None:
    assert reason(text) == "INVALID_IDENTITY_NUMBER"


def test_a_short_number_is_masked_more() -> None:
    assert identity.parse("H12345678", TODAY).masked == "H******78"
