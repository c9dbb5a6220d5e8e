"""Where what is stored and what the rules make of it are not the same."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import orjson

MOST_DIFFERENCES: Final = 20
LONGEST_SHOWN: Final = 300
_ABSENT: Final = object()

Row = TypeVar("Row", bound=tuple[Any, ...])
"""A named tuple."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`place` names the row, as in ``strike 12``; `field` the column, or the part of a document, as in
    ``payload.weakness.value``; empty when it is the row itself. Values are as JSON. `by` tells how the expected one
    was found: replayed through the rules, or counted in the database.
    """

    place: str
    field: str
    stored: str
    expected: str
    by: str = "replayed"

    def __str__(self) -> str:
        where = f"{self.place}: {self.field}" if self.field else self.place
        return f"{where}: stored {self.stored}, {self.by} {self.expected}"


class EnoughError(Exception):
    """Nothing more has to be looked at: there are enough differences, or what follows cannot be replayed."""


class Findings:
    """Collects differences in the order in which they are found, at most MOST_DIFFERENCES."""

    def __init__(self) -> None:
        self._found: list[Difference] = []

    @property
    def differences(self) -> tuple[Difference, ...]:
        return tuple(self._found)

    def note(self, place: str, field: str, stored: str, expected: str, by: str = "replayed") -> None:
        """A difference in words. Raises EnoughError with the last one that has room."""
        self._found.append(Difference(place, field, stored, expected, by))
        if len(self._found) >= MOST_DIFFERENCES:
            raise EnoughError

    def compare(self, place: str, field: str, stored: Any, expected: Any, by: str = "replayed") -> None:
        """Notes every leaf at which two values, which may be JSON documents, differ."""
        if stored == expected and isinstance(stored, bool) == isinstance(expected, bool):
            return
        if isinstance(stored, dict) and isinstance(expected, dict):
            for key in [*expected, *(key for key in stored if key not in expected)]:
                self.compare(place, f"{field}.{key}", stored.get(key, _ABSENT), expected.get(key, _ABSENT), by)
        elif isinstance(stored, list) and isinstance(expected, list) and len(stored) == len(expected):
            for index, (one, other) in enumerate(zip(stored, expected, strict=True)):
                self.compare(place, f"{field}[{index}]", one, other, by)
        else:
            self.note(place, field, shown(stored), shown(expected), by)

    def compare_rows(self, place: str, stored: Row, expected: Row, but: frozenset[str] = frozenset()) -> None:
        """Two rows of one class, field by field, except those named in `but`."""
        if stored == expected:
            return
        for field in stored._fields:  # type: ignore[attr-defined]  # every row is a named tuple
            if field not in but:
                self.compare(place, field, getattr(stored, field), getattr(expected, field))


def shown(value: Any) -> str:
    """The value as text: JSON, cut when it is long."""
    match value:
        case _ if value is _ABSENT:
            return "nothing"
        case datetime():
            text = value.isoformat()
        case bytes():
            text = value.hex()
        case _:
            text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
