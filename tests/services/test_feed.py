"""The live feed, followed as a subscription follows it: the state first, then what changes, until the raid is over."""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

import services.world_threat
from services import feed as feed_module
from services.feed import Moment, Position, RaidFeed
from services.rules.values import RaidOutcome, RaidStatus, StrikeAction
from services.views import Raid
from tests.services.world import ADMIN, BOSS, Owner, Sheet, World

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


@pytest.fixture(autouse=True)
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.world_threat, "CLOCK_SECONDS", 0.05)


@pytest.fixture
async def feed(world: World) -> AsyncIterator[RaidFeed]:
    """A feed of a process that does not write: nobody wakes it."""
    feed = RaidFeed(world.service._reader, updates_per_second=QUICK)
    yield feed
    await feed.stop()


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


# ------------------------------------------------------------------ from the state on


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
    # As many more as the machine took longer than it should.
    assert len(follower.moments) <= (follower.at[-1] - follower.at[0]) / 0.25 + 2 < changes
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


# ------------------------------------------------------------------ joining in the middle


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
