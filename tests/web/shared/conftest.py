"""An edge for all tests of a module, at which nothing may be left over after any of them."""

from collections.abc import AsyncIterator

import pytest

from tests.web.harness import Api
from tests.web.live import Edge, edge


@pytest.fixture(scope="module")
async def live(api: Api) -> AsyncIterator[Edge]:
    async with edge(api) as live:
        yield live


@pytest.fixture(autouse=True)
async def nothing_is_left_over(live: Edge) -> AsyncIterator[None]:
    """Every test goes without a word: its streams, tailers and tasks have to end by themselves."""
    yield
    for client in live.clients:
        client.transport.abort()
    live.clients.clear()
    assert await live.left_over() == []
