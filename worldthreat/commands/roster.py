"""`worldthreat roster`: the base game's characters and players come in here."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from db.engine import Database
from services.roster import (
    RosterCount,
    RosterFile,
    RosterFileError,
    RosterFiles,
    RosterProgress,
    RosterSummary,
    import_roster,
)
from worldthreat.commands.database import REFUSED, with_database

app = typer.Typer(help="Characters, players and who owns whom.", no_args_is_help=True)


@app.callback()
def roster() -> None:
    """Characters, players and who owns whom."""


@app.command("import")
def import_command(
    characters: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="waifu_id, name, series_id, rarity, stats, elemental_type, archetype"),
    ] = None,
    series: Annotated[Path | None, typer.Option(metavar="CSV", help="series_id, name, genres")] = None,
    players: Annotated[Path | None, typer.Option(metavar="CSV", help="discord_id, name")] = None,
    ownership: Annotated[
        Path | None, typer.Option(metavar="CSV", help="discord_id, waifu_id, stars (empty: the character's rarity)")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary, or what is wrong, as JSON.")] = False,
) -> None:
    """Import a roster from CSV files: all of them, or nothing.

    The base game's own files work as they are. Importing again changes only what differs; nothing is ever deleted.
    Each file may come alone when the database already has what it refers to.

    Exit codes: 0 imported, 1 a file is refused (every problem is named by line and column), 2 no database.
    """
    given = {"series": series, "characters": characters, "players": players, "ownership": ownership}
    files = RosterFiles(**{kind: None if path is None else RosterFile.at(path) for kind, path in given.items()})
    if files == RosterFiles():
        raise typer.BadParameter("give at least one of --characters, --series, --players, --ownership")
    try:
        summary = with_database(
            lambda database: _import(database, files),
            name="roster import",
            nothing_stays="nothing of the import stays",
        )
    except RosterFileError as error:
        _say_refused(error, as_json=as_json)
        raise typer.Exit(REFUSED) from error
    _say_imported(summary, as_json=as_json)


async def _import(database: Database, files: RosterFiles) -> RosterSummary:
    with _ProgressBars() as bars:
        async with database.driver_connection() as connection:
            return await import_roster(connection, files, bars.show)


class _ProgressBars:
    """A bar for each file while it is read, and one while its rows are written; nothing when nobody watches."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[amount]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, progress: RosterProgress) -> None:
        name = Path(progress.file).name
        if progress.rows_written == 0:
            amount = f"{progress.bytes_read / 1_000_000:,.1f} MB, {progress.rows_read:,} rows"
            self._move(f"read {name}", progress.bytes_read, progress.bytes_total, amount)
        else:
            amount = f"{progress.rows_written:,} rows"
            self._move(f"write {name}", progress.rows_written, progress.rows_read, amount)

    def _move(self, description: str, completed: int, total: int | None, amount: str) -> None:
        if description not in self._tasks:
            self._tasks[description] = self._progress.add_task(description, total=total, amount=amount)
        self._progress.update(self._tasks[description], completed=completed, amount=amount)


def _say_imported(summary: RosterSummary, *, as_json: bool) -> None:
    counts = {"characters": summary.characters, "players": summary.players, "ownership": summary.ownership}
    given = {kind: count for kind, count in counts.items() if count is not None}
    if as_json:
        series = {} if summary.series_read is None else {"series": {"read": summary.series_read}}
        typer.echo(json.dumps(series | {kind: asdict(count) for kind, count in given.items()}))
        return
    if summary.series_read is not None:
        typer.echo(f"series      {summary.series_read:>12,} read")
    for kind, count in given.items():
        typer.echo(f"{kind:<11} {_told(count)}")


def _told(count: RosterCount) -> str:
    return f"{count.read:>12,} read  {count.new:>12,} new  {count.changed:>12,} changed"


def _say_refused(error: RosterFileError, *, as_json: bool) -> None:
    if as_json:
        problems = [asdict(problem) for problem in error.problems]
        typer.echo(json.dumps({"problems": problems, "total": error.total}))
        return
    typer.echo(str(error), err=True)
    typer.echo("Nothing was imported.", err=True)
