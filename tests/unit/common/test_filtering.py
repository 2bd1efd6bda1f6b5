"""Filters: what is written is read back, and a stream's answer is the database's."""

import contextlib
import sqlite3

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import InvalidInput
from services.common.filter_sql import condition
from services.common.filtering import (
    EVERYTHING,
    MAX_DEPTH,
    MAX_LENGTH,
    All,
    AnyOf,
    Comparison,
    Fields,
    Filter,
    Not,
    Value,
    matches,
    parse,
    renamed,
    values_of,
)

FIELDS: Fields = {"state": str, "division": str, "amount_fen": int}
OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
WORDS = st.text("abcAB019-/. ", max_size=4)
AMOUNTS = st.integers(-3, 3)
COMPARISONS = st.one_of(
    st.builds(Comparison, st.sampled_from(("state", "division")), st.sampled_from(OPERATORS), WORDS),
    st.builds(Comparison, st.just("amount_fen"), st.sampled_from(OPERATORS), AMOUNTS),
)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)
RECORDS = st.lists(st.fixed_dictionaries({"state": WORDS, "division": WORDS, "amount_fen": AMOUNTS}), max_size=6)

TABLE = sa.Table(
    "record",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.String),
    sa.Column("division", sa.String),
    sa.Column("amount_fen", sa.Integer),
)
ENGINE = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(":memory:"), poolclass=sa.StaticPool)


def written(wanted: Filter) -> str:
    match wanted:
        case All(parts):
            return "(" + " AND ".join(map(written, parts)) + ")"
        case AnyOf(parts):
            return "(" + " OR ".join(map(written, parts)) + ")"
        case Not(part):
            return f"NOT {written(part)}"
        case Comparison(field, operator, value):
            return f'{field}{operator}"{value}"'


@given(FILTERS)
def test_a_filter_that_is_written_out_is_read_back_the_same(wanted: Filter) -> None:
    assert parse(written(wanted), FIELDS) == wanted


@given(FILTERS, RECORDS)
@settings(max_examples=150)
def test_a_stream_lets_through_what_the_database_selects(wanted: Filter, records: list[dict[str, Value]]) -> None:
    columns = {name: TABLE.c[name] for name in FIELDS}
    with ENGINE.connect() as connection:
        TABLE.metadata.create_all(connection)
        if records:
            connection.execute(TABLE.insert(), [record | {"id": number} for number, record in enumerate(records)])
        selected = connection.execute(sa.select(TABLE.c.id).where(condition(wanted, columns))).scalars().all()
        connection.rollback()
    assert sorted(selected) == [number for number, record in enumerate(records) if matches(wanted, record)]


def test_the_example_of_the_documentation_is_read_as_it_says() -> None:
    text = 'state = ENABLED AND (division = "370202" OR division = "370203") AND NOT amount_fen < 500'
    assert parse(text, FIELDS) == All(
        (
            Comparison("state", "=", "ENABLED"),
            AnyOf((Comparison("division", "=", "370202"), Comparison("division", "=", "370203"))),
            Not(Comparison("amount_fen", "<", 500)),
        )
    )


@pytest.mark.parametrize("text", ["", "   "])
def test_no_filter_lets_everything_through(text: str) -> None:
    assert parse(text, FIELDS) == EVERYTHING
    assert matches(EVERYTHING, {})
    with ENGINE.connect() as connection:
        assert connection.execute(sa.select(sa.literal(1)).where(condition(EVERYTHING, {}))).scalar() == 1


@pytest.mark.parametrize(
    "text",
    [
        "state",
        "state =",
        "state = )",
        "= ENABLED",
        "nothing = 1",
        '"state" = 1',
        "state ENABLED",
        "state = A state = B",
        "state = A AND",
        "(state = A",
        "state = A)",
        'state = "A',
        "amount_fen = many",
        "NOT",
        "state = A\nOR state = B",
        'state = "\0"',
        "(" * (MAX_DEPTH + 2) + "state = A" + ")" * (MAX_DEPTH + 2),
        "NOT " * (MAX_DEPTH + 2) + "state = A",
        "state = " + "A" * MAX_LENGTH,
    ],
)
def test_what_cannot_be_read_is_refused_with_the_fields_that_there_are(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(text, FIELDS)
    assert (refused.value.field, refused.value.reason) == ("filter", "INVALID_FILTER")
    assert refused.value.metadata == {"fields": "amount_fen, division, state"}


def test_a_refusal_repeats_a_misspelt_field_but_never_somebodys_number() -> None:
    with pytest.raises(InvalidInput, match="Cannot filter by 'stat'"):
        parse("stat = ENABLED", FIELDS)
    for text in ("370299199001010012", "370299199001010012 = 1", "state = A 370299199001010012"):
        with pytest.raises(InvalidInput) as refused:
            parse(text, FIELDS)
        assert "370299" not in refused.value.message


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        parse(text, FIELDS)


def test_a_filter_by_a_value_with_other_names_means_each_of_them_and_its_negation_none() -> None:
    names = {"bo": ("anna", "bo")}
    for text, expected in (
        ("state = bo", ["anna", "bo"]),
        ("state != bo", ["chen"]),
        ("NOT (state = bo OR state = chen)", []),
        ("state = chen AND division = x", ["chen"]),
        ("division = bo", []),
    ):
        wanted = renamed(parse(text, FIELDS), "state", names)
        records = ({"state": state, "division": "x"} for state in ("anna", "bo", "chen"))
        assert [record["state"] for record in records if matches(wanted, record)] == expected
    assert values_of(parse("NOT state = bo OR (state < chen AND division = x)", FIELDS), "state") == {"bo", "chen"}
