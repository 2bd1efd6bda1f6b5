"""Lines of files become messages, or say what is wrong with them."""

import pytest

from services.admin.card_kinds import CARDS, EXISTING_CARDS, PEOPLE
from services.admin.kinds import DRAWS, ENTITLEMENTS, EVIDENCE, FACTS, NOTICES, REVERSALS
from services.admin.records import RecordRejected
from socsec.card.v1 import person_pb2
from socsec.eligibility.v1 import decision_pb2, draw_pb2
from socsec.type.v1 import scheme_pb2

HEADERS = {
    "people": "identity_number,full_name,division,representative_identity_number,representative_kind",
    "cards": "identity_number,issuing_division,service_bank_code,bank_account,issue_date",
    "facts": "identity_number,retirement_group,contribution_months,deemed_months,avg_index_bp,account_balance_fen,"
    "as_of_date",
    "entitlements": "reference,identity_number,benefit,scheme,pooling_region,start_month,end_month,monthly_amount_fen,"
    "account",
    "evidence": "source,reference,identity_number,kind,event_date,received_date",
    "notices": "identity_number,channel,delivered_date",
    "draws": "reference,origin,identity_number,entitlement_reference,scheme,pooling_region,benefit_month,pay_date,kind,"
    "amount_fen,account",
    "reversals": "origin,reference,reverse_date,reason",
}


def test_every_kind_has_the_header_that_is_agreed() -> None:
    kinds = (PEOPLE, CARDS, FACTS, ENTITLEMENTS, EVIDENCE, NOTICES, DRAWS, REVERSALS)
    assert {kind.name: ",".join(kind.records.header) for kind in kinds} == HEADERS


def test_a_person_is_sent_with_the_number_itself() -> None:
    records = PEOPLE.records
    assert records.identity_place is None
    message = records.message(records.cells('370299194001010014,"李,雷",370202,,'), "")
    assert message == person_pb2.PersonRegistration(
        identity_number="370299194001010014", full_name="李,雷", division="370202"
    )


def test_a_draw_carries_the_person_that_was_found_and_words_without_prefix() -> None:
    records = DRAWS.records
    cells = records.cells(
        "D1,agency/370282,370299194001010014,E1,EMPLOYEE_PENSION,370202,2026-10,2026-10-15,REGULAR,30,62"
    )
    assert records.identity_place == 2
    assert records.message(cells, "people/p") == draw_pb2.Draw(
        reference="D1",
        origin="agency/370282",
        person="people/p",
        entitlement_reference="E1",
        scheme=scheme_pb2.SCHEME_EMPLOYEE_PENSION,
        pooling_region="370202",
        benefit_month="2026-10",
        pay_date="2026-10-15",
        kind=draw_pb2.DRAW_KIND_REGULAR,
        amount_fen=30,
        account="62",
    )


def test_an_empty_fact_is_missing_and_zero_is_not() -> None:
    records = FACTS.records
    facts = records.message(records.cells("370299194001010014,,0,,,,2026-10-01"), "people/p")
    assert facts == decision_pb2.PersonFacts(person="people/p", contribution_months=0, as_of_date="2026-10-01")
    assert not facts.HasField("deemed_months")


def test_a_card_of_another_register_comes_with_what_its_status_needs() -> None:
    records = EXISTING_CARDS.records
    lost = records.message(
        records.cells("37,N1,C1,370200,102,,2020-01-01,,PROVISIONALLY_LOST,,yes,2026-12-05T08:00:00+08:00"), "people/p"
    )
    assert (lost.collected, lost.loss_lapse_time.ToJsonString()) == (True, "2026-12-05T00:00:00Z")
    kept = records.message(records.cells("37,N1,C1,370200,102,,2020-01-01,,SEALED,,no,"), "people/p")
    assert (kept.collected, kept.HasField("loss_lapse_time")) == (False, False)
    for moment in ("2026-12-05T08:00:00", "soon"):
        with pytest.raises(RecordRejected) as caught:
            records.message(records.cells(f"37,N1,C1,370200,102,,2020-01-01,,SEALED,,,{moment}"), "people/p")
        assert (caught.value.field, caught.value.reason) == ("loss_lapse_time", "IMPOSSIBLE_DATE")


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("D1,,37,E1,EMPLOYEE_PENSION,370202,2026-10,2026-10-15,REGULAR,thirty,", "amount_fen", "VALUE_OUT_OF_RANGE"),
        ("D1,,37,E1,EMPLOYEE_PENSION,370202,2026-10,2026-10-15,REGULAR,１２,", "amount_fen", "VALUE_OUT_OF_RANGE"),
        ("D1,,37,E1,EMPLOYEE_PENSION,370202,2026-10,2026-10-15,REGULAR,1_0,", "amount_fen", "VALUE_OUT_OF_RANGE"),
        (
            "D1,,37,E1,EMPLOYEE_PENSION,370202,2026-10,2026-10-15,REGULAR,9999999999999999999,",
            "amount_fen",
            "VALUE_OUT_OF_RANGE",
        ),
        ("D1,,37,E1,EMPLOYEE_PENSION,370202,2026-10,2026-10-15,REGULAR,,", "amount_fen", "FIELD_REQUIRED"),
        ("D1,,37,E1,PENSION,370202,2026-10,2026-10-15,REGULAR,30,", "scheme", "UNKNOWN_VALUE"),
        ("D1,,37,E1,UNSPECIFIED,370202,2026-10,2026-10-15,REGULAR,30,", "scheme", "UNKNOWN_VALUE"),
        ("D1,,37", "", "MALFORMED_LINE"),
        ("D1,,37,E1,EMPLOYEE_PENSION,370202,2026-10,2026-10-15,REGULAR,30,,", "", "MALFORMED_LINE"),
        ('D1,,37,"E1,EMPLOYEE_PENSION,370202,2026-10,2026-10-15,REGULAR,30,', "", "MALFORMED_LINE"),
        ('D1,,37,"E1"x,EMPLOYEE_PENSION,370202,2026-10,2026-10-15,REGULAR,30,', "", "MALFORMED_LINE"),
    ],
)
def test_a_wrong_line_names_its_field_and_reason_and_repeats_nothing_of_it(line: str, field: str, reason: str) -> None:
    records = DRAWS.records
    with pytest.raises(RecordRejected) as caught:
        records.message(records.cells(line), "people/p")
    assert (caught.value.field, caught.value.reason) == (field, reason)
    assert "2026-10" not in str(caught.value)


def test_rejections_of_a_service_are_told_by_the_column() -> None:
    assert CARDS.records.column_of("person") == "identity_number"
    assert PEOPLE.records.column_of("division") == "division"
