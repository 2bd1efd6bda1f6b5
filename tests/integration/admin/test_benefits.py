"""`ssctl evidence`, `certifications`, `eligibility`, `entitlements` and `draws` against the real service."""

import csv
from pathlib import Path

from services.admin.outcome import ExitCode
from services.common.clock import bureau_date, system_clock
from tests.integration.admin.desk import ACCOUNT, Desk, identity_number, write
from tests.integration.card.city import account


def draw(reference: str, number: str, entitlement: str, month: str) -> str:
    return f"{reference},,{number},{entitlement},EMPLOYEE_PENSION,370202,{month},{month}-15,REGULAR,300000,"


def test_a_pension_is_granted_drawn_reversed_and_stopped(desk: Desk, tmp_path: Path) -> None:
    number, person = desk.pensioner(tmp_path, "T-1")
    [entitlement] = desk.do("entitlements", "list", "--identity-number-file", "-", stdin=number)
    name = str(entitlement["name"])
    draws = write(tmp_path, "draws", [draw("T-1a", number, "T-1", "2026-09"), draw("T-1b", number, "T-1", "2026-10")])
    assert desk.one("draws", "import", draws, "--execute")["accepted"] == 2
    reversal = write(tmp_path, "reversals", [",T-1b,2026-10-20,account closed"])
    assert desk.one("draws", "reverse", reversal, "--execute")["accepted"] == 1
    found = desk.do("draws", "list", "--person", person)
    assert {one["reference"]: one["reverse_date"] for one in found} == {"T-1a": "", "T-1b": "2026-10-20"}
    assert desk.one("draws", "get", str(found[0]["name"])) == found[0]
    assert "3,000.00" in desk.run("draws", "list", "--person", person).stdout

    suspended = desk.one(
        "entitlements", "suspend", name, "--from-month", "2026-11", "--reason", "to be clarified", "--execute"
    )
    assert suspended["state"] == "ENTITLEMENT_STATE_SUSPENDED"
    desk.one("entitlements", "resume", name, "--from-month", "2026-12", "--execute")
    stop = ("entitlements", "stop", name, "--end-month", "2027-01", "--reason", "moved away")
    assert desk.one(*stop)["end_month"] == "2027-01"
    assert desk.one("entitlements", "get", name)["end_month"] == ""
    desk.one(*stop, "--execute")
    assert desk.one("entitlements", "get", name)["end_month"] == "2027-01"


def test_an_entitlement_is_granted_by_options_alone(desk: Desk, tmp_path: Path) -> None:
    [person] = desk.people(tmp_path, [identity_number()])
    words = ["entitlements", "grant", "--person", person, "--reference", "T-2", "--benefit", "employee_pension"]
    words += ("--scheme", "employee-pension", "--pooling-region", "370202", "--start-month", "2026-01")
    words += ("--monthly-amount-fen", "250000", "--account-file", "-")
    granted = desk.one(*words, "--execute", stdin=ACCOUNT)
    assert granted["masked_account"] == f"{'*' * 15}{ACCOUNT[-4:]}"
    assert ACCOUNT not in str(granted)


def test_evidence_is_listed_and_withdrawn(desk: Desk, tmp_path: Path) -> None:
    number, person = desk.pensioner(tmp_path, "T-3")
    [one] = desk.do("evidence", "list", "--person", person)
    assert (one["reference"], one["kind"]) == ("T-3", "EVIDENCE_KIND_HOSPITAL_STAY")
    assert desk.one("certifications", "get", "--person", person)["state"] == "CERTIFICATION_STATE_CERTIFIED"
    words = ("evidence", "withdraw", "--source", "health", "--reference", "T-3", "--reason", "mistaken identity")
    desk.one(*words)
    assert desk.do("evidence", "list", "--person", person) == [one]
    desk.one(*words, "--execute")
    assert desk.one("certifications", "get", "--identity-number-file", "-", stdin=number)["last_evidence_date"] == ""


