"""Worlds with a started service. Most tests share one database, emptied in between: a new one takes far longer."""

import contextlib
import itertools
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import make_url

from db.embedded import EmbeddedServer
from db.engine import Database
from db.queries import Connection
from services.world_threat import WorldThreatService
from tests.folders import COPIED
from tests.services.world import OpenWorld, World

numbers = itertools.count(1)
KEPT = ("alembic_version", "boss_templates", "default_configuration")
"""What the migrations filled."""


@contextlib.asynccontextmanager
async def _new_database(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[Database]:
    name = f"world_{next(numbers)}"
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template} {COPIED}")
    database = Database(make_url(server.url).set(database=name), pool_size=4)
    yield database
    await database.close()
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.asynccontextmanager
async def _started(database: Database, connection: Connection) -> AsyncIterator[World]:
    service = WorldThreatService(database)
    await service.start()
    try:
        yield World(database, service, connection)
    finally:
        await service.stop()


@pytest.fixture(scope="session")
def open_world(server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str) -> OpenWorld:
    """Makes worlds on databases of their own: for a module that spends nothing, for a test that breaks things."""

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[World]:
        async with (
            _new_database(server, administrator, template) as database,
            database.driver_connection() as connection,
            _started(database, connection) as world,
        ):
            yield world

    return opened


@pytest.fixture(scope="session")
async def shared_database(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[tuple[Database, Connection]]:
    async with (
        _new_database(server, administrator, template) as database,
        database.driver_connection() as connection,
    ):
        yield database, connection


@pytest.fixture
async def world(shared_database: tuple[Database, Connection]) -> AsyncIterator[World]:
    """An empty world. Ids go on from test to test."""
    database, connection = shared_database
    async with _started(database, connection) as world:
        yield world
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")  # keys and triggers stand aside
        for (table,) in tables:
            if table not in KEPT:
                await connection.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own tables


@pytest.fixture
def service(world: World) -> WorldThreatService:
    """The started service of the test's world."""
    return world.service
