"""Bring a database to a revision of its schema: several processes may start at once, one of them migrates."""

import asyncio
import contextlib
import io
import logging
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import asyncpg
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from alembic import command
from db.cluster import DatabaseUnusableError
from db.engine import Database, Timeouts

# Beside db/ both in the checkout and in the wheel, where both lie in worldthreat/app/.
SCRIPTS: Final = Path(__file__).parent.parent / "alembic"
LOCK_KEY: Final = 0x5752_4C44_5448_5254  # "WRLDTHRT": whoever holds it migrates
TURN_SECONDS: Final = 300.0
# A migration may run long, but never queue long for a table: everybody else would queue behind it.
TIMEOUTS: Final = Timeouts(lock_ms=5_000, statement_ms=240_000, idle_in_transaction_ms=60_000, command_seconds=250.0)


async def upgrade(url: str, revision: str = "head") -> None:
    """Raises DatabaseUnusableError: not reachable, made by a newer version, or a migration did not get through."""
    await _migrate(url, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str) -> None:
    """Raises as `upgrade`."""
    await _migrate(url, lambda config: command.downgrade(config, revision))


async def current(url: str) -> str | None:
    """The revision that the database is at; None before the first migration. Raises DatabaseUnusableError."""
    async with _connected(url) as connection:
        return await connection.run_sync(
            lambda synchronous: MigrationContext.configure(synchronous).get_current_revision()
        )


def head() -> str:
    """The newest revision that this version of the program knows."""
    newest = ScriptDirectory.from_config(configuration()).get_current_head()
    if newest is None:
        raise RuntimeError(f"there are no migrations in {SCRIPTS}")
    return newest


def configuration() -> Config:
    """Alembic's configuration without a file; its output goes nowhere."""
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def is_at(database: Database, revision: str) -> bool:
    """Whether the database is at this migration. Raises what SQLAlchemy does when it is away."""
    async with database.reading() as connection:
        try:
            found: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        except ProgrammingError:  # it was never migrated
            return False
    return found == revision


async def _migrate(url: str, run: Callable[[Config], None]) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)

    def on(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        run(config)

    async with _connected(url) as connection, _turn(connection):
        try:
            await connection.run_sync(on)
        except CommandError as error:
            said = str(error).splitlines()[0]
            if "locate revision" in said:
                said += ": a newer version of this program made it, and is needed to use it"
            raise DatabaseUnusableError(f"The database cannot be migrated: {said}.") from error


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[AsyncConnection]:
    database = Database(url, pool_size=1, timeouts=TIMEOUTS, application_name="worldthreat migrate")
    try:
        await database.check()
        async with contextlib.aclosing(await _connection(database)) as connection:
            yield connection
    except DBAPIError as error:
        said = str(error.orig).rsplit(": ", 1)[-1].splitlines()[0]
        raise DatabaseUnusableError(
            f"The database could not be migrated: {said}; nothing of that step stays."
        ) from error
    finally:
        await database.close()


async def _connection(database: Database) -> AsyncConnection:
    try:
        return await database.engine.connect()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:  # SQLAlchemy passes it on as it is
        raise DatabaseUnusableError("The database went away a moment after it had answered: try again.") from error


@contextlib.asynccontextmanager
async def _turn(connection: AsyncConnection) -> AsyncIterator[None]:
    """Hold the advisory lock. Asked for again and again, not waited for: a waiting statement has a snapshot, and
    CREATE INDEX CONCURRENTLY in the migration of whoever holds the lock would wait for that for ever.
    """
    deadline = time.monotonic() + TURN_SECONDS
    while not await _ask(connection, "SELECT pg_try_advisory_lock(:key)"):
        if time.monotonic() > deadline:
            raise DatabaseUnusableError(
                f"Another process has been migrating this database for {TURN_SECONDS:.0f} s: wait for it, or end it."
            )
        await asyncio.sleep(0.1)
    try:
        yield
    finally:
        if connection.in_transaction():
            await connection.rollback()
        with contextlib.suppress(DBAPIError, asyncpg.InterfaceError):  # a lost connection has lost its locks too
            await _ask(connection, "SELECT pg_advisory_unlock(:key)")


async def _ask(connection: AsyncConnection, statement: str) -> bool:
    answer = await connection.scalar(text(statement), {"key": LOCK_KEY})
    await connection.commit()
    return bool(answer)
