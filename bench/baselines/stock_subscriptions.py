"""A raid followed the ordinary way: Strawberry's own subscriptions over Starlette and uvicorn.

    python -m bench.baselines.stock_subscriptions PORT DATABASE_URL

Well written, as the libraries' guides suggest: plain types that carry their values, one reader of the state for all
subscribers, the value of each update made once, a queue for each subscriber, parsed and validated documents kept,
uvloop and httptools. What it cannot share is the execution: each subscriber's is their own.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NewType

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from bench.kit.world import ADMIN
from db.engine import Database
from services import views
from services.feed import Moment
from services.rules import values as rules
from services.world_threat import WorldThreatService

SafeInt = NewType("SafeInt", int)


@strawberry.type
class Boss:
    name: str


@strawberry.type
class HitPoints:
    current: SafeInt
    total: SafeInt
    permille: int


@strawberry.type
class Stage:
    number: int
    count: int


@strawberry.type
class Analysis:
    points: SafeInt
    unlocked: int
    next_threshold: SafeInt | None


@strawberry.type
class Affinity:
    kind: str
    value: str


@strawberry.type
class Curse:
    affinity: Affinity


@strawberry.type
class CurseClock:
    strikes_until_next: int


@strawberry.type
class RaidTotals:
    strikes: SafeInt
    participants: SafeInt
    damage: SafeInt


@strawberry.type
class Raid:
    id: strawberry.ID
    name: str
    status: str
    boss: Boss
    hp: HitPoints
    stage: Stage
    analysis: Analysis
    weaknesses: list[Affinity]
    curses: list[Curse]
    curse_clock: CurseClock
    totals: RaidTotals


@strawberry.type
class RaidEvent:
    sequence: SafeInt
    kind: str
    message: str
    occurred_at: datetime


@strawberry.type
class RaidUpdate:
    sequence: SafeInt
    gap: bool
    events: list[RaidEvent]
    raid: Raid


def update_of(moment: Moment) -> RaidUpdate:
    raid = moment.raid
    return RaidUpdate(
        sequence=SafeInt(raid.sequence),
        gap=moment.gap,
        events=[
            RaidEvent(
                sequence=SafeInt(told.event.sequence),
                kind=told.kind.name,
                message=told.event.message,
                occurred_at=told.event.occurred_at,
            )
            for told in moment.events
        ],
        raid=raid_of(raid),
    )


def raid_of(raid: views.Raid) -> Raid:
    def affinity(one: rules.Affinity) -> Affinity:
        return Affinity(kind=one.kind.name, value=one.value)

    upcoming = raid.analysis.next_threshold
    return Raid(
        id=strawberry.ID(str(raid.id)),
        name=raid.name,
        status=raid.status.name,
        boss=Boss(name=raid.boss.name),
        hp=HitPoints(current=SafeInt(raid.hp.current), total=SafeInt(raid.hp.total), permille=raid.hp.permille),
        stage=Stage(number=raid.stage.number, count=raid.stage.count),
        analysis=Analysis(
            points=SafeInt(raid.analysis.points),
            unlocked=raid.analysis.unlocked,
            next_threshold=None if upcoming is None else SafeInt(upcoming),
        ),
        weaknesses=[affinity(one) for one in raid.weaknesses],
        curses=[Curse(affinity=affinity(curse.affinity)) for curse in raid.curses],
        curse_clock=CurseClock(strikes_until_next=raid.curse_clock.strikes_until_next),
        totals=RaidTotals(
            strikes=SafeInt(raid.totals.strikes),
            participants=SafeInt(raid.totals.participants),
            damage=SafeInt(raid.totals.damage),
        ),
    )


class Broadcast:
    """Reads the live raid once and hands each update to everybody who listens."""

    def __init__(self, service: WorldThreatService) -> None:
        self._service = service
        self._queues: set[asyncio.Queue[RaidUpdate]] = set()
        self._newest: RaidUpdate | None = None

    async def run(self) -> None:
        async for moment in self._service.feed.follow(None):
            self._newest = update_of(moment)
            for queue in self._queues:
                queue.put_nowait(self._newest)

    async def updates(self) -> AsyncGenerator[RaidUpdate, None]:
        queue: asyncio.Queue[RaidUpdate] = asyncio.Queue()
        self._queues.add(queue)
        try:
            if self._newest is not None:
                yield RaidUpdate(
                    sequence=self._newest.sequence, gap=self._newest.gap, events=[], raid=self._newest.raid
                )
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)


def application(service: WorldThreatService) -> Starlette:
    broadcast = Broadcast(service)

    @strawberry.type
    class Query:
        version: str = "1"

    @strawberry.input
    class AdjustBossHpInput:
        raid_id: strawberry.ID
        reason: str
        current_hp: SafeInt

    @strawberry.type
    class Mutation:
        @strawberry.mutation
        async def adjust_boss_hp(self, input: AdjustBossHpInput) -> Raid:  # noqa: A002 - the name that the API gives it
            return raid_of(
                await service.desk.adjust_boss_hp(
                    ADMIN, raid_id=input.raid_id, reason=input.reason, current_hp=input.current_hp
                )
            )

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def raid_updates(self) -> AsyncGenerator[RaidUpdate, None]:
            async for update in broadcast.updates():
                yield update

    schema = strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        extensions=[lambda: ParserCache(maxsize=256), lambda: ValidationCache(maxsize=256)],
        config=StrawberryConfig(
            scalar_map={SafeInt: strawberry.scalar(name="SafeInt", serialize=int, parse_value=int)}
        ),
    )
    view: GraphQL[None, None] = GraphQL(
        schema, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL], graphql_ide=None
    )

    async def healthz(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(broadcast.run())
        yield
        task.cancel()
        await service.feed.stop()

    return Starlette(
        routes=[Route("/healthz", healthz), Route("/graphql", view), WebSocketRoute("/graphql", view)],
        lifespan=lifespan,
    )


def main() -> None:
    port, database_url = int(sys.argv[1]), sys.argv[2]
    uvicorn.run(
        application(WorldThreatService(Database(database_url))),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        backlog=4096,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
