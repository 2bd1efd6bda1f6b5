"""`ssctl evidence feeds` against the real services: a file, a quarantine, two pairs of eyes, an undoing."""

from pathlib import Path

from services.admin.outcome import ExitCode
from tests.integration.admin.desk import Desk, identity_number


def delivery(folder: Path, name: str, *rows: str) -> Path:
    path = folder / f"{name}.csv"
    header = "reference,revision,identity_number,kind,event_date,received_date"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def test_a_delivery_is_sent_applied_and_undone_by_two_people(desk: Desk, tmp_path: Path) -> None:
    number, person = desk.pensioner(tmp_path, "T-F1")
    file = delivery(tmp_path, "deaths", f"T-F1d,,{number},DEATH_REGISTERED,2026-10-02,2026-10-03")
    words = ("evidence", "feeds", "send", file, "--source", "civil-affairs", "--reference", "T-F1")
    assert desk.one(*words)["state"] == "FEED_BATCH_STATE_RECEIVING"
    assert desk.do("evidence", "feeds", "list", "--filter", "reference = T-F1") == []
    *_, sent = desk.do(*words, "--execute", "--wait")
    assert (sent["state"], sent["accepted_count"]) == ("FEED_BATCH_STATE_APPLIED", "1")
    name = str(sent["name"])
    assert desk.one("certifications", "get", "--person", person)["state"] == "CERTIFICATION_STATE_UNDER_VERIFICATION"
    [row] = desk.do("evidence", "feeds", "rows", name)
    assert (row["person"], row["outcome"], row["identity_number"]) == (person, "FEED_ROW_OUTCOME_ACCEPTED", "")

    propose = ("evidence", "feeds", "propose", name, "--decision", "undo", "--reason", "the list of another city")
    desk.one(*propose, "--execute")
    assert desk.run("evidence", "feeds", "approve", name, "--execute").exit_code == ExitCode.REFUSED
    desk.one("evidence", "feeds", "decline", name, "--execute", role="reviewer")
    desk.one(*propose, "--execute")
    undone = desk.one("evidence", "feeds", "approve", name, "--execute", "--wait", role="reviewer")
    assert (undone["state"], undone["restored_people_count"]) == ("FEED_BATCH_STATE_UNDONE", "1")
    assert desk.one("certifications", "get", "--person", person)["state"] == "CERTIFICATION_STATE_CERTIFIED"
    decisions = undone["decisions"]
    assert isinstance(decisions, list)
    assert [one["approved"] for one in decisions] == [False, True]


def test_a_delivery_of_an_office_that_cannot_know_is_quarantined(desk: Desk, tmp_path: Path) -> None:
    number, person = desk.pensioner(tmp_path, "T-F2")
    file = delivery(tmp_path, "bank", f"T-F2d,0,{number},DEATH_REGISTERED,2026-10-02,2026-10-03")
    send = ("evidence", "feeds", "send", file, "--source", "bank", "--reference", "T-F2", "--execute", "--wait")
    *_, sent = desk.do(*send)
    assert sent["state"] == "FEED_BATCH_STATE_QUARANTINED"
    assert isinstance(sent["findings"], list)
    assert [finding["check"] for finding in sent["findings"]] == ["FEED_CHECK_FOREIGN_KIND"]
    [again] = desk.do(*send)
    assert again == sent
    assert desk.one("certifications", "get", "--person", person)["state"] == "CERTIFICATION_STATE_CERTIFIED"


def test_refused_rows_leave_the_delivery_open(desk: Desk, tmp_path: Path) -> None:
    file = delivery(tmp_path, "broken", f"T-F3,0,{identity_number()},UFO,2026-10-02,2026-10-03")
    send = ("evidence", "feeds", "send", file, "--source", "health", "--reference", "T-F3", "--execute")
    assert desk.run(*send).exit_code == ExitCode.REJECTED
    [batch] = desk.do("evidence", "feeds", "list", "--filter", "reference = T-F3")
    assert batch["state"] == "FEED_BATCH_STATE_RECEIVING"
