"""Several services on one database, wired as API processes are, and who follows a raid at them."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy import event

from services.views import Raid, StrikeSuccess
from services.world_threat import WorldThreatService
from tests.services.world import BOSS, Owner, Sheet, World
from worldthreat.settings import Settings
from worldthreat.wiring import Application, application

RESTLESS = replace(BOSS, curse_every=1, total_hp=100_000_000)
"""A boss of whom every strike makes an event: a curse that fizzles."""


@contextlib.asynccontextmanager
async def process(url: str, redis_url: str | None = None) -> AsyncIterator[Application]:
    """What one API process is made of, started; without its port."""
    settings = Settings.model_validate({} if redis_url is None else {"redis_url": redis_url})
    async with application(settings, url) as running:
        await running.service.start()
        try:
            yield running
        finally:
            await running.service.stop()


PATIENCE = 20.0
"""For what comes at once, on however busy a machine: less than the minute after which a process looks by itself in the
tests that say so."""


async def soon(holds: Callable[[], bool | Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Waits until it holds."""
    async with asyncio.timeout(seconds):
        while True:
            held = holds()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.005)


@dataclass(slots=True)
class Follower:
    """`told`: the sequence of every event it was told, in that order; `raid`: the newest state it was told."""

    told: list[int] = field(default_factory=list)
    raid: Raid | None = None

    async def follow(self, service: WorldThreatService, raid: Raid, after: int) -> None:
        async for moment in service.feed.follow(str(raid.id), after=after):
            self.told += [each.event.sequence for each in moment.events]
            self.raid = moment.raid

    async def reaches(self, sequence: int) -> None:
        """It is told of every event up to `sequence`, each once and in order."""
        try:
            await soon(lambda: len(self.told) >= sequence)
        finally:
            assert self.told == list(range(1, len(self.told) + 1))
        assert self.told[-1] == sequence


@contextlib.asynccontextmanager
async def following(service: WorldThreatService, raid: Raid, after: int = 0) -> AsyncIterator[Follower]:
    """One who follows the raid at this service, by default from its beginning, and stands where the raid stands."""
    follower = Follower()
    task = asyncio.create_task(follower.follow(service, raid, after))
    try:
        await soon(lambda: follower.raid is not None and follower.raid.sequence >= raid.sequence)
        yield follower
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Crowd:
    """Players who strike once with every character they have: one character, one event."""

    def __init__(self, world: World, owners: tuple[Owner, ...]) -> None:
        self._world = world
        self._turns = iter(
            [
                (owner, copy)
                for copy_of in zip(*(o.copies for o in owners), strict=True)
                for owner, copy in zip(owners, copy_of, strict=True)
            ]
        )

    async def strikes(self, count: int, *services: WorldThreatService) -> list[StrikeSuccess]:
        """`count` strikes at once, at these services by turns."""
        places = itertools.cycle(services)
        turns = list(itertools.islice(self._turns, count))
        return await asyncio.gather(*(self._world.strike(owner, copy, service=next(places)) for owner, copy in turns))


async def crowd(world: World) -> Crowd:
    """Of 400 strikes."""
    return Crowd(world, await world.players(40, await world.characters(*[Sheet()] * 10)))


@contextlib.contextmanager
def counting(running: Application) -> Iterator[list[str]]:
    """Every statement that this process reads by."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = running.database._reading_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two processes on one database. `world` strikes at `here`, unless told otherwise."""

    here: Application
    there: Application
    world: World


@contextlib.asynccontextmanager
async def pair(url: str, redis_url: str | None = None) -> AsyncIterator[Pair]:
    async with (
        process(url, redis_url) as here,
        process(url, redis_url) as there,
        here.database.driver_connection() as connection,
    ):
        yield Pair(here, there, World(here.database, here.service, connection))
