"""SafeInt is a whole number that JavaScript holds exactly; DateTime says its offset and is sent in UTC."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given
from hypothesis import strategies as st

from schema.scalars import (
    parse_date_time,
    parse_date_time_literal,
    parse_safe_int,
    parse_safe_int_literal,
    serialize_date_time,
    serialize_safe_int,
)

LARGEST = 9_007_199_254_740_991


@given(st.integers(-LARGEST, LARGEST))
def test_a_safe_whole_number_goes_in_and_out_unchanged(number: int) -> None:
    assert parse_safe_int(number) == serialize_safe_int(number) == number
    assert parse_safe_int_literal(parse_value(str(number))) == number


@pytest.mark.parametrize(
    "value", [True, False, 1.5, 1.0, 1e300, float("nan"), "5", "", None, [1], {}, LARGEST + 1, -LARGEST - 1]
)
def test_anything_else_is_refused_with_the_range(value: Any) -> None:
    with pytest.raises(GraphQLError, match=f"whole number from -{LARGEST} to {LARGEST}") as refused:
        parse_safe_int(value)
    assert len(refused.value.message) < 250


def test_a_number_of_thousands_of_digits_is_refused_by_its_length() -> None:
    with pytest.raises(GraphQLError, match="a number of 16610 bits is not"):
        parse_safe_int(10**5000)


@pytest.mark.parametrize("literal", ["true", "1.5", "1.0", '"5"', "null", "[1]", "{a: 1}", "FIVE", f"{LARGEST + 1}"])
def test_so_are_other_literals(literal: str) -> None:
    with pytest.raises(GraphQLError, match="whole number"):
        parse_safe_int_literal(parse_value(literal))


def test_a_literal_of_many_digits_is_refused_without_counting_them_all() -> None:
    with pytest.raises(GraphQLError, match="9999…") as refused:
        parse_safe_int_literal(parse_value("9" * 50_000))
    assert len(refused.value.message) < 250


@pytest.mark.parametrize("value", [True, 1.0, "5", LARGEST + 1, -LARGEST - 1, None])
def test_nothing_unsafe_is_sent(value: Any) -> None:
    with pytest.raises(ValueError, match="not a SafeInt"):
        serialize_safe_int(value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-31T18:00:00Z", datetime(2030, 1, 31, 18, tzinfo=UTC)),
        ("2030-01-31T18:00:00+02:00", datetime(2030, 1, 31, 16, tzinfo=UTC)),
        ("2030-01-31T18:00:00.123456-05:30", datetime(2030, 1, 31, 23, 30, 0, 123456, tzinfo=UTC)),
        ("2030-01-31 18:00+00:00", datetime(2030, 1, 31, 18, tzinfo=UTC)),
    ],
)
def test_an_instant_is_taken_with_any_offset(text: str, moment: datetime) -> None:
    assert parse_date_time(text) == moment
    assert parse_date_time(text).tzinfo is UTC
    assert parse_date_time_literal(parse_value(f'"{text}"')) == moment


@pytest.mark.parametrize("text", ["2030-01-31T18:00:00", "2030-01-31", "2030-01-31T18:00"])
def test_without_an_offset_it_is_refused_and_the_message_shows_one(text: str) -> None:
    with pytest.raises(GraphQLError, match=r"must say its offset, as in 2030-01-31T18:00:00Z"):
        parse_date_time(text)


@pytest.mark.parametrize(
    "value",
    ["", "tomorrow", "2030-13-01T00:00:00Z", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", 5, True, None],
)
def test_what_is_no_instant_is_refused_with_an_example(value: Any) -> None:
    with pytest.raises(GraphQLError, match="such as 2030-01-31T18:00:00Z"):
        parse_date_time(value)


@pytest.mark.parametrize("literal", ["5", "true", "NOW", "[1]"])
def test_so_are_literals_that_are_no_text(literal: str) -> None:
    with pytest.raises(GraphQLError, match="such as 2030-01-31T18:00:00Z"):
        parse_date_time_literal(parse_value(literal))


def test_it_is_always_sent_in_utc() -> None:
    moment = datetime(2030, 1, 31, 18, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    assert serialize_date_time(moment) == "2030-01-31T16:00:00.000005Z"
    assert serialize_date_time(moment.replace(microsecond=0)) == "2030-01-31T16:00:00Z"


@pytest.mark.parametrize("value", [datetime(2030, 1, 31), "2030-01-31T16:00:00Z", None])  # noqa: DTZ001 - naive on purpose
def test_nothing_but_an_instant_is_sent(value: Any) -> None:
    with pytest.raises(ValueError, match="not an instant"):
        serialize_date_time(value)


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)))  # noqa: DTZ001 - Hypothesis wants naive bounds
def test_an_instant_goes_out_and_in_unchanged(moment: datetime) -> None:
    assert parse_date_time(serialize_date_time(moment)) == moment.astimezone(UTC)
