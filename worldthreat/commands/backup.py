"""`worldthreat backup` and `worldthreat restore`: everything that is kept, as one file."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import text

from db import dumps, migrate
from db.cluster import DatabaseUnusableError
from db.engine import Database
from worldthreat.commands.database import CANNOT_START, REFUSED, database_url
from worldthreat.errors import StartError
from worldthreat.settings import load_settings

app = typer.Typer()

MAGIC: Final = b"PGDMP"
TABLES: Final = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to: a file that is not there yet.", dir_okay=False)],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it is there.")] = False,
) -> None:
    """Writes the whole database to a file: raids, players, rosters, tokens. The server may go on meanwhile."""
    if file.exists() and not force:
        _refuse(f"{file} is there already: choose another name, or say --force.")
    if not file.absolute().parent.is_dir():
        _refuse(f"There is no folder {file.absolute().parent}.")
    try:
        with database_url(load_settings()) as url:
            dumps.dump(url, file)
    except (StartError, DatabaseUnusableError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(CANNOT_START) from error
    typer.echo(f"{file}: {file.stat().st_size:,} bytes. Keep it as safe as the database: it holds Discord ids.")


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A file that `worldthreat backup` made.")]) -> None:
    """Fills an empty database with a backup, and brings it to this version. Nothing is ever overwritten."""
    try:
        with file.open("rb") as opened:
            if opened.read(len(MAGIC)) != MAGIC:
                _refuse(f"{file} is no backup of this program.")
        with database_url(load_settings()) as url:
            if asyncio.run(_tables(url)):
                _refuse(
                    "The database is not empty, and nothing is overwritten: name an empty one in "
                    "WORLDTHREAT_DATABASE_URL, or another WORLDTHREAT_DATA_DIR."
                )
            dumps.restore(url, file)
            asyncio.run(migrate.upgrade(url))
    except (StartError, DatabaseUnusableError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(CANNOT_START) from error
    typer.echo(f"Restored from {file}, at migration {migrate.head()}.")


async def _tables(url: str) -> int:
    database = Database(url, pool_size=1)
    try:
        await database.check()
        async with database.reading() as connection:
            return int(await connection.scalar(text(TABLES)) or 0)
    finally:
        await database.close()


def _refuse(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(REFUSED)
