"""The relay with a real Redis: what it spares PostgreSQL, and what nobody notices when it fails."""

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

import services.relay
import services.tailer
from services.relay import STATES, Relay
from services.relay_codec import event_from_bytes, event_to_bytes, raid_from_bytes, raid_to_bytes
from services.rules.configuration import StageEffect
from services.rules.events import RaidEventKind
from services.rules.values import RaidStatus
from services.views import Raid, RaidEvent
from services.world_threat import WorldThreatService
from tests.redis_server import RedisServer, redis_server
from tests.services.live import RESTLESS, Pair, counting, crowd, following, pair, process, soon
from tests.services.world import ADMIN, ANALYZE, BOSS, Sheet, World, elemental


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    with redis_server() as server:
        await server.start()
        yield server


@pytest.fixture
async def both(database_url: str, redis: RedisServer) -> AsyncIterator[Pair]:
    async with pair(database_url, redis.url) as both:
        await relayed(redis, 2)
        yield both


async def relayed(redis: RedisServer, processes: int) -> None:
    """Waits until so many processes listen at Redis."""
    async with redis.client() as client:

        async def listening() -> bool:
            return cast("list[tuple[bytes, int]]", await client.pubsub_numsub(STATES))[0][1] == processes

        await soon(listening)


def stream_of(raid: Raid) -> str:
    return f"worldthreat:2:events:{raid.seed_hash}"


async def entries_of(client: Redis, raid: Raid) -> list[str]:
    """The ids in the raid's stream."""
    found = cast("list[tuple[bytes, Any]]", await client.xrange(stream_of(raid)))
    return [entry_id.decode() for entry_id, _ in found]


async def test_where_nobody_strikes_postgresql_is_hardly_asked(both: Pair) -> None:
    raid = await both.world.raid(RESTLESS)
    people = await crowd(both.world)
    async with following(both.here.service, raid) as here, following(both.there.service, raid) as there:
        with counting(both.here) as read_here, counting(both.there) as read_there:
            until = time.monotonic() + 3
            struck = 0
            while time.monotonic() < until and struck < 390:
                await people.strikes(3, both.here.service)
                struck += 3
                await asyncio.sleep(0.01)
            await asyncio.gather(here.reaches(1 + struck), there.reaches(1 + struck))
        assert there.raid is not None
        assert there.raid.totals.strikes == struck
        assert here.raid == there.raid
    assert 2 * len(read_there) < len(read_here)  # the fewer strikes a busy machine manages, the closer they are


@pytest.mark.parametrize("has_a_hole", [False, True])
async def test_one_who_resumes_at_a_process_that_just_started_is_served_by_the_relay_as_far_as_it_goes(
    both: Pair, redis: RedisServer, database_url: str, has_a_hole: bool
) -> None:
    raid = await both.world.raid(RESTLESS)
    people = await crowd(both.world)
    async with following(both.there.service, raid) as there:
        await people.strikes(100, both.here.service)
        await there.reaches(101)
    async with redis.client() as client:
        await soon(lambda: _has(client, raid, 101))
        if has_a_hole:
            await client.xdel(stream_of(raid), "50-0")
    async with process(database_url, redis.url) as late:
        await relayed(redis, 3)
        with counting(late) as statements:
            async with following(late.service, replace(raid, sequence=101), after=20) as follower:
                assert follower.told == list(range(21, 102))
        assert any("raid_events" in each for each in statements) == has_a_hole


async def _has(client: Redis, raid: Raid, sequence: int) -> bool:
    return f"{sequence}-0" in await entries_of(client, raid)


async def emptied(redis: RedisServer, _raid: Raid) -> None:
    async with redis.client() as client:
        await client.flushall()


async def restarted(redis: RedisServer, _raid: Raid) -> None:
    redis.kill()
    await redis.start()


async def cut_off(redis: RedisServer, _raid: Raid) -> None:
    async with redis.client() as client:
        await client.client_kill_filter(_type="pubsub")
        await client.client_kill_filter(_type="normal", skipme=True)


async def full_of_holes(redis: RedisServer, raid: Raid) -> None:
    async with redis.client() as client:
        for entry_id in (await entries_of(client, raid))[::3]:
            await client.xdel(stream_of(raid), entry_id)


async def full_of_something_else(redis: RedisServer, raid: Raid) -> None:
    """A stream that is ahead refuses all that is sent to it."""
    async with redis.client() as client:
        await client.xadd(stream_of(raid), {"event": "not ours"}, id="100000-0")


