"""Arrays as tables: one parameter however many values, so that a statement is compiled and prepared once.

A VALUES clause has a parameter per value, is compiled anew each time (about 3 ms) and ends at 32,767 of them.
"""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import BigInteger, TableValuedAlias, column, func, literal
from sqlalchemy.dialects.postgresql import ARRAY


def array_text(numbers: Iterable[int | None]) -> str:
    """A bigint[] as PostgreSQL writes it, for a parameter ``$1::text::bigint[]``.

    The driver asks of each element of an array whether it is an array itself, which takes it 2 us.
    """
    return "{" + ",".join(["NULL" if number is None else str(number) for number in numbers]) + "}"


def _table(*columns: tuple[str, Sequence[int]]) -> TableValuedAlias:
    return (
        func.unnest(*(literal(list(numbers), ARRAY(BigInteger)) for _, numbers in columns))
        .table_valued(*(column(name, BigInteger) for name, _ in columns), name="wanted")
        .render_derived()
    )


def wanted_raids(raid_ids: Sequence[int]) -> TableValuedAlias:
    """Rows of (raid_id)."""
    return _table(("raid_id", raid_ids))


def wanted_places(places: Collection[tuple[int, int]]) -> TableValuedAlias:
    """Rows of (raid_id, place)."""
    return _table(("raid_id", [raid_id for raid_id, _ in places]), ("place", [number for _, number in places]))
