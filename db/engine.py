"""Connections to PostgreSQL: pooled ones through SQLAlchemy, and raw asyncpg ones for who asks for one of their own."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import asyncpg
import orjson
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from db.cluster import DatabaseUnusableError

OLDEST_VERSION: Final = 15  # UNIQUE NULLS NOT DISTINCT


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a connection waits for what; the server cuts first, the client only when the server is silent."""

    connect_seconds: float = 5.0
    pool_seconds: float = 10.0
    lock_ms: int = 5_000
    statement_ms: int = 15_000
    idle_in_transaction_ms: int = 30_000
    command_seconds: float = 20.0


DEFAULT_TIMEOUTS: Final = Timeouts()


def database_url(text: str) -> URL:
    """The URL in SQLAlchemy's asyncpg form; `postgresql://` and `postgres://` are taken too.

    Raises DatabaseUnusableError for anything that does not name a PostgreSQL database.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUnusableError(f"The database URL cannot be read: it should look like {EXAMPLE_URL}.") from error
    if url.drivername not in {"postgresql", "postgres", "postgresql+asyncpg"}:
        raise DatabaseUnusableError(
            f"The database URL starts with {url.drivername}://, only PostgreSQL is spoken here: {EXAMPLE_URL}."
        )
    if not url.database:
        raise DatabaseUnusableError(f"The database URL names no database: it should look like {EXAMPLE_URL}.")
    if "ssl" in url.query:  # SQLAlchemy's name for what libpq and asyncpg call sslmode
        ssl = url.query["ssl"]
        url = url.difference_update_query(["ssl"]).update_query_dict({"sslmode": ssl})
    return url.set(drivername="postgresql+asyncpg")


EXAMPLE_URL: Final = "postgresql://user:password@host/worldthreat"


LOOK_UPS: Final = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""Plans are made once, for any values and any size: planning anew was a third of what a batch of strikes cost."""


class Database:
    """The pools of one process. `close` ends them."""

    def __init__(
        self,
        url: str | URL,
        *,
        pool_size: int = 8,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        application_name: str = "worldthreat",
    ) -> None:
        """At most `pool_size` connections write and as many read; nothing connects before it is asked to.

        Raises DatabaseUnusableError for a URL that is none.
        """
        self.url = database_url(url if isinstance(url, str) else url.render_as_string(hide_password=False))
        self.timeouts = timeouts
        self._server_settings = {
            "application_name": application_name,
            "timezone": "UTC",
            "lock_timeout": f"{timeouts.lock_ms}ms",
            "statement_timeout": f"{timeouts.statement_ms}ms",
            "idle_in_transaction_session_timeout": f"{timeouts.idle_in_transaction_ms}ms",
        }
        make_engine = partial(
            create_async_engine,
            self.url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=timeouts.pool_seconds,
            pool_pre_ping=False,  # see _check_open
            hide_parameters=True,  # who asked and for whom is nothing for the log
            json_serializer=_to_json,
            json_deserializer=orjson.loads,
        )
        self.engine: AsyncEngine = make_engine(async_creator=self._connect, isolation_level="READ COMMITTED")
        # Its own pool: the server refuses writes on it, which costs nothing per use, and readers cannot starve writers.
        self._reading_engine: AsyncEngine = make_engine(
            async_creator=partial(self._connect, default_transaction_read_only="on"), isolation_level="AUTOCOMMIT"
        )
        for engine in (self.engine, self._reading_engine):
            event.listen(engine.sync_engine, "checkout", _check_open)

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A read-only connection without a transaction: each statement sees what is committed when it starts."""
        async with self._reading_engine.connect() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One READ COMMITTED transaction: committed at the end of the block, rolled back when it raises."""
        async with self.engine.begin() as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def driver_connection(
        self, *, planned_once: bool = False
    ) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A raw asyncpg connection of its own, outside the pools. json and jsonb are Python values both ways.

        `planned_once`: for who asks the same few questions all the time, each of which looks rows up by their keys.
        """
        connection = await self._connect(**(LOOK_UPS if planned_once else {}))
        try:
            # Binary, because COPY takes nothing else; jsonb's binary form is its text behind a version byte.
            await connection.set_type_codec(
                "json", schema="pg_catalog", format="binary", encoder=orjson.dumps, decoder=orjson.loads
            )
            await connection.set_type_codec(
                "jsonb",
                schema="pg_catalog",
                format="binary",
                encoder=lambda value: b"\x01" + orjson.dumps(value),
                decoder=lambda data: orjson.loads(data[1:]),
            )
            yield connection
        finally:
            await _close(connection, self.timeouts.connect_seconds)

    async def check(self) -> None:
        """Raise DatabaseUnusableError, with one clear line, unless the database answers and is recent enough."""
        where = self.url.render_as_string(hide_password=True).replace("+asyncpg", "")
        try:
            connection = await self._connect()
        except TimeoutError as error:
            raise DatabaseUnusableError(
                f"No answer from {where} within {self.timeouts.connect_seconds:g} s: "
                f"is the host right, and open to this machine?"
            ) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            said = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DatabaseUnusableError(f"The database at {where} cannot be used: {said}.") from error
        try:
            version = connection.get_server_version()
        finally:
            await _close(connection, self.timeouts.connect_seconds)
        if version.major < OLDEST_VERSION:
            raise DatabaseUnusableError(
                f"The database at {where} is PostgreSQL {version.major}, at least {OLDEST_VERSION} is needed."
            )

    @property
    def engines(self) -> dict[str, AsyncEngine]:
        """The pools by their names."""
        return {"write": self.engine, "read": self._reading_engine}

    async def close(self) -> None:
        await self.engine.dispose()
        await self._reading_engine.dispose()

    async def _connect(self, **server_settings: str) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            self.url.set(drivername="postgresql").render_as_string(hide_password=False),
            timeout=self.timeouts.connect_seconds,
            command_timeout=self.timeouts.command_seconds,
            server_settings={**self._server_settings, **server_settings},
        )


def _check_open(connection: Any, _record: Any, _proxy: Any) -> None:
    """Leaves no question to a connection that a restart of the server has closed: the pool opens new ones instead.

    The driver knows without asking the server, so this costs nothing.
    """
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


async def _close(connection: "asyncpg.Connection[asyncpg.Record]", seconds: float) -> None:
    try:
        await connection.close(timeout=seconds)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()  # it was broken already: there is nobody left to say goodbye to
