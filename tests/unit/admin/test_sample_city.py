"""The made-up city: the same for the same order, valid, like a city, and honest about what is planted."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from services.admin.sample import generate as generating
from services.admin.sample.calendar import Period
from services.admin.sample.generate import HEADERS, Order, generate
from services.common.division import QINGDAO
from services.common.identity import parse
from services.common.months import format_month, month_of, parse_month

LAST = parse_month("2025-06")
Rows = Sequence[Mapping[str, str]]


def order(people: int = 12_000, months: int = 6, seed: int = 5) -> Order:
    return Order(people, seed, Period(LAST - months + 1, months))


def make(directory: Path, wanted: Order) -> Path:
    generate(wanted, directory, lambda _: None)
    return directory


def table(path: Path) -> Rows:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def digest(directory: Path) -> dict[str, str]:
    return {name: sha256((directory / name).read_bytes()).hexdigest() for name in HEADERS}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("city"), order())


@pytest.fixture(scope="module")
def read(city: Path) -> Callable[[str], Rows]:
    return lambda name: table(city / name)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    same = digest(make(tmp_path / "one", order(1_500, 4)))
    assert digest(make(tmp_path / "two", order(1_500, 4))) == same
    other = digest(make(tmp_path / "three", order(1_500, 4, seed=6)))
    assert all(other[name] != same[name] for name in HEADERS)


def test_every_file_has_its_header_and_whole_lines(city: Path) -> None:
    for name, header in HEADERS.items():
        lines = (city / name).read_text("utf-8").splitlines()
        assert lines[0] == header
        assert {line.count(",") for line in lines} == {header.count(",")}


def test_identity_numbers_are_valid_unassigned_and_nobody_has_one_twice(read: Callable[[str], Rows]) -> None:
    people = read("people.csv")
    numbers = [parse(row["identity_number"], date(2025, 6, 30)) for row in people]
    assert len({number.number for number in numbers}) == len(people) == 12_000
    assert {number.division for number in numbers} == {"370299"}
    assert {row["division"] for row in people} <= set(QINGDAO)


def test_numbers_stay_unique_when_days_are_full_and_parts_follow_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generating, "PART", 2_000)
    monkeypatch.setattr("services.admin.sample.numbers._PER_SEX", 1)  # one man and one woman a day
    directory = make(tmp_path, order(9_000, 4))
    rows = table(directory / "people.csv")
    assert len({row["identity_number"] for row in rows}) == 9_000


def test_accounts_pass_the_luhn_check_and_are_on_one_card_only(read: Callable[[str], Rows]) -> None:
    accounts = [row["bank_account"] for row in read("cards.csv")]
    assert len(set(accounts)) == len(accounts)
    for account in accounts:
        assert len(account) == 19
        assert account.startswith("62")
        digits = [int(digit) for digit in reversed(account)]
        assert (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def test_representatives_are_registered_before_those_they_act_for(read: Callable[[str], Rows]) -> None:
    known: set[str] = set()
    for row in read("people.csv"):
        representative = row["representative_identity_number"]
        assert bool(representative) == bool(row["representative_kind"])
        assert not representative or representative in known
        known.add(row["identity_number"])


def test_ages_names_districts_and_schemes_are_those_of_a_city(read: Callable[[str], Rows]) -> None:
    people, entitlements = read("people.csv"), read("entitlements.csv")
    ages = [2025 - int(row["identity_number"][6:10]) for row in people]
    assert 0.15 < sum(age >= 60 for age in ages) / len(ages) < 0.28
    assert 0.10 < sum(age < 16 for age in ages) / len(ages) < 0.22
    districts = Counter(row["division"] for row in people)
    assert districts["370211"] > districts["370283"] > districts["370202"] > 0
    surnames = Counter(row["full_name"][0] for row in people)
    assert surnames.most_common(1)[0][0] == "王"
    assert surnames["王"] / len(people) < 0.2
    schemes = Counter(row["scheme"] for row in entitlements)
    assert schemes["EMPLOYEE_PENSION"] > schemes["RESIDENT_PENSION"] > schemes["PUBLIC_PENSION"] > 0
    assert 0.18 < len(entitlements) / len(people) < 0.32
    average = {
        scheme: sum(int(r["monthly_amount_fen"]) for r in entitlements if r["scheme"] == scheme) / count
        for scheme, count in schemes.items()
    }
    assert average["RESIDENT_PENSION"] < average["EMPLOYEE_PENSION"] < average["PUBLIC_PENSION"]


def test_nobody_draws_before_the_statutory_age(read: Callable[[str], Rows]) -> None:
    for row in read("entitlements.csv"):
        number, start = parse(row["identity_number"], date(2025, 6, 30)), parse_month(row["start_month"])
        assert number.birth_date is not None
        least = 60 if row["scheme"] == "RESIDENT_PENSION" or int(number.number[16]) % 2 else 50
        if row["reference"].endswith("-1"):
            assert start - month_of(number.birth_date) > least * 12


def test_evidence_is_received_after_it_happened_and_never_of_the_dead(read: Callable[[str], Rows]) -> None:
    records = read("evidence.csv")
    deaths = {
        row["identity_number"]: row["event_date"]
        for row in (*records, *read("evidence_late.csv"))
        if row["kind"] in {"DEATH_REGISTERED", "CREMATED"}
    }
    mistaken = {row["reference"] for row in read("withdrawals.csv")}
    wrongly = {row["identity_number"] for row in read("evidence_late.csv") if row["reference"] in mistaken}
    for row in records:
        assert row["event_date"] <= row["received_date"] <= "2025-06-30"
        if row["kind"] not in {"DEATH_REGISTERED", "CREMATED"} and row["identity_number"] not in wrongly:
            assert row["event_date"] < deaths.get(row["identity_number"], "9")
    assert len({(row["source"], row["reference"]) for row in records}) == len(records)


def test_no_death_becomes_known_on_a_day_of_payment(read: Callable[[str], Rows]) -> None:
    """Whether that day's payment was right would depend on the hour."""
    deaths = [row["received_date"] for row in read("evidence.csv") if row["kind"] in {"DEATH_REGISTERED", "CREMATED"}]
    assert len(deaths) > 30
    assert not [day for day in deaths if day.endswith("-15")]


