"""Connections to import a roster on."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import make_url

from db.embedded import EmbeddedServer
from db.engine import Database


@pytest.fixture(scope="module")
async def shared_database(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[Database]:
    """One migrated database for all tests that end by rolling back: a database each would take longer than they do."""
    await administrator.execute(f"CREATE DATABASE roster_import TEMPLATE {template}")
    database = Database(make_url(server.url).set(database="roster_import"), pool_size=1)
    yield database
    await database.close()
    await administrator.execute("DROP DATABASE roster_import WITH (FORCE)")


@pytest.fixture(scope="module")
async def shared_connection(shared_database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    async with shared_database.driver_connection() as connection:
        yield connection


@pytest.fixture
async def connection(
    shared_connection: "asyncpg.Connection[asyncpg.Record]",
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """In a transaction that is rolled back; an import is a savepoint in it."""
    transaction = shared_connection.transaction()
    await transaction.start()
    yield shared_connection
    await transaction.rollback()


@pytest.fixture
async def committing(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """On a database of the test's own, where an import commits."""
    async with database.driver_connection() as connection:
        yield connection
