"""A real server over a real database, asked as its users ask it: over HTTP, with tokens."""

import asyncio
import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from db.cluster import PORT
from db.engine import Database
from services import content
from services.roster import RosterFile, RosterFiles, import_roster
from services.views import Principal, Role
from services.world_threat import WorldThreatService
from worldthreat.settings import Settings
from worldthreat.wiring import application

ROOT = Principal(Role.ADMIN, token_name="root")
START_SECONDS = 60.0
ANSWER_SECONDS = 60.0
STRIKE = """
mutation Strike($input: ExecuteStrikeInput!) {
  executeStrike(input: $input) {
    __typename
    ... on ExecuteStrikeSuccess {
      strike { id number action damageDealt analysisPoints hpBefore hpAfter struckAt
               player { id } team { characterId score multiplierPermille } }
      raid { id sequence hp { current } }
      damageDealt overkill analysisContributed rewards { currency amount } victory readyAt replayed
      curseTriggered { sequence } breakthroughs { sequence } stagesAdvanced { sequence }
    }
    ... on UserError { message }
    ... on CharactersAlreadyUsed { characterIds }
    ... on BossAlreadyDefeated { raidId defeatedAt }
    ... on Overloaded { retryAfterMs }
  }
}
"""
UNUSED = """
query ($id: ID!) { player(discordId: $id) { roster(first: 100, filter: {available: true}) { nodes { id } } } }
"""
CREATE_RAID = """
mutation ($input: CreateRaidInput!) {
  createRaid(input: $input) {
    __typename ... on CreateRaidSuccess { raid { id sequence } } ... on UserError { message }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is the text, for what must not be in it."""

    status: int
    data: Any
    errors: list[Any]
    body: str
    headers: Mapping[str, str]

    @property
    def codes(self) -> list[str]:
        return [(error.get("extensions") or {}).get("code", "") for error in self.errors]


@dataclass(frozen=True, slots=True)
class Tokens:
    viewer: str
    player: str
    bot: str
    admin: str

    def of(self, role: Role) -> str | None:
        return {
            Role.PUBLIC: None,
            Role.VIEWER: self.viewer,
            Role.PLAYER: self.player,
            Role.BOT: self.bot,
            Role.ADMIN: self.admin,
        }[role]


