"""Sealed fields and blind indexes."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.crypto import KeyFile, SealBroken, Vault

OLD, NEW, INDEX = bytes(32), bytes(range(32)), b"\x07" * 32
BEFORE = Vault(KeyFile("old", {"old": OLD}, INDEX))
AFTER = Vault(KeyFile("new", {"old": OLD, "new": NEW}, INDEX))
WITHOUT_OLD = Vault(KeyFile("new", {"new": NEW}, INDEX))


@given(st.text(), st.text())
def test_what_is_sealed_opens_at_its_place(text: str, place: str) -> None:
    assert AFTER.open(AFTER.seal(text, place), place) == text


def test_a_field_that_was_moved_does_not_open() -> None:
    with pytest.raises(SealBroken, match="people/2"):
        AFTER.open(AFTER.seal("370299199001010012", "people/1"), "people/2")


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_field_of_which_any_byte_was_changed_does_not_open(place: int, change: int) -> None:
    sealed = bytearray(AFTER.seal("370299199001010012", "people/1"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(SealBroken) as broken:
        AFTER.open(bytes(sealed), "people/1")
    assert "370299" not in str(broken.value)


@given(st.integers(0, 45))
def test_a_field_that_was_cut_off_does_not_open(length: int) -> None:
    with pytest.raises(SealBroken):
        AFTER.open(AFTER.seal("370299199001010012", "people/1")[:length], "people/1")


def test_after_a_rotation_old_fields_open_and_new_ones_are_sealed_under_the_new_key() -> None:
    old, new = BEFORE.seal("x", "p"), AFTER.seal("x", "p")
    assert (old[1:4], new[1:4]) == (b"old", b"new")
    assert AFTER.open(old, "p") == "x"
    assert WITHOUT_OLD.open(new, "p") == "x"
    with pytest.raises(SealBroken, match="a key that is not in the key file"):
        WITHOUT_OLD.open(old, "p")
    with pytest.raises(SealBroken):
        BEFORE.open(new, "p")


def test_the_same_text_is_never_sealed_the_same_but_indexed_the_same() -> None:
    assert AFTER.seal("x", "p") != AFTER.seal("x", "p")
    assert AFTER.index("x", "person") == BEFORE.index("x", "person")
    assert AFTER.index("x", "person") != AFTER.index("x", "account")
    assert AFTER.index("x", "person") != Vault(KeyFile("new", {"new": NEW}, NEW)).index("x", "person")
    assert AFTER.index("b", "a") != AFTER.index("", "a\0b")[:15]


FILE = """
[seal]
current = "{current}"
[seal.keys]
k1 = "{key}"
[index]
key = "{index}"
"""
GOOD = {"current": "k1", "key": "00" * 32, "index": "01" * 32}


def test_a_key_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text(FILE.format(**GOOD))
    assert KeyFile.load(tmp_path / "keys.toml") == KeyFile("k1", {"k1": bytes(32)}, b"\x01" * 32)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"current": "k2"}, "names a key that is not in"),
        ({"key": "00" * 31}, "every key has 32 bytes"),
        ({"index": "01" * 33}, "every key has 32 bytes"),
        ({"key": "deadbeef-secret"}, "is no key file"),
    ],
)
def test_a_wrong_key_file_is_refused_without_showing_a_key(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    (tmp_path / "keys.toml").write_text(FILE.format(**(GOOD | changed)))
    with pytest.raises(ValueError, match=said) as refused:
        KeyFile.load(tmp_path / "keys.toml")
    assert "0000" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_file_without_the_sections_or_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text("[seal]")
    with pytest.raises(ValueError, match="is no key file"):
        KeyFile.load(tmp_path / "keys.toml")
    (tmp_path / "keys.toml").write_text("]")
    with pytest.raises(tomllib.TOMLDecodeError):
        KeyFile.load(tmp_path / "keys.toml")
