"""The gateway: sessions that outlive their connection, and are resumed or lost."""

import asyncio
import contextlib
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from aiohttp import WSMessage, WSMsgType, web

from tests.bot.fake_discord.errors import Json
from tests.bot.fake_discord.faults import Faults
from tests.bot.fake_discord.model import Guild
from tests.bot.fake_discord.shapes import guild_create_json, user_json
from tests.bot.fake_discord.state import State

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACKNOWLEDGED = 0, 1, 2, 6, 7, 9, 10, 11
EVENTS_KEPT: Final = 2_000
HEARTBEAT_MILLISECONDS: Final = 41_250
UNKNOWN_ERROR, AUTHENTICATION_FAILED, INVALID_SEQUENCE, INVALID_SHARD = 4000, 4004, 4007, 4010


@dataclass(eq=False)
class Connection:
    """One socket; what is to be sent goes through its queue, so that telling needs no waiting."""

    socket: web.WebSocketResponse
    outgoing: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)

    def send(self, op: int, data: Any, *, event: str | None = None, sequence: int | None = None) -> None:
        self.outgoing.put_nowait({"op": op, "d": data, "t": event, "s": sequence})

    async def deliver(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await self.socket.send_str(orjson.dumps(await self.outgoing.get()).decode())


@dataclass(eq=False)
class Session:
    id: str
    shard: int
    shards: int
    sequence: int = 0
    kept: deque[tuple[int, str, Json]] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    connection: Connection | None = None

    def tell(self, event: str, data: Json) -> None:
        self.sequence += 1
        self.kept.append((self.sequence, event, data))
        if self.connection is not None:
            self.connection.send(DISPATCH, data, event=event, sequence=self.sequence)

    def replay(self, after: int) -> None:
        assert self.connection is not None
        for sequence, event, data in self.kept:
            if sequence > after:
                self.connection.send(DISPATCH, data, event=event, sequence=sequence)


class Gateway:
    """`identified`, `resumed` and `heartbeats` count what the bot sent."""

    def __init__(self, state: State, faults: Faults) -> None:
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.shards = 1
        self.identified = self.resumed = self.heartbeats = 0
        self._state, self._faults = state, faults

    @property
    def connected(self) -> bool:
        """Whether a bot listens on every shard."""
        heard = {session.shard for session in self.sessions.values() if session.connection is not None}
        return heard == set(range(self.shards))

    def dispatch(self, event: str, data: Json, guild: Guild | None) -> None:
        """Tells every session of the guild's shard; one without connection gets it when it resumes."""
        for session in self.sessions.values():
            if session.shard == (0 if guild is None else (guild.id >> 22) % session.shards):
                session.tell(event, data)

    async def drop(self, code: int = UNKNOWN_ERROR) -> None:
        """Closes every connection; sessions can be resumed."""
        for connection in list(self.connections):
            self._part(connection)
            with contextlib.suppress(ConnectionError):
                await connection.socket.close(code=code)

    async def cut(self) -> None:
        """Every connection ends without a word; sessions can be resumed."""
        for connection in list(self.connections):
            self._part(connection)
            transport = connection.socket._req.transport if connection.socket._req is not None else None
            if transport is not None:
                transport.abort()

    def ask_to_reconnect(self) -> None:
        for connection in self.connections:
            connection.send(RECONNECT, None)

    def invalidate(self) -> None:
        """Every session is lost, and its bot is told: it has to IDENTIFY again."""
        self.sessions.clear()
        for connection in self.connections:
            connection.send(INVALID_SESSION, data=False)

    def forget_sessions(self) -> None:
        """As after a long absence: who tries to RESUME is told that the session is invalid."""
        self.sessions.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if self._faults.gateway_refuses:
            return web.Response(status=503, text="upstream connect error")
        socket = web.WebSocketResponse(max_msg_size=4096)
        await socket.prepare(request)
        connection = Connection(socket)
        self.connections.add(connection)
        sending = asyncio.create_task(connection.deliver())
        try:
            connection.send(HELLO, {"heartbeat_interval": HEARTBEAT_MILLISECONDS})
            async for message in socket:
                await self._receive(connection, message)
        finally:
            self._part(connection)
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sending
        return socket

    def _part(self, connection: Connection) -> None:
        self.connections.discard(connection)
        for session in self.sessions.values():
            if session.connection is connection:
                session.connection = None

    async def _receive(self, connection: Connection, message: WSMessage) -> None:
        if message.type is not WSMsgType.TEXT:
            return
        received = json.loads(message.data)
        match received["op"]:
            case 1:
                self.heartbeats += 1
                connection.send(ACKNOWLEDGED, None)
            case 2:
                await self._identify(connection, received["d"])
            case 6:
                await self._resume(connection, received["d"])

    async def _identify(self, connection: Connection, data: Json) -> None:
        self.identified += 1
        shard, shards = data.get("shard") or (0, 1)
        if data["token"] != self._state.token:
            await connection.socket.close(code=AUTHENTICATION_FAILED)
            return
        if shard >= shards or shards != self.shards:
            await connection.socket.close(code=INVALID_SHARD)
            return
        session = Session(f"session-{self._state.ids.next()}", shard, shards, connection=connection)
        self.sessions[session.id] = session
        guilds = [guild for guild in self._state.guilds.values() if (guild.id >> 22) % shards == shard]
        session.tell(
            "READY",
            {
                "v": 10,
                "user": user_json(self._state.bot),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.address,
                "shard": [shard, shards],
                "application": {"id": str(self._state.application_id), "flags": 0},
            },
        )
        for guild in guilds:
            session.tell("GUILD_CREATE", guild_create_json(guild, self._state.bot))

    async def _resume(self, connection: Connection, data: Json) -> None:
        self.resumed += 1
        session = self.sessions.get(data["session_id"])
        if data["token"] != self._state.token:
            await connection.socket.close(code=AUTHENTICATION_FAILED)
        elif session is None:
            connection.send(INVALID_SESSION, data=False)
        elif data["seq"] > session.sequence:
            await connection.socket.close(code=INVALID_SEQUENCE)
        else:
            session.connection = connection
            session.replay(data["seq"])
            session.tell("RESUMED", {})

    @property
    def address(self) -> str:
        return self._state.address.replace("http:", "ws:", 1) + "/gateway/"
