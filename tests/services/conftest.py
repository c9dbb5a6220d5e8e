"""Worlds with a started service, each on a database of its own."""

import contextlib
import itertools
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import make_url

from db.embedded import EmbeddedServer
from db.engine import Database
from services.world_threat import WorldThreatService
from tests.services.world import OpenWorld, World

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def open_world(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> OpenWorld:
    """Makes worlds: for one test, or for all tests of a module that spend nothing."""

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[World]:
        name = f"world_{next(numbers)}"
        await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        database = Database(make_url(server.url).set(database=name), pool_size=4)
        service = WorldThreatService(database)
        await service.start()
        try:
            async with database.driver_connection() as connection:
                yield World(database, service, connection)
        finally:
            await service.stop()
            await database.close()
            await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return opened


@pytest.fixture
async def world(open_world: OpenWorld) -> AsyncIterator[World]:
    """A world of the test's own."""
    async with open_world() as world:
        yield world


@pytest.fixture
def service(world: World) -> WorldThreatService:
    """The started service of the test's world."""
    return world.service
