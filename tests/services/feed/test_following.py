"""The live feed, followed as a subscription follows it: the state first, then what changes."""

import asyncio
import contextlib
import random
import time

import pytest

from services import feed as feed_module
from services.feed import RaidFeed
from services.rules.values import StrikeAction
from tests.services.feed.followers import Follower, change, left_over, soon, striker
from tests.services.world import World


async def test_the_present_state_comes_first_and_then_every_change(world: World, feed: RaidFeed) -> None:
    raid = await world.raid()
    owner = await striker(world, 2)
    follower = Follower(feed.follow(str(raid.id)))
    first = await follower.told()
    assert (first.raid, first.events, first.gap) == (await world.now(raid), (), False)
    await world.strike(owner, owner.copies[0])
    second = await follower.told(2)
    assert (second.raid, second.events) == (await world.now(raid), ())
    assert second.raid.hp.current < first.raid.hp.current
    await change(world, raid)
    third = await follower.told(3)
    assert [event.event for event in third.events] == [(await world.events(raid))[-1]]
    assert third.raid == await world.now(raid)
    await follower.stop()
    assert await left_over(feed) == []


async def test_nothing_is_told_while_nothing_happens(world: World, feed: RaidFeed) -> None:
    raid = await world.raid()
    follower = Follower(feed.follow(str(raid.id)))
    await follower.told()
    await asyncio.sleep(0.4)
    assert len(follower.moments) == 1
    await follower.stop()


@pytest.mark.parametrize("after", [0, 1, 3, 6])
async def test_events_after_a_sequence_are_replayed(world: World, feed: RaidFeed, after: int) -> None:
    raid = await world.raid()
    await change(world, raid, 5)
    follower = Follower(feed.follow(None, after=after))
    first = await follower.told()
    assert (follower.sequences, first.gap, first.raid.sequence) == (list(range(after + 1, 7)), False, 6)
    await change(world, raid)
    await follower.told(2)
    assert follower.sequences == list(range(after + 1, 8))
    await follower.stop()


@pytest.mark.parametrize("after", [-1, 3, 2**53])
async def test_a_sequence_that_is_not_the_raids_is_a_gap(world: World, feed: RaidFeed, after: int) -> None:
    raid = await world.raid()
    await change(world, raid)
    follower = Follower(feed.follow(str(raid.id), after=after))
    first = await follower.told()
    assert (first.gap, first.events, first.raid.sequence) == (True, (), 2)
    await change(world, raid)
    second = await follower.told(2)
    assert (second.gap, follower.sequences) == (False, [3])
    await follower.stop()


async def test_what_is_far_behind_is_read_from_the_log_in_steps(
    world: World, feed: RaidFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "EVENTS_A_MOMENT", 4)
    raid = await world.raid()
    await change(world, raid, 10)
    follower = Follower(feed.follow(str(raid.id), after=0))
    await follower.told_up_to(11)
    assert follower.sequences == list(range(1, 12))
    assert [moment.raid.sequence for moment in follower.moments] == [4, 8, 11]
    assert {len(moment.events) for moment in follower.moments} == {4, 3}
    await follower.stop()


async def test_a_follower_that_stands_still_misses_nothing(world: World, feed: RaidFeed) -> None:
    raid = await world.raid()
    moments = feed.follow(str(raid.id))
    await soon(anext(moments))
    quick = Follower(feed.follow(str(raid.id)))
    await quick.told()
    await change(world, raid, 30)
    await quick.told_up_to(31)
    late = await soon(anext(moments))
    assert [event.event.sequence for event in late.events] == list(range(2, 32)) == quick.sequences
    await moments.aclose()
    await quick.stop()


async def test_many_followers_that_come_and_go_agree(world: World, feed: RaidFeed) -> None:
    """Seeded: each is cut at random moments, resumes, and has every event once, in order."""
    chance = random.Random(5)
    raid = await world.raid()

    async def follow() -> list[int]:
        seen: list[int] = []
        while not seen or seen[-1] < 61:
            async with contextlib.aclosing(feed.follow(str(raid.id), after=seen[-1] if seen else 0)) as moments:
                try:
                    async with asyncio.timeout(chance.uniform(0.005, 0.2)):
                        async for moment in moments:
                            seen += [event.event.sequence for event in moment.events]
                except TimeoutError:
                    continue
        return seen

    followers = [asyncio.create_task(follow()) for _ in range(5)]
    await change(world, raid, 60)
    assert await soon(asyncio.gather(*followers)) == [list(range(1, 62))] * 5
    assert await left_over(feed) == []


# ------------------------------------------------------------------ conflation


async def test_state_is_conflated_to_four_a_second(world: World) -> None:
    feed = RaidFeed(world.service._reader)
    raid = await world.raid()
    follower = Follower(feed.follow(str(raid.id)))
    await follower.told()
    until = time.monotonic() + 1.4
    changes = 1
    while time.monotonic() < until:
        await change(world, raid)
        changes += 1
        await asyncio.sleep(0.01)
    await follower.told_up_to(changes)
    assert follower.sequences == list(range(2, changes + 1))
    for first, since in enumerate(follower.at):  # one may come early, and none but the first of a rush does
        assert all(at - since >= (after - 1) * 0.25 - 0.01 for after, at in enumerate(follower.at[first:]))
    # As many more as the machine took longer than it should; a very slow one makes no more changes than are told.
    assert len(follower.moments) <= (follower.at[-1] - follower.at[0]) / 0.25 + 2
    await follower.stop()
    await feed.stop()


async def test_the_setting_says_how_many_updates_a_second(world: World) -> None:
    feed = RaidFeed(world.service._reader, updates_per_second=1.0)
    raid = await world.raid()
    follower = Follower(feed.follow(str(raid.id)))
    await follower.told()
    await change(world, raid)
    await follower.told(2)
    await change(world, raid)
    await follower.told(3)
    assert follower.at[2] - follower.at[0] >= 0.99
    await follower.stop()
    await feed.stop()


# ------------------------------------------------------------------ strikes


async def test_strikes_are_the_newest_and_the_others_are_counted(world: World, feed: RaidFeed) -> None:
    raid = await world.raid()
    owner = await striker(world, 95)
    for copy in owner.copies[:25]:
        await world.strike(owner, copy)
    follower = Follower(feed.follow(str(raid.id), with_strikes=True))
    first = await follower.told()
    assert [strike.number for strike in first.strikes] == list(range(6, 26))
    assert (first.skipped, first.number) == (0, 25)
    await asyncio.gather(*(world.strike(owner, copy) for copy in owner.copies[25:]))
    await follower.told_until(lambda moment: moment.number >= 95)
    numbers = [strike.number for moment in follower.moments for strike in moment.strikes]
    assert numbers == sorted(set(numbers))
    assert max(len(moment.strikes) for moment in follower.moments) <= 20
    told = 25
    for moment in follower.moments[1:]:
        told += moment.skipped + len(moment.strikes)
        assert told == moment.number
    await follower.stop()


async def test_who_does_not_ask_for_strikes_is_not_told_of_them(world: World, feed: RaidFeed) -> None:
    raid = await world.raid()
    owner = await striker(world, 1)
    follower = Follower(feed.follow(str(raid.id)))
    await follower.told()
    await world.strike(owner, owner.copies[0], action=StrikeAction.FIGHT)
    second = await follower.told(2)
    assert (second.strikes, second.skipped, second.number) == ((), 0, 1)
    await follower.stop()
