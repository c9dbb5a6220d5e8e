"""The line between the bot and the API, which can be cut and plugged in again at the same address."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from tests.ports import free_port


class Line:
    """Carries bytes from a port of its own to the API's."""

    def __init__(self, api_url: str) -> None:
        self._target = urlsplit(api_url)
        self._port = free_port()
        self._listener: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def plug_in(self) -> None:
        self._listener = await asyncio.start_server(self._carry, "127.0.0.1", self._port)

    async def cut(self) -> None:
        """Whoever waits for an answer gets none; nobody can connect."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for end in list(self._ends):
            end.transport.abort()
        await asyncio.sleep(0)

    async def _carry(self, near: asyncio.StreamReader, near_end: asyncio.StreamWriter) -> None:
        far, far_end = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._ends |= {near_end, far_end}
        await asyncio.gather(_pour(near, far_end), _pour(far, near_end))
        self._ends -= {near_end, far_end}


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()


@contextlib.asynccontextmanager
async def line_to(api_url: str) -> AsyncIterator[Line]:
    line = Line(api_url)
    await line.plug_in()
    try:
        yield line
    finally:
        await line.cut()
