"""From the settings to a database that is ready, and from what goes wrong to an exit code."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeVar

import asyncpg
import typer
from sqlalchemy.exc import SQLAlchemyError

from db import migrate
from db.cluster import DatabaseUnusableError
from db.embedded import EmbeddedServer
from db.engine import DEFAULT_TIMEOUTS, Database, Timeouts
from worldthreat.errors import StartError
from worldthreat.settings import Settings, load_settings

REFUSED: Final = 1
CANNOT_START: Final = 2
INTERRUPTED: Final = 130

Answer = TypeVar("Answer")


@contextlib.contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The database that the settings name, or the embedded one, started or attached to, for as long as it is needed.

    Raises DatabaseUnusableError.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    server = EmbeddedServer.start(settings.data_dir)
    try:
        yield server.url
    finally:
        server.stop()


def with_database(
    work: Callable[[Database], Awaitable[Answer]],
    *,
    name: str,
    nothing_stays: str = "nothing of it stays",
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
) -> Answer:
    """What `work` answers on a migrated database that is open for as long as it takes; `name` is the command's.

    What keeps the command from running, or the database from answering, is told in one line on the error output
    and ends the program with exit code 2, an interrupt with 130. What `work` itself refuses is the caller's.
    """
    try:
        with database_url(load_settings()) as url:
            return asyncio.run(_work(url, work, name, timeouts))
    except (StartError, DatabaseUnusableError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(CANNOT_START) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError, OSError) as error:
        said = (str(getattr(error, "orig", error)) or type(error).__name__).splitlines()[0]
        typer.echo(f"The database broke off: {said}; {nothing_stays}.", err=True)
        raise typer.Exit(CANNOT_START) from error
    except KeyboardInterrupt as interrupt:
        typer.echo(f"Interrupted: {nothing_stays}.", err=True)
        raise typer.Exit(INTERRUPTED) from interrupt


async def _work(url: str, work: Callable[[Database], Awaitable[Answer]], name: str, timeouts: Timeouts) -> Answer:
    await migrate.upgrade(url)
    database = Database(url, pool_size=2, application_name=f"worldthreat {name}", timeouts=timeouts)
    try:
        return await work(database)
    finally:
        await database.close()
