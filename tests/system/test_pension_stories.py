"""Stories of a pension office, told end to end over real processes: what pensioners get, and what they are asked for.

One office for all; each story is told in a region of its own, and later than the one before it. The campaign tells them
on PostgreSQL too.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from services.common.clock import BUREAU_ZONE
from services.eligibility.book.book import RULES
from services.eligibility.book.content import folder_of
from tests.support.database import new_postgres_url
from tests.system.bureau import Bureau, running
from tests.system.office import OPENS, SERVICES, Office, Paid, Pensioner, back_pay, half_up, number_of, of, regular

pytestmark = pytest.mark.timeout(180)

Opened = Callable[[str], Office]
"""Opens the office on a day."""
HELD = "CERTIFICATION_HOLDS_PAYMENT"


class Bureaus:
    """The bureau of the stories; who comes for an earlier day than it has, as a worker of xdist may, gets a new one."""

    def __init__(self, folders: pytest.TempPathFactory, opened: ExitStack, new_url: Callable[[], str]) -> None:
        self._folders, self._opened, self._new_url = folders, opened, new_url
        self._bureau: Bureau | None = None

    def on(self, day: str) -> Bureau:
        begin = datetime.combine(date.fromisoformat(day), OPENS, BUREAU_ZONE)
        if self._bureau is None or self._bureau.clock() > begin:
            urls = {service: self._new_url() for service in SERVICES}
            self._bureau = self._opened.enter_context(running(self._folders.mktemp("office"), urls, begin))
        return self._bureau


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(str, id="sqlite"),
        pytest.param(new_postgres_url, id="postgresql", marks=pytest.mark.campaign),
    ],
)
def bureaus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureaus]:
    with ExitStack() as opened:
        yield Bureaus(tmp_path_factory, opened, request.param)


@pytest.fixture
def opened(bureaus: Bureaus, tmp_path: Path) -> Opened:
    def office(day: str) -> Office:
        found = Office(bureaus.on(day), tmp_path)
        found.turn_to(day)
        return found

    return office


def months(first: str, last: str) -> list[str]:
    """Give the months from one through another of the same year."""
    year = first[:4]
    return [f"{year}-{month:02d}" for month in range(int(first[5:]), int(last[5:]) + 1)]


def facts(who: Pensioner, group: str, contributed: int, deemed: int, index_bp: int, balance: int, day: str) -> str:
    return f"{who.number},{group},{contributed},{deemed},{index_bp},{balance},{day}"


def test_a_year_of_a_pensioner_who_is_never_disturbed(opened: Opened) -> None:
    """宋桂英, 66, draws 3,000.00 yuan after 30 years of work. She goes to hospital once and travels once."""
    office = opened("2025-01-06")
    [song] = office.people("370202", number_of("1958-03-08", woman=True))
    pension = office.grant("N-1", song, "370202", "2025-01", 300_000)
    office.take_in(
        "facts", facts(song, "FEMALE_50", 360, 0, 10_000, 0, "2025-01-06"), command=("eligibility", "facts", "import")
    )
    seen = {"2025-01": ("HOSPITAL_STAY", "HEALTH"), "2025-09": ("IDENTITY_CHECKED_TRIP", "TRANSPORT")}

    # Of 2025 (the numbers are placeholders until the province's are entered): 25.00 for all, 1.00 for each of 30 years,
    # and 0.5 % of 3,000.00; nothing for old age before 70. Published in July, in force from January.
    raised = 2_500 + 30 * 100 + half_up(Fraction(300_000 * 50, 10_000))
    drawn: list[Paid] = []
    for month in months("2025-01", "2025-12"):
        office.turn_to(f"{month}-12")
        if month in seen:
            kind, source = seen[month]
            office.seen(song, kind, f"{month}-10", source)
        if month == "2025-07":
            adjust = ("former_pension_fen=300000", "pension_start_month=2008-04", "serves_sentence=0")
            asked = ("eligibility", "evaluate", "pension_adjustment", "--person", song.person)
            told = office.desk.one(*asked, *(word for fact in adjust for word in ("--fact", fact)))
            assert told["results"]["pension_raise_fen"] == str(raised)  # type: ignore[index]  # JSON
            change = ("--from-month", "2025-01", "--monthly-amount-fen", str(300_000 + raised), "--adjustment")
            why = ("--reason", "2025年基本养老金调整", "--execute")
            office.desk.one("entitlements", "change-amount", pension, *change, *why)
        swept = office.sweep(f"{month}-12")
        assert (swept["warned_count"], swept["suspended_count"]) == ("0", "0")
        drawn += of(song, office.pay("370202", month, f"{month}-15"))

    assert drawn == [
        *regular(months("2025-01", "2025-06"), 300_000),
        *back_pay(months("2025-01", "2025-06"), raised),
        *regular(months("2025-07", "2025-12"), 300_000 + raised),
    ]
    certification = office.desk.one("certifications", "get", "--person", song.person)
    assert (certification["valid_to"], certification["method"]) == ("2026-09-10", "CERTIFICATION_METHOD_SILENT")
    assert office.desk.do("certifications", "notices", "list", "--person", song.person) == []
    rates = office.desk.run("certifications", "no-touch", "--from-month", "2025-12").stdout.splitlines()
    assert ["2025-12", "370202", "1", "1", "100.00"] in [line.split()[:5] for line in rates]
    assert office.cases(song) == []


def test_a_retirement_in_march_2026_is_one_call(opened: Opened, tmp_path: Path) -> None:
    """李建军, born on 10 December 1965: he asks when, whether and how much, and has it all with one confirmation."""
    office = opened("2026-03-10")
    [li] = office.people("370203", number_of("1965-12-10"))
    record = facts(li, "MALE_60", 360, 24, 10_500, 13_820_000, "2026-03-09")
    office.take_in("facts", record, command=("eligibility", "facts", "import"))

    # One month later for each 4 months begun since January 2025: he was to be 60 in the 12th of them.
    delay = -(-12 // 4)
    statutory = 1965 * 12 + 11 + 60 * 12 + delay
    assert divmod(statutory, 12) == (2026, 2)
    base, index, years = 700_000, Fraction(105, 100), Fraction(360 + 24, 12)
    basic = half_up(Fraction(base + base * index) / 2 * years / 100)
    payout = Fraction(half_up((139 - Fraction((139 - 132) * delay, 12)) * 10), 10)  # at 60 years and 3 months
    account = half_up(13_820_000 / payout)
    transitional = half_up(base * index * 2 * Fraction(13, 1000))
    amount = basic + account + transitional
    assert (str(payout), basic, transitional) == ("1373/10", 229_600, 19_110)

    account_file = tmp_path / "account.txt"
    account_file.write_text(li.account, "utf-8")
    agreed = ("--reference", "T-2026-1", "--pooling-region", "370203", "--account-file", account_file)
    done = office.desk.one("retirement", "confirm", "--person", li.person, *agreed, "--execute")
    assert (done["state"], done["statutory_month"]) == ("RETIREMENT_STATE_GRANTED", "2026-03")
    assert (done["earliest_month"], done["latest_month"]) == ("2025-12", "2029-03")
    assert (done["monthly_amount_fen"], done["first_payment_month"]) == (str(amount), "2026-04")
    [granted] = office.desk.do("entitlements", "list", "--person", li.person)
    assert (granted["start_month"], granted["monthly_amount_fen"]) == ("2026-04", str(amount))

    [decision] = office.desk.do("decisions", "list", "--filter", f'entitlement = "{granted["name"]}"')
    assert (decision["person"], decision["benefit"]) == (li.person, "employee_pension")
    explained = office.desk.run("rules", "explain", str(decision["name"]), role="auditor").stdout
    for said in (
        "国务院关于渐进式延迟法定退休年龄的办法 第一条",
        "国发〔2005〕38号 第六条、附件",
        "鲁政发〔2006〕92号（系数待核）",
        "yes, byte for byte",
    ):
        assert said in explained

    office.turn_to("2026-04-10")
    assert of(li, office.pay("370203", "2026-04", "2026-04-15")) == regular(["2026-04"], amount)
    assert office.cases(li) == []


def test_who_is_warned_and_visited_is_certified_and_who_comes_late_is_paid_back(opened: Opened) -> None:
    """王秀芝, 84, and her neighbour 李国栋, 71: no office has seen either of them since July of last year."""
    office = opened("2026-04-16")
    wang, neighbour = office.people("370211", number_of("1942-02-02", woman=True), number_of("1955-05-05"))
    for reference, who in (("W-1", wang), ("W-2", neighbour)):
        office.grant(reference, who, "370211", "2026-04", 280_000)
        office.seen(who, "LONG_TERM_CARE", "2025-07-10", "HEALTH_INSURANCE", "2026-04-16")
    office.sweep("2026-04-16")
    assert [office.certification(who) for who in (wang, neighbour)] == ["WARNING", "WARNING"]
    due = office.desk.do("certifications", "notices", "due")
    assert {(one["person"], one["channel"]) for one in due} >= {
        (wang.person, "NOTICE_CHANNEL_SMS"),
        (neighbour.person, "NOTICE_CHANNEL_SMS"),
    }
    office.turn_to("2026-04-20")
    notices = ("certifications", "notices", "import")
    office.take_in("notices", *(f"{who.number},SMS,2026-04-17" for who in (wang, neighbour)), command=notices)
    paid = office.pay("370211", "2026-04", "2026-04-20")
    assert of(wang, paid) == of(neighbour, paid) == regular(["2026-04"], 280_000)  # who is warned is paid

    office.turn_to("2026-05-18")
    due = office.desk.do("certifications", "notices", "due")
    channels = {one["person"]: one["channel"] for one in due}
    assert channels[wang.person] == "NOTICE_CHANNEL_VISIT"
    assert channels[neighbour.person] == "NOTICE_CHANNEL_PHONE"
    office.pay("370211", "2026-05", "2026-05-18")
    office.turn_to("2026-06-15")
    office.pay("370211", "2026-06", "2026-06-15")

    office.turn_to("2026-07-13")
    office.sweep("2026-07-13")
    # A text message suspends nobody of her age: somebody has to go and see.
    assert (office.certification(wang), office.certification(neighbour)) == ("WARNING", "SUSPENDED")
    visited = ("--outcome", "met", "--proof", "HV-2026-07-14", "--date", "2026-07-14", "--execute")
    office.turn_to("2026-07-14")
    office.desk.one("certifications", "visit", "--person", wang.person, *visited)
    certification = office.desk.one("certifications", "get", "--person", wang.person)
    assert (certification["valid_to"], certification["method"]) == ("2027-07-14", "CERTIFICATION_METHOD_HOME")
    july = office.pay("370211", "2026-07", "2026-07-15")
    assert of(wang, july) == regular(["2026-07"], 280_000)
    assert of(neighbour, july) == [Paid("2026-07", "REGULAR", 280_000, HELD)]

    office.turn_to("2026-08-05")
    face = ("--assurance", "high", "--proof", "F-4711", "--date", "2026-08-05", "--execute")
    office.desk.one("certifications", "self", "--person", neighbour.person, *face)
    owed = office.desk.one("certifications", "get", "--person", neighbour.person)
    assert (owed["back_pay_months"], owed["back_pay_fen"]) == (["2026-07", "2026-08"], "560000")
    august = of(neighbour, office.pay("370211", "2026-08", "2026-08-15"))
    assert august == [*back_pay(["2026-07"], 280_000), *regular(["2026-08"], 280_000)]
    assert office.cases(wang) == office.cases(neighbour) == []


def test_a_wrong_death_feed_stops_nobody_and_is_found_and_undone(opened: Opened, tmp_path: Path) -> None:
    """The police send the dead of another city under the numbers of 24 people who live."""
    office = opened("2026-09-01")
    alive = office.people("370212", *(number_of("1950-06-01") for _ in range(24)))
    amounts = [250_000 + 100 * index for index in range(24)]
    office.take_in(
        "entitlements",
        *(
            f"D-{index},{who.number},employee_pension,EMPLOYEE_PENSION,370212,2026-08,,{amounts[index]},{who.account}"
            for index, who in enumerate(alive)
        ),
    )
    office.take_in(
        "evidence",
        *(f"HEALTH,DE-{index},{who.number},HOSPITAL_STAY,2026-08-20,2026-08-21" for index, who in enumerate(alive)),
    )
    office.pay("370212", "2026-08", "2026-09-01")

    office.turn_to("2026-09-10")
    file = tmp_path / "deaths.csv"
    header = "reference,revision,identity_number,kind,event_date,received_date"
    rows = (f"P-{index},,{who.number},DEATH_REGISTERED,2026-08-30,2026-09-10" for index, who in enumerate(alive))
    file.write_text("\n".join((header, *rows)) + "\n", "utf-8")
    feeds = ("evidence", "feeds")
    sent = ("--source", "police", "--reference", "2026-09-10", "--execute", "--wait")
    feed = office.desk.do(*feeds, "send", file, *sent)[-1]
    assert feed["state"] == "FEED_BATCH_STATE_QUARANTINED"
    findings = {str(one["check"]) for one in feed["findings"]}  # type: ignore[attr-defined]  # JSON
    assert "FEED_CHECK_NEGATIVE_RATE" in findings
    assert {office.certification(who) for who in alive[:3]} == {"CERTIFIED"}  # nobody was touched

    # Two people believe in a flood and let it through. One office alone still ends nothing: it holds and asks.
    name = str(feed["name"])
    flood = ("--decision", "release", "--reason", "flood of 29 August", "--execute")
    office.desk.one(*feeds, "propose", name, *flood)
    assert office.desk.run(*feeds, "approve", name, "--execute").stderr.startswith("ROLE_NOT_ALLOWED")
    office.desk.one(*feeds, "approve", name, "--execute", "--wait", role="reviewer")
    assert {office.certification(who) for who in alive[:3]} == {"UNDER_VERIFICATION"}
    entitlements = office.desk.do("entitlements", "list", "--filter", "pooling_region = 370212", "--limit", "0")
    assert {(one["state"], one["end_month"]) for one in entitlements} == {("ENTITLEMENT_STATE_ACTIVE", "")}
    september = office.pay("370212", "2026-09", "2026-09-15")
    for who, amount in zip(alive, amounts, strict=True):
        assert of(who, september) == [Paid("2026-09", "REGULAR", amount, HELD)]

    # The first of them stands at the counter, and the list is looked at.
    office.turn_to("2026-09-18")
    wrong = ("--decision", "undo", "--reason", "list of another city", "--execute")
    office.desk.one(*feeds, "propose", name, *wrong)
    undone = office.desk.one(*feeds, "approve", name, "--execute", "--wait", role="reviewer")
    assert undone["state"] == "FEED_BATCH_STATE_UNDONE"
    assert {office.certification(who) for who in alive} == {"CERTIFIED"}
    october = office.pay("370212", "2026-10", "2026-10-10")
    for who, amount in zip(alive, amounts, strict=True):
        assert of(who, october) == [*back_pay(["2026-09"], amount), *regular(["2026-10"], amount)]
    assert [one for who in (alive[0], alive[-1]) for one in office.cases(who)] == []


def test_a_prison_term_stops_the_pension_and_the_release_resumes_it_by_the_rules_of_2001(opened: Opened) -> None:
    """赵强 is sentenced on 28 October 2026 and released on 26 February 2027; in January pensions are adjusted."""
    office = opened("2026-10-20")
    [zhao] = office.people("370213", number_of("1960-04-04"))
    pension = office.grant("Z-1", zhao, "370213", "2026-09", 320_000)
    office.seen(zhao, "HOSPITAL_STAY", "2026-09-15")
    october = of(zhao, office.pay("370213", "2026-10", "2026-10-20"))
    assert october == regular(["2026-10"], 320_000)

    office.turn_to("2026-11-10")
    office.seen(zhao, "SENTENCED", "2026-10-28", "POLICE", "2026-11-09")
    assert office.certification(zhao) == "UNDER_VERIFICATION"  # one office: held, not lost
    assert of(zhao, office.pay("370213", "2026-11", "2026-11-15")) == [Paid("2026-11", "REGULAR", 320_000, HELD)]
    office.turn_to("2026-11-25")
    office.seen(zhao, "COURT_JUDGMENT", "2026-10-28", "JUSTICE", "2026-11-24")
    assert office.certification(zhao) == "LOST"
    for month in ("2026-12", "2027-01", "2027-02"):
        office.turn_to(f"{month}-10")
        if month == "2027-01":
            why = ("--reason", "2027年基本养老金调整", "--adjustment", "--execute")
            raised = ("--from-month", "2027-01", "--monthly-amount-fen", "336000")
            office.desk.one("entitlements", "change-amount", pension, *raised, *why)
        assert of(zhao, office.pay("370213", month, f"{month}-15")) == []

    office.turn_to("2027-03-05")
    office.seen(zhao, "RELEASED", "2027-02-26", "JUSTICE", "2027-03-04")
    # The old amount, without the adjustment of the term, from the month after the release; nothing of the term.
    assert of(zhao, office.pay("370213", "2027-03", "2027-03-15")) == regular(["2027-03"], 320_000)
    settled = office.desk.one("settlement", "check", pension)
    told = {str(one["month"]): one for one in settled["months"]}  # type: ignore[attr-defined]  # JSON
    lost = [month for month, one in told.items() if one["state"] == "MONTH_STATE_LOST"]
    assert lost == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert {told[month]["source"] for month in lost} == {"劳社厅函〔2001〕44号"}
    assert (settled["owed_fen"], settled["overpaid_fen"]) == ("0", "0")
    assert office.cases(zhao) == []


def test_a_resident_becomes_an_employee_and_draws_no_month_twice(opened: Opened, tmp_path: Path) -> None:
    """吴海 and 郑山, born in April 1967, paid to both schemes; 郑山 draws the residents' pension from 60 years on.

    The age of the residents' pension is 60 and was not put off; as employees they retire seven months later.
    """
    office = opened("2027-04-10")
    wu, zheng = office.people("370214", number_of("1967-04-05"), number_of("1967-04-06"))
    # Basic amount, as the nation's of 2026, and the account of 13,900.00 over 139 months.
    resident_fen = 16_300 + half_up(Fraction(1_390_000, 139))
    office.grant("B-1", zheng, "370214", "2027-05", resident_fen, "resident_pension")
    for who in (wu, zheng):
        office.seen(who, "BANK_IN_PERSON", "2027-04-08", "BANK")
    record = (facts(who, "MALE_60", 192, 0, 8_000, 9_600_000, "2027-04-09") for who in (wu, zheng))
    office.take_in("facts", *record, command=("eligibility", "facts", "import"))

    # In the 28th month since January 2025, so 7 months later: November 2027.
    delay = -(-((1967 + 60 - 2025) * 12 + 4) // 4)
    assert delay == 7
    for month in months("2027-05", "2027-11"):
        office.turn_to(f"{month}-10")
        paid = office.pay("370214", month, f"{month}-15", "RESIDENT_PENSION")
        assert (of(wu, paid), of(zheng, paid)) == ([], regular([month], resident_fen))

    # 吴海 draws nothing yet: his residents' account is added to the other one, its years are not counted.
    both = ("resident_contribution_months=120", "resident_account_balance_fen=1390000", "overlap_months=0")
    drawn = ("draws_employee_pension=0", "draws_resident_pension=0")
    asked = ("eligibility", "evaluate", "scheme_bridging", "--person", wu.person)
    told = office.desk.one(*asked, *(word for fact in (*both, *drawn) for word in ("--fact", fact)))
    results = told["results"]
    assert isinstance(results, dict)
    assert (told["outcome"], results["moves_to_employees"]) == ("OUTCOME_ELIGIBLE", "1")
    assert (results["bridged_account_fen"], results["bridged_employee_months"]) == (str(9_600_000 + 1_390_000), "192")
    assert "城乡养老保险制度衔接暂行办法 第五条" in str(told["steps"])
    # 郑山 draws already, and is not bridged any more.
    told = office.desk.one(
        *("eligibility", "evaluate", "scheme_bridging", "--person", zheng.person),
        *(
            word
            for fact in (*both, "draws_employee_pension=0", "draws_resident_pension=1")
            for word in ("--fact", fact)
        ),
    )
    assert (told["outcome"], told["unmet_conditions"]) == ("OUTCOME_NOT_ELIGIBLE", ["draws_no_pension_yet"])

    payout = Fraction(half_up((139 - Fraction((139 - 132) * delay, 12)) * 10), 10)
    basic = half_up(Fraction(700_000 + 560_000, 2) * 16 / 100)
    amounts = {
        wu.person: basic + half_up((9_600_000 + 1_390_000) / payout),
        zheng.person: basic + half_up(9_600_000 / payout),
    }
    bridged = facts(wu, "MALE_60", 192, 0, 8_000, 10_990_000, "2027-11-16")
    office.turn_to("2027-11-16")
    office.take_in("facts", bridged, command=("eligibility", "facts", "import"))
    for who in (wu, zheng):
        file = tmp_path / "account.txt"
        file.write_text(who.account, "utf-8")
        agreed = ("--reference", f"B-{who.number[-4:-1]}", "--pooling-region", "370214", "--account-file", file)
        done = office.desk.one("retirement", "confirm", "--person", who.person, *agreed, "--execute")
        assert (done["retirement_month"], done["monthly_amount_fen"]) == ("2027-11", str(amounts[who.person]))
        ended = [(one["benefit"], one["end_month"]) for one in done["ended"]]  # type: ignore[attr-defined]  # JSON
        assert ended == ([("resident_pension", "2027-11")] if who is zheng else [])

    office.turn_to("2027-12-10")
    again = ("--benefit", "resident_pension", "--scheme", "RESIDENT_PENSION", "--monthly-amount-fen", "26300")
    where = ("--reference", "B-9", "--pooling-region", "370214", "--start-month", "2027-12", "--account-file", file)
    refused = office.desk.run("entitlements", "grant", *again, *where, "--person", zheng.person, "--execute")
    assert refused.stderr.startswith("CONFLICTING_ENTITLEMENT")
    residents = office.pay("370214", "2027-12", "2027-12-10", "RESIDENT_PENSION")
    employees = office.pay("370214", "2027-12", "2027-12-15")
    assert (of(wu, residents), of(zheng, residents)) == ([], [])
    assert [of(who, employees) for who in (wu, zheng)] == [
        regular(["2027-12"], amounts[who.person]) for who in (wu, zheng)
    ]
    assert office.cases(wu) == office.cases(zheng) == []

    # What nobody here knew: a county elsewhere goes on paying him as a resident.
    office.turn_to("2028-01-10")
    january = office.pay("370214", "2028-01", "2028-01-15")
    assert of(zheng, january) == regular(["2028-01"], amounts[zheng.person])
    paid_there = (
        f"C-{month},county/370685,{zheng.number},X-1,RESIDENT_PENSION,370685,{month},{month}-08,REGULAR,26300,{zheng.account}"
        for month in ("2027-12", "2028-01")
    )
    office.take_in("draws", *paid_there)
    [case] = office.cases(zheng)
    assert (case["rule"], case["benefit_months"]) == ("R-05", ["2027-12", "2028-01"])
    assert case["amount_at_risk_fen"] == str(2 * 26_300)
    assert case["title"] == "Residents' pension beside another"


def test_a_law_that_changes_backwards_is_recomputed_and_paid_back(opened: Opened, tmp_path: Path) -> None:
    """In March 2028 the nation raises the residents' basic amount to 183.00 yuan, from January on.

    孙桂兰, 64, of Shibei, has an account of 27,800.00 yuan.
    """
    office = opened("2028-01-20")
    [sun] = office.people("370203", number_of("1963-09-09", woman=True))
    account_fen = half_up(Fraction(2_780_000, 139))
    pension = office.grant("S-1", sun, "370215", "2028-01", 16_300 + account_fen, "resident_pension")
    office.seen(sun, "HOSPITAL_STAY", "2028-01-05")
    known = (
        *("residence_district=2", "resident_contribution_months=180"),
        *("resident_account_balance_fen=2780000", "draws_employee_pension=0"),
    )
    given = tuple(word for fact in known for word in ("--fact", fact))
    record = ("decisions", "record", "resident_pension", "--person", sun.person, *given)
    decided = office.desk.one(*record, "--entitlement", pension, "--execute")
    assert decided["results"]["resident_pension_fen"] == str(16_300 + account_fen)  # type: ignore[index]  # JSON
    for month in ("2028-01", "2028-02"):
        office.turn_to(f"{month}-20")
        paid = office.pay("370215", month, f"{month}-20", "RESIDENT_PENSION")
        assert of(sun, paid) == regular([month], 16_300 + account_fen)

    office.turn_to("2028-03-08")
    bureau = office.bureau
    bureau.end("eligibility")
    bureau.serve("eligibility", SOCSEC_LAW_FOLDER=str(raised_law(tmp_path)))
    asyncio.run(bureau.ready("eligibility"))
    asked = ("eligibility", "evaluate", "resident_pension", "--person", sun.person, *given)
    for known_date, amount in (("2028-03-04", 16_300), ("2028-03-05", 18_300)):
        told = office.desk.one(*asked, "--as-of-date", "2028-02-01", "--known-date", known_date)
        assert told["results"]["resident_basic_fen"] == str(amount)  # type: ignore[index]  # JSON

    [found] = office.desk.do("decisions", "recompute", "--person", sun.person, role="auditor")
    assert (found["decision"], found["back_pay_fen"]) == (decided["name"], str(3 * 2_000))
    shown = office.desk.run("decisions", "recompute", "--person", sun.person).stdout
    assert "2028-01..2028-03" in shown
    assert "2028年政府工作报告" in shown
    explained = office.desk.one("rules", "explain", str(decided["name"]), role="auditor")
    assert (explained["reproduced"], explained["obstacle"]) == (True, "")  # as it was decided then

    change = ("--from-month", "2028-01", "--monthly-amount-fen", str(18_300 + account_fen))
    office.desk.one("entitlements", "change-amount", pension, *change, "--reason", "2028年提标", "--execute")
    office.desk.one(*record, "--entitlement", pension, "--execute")
    assert office.desk.do("decisions", "recompute", "--person", sun.person) == []
    march = of(sun, office.pay("370215", "2028-03", "2028-03-15", "RESIDENT_PENSION"))
    assert march == [*back_pay(["2028-01", "2028-02"], 2_000), *regular(["2028-03"], 18_300 + account_fen)]
    assert office.cases(sun) == []


def raised_law(folder: Path) -> Path:
    """Write the law as it is with what the nation published on 5 March 2028."""
    law = folder / "law"
    shutil.copytree(folder_of(RULES), law)
    numbers = law / "resident_pension" / "pension.yaml"
    newest = "      source: 2026年政府工作报告\n      published: 2026-03-05\n"
    text = numbers.read_text("utf-8")
    assert text.count(newest) == 1
    raised = "    2028-01:\n      value: 18300\n      source: 2028年政府工作报告\n      published: 2028-03-05\n"
    numbers.write_text(text.replace(newest, newest + raised), "utf-8")
    return law
