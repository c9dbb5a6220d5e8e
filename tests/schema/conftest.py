"""A raid that has been struck, asked through the schema and answered by the real service and database."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import make_url

from db.embedded import EmbeddedServer
from db.engine import Database
from schema.build import build_schema
from services import content
from services.roster import RosterFile, RosterFiles, import_roster
from services.views import Principal
from services.world_threat import WorldThreatService
from tests.schema.world import ADMIN, BOSS, BOT, World

CREATE_RAID = """
mutation ($input: CreateRaidInput!) { createRaid(input: $input) { __typename ... on UserError { message } } }
"""
GRANT_LANTERN = """
mutation {
  grantEquipment(input: {
    discordId: "ada", name: "Lantern", effects: [{kind: AFFINITY_ADD, affinity: {kind: ELEMENTAL, value: "fire"}}]
  }) { ... on GrantEquipmentSuccess { equipment { id } } }
}
"""
SET_CHANNEL = """
mutation { setAnnouncementChannel(input: {guildId: "1", channelId: "2", kinds: [BREAKTHROUGH]}) { __typename } }
"""

END_RAID = 'mutation ($id: ID!) { endRaid(input: {raidId: $id, reason: "the next one"}) { __typename } }'
REMIND = "mutation { setReminder(input: {wanted: true}) { __typename } }"


@contextlib.asynccontextmanager
async def opened(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str, name: str
) -> AsyncIterator[World]:
    """A world in a database called `name`.

    Ada has fought twice and analysed once, Bo has fought once; a curse, a stage and a breakthrough came of it.

    Before, Ada fought once in a raid that was ended. She wants to be told when she may strike again.
    """
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    database = Database(make_url(server.url).set(database=name), pool_size=4)
    service = WorldThreatService(database)
    await service.start()
    try:
        world = World(build_schema(), database, service)
        await begin(world)
        yield world
    finally:
        await service.stop()
        await database.close()
        await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def world(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[World]:
    async with opened(server, administrator, template, "schema_world") as world:
        yield world


async def begin(world: World) -> None:
    async with world.database.driver_connection() as connection:
        files = RosterFiles(
            series=RosterFile.at(content.sample_series()), characters=RosterFile.at(content.sample_characters())
        )
        await import_roster(connection, files, lambda _progress: None)
    ada, bo = await world.player("ada"), await world.player("bo")
    await begin_raid(world, "Raid before the first")
    team = (await world.unused(ada))[-2:]  # who will not strike in the first raid
    assert (await world.strike(ada, "FIGHT", characterIds=team))["__typename"] == "ExecuteStrikeSuccess"
    await world.told(END_RAID, ADMIN, id=(await world.told("{ activeRaid { id } }"))["activeRaid"]["id"])
    await begin_raid(world, "First raid")
    await world.told(SET_CHANNEL, BOT)  # which begins at the present: all that follows is for it
    lantern = (await world.told(GRANT_LANTERN, ADMIN))["grantEquipment"]["equipment"]["id"]
    for striker, action, more in (
        (ada, "FIGHT", {"equipmentId": lantern}),
        (bo, "FIGHT", {}),
        (ada, "ANALYZE", {}),
        (ada, "FIGHT", {}),
    ):
        struck = await world.strike(striker, action, **more)
        assert struck["__typename"] == "ExecuteStrikeSuccess", struck
    await world.told(REMIND, ada)


async def begin_raid(world: World, name: str) -> None:
    created = await world.told(CREATE_RAID, ADMIN, input={"name": name, "boss": BOSS, "acceptWarnings": True})
    assert created["createRaid"]["__typename"] == "CreateRaidSuccess", created


@pytest.fixture
async def ada(world: World) -> Principal:
    return await world.principal("ada")
