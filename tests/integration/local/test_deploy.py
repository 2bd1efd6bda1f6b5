"""The files in deploy/ are those that this version needs."""

import importlib
from pathlib import Path

import pytest
import yaml

from services.common.config import ServiceConfig, load
from services.local.broker import configuration
from services.local.certificates import Identity
from services.local.folder import SERVICES

DEPLOY = Path(__file__).parents[3] / "deploy"
MODELS = {"card": "CardConfig", "eligibility": "EligibilityConfig", "fund_audit": "FundAuditConfig"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_configuration_is_accepted(service: str) -> None:
    model: type[ServiceConfig] = getattr(importlib.import_module(f"services.{service}.config"), MODELS[service])
    config = load(model, DEPLOY / "config" / f"{service}.toml")
    assert config.tls.certificate == config.nats.tls.certificate
    assert config.tls.certificate.name == f"system-{service}.pem"


def test_the_brokers_configuration_is_the_one_that_the_tests_run_with() -> None:
    folder = Path("/run/socsec/certificates")
    identity = Identity(folder / "system-nats-server.pem", folder / "system-nats-server.key", folder / "authority.pem")
    expected = configuration("0.0.0.0:4222", Path("/var/lib/socsec/nats"), identity)
    assert (DEPLOY / "nats" / "nats.conf").read_text().split("\n", 1)[1] == expected.split("\n", 1)[1]


def test_compose_starts_each_service_after_its_migration_and_the_streams() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    for service in SERVICES:
        host = service.replace("_", "-")
        assert services[host]["command"] == f"python -m services.{service} serve --config /etc/socsec/{service}.toml"
        assert services[f"migrate-{host}"]["command"].split()[2:4] == [f"services.{service}", "migrate"]
        assert {f"migrate-{host}", "streams"} <= set(services[host]["depends_on"])
        assert f"socsec_{service}" in services[host]["environment"]["SOCSEC_DATABASE_URL"]
