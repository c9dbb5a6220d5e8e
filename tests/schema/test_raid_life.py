"""A raid from its name to its last blow, as the API tells of it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.engine import Database
from schema.build import build_schema
from services import content
from services.roster import RosterFile, RosterFiles, import_roster
from services.world_threat import WorldThreatService
from tests.schema.conftest import CREATE_RAID
from tests.schema.world import ADMIN, BOSS, BOT, World

REFUSED = "__typename ... on InvalidConfiguration { message problems { path severity } }"
CREATE = f"mutation ($input: CreateRaidInput!) {{ createRaid(input: $input) {{ {REFUSED} }} }}"
UPDATE = f"mutation ($input: UpdateRaidInput!) {{ updateRaid(input: $input) {{ {REFUSED} }} }}"
PREVIEW = """
query ($team: [ID!]!) {
  previewStrike(input: {action: FIGHT, characterIds: $team, discordId: "ada"}) {
    __typename
    ... on StrikePreview { points }
    ... on BossAlreadyDefeated { raidId defeatedAt }
    ... on NoActiveRaid { nextStartsAt }
    ... on UserError { message }
  }
}
"""
TOO_LONG = "x" * 101


@pytest.fixture
async def own_world(database: Database) -> AsyncIterator[World]:
    """A world of the test's own, without a raid."""
    async with database.driver_connection() as connection:
        files = RosterFiles(
            series=RosterFile.at(content.sample_series()), characters=RosterFile.at(content.sample_characters())
        )
        await import_roster(connection, files, lambda _progress: None)
    service = WorldThreatService(database)
    await service.start()
    yield World(build_schema(), database, service)
    await service.stop()


async def create(world: World, **boss: Any) -> str:
    """A live raid's id."""
    created = await world.told(
        CREATE_RAID, ADMIN, input={"name": "A raid", "boss": {**BOSS, **boss}, "acceptWarnings": True}
    )
    assert created["createRaid"]["__typename"] == "CreateRaidSuccess", created
    raid_id: str = (await world.told("{ activeRaid { id } }"))["activeRaid"]["id"]
    return raid_id


@pytest.mark.parametrize("name", ["", "   ", TOO_LONG])
async def test_a_new_raids_own_name_is_told_from_its_boss_s(world: World, name: str) -> None:
    """Both are called `name` in the input, one of them inside of `boss`."""
    raid = {"name": name, "boss": BOSS, "acceptWarnings": True}
    of_raid = (await world.told(CREATE, ADMIN, input=raid))["createRaid"]
    assert of_raid["__typename"] == "InvalidConfiguration"
    assert of_raid["problems"] == [{"path": "name", "severity": "ERROR"}]
    assert of_raid["message"].startswith("name: must have 1 to 100 characters")

    raid = {"name": "A raid", "boss": {**BOSS, "name": name}, "acceptWarnings": True}
    of_boss = (await world.told(CREATE, ADMIN, input=raid))["createRaid"]
    assert of_boss["problems"] == [{"path": "boss.name", "severity": "ERROR"}]


async def test_a_raids_new_name_is_called_as_in_the_update(world: World) -> None:
    raid_id = (await world.told("{ activeRaid { id } }"))["activeRaid"]["id"]
    update = {"raidId": raid_id, "reason": "a better name", "name": TOO_LONG}
    refused = (await world.told(UPDATE, ADMIN, input=update))["updateRaid"]
    assert refused["__typename"] == "InvalidConfiguration"
    assert refused["problems"] == [{"path": "name", "severity": "ERROR"}]


async def test_who_plans_after_the_final_blow_is_told_that_the_boss_is_dead(own_world: World) -> None:
    player = await own_world.player("ada")
    raid_id = await create(own_world, totalHp=100)
    team = (await own_world.unused(player))[:3]
    planned = (await own_world.told(PREVIEW, BOT, team=team))["previewStrike"]
    assert planned["__typename"] == "StrikePreview"
    assert (await own_world.strike(player))["__typename"] == "ExecuteStrikeSuccess"
    raid = (await own_world.told("query ($id: ID!) { raid(id: $id) { outcome completedAt } }", id=raid_id))["raid"]
    assert raid["outcome"] == "VICTORY"

    planned = (await own_world.told(PREVIEW, BOT, team=team))["previewStrike"]
    assert planned["__typename"] == "BossAlreadyDefeated"
    assert (planned["raidId"], planned["defeatedAt"]) == (raid_id, raid["completedAt"])
    struck = await own_world.strike(player)
    assert (struck["__typename"], struck["message"]) == ("BossAlreadyDefeated", planned["message"])


async def test_who_plans_without_a_raid_or_after_one_that_was_cancelled_is_told_when_the_next_begins(
    own_world: World,
) -> None:
    player = await own_world.player("ada")
    team = (await own_world.unused(player))[:3]
    none_yet = (await own_world.told(PREVIEW, BOT, team=team))["previewStrike"]
    assert (none_yet["__typename"], none_yet["nextStartsAt"]) == ("NoActiveRaid", None)

    await create(own_world, totalHp=100)
    await own_world.strike(player)
    raid_id = await create(own_world)
    ended = await own_world.told(
        'mutation ($raid: ID!) { endRaid(input: {raidId: $raid, reason: "enough"}) { __typename } }',
        ADMIN,
        raid=raid_id,
    )
    assert ended["endRaid"]["__typename"] == "UpdateRaidSuccess"
    later = {"name": "later", "boss": BOSS, "acceptWarnings": True, "startsAt": "2099-01-01T00:00:00Z"}
    await own_world.told(CREATE, ADMIN, input=later)
    cancelled = (await own_world.told(PREVIEW, BOT, team=team))["previewStrike"]
    assert (cancelled["__typename"], cancelled["nextStartsAt"]) == ("NoActiveRaid", "2099-01-01T00:00:00Z")
    assert (await own_world.strike(player))["message"] == cancelled["message"]
