"""Records are printed for eyes and for programs, the same data in both."""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from services.admin.output import Format, Printer, cell, yuan
from socsec.card.v1 import card_pb2, person_pb2
from socsec.eligibility.v1 import decision_pb2, entitlement_pb2
from socsec.fundaudit.v1 import case_pb2, case_service_pb2


def a_person(number: int = 1) -> person_pb2.Person:
    made = Timestamp()
    made.FromDatetime(datetime(2026, 1, 1, 16, 30, tzinfo=UTC))
    return person_pb2.Person(
        name=f"people/{number}",
        masked_full_name="王**",
        sex=person_pb2.SEX_MALE,
        representative=person_pb2.Representative(person="people/9", kind=person_pb2.REPRESENTATIVE_KIND_GUARDIAN),
        create_time=made,
    )


async def some(people: Sequence[person_pb2.Person]) -> AsyncIterator[person_pb2.Person]:
    for person in people:
        yield person


def test_cells_show_words_bureau_time_and_yuan() -> None:
    person = a_person()
    assert cell(person, "sex") == "MALE"
    assert cell(person, "document_kind") == ""
    assert cell(person, "create_time") == "2026-01-02 00:30:00+08:00"
    assert cell(person, "representative.person") == "people/9"
    assert '"kind":"REPRESENTATIVE_KIND_GUARDIAN"' in cell(person, "representative")
    assert cell(person_pb2.Person(), "create_time") == cell(person_pb2.Person(), "representative") == ""
    assert cell(person, "unknown_birth_division") == "no"
    assert cell(entitlement_pb2.Entitlement(monthly_amount_fen=123_456_789), "monthly_amount_fen") == "1,234,567.89"
    assert cell(decision_pb2.Decision(results={"b": 2, "a": 1}), "results") == "a=1, b=2"
    assert cell(case_pb2.Case(benefit_months=["2026-01", "2026-02"]), "benefit_months") == "2026-01, 2026-02"
    assert cell(case_service_pb2.CaseChange(case=case_pb2.Case(rule="R-04")), "case.rule") == "R-04"


def test_a_value_that_this_version_does_not_know_is_shown_by_number() -> None:
    card = card_pb2.Card()
    card.ParseFromString(b"\x18\x63")
    assert cell(card, "status") == "99"


def test_amounts_below_nothing_keep_their_sign() -> None:
    assert (yuan(-5), yuan(0), yuan(100)) == ("-0.05", "0.00", "1.00")


async def test_a_table_is_never_cut_when_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    person = a_person()
    person.division = "x" * 500
    await Printer(Format.TABLE).many(some([person, a_person(2)]), ("name", "masked_full_name", "division"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "masked_full_name", "division"]
    assert lines[1].split() == ["people/1", "王**", "x" * 500]
    assert lines[2].split() == ["people/2", "王**"]


async def test_json_has_the_contracts_names_and_jsonl_a_record_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    people = [a_person(1), a_person(2)]
    await Printer(Format.JSON).many(some(people), ())
    whole = json.loads(capsys.readouterr().out)
    await Printer(Format.JSONL).many(some(people), ())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert whole == lines
    assert whole[0]["masked_full_name"] == "王**"
    assert whole[0]["sex"] == "SEX_MALE"
    assert whole[0]["birth_date"] == ""  # empty fields are there too


async def test_an_empty_list_is_an_empty_array_and_a_word_to_the_person(capsys: pytest.CaptureFixture[str]) -> None:
    await Printer(Format.JSON).many(some([]), ())
    assert capsys.readouterr().out == "[]\n"
    await Printer(Format.TABLE).many(some([]), ("name",))
    assert capsys.readouterr() == ("", "nothing found\n")


def test_one_record_stands_upright_without_its_empty_fields(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(Format.TABLE).one(a_person())
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert shown["masked_full_name"] == "王**"
    assert "birth_date" not in shown


def test_markup_in_data_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(Format.TABLE).one(person_pb2.Person(name="[red]people[/red]"))
    assert "[red]people[/red]" in capsys.readouterr().out
