"""How following ends: with the raid, with the process; and how the next raid is waited for."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.feed import Position, RaidFeed
from services.rules.values import RaidOutcome, RaidStatus
from services.views import Raid
from tests.services.feed.followers import Follower, left_over, striker, waited_for
from tests.services.world import ADMIN, BOSS, Sheet, World

# ------------------------------------------------------------------ the end


async def end_by_victory(world: World, raid: Raid) -> None:  # noqa: ARG001 - as the others
    owner = await striker(world, 1, Sheet(atk=2_000))
    assert (await world.strike(owner, owner.copies[0])).victory


async def end_by_expiry(world: World, raid: Raid) -> None:  # noqa: ARG001 - as the others
    await world.pass_time(timedelta(hours=1))


async def end_by_an_admin(world: World, raid: Raid) -> None:
    await world.service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="enough")


ENDS = {
    RaidOutcome.VICTORY: end_by_victory,
    RaidOutcome.EXPIRED: end_by_expiry,
    RaidOutcome.CANCELLED: end_by_an_admin,
}


@pytest.mark.parametrize("outcome", ENDS)
async def test_the_feed_ends_with_the_raid(world: World, feed: RaidFeed, outcome: RaidOutcome) -> None:
    raid = await world.raid(replace(BOSS, total_hp=100), ends_in=timedelta(hours=1))
    follower = Follower(feed.follow(str(raid.id)))
    await follower.told()
    await ENDS[outcome](world, raid)
    await follower.over()
    last = follower.moments[-1].raid
    assert (last.status, last.outcome) == (RaidStatus.COMPLETED, outcome)
    assert follower.sequences == list(range(2, last.sequence + 1))
    late = Follower(feed.follow(str(raid.id), after=0))
    await late.over()
    assert late.moments[-1].raid == last
    assert late.sequences == list(range(1, last.sequence + 1))
    assert await left_over(feed) == []


@pytest.mark.parametrize("raid_id", ["999999", "0", "no number", "", "9" * 40])
async def test_a_raid_that_does_not_exist_ends_at_once(world: World, feed: RaidFeed, raid_id: str) -> None:
    await world.raid()
    follower = Follower(feed.follow(raid_id))
    await follower.over()
    assert follower.moments == []
    assert await feed.position(raid_id) == Position(None)


async def test_stopping_ends_everybody_and_lets_nobody_in(world: World, feed: RaidFeed) -> None:
    waiting = [Follower(feed.follow(None)) for _ in range(3)]
    await waited_for(feed, 3)
    raid = await world.raid()
    await asyncio.gather(*(each.told() for each in waiting))
    others = [Follower(feed.follow(str(raid.id)))]
    await others[0].told()
    await feed.stop()
    for each in waiting + others:
        await each.over()
    late = Follower(feed.follow(str(raid.id)))
    await late.over()
    assert late.moments == []
    assert await left_over(feed) == []


async def test_stopping_ends_those_who_wait_for_a_raid(world: World, feed: RaidFeed) -> None:  # noqa: ARG001 - no raid
    waiting = Follower(feed.follow(None))
    await waited_for(feed, 1)
    await feed.stop()
    await waiting.over()
    assert waiting.moments == []


# ------------------------------------------------------------------ the next raid


async def test_without_an_id_the_next_raid_is_waited_for_and_told_from_its_first_event(
    world: World, feed: RaidFeed
) -> None:
    followers = [Follower(feed.follow(None)), Follower(feed.follow(None, after=7))]
    await waited_for(feed, 2)
    assert [task.get_name() for task in asyncio.all_tasks()].count("waiting for a raid") == 1
    raid = await world.raid()
    for follower in followers:
        first = await follower.told()
        assert (first.raid.id, first.gap, follower.sequences) == (raid.id, False, [1])
    await world.service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="enough")
    for follower in followers:
        await follower.over()
        assert follower.sequences == [1, 2]
    again = Follower(feed.follow(None))
    another = await world.raid()
    assert (await again.told()).raid.id == another.id
    await again.stop()
    assert await left_over(feed) == []


async def test_a_raid_that_is_scheduled_is_told_before_it_begins(world: World, feed: RaidFeed) -> None:
    raid = await world.raid(starts_in=timedelta(hours=1))
    follower = Follower(feed.follow(str(raid.id)))
    assert (await follower.told()).raid.status is RaidStatus.SCHEDULED
    await world.pass_time(timedelta(hours=1))
    await follower.told_up_to(1)
    assert follower.moments[-1].raid.status is RaidStatus.ACTIVE
    assert follower.sequences == [1]
    await follower.stop()
