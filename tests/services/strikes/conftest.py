"""A raid that refuses strikes, of which no test spends anything."""

from collections.abc import AsyncIterator

import pytest

from tests.services.strikes.refusing import RefusingWorld, refusing_world
from tests.services.world import OpenWorld


@pytest.fixture(scope="module")
async def active(open_world: OpenWorld) -> AsyncIterator[RefusingWorld]:
    async with open_world() as world:
        yield await refusing_world(world)
