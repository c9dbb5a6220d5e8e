"""Keyset cursors: opaque outside, and refused when they are not ours."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

import orjson

from services.errors import InvalidInputError
from services.views import Page

Row = TypeVar("Row")
Item = TypeVar("Item")
LARGEST_ID = 2**63 - 1


def encode_cursor(*parts: int | str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def decode_cursor(after: str | None, *shape: type) -> tuple[int | str, ...] | None:
    """The parts of a cursor of this shape; None for no cursor. Raises InvalidInputError for a foreign one."""
    if after is None:
        return None
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _foreign() from error
    if not isinstance(parts, list) or [type(part) for part in parts] != list(shape):
        raise _foreign()
    if any(isinstance(part, int) and not 0 <= part <= LARGEST_ID for part in parts):
        raise _foreign()
    return tuple(parts)


def decode_number(after: str | None) -> int | None:
    """The number behind a cursor of one number."""
    parts = decode_cursor(after, int)
    return None if parts is None else int(parts[0])


def _foreign() -> InvalidInputError:
    return InvalidInputError("after", "is not a cursor of this list; pass a cursor that this list returned.")


def page(
    rows: Sequence[Row],
    first: int,
    item: Callable[[Row], Item],
    cursor: Callable[[Row], str],
) -> Page[Item]:
    """The first `first` of `rows`, which were read with one more than that to know whether others follow."""
    shown = rows[:first]
    return Page(tuple(map(item, shown)), tuple(map(cursor, shown)), len(rows) > first)