def test_a_sweep_is_waited_for_and_notices_are_taken(desk: Desk, tmp_path: Path) -> None:
    number, _ = desk.pensioner(tmp_path, "T-4")
    notices = write(tmp_path, "notices", [f"{number},SMS,2026-10-01", f"{number},PIGEON,2026-10-01"])
    told = desk.run("certifications", "notices", "import", notices, "--execute", "-o", "jsonl")
    assert told.exit_code == ExitCode.REJECTED
    assert '"rejected":1' in told.stdout
    tried = desk.one("certifications", "sweep", "create", "--as-of-date", "2026-11-01", "--wait")
    assert tried["state"] == "SWEEP_STATE_RUNNING"
    assert desk.do("certifications", "sweep", "list", "--filter", "as_of_date = 2026-11-01") == []
    create = ("certifications", "sweep", "create", "--as-of-date", "2026-11-02", "--count-only", "--wait", "--execute")
    sweep = desk.one(*create)
    assert sweep["state"] == "SWEEP_STATE_SUCCEEDED"
    assert int(str(sweep["examined_count"])) >= 1
    assert desk.one("certifications", "sweep", "get", str(sweep["name"]), "--wait") == sweep
    counts = desk.do("certifications", "sweep", "report", str(sweep["name"]))
    assert sum(int(str(count["people_count"])) for count in counts) == int(str(sweep["examined_count"]))
    reason = str(counts[-1]["reason"]).removeprefix("SWEEP_REASON_").lower()
    some = ("people", str(sweep["name"]), "--list", "to-verify", "--reason", reason, "--limit", "0")
    assert {one["reason"] for one in desk.do("certifications", "sweep", *some)} == {counts[-1]["reason"]}
    wrong = desk.run("certifications", "sweep", "people", str(sweep["name"]), "--list", "all")
    assert wrong.exit_code == ExitCode.USAGE
    late = desk.run("certifications", "sweep", "cancel", str(sweep["name"]), "--execute")
    assert late.exit_code == ExitCode.REFUSED
    assert "SWEEP_STATE" in late.stderr
    assert desk.do("certifications", "list", "--filter", "state = CERTIFIED", "--limit", "0")


def test_a_decision_is_explained(desk: Desk, tmp_path: Path) -> None:
    number = identity_number()
    [person] = desk.people(tmp_path, [number])
    facts = write(tmp_path, "facts", [f"{number},MALE_60,300,0,,,2026-10-01", f"{number},MALE,300,0,,,2026-10-01"])
    told = desk.run("eligibility", "facts", "import", facts, "--execute", "-o", "jsonl")
    assert (told.exit_code, '"accepted":1,"repeated":0,"rejected":1' in told.stdout) == (ExitCode.REJECTED, True)
    decision = desk.one("eligibility", "evaluate", "statutory_retirement", "--person", person)
    assert decision["outcome"] == "OUTCOME_ELIGIBLE"
    told = desk.run("eligibility", "evaluate", "statutory_retirement", "--person", person)
    assert "ELIGIBLE" in told.stdout
    assert "社会保险法" in told.stdout
    few = ("--fact", "contribution_months=10", "--fact", "birth_month=1941-01", "--fact", "retirement_group=male-60")
    other = desk.one("eligibility", "evaluate", "statutory_retirement", *few, "--fact", "deemed_months=0")
    assert other["outcome"] == "OUTCOME_NOT_ELIGIBLE"
    assert "statutory_retirement" in desk.run("eligibility", "benefits").stdout


