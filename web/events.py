"""Subscriptions as a stream of server-sent events, for clients that would rather not have a WebSocket.

The protocol is that of graphql-sse's distinct connections: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from strawberry.http.streaming import SSETransport, merge_stream_with_heartbeat
from strawberry.types import ExecutionResult

from web.answers import encode


async def send_events(
    results: AsyncGenerator[ExecutionResult, None], scope: Scope, receive: Receive, send: Send
) -> None:
    """Sends each result as it comes, with a comment now and then so that nobody in between hangs up. Until the peer
    goes, or there is no more.
    """
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
    async with aclosing(beating()) as stream:
        response = StreamingResponse(stream, headers=dict(transport.headers))
        await response(scope, receive, send)
