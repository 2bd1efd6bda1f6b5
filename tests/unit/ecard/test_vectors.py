"""The public test vectors of the formats, and readers that others wrote."""

import base64

import claim169
import pytest
import token_status_list
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.common.ecard_token import base45, cbor, cose, status_list, token
from services.common.ecard_token.keys import Forged, KeySet, PublicKey, TokenKey, key_id_of
from services.common.ecard_token.verifier import Refusal, Verifier
from tests.unit.ecard import issuer
from tests.unit.ecard.issuer import ISSUER, NOW, TOKEN, Issuer

# RFC 8392 appendix A.2.3 and A.3.
RFC8392_X = bytes.fromhex("143329cce7868e416927599cf65a34f3ce2ffda55a7eca69ed8919a394d42f0f")
RFC8392_Y = bytes.fromhex("60f7f1a780d8a783bfb7a2dd6b2796e8128dbbcef9d3d168db9529971a36e7b9")
RFC8392_SIGNED = bytes.fromhex(
    "d28443a10126a104524173796d6d657472696345434453413235365850a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572"
    "696b77037818636f61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b7158405427"
    "c1ff28d23fbad1f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01f85951ecee743a52b9b63632c572"
    "09120e1c9e30"
)
# draft-ietf-oauth-status-list: the key of its examples, a signed list, a token that refers to one.
DRAFT_X, DRAFT_Y = "I3HWm_0Ds1dPMI-IWmf4mBmH-YaeAVbPVu7vB27CxXo", "6N_d5Elj9bs1htgV3okJKIdbHEpkgTmAluYKJemzn1M"
DRAFT_LIST = bytes.fromhex(
    "d2845820a2012610781a6170706c69636174696f6e2f7374617475736c6973742b637774a1044231325850a502782168747470733a2f2f65"
    "78616d706c652e636f6d2f7374617475736c697374732f31061a648c5bea041a8898dfea19fffe19a8c019fffda2646269747301636c7374"
    "4a78dadbb918000217015d584093fa4d01032b18c35e2fe1101b77fd6cc9440022caa4694450c4e4e9feab4e99d1fa6d9772ce2bf3a12e03"
    "23ded7c982c5e101a5e67f0cbc1e2b6f57ce99c279"
)
DRAFT_TOKEN = bytes.fromhex(
    "d28443a10126a1044231325866a502653132333435017368747470733a2f2f6578616d706c652e636f6d061a648c5bea041a8898dfea19ff"
    "ffa16b7374617475735f6c697374a2636964780063757269782168747470733a2f2f6578616d706c652e636f6d2f7374617475736c697374"
    "732f315840340f7efea10f1a36dc4797636a17b4dd4848b68997d1d10e8cceb3a38ff33b3dda72964a83989f6cf98560c2fc97a08bc8977c"
    "c6b0f84cfedab93d3e4481e938"
)
# The draft's lists of 2^20 statuses: index -> status.
DRAFT_LONG_1 = bytes.fromhex(
    "a2646269747301636c737458bd78daeddc010dc0200c0041a88249400ad2903e0f4bba00bd93f002beb7a2a2010000a91e09000000000000"
    "00000000000000000080729604000000000000000000000000000000000000000000000000000000000000000000000000000000005c6f48"
    "00000000000000fc2c240000000000000000000000be1b12000000000000000000ecaa4b000000000000000000000000000000009b0b0900"
    "000000000000000038de9400000000000000002a30cc010000000080642f0bd8011b"
)
DRAFT_LONG_2 = bytes.fromhex(
    "a2646269747302636c737459013d78daeddb310d00211000412ea1a04004fe5520ed357c28c81d3312b6df68bc65480000000000406e2101"
    "0000000000000000000000000000000000000000000000000000000000000040795b02000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000080f4ba0400000000000000000000000000406d764a000000000000000000000000000000000000000000e092210100000000000000"
    "0000000000000000000000fc131200000000000000000000000000000000000000000000000000000000000000c0912e0100000000000000"
    "0000000000000000000000c07d4b02000000000000000000000000000000a8614a0000000000000000000000406a1fcd60010c"
)
DRAFT_STATUSES = {
    0: 1,
    1993: 2,
    25460: 1,
    159495: 3,
    495669: 1,
    554353: 1,
    645645: 2,
    723232: 1,
    854545: 1,
    934534: 2,
    1000345: 3,
}
# MOSIP claim 169, from the vectors of the claim169 project.
CLAIM169_EDDSA = (
    "6BF590B20FFWJWG.FKJ05H7B0XKA8FA9DIWENPEJ/5P$DPQE88EB$CBECP9ERZC04E21DDF3/E96007F3ORAO001KL580 B9%W5*B9C+9%R8646%86"
    "HKESED1/DRTC5UA QE$345$CVQEX.DX88WBK0NG8PB4 O/38TL6XDALLKLPQATHO.3ZPJMUAVQFSB1:+B*21V FWMC6SU439YU774475LJ2U5T02$V"
    "BSIMLQ3:6J.E1-1STM$4"
)
CLAIM169_EDDSA_KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
CLAIM169_ES256 = (
    "6BF390D20FFWJWG.FKX*4F7B0XKA8FA9DIWENPEJ/5P$DPQE88EB$CBECP9ERZC04E21DDF3/E96007F3ORAO001KL480 B9OW5UM8SNA3W5746CP0"
    "1Y8VS8MA85UA QE$345$CVQEX.D15839CZG0.SN7CP::K1QOD2S*GG4/0UR7X.E5-U-X2-GUPF7I:5SBQGZIY8NTXHRSE.YBIW6CZEAQTX%R08HJWP"
    " MPFBNN/KK.9$1C.3"
)
CLAIM169_ES256_KEY = bytes.fromhex(
    "0478e9de939034c9d7fb3c4b988cc897d8bd2bb9397dc6129762d6df431568ea268aa11a62b63867b720f8ca6695a3e94eaf5e909aa9b13d86"
    "dbbec8b8e287ad78"
)


