"""What waits to be written to one socket: bounded, in order, old state first to go when the peer is slow.

Writing to a peer that keeps up is a plain function call: the frame goes to the transport just as uvicorn's `send`
would write it, past the layers in between, which cost as much as the writing itself (a contract test holds the two
to the same bytes). A peer that is slow gets a task that waits for it; meanwhile messages queue up in two lanes: what
nobody may miss is kept, and of what only tells the newest state the newest is kept. A peer that lets the queue
overflow, or does not read for a while, is told 1013 (try again later) and resumes from the last sequence it has seen.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from web.tally import Tally

Send = Callable[[Any], Awaitable[None]]

LONGEST_QUEUE = 1_000
LARGEST_QUEUE_BYTES = 1024 * 1024
BUFFER_BYTES = 16 * 1024
"""More than that in the transport's own buffer, which nothing shares and nothing can be taken back from, is slow."""
SLOW_SECONDS = 30.0
TRY_AGAIN_LATER = 1013
SLOW = "Too slow: come back, and resume from the last sequence you have seen"

GONE = (ClientDisconnected, OSError, RuntimeError)
"""What `send` raises once the peer has gone or a close was sent."""


@dataclass(slots=True)
class _Waiting:
    """`lane`: the operation it belongs to. A message that is not `kept` makes room for the lane's next one.

    `parts` are UTF-8 and are put together when they are written: what many sockets wait for they share.
    """

    lane: str
    parts: tuple[bytes, ...]
    kept: bool

    def __len__(self) -> int:
        return sum(map(len, self.parts))


OPEN: Final = State.OPEN  # looked up once: it is asked for with every message
_SHORT, _MIDDLE, _LONG = Struct("!BB"), Struct("!BBH"), Struct("!BBQ")


def frame_head(length: int) -> bytes:
    """What comes before the `length` bytes of a text that a server sends in one frame (RFC 6455, 5.2)."""
    if length < 126:
        return _SHORT.pack(0x81, length)
    if length < 65_536:
        return _MIDDLE.pack(0x81, 126, length)
    return _LONG.pack(0x81, 127, length)


def _text(parts: tuple[bytes, ...]) -> str:
    return b"".join(parts).decode()


class Outbox:
    """One per socket."""

    __slots__ = (
        "_bytes",
        "_close",
        "_newest",
        "_protocol",
        "_queue",
        "_send",
        "_slow_seconds",
        "_tally",
        "_writer",
        "closed",
    )

    def __init__(self, send: Send, *, slow_seconds: float = SLOW_SECONDS, tally: Tally | None = None) -> None:
        """A peer that takes nothing for `slow_seconds` is given up. What is written is counted in `tally`."""
        self._tally = tally or Tally()
        self._send = send
        self._slow_seconds = slow_seconds
        owner = getattr(send, "__self__", None)
        self._protocol = owner if isinstance(owner, WebSocketsSansIOProtocol) else None
        if self._protocol is not None:
            self._protocol.transport.set_write_buffer_limits(BUFFER_BYTES)
        self._queue: deque[_Waiting] = deque()
        self._newest: dict[str, _Waiting] = {}
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._close: tuple[int, str] | None = None
        self.closed = False

    @property
    def is_closing(self) -> bool:
        """Whether the socket is closed, or will be as soon as the peer takes it: nothing is written any more."""
        return self.closed or self._close is not None

    def put(self, lane: str, parts: tuple[bytes, ...], *, kept: bool = True) -> None:
        """Writes a message, now or as soon as the peer takes it. Nothing happens once the outbox is closing."""
        if self.is_closing:
            return
        self._tally.deliveries += 1
        if self._writer is None and self._written(parts):
            return
        last = self._newest.get(lane)
        if last is not None and not last.kept:
            # The newest state stands for the one before, in its place: lanes do not wait for one another.
            self._bytes -= len(last)
            last.parts, last.kept = parts, kept
            self._bytes += len(last)
        else:
            self._newest[lane] = waiting = _Waiting(lane, parts, kept)
            self._queue.append(waiting)
            self._bytes += len(waiting)
        if len(self._queue) > LONGEST_QUEUE or (self._bytes > LARGEST_QUEUE_BYTES and len(self._queue) > 1):
            self.close(TRY_AGAIN_LATER, SLOW)
        elif self._writer is None:
            self._writer = asyncio.create_task(self._write_slowly())

    def drop(self, lane: str) -> None:
        """Forgets what still waits in the lane: nobody wants to hear of it any more."""
        if self._newest.pop(lane, None) is None:
            return
        dropped = [waiting for waiting in self._queue if waiting.lane == lane]
        self._queue = deque(waiting for waiting in self._queue if waiting.lane != lane)
        self._bytes -= sum(map(len, dropped))

    async def drained(self) -> None:
        """Waits until the peer has taken everything, or is given up. At once for one that keeps up."""
        while self._writer is not None:
            await asyncio.wait([self._writer])

    def close(self, code: int, reason: str = "") -> None:
        """Drops what waits and closes the socket with `code`, as soon as the peer takes it."""
        if self.is_closing:
            return
        self._close = (code, reason)
        self._tally.closes[code] += 1
        self._drop_all()
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_slowly())

    async def end(self) -> None:
        """The socket is gone: frees what waits."""
        self.closed = True
        self._drop_all()
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer

    def _drop_all(self) -> None:
        self._queue.clear()
        self._newest.clear()
        self._bytes = 0

    def _written(self, parts: tuple[bytes, ...]) -> bool:
        """Whether the message is written. False only for a peer that must be waited for."""
        protocol = self._protocol
        if protocol is None:
            return False
        if protocol.conn.extensions:
            return self._stepped(_text(parts))
        if not protocol.writable.is_set():
            return False
        if protocol.disconnected or protocol.conn.state is not OPEN:
            self.closed = True
            return True
        protocol.transport.write(b"".join((frame_head(sum(map(len, parts))), *parts)))
        return True

    def _stepped(self, text: str) -> bool:
        """The same for a socket that compresses: one step of `send`, which waits for the peer before it writes."""
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
            while self._close is None and self._queue:
                async with asyncio.timeout(self._slow_seconds):
                    await self._ready()
                    if self._queue:  # a close has emptied it
                        await self._send({"type": "websocket.send", "text": _text(self._next().parts)})
            if self._close is not None:
                await self._write_close(*self._close)
        except TimeoutError:
            self._abort()
        except GONE:
            self.closed = True
        finally:
            self._writer = None

    def _next(self) -> _Waiting:
        waiting = self._queue.popleft()
        self._bytes -= len(waiting)
        if self._newest.get(waiting.lane) is waiting:
            del self._newest[waiting.lane]
        return waiting

    async def _write_close(self, code: int, reason: str) -> None:
        """A peer that does not even read that it is closed would keep its buffers for ever: it is cut off."""
        async with asyncio.timeout(self._slow_seconds):
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
        self.closed = True
        asyncio.get_running_loop().call_later(self._slow_seconds, self._abort)

    async def _ready(self) -> None:
        """Waits for the peer, while the message in front may still be overtaken by a newer one."""
        if self._protocol is not None:
            await self._protocol.writable.wait()

    def _abort(self) -> None:
        self.closed = True
        self._drop_all()
        if self._protocol is not None:
            self._protocol.transport.abort()
