"""`worldthreat up`, `serve` and `migrate`: what a server is started with."""

import asyncio
from typing import Annotated

import typer

from worldthreat.logs import logged_settings

app = typer.Typer()


@app.command()
def up(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="With a demo raid and a simulated crowd that strikes.")] = False,
) -> None:
    """Everything on this machine: database, migrations, first-start content, API, raid page, bot if configured."""
    settings = logged_settings()
    from worldthreat import up as launcher  # noqa: PLC0415 - takes a second, and settings may be wrong

    launcher.up(settings, with_demo=demo)


@app.command()
def serve() -> None:
    """The API alone, over the database of WORLDTHREAT_DATABASE_URL."""
    settings = logged_settings()
    from worldthreat import up as launcher  # noqa: PLC0415 - as above

    launcher.serve(settings)


@app.command()
def migrate() -> None:
    """Brings the database of WORLDTHREAT_DATABASE_URL, or the embedded one, to this version."""
    settings = logged_settings()
    from db import migrate as migrations  # noqa: PLC0415 - as above
    from worldthreat.commands.database import database_url  # noqa: PLC0415

    with database_url(settings) as url:
        asyncio.run(migrations.upgrade(url))
        typer.echo(f"The database is at migration {migrations.head()}.")
