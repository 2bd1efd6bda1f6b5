"""A profile of nobody's services, with real certificates."""

from pathlib import Path

from services.admin.profile import Addresses, Profile
from services.common.config import TlsConfig
from services.local.certificates import Authority

NOWHERE = "127.0.0.1:1"


def make_profile(folder: Path, address: str = NOWHERE) -> Profile:
    identity = Authority(folder / "certificates").identity("operator", "test")
    tls = TlsConfig(certificate=identity.certificate, private_key=identity.private_key, authority=identity.authority)
    return Profile(role="operator", tls=tls, services=Addresses(card=address, eligibility=address, fund_audit=address))


def write_profile(path: Path, profile: Profile) -> Path:
    tls = "".join(f'{name} = "{file}"\n' for name, file in profile.tls.model_dump().items())
    services = "".join(f'{name} = "{address}"\n' for name, address in profile.services.model_dump().items())
    path.write_text(f'role = "{profile.role}"\n[tls]\n{tls}[services]\n{services}', "utf-8")
    return path
