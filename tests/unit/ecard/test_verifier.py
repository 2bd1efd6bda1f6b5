"""What a device without a network says of a token."""

import time
from datetime import timedelta

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.ecard_token import base45, cose, token
from services.common.ecard_token.cbor import Malformed
from services.common.ecard_token.cose import Algorithm
from services.common.ecard_token.keys import KeySet, TokenKey, key_id_of
from services.common.ecard_token.status_list import StatusList, write_list
from services.common.ecard_token.verifier import LEEWAY, Refusal, Verifier
from tests.unit.ecard.issuer import LIST_URI, NOW, TOKEN, Issuer, status_list, validity

ISSUER = Issuer()
GOOD = ISSUER.qr()


def verifier(*lists: StatusList) -> Verifier:
    return Verifier(ISSUER.keys, lists or [status_list()])


def refusal(text: str, *lists: StatusList, after: timedelta = timedelta()) -> Refusal | None:
    return verifier(*lists).verify(text, NOW + after).refusal


def test_a_good_token_is_accepted_and_read() -> None:
    verdict = verifier().verify(GOOD, NOW)
    assert verdict.valid
    assert verdict.token == TOKEN


def test_a_token_fits_a_small_qr_code_and_holds_nobodys_name() -> None:
    assert len(GOOD) <= 395  # alphanumeric characters of a QR code of version 10, error correction level L
    payload = cose.read(token.unpack(GOOD)).payload
    assert set(cbor2.loads(payload)) == {1, 4, 5, 6, 7, 169, 65535}


def test_a_token_of_another_key_with_the_same_id_is_forged() -> None:
    (key_id,) = ISSUER.keys.keys
    other = Issuer(2).signer
    forged = token.write(TOKEN, cose.Signer(key_id, other.algorithm, other.sign))
    assert refusal(forged) is Refusal.FORGED


def test_a_changed_claim_is_forged() -> None:
    message = cbor2.loads(token.unpack(GOOD))
    protected, header, payload, signature = message.value
    claims = cbor2.loads(payload)
    claims[169] = {**claims[169], 75: 1}
    changed = cbor2.dumps(cbor2.CBORTag(18, [protected, dict(header), cbor2.dumps(claims), signature]))
    assert refusal(token.pack(changed)) is Refusal.FORGED


def test_a_token_of_a_key_that_the_device_has_not_is_told_apart_from_a_forged_one() -> None:
    assert refusal(Issuer(2).qr()) is Refusal.UNKNOWN_KEY


def test_tokens_of_the_old_and_the_new_key_are_good_while_keys_change() -> None:
    both = Verifier(KeySet([*ISSUER.keys.keys.values(), *Issuer(2).keys.keys.values()]), [status_list()])
    assert both.verify(GOOD, NOW).valid
    assert both.verify(Issuer(2).qr(), NOW).valid


def test_a_token_lives_its_seconds_and_the_clocks_leeway() -> None:
    for seconds, expected in ((-6, Refusal.NOT_YET_VALID), (-5, None), (0, None), (64, None), (65, Refusal.EXPIRED)):
        assert refusal(GOOD, after=timedelta(seconds=seconds)) is expected
    assert timedelta(seconds=5) == LEEWAY


def test_a_revoked_card_is_refused_by_its_index_and_its_neighbours_are_not() -> None:
    assert refusal(GOOD, status_list(TOKEN.list_index)) is Refusal.REVOKED
    assert refusal(GOOD, status_list(TOKEN.list_index - 1, TOKEN.list_index + 1)) is None


def test_without_a_fresh_list_nothing_is_accepted() -> None:
    assert refusal(GOOD, status_list(age=timedelta(hours=35))) is None
    assert refusal(GOOD, status_list(age=timedelta(hours=36))) is Refusal.STATUS_LIST_STALE
    assert Verifier(ISSUER.keys, []).verify(GOOD, NOW).refusal is Refusal.STATUS_LIST_STALE
    assert refusal(ISSUER.qr(list_uri=LIST_URI + "0")) is Refusal.STATUS_LIST_STALE
    assert refusal(ISSUER.qr(list_index=1 << 40)) is Refusal.STATUS_LIST_STALE


@pytest.mark.parametrize("length", range(0, len(GOOD), 7))
def test_a_token_that_was_read_in_part_is_truncated(length: int) -> None:
    assert refusal(GOOD[:length]) in (Refusal.TRUNCATED, Refusal.MALFORMED)