def test_our_own_draws_are_those_of_entitlements_once_a_month(read: Callable[[str], Rows]) -> None:
    entitlements = {row["reference"]: row for row in read("entitlements.csv")}
    taken: set[tuple[str, str]] = set()
    keys: set[tuple[str, str]] = set()
    for row in read("draws.csv"):
        keys.add((row["origin"], row["reference"]))
        if row["origin"]:
            assert row["account"]
            continue
        assert not row["account"]
        entitlement = entitlements[row["entitlement_reference"]]
        assert row["benefit_month"] >= entitlement["start_month"]
        if row["kind"] == "REGULAR":
            slot = (row["entitlement_reference"], row["benefit_month"])
            assert slot not in taken
            taken.add(slot)
    assert len(keys) == len(read("draws.csv"))


def test_every_exact_rule_is_planted_and_tempted(read: Callable[[str], Rows]) -> None:
    truth = read("truth.csv")
    faults = {row["rule"] for row in truth if row["expectation"] == "FAULT"}
    temptations = {row["rule"] for row in truth if row["expectation"] == "NO_FAULT"}
    assert faults == {"R-01", "R-04", "R-05", "R-06", "R-18", "R-29", "R-34"}
    assert temptations == {"R-01", "R-05", "R-18", "R-29", "R-34"}


def test_a_person_is_in_one_story_only(read: Callable[[str], Rows]) -> None:
    stories: defaultdict[str, set[str]] = defaultdict(set)
    for row in read("truth.csv"):
        for number in row["identity_numbers"].split(";"):
            stories[number].add(row["story"])
    assert all(len(of_person) == 1 for of_person in stories.values())


def test_what_is_at_risk_adds_up_from_the_draws(read: Callable[[str], Rows]) -> None:
    draws: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in read("draws.csv"):
        draws[row["identity_number"]].append(row)
    for row in read("truth.csv"):
        months = row["benefit_months"].split(";")
        if row["expectation"] != "FAULT" or row["rule"] == "R-18":
            continue
        found = [draw for draw in draws[row["identity_numbers"]] if draw["benefit_month"] in months]
        outside = sum(int(draw["amount_fen"]) for draw in found if draw["origin"])
        own = sum(int(draw["amount_fen"]) for draw in found if not draw["origin"])
        assert int(row["amount_at_risk_fen"]) in {own, outside}
        assert len(months) >= (3 if row["story"] == "death registered late" else 1)


def test_a_shared_account_is_paid_for_all_its_payees_in_every_month(read: Callable[[str], Rows]) -> None:
    accounts: defaultdict[str, set[str]] = defaultdict(set)
    amounts = {}
    for row in read("entitlements.csv"):
        accounts[row["account"]].add(row["identity_number"])
        amounts[row["identity_number"]] = int(row["monthly_amount_fen"])
    said = {frozenset(r["identity_numbers"].split(";")): r for r in read("truth.csv") if r["rule"] == "R-18"}
    assert {frozenset(payees) for payees in accounts.values() if len(payees) > 1} == set(said)
    for payees, row in said.items():
        if row["expectation"] == "FAULT":
            rest = sorted(amounts[payee] for payee in payees)[:-1]
            assert int(row["amount_at_risk_fen"]) == 6 * sum(rest)
            assert row["benefit_months"].split(";") == [format_month(month) for month in range(LAST - 5, LAST + 1)]


def test_parts_are_written_as_they_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made is on disk and forgotten, so memory holds one part however many there are."""
    monkeypatch.setattr(generating, "PART", 2_000)
    written: list[int] = []
    generate(order(8_500, 4), tmp_path, lambda _: written.append((tmp_path / "draws.csv").stat().st_size))
    assert len(written) == 4
    assert written == sorted(set(written))


@pytest.mark.parametrize(("people", "months"), [(999, 6), (13_000_000, 6), (2_000, 3), (2_000, 121)])
def test_a_city_too_small_or_too_large_is_refused(tmp_path: Path, people: int, months: int) -> None:
    with pytest.raises(ValueError, match="A city has"):
        make(tmp_path / "none", order(people, months))
    assert not (tmp_path / "none").exists()
