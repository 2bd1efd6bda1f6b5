"""Pages and tokens."""

import base64
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import tokens
from services.common.errors import InvalidInput
from services.common.rpc.paging import DEFAULT_SIZE, MAX_SIZE, Page, next_page_token, page_of
from socsec.card.v1 import card_service_pb2, person_service_pb2

ListCards = card_service_pb2.ListCardsRequest
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
POSITIONS = st.lists(st.one_of(PRINTABLE, st.integers(-(2**62), 2**62)), max_size=4).map(tuple)


@given(st.binary(), POSITIONS)
def test_a_position_is_read_back_from_its_token(query: bytes, position: tokens.Position) -> None:
    assert tokens.read(query, tokens.write(query, position)) == position


@given(st.binary(), st.binary(), POSITIONS)
def test_a_token_of_another_query_is_refused(query: bytes, other: bytes, position: tokens.Position) -> None:
    if query != other:
        with pytest.raises(tokens.WrongToken):
            tokens.read(other, tokens.write(query, position))


@given(st.text(max_size=30))
def test_a_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(tokens.WrongToken):
        tokens.read(b"query", text)


@pytest.mark.parametrize("part", [True, None, 1.5, [], 2**64, "\0", "x" * 501])
def test_what_is_no_part_of_a_position_is_not_read(part: object) -> None:
    binding = json.loads(base64.urlsafe_b64decode(tokens.write(b"query", ()) + "=="))[0]
    made_up = base64.urlsafe_b64encode(json.dumps([binding, part]).encode()).decode().rstrip("=")
    with pytest.raises(tokens.WrongToken):
        tokens.read(b"query", made_up)


def test_the_first_page_begins_at_the_beginning_with_the_usual_size() -> None:
    assert page_of(ListCards()) == Page(DEFAULT_SIZE, None)
    assert page_of(ListCards(page_size=7)) == Page(7, None)
    assert page_of(ListCards(page_size=MAX_SIZE)).size == MAX_SIZE


@pytest.mark.parametrize("size", [-1, MAX_SIZE + 1])
def test_a_size_out_of_bounds_is_refused(size: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        page_of(ListCards(page_size=size))
    assert (refused.value.field, refused.value.reason) == ("page_size", "VALUE_OUT_OF_RANGE")


def test_the_next_page_goes_on_behind_the_last_item_whatever_its_size() -> None:
    token = next_page_token(ListCards(filter="x = 1"), ("last",))
    assert page_of(ListCards(filter="x = 1", page_token=token, page_size=3)) == Page(3, ("last",))
    assert next_page_token(ListCards(), None) == ""


@pytest.mark.parametrize(
    "request_",
    [ListCards(filter="x = 2"), person_service_pb2.ListRevealsRequest(filter="x = 1")],
    ids=["another filter", "another method"],
)
def test_a_page_token_is_good_for_its_query_only(
    request_: card_service_pb2.ListCardsRequest | person_service_pb2.ListRevealsRequest,
) -> None:
    request_.page_token = next_page_token(ListCards(filter="x = 1"), ("last",))
    with pytest.raises(InvalidInput) as refused:
        page_of(request_)
    assert (refused.value.field, refused.value.reason) == ("page_token", "INVALID_PAGE_TOKEN")


def test_a_position_of_another_shape_is_refused() -> None:
    def read(position: tokens.Position, *shape: type[str] | type[int] | type[date]) -> Page:
        return page_of(ListCards(page_token=next_page_token(ListCards(), position)), *shape)

    assert read((5,), int).after == (5,)
    assert read(("2026-11-25", "a"), date, str).after == ("2026-11-25", "a")
    for position, shape in (
        (("x",), (int,)),
        ((1,), (str,)),
        (("2026-02-30",), (date,)),
        ((), (str,)),
        ((1, 2), (int,)),
    ):
        with pytest.raises(InvalidInput):
            read(position, *shape)
