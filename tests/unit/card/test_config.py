"""The configuration of card."""

from pathlib import Path

import pytest

from services.card.app import load_vault
from services.card.config import CardConfig
from services.common.config import ConfigError, load

CONTENT = """
listen = "127.0.0.1:0"
database_url = "sqlite://"
keys_file = "{keys}"
token_keys_file = "{keys}"
{more}
[tls]
certificate = "a"
private_key = "b"
authority = "c"
[nats]
url = "tls://127.0.0.1:1"
tls = {{certificate = "a", private_key = "b", authority = "c"}}
"""


def loaded(folder: Path, more: str = "") -> CardConfig:
    path = folder / "card.toml"
    path.write_text(CONTENT.format(keys=folder / "keys.toml", more=more))
    return load(CardConfig, path)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("validity_years = 10", "validity_years"),
        ("timer_seconds = 0", "timer_seconds"),
    ],
)
def test_a_wrong_key_is_refused_by_its_name(tmp_path: Path, line: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        loaded(tmp_path, line)


def test_a_file_without_keys_is_refused(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    with pytest.raises(ConfigError, match="keys_file"):
        load_vault(config)
    config.keys_file.write_text("[seal]")
    with pytest.raises(ConfigError, match=r"keys_file: keys\.toml is no key file"):
        load_vault(config)
