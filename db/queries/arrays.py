"""Arrays as tables: one parameter however many values, so that a statement is compiled and prepared once.

A VALUES clause has a parameter per value, is compiled anew each time (about 3 ms) and ends at 32,767 of them.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final, cast

from sqlalchemy import BigInteger, ColumnElement, TableValuedAlias, any_, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY


def array_text(numbers: Iterable[int | None]) -> str:
    """A bigint[] as PostgreSQL writes it, for a parameter ``$1::text::bigint[]``.

    The driver asks of each element of an array whether it is an array itself, which takes it 2 us.
    """
    return "{" + ",".join(["NULL" if number is None else str(number) for number in numbers]) + "}"


def among(of: Any, name: str) -> ColumnElement[bool]:
    """Whether the column is one of the numbers of the parameter `name`."""
    return cast("ColumnElement[bool]", of == any_(bindparam(name, type_=ARRAY(BigInteger))))


def _table(*names: tuple[str, str]) -> TableValuedAlias:
    return (
        func.unnest(*(bindparam(parameter, type_=ARRAY(BigInteger)) for _, parameter in names))
        .table_valued(*(column(name, BigInteger) for name, _ in names), name="wanted")
        .render_derived()
    )


WANTED_RAIDS: Final = _table(("raid_id", "raid_ids"))
"""Rows of (raid_id), of the parameter `raid_ids`."""

WANTED_PLACES: Final = _table(("raid_id", "raid_ids"), ("place", "places"))
"""Rows of (raid_id, place), of the parameters that `as_places` makes."""


def as_places(places: Collection[tuple[int, int]]) -> dict[str, list[int]]:
    """The parameters of WANTED_PLACES."""
    return {"raid_ids": [raid_id for raid_id, _ in places], "places": [number for _, number in places]}
