"""`worldthreat raid`: make raids, look at them, hold them, end them, and prove them."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from db.engine import Database, Timeouts
from db.queries import administration, raids
from services import codec
from services.admin_desk import actor_of
from services.boss_files import boss_from_toml
from services.errors import RaidNotFoundError, WorldThreatError
from services.raid_administration import NewRaid
from services.rules.configuration import BossConfiguration
from services.rules.values import RaidStatus
from services.verification import VerificationReport, verify_raid
from services.views import LeaderboardEntry, LeaderboardMetric, Raid, RaidCreated
from services.world_threat import WorldThreatService
from worldthreat.commands.database import REFUSED, with_database
from worldthreat.commands.output import (
    add_row,
    local,
    moment,
    operator,
    plain,
    refusing,
    show,
    show_json,
    table,
    told_problem,
)
from worldthreat.commands.raid_panel import percent, raid_panel, status_of

# A verification adds up whole logs in single statements.
PATIENT: Final = Timeouts(statement_ms=600_000, idle_in_transaction_ms=120_000, command_seconds=620.0)
LONGEST_NAME: Final = 100
PAGE: Final = 100

app = typer.Typer(help="Make raids, look at them, hold them, end them, prove them.", no_args_is_help=True)

RaidArgument = Annotated[
    str | None, typer.Argument(metavar="RAID", help="The raid's id; without it the live raid, else the newest.")
]
ReasonOption = Annotated[
    str, typer.Option(metavar="TEXT", help="Why: it is kept in the admin log and shown with the event.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class NoRaidError(WorldThreatError):
    def __init__(self) -> None:
        super().__init__("There is no raid yet: worldthreat raid create BOSS.toml makes one.")


@app.callback()
def raid() -> None:
    """Make raids, look at them, hold them, end them, prove them."""


# ------------------------------------------------------------------ create


@app.command(epilog="Example: worldthreat raid create ember-tyrant.toml --starts-at 2h --ends-at 7d")
def create(
    boss: Annotated[
        Path, typer.Argument(metavar="BOSS.toml", help="The boss, as TOML.", exists=True, dir_okay=False, readable=True)
    ],
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="The raid's name; else the boss's.")] = None,
    starts_at: Annotated[
        datetime | None,
        typer.Option(metavar="TIME", parser=moment, help="2h, or 2030-01-31T18:00+01:00; without it at once."),
    ] = None,
    ends_at: Annotated[
        datetime | None,
        typer.Option(metavar="TIME", parser=moment, help="7d from now, or a time; without it when the boss is dead."),
    ] = None,
    *,
    accept_warnings: Annotated[
        bool, typer.Option("--accept-warnings", help="Create it although the checks warn.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Create a raid from a boss file: checked first, live at once or from --starts-at.

    Every error and warning is shown with its place in the file.

    Exit codes: 0 created, 1 refused, 2 no database or wrong usage.
    """
    if name is not None and not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise typer.BadParameter(f"must have 1 to {LONGEST_NAME} characters", param_hint="--name")
    try:
        text = boss.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{boss} cannot be read: {error}", param_hint="BOSS.toml") from error

    async def work(database: Database) -> RaidCreated:
        configuration = await _boss(database, text, str(boss))
        new = NewRaid(name or configuration.name, configuration, starts_at, ends_at)
        desk = WorldThreatService(database).desk
        return await desk.create_configured_raid(actor_of(operator()), new, accept_warnings=accept_warnings)

    with refusing(as_json=as_json, hint="Nothing was created. If that is as it should be: --accept-warnings."):
        created = with_database(work, name="raid create")
    if as_json:
        show_json(created)
        return
    for warning in created.warnings:
        typer.echo(told_problem(warning), err=True)
    show(raid_panel(created.raid, ()))


async def _boss(database: Database, text: str, source: str) -> BossConfiguration:
    """Raises BossFileError."""
    async with database.reading() as connection:
        rules, rewards = await administration.default_configuration(connection)
    return boss_from_toml(
        text,
        source=source,
        defaults_rules=codec.rules_from_json(rules),
        defaults_rewards=codec.rewards_from_json(rewards),
    )


# ------------------------------------------------------------------ look


