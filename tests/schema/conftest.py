"""A raid that has been struck, asked through the schema and answered by the real service and database."""

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


@pytest.fixture(scope="session")
async def world(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[World]:
    """Ada has fought twice and analysed once, Bo has fought once; a curse, a stage and a breakthrough came of it."""
    await administrator.execute(f"CREATE DATABASE schema_world TEMPLATE {template}")
    database = Database(make_url(server.url).set(database="schema_world"), pool_size=4)
    async with database.driver_connection() as connection:
        files = RosterFiles(
            series=RosterFile.at(content.sample_series()), characters=RosterFile.at(content.sample_characters())
        )
        await import_roster(connection, files, lambda _progress: None)
    service = WorldThreatService(database)
    await service.start()
    world = World(build_schema(), database, service)
    created = await world.told(
        "mutation ($input: CreateRaidInput!) { createRaid(input: $input) { __typename ... on UserError { message } } }",
        ADMIN,
        input={"name": "First raid", "boss": BOSS, "acceptWarnings": True},
    )
    assert created == {"createRaid": {"__typename": "CreateRaidSuccess"}}
    ada, bo = await world.player("ada"), await world.player("bo")
    equipment = await world.told(
        'mutation { grantEquipment(input: {discordId: "ada", name: "Lantern", effects: [{kind: AFFINITY_ADD, affinity: '
        '{kind: ELEMENTAL, value: "fire"}}]}) { __typename ... on GrantEquipmentSuccess { equipment { id } } } }',
        ADMIN,
    )
    lantern = equipment["grantEquipment"]["equipment"]["id"]
    for striker, action, more in (
        (ada, "FIGHT", {"equipmentId": lantern}),
        (bo, "FIGHT", {}),
        (ada, "ANALYZE", {}),
        (ada, "FIGHT", {}),
    ):
        struck = await world.strike(striker, action, **more)
        assert struck["__typename"] == "ExecuteStrikeSuccess", struck
    channel = await world.told(
        'mutation { setAnnouncementChannel(input: {guildId: "1", channelId: "2", kinds: [BREAKTHROUGH]}) '
        "{ __typename } }",
        BOT,
    )
    assert channel == {"setAnnouncementChannel": {"__typename": "AnnouncementChannelSuccess"}}
    yield world
    await service.stop()
    await database.close()
    await administrator.execute("DROP DATABASE schema_world WITH (FORCE)")


@pytest.fixture
async def ada(world: World) -> Principal:
    return await world.principal("ada")
