"""Two API processes on one database; one is killed in the midst of a raid, and nobody misses anything."""

import asyncio
import contextlib
import itertools
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
import pytest
import websockets
from websockets.typing import Subprotocol

from db.engine import Database
from services.views import Role
from services.world_threat import WorldThreatService
from tests.api_process import ApiProcess
from tests.redis_server import redis_server
from tests.services.live import RESTLESS, soon
from tests.services.world import ADMIN, Owner, Sheet, World, books_balance
from tests.web.harness import STRIKE
from tests.web.processes import api_processes

FOLLOWERS = 20
STRIKERS = 8
PLAYERS, CHARACTERS = 30, 6
STRIKE_SECONDS, CATCH_UP_SECONDS = 90.0, 40.0
FOLLOW = """
subscription ($after: SafeInt) {
  raidUpdates(after: $after) { sequence gap raid { totals { strikes } } events { sequence } }
}
"""


@contextlib.asynccontextmanager
async def two_processes(database_url: str, redis_url: str | None) -> AsyncIterator[tuple[ApiProcess, ApiProcess]]:
    settings = {} if redis_url is None else {"redis_url": redis_url}
    async with api_processes(2, database_url, **settings) as (first, second):
        yield first, second


@dataclass(slots=True)
class Viewer:
    """Follows over a WebSocket; when it is cut off it goes to the other process and resumes where it stood."""

    processes: tuple[ApiProcess, ApiProcess]
    place: int
    told: list[int] = field(default_factory=list)
    strikes: int = 0
    cuts: int = 0

    async def follow(self) -> None:
        while True:
            with contextlib.suppress(websockets.ConnectionClosed, OSError):
                await self._follow_here()
            self.cuts += 1
            self.place = 1 - self.place
            await asyncio.sleep(0.02)

    async def _follow_here(self) -> None:
        url = f"ws://127.0.0.1:{self.processes[self.place].port}/graphql"
        protocol = Subprotocol("graphql-transport-ws")
        async with websockets.connect(url, subprotocols=[protocol], proxy=None, open_timeout=20) as socket:
            await socket.send('{"type":"connection_init"}')
            asked = {"query": FOLLOW, "variables": {"after": self.told[-1] if self.told else 0}}
            await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": asked}).decode())
            async for frame in socket:
                message = orjson.loads(frame)
                if message["type"] == "connection_ack":
                    continue
                assert message["type"] == "next", message
                update = message["payload"]["data"]["raidUpdates"]
                assert update["gap"] is False
                self.told += [event["sequence"] for event in update["events"]]
                self.strikes = update["raid"]["totals"]["strikes"]


@dataclass(slots=True)
class Strikers:
    """Strike at both processes; a strike whose answer was lost is made again, with its key, at the other one."""

    processes: tuple[ApiProcess, ApiProcess]
    client: httpx.AsyncClient
    turns: Iterator[tuple[Owner, int]]
    accepted: list[int] = field(default_factory=list)

    async def strike_on(self, place: int) -> None:
        for owner, copy in self.turns:
            key = f"the strike of {copy}"
            given = {"action": "FIGHT", "characterIds": [copy], "discordId": owner.discord_id, "idempotencyKey": key}
            while True:
                try:
                    answer = await self._ask(place, given)
                except httpx.TransportError:
                    place = 1 - place
                    continue
                assert answer["__typename"] == "ExecuteStrikeSuccess", answer
                self.accepted.append(int(answer["strike"]["number"]))
                break

    async def _ask(self, place: int, given: dict[str, Any]) -> Any:
        url = f"http://127.0.0.1:{self.processes[place].port}/graphql"
        response = await self.client.post(url, json={"query": STRIKE, "variables": {"input": given}})
        body = response.json()
        assert "errors" not in body, body
        return body["data"]["executeStrike"]


@pytest.fixture(params=["without Redis", "with Redis"])
async def redis_url(request: pytest.FixtureRequest) -> AsyncIterator[str | None]:
    if request.param == "without Redis":
        yield None
        return
    with redis_server() as server:
        await server.start()
        yield server.url


async def test_one_process_is_killed_and_every_follower_holds_every_event_once(
    database_url: str, redis_url: str | None
) -> None:
    database = Database(database_url)
    service = WorldThreatService(database)
    async with (
        database.driver_connection() as connection,
        two_processes(database_url, redis_url) as processes,
        asyncio.TaskGroup() as following,
    ):
        world = World(database, service, connection)
        owners = await world.players(PLAYERS, await world.characters(*[Sheet()] * CHARACTERS))
        raid = await world.raid(RESTLESS)
        token = await service.desk.create_token(ADMIN, role=Role.BOT, name="strikers", discord_id=None, expires_at=None)
        viewers = [Viewer(processes, number % 2) for number in range(FOLLOWERS)]
        tasks = [following.create_task(viewer.follow()) for viewer in viewers]
        await soon(lambda: all(viewer.told for viewer in viewers), CATCH_UP_SECONDS)
        headers = {"Authorization": f"Bearer {token.secret}"}
        turns = ((owner, owner.copies[place]) for place, owner in itertools.product(range(CHARACTERS), owners))
        async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
            strikers = Strikers(processes, client, turns)
            async with asyncio.timeout(STRIKE_SECONDS), asyncio.TaskGroup() as striking:
                for number in range(STRIKERS):
                    striking.create_task(strikers.strike_on(number % 2))
                await soon(lambda: len(strikers.accepted) >= PLAYERS * CHARACTERS // 3, STRIKE_SECONDS)
                assert len(strikers.accepted) < PLAYERS * CHARACTERS
                await processes[0].ends(signal.SIGKILL)

        strikes = PLAYERS * CHARACTERS
        assert sorted(strikers.accepted) == list(range(1, strikes + 1))
        every = list(range(1, (await world.now(raid)).sequence + 1))
        assert len(every) > strikes
        await soon(
            lambda: all(len(each.told) >= len(every) and each.strikes == strikes for each in viewers), CATCH_UP_SECONDS
        )
        await asyncio.sleep(0.5)  # nothing comes twice afterwards either
        assert [viewer.told for viewer in viewers] == [every] * FOLLOWERS
        assert [viewer.strikes for viewer in viewers] == [strikes] * FOLLOWERS
        assert [viewer.cuts > 0 for viewer in viewers] == [True, False] * (FOLLOWERS // 2)
        await books_balance(connection, raid.id)
        assert "Traceback" not in processes[1].text(), processes[1].text()
        for task in tasks:
            task.cancel()
    await database.close()
