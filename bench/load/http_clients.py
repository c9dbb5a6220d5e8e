"""HTTP clients that cost little themselves: one keep-alive connection each, one request at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self, cast

import orjson

ANSWER_SECONDS = 60.0


class Connection(asyncio.Protocol):
    """One connection to ``/graphql``. Reads answers by their Content-Length, as uvicorn sends them."""

    def __init__(self, token: str | None) -> None:
        bearer = "" if token is None else f"Authorization: Bearer {token}\r\n"
        self._head = f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{bearer}"
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), None)
        if length is None:
            raise ValueError(f"an answer without Content-Length: {head!r}")
        if len(body) >= length and self._answer is not None:
            self._received = body[length:]
            self._answer.set_result((int(lines[0].split()[1]), body[:length]))

    async def post(self, body: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        if self._transport is None:
            raise ConnectionError("not connected")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._answer

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Clients:
    """At most `count` connections; `ask` takes one that is free, and waits for one when none is."""

    def __init__(self, port: int, count: int, token: str | None = None) -> None:
        self._port = port
        self._token = token
        self._free: asyncio.LifoQueue[Connection | None] = asyncio.LifoQueue()
        for _ in range(count):
            self._free.put_nowait(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        while not self._free.empty():
            connection = self._free.get_nowait()
            if connection is not None:
                connection.close()

    @contextlib.asynccontextmanager
    async def _one(self) -> AsyncIterator[Connection]:
        connection = await self._free.get()
        try:
            if connection is None or not connection.is_open:  # the server closes what is idle for seconds
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(lambda: Connection(self._token), "127.0.0.1", self._port)
            yield connection
        finally:
            self._free.put_nowait(connection)

    async def ask(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        """The data of the answer. Raises RuntimeError for anything but an answer without errors."""
        request = orjson.dumps({"query": query, "variables": variables})
        try:
            status, body = await self._post(request)
        except ConnectionError:  # the server closed it as idle while the request was on its way: nothing was done
            status, body = await self._post(request)
        answer = orjson.loads(body) if status == 200 else {}
        if status != 200 or answer.get("errors"):
            raise RuntimeError(f"{status}: {body[:300].decode(errors='replace')}")
        return answer["data"]

    async def _post(self, request: bytes) -> tuple[int, bytes]:
        async with self._one() as connection:
            return await connection.post(request)
