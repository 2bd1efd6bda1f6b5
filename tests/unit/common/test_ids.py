"""Identifiers."""

from services.common.ids import encode, is_id, new_id, new_ids, rising_id


def test_identifiers_made_together_differ_and_have_the_form_of_those_made_alone() -> None:
    made = [*new_ids(1_000), new_id()]
    assert len(set(made)) == len(made)
    assert all(map(is_id, made))
    assert new_ids(0) == []


def test_identifiers_made_together_begin_with_one_moment_not_before_the_last_one_made() -> None:
    before = new_id()
    made = new_ids(100)
    assert len({identifier[:10] for identifier in made}) == 1
    assert before[:10] <= made[0][:10]


def test_identifiers_rise_also_within_one_millisecond() -> None:
    made = [""]
    for _ in range(1_000):
        made.append(rising_id(made[-1]))
    assert made == sorted(set(made))
    assert all(map(is_id, made[1:]))
    assert rising_id("7" + "z" * 24 + "y") == "7" + "z" * 25


def test_a_number_is_written_most_significant_first() -> None:
    assert encode(0) == "0" * 26
    assert encode(2**128 - 1) == "7" + "z" * 25
    assert encode(33) == "0" * 24 + "11"
