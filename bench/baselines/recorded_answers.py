"""The same answer to every strike, with less or more of the ordinary way before it.

    python -m bench.baselines.recorded_answers WAY PORT FILE

WAY is `bare` (an ASGI app that sends bytes), `graphql-core` (its execution of a document that is parsed and validated
once), `strawberry` (its schema's own `execute`, caches on), `view` (its own view, caches on). All but the first run our
schema with our resolvers; FILE holds the pickled strike that they get (bench/kit/recorded.py). uvloop and httptools.
"""

import sys
from pathlib import Path
from typing import Any, Final, cast

import orjson
import strawberry
import uvicorn
from graphql import ExecutionResult, execute, parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from bench.kit.recorded import recorded_strike
from bench.kit.world import BOT
from resolvers.context import Context
from schema.build import build_schema
from schema.errors import EXPECTED
from schema.events import EVENT_TYPES
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from services.views import StrikeSuccess
from services.world_threat import WorldThreatService

WAYS: Final = ("bare", "graphql-core", "strawberry", "view")


class RecordedService:
    """Of the service what a strike asks of it."""

    def __init__(self, answer: StrikeSuccess) -> None:
        self._answer = answer

    async def execute_strike(self, _principal: Any, **_given: Any) -> StrikeSuccess:
        return self._answer


def application(way: str, answer: StrikeSuccess) -> ASGIApp:
    context = Context(service=cast("WorldThreatService", RecordedService(answer)), principal=BOT)
    return {"bare": bare, "graphql-core": graphql_core, "strawberry": strawberry_schema, "view": strawberry_view}[way](
        context
    )


def bare(context: Context) -> ASGIApp:
    told: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        given = orjson.loads(await body_of(receive)) if scope["method"] == "POST" else None
        if given is not None and not told:  # the bytes that every way answers, made once
            told.append(orjson.dumps({"data": (await execute_ours(given, context)).data}))
        await answer_with(send, told[0] if told else b"ok")

    return app


async def execute_ours(given: dict[str, Any], context: Context) -> Any:
    return await build_schema().execute(given["query"], variable_values=given["variables"], context_value=context)


def graphql_core(context: Context) -> ASGIApp:
    schema = build_schema()._schema  # noqa: SLF001 - Strawberry has no public way to what it wraps
    documents: dict[str, Any] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await answer_with(send, b"ok")
            return
        given = orjson.loads(await body_of(receive))
        document = documents.get(given["query"])
        if document is None:
            document = documents[given["query"]] = parse(given["query"])
            if errors := validate(schema, document):
                raise errors[0]
        result = execute(schema, document, variable_values=given["variables"], context_value=context)
        if not isinstance(result, ExecutionResult):
            result = await result
        await answer_with(send, orjson.dumps(result.formatted))

    return app


def strawberry_schema(context: Context) -> ASGIApp:
    schema = stock_schema()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await answer_with(send, b"ok")
            return
        given = orjson.loads(await body_of(receive))
        result = await schema.execute(given["query"], variable_values=given["variables"], context_value=context)
        await answer_with(send, orjson.dumps({"data": result.data}))

    return app


def strawberry_view(context: Context) -> ASGIApp:
    class View(GraphQL[Context, None]):
        async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
            return context

    async def healthz(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    view = View(stock_schema(), graphql_ide=None)
    return Starlette(routes=[Route("/healthz", healthz), Route("/graphql", view)])


def stock_schema() -> Any:
    """Our types and resolvers in Strawberry's own schema."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=EVENT_TYPES,
        config=StrawberryConfig(scalar_map=SCALARS),
        exception_handlers=EXPECTED,
        extensions=[lambda: ParserCache(maxsize=256), lambda: ValidationCache(maxsize=256)],
    )


async def body_of(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def answer_with(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    way, port, path = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    uvicorn.run(
        application(way, recorded_strike(path)),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
        backlog=4096,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
