"""SafeInt and DateTime: whole numbers that JavaScript holds exactly, instants that say where they are."""

import json
from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, IntValueNode, StringValueNode, ValueNode, print_ast
from strawberry.types.scalar import ScalarDefinition

from services.rules.checks import LARGEST_WHOLE_NUMBER

SafeInt = NewType("SafeInt", int)
LONGEST_SHOWN = 40


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _shown(value: object) -> str:
    """A refused value as JSON spells it, short enough for a message."""
    if isinstance(value, int) and value.bit_length() > 128:
        # A number of thousands of digits is not turned into text: that takes long, or Python refuses it.
        return f"a number of {value.bit_length()} bits"
    try:
        return _shorten(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError):
        return f"this {type(value).__name__}"


def _not_safe(shown: str) -> GraphQLError:
    return GraphQLError(
        f"SafeInt must be a whole number from -{LARGEST_WHOLE_NUMBER} to {LARGEST_WHOLE_NUMBER}, "
        f"without quotes and fraction; {shown} is not."
    )


def parse_safe_int(value: object) -> int:
    """Raises GraphQLError for anything but an `int` (`bool` is none here) that a double holds exactly."""
    if type(value) is int and -LARGEST_WHOLE_NUMBER <= value <= LARGEST_WHOLE_NUMBER:
        return value
    raise _not_safe(_shown(value))


def parse_safe_int_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> int:
    if not isinstance(node, IntValueNode) or len(node.value) > len(str(LARGEST_WHOLE_NUMBER)) + 1:
        raise _not_safe(_shorten(print_ast(node)))
    return parse_safe_int(int(node.value))


def serialize_safe_int(value: object) -> int:
    """Raises ValueError for what parsing would refuse: such a value is a bug of ours, not of the client."""
    if type(value) is int and -LARGEST_WHOLE_NUMBER <= value <= LARGEST_WHOLE_NUMBER:
        return value
    raise ValueError(f"not a SafeInt: {_shown(value)}")


def _not_an_instant(shown: str) -> GraphQLError:
    return GraphQLError(f"DateTime must be ISO 8601 text such as 2030-01-31T18:00:00Z; {shown} is not.")


def parse_date_time(value: object) -> datetime:
    """An aware datetime in UTC. Raises GraphQLError for anything but ISO 8601 text with date, time and offset."""
    if not isinstance(value, str):
        raise _not_an_instant(_shown(value))
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _not_an_instant(_shown(value)) from None
    raise GraphQLError(
        "DateTime must say its offset, as in 2030-01-31T18:00:00Z or 2030-01-31T18:00:00+02:00; "
        f"{_shown(value)} does not."
    )


def parse_date_time_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> datetime:
    if not isinstance(node, StringValueNode):
        raise _not_an_instant(_shorten(print_ast(node)))
    return parse_date_time(node.value)


def serialize_date_time(value: object) -> str:
    """UTC with ``Z``; microseconds only where there are any. Raises ValueError for a naive value: a bug of ours."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    raise ValueError(f"not an instant: {_shown(value)}")


SCALARS: dict[object, ScalarDefinition] = {
    SafeInt: strawberry.scalar(
        name="SafeInt",
        description=(
            "A whole number that JavaScript holds exactly: a JSON number n with |n| <= 9007199254740991. "
            "Text, booleans, fractions and numbers out of range are refused."
        ),
        serialize=serialize_safe_int,
        parse_value=parse_safe_int,
        parse_literal=parse_safe_int_literal,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description=(
            "An instant in ISO 8601 with an offset, such as `2030-01-31T18:00:00Z`. Always sent in UTC; "
            "a value without an offset is refused, for nobody could know when that is."
        ),
        serialize=serialize_date_time,
        parse_value=parse_date_time,
        parse_literal=parse_date_time_literal,
    ),
}
"""For `StrawberryConfig(scalar_map=…)`."""