@dataclass(frozen=True, slots=True)
class Api:
    """A running server. `database` and `service` are its own, for looking behind it."""

    url: str
    database: Database
    service: WorldThreatService
    client: httpx.AsyncClient
    tokens: Tokens
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def ask(self, query: str, variables: dict[str, Any] | None = None, token: str | None = None) -> Answer:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        response = await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return answer_of(response)

    async def told(self, query: str, token: str | None = None, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = await self.ask(query, variables, token)
        assert (answer.status, answer.errors) == (200, []), answer.body
        return answer.data

    async def rows(self, statement: str, *arguments: Any) -> list[Any]:
        async with self.database.driver_connection() as connection:
            return await connection.fetch(statement, *arguments)

    # What tests need over and over

    async def token(self, role: Role, name: str = "a test's", discord_id: str | None = None) -> str:
        created = await self.service.desk.create_token(
            ROOT, role=role, name=name, discord_id=discord_id, expires_at=None
        )
        return created.secret

    async def player(self, discord_id: str | None = None, *, characters: int = 8) -> str:
        """The Discord id of a registered player who owns the first `characters` of the catalogue."""
        discord_id = discord_id or f"player {next(self.numbers)}"
        await self.service.desk.register_player(ROOT, discord_id=discord_id, name=discord_id)
        page = await self.service.catalogue(ROOT, first=characters, after=None, search=None)
        await self.service.desk.grant_characters(
            ROOT, discord_id=discord_id, grants=tuple((each.key, 5) for each in page.items)
        )
        return discord_id

    async def unused(self, discord_id: str) -> list[str]:
        """Ids of the player's characters that can still strike."""
        found = await self.told(UNUSED, self.tokens.bot, id=discord_id)
        return [node["id"] for node in found["player"]["roster"]["nodes"]]

    async def raid(self, **boss: Any) -> str:
        """The id of a new live raid, without cooldown unless `boss` says otherwise; a live one is ended first."""
        live = (await self.told("{ activeRaid { id } }", self.tokens.admin))["activeRaid"]
        if live is not None:
            await self.service.desk.end_raid(ROOT, raid_id=live["id"], reason="the next test")
        given = {"name": "A raid", "boss": {**BOSS, **boss}, "acceptWarnings": True}
        created = (await self.told(CREATE_RAID, self.tokens.admin, input=given))["createRaid"]
        assert created["__typename"] == "CreateRaidSuccess", created
        raid_id: str = created["raid"]["id"]
        return raid_id

    async def strike(self, discord_id: str, *characters: str, action: str = "FIGHT", **more: Any) -> Any:
        given = {
            "action": action,
            "characterIds": characters,
            "discordId": discord_id,
            "idempotencyKey": f"key {next(self.numbers)}",
            **more,
        }
        return (await self.told(STRIKE, self.tokens.bot, input=given))["executeStrike"]


BOSS = {
    "name": "Gloomtide",
    "totalHp": 100_000,
    "dominantStats": ["ATK", "SPD", "LCK"],
    "curseEvery": 1_000,
    "rules": {"cooldownSeconds": 0},
}
"""A boss of a hundred strikes without weaknesses, thresholds or cooldown."""

OpenApi = Callable[..., AbstractAsyncContextManager[Api]]


def answer_of(response: httpx.Response) -> Answer:
    body = response.json() if "json" in response.headers.get("content-type", "") else {}
    return Answer(
        response.status_code, body.get("data"), body.get("errors") or [], response.text, dict(response.headers)
    )


class _Quiet(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(database_url: str, **settings: Any) -> AsyncIterator[Api]:
    """A server of our own on a free port of this machine, with the sample roster and a token of every role."""
    assert not [name for name in os.environ if name.startswith("WORLDTHREAT_")], (
        "tests choose their settings themselves"
    )
    async with application(Settings(**settings), database_url) as running:
        server = _Quiet(
            uvicorn.Config(
                running.app, host="127.0.0.1", port=0, log_config=None, access_log=False, timeout_keep_alive=75
            )
        )
        task = asyncio.create_task(server.serve())
        try:
            async with asyncio.timeout(START_SECONDS):
                while not server.started:
                    assert not task.done(), "the server has ended"
                    await asyncio.sleep(0.005)
            port = server.servers[0].sockets[0].getsockname()[1]
            url = f"http://127.0.0.1:{port}"
            limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
            async with httpx.AsyncClient(
                base_url=url,
                trust_env=False,
                verify=False,  # noqa: S501 - no TLS here, and reading certificates takes longer than much that is asked
                timeout=ANSWER_SECONDS,
                limits=limits,
            ) as client:
                yield Api(url, running.database, running.service, client, await make_tokens(running.service))
        finally:
            server.should_exit = True
            await task


class Cable:
    """Lies between a server and PostgreSQL: a socket in `folder` that leads to the one in `target`, until it is cut."""

    def __init__(self, folder: Path, target: str) -> None:
        self.folder = folder
        name = f".s.PGSQL.{PORT}"
        self._path, self._target = folder / name, Path(target) / name
        self._listener: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.delay_seconds = 0.0

    async def plug_in(self) -> None:
        self._listener = await asyncio.start_unix_server(self._carry, self._path)

    async def cut(self) -> None:
        assert self._listener is not None
        self._listener.close()
        self._path.unlink(missing_ok=True)
        for end in list(self._ends):
            end.transport.abort()
        await self._listener.wait_closed()

    def hold(self) -> None:
        """Nothing gets through any more, and neither end hears of it."""
        self._flows.clear()

    def let_go(self) -> None:
        self._flows.set()

    async def _carry(self, near: asyncio.StreamReader, near_end: asyncio.StreamWriter) -> None:
        far, far_end = await asyncio.open_unix_connection(self._target)
        self._ends |= {near_end, far_end}
        await asyncio.gather(self._pour(near, far_end), self._pour(far, near_end))
        self._ends -= {near_end, far_end}

    async def _pour(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                await asyncio.sleep(self.delay_seconds)
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
        sink.close()


async def import_sample_roster(database: Database) -> None:
    async with database.driver_connection() as connection:
        files = RosterFiles(
            series=RosterFile.at(content.sample_series()), characters=RosterFile.at(content.sample_characters())
        )
        await import_roster(connection, files, lambda _progress: None)


async def make_tokens(service: WorldThreatService) -> Tokens:
    await service.desk.register_player(ROOT, discord_id="ada", name="Ada")

    async def token(role: Role, discord_id: str | None = None) -> str:
        created = await service.desk.create_token(
            ROOT, role=role, name=f"a {role.value}'s", discord_id=discord_id, expires_at=None
        )
        return created.secret

    return Tokens(
        viewer=await token(Role.VIEWER),
        player=await token(Role.PLAYER, "ada"),
        bot=await token(Role.BOT),
        admin=await token(Role.ADMIN),
    )
