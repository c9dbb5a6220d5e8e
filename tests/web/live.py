"""Followers over real sockets: a server's edge on a port of its own, and a client that hides nothing."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn
from starlette.types import ASGIApp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from schema.build import build_schema
from schema.execution import Executor
from services.authentication import Authenticator
from services.feed import RaidFeed
from services.views import Principal, Role
from services.world_threat import WorldThreatService
from tests.services.world import Owner, World
from tests.web.harness import Api
from web.limits import EdgeLimits, Gate
from web.protocols import PatientWebSocket, PromptHttp
from web.shared import SharedStreams
from web.sockets import PROTOCOL, SocketEndpoint

PATIENCE = 40.0
ADMIN = Principal(Role.ADMIN, None, "root")
hps = itertools.count()
people = itertools.count(1)


class Server(uvicorn.Server):
    """Leaves the signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def listening(
    app: ASGIApp, port: int = 0, *, buffer: int | None = None, **config: Any
) -> AsyncIterator[tuple[Server, int]]:
    """A server for `app`, set up as `worldthreat up` does it, and its port. `buffer`: bytes in the kernel."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if buffer is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        listener.bind(("127.0.0.1", port))
        listener.listen(2_048)
        given = {
            "http": PromptHttp,
            "ws": PatientWebSocket,
            "ws_per_message_deflate": False,
            "timeout_graceful_shutdown": 1,
            "lifespan": "off",
            **config,
        }
        server = Server(uvicorn.Config(app, log_config=None, access_log=False, **given))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(PATIENCE):
                while not server.started:
                    assert not task.done(), "the server has ended"
                    await asyncio.sleep(0.005)
            yield server, listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


@dataclass(slots=True)
class Client:
    """One socket. What is heard of an operation is kept under its id, until it is asked for."""

    connection: ClientConnection

    async def send(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    async def heard(self, seconds: float = PATIENCE) -> Any:
        """The next message."""
        async with asyncio.timeout(seconds):
            return orjson.loads(await self.connection.recv())

    async def greet(self, token: str | None = None) -> None:
        payload = None if token is None else {"authorization": f"Bearer {token}"}
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.heard() == {"type": "connection_ack"}

    async def subscribe(self, query: str, operation_id: str = "1", **payload: Any) -> None:
        await self.send({"id": operation_id, "type": "subscribe", "payload": {"query": query, **payload}})

    async def data(self, seconds: float = PATIENCE) -> Any:
        """The data of the next answer, which must be one without errors."""
        message = await self.heard(seconds)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def until_complete(self) -> list[Any]:
        """The data of all answers until the operation is complete."""
        found = []
        while (message := await self.heard())["type"] == "next":
            assert "errors" not in message["payload"], message
            found.append(message["payload"]["data"])
        assert message["type"] == "complete", message
        return found

    async def silent(self, seconds: float = 0.4) -> bool:
        """Whether nothing is heard for so long."""
        try:
            await self.heard(seconds)
        except TimeoutError:
            return True
        return False

    def stop_reading(self) -> None:
        self.connection.transport.pause_reading()

    def read_again(self) -> None:
        self.connection.transport.resume_reading()

    async def closed(self) -> tuple[int, str]:
        """The code and reason with which the server closes, whatever it says before."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A running socket endpoint of its own over the service of `api`."""

    api: Api
    endpoint: SocketEndpoint
    server: Server
    port: int
    world: World
    clients: list[ClientConnection] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    @property
    def shared(self) -> SharedStreams:
        return self.endpoint.shared

    @property
    def feed(self) -> RaidFeed:
        return self.api.service.feed

    async def connect(self, subprotocols: Sequence[str] | None = (PROTOCOL,), **options: Any) -> Client:
        """A socket on which nothing was said yet."""
        connection = await connect(
            self.url,
            subprotocols=None if subprotocols is None else [Subprotocol(each) for each in subprotocols],
            proxy=None,
            compression=None,
            max_size=None,
            **options,
        )
        self.clients.append(connection)
        return Client(connection)

    async def client(self, token: str | None = None, **options: Any) -> Client:
        """A socket that may subscribe."""
        client = await self.connect(**options)
        await client.greet(token)
        return client

    async def narrow_client(self, token: str | None = None) -> Client:
        """One whose kernel takes next to nothing that it does not read."""
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        narrow.connect(("127.0.0.1", self.port))
        return await self.client(token, sock=narrow, max_queue=1, ping_interval=None)

    async def change(self, raid_id: str, times: int = 1) -> None:
        """Makes as many events."""
        for _ in range(times):
            hp = 95_000 + next(hps) % 1_000
            await self.api.service.desk.adjust_boss_hp(ADMIN, raid_id=raid_id, reason="a test", current_hp=hp)

    async def end(self, raid_id: str) -> None:
        await self.api.service.desk.end_raid(ADMIN, raid_id=raid_id, reason="enough")

    async def strike(self, owners: Sequence[Owner], each: slice) -> None:
        """All strikes of these copies of all owners, at once."""
        await asyncio.gather(*(self.world.strike(owner, copy) for owner in owners for copy in owner.copies[each]))

    async def left_over(self) -> list[str]:
        """What still runs for subscriptions, a moment after the last has gone."""
        for _ in range(3_000):
            if not self._running():
                break
            await asyncio.sleep(0.01)
        return self._running()

    def _running(self) -> list[str]:
        names = [task.get_name() for task in asyncio.all_tasks()]
        tasks = [name for name in names if name.startswith(("tailer", "waiting for a raid", "shared"))]
        return tasks + [f"execution of {question.query}" for question in self.shared._streams]


@contextlib.asynccontextmanager
async def edge(api: Api, config: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[Edge]:
    """Options: those of the endpoint, and its `limits`; `config`: uvicorn's."""
    service: WorldThreatService = api.service
    gate = Gate(options.pop("limits", EdgeLimits()))
    executor, authenticator = Executor(build_schema()), Authenticator(api.database)
    endpoint = SocketEndpoint(executor, service, authenticator, gate, **{"public_read": True, **options})
    async with (
        api.database.driver_connection() as connection,
        listening(endpoint, **(config or {})) as (server, port),
    ):
        world = World(api.database, service, connection)
        world._numbers = people  # several edges have one database
        running = Edge(api, endpoint, server, port, world)
        try:
            yield running
        finally:
            for client in running.clients:
                client.transport.abort()
