"""Questions that make no sense are refused with the argument's name; bugs tell an id and nothing else."""

from datetime import datetime
from typing import cast

import pytest
import strawberry
from sqlalchemy import make_url
from strawberry.schema.config import StrawberryConfig
from structlog.testing import capture_logs

from db.engine import Database
from resolvers.context import Context
from schema.build import build_schema
from schema.masking import Masking
from schema.scalars import SCALARS
from services.rules.values import RaidStatus
from services.views import PUBLIC
from services.world_threat import WorldThreatService
from tests.schema.world import ADMIN, BOT, World


@pytest.mark.parametrize(
    ("field", "argument", "limits"),
    [
        ("raids(first: %d) { nodes { id } }", "first", (1, 100)),
        ("leaderboard(first: %d) { rank }", "first", (1, 100)),
        ('leaderboardAround(discordId: "ada", radius: %d) { rank }', "radius", (0, 20)),
        ("catalogue(first: %d) { nodes { key } }", "first", (1, 100)),
        ("rewardGrants(first: %d) { nodes { id } }", "first", (1, 100)),
        ("adminActions(first: %d) { nodes { id } }", "first", (1, 100)),
        ('suggestTeam(discordId: "ada", action: FIGHT, size: %d) { preview { points } }', "size", (1, 6)),
        ("activeRaid { leaderboard(first: %d) { rank } }", "first", (1, 100)),
        ("activeRaid { events(first: %d) { sequence } }", "first", (1, 500)),
        ("activeRaid { strikes(first: %d) { nodes { id } } }", "first", (1, 100)),
        ("activeRaid { hpHistory(points: %d) { hp } }", "points", (2, 1000)),
        ('player(discordId: "ada") { roster(first: %d) { nodes { id } } }', "first", (1, 100)),
    ],
)
async def test_more_than_the_limit_is_refused_and_the_limit_itself_is_fine(
    world: World, field: str, argument: str, limits: tuple[int, int]
) -> None:
    low, high = limits
    for fine in limits:
        result = await world.ask(f"{{ {field % fine} }}", ADMIN)
        assert result.errors is None
    for wrong in (low - 1, high + 1, -1):
        result = await world.ask(f"{{ {field % wrong} }}", ADMIN)
        [error] = result.errors or []
        assert error.message == f"{argument}: must be from {low} to {high}; {wrong} is not."
        assert error.extensions == {"code": "BAD_INPUT", "field": argument}


@pytest.mark.parametrize("text", ["a\\u0000b", "\\u0000"])
async def test_text_that_cannot_be_stored_is_refused_by_its_field(world: World, text: str) -> None:
    document = f'mutation {{ registerPlayer(input: {{discordId: "7", name: "{text}"}}) {{ __typename }} }}'
    [error] = (await world.ask(document, BOT)).errors or []
    assert error.extensions == {"code": "BAD_INPUT", "field": "name"}


async def test_half_a_character_is_refused_too(world: World) -> None:
    document = "query ($id: ID!) { player(discordId: $id) { name } }"
    [error] = (await world.ask(document, id="\ud800")).errors or []
    assert error.extensions == {"code": "BAD_INPUT", "field": "discordId"}


@pytest.mark.parametrize("cursor", ["x", "MQ", "W10", "é", ""])
async def test_a_foreign_cursor_is_refused(world: World, cursor: str) -> None:
    for field in ("raids(after: $after)", "rewardGrants(after: $after)", "adminActions(after: $after)"):
        result = await world.ask(f"query ($after: String) {{ {field} {{ nodes {{ id }} }} }}", ADMIN, after=cursor)
        [error] = result.errors or []
        assert error.extensions == {"code": "BAD_INPUT", "field": "after"}, field


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "{ nonsense }",
        "{ raids(first: 1.5) { nodes { id } } }",
        "{ activeRaid { events(after: 1.5) { sequence } } }",
        "query ($first: Int!) { raids(first: $first) { nodes { id } } }",
        'mutation { adjustBossHp(input: {raidId: "1", reason: "x", currentHp: true}) { __typename } }',
    ],
)
async def test_what_graphql_itself_refuses_keeps_its_words(world: World, document: str) -> None:
    result = await world.ask(document, ADMIN)
    [error] = result.errors or []
    assert "Internal" not in error.message
    assert (error.extensions or {}).get("code") is None


async def test_a_refused_configuration_names_the_fields_of_the_input(world: World) -> None:
    told = await world.told(
        "mutation ($input: CreateRaidInput!) { createRaid(input: $input) { __typename "
        "... on InvalidConfiguration { message problems { path severity } } } }",
        ADMIN,
        input={
            "name": "No",
            "bossKey": "ember-tyrant",
            "boss": {"totalHp": 0, "curseEvery": 0, "stageEffects": [{"stage": 99, "message": "?"}]},
        },
    )
    refused = told["createRaid"]
    assert refused["__typename"] == "InvalidConfiguration"
    assert {"path": "boss.totalHp", "severity": "ERROR"} in refused["problems"]
    assert {"path": "boss.stageEffects[0].stage", "severity": "ERROR"} in refused["problems"]
    assert "boss.totalHp" in refused["message"]


async def test_a_bug_tells_an_id_and_the_log_has_the_rest(database_url: str) -> None:
    """A database without its tables stands for every bug there can be."""
    database = Database(make_url(database_url), pool_size=1)
    async with database.transaction() as connection:
        await connection.exec_driver_sql("DROP TABLE boss_templates CASCADE")
    context = Context(WorldThreatService(database), PUBLIC)
    with capture_logs() as logs:
        result = await build_schema().execute("{ bosses { key } viewer { role } }", context_value=context)
    await database.close()
    [error] = result.errors or []
    (line,) = logs
    assert result.data is None
    assert error.message == f"Internal error, see the log for {line['error_id']}."
    assert error.extensions == {"code": "INTERNAL", "id": line["error_id"]}
    assert error.path == ["bosses"]
    assert line["event"] == "internal_error"
    assert "boss_templates" in str(line["exc_info"])
    assert not any(word in str(error.formatted) for word in ("boss_templates", "SELECT", "asyncpg", "Error:"))


@pytest.mark.parametrize("field", ["tooLarge", "missing", "naive", "unknown"])
async def test_an_answer_that_does_not_fit_its_type_is_a_bug_too(field: str) -> None:
    """It would tell what the server holds, if it were told as GraphQL tells it."""

    @strawberry.type
    class Query:
        @strawberry.field
        def too_large(self) -> int:
            return 8_000_000_000

        @strawberry.field
        def missing(self) -> int:
            return cast("int", None)

        @strawberry.field
        def naive(self) -> datetime:
            return datetime(2030, 1, 1)  # noqa: DTZ001 - naive on purpose

        @strawberry.field
        def unknown(self) -> RaidStatus:
            return cast("RaidStatus", "sleeping")

    schema = strawberry.Schema(Query, extensions=[Masking], config=StrawberryConfig(scalar_map=SCALARS))
    with capture_logs() as logs:
        result = await schema.execute(f"{{ {field} }}")
    [error] = result.errors or []
    assert (error.extensions or {})["code"] == "INTERNAL"
    assert not any(held in error.message for held in ("8000000000", "2030", "sleeping", "null"))
    assert [line["event"] for line in logs] == ["internal_error"]
