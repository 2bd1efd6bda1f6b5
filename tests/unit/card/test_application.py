"""Key diversification and internal authentication, by the vectors of the simulation and of SM4."""

import pytest

from services.card.application import card_key, diversify_key, is_authentic

MASTER = bytes.fromhex("0123456789abcdeffedcba9876543210")
CODE = "370200D1560000050102030405060708"
CHALLENGE = bytes.fromhex("11223344556677888877665544332211")
CRYPTOGRAM = bytes.fromhex("be835cf6c5e04d130df0b0b239fec084")


def test_keys_are_derived_in_two_levels() -> None:
    first = diversify_key(MASTER, bytes.fromhex(CODE)[:8])
    assert first.hex() == "98ca3540192eef9057ad4564b22a5a3d"
    assert card_key(MASTER, CODE).hex() == "63892d214771be760ea0434e3803e827"


def test_sm4_gives_the_known_answer_of_its_standard() -> None:
    assert diversify_key(MASTER, MASTER[:8]).hex() == "681edf34d206965e86b3e94f536e4246"  # its second half is ~first


def test_only_the_cards_own_answer_to_this_challenge_is_authentic() -> None:
    assert is_authentic(MASTER, CODE, CHALLENGE, CRYPTOGRAM)
    assert not is_authentic(MASTER, CODE[:-1] + "9", CHALLENGE, CRYPTOGRAM)
    assert not is_authentic(MASTER, CODE, CHALLENGE[::-1][:15] + b"\0", CRYPTOGRAM)
    assert not is_authentic(bytes(16), CODE, CHALLENGE, CRYPTOGRAM)


@pytest.mark.parametrize("cryptogram", [b"", CRYPTOGRAM[:15]])
def test_a_short_answer_is_not_authentic(cryptogram: bytes) -> None:
    assert not is_authentic(MASTER, CODE, CHALLENGE, cryptogram)