async def of_the_wrong_type(redis: RedisServer, raid: Raid) -> None:
    async with redis.client() as client:
        await client.set(stream_of(raid), "not a stream")


async def talked_into(redis: RedisServer, raid: Raid) -> None:
    async with redis.client() as client:
        await client.publish(STATES, b"\xffnot a state")
        await client.publish(STATES, raid_to_bytes(replace(raid, sequence=raid.sequence + 1_000)))
        await client.publish(STATES, raid_to_bytes(raid))


MISHAPS: list[Callable[[RedisServer, Raid], Awaitable[None]]] = [
    emptied,
    restarted,
    cut_off,
    full_of_holes,
    full_of_something_else,
    of_the_wrong_type,
    talked_into,
]


async def test_whatever_befalls_redis_everybody_is_told_every_event_once(both: Pair, redis: RedisServer) -> None:
    """One mishap after the other, each in the midst of strikes at both processes."""
    raid = await both.world.raid(RESTLESS)
    people = await crowd(both.world)
    places = (both.here.service, both.there.service)
    async with following(places[0], raid) as here, following(places[1], raid) as there:
        struck = 0
        for mishap in MISHAPS:
            await people.strikes(10, *places)
            striking = asyncio.create_task(people.strikes(20, *places))
            await asyncio.sleep(0.01)
            await mishap(redis, raid)
            await striking
            await people.strikes(10, *places)
            struck += 40
            await asyncio.gather(here.reaches(1 + struck), there.reaches(1 + struck))
            if mishap in {of_the_wrong_type, full_of_something_else}:
                await emptied(redis, raid)
        await soon(lambda: here.raid == there.raid)
        assert here.raid == await both.world.now(raid)


async def test_while_redis_is_away_postgresql_tells_and_afterwards_the_relay_again(
    both: Pair, redis: RedisServer
) -> None:
    raid = await both.world.raid(RESTLESS)
    people = await crowd(both.world)
    async with following(both.there.service, raid) as there:
        with capture_logs() as logs:
            redis.kill()
            await soon(lambda: [line["log_level"] for line in logs] == ["warning"] * 2)
            await people.strikes(20, both.here.service)
            await there.reaches(21)
            await redis.start()
            await relayed(redis, 2)
            await people.strikes(20, both.here.service)
            await there.reaches(41)
            async with redis.client() as client:
                await soon(lambda: _has(client, raid, 41))
    assert (
        sorted((line["log_level"], line["what"]) for line in logs)
        == [("info", "relay")] * 2 + [("warning", "relay")] * 2
    )


async def test_a_redis_that_answers_nothing_holds_nobody_up(
    both: Pair, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.relay, "SILENCE_SECONDS", 0.2)
    raid = await both.world.raid(RESTLESS)
    people = await crowd(both.world)
    async with following(both.there.service, raid) as there:
        with capture_logs() as logs:
            redis.hold()
            try:
                for round_number in range(1, 5):
                    began = time.monotonic()
                    await people.strikes(10, both.here.service)
                    assert time.monotonic() - began < 4
                    await there.reaches(1 + 10 * round_number)
                await soon(lambda: [line["log_level"] for line in logs] == ["warning"] * 2)
            finally:
                redis.let_go()
            await soon(lambda: [line["log_level"] for line in logs] == ["warning"] * 2 + ["info"] * 2)
        await people.strikes(10, both.here.service)
        await there.reaches(51)


