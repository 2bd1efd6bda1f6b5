"""Certificates for development: one authority in a folder, and whatever identities are asked of it.

Production takes its certificates from the bureau's own authority; nothing in the services depends on this module.
"""

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROLES = ("operator", "reviewer", "auditor", "system")
"""The roles that a caller's name can carry."""
OFFICE = "office"
"""What an office's certificate says: good for the bus alone, as no method of a service may be called with it."""

_AUTHORITY_LIFE = dt.timedelta(days=3650)
_LIFE = dt.timedelta(days=397)
_RENEW_BEFORE = dt.timedelta(days=30)
_BACKDATED = dt.timedelta(hours=1)  # machines of one desk disagree about the time


@dataclass(frozen=True, slots=True)
class Identity:
    """The files of one mTLS identity, PEM."""

    certificate: Path
    private_key: Path
    authority: Path


def caller_uri(role: str, name: str) -> str:
    """Give the URI by which peers know a caller, for example `spiffe://socsec/system/card`."""
    return f"spiffe://socsec/{role}/{name}"


class Authority:
    """A certificate authority kept in a folder; made when the folder holds none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate_file = folder / "authority.pem"
        key_file = folder / "authority.key"
        if not self.certificate_file.exists():
            _make_authority(key_file, self.certificate_file)
        self._certificate = x509.load_pem_x509_certificate(self.certificate_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{key_file.name} holds no elliptic-curve key.")
        self._key = key

    def identity(self, role: str, name: str) -> Identity:
        """Give the identity of a caller; it is made at first, and again when it is about to expire.

        A system's certificate is good for a server too: on this machine, and on a host of its own name (`fund-audit`).
        """
        if role not in (*ROLES, OFFICE):
            raise ValueError(f"A role is one of {', '.join((*ROLES, OFFICE))}.")
        stem = f"{role}-{name}"
        identity = Identity(self._folder / f"{stem}.pem", self._folder / f"{stem}.key", self.certificate_file)
        if not _is_good(identity.certificate):
            self._issue(identity, role, name)
        return identity

    def _issue(self, identity: Identity, role: str, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(caller_uri(role, name))]
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if role == "system":  # a person's certificate must not stand as a server
            names += [x509.DNSName("localhost"), x509.DNSName(name.replace("_", "-"))]
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
            usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            _builder(f"{role} {name}", key, _LIFE)
            .issuer_name(self._certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(issuer_key, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        _write_key(identity.private_key, key)
        write_secret(identity.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, complete or not at all."""
    temporary = path.with_suffix(path.suffix + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _make_authority(key_file: Path, certificate_file: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder("socsec development authority", key, _AUTHORITY_LIFE)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "socsec development authority")])
    certificate = (
        builder.issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(key_file, key)
    write_secret(certificate_file, certificate.public_bytes(serialization.Encoding.PEM))


def _builder(common_name: str, key: ec.EllipticCurvePrivateKey, life: dt.timedelta) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _is_good(certificate_file: Path) -> bool:
    if not certificate_file.exists():
        return False
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    return certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) > _RENEW_BEFORE


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_secret(path, key.private_bytes(*encoding))
