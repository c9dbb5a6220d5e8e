"""Who joins equal subscribers in the middle misses nothing and gets nothing twice."""

import asyncio
import random
from typing import Any

import pytest

from tests.web.live import Edge
from tests.web.shared.subscribers import (
    BOARD,
    BOSS_HP,
    CURSES,
    STRIKES,
    UPDATES,
    crowd,
    cursed_raid,
    followers,
)


class Joiner:
    """Follows curses, and is cut and comes back a few times: `told` is what it was told, over all its lives."""

    def __init__(self, live: Edge, raid_id: str, chance: random.Random, query: str) -> None:
        self.told: list[int] = []
        self._live, self._raid_id, self._chance, self._query = live, raid_id, chance, query

    async def follow(self, until: int) -> None:
        while not self.told or self.told[-1] < until:
            client = await self._live.client()
            after = self.told[-1] if self.told else 0
            await client.subscribe(self._query, variables={"raidId": self._raid_id, "after": after})
            try:
                async with asyncio.timeout(self._chance.uniform(0.05, 0.8)):
                    while not self.told or self.told[-1] < until:
                        data = await client.data()
                        self._take(data)
            except TimeoutError:
                client.connection.transport.abort()

    def _take(self, data: Any) -> None:
        if "curses" in data:
            self.told.append(data["curses"]["sequence"])
        else:
            assert not data["raidUpdates"]["gap"]
            self.told += [each["sequence"] for each in data["raidUpdates"]["events"]]


@pytest.mark.parametrize("query", [CURSES, UPDATES], ids=["curses", "raidUpdates"])
async def test_joiners_in_the_middle_miss_nothing_and_get_nothing_twice(live: Edge, query: str) -> None:
    """A moment of `curses` is many answers, each with a read in between: joiners come while they are told."""
    raid_id = await cursed_raid(live)
    owners = await crowd(live, 10, 12)
    chance = random.Random(11)
    joiners = [Joiner(live, raid_id, chance, query) for _ in range(8)]
    events = 1 + 10 * 12

    async def strike() -> None:
        for number in range(12):
            await live.strike(owners, slice(number, number + 1))
            await asyncio.sleep(0.05)

    async with asyncio.timeout(120):
        await asyncio.gather(strike(), *(joiner.follow(events) for joiner in joiners))
    kinds = dict(await live.api.rows("SELECT sequence, kind FROM raid_events WHERE raid_id = $1", int(raid_id)))
    wanted = [number for number in sorted(kinds) if query is UPDATES or kinds[number] == "curse_applied"]
    assert {tuple(joiner.told) for joiner in joiners} == {tuple(wanted)}
    assert len(wanted) > 4


async def test_who_leaves_and_comes_back_at_once_follows_on(live: Edge) -> None:
    """The execution ends with the last subscriber, and the next one must not join what is ending."""
    raid_id = await live.api.raid()
    client = await live.client()
    for number in range(30):
        await client.subscribe(BOSS_HP, str(number), variables={"raidId": raid_id})
        assert (await client.heard())["type"] == "next"
        await client.send({"id": str(number), "type": "complete"})
    await client.subscribe(BOSS_HP, "last", variables={"raidId": raid_id})
    assert (await client.heard())["type"] == "next"
    await live.change(raid_id)
    assert (await client.heard())["type"] == "next"
    assert live.shared.executions == 1


async def test_who_leaves_while_it_is_told_and_comes_back_at_once_follows_on(live: Edge) -> None:
    """The same while the execution is in the middle of an answer, and takes a moment to end."""
    raid_id = await live.api.raid()
    client, chance = await live.client(), random.Random(3)
    for number in range(25):
        await client.subscribe(BOARD, str(number), variables={"raidId": raid_id})
        message = await client.heard()
        while message["id"] != str(number):
            assert message["type"] == "next"
            message = await client.heard()
        assert message["type"] == "next"
        await live.change(raid_id)
        await asyncio.sleep(chance.uniform(0.0, 0.012))
        await client.send({"id": str(number), "type": "complete"})
    await client.subscribe(BOSS_HP, "last", variables={"raidId": raid_id})
    while (message := await client.heard())["id"] != "last":
        assert message["type"] == "next"


async def test_who_knows_more_than_the_others_waits_for_them(live: Edge) -> None:
    """One who was told by another stream joins one that rests: no gap, and nothing again."""
    raid_id = await live.api.raid()
    (shared,) = await followers(live, 1, UPDATES, raidId=raid_id)
    await live.change(raid_id)
    assert (await shared.data())["raidUpdates"]["sequence"] == 2
    await live.change(raid_id)
    (own,) = await followers(live, 1, BOSS_HP, live.api.tokens.player, raidId=raid_id)
    joiner = await live.client()
    await joiner.subscribe(UPDATES, variables={"raidId": raid_id, "after": 3})
    told = (await joiner.data())["raidUpdates"]
    assert (told["gap"], told["sequence"], told["events"]) == (False, 3, [])
    assert live.shared.executions == 1
    await live.change(raid_id)
    assert [each["sequence"] for each in (await joiner.data())["raidUpdates"]["events"]] == [4]
    assert (await own.data())["bossHp"]["sequence"] == 4


async def test_the_newest_strikes_are_told_to_joiners_and_all_are_counted(live: Edge) -> None:
    raid_id = await cursed_raid(live, every=1_000)
    owners = await crowd(live, 25, 6)
    await live.strike(owners, slice(0, 1))
    early, _other = await live.client(), await followers(live, 1, STRIKES, raidId=raid_id)
    await early.subscribe(STRIKES, variables={"raidId": raid_id})
    told = (await early.data())["strikeFeed"]
    assert ([each["number"] for each in told["strikes"]], told["skipped"]) == (list(range(6, 26)), 0)
    for number in range(1, 6):
        await live.strike(owners, slice(number, number + 1))
    seen = 25
    while seen < 150:
        told = (await early.data())["strikeFeed"]
        numbers = [each["number"] for each in told["strikes"]]
        assert numbers == list(range(told["lastNumber"] - len(numbers) + 1, told["lastNumber"] + 1))
        seen += told["skipped"] + len(numbers)
        assert seen == told["lastNumber"]
    assert live.shared.executions == 1
