"""Card numbers, identification codes, accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.card import number

sequences = st.integers(0, number.MAX_SEQUENCE)
KEY = bytes(16)


@pytest.mark.parametrize("card_no", ["QD0000015", "A00000003", "X00000019", "B00000019"])
def test_the_sample_card_numbers_are_right(card_no: str) -> None:
    assert number.is_card_no(card_no)


def test_the_first_card_number_is_that_of_sequence_zero() -> None:
    assert number.card_no(0) == "A00000003"
    assert number.card_no(number.MAX_SEQUENCE).startswith("Z9999999")


@given(sequences, sequences)
def test_different_sequence_numbers_give_different_card_numbers(first: int, second: int) -> None:
    assert (number.card_no(first) == number.card_no(second)) == (first == second)
    assert (code(first) == code(second)) == (first == second)


@given(sequences)
def test_every_card_number_has_nine_characters_and_its_check(sequence: int) -> None:
    made = number.card_no(sequence)
    assert len(made) == 9
    assert number.is_card_no(made)


@given(sequences, st.integers(1, 7), st.integers(1, 9))
def test_any_single_changed_digit_of_a_card_number_is_found(sequence: int, place: int, step: int) -> None:
    made = number.card_no(sequence)
    changed = str((int(made[place]) + step) % 10)
    assert not number.is_card_no(made[:place] + changed + made[place + 1 :])


@pytest.mark.parametrize("text", ["", "A0000000", "a00000003", "A00000004", "A000000031", "Ａ00000003", "A0000-003"])
def test_another_text_is_no_card_number(text: str) -> None:
    assert not number.is_card_no(text)


@pytest.mark.parametrize("sequence", [-1, number.MAX_SEQUENCE + 1])
def test_a_sequence_number_without_card_number_is_refused(sequence: int) -> None:
    with pytest.raises(ValueError, match="no card number"):
        number.card_no(sequence)


def code(sequence: int, key: bytes = KEY) -> str:
    return number.identification_code("370200", sequence, key)


@given(sequences)
def test_an_identification_code_says_issuer_provider_and_chip(sequence: int) -> None:
    made = code(sequence)
    assert number.is_identification_code(made)
    assert made[:24] == f"370200D156000005{sequence:08X}"


def test_another_key_gives_another_end_of_the_identification_code() -> None:
    assert code(7)[24:] != code(7, bytes(15) + b"\1")[24:]
    assert code(7)[24:] != code(8)[24:]


def test_the_mac_is_hmac_sm3() -> None:
    assert code(0) == "370200D15600000500000000BA112D24"


@pytest.mark.parametrize("text", ["", "3" * 31, "3" * 33, "g" * 32, "ab" * 16])
def test_another_text_is_no_identification_code(text: str) -> None:
    assert not number.is_identification_code(text)


@pytest.mark.parametrize("account", ["4111111111111111", "6222020000000000018", "79927398713000000"])
def test_accounts_have_a_luhn_check(account: str) -> None:
    assert number.is_bank_account(account)


@given(st.integers(10**14, 10**15 - 1), st.integers(0, 14), st.integers(1, 9))
def test_any_single_changed_digit_of_an_account_is_found(body: int, place: int, step: int) -> None:
    account = next(f"{body}{last}" for last in range(10) if number.is_bank_account(f"{body}{last}"))
    changed = str((int(account[place]) + step) % 10)
    assert not number.is_bank_account(account[:place] + changed + account[place + 1 :])


@pytest.mark.parametrize("text", ["", "411111111111111", "4" * 20, "411111111111111x", "４111111111111111"])
def test_another_text_is_no_account(text: str) -> None:
    assert not number.is_bank_account(text)