@pytest.mark.parametrize("missing", ["none", "first", "one in the middle", "last", "all"])
async def test_what_the_relay_does_not_have_is_read_from_postgresql(
    redis: RedisServer, database_url: str, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """The strikes are made where nobody sends a wake-up, and this process reads seldom by itself: it knows by Redis."""
    monkeypatch.setattr(services.tailer, "RELAYED_POLL_SECONDS", 60.0)
    async with pair(database_url, redis.url) as both:
        await relayed(redis, 2)
        elsewhere = WorldThreatService(both.here.database)
        await elsewhere.start()
        world = World(both.here.database, elsewhere, both.world.connection)
        raid = await world.raid(RESTLESS)
        people = await crowd(world)
        async with following(both.there.service, raid) as there, another(redis) as relay:
            await people.strikes(5, elsewhere)
            assert there.told == [1]
            events = [RaidEvent(raid.id, event) for event in (await both.world.events(raid))[1:]]
            relay.tell(await both.world.now(raid), events)
            await there.reaches(6)
            await people.strikes(10, elsewhere)
            events = [RaidEvent(raid.id, event) for event in (await both.world.events(raid))[6:]]
            kept = {
                "none": events,
                "first": events[1:],
                "one in the middle": events[:4] + events[5:],
                "last": events[:-1],
                "all": [],
            }
            with counting(both.there) as statements:
                relay.tell(await both.world.now(raid), kept[missing])
                await there.reaches(16)
            assert there.raid == await both.world.now(raid)
            assert any("raid_events" in each for each in statements) == (missing != "none")
        await elsewhere.stop()


@contextlib.asynccontextmanager
async def another(redis: RedisServer) -> AsyncIterator[Relay]:
    """The relay of one more process."""
    relay = Relay(redis.url)
    relay.start(lambda _raid: None)
    await soon(lambda: relay.is_up)
    yield relay
    await relay.stop()


async def test_a_victory_is_told_with_the_seed_and_redis_never_knew_it(both: Pair, redis: RedisServer) -> None:
    raid = await both.world.raid(replace(RESTLESS, total_hp=300))
    (seed,) = (await both.world.rows("SELECT secret_seed FROM world_threat_raids WHERE id = $1", raid.id))[0]
    people = await crowd(both.world)
    async with redis.client() as client, client.pubsub() as pubsub:
        await pubsub.subscribe(STATES)
        async with following(both.there.service, raid) as there:
            for _ in range(30):
                answers = await people.strikes(1, both.here.service)
                if answers[0].victory:
                    break
            await soon(lambda: there.raid is not None and there.raid.status is RaidStatus.COMPLETED)
        assert there.raid is not None
        assert there.raid.seed == seed.hex()
        assert there.told == list(range(1, there.raid.sequence + 1))

        published: list[Any] = []
        while (message := await pubsub.get_message(timeout=0.2)) is not None:
            published.append(message["data"])
        entries = await client.xrange(stream_of(raid))
        ids = await entries_of(client, raid)
        keys = await client.keys("*")
    assert keys == [stream_of(raid).encode()]
    assert ids == [f"{sequence}-0" for sequence in range(2, there.raid.sequence + 1)]
    assert b'"status":"completed"' in published[-1]
    kept = repr((published, entries))
    for form in (seed.hex(), base64.b64encode(seed).decode(), base64.urlsafe_b64encode(seed).decode(), repr(seed)):
        assert form.lower() not in kept.lower()


async def test_raids_and_events_of_every_kind_come_through_unchanged(world: World) -> None:
    boss = replace(
        BOSS,
        total_hp=200,
        description="It waits.",
        weaknesses=(elemental("fire"),),
        curse_pool=(elemental("water"),),
        curse_every=2,
        analysis_thresholds=(1,),
        stage_effects=(StageEffect(2, "It stirs.", add_weakness=elemental("wind"), add_curse=elemental("dark")),),
    )
    raid = await world.raid(boss)
    owner = await world.player(*[Sheet(affinities=(elemental("light"),))] * 40)
    copies = iter(owner.copies)
    desk, its = world.service.desk, {"raid_id": str(raid.id), "reason": "to see it told"}
    passed = [await world.now(raid)]
    await world.strike(owner, next(copies), action=ANALYZE)
    await desk.pause_raid(ADMIN, **its)
    await desk.resume_raid(ADMIN, **its)
    await desk.adjust_boss_hp(ADMIN, **its, current_hp=190)
    for copy in copies:
        passed.append(await world.now(raid))
        if (await world.strike(owner, copy)).victory:
            break
    passed.append(await world.now(raid))
    other = await world.raid()
    await desk.end_raid(ADMIN, raid_id=str(other.id), reason="to see it told")
    passed.append(await world.now(other))

    assert [raid_from_bytes(raid_to_bytes(each)) for each in passed] == [replace(each, seed=None) for each in passed]
    events = [*await world.events(raid), *await world.events(other)]
    assert {each.kind for each in events} >= set(RaidEventKind) - {RaidEventKind.RAID_UPDATED}
    for each in events:
        told = RaidEvent(raid.id, each)
        assert event_from_bytes(raid.id, each.sequence, event_to_bytes(told)) == told
