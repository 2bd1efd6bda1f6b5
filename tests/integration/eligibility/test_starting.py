"""A service whose law contradicts itself does not start, and says where it does."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.local.certificates import Authority
from services.local.keys import make_field_keys
from tests.integration.eligibility.books import city_law


def started(folder: Path, law: Path) -> subprocess.CompletedProcess[str]:
    """Start the real process on a law; what is wrong with it ends it before anything is opened."""
    identity = Authority(folder / "certificates").identity("system", "eligibility")
    make_field_keys(folder / "eligibility.keys")
    tls = f'certificate = "{identity.certificate}"\nprivate_key = "{identity.private_key}"\n'
    tls += f'authority = "{identity.authority}"\n'
    config = folder / "eligibility.toml"
    config.write_text(
        f'listen = "127.0.0.1:0"\ndatabase_url = "sqlite:///{folder}/none.db"\ncard_address = "127.0.0.1:1"\n'
        f'keys_file = "{folder}/eligibility.keys"\nlaw_folder = "{law}"\n'
        f'[tls]\n{tls}[nats]\nurl = "tls://127.0.0.1:1"\n[nats.tls]\n{tls}',
        "utf-8",
    )
    line = [sys.executable, "-m", "services.eligibility", "serve", "--config", str(config)]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("      value: 120\n", "      value: 120\n      until: 2024-06\n    2024-08:\n      value: 9\n"),
            "leaves a gap",
        ),
        (
            ("return contribution_months * city_rate_fen", "return contribution_months * city_rate_fen * 0.5"),
            "city/city.py:20: rule city_allowance_fen may not use 0.5",
        ),
    ],
)
def test_a_law_that_contradicts_itself_is_refused_at_start_with_file_and_line(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    ended = started(tmp_path, city_law(tmp_path, change))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    line = ended.stderr.splitlines()[-1]
    assert said in line
    assert "city/city." in line
