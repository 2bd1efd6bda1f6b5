"""What the command line answers before, and when, no service does."""

from pathlib import Path

import pytest

from services.admin.outcome import EXIT_CODES, ExitCode
from services.admin.reference import groups, verbs
from tests.support.commands import ssctl
from tests.unit.admin.profiles import make_profile, write_profile

CHANGE = ("--from-month", "2026-01", "--reason", "x")
CRYPTOGRAM = ("applications", "verify-cryptogram", "--card-identification-code", "00")


@pytest.fixture(autouse=True)
def no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSCTL_PROFILE", raising=False)


def test_help_lists_groups_and_exit_codes() -> None:
    said = ssctl("--help").stdout
    assert all(group in said for group in groups())
    assert all(f"{code.value} " in EXIT_CODES for code in ExitCode)
    assert "interrupted" in said


def test_every_verb_and_every_option_explains_itself() -> None:
    commands = [(f"{name} {verb}", command) for name, group in groups().items() for verb, command in verbs(group)]
    assert len(commands) > 90
    for name, command in commands:
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", ""), f"{name} {parameter.name}"
    said = ssctl("cards", "renew", "--help").stdout
    assert all(word in said for word in ("DAMAGED or EXPIRING", "--proof", "--execute", "--profile"))


def test_one_electronic_card_has_the_verbs_of_many() -> None:
    assert ssctl("ecard", "--help").stdout.count("verify") == ssctl("ecards", "--help").stdout.count("verify") > 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("cards", "list"), ExitCode.USAGE, "--profile FILE, --dir DIR, or the variable SSCTL_PROFILE"),
        (("cards", "list", "--profile", "a", "--dir", "b"), ExitCode.USAGE, "not both"),
        (("cards", "list", "--profile", "a", "--role", "auditor"), ExitCode.USAGE, "--role goes with --dir"),
        (("cards", "list", "--profile", "none.toml"), ExitCode.USAGE, "cannot be used"),
        (
            ("cards", "list", "--dir", "none", "--role", "../king"),
            ExitCode.USAGE,
            "operator, reviewer, auditor, system",
        ),
        (("cards", "list", "--dir", "none"), ExitCode.NOTHING, "ssctl stack up"),
        (("cards", "list", "--dir", "none", "-o", "xml"), ExitCode.USAGE, "xml"),
        (("cards", "freeze"), ExitCode.USAGE, "freeze"),
        (("stack", "status", "--dir", "none"), ExitCode.NOTHING, ""),
    ],
)
def test_wrong_usage_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ssctl(*words)
    assert result.exit_code == code
    assert said in result.stderr


@pytest.mark.parametrize("content", ["", "role = 'operator'", "role = ", "\x00", "role = 'king'\n[tls]\n[services]"])
def test_a_profile_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text(content)
    result = ssctl("cards", "list", "--profile", str(profile))
    assert result.exit_code == ExitCode.USAGE
    assert str(profile) in result.stderr


def test_a_service_that_does_not_answer_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSCTL_PROFILE", str(write_profile(tmp_path / "p.toml", make_profile(tmp_path))))
    result = ssctl("cards", "get", "cards/x")
    assert result.exit_code == ExitCode.UNAVAILABLE
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("The service does not answer")


def test_a_change_without_an_answer_says_how_to_repeat_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSCTL_PROFILE", str(write_profile(tmp_path / "p.toml", make_profile(tmp_path))))
    result = ssctl("cards", "collect", "cards/x", "--execute", "--request-id", "mine")
    assert result.exit_code == ExitCode.UNAVAILABLE
    assert "--request-id mine repeats it without harm" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("people", "get"), "--person people/{person}, or --identity-number-file"),
        (("people", "get", "--person", "people/x", "--identity-number-file", "-"), "not both"),
        (("people", "get", "--identity-number-file", "none"), "cannot be read"),
        (("people", "get", "--identity-number-file", "-"), "holds no identity number"),
        (("cards", "report-loss", "cards/x", "--kind", "frozen"), "PROVISIONAL, FORMAL"),
        (("cases", "decide", "cases/x", "--reason", "looked at"), "--confirm or --dismiss"),
        (("eligibility", "evaluate", "employee_pension"), "Give a person"),
        (("eligibility", "evaluate", "employee_pension", "--fact", "months"), "name=value"),
        (("eligibility", "evaluate", "employee_pension", "--fact", "birth_month=1965-13"), "YYYY-MM"),
        (("eligibility", "evaluate", "x", "--fact", f"contribution_months={'9' * 20}"), "larger than any fact may be"),
        (("eligibility", "evaluate", "\udcff", "--fact", "a_fen=1"), "--benefit is not UTF-8"),
        (
            ("entitlements", "change-amount", "e", *CHANGE, "--monthly-amount-fen", "9" * 20),
            "--monthly-amount-fen is larger",
        ),
        (("cards", "import", "none.csv"), "No such file"),
        (("cards", "collect", "cards/x", "--actor", "neighbour"), "--actor is one of: HOLDER"),
        (("cards", "collect", "cards/x", "--proof", "smile=1"), "--proof is one of: HOLDER_IDENTITY"),
        (("cards", "change-contact", "cards/x", "--contact-file", "-"), "phone, if there is one address"),
        (("people", "register", "--person-file", "-", "--division", "370202"), "identity number, full name"),
        (("ecards", "get"), "one of them"),
        ((*CRYPTOGRAM, "--challenge", "x", "--cryptogram", "00"), "--challenge is written in hexadecimal"),
        (("pins", "verify", "cards/x", "--pin-file", "-"), "a line each: PIN"),
        (("pins", "reset", "cards/x", "--pin-file", "none"), "cannot be read"),
        (("pins", "unlock", "cards/x"), "--actor holder"),
        (("pins", "change", "cards/x", "--pins-file", "-"), "--execute does it"),
    ],
)
def test_wrong_options_are_said_before_anything_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSCTL_PROFILE", str(write_profile(tmp_path / "p.toml", make_profile(tmp_path))))
    result = ssctl(*words)
    assert result.exit_code == ExitCode.USAGE
    assert said in result.stderr


def test_two_numbers_are_not_one_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSCTL_PROFILE", str(write_profile(tmp_path / "p.toml", make_profile(tmp_path))))
    result = ssctl("people", "get", "--identity-number-file", "-", stdin="370299194001010014\n370299194001010022\n")
    assert result.exit_code == ExitCode.USAGE
    assert "holds 2" in result.stderr
    assert "3702991940" not in result.stderr
