"""The configuration file and the command line of a service."""

import sys
from pathlib import Path

import pytest

from services.common.command import main
from services.common.config import ConfigError, ServiceConfig, load

CONTENT = """
listen = "127.0.0.1:7001"
database_url = "sqlite:///{folder}/x.db"
{more}
[tls]
certificate = "a"
private_key = "b"
authority = "c"
[nats]
url = "tls://127.0.0.1:1"
tls = {{certificate = "a", private_key = "b", authority = "c"}}
{section}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path)


def written(folder: Path, more: str = "", section: str = "") -> Path:
    path = folder / "service.toml"
    path.write_text(CONTENT.format(folder=folder, more=more, section=section), "utf-8")
    return path


def test_a_file_is_read_with_its_defaults_and_cannot_be_changed(file: Path) -> None:
    config = load(ServiceConfig, file)
    assert (config.listen, config.telemetry.log_level, config.drain_grace_seconds) == ("127.0.0.1:7001", "INFO", 10.0)
    with pytest.raises(ValueError, match="frozen"):
        config.listen = "elsewhere"  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(
    ("more", "section", "said"),
    [
        ("lisen = 1", "", "lisen: Extra inputs"),
        ("", "[telemetry]\nlog_levl = 'INFO'", r"telemetry\.log_levl"),
        ("", "[telemetry]\nlog_level = 'LOUD'", r"telemetry\.log_level"),
        ("drain_grace_seconds = -1", "", "drain_grace_seconds"),
        ("]", "", "service.toml"),
    ],
)
def test_a_wrong_key_or_value_is_refused_by_its_name(tmp_path: Path, more: str, section: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(ServiceConfig, written(tmp_path, more, section))


def test_a_refusal_does_not_show_what_was_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(ServiceConfig, written(tmp_path, 'drain_grace_seconds = "secret"'))
    assert "secret" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="absent"):
        load(ServiceConfig, tmp_path / "absent.toml")
    (tmp_path / "wrong.toml").write_bytes(b"listen = '\xff'")
    with pytest.raises(ConfigError):
        load(ServiceConfig, tmp_path / "wrong.toml")


def test_the_environment_wins_over_a_text_of_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCSEC_DATABASE_URL", "postgresql+asyncpg://u@h/d")
    monkeypatch.setenv("SOCSEC_DRAIN_GRACE_SECONDS", "1")  # no text: a number stays as the file says
    config = load(ServiceConfig, file)
    assert (config.database_url, config.drain_grace_seconds) == ("postgresql+asyncpg://u@h/d", 10.0)


def commanded(monkeypatch: pytest.MonkeyPatch, file: Path, command: str, *, clean: bool = True) -> int:
    served: list[str] = []

    async def serve(config: ServiceConfig) -> bool:
        served.append(config.listen)
        return clean

    monkeypatch.setattr(sys, "argv", ["service", command, "--config", str(file)])
    code = main("services.card", ServiceConfig, serve)
    assert served == (["127.0.0.1:7001"] if command == "serve" else [])
    return code


def test_the_command_line_tells_by_its_exit_code_how_it_went(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commanded(monkeypatch, file, "check-config") == 0
    assert commanded(monkeypatch, file, "serve") == 0
    assert commanded(monkeypatch, file, "serve", clean=False) == 1
    assert commanded(monkeypatch, file, "migrate") == 0
    assert (file.parent / "x.db").exists()
    with pytest.raises(SystemExit) as refused:
        commanded(monkeypatch, file, "explode")
    assert refused.value.code == 2


def test_a_wrong_configuration_is_told_and_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commanded(monkeypatch, written(tmp_path, "lisen = 1"), "check-config") == 2
    assert "lisen" in capsys.readouterr().err
