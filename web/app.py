"""The ASGI app: the API, health, and the pages."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from schema.execution import Executor
from services.authentication import Authenticator
from services.world_threat import WorldThreatService
from web.graphql import GraphQLView
from web.health import Health
from web.lifecycle import Lifecycle
from web.limits import EdgeLimits, Gate
from web.metrics import MetricsPage
from web.pages import DIST, GRAPHIQL, PageForBrowsers, Pages
from web.sockets import SocketEndpoint


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What the settings say of the edge.

    `is_migrated` asks the database whether it is at this version's migrations; `pages` is the pages' folder;
    `worker` names this process where there are several.
    """

    is_migrated: Callable[[], Awaitable[bool]]
    public_read: bool = True
    introspection: bool = True
    allowed_origins: tuple[str, ...] = ()
    pages: Path = DIST
    limits: EdgeLimits = field(default_factory=EdgeLimits)
    metrics_token: str | None = None
    worker: str | None = None
    lifecycle: Lifecycle = field(default_factory=Lifecycle)


def create_app(
    executor: Executor,
    service: WorldThreatService,
    authenticator: Authenticator,
    options: WebOptions,
) -> ASGIApp:
    """The app; its lifespan starts and stops the service."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await service.start()
        service.desk.on_token_end = authenticator.end
        authenticator.start()
        yield
        await service.stop()
        await authenticator.stop()

    health = Health(options.lifecycle, options.is_migrated, lambda: service.feed.age)
    gate = Gate(options.limits)
    sockets = SocketEndpoint(
        executor,
        service,
        authenticator,
        gate,
        public_read=options.public_read,
        allowed_origins=options.allowed_origins,
    )
    view = GraphQLView(executor, service, authenticator, gate, options.lifecycle, public_read=options.public_read)
    metrics = MetricsPage(service, gate, token=options.metrics_token, worker=options.worker)
    pages = Pages(options.pages)
    # Without introspection GraphiQL could neither complete nor explain anything.
    graphql = PageForBrowsers(view, pages.page(GRAPHIQL)) if options.introspection else view
    http = _for_origins(
        Starlette(
            routes=[
                Route("/graphql", graphql),
                Route("/healthz", health.healthz),
                Route("/readyz", health.readyz),
                Route("/metrics", metrics.answer),
                *pages.routes(graphiql=options.introspection),
            ],
            lifespan=lifespan,
        ),
        options.allowed_origins,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # What comes often goes past all layers: each of them would cost each strike, and each socket's message.
        if scope["type"] == "http" and scope["path"] == "/graphql" and scope["method"] == "POST":
            await (view if not _has_origin(scope) else http)(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/graphql":
            await sockets(scope, receive, send)
        else:
            await http(scope, receive, send)

    return app


def _for_origins(app: ASGIApp, allowed: tuple[str, ...]) -> ASGIApp:
    """Lets the pages of these origins ask, by the browsers' rules."""
    return CORSMiddleware(
        app,
        allow_origins=list(allowed),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type"],
    )


def _has_origin(scope: Scope) -> bool:
    return any(name == b"origin" for name, _ in scope["headers"])