def test_facts_are_told_and_listed_by_the_names_of_the_book_and_its_codes(desk: Desk, tmp_path: Path) -> None:
    [person] = desk.people(tmp_path, [identity_number()])
    injury = {"injury_recognized": "1", "injury_grade": "grade-8", "own_wage_fen": "600000", "injury_month": "2026-03"}
    given = [word for name, value in injury.items() for word in ("--fact", f"{name}={value}")]
    tell = ("eligibility", "facts", "tell", "--person", person, "--as-of-date", "2026-10-01", *given)
    assert desk.one(*tell, "--execute")["accepted"] == 1
    assert desk.one(*tell, "--execute")["repeated"] == 1
    more = ("--fact", "refuses_appraisal=0", "--fact", "refuses_treatment=0")
    decision = desk.one("eligibility", "evaluate", "disability_lump", "--person", person, *more)
    assert decision["outcome"] == "OUTCOME_ELIGIBLE"
    listed = desk.run("rules", "facts", "--benefit", "disability_lump").stdout
    assert "GRADE_1, GRADE_2" in listed
    assert "overlap_months" not in listed
    assert "劳动能力鉴定结论" in desk.run("rules", "facts").stdout
    for wrong in ("injury_grade=GRADE_11", "shoe_size=BIG", "own_wage_fen=MUCH"):
        told = desk.run("eligibility", "evaluate", "disability_lump", "--fact", wrong)
        assert (told.exit_code, wrong.partition("=")[0] in told.stderr) == (ExitCode.USAGE, True)
    told = desk.run(*tell, "--fact", "as_of_date=2026-09", "--execute")
    assert (told.exit_code, "INVALID_FACT" in told.stderr) == (ExitCode.REJECTED, True)


def test_a_retirement_in_march_2026_is_planned_and_confirmed_in_one_call(desk: Desk, tmp_path: Path) -> None:
    number = identity_number()
    [person] = desk.people(tmp_path, [number])
    facts = write(tmp_path, "facts", [f"{number},MALE_60,300,0,9000,8000000,2026-10-01"])
    desk.do("eligibility", "facts", "import", facts, "--execute")
    born = ("--person", person, "--fact", "birth_month=1965-12")  # the test's numbers are of older people
    planned = desk.one("retirement", "plan", *born)
    assert (planned["state"], planned["retirement_month"]) == ("RETIREMENT_STATE_READY", "2026-03")
    told = desk.run("retirement", "plan", *born)
    assert "2026-04" in told.stdout
    assert "国发〔2005〕38号" in told.stdout
    early = desk.one("retirement", "plan", *born, "--month", "2026-01")
    assert early["state"] == "RETIREMENT_STATE_FACTS_MISSING"
    seen = ("--plan-etag", str(planned["etag"]))
    grant = ("retirement", "confirm", *born, "--reference", "T-R", "--pooling-region", "370200", "--account-file", "-")
    assert desk.one(*grant, *seen, stdin=ACCOUNT)["state"] == "RETIREMENT_STATE_GRANTED"
    assert desk.do("entitlements", "list", "--person", person) == []
    done = desk.one(*grant, *seen, "--execute", stdin=ACCOUNT)
    [entitlement] = desk.do("entitlements", "list", "--person", person)
    assert [entitlement] == done["granted"]
    assert entitlement["start_month"] == "2026-04"


def test_the_months_of_a_pension_are_accounted_for_by_event(desk: Desk, tmp_path: Path) -> None:
    _, person = desk.pensioner(tmp_path, "T-S")
    [entitlement] = desk.do("entitlements", "list", "--person", person)
    name, start = str(entitlement["name"]), str(entitlement["start_month"])
    check = ("settlement", "check", name, "--through-month", start, "--event")
    told = desk.one(*check, "custody,2020-01-01,2020-02-01,convicted")
    assert [month["state"] for month in told["months"]] == ["MONTH_STATE_DUE"]  # type: ignore[attr-defined]  # a list
    assert "LOST" in desk.run(*check, "death,2020-01-01").stdout
    assert desk.run(*check, "death").exit_code == ExitCode.USAGE
    assert desk.run(*check, "sneeze,2020-01-01").exit_code == ExitCode.USAGE


