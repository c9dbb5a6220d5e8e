"""The strike line under load: one chain, whoever writes."""

import asyncio
from dataclasses import replace

import pytest

from db.engine import Database
from services.errors import BossAlreadyDefeatedError, PlayerNotFoundError
from services.views import StrikeSuccess
from services.world_threat import WorldThreatService
from tests.services.strike_line.lines import BUSY, army, commands_of, line_on, raid_held, total_strikes, until_waiting
from tests.services.world import ADMIN, ANALYZE, FIGHT, Owner, World, books_balance


async def test_two_services_make_one_chain(world: World) -> None:
    owners = await army(world, 40, 4)
    raid = await world.raid(BUSY)
    database = Database(world.database.url, pool_size=2)
    other = WorldThreatService(database)
    await other.start()

    async def play(owner: Owner, service: WorldThreatService) -> list[int]:
        return [
            (await world.strike(owner, copy, action=ANALYZE if copy % 5 == 0 else FIGHT, service=service)).strike.number
            for copy in owner.copies
        ]

    async def admin() -> None:
        for hp in (90_000, 95_000, 80_000):
            await other.desk.adjust_boss_hp(ADMIN, raid_id=str(raid.id), reason="balance", current_hp=hp)

    try:
        numbers = await asyncio.gather(
            *(play(owner, (world.service, other)[place % 2]) for place, owner in enumerate(owners)), admin()
        )
    finally:
        await other.stop()
        await database.close()
    assert sorted(number for played in numbers[:-1] if played for number in played) == list(range(1, 161))
    await books_balance(world.database, raid.id)


async def test_two_services_kill_one_boss_once(world: World) -> None:
    owners = await army(world, 40, 2)
    raid = await world.raid(replace(BUSY, total_hp=400))
    other = WorldThreatService(world.database)
    await other.start()
    try:
        answers = await asyncio.gather(
            *(
                world.strike(owner, copy, service=(world.service, other)[(owner.user_id + place) % 2])
                for owner in owners
                for place, copy in enumerate(owner.copies)
            ),
            return_exceptions=True,
        )
    finally:
        await other.stop()
    struck = [answer for answer in answers if isinstance(answer, StrikeSuccess)]
    assert sum(answer.victory for answer in struck) == 1
    assert {type(answer) for answer in answers} == {StrikeSuccess, BossAlreadyDefeatedError}
    assert len(struck) == await total_strikes(world, raid)
    await books_balance(world.database, raid.id)


async def test_what_waits_goes_into_two_transactions_in_the_order_it_came(world: World) -> None:
    owners = await army(world, 50, 2)
    raid = await world.raid(BUSY)
    commits: list[None] = []
    async with line_on(world.database, commits=commits) as line:
        async with raid_held(world):
            strikes = [asyncio.create_task(line.strike(command)) for command in commands_of(world, owners)]
            await until_waiting(line, 100)
        answers = await asyncio.gather(*strikes)
    assert [answer.strike.number for answer in answers] == list(range(1, 101))
    assert len(commits) == 2  # one is judged while the other is written
    await books_balance(world.database, raid.id)


async def test_a_batch_of_refusals_is_no_news(world: World) -> None:
    await world.raid()
    commits: list[None] = []
    async with line_on(world.database, commits=commits) as line:
        with pytest.raises(PlayerNotFoundError):
            await line.strike(world.command(Owner(0, "nobody"), 1))
    assert not commits
