"""The demo's verdict, and the city's files by month."""

from pathlib import Path

from services.admin.demo.monthly import divide
from services.admin.demo.verdict import Fault, Score, compare, flagged, read_faults
from services.admin.sample.calendar import Period
from services.common.months import parse_month
from socsec.fundaudit.v1 import case_pb2


def fault(rule: str, person: str, months: tuple[str, ...] = ("2025-01",), fen: int = 100) -> Fault:
    return Fault(rule, frozenset({person}), months, fen)


def name(number: str) -> str:
    return f"people/{number}"


def test_a_fault_is_found_by_a_case_that_says_the_same() -> None:
    scores = compare([fault("R-01", "a")], [fault("R-01", "people/a")], name)
    assert scores == {"R-01": Score(1, 1, 0)}
    assert scores["R-01"].perfect


def test_a_case_with_another_amount_or_other_months_finds_nothing_and_is_false() -> None:
    planted = [fault("R-01", "a"), fault("R-04", "b")]
    found = [fault("R-01", "people/a", fen=99), fault("R-04", "people/b", ("2025-01", "2025-02"))]
    assert compare(planted, found, name) == {"R-01": Score(1, 0, 1), "R-04": Score(1, 0, 1)}


def test_a_rule_that_flags_without_being_planted_is_shown() -> None:
    scores = compare([], [fault("R-18", "people/a")], name)
    assert scores == {"R-18": Score(0, 0, 1)}
    assert not scores["R-18"].perfect


def test_a_withdrawn_case_says_nothing() -> None:
    case = case_pb2.Case(name="cases/1", rule="R-34", people=["people/a"], benefit_months=["2025-01"])
    case.amount_at_risk_fen = 100
    case.state = case_pb2.CASE_STATE_WITHDRAWN
    assert flagged({case.name: case}) == []
    case.state = case_pb2.CASE_STATE_TAKEN
    assert flagged({case.name: case}) == [fault("R-34", "people/a")]


def test_only_the_faults_of_the_truth_are_wanted(tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text(
        "expectation,rule,identity_numbers,benefit_months,amount_at_risk_fen,story\n"
        "FAULT,R-18,a;b,2025-01;2025-02,300,strangers\n"
        "NO_FAULT,R-18,c;d,2025-01,0,household\n",
        "utf-8",
    )
    assert read_faults(truth) == [Fault("R-18", frozenset({"a", "b"}), ("2025-01", "2025-02"), 300)]


def test_what_comes_after_a_sweep_waits_for_the_next_month_and_draws_stay_in_theirs(tmp_path: Path) -> None:
    (tmp_path / "evidence.csv").write_text(
        "source,reference,identity_number,kind,event_date,received_date\n"
        "S,1,p,K,2024-05-01,2024-05-02\nS,2,p,K,2025-01-14,2025-01-14\nS,3,p,K,2025-01-14,2025-01-15\n"
        "S,4,p,K,2025-02-20,2025-02-20\n",
        "utf-8",
    )
    (tmp_path / "notices.csv").write_text("identity_number,channel,delivered_date\np,SMS,2025-01-16\n", "utf-8")
    draw = "r,,p,e,S,370200,{},{},REGULAR,1,\n"
    (tmp_path / "draws.csv").write_text(
        "reference,origin,identity_number,entitlement_reference,scheme,pooling_region,benefit_month,pay_date,kind,"
        "amount_fen,account\n" + draw.format("2025-01", "2025-01-20") + draw.format("2025-01", "2025-02-15"),
        "utf-8",
    )
    divided = divide(tmp_path, Period(parse_month("2025-01"), 2))

    def references(path: Path) -> list[str]:
        return [line.split(",")[1] for line in path.read_text("utf-8").splitlines()[1:]]

    assert references(divided.before.evidence) == ["1"]
    assert references(divided.months[0].evidence) == ["2"]
    assert references(divided.months[1].evidence) == ["3"]
    assert references(divided.after.evidence) == ["4"]
    assert not divided.months[0].notices.exists()
    assert divided.months[1].notices.read_text("utf-8").endswith("p,SMS,2025-01-16\n")
    assert [len(files.draws.read_text("utf-8").splitlines()) for files in divided.months] == [2, 2]
