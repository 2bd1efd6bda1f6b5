"""`ssctl ecards` and `ssctl applications`: issued, raised, shown by a relative, good at a terminal."""

from pathlib import Path

from services.admin.outcome import ExitCode
from tests.integration.admin.desk import HOLDER, Desk


def test_an_electronic_card_is_raised_authorised_shown_and_checked_offline(desk: Desk, tmp_path: Path) -> None:
    _, person, card = desk.card(tmp_path)
    ecard = str(desk.one("ecards", "issue", person, "--execute")["name"])
    desk.one("cards", "bank", card, "--change", "activated", "--execute", *HOLDER)
    raised = desk.one("ecards", "upgrade", ecard, "--phone-file", "-", "--execute", stdin="13900000001")
    assert raised["level"] == "E_CARD_LEVEL_L2"
    desk.one("cards", "report-loss", card, "--kind", "provisional", "--execute")
    found = desk.one("ecards", "get", "--person", person)
    assert found["status"] == "E_CARD_STATUS_AUTHORIZATION_NEEDED"
    usable = desk.one("ecards", "authorize-use", ecard, "--proof", "face, app session 4711", "--execute")
    assert usable["status"] == "E_CARD_STATUS_USABLE"
    code = str(desk.one("ecards", "token", ecard)["token"])
    files = ("--keys", tmp_path / "keys", "--status-list", tmp_path / "list")
    assert desk.run("ecard", "fetch", *files).exit_code == ExitCode.DONE
    verified = desk.alone("ecard", "verify", "-", *files, stdin=code)
    assert (verified.exit_code, verified.stdout) == (ExitCode.DONE, "VALID\n")
    assert desk.one("ecards", "redeem", "-", "--execute", stdin=code)["ecard"] == ecard
    assert desk.one("ecards", "redeem", "-", "--execute", stdin=code)["refusal"] == "TOKEN_REFUSAL_REPLAYED"


def test_many_electronic_cards_come_from_a_file(desk: Desk, tmp_path: Path) -> None:
    people = [desk.card(tmp_path) for _ in range(2)]
    file = tmp_path / "ecards.csv"
    file.write_text("\n".join(["identity_number", *(number for number, _, _ in people)]) + "\n")
    assert desk.one("ecards", "import", file, "--execute")["accepted"] == 2
    assert desk.one("ecards", "import", file, "--execute", "--again")["repeated"] == 2


def test_a_child_shows_the_electronic_card_of_an_old_parent(desk: Desk, tmp_path: Path) -> None:
    (_, parent, _), (_, child, _) = desk.card(tmp_path), desk.card(tmp_path)
    ecard = str(desk.one("ecards", "issue", parent, "--execute")["name"])
    desk.one("ecards", "issue", child, "--execute")
    assert desk.run("ecards", "token", ecard, "--delegate", child).exit_code == ExitCode.REFUSED
    desk.one("ecards", "family", "add", ecard, "--delegate", child, "--relation", "parent", "--execute")
    assert desk.one("ecards", "family", "list", "--filter", f'ecard = "{ecard}"')["delegate"] == child
    assert desk.one("ecards", "token", ecard, "--delegate", child)["token"]
    assert desk.one("ecards", "family", "remove", ecard, "--delegate", child, "--execute")["removed"] is True
    assert desk.run("ecards", "family", "list", "--filter", f'ecard = "{ecard}"').stderr == "nothing found\n"


def test_an_application_is_opened_checked_and_closed(desk: Desk, tmp_path: Path) -> None:
    _, person, card = desk.card(tmp_path)
    card_no = str(desk.one("cards", "get", card)["card_no"])
    about = ("--domain", "culture", "--need", "identity-only", "--owner", "library", "--enabled-from", "2026-01-01")
    desk.one("applications", "create", "qd-library", *about, "--execute")
    assert "qd-library" in desk.run("applications", "list").stdout
    assert desk.run("applications", "check", "qd-library", "--card-no", card_no).exit_code == ExitCode.REFUSED
    assert desk.one("applications", "open", "qd-library", card, "--execute") == {"opened": True}
    assert desk.one("applications", "check", "qd-library", "--card-no", card_no) == {"valid": True}
    ecard = str(desk.one("ecards", "issue", person, "--execute")["name"])
    code = str(desk.one("ecards", "token", ecard)["token"])
    assert desk.one("applications", "check", "qd-library", "--token", "-", stdin=code) == {"valid": True}
    assert desk.one("applications", "list-open", card)["usable"] is True
    desk.one("applications", "change", "qd-library", *about[:-2], "--enabled-from", "2026-02-01", "--execute")
    assert desk.one("applications", "end", "qd-library", "--execute")["enabled_to"]
    assert desk.one("applications", "close", "qd-library", card, "--execute") == {"closed": True}


def test_an_answer_that_no_chip_of_the_card_gave_is_not_authentic(desk: Desk, tmp_path: Path) -> None:
    _, _, card = desk.card(tmp_path)
    code = str(desk.one("cards", "get", card)["card_identification_code"])
    asked = ("--card-identification-code", code, "--challenge", "00" * 16, "--cryptogram", "11" * 16)
    refused = desk.run("applications", "verify-cryptogram", *asked)
    assert (refused.exit_code, "No chip of a good card" in refused.stderr) == (ExitCode.REFUSED, True)
