"""Subscriptions as a stream of server-sent events, for clients that would rather not have a WebSocket.

The protocol is that of graphql-sse's distinct connections:
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from starlette.types import Receive, Send
from strawberry.http.streaming import SSETransport, merge_stream_with_heartbeat
from strawberry.types import ExecutionResult

from web.answers import encode

HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in SSETransport.headers.items()]


async def send_events(
    results: AsyncGenerator[ExecutionResult, None], receive: Receive, send: Send, *ends: asyncio.Event
) -> None:
    """Sends each result as it comes, with a comment now and then so that nobody in between hangs up.

    Until there is no more, the peer goes, or one of `ends` is set: then the stream ends without `complete`, and whoever
    follows it comes back, to the next server or to be told that their token has ended.
    """
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    writing = asyncio.create_task(_write(results, send))
    others = [asyncio.create_task(_until_gone(receive)), *(asyncio.create_task(_until_set(end)) for end in ends)]
    try:
        await asyncio.wait([writing, *others], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (writing, *others):
            task.cancel()
        await asyncio.gather(writing, *others, return_exceptions=True)
    await send({"type": "http.response.body", "body": b""})


async def _write(results: AsyncGenerator[ExecutionResult, None], send: Send) -> None:
    transport = SSETransport()

    async def told() -> AsyncGenerator[str, None]:
        async with aclosing(results):
            async for result in results:
                yield transport.encode_event("next", encode(result).decode())
        yield transport.encode_complete()

    beating = merge_stream_with_heartbeat(
        told,
        lambda: transport.encode_comment("ping"),
        interval=transport.heartbeat_interval,
        send_initial_heartbeat=transport.send_initial_heartbeat,
    )
    async with aclosing(beating()) as chunks:
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk.encode(), "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until_set(event: asyncio.Event) -> None:
    await event.wait()
