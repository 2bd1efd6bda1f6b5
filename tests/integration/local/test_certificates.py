"""Development certificates and keys."""

import datetime as dt
import ipaddress
import stat
import tomllib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID

from services.common.crypto import KeyFile
from services.local.certificates import ROLES, Authority
from services.local.folder import Folder
from services.local.keys import make_field_keys, make_provider_keys, make_signing_key


def names_of(path: Path) -> x509.SubjectAlternativeName:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


@pytest.mark.parametrize("role", ROLES)
def test_a_certificate_carries_its_callers_name_once(tmp_path: Path, role: str) -> None:
    identity = Authority(tmp_path).identity(role, "zhang")
    names = names_of(identity.certificate)
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"spiffe://socsec/{role}/zhang"]


def test_only_a_system_can_stand_as_a_server(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    system = names_of(authority.identity("system", "fund_audit").certificate)
    assert system.get_values_for_type(x509.DNSName) == ["localhost", "fund-audit"]
    assert system.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]
    operator = authority.identity("operator", "zhang").certificate
    assert names_of(operator).get_values_for_type(x509.DNSName) == []
    usage = x509.load_pem_x509_certificate(operator.read_bytes()).extensions
    assert list(usage.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_certificate_is_signed_by_the_authority_and_kept(tmp_path: Path) -> None:
    identity = Authority(tmp_path).identity("system", "card")
    before = identity.certificate.read_bytes()
    x509.load_pem_x509_certificate(before).verify_directly_issued_by(
        x509.load_pem_x509_certificate(identity.authority.read_bytes())
    )
    Authority(tmp_path).identity("system", "card")
    assert identity.certificate.read_bytes() == before


def test_a_certificate_is_made_again_before_it_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as short:
        short.setattr("services.local.certificates._LIFE", dt.timedelta(days=20))
        identity = Authority(tmp_path).identity("system", "card")
    before = identity.certificate.read_bytes()
    Authority(tmp_path).identity("system", "card")
    renewed = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
    assert identity.certificate.read_bytes() != before
    assert renewed.not_valid_after_utc > dt.datetime.now(dt.UTC) + dt.timedelta(days=300)


def test_an_unknown_role_gets_no_certificate(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="operator"):
        Authority(tmp_path).identity("root", "zhang")


def test_keys_are_made_once_load_and_are_their_owners_alone(tmp_path: Path) -> None:
    fields, signing = tmp_path / "keys" / "card.toml", tmp_path / "keys" / "checkpoint.pem"
    provider = tmp_path / "keys" / "provider.toml"
    make_field_keys(fields)
    make_signing_key(signing)
    make_provider_keys(provider)
    first = KeyFile.load(fields)
    signature = signing.read_bytes()
    make_field_keys(fields)
    make_signing_key(signing)
    assert KeyFile.load(fields) == first
    assert signing.read_bytes() == signature
    assert isinstance(serialization.load_pem_private_key(signature, None), Ed25519PrivateKey)
    private = [
        fields,
        signing,
        provider,
        Authority(tmp_path).identity("system", "card").private_key,
        tmp_path / "authority.key",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


def test_a_folder_that_had_no_key_provider_goes_on_with_what_was_derived_before(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    make_field_keys(old / "keys" / "card.toml")
    for root, accepts in ((new, False), (old, True)):
        Folder(root).prepare_secrets()
        provider = tomllib.loads((root / "keys" / "provider.toml").read_text("utf-8"))
        assert provider.get("accept_derived", False) is accepts
