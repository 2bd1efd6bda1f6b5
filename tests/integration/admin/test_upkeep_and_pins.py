"""`ssctl cards` between a card's issue and its end, `ssctl pins`, and who asks for what."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.admin.outcome import ExitCode
from services.common.identity import check_character
from tests.integration.admin.desk import HOLDER, Desk, identity_number


def test_a_card_is_renewed_with_a_temporary_one_while_it_is_made(desk: Desk, tmp_path: Path) -> None:
    _, _, card = desk.card(tmp_path)
    damaged = ("cards", "renew", card, "--reason", "damaged", "--execute")
    refused = desk.run(*damaged)
    assert (refused.exit_code, refused.stderr.partition(":")[0]) == (ExitCode.REFUSED, "PROOF_MISSING")
    successor = desk.one(*damaged, "--proof", "old-card")
    assert (successor["replaces"], successor["succession_reason"]) == (card, "SUCCESSION_REASON_DAMAGED")
    given = desk.one("cards", "issue-temporary", str(successor["name"]), "--execute", *HOLDER)
    assert str(given["temporary_card"]).count("VALID") == 1
    assert desk.run("cards", "issue-temporary", str(successor["name"]), "--execute").exit_code == ExitCode.REFUSED
    back = desk.one("cards", "return-temporary", str(successor["name"]), "--execute")
    assert "RETURNED" in str(back["temporary_card"])
    done = desk.do("cards", "operations", str(successor["name"]))
    assert [str(one["operation"]).removeprefix("OPERATION_KIND_") for one in done] == [
        "RETURN_TEMPORARY_CARD",
        "ISSUE_TEMPORARY_CARD",
        "RENEW",
    ]
    assert "HOLDER_IDENTITY" in str(done[1]["actor"])
    table = desk.run("cards", "operations", str(successor["name"])).stdout
    assert "RETURN_TEMPORARY_CARD  OPERATOR" in table
    assert "operator/" in table


def test_a_card_is_reissued_when_key_data_change(desk: Desk, tmp_path: Path) -> None:
    _, _, card = desk.card(tmp_path)
    words = ("cards", "reissue", card, "--reason", "bank", "--service-bank-code", "403", "--proof", "key-data=letter 7")
    assert desk.run(*words).stderr.startswith("PROOF_MISSING")
    assert desk.one(*words, "--proof", "old-card")["service_bank_code"] == "403"  # a dry run
    assert desk.one("cards", "get", card)["status"] == "CARD_STATUS_ENABLED"
    assert desk.one(*words, "--proof", "old-card", "--execute")["replaces"] == card


def test_a_contact_comes_from_a_file_and_is_shown_masked(desk: Desk, tmp_path: Path) -> None:
    _, _, card = desk.card(tmp_path)
    words = ("cards", "change-contact", card, "--contact-file", "-", "--execute")
    desk.one(*words, stdin="13900000001\n青岛市黄岛区长江中路1号\n")
    shown = desk.one("cards", "contact", card)
    assert shown["phone"] == "139******01"
    assert "13900000001" not in str(shown)
    assert "长江中路1号" not in str(shown)
    desk.one(*words, stdin="13900000002\n")
    assert desk.one("cards", "contact", card)["address"] == ""


def test_the_bank_tells_of_its_function_and_activation_takes_the_holder(desk: Desk, tmp_path: Path) -> None:
    _, _, card = desk.card(tmp_path)
    activated = ("cards", "bank", card, "--change", "activated", "--execute")
    refused = desk.run(*activated)
    assert (refused.exit_code, refused.stderr.partition(":")[0]) == (ExitCode.REFUSED, "ACTOR_NOT_ALLOWED")
    assert desk.one(*activated, *HOLDER)["bank_function"] == "BANK_FUNCTION_ACTIVE"
    lost = desk.one("cards", "bank", card, "--change", "lost", "--execute")
    assert lost["bank_function"] == "BANK_FUNCTION_LOST"


def test_a_pin_is_set_changed_locked_unlocked_and_never_shown(desk: Desk, tmp_path: Path) -> None:
    _, _, card = desk.card(tmp_path)
    file = tmp_path / "pin"
    file.write_text("112233\n")
    assert desk.one("pins", "reset", card, "--pin-file", file, "--execute", *HOLDER)["name"] == card
    first = desk.one("pins", "verify", card, "--pin-file", file)
    assert (first["verified"], first["change_required"]) == (True, True)
    change = ("pins", "change", card, "--pins-file", "-", "--execute", *HOLDER)
    assert desk.one(*change, stdin="112233\n445566\n")["verified"] is True
    wrong = desk.run(*change, stdin="112233\n778899\n")
    assert wrong.exit_code == ExitCode.REFUSED
    assert "112233" not in wrong.output
    assert "The PIN is wrong." in wrong.stderr
    for _ in range(4):
        assert desk.run("pins", "verify", card, "--pin-file", file).exit_code == ExitCode.REFUSED
    last = desk.run("pins", "verify", card, "--pin-file", file)
    assert "locked now" in last.stderr
    assert desk.one("cards", "get", card)["status"] == "CARD_STATUS_APP_LOCKED"
    assert desk.one("pins", "unlock", card, "--execute", *HOLDER)["status"] == "CARD_STATUS_ENABLED"
    assert desk.one("pins", "verify", card, "--pin-file", "-", stdin="445566")["tries_left"] == 6


def test_a_guardian_asks_for_a_child_with_what_proves_it(desk: Desk, tmp_path: Path) -> None:
    [guardian] = desk.people(tmp_path, [identity_number()])
    [child] = desk.people(tmp_path, [newborn()])
    words = ("cards", "apply", "--issuing-division", "370200", "--service-bank-code", "102", "--person", child)
    by_child = desk.run(*words, *HOLDER)
    assert by_child.stderr.startswith("GUARDIAN_NEEDED")
    by_guardian = ("--actor", f"guardian={guardian}", "--proof", "guardian-identity")
    assert desk.run(*words, *by_guardian).stderr.startswith("PROOF_MISSING")
    card = desk.one(*words, *by_guardian, "--proof", "guardianship=birth certificate 12", "--execute")
    [done] = desk.do("cards", "operations", str(card["name"]))
    assert guardian in str(done["actor"])
    assert "birth certificate 12" in str(done["actor"])


def newborn() -> str:
    """Give the number of somebody born a week ago."""
    first = f"370299{datetime.now(UTC) - timedelta(days=7):%Y%m%d}901"
    return first + check_character(first)
