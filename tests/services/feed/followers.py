"""Who follows a raid in the background, and what makes news for them."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

import pytest

from services.feed import Moment, RaidFeed
from services.views import Raid
from tests.services.world import ADMIN, Owner, Sheet, World

PATIENCE = 30.0
QUICK = 50.0
"""Updates a second, where conflation is not what is tested."""

Waited = TypeVar("Waited")
numbers = itertools.count()


async def soon(awaitable: Awaitable[Waited]) -> Waited:
    async with asyncio.timeout(PATIENCE):
        return await awaitable


class Follower:
    """Follows in the background; `moments` is what it was told."""

    def __init__(self, moments: AsyncGenerator[Moment, None]) -> None:
        self.moments: list[Moment] = []
        self.at: list[float] = []
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._follow(moments))

    async def _follow(self, moments: AsyncGenerator[Moment, None]) -> None:
        async with contextlib.aclosing(moments):
            async for moment in moments:
                self.moments.append(moment)
                self.at.append(time.monotonic())
                self._news.set()

    @property
    def sequences(self) -> list[int]:
        return [event.event.sequence for moment in self.moments for event in moment.events]

    async def told(self, count: int = 1) -> Moment:
        """The moment that makes it `count` of them."""
        async with asyncio.timeout(PATIENCE):
            while len(self.moments) < count:
                self._news.clear()
                await self._news.wait()
        return self.moments[count - 1]

    async def told_until(self, done: Callable[[Moment], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not self.moments or not done(self.moments[-1]):
                self._news.clear()
                await self._news.wait()

    async def told_up_to(self, sequence: int) -> None:
        await self.told_until(lambda moment: moment.raid.sequence >= sequence)

    async def over(self) -> None:
        await soon(self._task)

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


async def striker(world: World, strikes: int, *sheets: Sheet) -> Owner:
    return await world.player(*sheets, *(Sheet() for _ in range(strikes - len(sheets))))


async def change(world: World, raid: Raid, times: int = 1) -> None:
    """Makes as many events."""
    for _ in range(times):
        hp = 95_000 + next(numbers) % 1_000
        await world.service.desk.adjust_boss_hp(ADMIN, raid_id=str(raid.id), reason="a test", current_hp=hp)


async def waited_for(feed: RaidFeed, followers: int) -> None:
    """Comes back when so many wait for a raid."""
    for _ in range(3_000):
        if feed._waiting == followers:
            return
        await asyncio.sleep(0.01)
    pytest.fail("they do not wait")


async def left_over(feed: RaidFeed) -> list[str]:
    """What still runs for a feed that nobody follows."""
    for _ in range(4_000):
        if not feed._tailers and feed._next_raid is None and not _running():
            break
        await asyncio.sleep(0.005)
    return [*map(str, feed._tailers), *_running()]


def _running() -> list[str]:
    names = {task.get_name() for task in asyncio.all_tasks()}
    return sorted(name for name in names if name.startswith(("tailer", "waiting for a raid")))
