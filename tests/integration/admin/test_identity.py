"""`ssctl people` and `ssctl merges`: registered, renamed, renumbered, merged by two, and who read whom."""

from pathlib import Path

from services.admin.outcome import ExitCode
from tests.integration.admin.desk import Desk, identity_number


def registered(desk: Desk, number: str, *words: str, more: str = "") -> str:
    lines = f"{number}\n王小明\n{more}"
    wanted = ("people", "register", "--person-file", "-", "--division", "370202", "--execute")
    return str(desk.one(*wanted, *words, stdin=lines)["name"])


def test_a_person_is_registered_with_a_representative_and_found_again(desk: Desk) -> None:
    guardian, ward = identity_number(), identity_number()
    guardian_name = registered(desk, guardian)
    name = registered(desk, ward, "--representative-kind", "guardian", more=guardian)
    assert guardian_name in str(desk.one("people", "get", "--person", name)["representative"])
    again = desk.run(
        "people", "register", "--person-file", "-", "--division", "370202", "--execute", stdin=f"{ward}\n王小明\n"
    )
    assert (again.exit_code, name in again.stderr, ward in again.output) == (ExitCode.REFUSED, True, False)


def test_a_name_and_a_number_change_and_the_former_number_still_leads_there(desk: Desk) -> None:
    number, new = identity_number(), identity_number()
    name = registered(desk, number)
    renamed = desk.one("people", "change-name", "--name-file", "-", "--person", name, "--execute", stdin="李大明\n")
    assert renamed["masked_full_name"] == "李**"
    change = ("people", "change-number", "--new-number-file", "-", "--reason", "correction", "--person", name)
    assert desk.one(*change, "--execute", stdin=new)["masked_identity_number"] == f"370{'*' * 13}{new[-2:]}"
    for known in (number, new):
        assert desk.one("people", "get", "--identity-number-file", "-", stdin=known)["name"] == name


def test_the_access_log_says_who_read_whom(desk: Desk) -> None:
    name = registered(desk, identity_number())
    desk.one("people", "get", "--person", name)
    desk.one("people", "get", "--person", name, role="reviewer")
    log = desk.do("people", "access", "--person", name, "--filter", "kind = READ", role="auditor")
    assert [str(access["caller"]).partition("/")[0] for access in log] == ["reviewer", "operator"]
    assert desk.run("people", "access").stderr.startswith("ROLE_NOT_ALLOWED")


def test_two_records_are_merged_by_two_people_and_parted_again(desk: Desk, tmp_path: Path) -> None:
    number, other_number = identity_number(), identity_number()
    survivor, merged = desk.people(tmp_path, [number, other_number])
    words = ("--reason", "same face and phone", "--case-reference", "F-7", "--execute")
    proposal = ("merges", "propose", "--survivor", survivor, "--merged", merged, *words)
    first = str(desk.one(*proposal)["name"])
    assert desk.run("merges", "approve", first, "--execute").stderr.startswith("ROLE_NOT_ALLOWED")
    assert desk.one("merges", "reject", first, "--execute", role="reviewer")["state"] == "MERGE_STATE_REJECTED"
    second = str(desk.one(*proposal)["name"])
    assert desk.one("merges", "approve", second, "--execute", role="reviewer")["state"] == "MERGE_STATE_MERGED"
    assert desk.one("people", "get", "--identity-number-file", "-", stdin=other_number)["name"] == survivor
    desk.one("merges", "propose-undo", second, "--reason", "twins after all", "--execute")
    assert desk.one("merges", "undo", second, "--execute", role="reviewer")["state"] == "MERGE_STATE_UNDONE"
    assert desk.one("merges", "get", second)["undo_reason"] == "twins after all"
    found = desk.do("merges", "list", "--filter", f'survivor = "{survivor}"')
    assert [merge["name"] for merge in found] == [second, first]
