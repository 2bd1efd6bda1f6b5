"""An employer's batch by ssctl over real processes: name list, file for the maker, a failure, repetition."""

import csv
from pathlib import Path

from services.admin.outcome import ExitCode
from tests.integration.admin.desk import Desk, identity_number
from tests.integration.card.city import account

BACK = (
    "serial,card_no,identity_number,full_name,issue_date,expire_date,card_identification_code,reset_code,"
    "service_bank_code,bank_account,box_position,failure_stage,failure_reason"
)
PLACE = ("--issuing-division", "370212", "--service-bank-code", "402")
ASKED = ("--organisation", "91370200A00000001X", "--letter", "letter 7")


def lines_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text("utf-8").splitlines()))


def returned(file: Path, *lines: str) -> Path:
    file.write_text("\n".join([BACK, *lines]) + "\n", "utf-8")
    return file


def good(line: dict[str, str]) -> str:
    sent = f"{line['serial']},{line['card_no']},{line['identity_number']},{line['full_name']}"
    return f"{sent},2026-01-05,2036-01-05,{line['card_identification_code']},,402,{account()},7-1,,"


def test_an_employers_batch_goes_out_comes_back_and_its_failure_is_repeated(desk: Desk, tmp_path: Path) -> None:
    numbers = [identity_number() for _ in range(3)]
    desk.people(tmp_path, numbers)
    names = tmp_path / "names.csv"
    header = "identity_number,issuing_division,service_bank_code"
    names.write_text("\n".join([header, *(f"{number},370212,402" for number in numbers)]) + "\n", "utf-8")
    assert "dry run" in desk.run("making", "apply", names, *ASKED).stderr
    assert desk.one("making", "apply", names, *ASKED, "--execute")["accepted"] == 3
    assert desk.one("making", "create", *PLACE)["card_count"] == 3  # a dry run
    batch = str(desk.one("making", "create", *PLACE, "--execute")["name"])
    assert str(desk.one("making", "advance", batch, "--stage", "personalised", "--execute")["stage"]).endswith(
        "PERSONALISED"
    )
    assert desk.do("making", "overdue") == []
    file = tmp_path / "maker.csv"
    assert desk.run("making", "export", batch, file).exit_code == ExitCode.DONE
    assert desk.run("making", "export", batch, file).exit_code == ExitCode.USAGE
    assert file.stat().st_mode & 0o077 == 0
    lines = lines_of(file)
    assert sorted(line["identity_number"] for line in lines) == sorted(numbers)
    failed = f"{lines[1]['serial']},{lines[1]['card_no']},,,,,{lines[1]['card_identification_code']},,,,,BANK,开户失败"
    back = returned(tmp_path / "back.csv", good(lines[0]), failed, good(lines[2]))
    assert desk.one("making", "import", batch, back)["accepted"] == 3  # a dry run
    assert desk.one("making", "import", batch, back, "--execute")["accepted"] == 3
    assert desk.one("making", "import", batch, back, "--execute", "--again")["repeated"] == 3
    found = desk.one("making", "get", batch)
    assert (found["card_count"], found["made_count"], found["failed_count"]) == (3, 2, 1)
    assert [found["name"] for found in desk.do("making", "list", "--filter", "stage = RETURNED")] == [batch]
    made = next(
        found["name"]
        for found in desk.do("cards", "list", "--filter", 'progress = MADE AND issuing_division = "370212"')
    )
    mailed(desk, tmp_path, str(made))
    second = str(desk.one("making", "create", *PLACE, "--execute")["name"])
    rest = tmp_path / "rest.csv"
    desk.run("making", "export", second, rest)
    [line] = lines_of(rest)
    assert line["identity_number"] == lines[1]["identity_number"]
    short = returned(tmp_path / "long.csv", good(line), good(line))
    assert desk.run("making", "import", second, short, "--execute").exit_code == ExitCode.REFUSED
    foreign = returned(tmp_path / "foreign.csv", good(lines[0]))
    assert desk.run("making", "import", second, foreign, "--execute").exit_code == ExitCode.REJECTED
    assert "RETURN_FOREIGN_CARD" in (tmp_path / "foreign.csv.rejects.csv").read_text("utf-8")
    assert (
        desk.one("making", "import", second, returned(tmp_path / "last.csv", good(line)), "--execute")["accepted"] == 1
    )


def mailed(desk: Desk, folder: Path, card: str) -> None:
    """Send a made card by mail."""
    recipient = "王小明\n13900000001\n青岛市黄岛区长江中路1号\n"
    wrong = desk.run("deliveries", "request", card, "--recipient-file", "-", stdin="王小明\n")
    assert wrong.exit_code == ExitCode.USAGE
    asked = desk.one("deliveries", "request", card, "--recipient-file", "-", "--execute", stdin=recipient)
    assert "长江中路1号" not in str(asked)
    file = folder / "labels.csv"
    assert desk.run("deliveries", "labels", file, "--issuing-division", "370212").exit_code == ExitCode.DONE
    assert [line["card"] for line in lines_of(file)] == [card]
    desk.one("deliveries", "post", card, "--tracking-number", "EMS 1", "--execute")
    assert desk.one("deliveries", "undeliverable", card)["state"] == "DELIVERY_STATE_UNDELIVERABLE"  # a dry run
    assert desk.one("deliveries", "get", card)["state"] == "DELIVERY_STATE_POSTED"
    assert desk.one("deliveries", "delivered", card, "--execute")["state"] == "DELIVERY_STATE_DELIVERED"
