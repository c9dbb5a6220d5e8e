"""Ten thousand events, fifty followers that are cut at random moments: each holds every event once, in order."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from services.rules.configuration import CurseLimit
from services.rules.values import Affinity, AffinityKind
from tests.services.world import BOSS, Owner, Sheet, books_balance
from tests.web.harness import Api
from tests.web.live import Edge, edge

EVENTS = 10_000
STRIKERS = 500
STRIKES_EACH = 20
FOLLOWERS = 50
OWN_EXECUTIONS = 5
"""Of the followers so many have a player's token: nobody shares with them."""
UPDATES = """
subscription ($raidId: ID!, $after: SafeInt) {
  raidUpdates(raidId: $raidId, after: $after) { sequence gap events { sequence } }
}
"""


@pytest.fixture
async def live(api: Api) -> AsyncIterator[Edge]:
    async with edge(api) as live:
        yield live


async def strikers(live: Edge) -> tuple[Owner, ...]:
    characters = await live.world.characters(*(Sheet(atk=10) for _ in range(STRIKES_EACH)))
    return await live.world.players(STRIKERS, characters)


async def raid(live: Edge) -> str:
    """Every strike is an event: the curse clock strikes each time, and one curse takes the place of another."""
    await live.end(await live.api.raid())
    pool = tuple(Affinity(AffinityKind.ELEMENTAL, value) for value in ("fire", "water", "wind", "earth"))
    limits = (CurseLimit(AffinityKind.ELEMENTAL, 1),)
    boss = replace(BOSS, total_hp=100_000_000, curse_every=1, curse_pool=pool, curse_limits=limits)
    return str((await live.world.raid(boss)).id)


class Follower:
    def __init__(self, live: Edge, raid_id: str, token: str | None, seed: int) -> None:
        self.sequences: list[int] = []
        self.lives = 0
        self._live, self._raid_id, self._token, self._chance = live, raid_id, token, random.Random(seed)

    async def follow(self) -> None:
        """Until it has them all; each life ends in the middle of something."""
        while not self.sequences or self.sequences[-1] <= EVENTS:
            self.lives += 1
            client = await self._live.client(self._token)
            after = self.sequences[-1] if self.sequences else 0
            await client.subscribe(UPDATES, variables={"raidId": self._raid_id, "after": after})
            try:
                async with asyncio.timeout(self._chance.uniform(0.05, 2.0)):
                    while not self.sequences or self.sequences[-1] <= EVENTS:
                        update = (await client.data())["raidUpdates"]
                        assert not update["gap"]
                        self.sequences += [event["sequence"] for event in update["events"]]
                        assert update["sequence"] == self.sequences[-1]
            except TimeoutError:
                pass
            finally:
                client.connection.transport.abort()
                self._live.clients.remove(client.connection)


async def test_followers_that_are_cut_hold_every_event_once(live: Edge) -> None:
    raid_id = await raid(live)
    owners = await strikers(live)
    tokens = [live.api.tokens.player] * OWN_EXECUTIONS + [None] * (FOLLOWERS - OWN_EXECUTIONS)
    followers = [Follower(live, raid_id, token, seed) for seed, token in enumerate(tokens)]
    started = time.monotonic()
    following = [asyncio.create_task(follower.follow()) for follower in followers]
    for number in range(STRIKES_EACH):
        await live.strike(owners, slice(number, number + 1))
    struck = time.monotonic()
    async with asyncio.timeout(120):
        await asyncio.gather(*following)
    print(f"{struck - started:.1f} s of strikes, {time.monotonic() - struck:.1f} s until all had them")  # noqa: T201 - shown with -s
    expected = list(range(1, EVENTS + 2))  # and the one that the raid began with
    assert all(follower.sequences == expected for follower in followers)
    assert sum(follower.lives for follower in followers) > 3 * FOLLOWERS
    late = Follower(live, raid_id, None, seed=99)
    await asyncio.wait_for(late.follow(), 40)
    assert late.sequences == expected
    assert await live.left_over() == []
    await books_balance(live.api.database, int(raid_id))
