"""What the tests of the schema ask with: a service with its database, principals of every role, and questions."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from strawberry.types import ExecutionResult

from db.engine import Database
from resolvers.context import Context
from schema.build import WorldThreatSchema
from services.views import PUBLIC, Principal, Role
from services.world_threat import WorldThreatService

ADMIN = Principal(Role.ADMIN, token_name="the admin")
BOT = Principal(Role.BOT, token_name="the bot")
VIEWER = Principal(Role.VIEWER, token_name="the overlay")
keys = itertools.count(1)

BOSS = {
    "name": "Gloomtide",
    "totalHp": 100_000,
    "dominantStats": ["ATK", "SPD", "LCK"],
    "weaknesses": [{"kind": "ELEMENTAL", "value": "light"}],
    "resistances": [{"kind": "ELEMENTAL", "value": "dark"}],
    "cursePool": [{"kind": "ELEMENTAL", "value": value} for value in ("fire", "water", "wind", "earth")],
    "curseLimits": [{"kind": "ELEMENTAL", "limit": 1}],
    "curseEvery": 2,
    "analysisThresholds": [10, 40_000],
    "weaknessPool": [{"kind": "ARCHETYPE", "weight": 1, "values": ["Healer", "Witch"]}],
    "stageHpBelowPermille": [999],
    "stageAnalysisPoints": [90_000],
    "stageEffects": [
        {
            "stage": 2,
            "message": "It wakes.",
            "addWeakness": {"kind": "ARCHETYPE", "value": "Bard"},
            "addCurse": {"kind": "ELEMENTAL", "value": "water"},
        }
    ],
    "rules": {"cooldownSeconds": 0},
}
STRIKE = """
mutation Strike($input: ExecuteStrikeInput!) {
  executeStrike(input: $input) { __typename ... on ExecuteStrikeSuccess { strike { id number } raid { sequence } }
    ... on UserError { message } }
}
"""


@dataclass(frozen=True, slots=True)
class World:
    schema: WorldThreatSchema
    database: Database
    service: WorldThreatService

    async def ask(
        self, document: str, asker: Principal = PUBLIC, *, public_read: bool = True, **variables: Any
    ) -> ExecutionResult:
        context = Context(self.service, asker, public_read=public_read)
        return await self.schema.execute(document, variable_values=variables, context_value=context)

    async def told(self, document: str, asker: Principal = PUBLIC, **variables: Any) -> Any:
        """The data of an answer without errors."""
        result = await self.ask(document, asker, **variables)
        assert not result.errors, result.errors
        return result.data

    async def player(self, discord_id: str) -> Principal:
        """A registered player with eight characters of the sample roster, as who they ask with their token."""
        created = await self.told(
            "mutation ($id: ID!, $name: String!) {"
            " registerPlayer(input: {discordId: $id, name: $name}) { __typename } }",
            BOT,
            id=discord_id,
            name=discord_id,
        )
        assert created == {"registerPlayer": {"__typename": "RegisterPlayerSuccess"}}
        catalogue = await self.told("{ catalogue(first: 8) { nodes { key } } }")
        grants = [{"characterKey": node["key"], "stars": 5} for node in catalogue["catalogue"]["nodes"]]
        granted = await self.told(
            "mutation ($input: GrantCharactersInput!) { grantCharacters(input: $input) { __typename } }",
            ADMIN,
            input={"discordId": discord_id, "grants": grants},
        )
        assert granted == {"grantCharacters": {"__typename": "GrantCharactersSuccess"}}
        return await self.principal(discord_id)

    async def principal(self, discord_id: str) -> Principal:
        player = await self.service.player(ADMIN, discord_id)
        assert player is not None
        return Principal(Role.PLAYER, token_name=discord_id, user_id=player.user_id, discord_id=discord_id)

    async def unused(self, player: Principal) -> list[str]:
        """Ids of the player's characters that can still strike."""
        roster = await self.told(
            "query ($id: ID!) { player(discordId: $id) { roster(filter: {available: true}) { nodes { id } } } }",
            ADMIN,
            id=player.discord_id,
        )
        return [node["id"] for node in roster["player"]["roster"]["nodes"]]

    async def strike(self, player: Principal, action: str = "FIGHT", **more: Any) -> Any:
        team = (await self.unused(player))[:2]
        given = {"action": action, "characterIds": team, "idempotencyKey": f"key {next(keys)}", **more}
        return (await self.told(STRIKE, player, input=given))["executeStrike"]


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements that are sent meanwhile, by readers and writers, but for those of the raid clock."""
    statements: list[str] = []

    def note(*sent: Any) -> None:
        task = asyncio.current_task()
        if task is None or task.get_name() != "raid clock":
            statements.append(sent[2])

    engines = (world.database.engine.sync_engine, world.database._reading_engine.sync_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
