"""What waits to be written to one socket: bounded, in order, newest state first to go when the peer is slow.

Writing to a peer that keeps up is a plain function call: uvicorn's `send` waits for the peer before it writes
anything, so one step of it either has written or has written nothing (a contract test holds it to that). A
peer that is slow gets a task that waits for it; meanwhile messages queue up in two lanes: what nobody may miss is
kept, and of what only tells the newest state the newest is kept. A peer that lets the queue overflow, or does not
read for a while, is told 1013 (try again later) and resumes from the last sequence it has seen.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

Send = Callable[[Any], Awaitable[None]]

LONGEST_QUEUE = 256
LARGEST_QUEUE_BYTES = 1024 * 1024
SLOW_SECONDS = 30.0
TRY_AGAIN_LATER = 1013

GONE = (ClientDisconnected, OSError, RuntimeError)
"""What `send` raises once the peer has gone or a close was sent."""


@dataclass(slots=True)
class _Waiting:
    """`lane`: the operation it belongs to. A message that is not `kept` makes room for the lane's next one."""

    lane: str
    text: str
    kept: bool


class Outbox:
    """One per socket. `on_close` is told the code once the outbox has given the peer up."""

    __slots__ = ("_bytes", "_code", "_on_close", "_protocol", "_queue", "_send", "_writer", "closed")

    def __init__(self, send: Send, on_close: Callable[[int], None] = lambda _code: None) -> None:
        self._send = send
        self._on_close = on_close
        owner = getattr(send, "__self__", None)
        self._protocol = owner if isinstance(owner, WebSocketsSansIOProtocol) else None
        self._queue: deque[_Waiting] = deque()
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._code: int | None = None
        self.closed = False

    def put(self, lane: str, text: str, *, kept: bool = True) -> None:
        """Writes `text`, now or as soon as the peer takes it. Nothing happens once the outbox is closed."""
        if self.closed or self._code is not None:
            return
        if self._writer is None and self._written(text):
            return
        last = self._queue[-1] if self._queue else None
        if last is not None and not last.kept and last.lane == lane:
            # The newest state stands for the one before, in the same place: it is newer than all in front of it.
            self._bytes += len(text) - len(last.text)
            last.text, last.kept = text, kept
        else:
            self._queue.append(_Waiting(lane, text, kept))
            self._bytes += len(text)
        if len(self._queue) > LONGEST_QUEUE or self._bytes > LARGEST_QUEUE_BYTES:
            self.close(TRY_AGAIN_LATER)
        elif self._writer is None:
            self._writer = asyncio.create_task(self._write_slowly())

    def close(self, code: int) -> None:
        """Drops what waits and closes the socket with `code`, as soon as the peer takes it."""
        if self.closed or self._code is not None:
            return
        self._code = code
        self._queue.clear()
        self._bytes = 0
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_slowly())

    async def end(self) -> None:
        """The socket is gone: frees what waits."""
        self.closed = True
        self._queue.clear()
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer

    def _written(self, text: str) -> bool:
        """One step of `send`: whether it has written. False only for a peer that must be waited for."""
        if self._protocol is None:
            return False
        step: Any = self._send({"type": "websocket.send", "text": text})
        try:
            step.send(None)
        except StopIteration:
            return True
        except GONE:
            self.closed = True
            return True
        step.close()
        return False

    async def _write_slowly(self) -> None:
        try:
            while self._queue and self._code is None:
                async with asyncio.timeout(SLOW_SECONDS):
                    await self._ready()
                    if not self._queue:
                        break
                    waiting = self._queue.popleft()
                    self._bytes -= len(waiting.text)
                    await self._send({"type": "websocket.send", "text": waiting.text})
            if self._code is not None:
                async with asyncio.timeout(SLOW_SECONDS):
                    await self._send({"type": "websocket.close", "code": self._code})
                self._give_up(self._code)
        except TimeoutError:
            self._give_up(TRY_AGAIN_LATER)
            if self._protocol is not None:
                self._protocol.transport.abort()  # a peer that reads nothing would keep its buffers for ever
        except GONE:
            self.closed = True
        finally:
            self._writer = None

    async def _ready(self) -> None:
        """Waits for the peer, while the message in front may still be overtaken by a newer one."""
        if self._protocol is not None:
            await self._protocol.writable.wait()

    def _give_up(self, code: int) -> None:
        self.closed = True
        self._on_close(code)