@app.command("list", epilog="Example: worldthreat raid list --status completed --json")
def list_raids(
    status: Annotated[RaidStatus | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the raids, newest first."""

    async def work(database: Database) -> tuple[Raid, ...]:
        service = WorldThreatService(database)
        return (await service.raids(operator(), first=limit, after=None, status=status)).items

    with refusing(as_json=as_json):
        found = with_database(work, name="raid list")
    if as_json:
        show_json(found)
        return
    if not found:
        typer.echo(str(NoRaidError()) if status is None else f"No raid is {status.value}.", err=True)
        return
    rows = table("Id", "Raid", "Status", "HP", "Strikes", "Players", "Starts", "Ends", numbers=("Id", "HP", "Strikes"))
    for each in found:
        add_row(
            rows,
            each.id,
            each.name,
            status_of(each),
            percent(each.hp.permille),
            f"{each.totals.strikes:,}",
            f"{each.totals.participants:,}",
            local(each.starts_at),
            local(each.completed_at or each.ends_at),
        )
    show(rows)


@app.command("show", epilog="Example: worldthreat raid show 3 --top 20")
def show_raid(
    raid_id: RaidArgument = None,
    top: Annotated[int, typer.Option(min=0, max=100, help="How many of the leaderboard.")] = 10,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show where a raid stands: HP, stage, weaknesses, curses, and who leads."""

    async def work(database: Database) -> tuple[Raid, tuple[LeaderboardEntry, ...]]:
        service = WorldThreatService(database)
        found = await _found(database, service, raid_id)
        if top == 0:
            return found, ()
        leaders = await service.leaderboard(
            operator(), raid_id=str(found.id), metric=LeaderboardMetric.CONTRIBUTION, first=top
        )
        return found, leaders or ()

    with refusing(as_json=as_json):
        found, leaders = with_database(work, name="raid show")
    if as_json:
        show_json({"raid": found, "leaderboard": leaders})
    else:
        show(raid_panel(found, leaders))


async def _found(database: Database, service: WorldThreatService, raid_id: str | None) -> Raid:
    """The raid that is asked for; without an id the live one, else the one that ended last, else the newest.

    Raises RaidNotFoundError, NoRaidError.
    """
    if raid_id is None:
        async with database.reading() as connection:
            current = await raids.current_raid_id(connection)
        if current is None:
            newest = (await service.raids(operator(), first=1, after=None, status=None)).items
            if not newest:
                raise NoRaidError
            return newest[0]
        raid_id = str(current)
    found = await service.raid(operator(), raid_id)
    if found is None:
        raise RaidNotFoundError(raid_id=raid_id)
    return found


# ------------------------------------------------------------------ hold and end


@app.command(epilog='Example: worldthreat raid pause --reason "The server moves."')
def pause(reason: ReasonOption, raid_id: RaidArgument = None, *, as_json: JsonOption = False) -> None:
    """Pause a raid: nothing can be struck, and its end moves by as long as it lasts."""
    _act(
        "pause",
        raid_id,
        lambda service, found: service.desk.pause_raid(operator(), raid_id=found, reason=reason),
        as_json=as_json,
    )


@app.command(epilog='Example: worldthreat raid resume --reason "The server has moved."')
def resume(reason: ReasonOption, raid_id: RaidArgument = None, *, as_json: JsonOption = False) -> None:
    """Let a paused raid go on."""
    _act(
        "resume",
        raid_id,
        lambda service, found: service.desk.resume_raid(operator(), raid_id=found, reason=reason),
        as_json=as_json,
    )


@app.command(epilog='Example: worldthreat raid end 3 --reason "Wrong boss."')
def end(reason: ReasonOption, raid_id: RaidArgument = None, *, as_json: JsonOption = False) -> None:
    """Cancel a raid for good: what was earned stays, nothing more is paid."""
    _act(
        "end",
        raid_id,
        lambda service, found: service.desk.end_raid(operator(), raid_id=found, reason=reason),
        as_json=as_json,
    )


def _act(
    name: str, raid_id: str | None, act: Callable[[WorldThreatService, str], Awaitable[Raid]], *, as_json: bool
) -> None:
    async def work(database: Database) -> Raid:
        service = WorldThreatService(database)
        found = await _found(database, service, raid_id)
        return await act(service, str(found.id))

    with refusing(as_json=as_json):
        moved = with_database(work, name=f"raid {name}")
    if as_json:
        show_json(moved)
    else:
        typer.echo(plain(f"Raid {moved.id}, {moved.name}, is {status_of(moved)}."))


# ------------------------------------------------------------------ prove


@app.command(epilog="Example: worldthreat raid verify --all --json")
def verify(
    raid_id: RaidArgument = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every raid there is.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Play a raid again from its configuration, seed and log, and compare all that is stored, bit for bit.

    Exit codes: 0 everything agrees, 1 something differs (the first difference comes first), 2 no database.
    """
    if every and raid_id is not None:
        raise typer.BadParameter("name a raid, or give --all", param_hint="--all")

    async def work(database: Database) -> list[VerificationReport]:
        service = WorldThreatService(database)
        wanted = await _all(service) if every else [await _found(database, service, raid_id)]
        return [await _verified(database, each) for each in wanted]

    with refusing(as_json=as_json):
        reports = with_database(work, name="raid verify", timeouts=PATIENT)
    if as_json:
        told = [{"agrees": report.agrees, **asdict(report)} for report in reports]
        show_json(told if every else told[0])
    else:
        for report in reports:
            _say(report)
    if not all(report.agrees for report in reports):
        raise typer.Exit(REFUSED)


async def _all(service: WorldThreatService) -> list[Raid]:
    """Oldest first."""
    found: list[Raid] = []
    after: str | None = None
    while True:
        page = await service.raids(operator(), first=PAGE, after=after, status=None)
        found += page.items
        if not page.has_next:
            return found[::-1]
        after = page.cursors[-1]


async def _verified(database: Database, raid: Raid) -> VerificationReport:
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("strikes"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(f"raid {raid.id}", total=raid.totals.strikes)
        return await verify_raid(
            database, str(raid.id), lambda done, total: bar.update(task, completed=done, total=total)
        )


def _say(report: VerificationReport) -> None:
    which = f"Raid {report.raid_id}, {report.raid_name},"
    if report.agrees:
        compared = (
            f"{report.strikes:,} strikes, {report.events:,} events, {report.characters_used:,} characters used, "
            f"{report.participants:,} participants and {report.grants:,} grants"
        )
        typer.echo(plain(f"{which} agrees with its log: {compared} are what the rules make of them."))
        return
    typer.echo(plain(f"{which} does not agree with its log. The first difference:"))
    for index, difference in enumerate(report.differences):
        if index == 1:
            typer.echo("Then:")
        typer.echo(plain(f"  {difference}"))
    if not report.complete:
        typer.echo("The comparison ended there: there may be more.")
