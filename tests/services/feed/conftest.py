"""A feed to follow, and a raid clock that looks often."""

from collections.abc import AsyncIterator

import pytest

import services.world_threat
from services.feed import RaidFeed
from tests.services.feed.followers import QUICK
from tests.services.world import World


@pytest.fixture(autouse=True)
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.world_threat, "CLOCK_SECONDS", 0.05)


@pytest.fixture
async def feed(world: World) -> AsyncIterator[RaidFeed]:
    """A feed of a process that does not write: nobody wakes it."""
    feed = RaidFeed(world.service._reader, updates_per_second=QUICK)
    yield feed
    await feed.stop()
