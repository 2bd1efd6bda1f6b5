"""Places in a status list."""

from itertools import pairwise

import pytest

from services.card.ecard import LIST_SIZE
from services.card.scatter import scatter

KEY = bytes(range(16))


@pytest.mark.parametrize("size", [1, 2, 97, 5_000])
def test_each_number_gets_a_place_of_its_own(size: int) -> None:
    assert {scatter(number, size, KEY, "1") for number in range(size)} == set(range(size))


def test_neighbours_are_spread_over_the_list_and_no_place_is_given_twice() -> None:
    places = [scatter(number, LIST_SIZE, KEY, "1") for number in range(3_000)]
    assert len(set(places)) == len(places)
    tenths = [sum(place * 10 // LIST_SIZE == tenth for place in places) for tenth in range(10)]
    assert min(tenths) > 230
    steps = [abs(after - before) for before, after in pairwise(places)]
    assert sum(step < LIST_SIZE // 1000 for step in steps) < 20


def test_another_key_or_list_gives_other_places() -> None:
    mine = [scatter(number, LIST_SIZE, KEY, "1") for number in range(20)]
    assert mine != [scatter(number, LIST_SIZE, bytes(16), "1") for number in range(20)]
    assert mine != [scatter(number, LIST_SIZE, KEY, "2") for number in range(20)]


@pytest.mark.parametrize(("number", "size"), [(-1, 10), (10, 10), (0, 1 << 33)])
def test_what_is_no_place_is_refused(number: int, size: int) -> None:
    with pytest.raises(ValueError, match="is no place of"):
        scatter(number, size, KEY, "1")
