"""`ssctl cards export`, `watch` and `payable`: a copy of the register without a gap."""

from pathlib import Path

from services.admin.card_kinds import EXISTING_CARDS
from services.admin.outcome import ExitCode
from services.card.number import card_no
from tests.integration.admin.desk import Desk, identity_number


def test_a_copy_is_exported_and_then_followed_from_the_same_moment(desk: Desk, tmp_path: Path) -> None:
    _, person, card = desk.card(tmp_path)
    token = tmp_path / "token"
    wanted = ("--filter", f'person = "{person}" AND status = ENABLED', "--token-file", token)
    [held] = desk.do("cards", "export", *wanted, role="auditor")
    assert held == desk.one("cards", "get", card)
    desk.one("cards", "report-loss", card, "--kind", "provisional", "--execute")
    first = desk.one("cards", "watch", *wanted, "--count", "1", role="auditor")
    assert first["kind"] == "CARD_CHANGE_KIND_LEFT"
    desk.one("cards", "cancel-loss", card, "--execute")
    line = desk.run("cards", "watch", *wanted, "--count", "1", role="auditor").stdout
    assert "  HELD  " in line
    assert f"  {card}  {person}  ENABLED  " in line
    foreign = desk.run("cards", "watch", "--token-file", token, role="auditor")
    assert foreign.exit_code == ExitCode.REFUSED


def test_who_can_be_paid_is_said_for_each_line(desk: Desk, tmp_path: Path) -> None:
    number, person, _ = desk.card(tmp_path)
    assert desk.one("cards", "payable", "--identity-number-file", "-", stdin=number)["payable"] is True
    nobody = desk.run("cards", "payable", "--identity-number-file", "-", stdin=f"{number}\n{identity_number()}\n")
    assert nobody.exit_code == ExitCode.REFUSED
    [_, first, second] = nobody.stdout.splitlines()
    assert first.split() == ["1", person, "yes"]
    assert second.split() == ["2", "no"]


def test_cards_of_another_register_are_taken_over_with_their_status(desk: Desk, tmp_path: Path) -> None:
    numbers = [identity_number() for _ in range(3)]
    people = desk.people(tmp_path, numbers)
    states = ("ENABLED,,,", "PROVISIONALLY_LOST,,,2099-01-01T00:00:00+08:00", "SEALED,,yes,")
    lines = [
        f"{number},{card_no(7_000_000 + place)},370200D156000005{place:016X},370200,102,,2019-03-01,2029-03-01,{state}"
        for place, (number, state) in enumerate(zip(numbers, states, strict=True))
    ]
    file = tmp_path / "existing.csv"
    file.write_text("\n".join([",".join(EXISTING_CARDS.records.header), *lines]) + "\n")
    assert desk.one("cards", "import-existing", file, "--execute")["accepted"] == 3
    found = [desk.one("cards", "list", "--person", person) for person in people]
    assert [str(card["status"]).removeprefix("CARD_STATUS_") for card in found] == [
        "ENABLED",
        "PROVISIONALLY_LOST",
        "SEALED",
    ]
    assert found[1]["loss_lapse_time"] == "2098-12-31T16:00:00Z"
    assert found[2]["progress"] == "CARD_PROGRESS_COLLECTED"
