"""The helper that says that books balance notices when they do not."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.services.world import ANALYZE, BOSS, OpenWorld, Sheet, World, books_balance, elemental

CORRUPTIONS = {
    "HP": "UPDATE world_threat_raids SET current_hp = current_hp - 1, hp_adjusted = hp_adjusted + 1",
    "damage": "UPDATE world_threat_strikes SET damage_dealt = damage_dealt - 1, boss_hp_before = boss_hp_before - 1",
    "a missing strike": "DELETE FROM world_threat_strikes WHERE number = 1",
    "a missing event": "DELETE FROM raid_events WHERE sequence = 2",
    "usage": "DELETE FROM world_threat_character_usage WHERE number = 1",
    "totals": "UPDATE world_threat_participants SET damage_number = damage_number + 1",
    "participants": "UPDATE world_threat_raids SET participants = participants - 1, analysts = analysts - 1",
    "running totals": "UPDATE world_threat_analysis SET damage_after = damage_after + 1",
    "a key": "DELETE FROM idempotency_keys WHERE number = 1",
    "a breakthrough's pay": "DELETE FROM reward_grants WHERE kind = 'breakthrough'",
    "a strike's pay": "UPDATE reward_grants SET strike_number = 3 WHERE kind = 'strike' AND strike_number = 1",
    "where the boss stands": "UPDATE world_threat_raids SET current_curses = '[]'",
    "a second defeat": "UPDATE raid_events SET kind = 'boss_defeated' WHERE sequence = 3",
}


@pytest.fixture(scope="module")
async def balanced(open_world: OpenWorld) -> AsyncIterator[tuple[World, int]]:
    async with open_world() as world:
        owners = await world.players(2, await world.characters(Sheet(), Sheet()))
        boss = replace(BOSS, curse_every=2, curse_pool=(elemental("void"),), analysis_thresholds=(5, 500))
        raid = await world.raid(boss)
        for owner in owners:
            await world.strike(owner, owner.copies[0])
            await world.strike(owner, owner.copies[1], action=ANALYZE)
        await books_balance(world.database, raid.id)
        yield world, raid.id


@pytest.mark.parametrize("corruption", CORRUPTIONS.values(), ids=CORRUPTIONS)
async def test_books_that_do_not_balance_are_noticed(balanced: tuple[World, int], corruption: str) -> None:
    world, raid_id = balanced
    transaction = world.connection.transaction()
    await transaction.start()
    try:
        await world.connection.execute("SET LOCAL session_replication_role = replica")  # triggers stand aside
        await world.connection.execute(corruption)
        with pytest.raises(AssertionError):
            await books_balance(world.connection, raid_id)
    finally:
        await transaction.rollback()
