"""Who joins in the middle, from a position: nothing comes again, and nothing is left out."""

import asyncio

import pytest

from services.feed import Position, RaidFeed
from tests.services.feed.followers import PATIENCE, Follower, change, striker
from tests.services.world import World


async def test_from_a_position_nothing_comes_again(world: World, feed: RaidFeed) -> None:
    raid = await world.raid()
    await change(world, raid)
    position = await feed.position(None)
    assert position == Position(await world.now(raid), 0)
    follower = Follower(feed.follow(str(raid.id), start=position))
    await asyncio.sleep(0.3)
    assert follower.moments == []
    await change(world, raid)
    await follower.told()
    assert follower.sequences == [3]
    await follower.stop()


async def test_from_an_older_position_everything_since_comes(world: World, feed: RaidFeed) -> None:
    raid = await world.raid()
    position = await feed.position(None)
    await change(world, raid, 3)
    follower = Follower(feed.follow(str(raid.id), start=position))
    await follower.told()
    assert follower.sequences == [2, 3, 4]
    await follower.stop()


async def test_catching_up_goes_to_the_position_and_no_further(world: World, feed: RaidFeed) -> None:
    raid = await world.raid()
    owner = await striker(world, 30)
    await change(world, raid, 3)
    for copy in owner.copies[:25]:
        await world.strike(owner, copy)
    position = await feed.position(None)
    for copy in owner.copies[25:]:
        await world.strike(owner, copy)
    await change(world, raid, 2)
    (state,) = [moment async for moment in feed.catch_up(position, None)]
    assert (state.raid, state.events, state.gap, state.position) == (position.raid, (), False, position)
    (missed,) = [moment async for moment in feed.catch_up(position, 1, with_strikes=True)]
    assert [event.event.sequence for event in missed.events] == [2, 3, 4]
    assert [strike.number for strike in missed.strikes] == list(range(6, 26))
    (foreign,) = [moment async for moment in feed.catch_up(position, 5)]
    assert (foreign.gap, foreign.events) == (True, ())
    later = await feed.position(None)
    (rest,) = [moment async for moment in feed.catch_up(later, 0, start=position, with_strikes=True)]
    assert [event.event.sequence for event in rest.events] == [5, 6]
    assert ([strike.number for strike in rest.strikes], rest.skipped) == (list(range(26, 31)), 0)
    (everything,) = [moment async for moment in feed.catch_up(later, None, start=Position(None))]
    assert [event.event.sequence for event in everything.events] == list(range(1, 7))
    assert [moment async for moment in feed.catch_up(Position(None), 3)] == []


async def test_a_commit_of_this_process_is_told_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.tailer.POLL_SECONDS", 2 * PATIENCE)
    raid = await world.raid()
    follower = Follower(world.service.feed.follow(str(raid.id)))
    await follower.told()
    await change(world, raid)
    await follower.told(2)
    await follower.stop()
