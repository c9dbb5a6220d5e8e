"""The outbox writes frames past uvicorn: they must be the very bytes that uvicorn writes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import uvicorn

from web.outbox import Outbox

TEXTS = ["", "a", "e" * 125, "e" * 126, "ü" * 63, "e" * 65_535, "e" * 65_536, "☠" * 30_000]
HELLO = (
    "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
COMPRESSED = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


async def tell(scope: Any, receive: Any, send: Any) -> None:
    """Tells `TEXTS`, through uvicorn's `send` or through an outbox, and closes."""
    await receive()
    await send({"type": "websocket.accept"})
    outbox = Outbox(send)
    for text in TEXTS:
        if scope["path"] == "/outbox":
            outbox.put("", (text[:7].encode(), text[7:].encode()))
        else:
            await send({"type": "websocket.send", "text": text})
    await outbox.drained()
    outbox.close(1000)
    await receive()
    await outbox.end()


class Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = Quiet(
        uvicorn.Config(
            tell,
            host="127.0.0.1",
            port=0,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
        )
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server has ended"
        await asyncio.sleep(0.005)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def heard(port: int, path: str, more: str) -> tuple[bytes, bytes]:
    """The answer to the handshake, and all bytes after it up to the close frame."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HELLO.format(path=path, more=more).encode())
    async with asyncio.timeout(40):
        head = await reader.readuntil(b"\r\n\r\n")
        body = b""
        while not body.endswith(b"\x88\x02\x03\xe8"):
            received = await reader.read(65_536)
            assert received, "the server hung up without a close frame"
            body += received
    writer.transport.abort()
    return head, body


@pytest.mark.parametrize("more", ["", COMPRESSED], ids=["plain", "compressed"])
async def test_the_outbox_writes_what_uvicorn_would_write(port: int, more: str) -> None:
    (_, by_uvicorn), (head, by_outbox) = await heard(port, "/uvicorn", more), await heard(port, "/outbox", more)
    assert (b"permessage-deflate" in head) == bool(more)
    assert len(by_uvicorn) > 100
    assert by_outbox == by_uvicorn