def test_most_cut_tokens_are_told_as_truncated() -> None:
    cut = [refusal(GOOD[:length]) for length in range(len(GOOD))]
    assert cut.count(Refusal.TRUNCATED) > 0.9 * len(cut)


def test_a_signed_status_list_is_no_token() -> None:
    data = write_list(validity(), 1, bytes(8), ISSUER.signer)
    assert refusal(token.pack(data)) is Refusal.MALFORMED


@pytest.mark.parametrize(
    "claims",
    [
        {},
        [],
        {1: "i", 4: 2_000_000_000, 5: 1, 7: b"", 65535: {"status_list": {"idx": 0, "uri": ""}}},
        {1: "i", 4: 1 << 80, 5: 1, 7: b"", 169: {1: "a", 75: 1}, 65535: {"status_list": {"idx": 0, "uri": ""}}},
        {1: "i", 4: 1 << 50, 5: 1, 7: b"", 169: {1: "a", 75: 1}, 65535: {"status_list": {"idx": 0, "uri": ""}}},
        {1: "i", 4: 9, 5: 1, 7: b"", 169: {1: "a", 75: True}, 65535: {"status_list": {"idx": 0, "uri": ""}}},
        {1: "i", 4: 9, 5: 1, 7: b"", 169: {1: "a", 75: 1}, 65535: {"status_list": {"idx": -1, "uri": ""}}},
    ],
)
def test_signed_claims_of_another_form_are_malformed(claims: object) -> None:
    assert refusal(token.pack(cose.sign(ISSUER.signer, cbor2.dumps(claims)))) is Refusal.MALFORMED


def test_a_bomb_of_zeros_is_malformed_and_never_unpacked() -> None:
    assert refusal(token.pack(bytes(4_097))) is Refusal.MALFORMED
    assert refusal("0" * 100_000) is Refusal.MALFORMED


def test_an_es256_issuer_is_verified_too_and_its_key_set_is_read_back() -> None:
    private = ec.derive_private_key(12345, ec.SECP256R1())

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    key_id = key_id_of(private.public_key())
    published = KeySet([TokenKey(key_id, private.public_key()), *ISSUER.keys.keys.values()])
    held = KeySet.from_cose(published.to_cose())
    text = token.write(TOKEN, cose.Signer(key_id, Algorithm.ES256, sign))
    assert Verifier(held, [status_list()]).verify(text, NOW).valid
    assert Verifier(held, [status_list()]).verify(GOOD, NOW).valid
    assert '"crv":"P-256"' in published.to_jwks()
    assert '"crv":"Ed25519"' in published.to_jwks()


@pytest.mark.parametrize(
    "keys", [b"", b"\xa0", cbor2.dumps([{1: 4}]), cbor2.dumps([{1: 1, -1: 6, -2: b"short", 2: b"k"}])]
)
def test_what_is_no_key_set_is_refused(keys: bytes) -> None:
    with pytest.raises(Malformed):
        KeySet.from_cose(keys)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gets_a_refusal(text: str) -> None:
    assert refusal(text) is not None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_packed_as_a_token_get_a_refusal(data: bytes) -> None:
    assert refusal(token.pack(data)) is not None


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.sampled_from("0123456789ABCXYZ $%*+-./:"))
def test_a_token_with_one_other_character_is_refused_or_is_the_same(place: int, letter: str) -> None:
    changed = GOOD[:place] + letter + GOOD[place + 1 :]
    assert (refusal(changed) is None) == (changed == GOOD)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_message_with_one_other_byte_is_refused(data: st.DataObject) -> None:
    message = bytearray(token.unpack(GOOD))
    place = data.draw(st.integers(0, len(message) - 1))
    message[place] ^= data.draw(st.integers(1, 255))
    assert refusal(token.pack(bytes(message))) is not None


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.binary(max_size=8) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from([1, 4, 5, 7, 169, 65535, "status_list", 75]), inner, max_size=8)
        ),
        max_leaves=20,
    )
)
def test_whatever_an_issuer_signs_a_device_answers(claims: object) -> None:
    assert refusal(token.pack(cose.sign(ISSUER.signer, cbor2.dumps(claims)))) is not None


@given(st.binary(max_size=64))
def test_base45_reads_back_what_it_wrote(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


def test_a_device_checks_two_thousand_tokens_in_a_second_of_its_processor() -> None:
    device, count = verifier(), 400
    started = time.process_time()
    for _ in range(count):
        assert device.verify(GOOD, NOW).valid
    assert count / (time.process_time() - started) >= 2_000
