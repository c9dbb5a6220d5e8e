"""Raids start and end by themselves, and with the first strike that finds them due."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from services.errors import NoActiveEventError
from services.raid_administration import RaidAdministration
from services.rules.events import RaidStarted
from services.rules.values import RaidOutcome, RaidStatus
from services.shelf import Shelf
from services.strike_line import StrikeLine
from services.views import Raid
from tests.services.raid_life.lives import HOUR, SECOND, kinds
from tests.services.world import ADMIN, Owner, Sheet, World, books_balance


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(1_500):
        if await done():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not happen")


async def until_status(world: World, raid: Raid, status: RaidStatus) -> Raid:
    async def reached() -> bool:
        return (await world.now(raid)).status is status

    await until(reached)
    return await world.now(raid)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A world whose service has no clock: what a strike finds due, it found by itself."""

    world: World
    line: StrikeLine

    async def strike(self, owner: Owner, copy: int) -> int:
        return (await self.line.strike(self.world.command(owner, copy))).strike.number


@pytest.fixture
async def quiet(world: World) -> Any:
    await world.service.stop()
    shelf = Shelf()
    line = StrikeLine(world.database, shelf, RaidAdministration(world.database, shelf).settle)
    line.start()
    yield Quiet(world, line)
    await line.stop()


async def test_a_raid_starts_by_itself(world: World) -> None:
    raid = await world.raid(starts_in=HOUR)
    assert raid.status is RaidStatus.SCHEDULED
    assert await world.events(raid) == ()
    assert await world.service.active_raid(ADMIN) is None
    await world.pass_time(HOUR)
    started = await until_status(world, raid, RaidStatus.ACTIVE)
    (event,) = await world.events(raid)
    assert isinstance(event, RaidStarted)
    assert event.occurred_at == started.starts_at
    assert await world.service.active_raid(ADMIN) == started
    await books_balance(world.database, raid.id)


async def test_a_strike_starts_a_due_raid_before_the_clock_does(quiet: Quiet) -> None:
    world = quiet.world
    owner = await world.player(Sheet())
    raid = await world.raid(starts_in=HOUR)
    await world.pass_time(HOUR)
    assert await quiet.strike(owner, owner.copies[0]) == 1
    await books_balance(world.database, raid.id)


async def test_a_raid_expires_by_itself(world: World) -> None:
    owner = await world.player(Sheet())
    raid = await world.raid(ends_in=HOUR)
    await world.strike(owner, owner.copies[0])
    await world.pass_time(HOUR)
    ended = await until_status(world, raid, RaidStatus.COMPLETED)
    assert ended.outcome is RaidOutcome.EXPIRED
    assert ended.completed_at is not None
    assert ended.ends_at is not None
    assert ended.completed_at >= ended.ends_at
    assert await kinds(world, raid) == ["raid_started", "raid_ended"]
    await books_balance(world.database, raid.id)


async def test_a_strike_after_the_end_finds_the_raid_expired_before_the_clock_does(quiet: Quiet) -> None:
    world = quiet.world
    owner = await world.player(Sheet(), Sheet())
    raid = await world.raid(ends_in=HOUR)
    assert await quiet.strike(owner, owner.copies[0]) == 1
    await world.pass_time(HOUR)
    with pytest.raises(NoActiveEventError):
        await quiet.strike(owner, owner.copies[1])
    assert (await world.now(raid)).outcome is RaidOutcome.EXPIRED
    await books_balance(world.database, raid.id)


async def test_a_scheduled_raid_waits_for_the_end_of_the_live_one_and_the_earliest_comes_first(quiet: Quiet) -> None:
    world = quiet.world
    owner = await world.player(*[Sheet()] * 4)
    live = await world.raid(name="live", ends_in=3 * HOUR)
    later = await world.raid(name="later", starts_in=2 * HOUR)
    sooner = await world.raid(name="sooner", starts_in=HOUR)
    await world.pass_time(2 * HOUR + SECOND)
    await quiet.strike(owner, owner.copies[0])
    assert [(await world.now(raid)).status.value for raid in (live, later, sooner)] == [
        "active",
        "scheduled",
        "scheduled",
    ]
    await world.pass_time(HOUR)
    await quiet.strike(owner, owner.copies[1])  # expires the first and starts the next, at once
    assert [(await world.now(raid)).status.value for raid in (live, later, sooner)] == [
        "completed",
        "scheduled",
        "active",
    ]
    assert (await world.now(sooner)).totals.strikes == 1
    await world.service.desk.end_raid(ADMIN, raid_id=str(sooner.id), reason="enough")
    await quiet.strike(owner, owner.copies[2])
    assert (await world.now(later)).totals.strikes == 1


async def test_many_who_settle_at_once_start_and_expire_once(world: World) -> None:
    settlers = [RaidAdministration(world.database, Shelf()) for _ in range(6)]
    raid = await world.raid(starts_in=HOUR, ends_in=2 * HOUR)
    await world.pass_time(HOUR)
    await asyncio.gather(*(settler.settle() for settler in settlers))
    assert await kinds(world, raid) == ["raid_started"]
    await world.pass_time(HOUR)
    await asyncio.gather(*(settler.settle() for settler in settlers))
    assert await kinds(world, raid) == ["raid_started", "raid_ended"]
