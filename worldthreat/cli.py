"""The command line. Exit codes: 0 done, 1 refused, 2 could not start."""

import asyncio
import sys
from typing import Annotated, NoReturn

import typer

from db import migrate as migrations
from db.embedded import DatabaseUnusableError
from worldthreat import up as launcher
from worldthreat.commands import backup, bot, raid, roster, token
from worldthreat.commands.database import database_url
from worldthreat.errors import StartError
from worldthreat.logs import configure_logs
from worldthreat.settings import Settings, load_settings

app = typer.Typer(
    help="World-Threat Expeditions: a whole community fights one boss for days.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(bot.app, name="bot")
app.add_typer(raid.app, name="raid")
app.add_typer(roster.app, name="roster")
app.add_typer(token.app, name="token")


app.command()(backup.backup)
app.command()(backup.restore)


def _settings() -> Settings:
    settings = load_settings()
    configure_logs(settings)
    return settings


@app.command()
def up(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="With a demo raid and a simulated crowd that strikes.")] = False,
) -> None:
    """Everything on this machine: database, migrations, first-start content, API, raid page, bot if configured."""
    launcher.up(_settings(), with_demo=demo)


@app.command()
def serve() -> None:
    """The API alone, over the database of WORLDTHREAT_DATABASE_URL."""
    launcher.serve(_settings())


@app.command()
def migrate() -> None:
    """Brings the database of WORLDTHREAT_DATABASE_URL, or the embedded one, to this version."""
    settings = _settings()
    with database_url(settings) as url:
        asyncio.run(migrations.upgrade(url))
        typer.echo(f"The database is at migration {migrations.head()}.")


def main() -> NoReturn:
    """Runs the command; what keeps it from starting is one line and exit code 2."""
    try:
        app()
    except (StartError, DatabaseUnusableError) as error:
        typer.echo(f"worldthreat: {error.message}", err=True)
        sys.exit(2)
    sys.exit(0)
