"""The key provider: keys of its own, keys before the present one, and those that were derived."""

from pathlib import Path

import pytest

from services.card.keys import DERIVED, FileKeys, Secret
from services.card.pin import set_pin
from services.common.crypto import KeyFile
from services.common.errors import PreconditionFailed
from services.local.keys import make_provider_keys

FIELD_KEYS = KeyFile("k1", {"k1": bytes(32)}, bytes(range(32)))
OLD, NEW = "11" * 32, "22" * 32
MASTERS = '[master]\ncurrent = "m1"\nkeys = { m1 = "0123456789abcdeffedcba9876543210" }\n'
CODE, CHALLENGE = "370200D1560000050102030405060708", bytes.fromhex("11223344556677888877665544332211")
ANSWER = bytes.fromhex("be835cf6c5e04d130df0b0b239fec084")


def provider(folder: Path, pins: str, before: str = "") -> FileKeys:
    file = folder / "provider.toml"
    passwords = f'[password]\ncurrent = "k1"\nkeys = {{ k1 = "{NEW}" }}\n'
    file.write_text(f"{before}\n{MASTERS}[pin]\n{pins}\n{passwords}", "utf-8")
    return FileKeys.load(file, FIELD_KEYS)


def test_a_pin_moves_to_the_new_key_with_its_next_right_entry_and_is_void_without_its_own(tmp_path: Path) -> None:
    before = provider(tmp_path, f'current = "k1"\nkeys = {{ k1 = "{OLD}" }}')
    pin = set_pin("c1", before.tried(Secret.PIN, "cards/c1", "860213"), is_initial=False)
    assert pin.key_id == "k1"
    both = provider(tmp_path, f'current = "k2"\nkeys = {{ k1 = "{OLD}", k2 = "{NEW}" }}')
    wrong, check = pin.attempt(both.tried(Secret.PIN, "cards/c1", "111111"), 6)
    assert (wrong.key_id, check.tries_left) == ("k1", 5)
    moved, check = wrong.attempt(both.tried(Secret.PIN, "cards/c1", "860213"), 6)
    assert (moved.key_id, moved.wrong_tries, check.verified) == ("k2", 0, True)
    after = provider(tmp_path, f'current = "k2"\nkeys = {{ k2 = "{NEW}" }}')
    assert moved.attempt(after.tried(Secret.PIN, "cards/c1", "860213"), 6)[1].verified
    with pytest.raises(PreconditionFailed) as void:
        pin.attempt(after.tried(Secret.PIN, "cards/c1", "860213"), 6)
    assert void.value.reason == "PIN_NOT_SET"


def test_what_was_made_under_derived_keys_goes_on_only_where_that_is_said(tmp_path: Path) -> None:
    without = FileKeys.load(None, FIELD_KEYS)
    pin = set_pin("c1", without.tried(Secret.PIN, "cards/c1", "860213"), is_initial=False)
    assert pin.key_id == DERIVED
    listed = f'current = "k1"\nkeys = {{ k1 = "{OLD}" }}'
    accepting = provider(tmp_path, listed, "accept_derived = true")
    assert pin.attempt(accepting.tried(Secret.PIN, "cards/c1", "860213"), 6)[0].key_id == "k1"
    assert DERIVED not in provider(tmp_path, listed).tried(Secret.PIN, "cards/c1", "860213").values


def test_equal_digits_have_another_value_for_each_card_and_purpose(tmp_path: Path) -> None:
    keys = provider(tmp_path, f'current = "k1"\nkeys = {{ k1 = "{NEW}" }}')  # the same key for both purposes
    asked = ((Secret.PIN, "cards/c1"), (Secret.PIN, "cards/c2"), (Secret.PASSWORD, "ecards/c1"))
    assert len({keys.tried(secret, owner, "860213").value for secret, owner in asked}) == 3


def test_a_chip_answers_under_the_master_key_that_it_was_personalised_with(tmp_path: Path) -> None:
    keys = provider(tmp_path, f'current = "k1"\nkeys = {{ k1 = "{NEW}" }}')
    assert keys.is_authentic(CODE, CHALLENGE, ANSWER)
    assert not FileKeys.load(None, FIELD_KEYS).is_authentic(CODE, CHALLENGE, ANSWER)
    assert not keys.is_authentic(CODE, CHALLENGE, bytes(16))


@pytest.mark.parametrize(
    "pins",
    [
        f'current = "k2"\nkeys = {{ k1 = "{OLD}" }}',
        f'current = "k1"\nkeys = {{ k1 = "{OLD[2:]}" }}',
        f'current = "derived"\nkeys = {{ derived = "{OLD}" }}',
        'current = "k1"\nkeys = { k1 = "no key" }',
        'current = "k1"\nkeys = "k1"',
        "",
    ],
)
def test_a_wrong_file_is_refused_without_showing_a_key(tmp_path: Path, pins: str) -> None:
    with pytest.raises(ValueError, match="no file of provider keys") as refused:
        provider(tmp_path, pins)
    assert OLD[:8] not in str(refused.value)


def test_the_embedded_stack_makes_keys_once_and_goes_on_with_derived_ones(tmp_path: Path) -> None:
    for accept in (False, True):
        file = tmp_path / f"{accept}.toml"
        make_provider_keys(file, accept_derived=accept)
        first = file.read_bytes()
        make_provider_keys(file)
        assert file.read_bytes() == first
        tried = FileKeys.load(file, FIELD_KEYS).tried(Secret.PASSWORD, "ecards/e1", "860213")
        assert (DERIVED in tried.values) == accept
