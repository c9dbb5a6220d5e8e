"""The look at the accounts that the service takes each minute: silent while they balance, loud when they do not."""

import asyncio

import pytest
from structlog.testing import capture_logs

from services import accounting, metrics
from services.accounting import AccountingWatch
from services.views import Raid
from services.world_threat import WorldThreatService
from tests.services.live import soon
from tests.services.strike_line.lines import BUSY
from tests.services.world import ADMIN, ANALYZE, FIGHT, Owner, Sheet, World

PLAYERS, CHARACTERS = 6, 8


async def strike_all(world: World, owners: tuple[Owner, ...], characters: slice) -> None:
    await asyncio.gather(
        *(
            world.strike(owner, copy, action=ANALYZE if place % 3 == 0 else FIGHT)
            for owner in owners
            for place, copy in list(enumerate(owner.copies))[characters]
        )
    )


@pytest.fixture
async def owners(world: World) -> tuple[Owner, ...]:
    return await world.players(PLAYERS, await world.characters(*[Sheet(100 + place) for place in range(CHARACTERS)]))


@pytest.fixture
async def raid(world: World, owners: tuple[Owner, ...]) -> Raid:
    """Under way, looked at by nobody yet."""
    raid = await world.raid(BUSY)
    await strike_all(world, owners, slice(0, 4))
    return raid


@pytest.fixture
def watch(world: World) -> AccountingWatch:
    return AccountingWatch(world.database)


async def tamper(world: World, statement: str, raid: Raid) -> None:
    """As somebody with all rights would: keys, triggers and checks stand aside."""
    async with world.connection.transaction():
        await world.connection.execute("SET LOCAL session_replication_role = replica")
        await world.connection.execute(statement, raid.id)


def gauge() -> float | None:
    return metrics.REGISTRY.get_sample_value("worldthreat_accounting_mismatch")


async def test_books_that_balance_are_nothing_to_speak_of(
    world: World, raid: Raid, owners: tuple[Owner, ...], watch: AccountingWatch
) -> None:
    with capture_logs() as logs:
        assert await watch.look() == {}
        await strike_all(world, owners, slice(4, 6))
        await world.service.desk.adjust_boss_hp(ADMIN, raid_id=str(raid.id), reason="too strong", current_hp=50)
        assert await watch.look() == {}
        await strike_all_until_dead(world, owners)
        assert await watch.look() == {}
        assert await watch.look() == {}
    assert (watch.mismatch, [line for line in logs if "books" in line["event"]]) == (0, [])


async def strike_all_until_dead(world: World, owners: tuple[Owner, ...]) -> None:
    for owner in owners:
        for copy in owner.copies[6:]:
            if (await world.strike(owner, copy)).victory:
                return
    pytest.fail("the boss lives")


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM world_threat_strikes WHERE raid_id = $1 AND number = {fight}", "strikes behind the one"),
        ("UPDATE world_threat_raids SET damage = damage + 5, hp_adjusted = hp_adjusted - 5 WHERE id = $1", "damage"),
        (
            """UPDATE world_threat_strikes SET damage_dealt = damage_dealt + 1, boss_hp_before = boss_hp_before + 1
            WHERE raid_id = $1 AND number = {fight}""",
            "damage",
        ),
        (
            """UPDATE world_threat_analysis SET analysis_points = analysis_points + 1
            WHERE raid_id = $1 AND number = {analysis}""",
            "analysis points",
        ),
        ("DELETE FROM raid_events WHERE raid_id = $1 AND sequence = 3", "events"),
        ("DELETE FROM world_threat_character_usage WHERE raid_id = $1 AND number = {fight}", "characters used"),
        (
            """UPDATE world_threat_participants SET damage = damage + 1, contribution = contribution + 1
            WHERE raid_id = $1""",
            "participants' damage",
        ),
        (
            """DELETE FROM world_threat_participants WHERE raid_id = $1
            AND user_id = (SELECT max(user_id) FROM world_threat_participants WHERE raid_id = $1)""",
            "participants",
        ),
        (
            """UPDATE world_threat_leaderboard_steps SET players = players + 1
            WHERE raid_id = $1 AND metric = 'strikes'""",
            "players on the leaderboard's steps",
        ),
    ],
)
async def test_books_that_do_not_balance_are_named_and_counted_until_they_do(
    world: World, raid: Raid, watch: AccountingWatch, statement: str, named: str
) -> None:
    numbers = {
        "fight": "(SELECT max(number) FROM world_threat_strikes WHERE raid_id = $1)",
        "analysis": "(SELECT max(number) FROM world_threat_analysis WHERE raid_id = $1)",
    }
    with capture_logs() as logs:
        await tamper(world, statement.format(**numbers), raid)
        found = await watch.look()
        assert await watch.look() == found
    assert list(found) == [raid.id]
    assert any(each.account.startswith(named) for each in found[raid.id]), found
    assert (watch.mismatch, gauge()) == (1, 1)
    (line,) = [line for line in logs if line["log_level"] == "error"]
    assert line["raid_id"] == raid.id
    assert any(told.startswith(named) for told in line["accounts"])


async def test_books_that_are_mended_balance_again(world: World, raid: Raid, watch: AccountingWatch) -> None:
    await tamper(world, "UPDATE world_threat_raids SET analysts = analysts - 1 WHERE id = $1", raid)
    assert [str(each) for each in (await watch.look())[raid.id]] == ["analysts: 5, counted 6"]
    await tamper(world, "UPDATE world_threat_raids SET analysts = analysts + 1 WHERE id = $1", raid)
    assert await watch.look() == {}
    assert (watch.mismatch, gauge()) == (0, 0)


async def test_a_strike_that_is_gone_after_it_was_looked_at_is_missed(
    world: World, raid: Raid, watch: AccountingWatch
) -> None:
    assert await watch.look() == {}
    newest = "(SELECT fights + analyses FROM world_threat_raids WHERE id = $1)"
    for table in ("world_threat_strikes", "world_threat_analysis"):
        await tamper(world, f"DELETE FROM {table} WHERE raid_id = $1 AND number = {newest}", raid)  # noqa: S608 - ours
    assert raid.id in await watch.look()


async def test_only_the_newest_of_very_many_strikes_are_counted(
    world: World, raid: Raid, watch: AccountingWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounting, "LARGEST_STEP", 5)
    assert await watch.look() == {}
    # What lies behind them is the running totals' business, and `verify`'s.
    await tamper(world, "DELETE FROM world_threat_character_usage WHERE raid_id = $1 AND number = 3", raid)
    assert await watch.look() == {}
    assert await AccountingWatch(world.database).look() == {}


async def test_the_service_looks_by_itself_and_tells_the_number(
    world: World, raid: Raid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounting, "EVERY_SECONDS", 0.05)
    service = WorldThreatService(world.database)
    await service.start()
    try:
        assert service.accounting_mismatch == 0
        await tamper(world, "UPDATE world_threat_raids SET analysts = analysts - 1 WHERE id = $1", raid)
        await soon(lambda: service.accounting_mismatch == 1)
        await tamper(world, "UPDATE world_threat_raids SET analysts = analysts + 1 WHERE id = $1", raid)
        await soon(lambda: service.accounting_mismatch == 0)
    finally:
        await service.stop()
