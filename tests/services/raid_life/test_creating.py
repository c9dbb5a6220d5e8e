"""A raid is created: alone, at its time, with its seed promised."""

import asyncio

import pytest

from db.engine import Database
from services.errors import InvalidConfigurationError, RaidAlreadyActiveError
from services.rules.draws import seed_hash
from services.rules.values import RaidStatus
from services.views import Raid
from services.world_threat import WorldThreatService
from tests.services.raid_life.lives import HOUR
from tests.services.world import ADMIN, World


async def test_of_two_raids_created_at_once_one_lives(world: World) -> None:
    database = Database(world.database.url, pool_size=1)
    other = WorldThreatService(database)

    async def create(service: WorldThreatService, name: str) -> Raid:
        mine = World(world.database, service, world.connection)
        return await mine.raid(name=name)

    answers = await asyncio.gather(
        *(create((world.service, other)[n % 2], f"raid {n}") for n in range(4)), return_exceptions=True
    )
    await database.close()
    raids = [answer for answer in answers if isinstance(answer, Raid)]
    refused = [answer for answer in answers if isinstance(answer, RaidAlreadyActiveError)]
    assert (len(raids), len(refused)) == (1, 3)
    assert {refusal.raid_id for refusal in refused} == {raids[0].id}
    assert [row["id"] for row in await world.rows("SELECT id FROM world_threat_raids")] == [raids[0].id]
    assert len(await world.rows("SELECT FROM admin_actions")) == 1


async def test_a_paused_raid_is_live_too_but_another_may_be_scheduled(world: World) -> None:
    raid = await world.raid()
    await world.service.desk.pause_raid(ADMIN, raid_id=str(raid.id), reason="lunch")
    with pytest.raises(RaidAlreadyActiveError):
        await world.raid()
    assert (await world.raid(starts_in=HOUR)).status is RaidStatus.SCHEDULED


async def test_a_start_that_has_passed_is_now_and_an_end_that_has_passed_is_refused(world: World) -> None:
    with pytest.raises(InvalidConfigurationError) as refused:
        await world.raid(ends_in=-HOUR)
    with pytest.raises(InvalidConfigurationError):
        await world.raid(starts_in=2 * HOUR, ends_in=HOUR)
    assert [problem.path for problem in refused.value.problems] == ["ends_at"]
    assert (await world.raid(starts_in=-HOUR)).status is RaidStatus.ACTIVE


async def test_the_seed_is_promised_at_the_start_and_told_at_the_end(world: World) -> None:
    raid = await world.raid()
    assert raid.seed is None
    ended = await world.service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="enough")
    assert ended.seed is not None
    assert raid.seed_hash == ended.seed_hash == seed_hash(bytes.fromhex(ended.seed))
