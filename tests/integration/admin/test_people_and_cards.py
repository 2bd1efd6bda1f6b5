"""`ssctl people` and `ssctl cards` against the real vault and card service."""

from pathlib import Path

import pytest

from services.admin.outcome import ExitCode
from tests.integration.admin.desk import Desk, identity_number, write
from tests.integration.card.city import account


def test_people_are_imported_resolved_and_read_masked(desk: Desk, tmp_path: Path) -> None:
    number, other = identity_number(), identity_number()
    [person] = desk.people(tmp_path, [number])
    shown = desk.one("people", "get", "--identity-number-file", "-", stdin=number)
    assert shown == desk.one("people", "get", "--person", person)
    assert shown["name"] == person
    assert shown["masked_identity_number"] == f"370{'*' * 13}{number[-2:]}"
    assert number not in str(shown)
    table = desk.run("people", "get", "--person", person).stdout
    assert number not in table
    assert "王**" in table

    assert [record["person"] for record in resolve(desk, [other, number, "nonsense"])] == ["", person, ""]
    unknown = desk.run("people", "resolve", "--identity-number-file", "-", stdin=other)
    assert unknown.exit_code == ExitCode.NOTHING
    assert other not in unknown.output


def resolve(desk: Desk, numbers: list[str]) -> list[dict[str, object]]:
    return desk.do("people", "resolve", "--identity-number-file", "-", stdin="\n".join(numbers))


def test_a_reveal_needs_the_role_and_is_on_record(desk: Desk, tmp_path: Path) -> None:
    number = identity_number()
    [person] = desk.people(tmp_path, [number])
    words = ("people", "reveal", "--person", person, "--purpose", "compare with the file", "--case-reference", "F-1")
    refused = desk.run(*words)
    assert (refused.exit_code, refused.stdout) == (ExitCode.REFUSED, "")
    assert refused.stderr.startswith("ROLE_NOT_ALLOWED: ")
    revealed = desk.one(*words, role="auditor")
    assert (revealed["identity_number"], revealed["full_name"]) == (number, "王小明")
    [reveal] = desk.do("people", "reveals", "--person", person, role="auditor")
    assert (reveal["purpose"], reveal["case_reference"]) == ("compare with the file", "F-1")


def test_a_card_goes_through_its_life(desk: Desk, tmp_path: Path) -> None:
    number = identity_number()
    [person] = desk.people(tmp_path, [number])
    wanted = ("cards", "apply", "--issuing-division", "370200", "--service-bank-code", "102", "--execute")
    card = str(desk.one(*wanted, "--identity-number-file", "-", stdin=number)["name"])
    given = account()
    made = desk.one("cards", "make", card, "--bank-account-file", "-", "--execute", stdin=given)
    assert made["masked_bank_account"] == f"{'*' * 12}{given[-4:]}"
    desk.one("cards", "collect", card, "--etag", str(made["etag"]), "--execute")
    assert desk.one("cards", "enable", card, "--execute")["status"] == "CARD_STATUS_ENABLED"
    assert desk.one("cards", "verify", "--card-no", str(made["card_no"])) == {"valid": True, "applications": []}
    desk.one("cards", "report-loss", card, "--kind", "provisional", "--execute")
    invalid = desk.run("cards", "verify", "--card-no", str(made["card_no"]))
    assert invalid.exit_code == ExitCode.REFUSED
    assert desk.one("cards", "cancel-loss", card, "--execute")["status"] == "CARD_STATUS_ENABLED"
    desk.one("cards", "report-loss", card, "--kind", "FORMAL", "--execute")
    successor = desk.one("cards", "replace", card, "--execute")
    assert successor["replaces"] == card
    cancelled = desk.one("cards", "cancel", str(successor["name"]), "--reason", "holder-request", "--execute")
    assert cancelled["cancel_reason"] == "CANCEL_REASON_HOLDER_REQUEST"
    found = desk.do("cards", "list", "--person", person)
    assert [record["name"] for record in found] == [successor["name"], card]
    assert desk.do("cards", "list", "--person", person, "--filter", "status = ENABLED") == []
    assert desk.one("cards", "list", "--person", person, "--limit", "1")["name"] == successor["name"]


def test_a_dry_run_answers_what_would_be_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    number = identity_number()
    file = write(tmp_path, "people", [f"{number},王小明,370202,,"])
    tried = desk.run("people", "import", file)
    assert tried.exit_code == 0
    assert "dry run: nothing was changed" in tried.stderr
    assert "accepted  1" in tried.stdout
    assert desk.run("people", "resolve", "--identity-number-file", "-", stdin=number).exit_code == ExitCode.NOTHING

    [person] = desk.people(tmp_path, [number])
    desk.one("cards", "import", write(tmp_path, "cards", [f"{number},370200,102,{account()},2026-01-01"]), "--execute")
    [card] = desk.do("cards", "list", "--person", person)
    loss = ("cards", "report-loss", str(card["name"]), "--kind", "formal")
    assert desk.one(*loss)["status"] == "CARD_STATUS_FORMALLY_LOST"
    assert "dry run: nothing was changed" in desk.run(*loss).stderr
    assert desk.one("cards", "get", str(card["name"])) == card


def test_a_line_with_the_account_of_another_person_is_rejected_by_its_column(desk: Desk, tmp_path: Path) -> None:
    numbers, given = [identity_number() for _ in range(2)], account()
    desk.people(tmp_path, numbers)
    file = write(tmp_path, "cards", [f"{number},370200,102,{given},2026-01-01" for number in numbers])
    assert desk.run("cards", "import", file, "--execute").exit_code == ExitCode.REJECTED
    _, rejected = (tmp_path / "cards.csv.rejects.csv").read_text("utf-8").splitlines()
    assert rejected.split(",")[:3] == ["3", "bank_account", "ACCOUNT_OF_ANOTHER"]
    assert given not in rejected


def test_a_repeated_request_is_answered_as_before(desk: Desk, tmp_path: Path) -> None:
    [person] = desk.people(tmp_path, [identity_number()])
    words = ("cards", "apply", "--issuing-division", "370200", "--service-bank-code", "102", "--person", person)
    first = desk.one(*words, "--execute", "--request-id", f"once-{person[-8:]}")
    assert desk.one(*words, "--execute", "--request-id", f"once-{person[-8:]}") == first


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("cards", "get", "cards/x"), ExitCode.REFUSED, "INVALID_RESOURCE_NAME"),
        (("cards", "get", "cards/01arz3ndektsv4rrffq69g5fav"), ExitCode.NOTHING, "RESOURCE_NOT_FOUND"),
        (("cards", "list", "--filter", "colour = RED"), ExitCode.REFUSED, "INVALID_FILTER"),
        (("cases", "list"), ExitCode.REFUSED, "ROLE_NOT_ALLOWED"),
        (("eligibility", "evaluate", "dragon", "--fact", "birth_month=1960-01"), ExitCode.REFUSED, "UNKNOWN_BENEFIT"),
    ],
)
def test_a_refusal_is_one_line_with_its_reason(desk: Desk, words: tuple[str, ...], code: ExitCode, reason: str) -> None:
    result = desk.run(*words)
    assert (result.exit_code, result.stdout) == (code, "")
    [line] = result.stderr.splitlines()
    assert line.startswith(f"{reason}: ")
