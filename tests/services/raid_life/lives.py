"""Spans of a raid's life, and what was told of it."""

from datetime import timedelta

from services.views import Raid
from tests.services.world import World

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


async def kinds(world: World, raid: Raid) -> list[str]:
    return [event.kind.value for event in await world.events(raid)]
