"""Every method and every role over real gRPC: exactly those that the contract names get through."""

import dataclasses
import datetime as dt
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.common.rpc.auth import allowed_roles
from services.local.certificates import ROLES, Authority, Identity
from tests.support.hosting import Hosted, answer_of, as_is
from tests.support.rpc import credentials_of


def test_each_method_lets_in_exactly_the_roles_of_its_contract(hosted: Hosted) -> None:
    refused: dict[str, set[str]] = {}
    for method in hosted.methods():
        for role in ROLES:
            answer = hosted.call(method, b"", role)
            assert answer.code not in {"INTERNAL", "UNKNOWN", "UNIMPLEMENTED"}, (method.full_name, role)
            if answer.reason == "ROLE_NOT_ALLOWED":
                assert answer.code == "PERMISSION_DENIED"
                refused.setdefault(method.full_name, set()).add(role)
    assert refused == {
        method.full_name: others for method in hosted.methods() if (others := set(ROLES) - allowed_roles(method))
    }


def test_a_method_that_is_in_no_contract_is_answered_as_such(hosted: Hosted) -> None:
    unknown = hosted.channel("operator").unary_unary("/socsec.card.v1.NobodyService/DropTables", as_is, as_is)
    with pytest.raises(grpc.RpcError) as caught:
        unknown(b"", timeout=5)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def _first_read(hosted: Hosted, credentials: grpc.ChannelCredentials) -> str:
    """Call a read with credentials; give the code, and the reason when one of ours answered."""
    method = next(method for method in hosted.methods() if method.name.startswith("Get"))
    path = f"/{method.containing_service.full_name}/{method.name}"
    with grpc.secure_channel(hosted.address, credentials) as channel:
        try:
            channel.unary_unary(path, as_is, as_is)(b"", timeout=5)
        except grpc.RpcError as error:
            answer = answer_of(error)
            return f"{answer.code} {answer.reason}".strip()
    return "OK"


def test_a_caller_without_a_certificate_does_not_get_a_connection(hosted: Hosted) -> None:
    authority = hosted.authority.certificate_file.read_bytes()
    assert _first_read(hosted, grpc.ssl_channel_credentials(authority)) == "UNAVAILABLE"


def test_a_caller_of_another_authority_does_not_get_a_connection(hosted: Hosted, tmp_path: Path) -> None:
    foreign = Authority(tmp_path).identity("auditor", "wang")
    ours = dataclasses.replace(foreign, authority=hosted.authority.certificate_file)
    assert _first_read(hosted, credentials_of(ours)) == "UNAVAILABLE"


@pytest.mark.parametrize(
    "names",
    [
        [],
        [x509.DNSName("auditor.socsec")],
        [x509.UniformResourceIdentifier("spiffe://elsewhere/auditor/wang")],
        [x509.UniformResourceIdentifier("spiffe://socsec/governor/wang")],
        [x509.UniformResourceIdentifier("spiffe://socsec/office/health")],
        [x509.UniformResourceIdentifier("spiffe://socsec/auditor/")],
        [x509.UniformResourceIdentifier("spiffe://socsec/auditor")],
    ],
    ids=["none", "host name", "another trust domain", "unknown role", "office on the bus", "nobody", "no name"],
)
def test_a_certificate_without_a_name_of_ours_calls_nothing(
    hosted: Hosted, names: list[x509.GeneralName], tmp_path: Path
) -> None:
    identity = certified(hosted.authority.certificate_file, names, tmp_path)
    assert _first_read(hosted, credentials_of(identity)) == "UNAUTHENTICATED NO_CALLER_NAME"


def certified(authority_file: Path, names: list[x509.GeneralName], folder: Path) -> Identity:
    """Let our authority sign a client certificate with any names."""
    signer = serialization.load_pem_private_key(authority_file.with_suffix(".key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "spiffe://socsec/auditor/wang")]))
        .issuer_name(x509.load_pem_x509_certificate(authority_file.read_bytes()).subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    identity = Identity(folder / "client.pem", folder / "client.key", authority_file)
    identity.certificate.write_bytes(builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    identity.private_key.write_bytes(key.private_bytes(*encoding))
    return identity
