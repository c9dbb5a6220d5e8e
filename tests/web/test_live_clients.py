"""Clients that nobody here wrote: they follow, are cut off by a server that restarts, resume, and count."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError
from gql.transport.websockets import WebsocketsTransport

from tests.ports import free_port
from tests.web.harness import Api, import_sample_roster, serving
from tests.web.live import ADMIN, PATIENCE, Server, hps, listening
from web.sockets import PROTOCOL
from worldthreat.settings import Settings
from worldthreat.wiring import application

CLIENTS = Path(__file__).parent / "clients"
AGAIN_SECONDS = 0.05
CHANGES = 15
QUERY = """
subscription ($raidId: ID!, $after: SafeInt) {
  raidUpdates(raidId: $raidId, after: $after) { sequence gap events { sequence } }
}
"""


@dataclass(slots=True)
class House:
    """A server at an address where it can be stopped and started again."""

    database_url: str
    port: int = field(default_factory=free_port)
    _stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _server: Server | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}/graphql"

    @property
    def open_sockets(self) -> int:
        return 0 if self._server is None else len(self._server.server_state.connections)

    async def open(self) -> None:
        running = await self._stack.enter_async_context(application(Settings(), self.database_url))
        self._server, _ = await self._stack.enter_async_context(listening(running.app, self.port, lifespan="on"))

    async def close(self) -> None:
        """As SIGTERM does it: sockets are told 1012, and what streams over HTTP is cut after a second."""
        await self._stack.aclose()


@pytest.fixture
async def writer(database_url: str) -> AsyncIterator[Api]:
    """Another process, as it were: the raid goes on while the house is closed."""
    async with serving(database_url) as api:
        await import_sample_roster(api.database)
        yield api


@pytest.fixture
async def house(writer: Api, database_url: str) -> AsyncIterator[House]:  # noqa: ARG001 - what fills the database
    house = House(database_url)
    await house.open()
    yield house
    await house.close()


@dataclass(slots=True)
class Counted:
    """What a client was told: every event it heard of, in the order it came, and whether it was told of the end."""

    sequences: list[int] = field(default_factory=list)
    gaps: int = 0
    lives: int = 0
    complete: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def after(self) -> int:
        return self.sequences[-1] if self.sequences else 0

    def take(self, update: Any) -> None:
        self.gaps += update["gap"]
        self.sequences += [event["sequence"] for event in update["events"]]
        self._news.set()

    async def up_to(self, sequence: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.after < sequence:
                self._news.clear()
                await self._news.wait()


async def follow_with_gql(house: House, raid_id: str, counted: Counted) -> None:
    """As docs/live.md shows it."""
    while not counted.complete:
        counted.lives += 1
        transport = WebsocketsTransport(f"ws://{house.address}", subprotocols=[PROTOCOL], connect_args={"proxy": None})
        request = GraphQLRequest(QUERY, variable_values={"raidId": raid_id, "after": counted.after})
        try:
            async with Client(transport=transport) as session:
                async for answer in session.subscribe(request):
                    counted.take(answer["raidUpdates"])
                counted.complete = True
        except (TransportError, OSError):
            await asyncio.sleep(AGAIN_SECONDS)


async def follow_with_sse(house: House, raid_id: str, counted: Counted) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
        while not counted.complete:
            counted.lives += 1
            asked = {"query": QUERY, "variables": {"raidId": raid_id, "after": counted.after}}
            headers = {"Accept": "text/event-stream"}
            try:
                async with client.stream("POST", f"http://{house.address}", json=asked, headers=headers) as response:
                    assert response.status_code == 200
                    assert response.headers["content-type"].startswith("text/event-stream")
                    async for line in response.aiter_lines():
                        if line.startswith("data: {"):
                            counted.take(orjson.loads(line.removeprefix("data: "))["data"]["raidUpdates"])
                        counted.complete |= line == "event: complete"
            except httpx.TransportError:
                await asyncio.sleep(AGAIN_SECONDS)


async def follow_with_graphql_ws(house: House, raid_id: str, counted: Counted) -> None:
    node = shutil.which("node")
    assert node is not None
    process = await asyncio.create_subprocess_exec(
        node, "client.mjs", f"ws://{house.address}", raid_id, cwd=CLIENTS, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    codes = []
    try:
        async for line in process.stdout:
            told = orjson.loads(line)
            if "events" in told:
                counted.take({**told, "events": [{"sequence": sequence} for sequence in told["events"]]})
            elif "closed" in told:
                codes.append(told["closed"])
            else:
                assert told == {"complete": True}
                counted.complete = True
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    counted.lives = len(codes)
    assert set(codes) == {1000, 1006, 1012}  # the end, nobody there, and what a restart says


def needs_node(package: str = "graphql-ws") -> None:
    """Skips without node or its package, but never where everything has to run."""
    missing = []
    if shutil.which("node") is None:
        missing.append("node")
    if not (CLIENTS / "node_modules" / package).is_dir():
        missing.append(f"its packages (npm ci --prefix {CLIENTS})")
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"missing: {' and '.join(missing)}")
    if missing:
        pytest.skip(f"missing: {' and '.join(missing)}")


Follow = Callable[[House, str, Counted], Coroutine[Any, Any, None]]


@pytest.mark.parametrize(
    "follow", [follow_with_gql, follow_with_graphql_ws, follow_with_sse], ids=["gql", "graphql-ws", "sse"]
)
async def test_every_event_is_counted_once_over_two_restarts(writer: Api, house: House, follow: Follow) -> None:
    if follow is follow_with_graphql_ws:
        needs_node()
    raid_id = await writer.raid()

    async def change(times: int) -> None:
        for _ in range(times):
            await writer.service.desk.adjust_boss_hp(
                ADMIN, raid_id=raid_id, reason="a test", current_hp=95_000 + next(hps) % 1_000
            )
            await asyncio.sleep(0.01)

    counted = Counted()
    following = asyncio.create_task(follow(house, raid_id, counted))
    await counted.up_to(1)
    for restart in range(2):
        await change(CHANGES)
        changing = asyncio.create_task(change(CHANGES))
        await house.close()
        await changing
        await house.open()
        await counted.up_to(1 + 2 * CHANGES * (restart + 1))
    await change(1)
    await writer.service.desk.end_raid(ADMIN, raid_id=raid_id, reason="enough")
    await asyncio.wait_for(following, PATIENCE)
    assert counted.complete
    assert counted.sequences == list(range(1, 4 * CHANGES + 4))
    assert counted.gaps == 0
    assert counted.lives >= 3


async def test_an_sse_client_that_goes_leaves_nothing_behind(writer: Api) -> None:
    raid_id = await writer.raid()
    asked = {"query": QUERY, "variables": {"raidId": raid_id}}
    for _ in range(3):
        async with (
            httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client,
            client.stream("POST", f"{writer.url}/graphql", json=asked, headers={"Accept": "text/event-stream"}) as told,
        ):
            async for line in told.aiter_lines():
                if line.startswith("data: {"):
                    break
            assert list(writer.service.feed._tailers) == [int(raid_id)]
    for _ in range(1_500):
        if not writer.service.feed._tailers:
            return
        await asyncio.sleep(0.02)
    pytest.fail("a tailer is left over")
