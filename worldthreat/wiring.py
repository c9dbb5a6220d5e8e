"""The composition root: settings in, a running application out."""

import contextlib
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog
from starlette.types import ASGIApp

from db import migrate
from db.engine import Database, Timeouts
from schema.build import build_schema
from schema.execution import Executor
from services import metrics
from services.authentication import Authenticator
from services.relay import Relay
from services.wakeups import Wakeups
from services.world_threat import WorldThreatService
from web.app import WebOptions, create_app
from web.lifecycle import Lifecycle
from web.limits import EdgeLimits, Rates
from worldthreat.settings import Settings

TIMEOUTS = Timeouts(connect_seconds=2.5, pool_seconds=2.5, lock_ms=5_000, statement_ms=7_000, command_seconds=8.0)
"""Somebody waits in front of Discord or a page: an answer that it did not work is worth more than one that is late."""
POOLED_CONNECTIONS = 24
"""Of each of a process's two pools, over all workers: the embedded PostgreSQL takes a hundred connections."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Backstage:
    """What works behind the API processes; `service` is started."""

    database: Database
    service: WorldThreatService


@dataclass(frozen=True, slots=True)
class Application(Backstage):
    """Everything that one API process is made of. The app's lifespan starts the service."""

    app: ASGIApp
    drain: Callable[[], Awaitable[None]]
    """To be called when the server is to stop, while requests are still answered: strikes that wait get theirs."""


@contextlib.asynccontextmanager
async def backstage(database_url: str) -> AsyncIterator[Backstage]:
    """For a launcher whose API processes are others: what the demo's crowd and the bot's tokens need."""
    database = Database(database_url, application_name="worldthreat-launcher")
    wakeups = Wakeups(database)
    service = WorldThreatService(database, wakeups.tell)
    wakeups.start(service.feed.hear)
    await service.start()
    try:
        yield Backstage(database, service)
    finally:
        await service.stop()
        await wakeups.stop()
        await database.close()


def keep_what_is_there() -> None:
    """What a process starts with, it keeps: the collector looks through it no more.

    A strike makes a few hundred objects, and every seventh microsecond of one was spent on looking through all the
    modules again.
    """
    gc.collect()
    gc.freeze()


@contextlib.asynccontextmanager
async def application(settings: Settings, database_url: str) -> AsyncIterator[Application]:
    """The application over the database at `database_url`, which must be migrated; closed at the end."""
    pool_size = max(3, min(8, POOLED_CONNECTIONS // settings.workers))
    database = Database(database_url, pool_size=pool_size, application_name="worldthreat-api", timeouts=TIMEOUTS)
    wakeups = Wakeups(database)
    relay = None if settings.redis_url is None else Relay(settings.redis_url.get_secret_value())
    service = WorldThreatService(database, wakeups.tell, updates_per_second=settings.updates_per_second)

    metrics.watch_queries(database)
    lifecycle = Lifecycle()

    async def drain() -> None:
        lifecycle.stopping.set()
        try:
            await service.drain()
        except TimeoutError:
            log.warning("strikes still wait: the database does not answer", waiting=service.strikes_waiting)

    app = create_app(
        Executor(build_schema(introspection=settings.introspection), plans=settings.plans),
        service,
        Authenticator(database),
        WebOptions(
            is_migrated=partial(migrate.is_at, database, migrate.head()),
            lifecycle=lifecycle,
            metrics_token=None if settings.metrics_token is None else settings.metrics_token.get_secret_value(),
            worker=str(os.getpid()) if settings.workers > 1 else None,
            public_read=settings.public_read,
            introspection=settings.introspection,
            allowed_origins=settings.allowed_origins,
            limits=EdgeLimits(
                rates=Rates(
                    address=settings.rate_address,
                    subscriptions=settings.rate_subscriptions,
                    player=settings.rate_player,
                    bot=settings.rate_bot,
                    admin=settings.rate_admin,
                ),
                sockets_per_address=settings.sockets_per_address,
                redis_url=None if settings.redis_url is None else settings.redis_url.get_secret_value(),
            ),
        ),
    )
    wakeups.start(service.feed.hear)
    if relay is not None:
        service.feed.relay_through(relay)
    keep_what_is_there()
    try:
        yield Application(database, service, app, drain)
    finally:
        await service.feed.stop()
        if relay is not None:
            await relay.stop()
        await wakeups.stop()
        await database.close()
