"""What one process commits, the others hear of at once; and without the wake-ups they hear of it too."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from structlog.testing import capture_logs

import services.tailer
from db.engine import Database
from services.wakeups import CHANNEL, STOP_SECONDS, TOLD_PER_SECOND, Wakeups
from services.world_threat import WorldThreatService
from tests.services.live import PATIENCE, RESTLESS, crowd, following, pair, soon
from tests.services.world import World
from tests.web.harness import Cable

LINES = (
    f"FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%{CHANNEL}%' AND query NOT LIKE '%pid%'"
)
OPEN = f"SELECT count(pid) {LINES}"
KILL = f"SELECT count(pg_terminate_backend(pid)) {LINES}"


@contextlib.asynccontextmanager
async def hearing(database: Database) -> AsyncIterator[tuple[Wakeups, list[float]]]:
    """A process's wake-ups, and when it was woken since they were connected."""
    woken: list[float] = []
    wakeups = Wakeups(database)
    wakeups.start(lambda: woken.append(time.monotonic()))
    try:
        await soon(lambda: bool(woken))
        woken.clear()
        yield wakeups, woken
    finally:
        await wakeups.stop()


@contextlib.asynccontextmanager
async def starting(service: WorldThreatService) -> AsyncIterator[WorldThreatService]:
    await service.start()
    yield service
    await service.stop()


async def test_the_others_are_woken_at_once_and_oneself_is_not(database: Database) -> None:
    async with (
        hearing(database) as (teller, own),
        hearing(database) as (_, other),
        hearing(database) as (_, another),
    ):
        teller.tell()
        await soon(lambda: bool(other) and bool(another))
        await asyncio.sleep(0.1)
    assert (len(other), len(another), own) == (1, 1, [])


async def test_a_thousand_commits_a_second_are_some_twenty_wake_ups(database: Database) -> None:
    async with hearing(database) as (teller, _), hearing(database) as (_, woken):
        began = time.monotonic()
        while time.monotonic() - began < 1:
            teller.tell()
            await asyncio.sleep(0.001)
        told_last = time.monotonic()
        await soon(lambda: woken[-1] > told_last)
        await asyncio.sleep(0.1)
        assert TOLD_PER_SECOND / 4 <= len(woken) <= TOLD_PER_SECOND * (woken[-1] - began) + 1


async def test_the_last_commit_before_the_end_is_told(database: Database) -> None:
    async with hearing(database) as (_, woken):
        async with hearing(database) as (teller, _):
            teller.tell()
            teller.tell()
        await soon(lambda: bool(woken))


async def test_a_lost_line_is_opened_again_and_what_was_missed_is_looked_for(
    database: Database,
) -> None:
    with capture_logs() as logs:
        async with (
            database.driver_connection() as connection,
            hearing(database) as (teller, own),
            hearing(database) as (_, other),
        ):
            assert await connection.fetchval(KILL) == 2
            await soon(lambda: bool(own) and bool(other))
            assert await connection.fetchval(OPEN) == 2
            other.clear()
            teller.tell()
            await soon(lambda: bool(other))
    assert [
        (line["event"].split(",")[0], line["log_level"]) for line in sorted(logs, key=lambda line: line["event"])
    ] == [
        ("away", "warning"),
        ("away", "warning"),
        ("back", "info"),
        ("back", "info"),
    ]


async def test_a_database_that_stays_away_is_one_warning_and_holds_nobody_up(database_url: str, data_dir: Path) -> None:
    cable = Cable(data_dir, str(make_url(database_url).query["host"]))
    await cable.plug_in()
    database = Database(make_url(database_url).update_query_dict({"host": str(data_dir)}))
    with capture_logs() as logs:
        async with hearing(database) as (wakeups, woken):
            await cable.cut()
            wakeups.tell()
            await soon(lambda: bool(logs))
            await asyncio.sleep(1)
            assert [line["log_level"] for line in logs] == ["warning"]
            await cable.plug_in()
            await soon(lambda: bool(woken))
            await cable.cut()
            began = time.monotonic()
        assert time.monotonic() - began < 4 * STOP_SECONDS
    await database.close()


async def test_followers_elsewhere_see_a_strike_by_the_wake_up_alone(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.tailer, "POLL_SECONDS", 60.0)
    async with pair(database_url) as both:
        raid = await both.world.raid(RESTLESS)
        people = await crowd(both.world)
        async with following(both.here.service, raid) as here, following(both.there.service, raid) as there:
            for number in range(1, 4):
                await people.strikes(1, both.here.service)
                await asyncio.gather(here.reaches(1 + number), there.reaches(1 + number))
            await people.strikes(60, both.here.service, both.there.service)
            await asyncio.gather(here.reaches(64), there.reaches(64))
            assert here.raid == there.raid


async def test_one_who_was_told_more_elsewhere_is_told_the_rest_here_and_nothing_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process has not read yet what the follower knows: no wake-up is sent, and it reads seldom."""
    monkeypatch.setattr(services.tailer, "POLL_SECONDS", 60.0)
    async with pair(database_url) as both, starting(WorldThreatService(both.here.database)) as silent:
        world = World(both.here.database, silent, both.world.connection)
        raid = await world.raid(RESTLESS)
        people = await crowd(world)
        async with following(both.there.service, raid) as behind:
            await people.strikes(20, silent)
            assert behind.told == [1]
            resumed = both.there.service.feed.follow(str(raid.id), after=15)
            async with asyncio.timeout(PATIENCE), contextlib.aclosing(resumed) as moments:
                moment = await anext(moments)
            assert [each.event.sequence for each in moment.events] == [16, 17, 18, 19, 20, 21]
            assert moment.gap is False
            unknown = both.there.service.feed.follow(str(raid.id), after=22)
            async with asyncio.timeout(PATIENCE), contextlib.aclosing(unknown) as moments:
                moment = await anext(moments)
            assert (moment.gap, moment.events) == (True, ())


async def test_wake_ups_that_are_cut_again_and_again_cost_no_event(database_url: str) -> None:
    async with pair(database_url) as both, both.there.database.driver_connection() as connection:
        raid = await both.world.raid(RESTLESS)
        people = await crowd(both.world)
        async with following(both.there.service, raid) as there:
            for _ in range(6):
                await people.strikes(20, both.here.service)
                await connection.fetchval(KILL)
            await there.reaches(121)