def p256(point: bytes) -> PublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def of_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


DRAFT_KEY = p256(b"\x04" + of_base64url(DRAFT_X) + of_base64url(DRAFT_Y))
DRAFT_KEYS = KeySet([TokenKey(b"12", DRAFT_KEY)])


@pytest.mark.parametrize(
    ("data", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")]
)
def test_base45_is_that_of_rfc_9285(data: bytes, text: str) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@pytest.mark.parametrize("text", ["GGX", ":::", "A", "AAAA", "::", "ab", "Ä0"])
def test_what_is_no_base45_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        base45.decode(text)


def test_the_signed_cwt_of_rfc_8392_is_read() -> None:
    message = cose.read(RFC8392_SIGNED)
    keys = KeySet([TokenKey(b"AsymmetricECDSA256", p256(b"\x04" + RFC8392_X + RFC8392_Y))])
    keys.check(message)
    claims = cbor.load(message.payload)
    assert (cbor.member(claims, 1, str, "iss"), cbor.member(claims, 4, int, "exp")) == (
        "coap://as.example.com",
        1444064944,
    )
    assert cbor.member(claims, 7, bytes, "cti") == bytes.fromhex("0b71")


def test_the_signed_list_of_the_draft_is_read() -> None:
    found = status_list.open_list(DRAFT_LIST, DRAFT_KEYS)
    assert (found.uri, found.bits, found.statuses) == ("https://example.com/statuslists/1", 1, bytes([0xB9, 0xA3]))
    assert [found.status(index) for index in range(17)] == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, None]


def test_the_token_of_the_draft_refers_to_its_list_where_ours_do() -> None:
    message = cose.read(DRAFT_TOKEN)
    DRAFT_KEYS.check(message)
    status = cbor.member(cbor.load(message.payload), 65535, dict, "status")
    assert status == {"status_list": {"idx": 0, "uri": "https://example.com/statuslists/1"}}


