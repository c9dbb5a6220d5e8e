"""Running servers, each over a database of its own."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

from db.embedded import EmbeddedServer
from tests.folders import COPIED
from tests.web.harness import Api, OpenApi, import_sample_roster, serving

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def open_api(server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str) -> OpenApi:
    """Starts servers with the sample roster: for one test, or for all tests of a module. Settings by their names."""

    @contextlib.asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Api]:
        name = f"web_{next(numbers)}"
        await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template} {COPIED}")
        try:
            url = make_url(server.url).set(database=name).render_as_string(hide_password=False)
            async with serving(url, **settings) as api:
                await import_sample_roster(api.database)
                yield api
        finally:
            await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return opened


@pytest.fixture(scope="module")
async def api(open_api: OpenApi) -> AsyncIterator[Api]:
    """One server for all tests of a module."""
    async with open_api() as api:
        yield api
