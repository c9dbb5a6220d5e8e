"""One keep-alive HTTP connection that costs its process little: bytes out, a call with the answer's body."""

import asyncio
from collections.abc import Callable
from typing import cast

OnAnswer = Callable[["Wire", int, bytes], None]
OnLost = Callable[["Wire"], None]


class Wire(asyncio.Protocol):
    """One request at a time. `on_answer` hears status and body, `on_lost` that the connection ended."""

    def __init__(self, on_answer: OnAnswer, on_lost: OnLost) -> None:
        self._on_answer = on_answer
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        self._transport = None
        self._on_lost(self)

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, request: bytes) -> None:
        if self._transport is None:
            raise ConnectionError("not connected")
        self._received = b""
        self._transport.write(request)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received = received = self._received + data if self._received else data
        end = received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = received[:end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            raise ValueError(f"an answer without Content-Length: {head!r}")
        stop = head.find(b"\r\n", at)
        length = int(head[at + 15 :] if stop < 0 else head[at + 15 : stop])
        if len(received) < end + 4 + length:
            return
        self._received = b""
        self._on_answer(self, int(head[9:12]), received[end + 4 : end + 4 + length])


def request_head(path: str, token: str | None) -> bytes:
    """All of a request's head but the body's length, which follows with two line ends."""
    bearer = "" if token is None else f"Authorization: Bearer {token}\r\n"
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\n{bearer}Content-Length: "
    ).encode()