def test_rejects_are_told_by_line_field_and_reason(desk: Desk, tmp_path: Path) -> None:
    number, _ = desk.pensioner(tmp_path, "T-5")
    lines = [
        draw("T-5a", number, "T-5", "2026-10"),
        draw("T-5b", identity_number(), "T-5", "2026-10"),
        "only,three,values",
        draw("T-5c", number, "T-99", "2026-10"),
        draw("T-5d", number, "T-5", "2026-99"),
        draw("T-5e", number, "T-5", "2026-09").replace("REGULAR", "ODD"),
        draw("T-5a", number, "T-5", "2026-10"),
    ]
    file = write(tmp_path, "draws", lines)
    told = desk.run("draws", "import", file, "--execute", "-o", "jsonl")
    assert told.exit_code == ExitCode.REJECTED
    assert '"accepted":1,"repeated":1,"rejected":5' in told.stdout
    rejects = list(csv.reader((tmp_path / "draws.csv.rejects.csv").read_text("utf-8").splitlines()))
    assert [row[:3] for row in rejects] == [
        ["line", "field", "reason"],
        ["3", "identity_number", "PERSON_NOT_FOUND"],
        ["4", "", "MALFORMED_LINE"],
        ["5", "", "ENTITLEMENT_NOT_IN_FORCE"],
        ["6", "benefit_month", "IMPOSSIBLE_DATE"],
        ["7", "kind", "UNKNOWN_VALUE"],
    ]
    assert number not in str(rejects)


def test_a_month_is_paid_by_a_list_that_two_people_make(desk: Desk, tmp_path: Path) -> None:
    today = bureau_date(system_clock()).isoformat()
    number, given = identity_number(), account()
    [person] = desk.people(tmp_path, [number])
    for kind, line in {
        "cards": f"{number},370200,102,{given},2026-01-01",
        "entitlements": f"T-9,{number},employee_pension,EMPLOYEE_PENSION,370215,{today[:7]},,300000,{given}",
        "evidence": f"HEALTH,T-9,{number},HOSPITAL_STAY,{today},{today}",
    }.items():
        assert desk.one(kind, "import", write(tmp_path, kind, [line]), "--execute")["accepted"] == 1
    words = ["draw-lists", "create", "--scheme", "employee-pension", "--pooling-region", "370215"]
    words += ["--benefit-month", today[:7], "--pay-date", today]
    assert desk.one(*words)["state"] == "DRAW_LIST_STATE_BUILDING"
    made = desk.one(*words, "--wait", "--execute")
    name = str(made["name"])
    assert (made["state"], made["line_count"], made["amount_fen"]) == ("DRAW_LIST_STATE_BUILT", "1", "300000")
    [listed] = desk.do("draw-lists", "lines", name)
    assert (listed["person"], listed["state"]) == (person, "DRAW_LINE_STATE_READY")
    assert desk.run("draw-lists", "release", name, "--execute").exit_code == ExitCode.REFUSED
    desk.one("draw-lists", "release", name, "--wait", "--execute", role="reviewer")
    orders = tmp_path / "orders.csv"
    assert desk.one("draw-lists", "export", name, orders)["orders"] == 1
    assert orders.stat().st_mode & 0o777 == 0o600
    [order] = csv.DictReader(orders.read_text("utf-8").splitlines())
    assert (order["number"], order["account"], order["amount_fen"]) == ("1", given, "300000")
    back = write(tmp_path, "bank_returns", [f"1,300000,PAID,{today},,", f"2,300000,PAID,{today},,"])
    refused = desk.run("draw-lists", "returns", name, back, "--execute")
    assert refused.exit_code == ExitCode.REJECTED
    assert desk.one("draw-lists", "get", name, "--wait")["state"] == "DRAW_LIST_STATE_CLOSED"
    assert [one["name"] for one in desk.do("draw-lists", "list", "--filter", "state = CLOSED")] == [name]
    [draw] = desk.do("draws", "list", "--person", person)
    assert (draw["benefit_month"], draw["pay_date"], draw["amount_fen"]) == (today[:7], today, "300000")