@pytest.mark.parametrize(("bits", "data"), [(1, DRAFT_LONG_1), (2, DRAFT_LONG_2)])
def test_the_long_lists_of_the_draft_are_read(bits: int, data: bytes) -> None:
    found_bits, statuses = status_list.decode(cbor.load(data))
    held = status_list.StatusList("", 0, found_bits, statuses, NOW)
    assert (found_bits, len(statuses)) == (bits, (1 << 20) * bits // 8)
    expected = {index: status if bits == 2 else 1 for index, status in DRAFT_STATUSES.items()}
    assert {index: held.status(index) for index in DRAFT_STATUSES} == expected
    assert sum(byte.bit_count() for byte in statuses) == sum(status.bit_count() for status in expected.values())


@pytest.mark.parametrize(
    ("text", "key", "name"),
    [
        (CLAIM169_EDDSA, Ed25519PublicKey.from_public_bytes(CLAIM169_EDDSA_KEY), "Signed Test Person"),
        (CLAIM169_ES256, p256(CLAIM169_ES256_KEY), "ECDSA Test Person"),
    ],
)
def test_the_codes_of_claim_169_are_read(text: str, key: PublicKey, name: str) -> None:
    message = cose.read(token.unpack(text))
    keys = KeySet([TokenKey(message.key_id, key)])
    keys.check(message)
    identity = cbor.member(cbor.load(message.payload), 169, dict, "169")
    assert identity[4] == name
    assert Verifier(keys, []).verify(text, NOW).refusal is Refusal.MALFORMED  # an identity, but no card of ours


@pytest.mark.parametrize("text", ["Z6S96O TPGRN", "6BFGPD$.PV0Q$LPFDQI00LTDH1"])
def test_the_invalid_codes_of_claim_169_are_refused(text: str) -> None:
    assert Verifier(Issuer().keys, []).verify(text, NOW).refusal is Refusal.MALFORMED


def test_an_independent_reader_of_claim_169_reads_our_code_and_checks_its_signature() -> None:
    (key,) = Issuer().keys.keys.values()
    assert isinstance(key.public_key, Ed25519PublicKey)
    raw = key.public_key.public_bytes_raw()
    read = claim169.decode(Issuer().qr(), verify_with_ed25519=raw, validate_timestamps=False)
    assert read.is_verified()
    assert (read.claim169.id, read.claim169.version) == (TOKEN.ecard, "1")
    assert (read.cwt_meta.issuer, read.cwt_meta.expires_at) == (ISSUER, int(TOKEN.expire_time.timestamp()))
    assert bytes(read.key_id) == key.key_id
    with pytest.raises(claim169.Claim169Exception):
        claim169.decode(Issuer(2).qr(), verify_with_ed25519=raw, validate_timestamps=False)


def test_an_independent_reader_of_status_lists_reads_ours() -> None:
    listed = issuer.status_list(0, 9, 4242, 9_999)
    data = status_list.write_list(issuer.validity(), 3, listed.statuses, Issuer().signer)
    content = cbor.member(cbor.load(cose.read(data).payload), 65533, dict, "status_list")
    bits, packed = content["bits"], content["lst"]
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    read = token_status_list.BitArray.load({"bits": bits, "lst": text})
    assert [index for index in range(len(read)) if read[index]] == [0, 9, 4242, 9_999]


def test_a_key_is_named_by_its_thumbprint_as_rfc_9679_makes_it() -> None:
    x = "65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"
    y = "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"
    thumbprint = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec"
    assert key_id_of(p256(bytes.fromhex("04" + x + y))).hex() == thumbprint[:16]


def test_a_signature_of_another_algorithm_than_the_keys_is_forged() -> None:
    message = cose.read(token.unpack(Issuer().qr()))
    with pytest.raises(Forged):
        TokenKey(message.key_id, DRAFT_KEY).check(message)
