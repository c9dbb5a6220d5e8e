"""The ASGI app: the API, health, and the raid page."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from schema.build import WorldThreatSchema
from services.tokens import Authenticator
from services.world_threat import WorldThreatService
from web.graphql import GraphQLView
from web.sockets import SocketEndpoint

PAGE = Path(__file__).parent / "page"

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What the settings say of the edge. `is_ready` asks whether the database answers."""

    is_ready: Callable[[], Awaitable[bool]]
    public_read: bool = True
    introspection: bool = True
    allowed_origins: tuple[str, ...] = ()


class Pages(StaticFiles):
    """Our own pages, with the headers that keep them to themselves."""

    async def get_response(self, path: str, scope: object) -> Response:
        response = await super().get_response(path, scope)  # type: ignore[arg-type]
        response.headers.update(HEADERS)
        return response


def create_app(
    schema: WorldThreatSchema,
    service: WorldThreatService,
    authenticator: Authenticator,
    options: WebOptions,
) -> ASGIApp:
    """The app; its lifespan starts and stops the service."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await service.start()
        yield
        await service.stop()

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        ready = await options.is_ready()
        return JSONResponse({"database": ready}, status_code=200 if ready else 503)

    sockets = SocketEndpoint(
        schema,
        service,
        authenticator,
        public_read=options.public_read,
        allowed_origins=options.allowed_origins,
    )
    view = GraphQLView(
        schema,
        service,
        authenticator,
        public_read=options.public_read,
        graphql_ide="graphiql" if options.introspection else None,
    )
    pages = Starlette(
        routes=[
            Route("/graphql", view),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Mount("/", Pages(directory=PAGE, html=True)),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=list(options.allowed_origins),
                allow_methods=["GET", "POST"],
                allow_headers=["authorization", "content-type"],
            ),
        ],
        lifespan=lifespan,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # Sockets go past the middleware: thousands of them live long, and each layer would cost each message.
        if scope["type"] == "websocket" and scope["path"] == "/graphql":
            await sockets(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return app
