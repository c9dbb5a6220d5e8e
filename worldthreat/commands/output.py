"""What the commands have in common when they speak: who acts, times as they are typed, tables, refusals, JSON."""

import contextlib
import io
import os
import pwd
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from services.boss_files import BossFileError
from services.errors import InvalidConfigurationError, WorldThreatError
from services.rules.checks import Problem, Severity
from services.views import Principal, Role
from worldthreat.commands.database import REFUSED

LONGEST_AHEAD: Final = timedelta(days=36_500)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
# The service speaks of fields as the API spells them; here they are arguments and options.
_SPELLED: Final = {
    "raidId": "RAID",
    "id": "ID",
    "reason": "--reason",
    "name": "--name",
    "discordId": "--discord-id",
    "expiresAt": "--expires",
    "starts_at": "--starts-at",
    "ends_at": "--ends-at",
    "startsAt": "--starts-at",
}


def operator() -> Principal:
    """Whoever may use this machine's database is an admin; the log names them as, e.g., ``cli:root``."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user that no passwd file knows
        name = str(os.getuid())
    return Principal(Role.ADMIN, None, f"cli:{name}")


def moment(text: str) -> datetime:
    """A time as it is typed: ISO 8601 with its offset, or how long from now, as in 90m, 12h, 30d, 2w.

    Raises typer.BadParameter.
    """
    if ahead := re.fullmatch(r"\+?(\d{1,9})([smhdw])", text.strip().lower()):
        length = timedelta(**{_UNITS[ahead[2]]: int(ahead[1])})
        if not timedelta() < length <= LONGEST_AHEAD:
            raise typer.BadParameter(f"{text} is not between one second and a hundred years")
        return datetime.now(UTC) + length
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"{text} is no time: write 30d, 12h, or 2030-01-31T18:00+01:00") from None
    if when.tzinfo is None:
        raise typer.BadParameter(f"{text} does not say in which time zone: add Z or an offset, as in {text}+01:00")
    return when.astimezone(UTC)


def plain(text: str) -> str:
    """Names come from players: nothing in them may steer the terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def local(when: datetime | None) -> str:
    """In the time zone of this machine, to the minute."""
    return "" if when is None else when.astimezone().strftime("%Y-%m-%d %H:%M")


def table(*columns: str, numbers: Iterable[str] = ()) -> Table:
    """A table that folds long words instead of breaking; `numbers` are the columns that stand to the right."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    right = set(numbers)
    for column in columns:
        made.add_column(
            column, justify="right" if column in right else "left", overflow="fold", no_wrap=column in right
        )
    return made


def add_row(to: Table, *cells: object) -> None:
    to.add_row(*(cell if isinstance(cell, Text) else Text(plain(str(cell))) for cell in cells))


def show(*what: RenderableType) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no box or umlaut shows something else
    console = Console(highlight=False)
    for each in what:
        console.print(each)


def show_json(value: Any) -> None:
    """Dataclasses, times and enumerations as JSON, one document on the standard output."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a script is told, with `--json`, when a command is refused."""

    error: str
    problems: tuple[Problem, ...] = ()


@contextlib.contextmanager
def refusing(*, as_json: bool, hint: str = "") -> Iterator[None]:
    """Tells every expected failure in its words, and ends the program with exit code 1.

    `hint` follows when only warnings are in the way.
    """
    try:
        yield
    except WorldThreatError as error:
        said, problems = _told(error)
        if as_json:
            show_json(Refusal(said, problems))
        else:
            for line in [told_problem(problem) for problem in problems] or [said]:
                typer.echo(line, err=True)
            if hint and problems and all(problem.severity is Severity.WARNING for problem in problems):
                typer.echo(hint, err=True)
        raise typer.Exit(REFUSED) from error


def _told(error: WorldThreatError) -> tuple[str, tuple[Problem, ...]]:
    if isinstance(error, InvalidConfigurationError | BossFileError):
        problems = tuple(
            dict.fromkeys(
                Problem(
                    _SPELLED.get(each.path, each.path) if each.path != "name" else each.path,
                    each.message,
                    each.severity,
                )
                for each in error.problems
            )
        )
        return "; ".join(f"{each.path}: {each.message}" for each in problems), problems
    field, colon, message = str(error).partition(": ")
    return (f"{_SPELLED[field]}: {message}" if colon and field in _SPELLED else str(error)), ()


def told_problem(problem: Problem) -> str:
    kind = "warning" if problem.severity is Severity.WARNING else "error"
    return plain(f"{kind}: {problem.path}: {problem.message}")
