"""`ssctl rules` and `decisions` against the real service."""

from pathlib import Path

from services.admin.outcome import ExitCode
from services.eligibility.book.book import RULES
from services.eligibility.book.content import folder_of
from tests.integration.admin.desk import Desk, identity_number, write

RETIREMENT = "statutory_retirement"


def retired(desk: Desk, folder: Path) -> str:
    number = identity_number()
    [person] = desk.people(folder, [number])
    facts = write(folder, "facts", [f"{number},MALE_60,300,0,,,2026-10-01"])
    assert desk.one("eligibility", "facts", "import", facts, "--execute")["accepted"] == 1
    return person


def test_rules_are_listed_and_shown(desk: Desk) -> None:
    names = {str(one["name"]) for one in desk.do("rules", "list", "--benefit", RETIREMENT)}
    assert "rules/statutory_age_months" in names
    table = desk.run("rules", "list").stdout
    assert "calculation_base_fen (unverified)" in table
    assert "2025-01.." in table
    shown = desk.run("rules", "show", "statutory_age_months", role="auditor").stdout
    assert "return former_age_months + delay_months" in shown
    assert "statutory_retirement/delayed_age.csv" in shown
    parameters = desk.run("rules", "show", "rules/delay_months").stdout
    assert "2024-09-13" in parameters
    assert desk.one("rules", "show", "delay_months")["title"]
    assert desk.run("rules", "show", "nothing").exit_code == ExitCode.NOTHING


def test_a_decision_is_recorded_explained_and_computed_again(desk: Desk, tmp_path: Path) -> None:
    person = retired(desk, tmp_path)
    record = ("decisions", "record", RETIREMENT, "--person", person, "--as-of-date", "2026-06-01")
    assert desk.one(*record)["outcome"] == "OUTCOME_ELIGIBLE"
    assert desk.do("decisions", "list", "--person", person) == []
    made = desk.one(*record, "--execute")
    [listed] = desk.do("decisions", "list", "--person", person, "--filter", f"benefit = {RETIREMENT}")
    assert listed["name"] == made["name"]
    assert desk.one("decisions", "get", str(made["name"])) == made
    explained = desk.one("rules", "explain", str(made["name"]), role="auditor")
    assert (explained["reproduced"], explained["differences"]) == (True, [])
    told = desk.run("rules", "explain", str(made["name"])).stdout
    assert "yes, byte for byte" in told
    assert "2025-01.." in told
    now = desk.run("rules", "explain", RETIREMENT, "--person", person, "--as-of-date", "2026-06-01").stdout
    assert "社会保险法" in now
    assert desk.do("decisions", "recompute", "--person", person) == []
    assert desk.run("decisions", "recompute", "--person", person, role="auditor").exit_code == 0
    refused = desk.run("decisions", "record", RETIREMENT, "--person", person, "--execute", role="auditor")
    assert refused.exit_code == ExitCode.REFUSED


def test_what_was_known_on_a_day_is_asked_by_an_option(desk: Desk) -> None:
    few = ("contribution_months=300", "birth_month=1975-01", "retirement_group=male-60", "deemed_months=0")
    facts = [word for fact in few for word in ("--fact", fact)]
    asked = ("eligibility", "evaluate", RETIREMENT, "--as-of-date", "2024-09-01", *facts)
    then = desk.one(*asked, "--known-date", "2024-09-12")
    assert (then["known_date"], then["results"]["min_contribution_months"]) == ("2024-09-12", "180")  # type: ignore[index]  # a map
    assert desk.one(*asked)["results"]["min_contribution_months"] == "216"  # type: ignore[index]  # a map


def test_a_folder_of_law_is_checked_without_a_service(desk: Desk, tmp_path: Path) -> None:
    assert desk.alone("rules", "check", folder_of(RULES)).exit_code == 0
    (tmp_path / "facts.yaml").write_text("x:\n  colour: red\n", "utf-8")
    told = desk.alone("rules", "check", tmp_path)
    assert (told.exit_code, told.stdout) == (1, "facts.yaml:2: unknown key colour\n")


def test_a_job_for_an_engine_is_printed_or_written_to_a_new_file(desk: Desk, tmp_path: Path) -> None:
    job = tmp_path / "job.py"
    wanted = ("sweep", "plan", "--engine", "spark", "--benefit", "employee_pension", "--lacking", "retirement_month")
    written = desk.one(*wanted, "--to", str(job), role="auditor")
    text = job.read_text("utf-8")
    assert f'"book_hash": "{written["book_hash"]}"' in text
    assert '"lacking": "retirement_month"' in text
    assert desk.run(*wanted, "--to", str(job)).exit_code == ExitCode.USAGE
    query = desk.run("sweep", "plan", "--engine", "clickhouse", "--as-of-date", "2026-06-01", "--evidence", "seen")
    assert f"by rule book {written['book_hash']}." in query.stdout
    assert "FROM seen AS evidence" in query.stdout
