"""Texts that people write hold nobody's identity number."""

import re
from pathlib import Path

import pytest

from services.common.errors import InvalidInput
from services.common.identity import check_character
from services.common.rpc.requests import words_of

SERVICES = Path(__file__).parents[3] / "services"
NUMBER = "37029919650115001X"


@pytest.mark.parametrize(
    "text",
    [
        f"paid to {NUMBER} as well",
        f"身份证号{NUMBER.lower()}，已核对",
        "370299 19650115 001X",
        "370299-19650115-001X",
        "３７０２９９１９７６０２１５００２１",
        "one 11010519491231002X.",
        "370299197602150021",
    ],
)
def test_an_identity_number_in_a_text_is_refused_by_field_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        words_of(text, "reason", 200)
    assert (refused.value.field, refused.value.reason) == ("reason", "IDENTITY_NUMBER_IN_TEXT")
    assert NUMBER not in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        "370299196501150010",  # wrong check character
        "37029919650231001" + check_character("37029919650231001"),  # no such day
        f"62{NUMBER[:-1]}7",  # a longer number, for example of an account
        "case 2026-11-24 of 370202, receipt 000123456789012345",
        "91370200" + "1234567890",  # an organisation's code has the form of a foreigner's number
        "the person of people/01kaxyzabcdefghjkmnpqrstvw",
        "37020201230101001" + check_character("37020201230101001"),  # a payer's number of a payment: nobody is so old
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert words_of(text, "reason", 200) == text


def test_every_reason_purpose_proof_and_note_of_a_request_is_read_so() -> None:
    written = re.compile(r"\btext_of\(\s*\w+\.(?:reason|purpose|proof|note|failure_reason|owner)\b")
    wrong = [str(file) for file in SERVICES.rglob("*.py") if written.search(file.read_text("utf-8"))]
    assert wrong == []
