"""Why a file is refused: where, what stands there, what is wrong and what would be right."""

import bisect
from dataclasses import dataclass
from typing import Final

from services.rules.errors import WorldThreatError

SHOWN: Final = 20
LONGEST_VALUE_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class RosterProblem:
    """`line` is the physical line, from 1, on which the row begins; None when the file as a whole is meant.

    `value` is what stands there, shortened; `expected` is what would be right.
    """

    file: str
    line: int | None
    column: str | None
    value: str | None
    reason: str
    expected: str

    def __str__(self) -> str:
        line = "" if self.line is None else f", line {self.line}"
        column = "" if self.column is None else f", {self.column}"
        value = "" if self.value is None else f" {_shown(self.value)}"
        return f"{self.file}{line}{column}{value}: {self.reason}; right is {self.expected}"


class RosterFileError(WorldThreatError):
    """The files are refused and nothing of them stays. `problems` are the first in file order, `total` all."""

    def __init__(self, problems: tuple[RosterProblem, ...], *, total: int) -> None:
        self.problems, self.total = problems, total
        more = "" if total == len(problems) else f"\nand {total - len(problems):,} more"
        super().__init__("\n".join(map(str, problems)) + more)


class Problems:
    """Every problem of one import: all are counted, the first `SHOWN` in file order are kept."""

    def __init__(self) -> None:
        self.total = 0
        self._kept: list[tuple[tuple[int, int], RosterProblem]] = []

    def add(self, file_order: int, problem: RosterProblem) -> None:
        self.total += 1
        place = (file_order, problem.line or 0)
        if len(self._kept) < SHOWN or place < self._kept[-1][0]:
            bisect.insort(self._kept, (place, problem), key=lambda kept: kept[0])
            del self._kept[SHOWN:]

    def add_uncounted(self, more: int) -> None:
        """Count problems that are too many to be looked at one by one."""
        self.total += more

    def raise_if_any(self) -> None:
        if self.total:
            raise RosterFileError(tuple(problem for _, problem in self._kept), total=self.total)


def shortened(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE_SHOWN else value[: LONGEST_VALUE_SHOWN - 1] + "…"


def _shown(value: str) -> str:
    printable = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in value)
    return f'"{printable}"'
