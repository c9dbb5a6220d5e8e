"""Strike lines by themselves, crowds to strike, and raids that keep them waiting."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from db.engine import Database
from services.raid_administration import RaidAdministration
from services.rules.configuration import WeaknessPool
from services.rules.values import AffinityKind
from services.shelf import Shelf
from services.strike_line import StrikeLine
from services.views import Raid, StrikeCommand
from tests.services.world import ANALYZE, BOSS, FIGHT, Owner, Sheet, World, elemental

BUSY = replace(
    BOSS,
    curse_every=7,
    curse_pool=tuple(elemental(f"curse {number}") for number in range(40)),
    analysis_thresholds=(50, 200, 500, 1_000, 1_500),
    weakness_pool=(WeaknessPool(AffinityKind.GENRE, 1, ("Drama", "Comedy", "Horror")),),
)


@contextlib.asynccontextmanager
async def line_on(
    database: Database, patience_seconds: float = 10.0, commits: list[None] | None = None
) -> AsyncIterator[StrikeLine]:
    """A strike line by itself: its writer and its reader are the only connections it has."""
    shelf = Shelf()
    settle = RaidAdministration(database, shelf).settle
    heard: list[None] = [] if commits is None else commits
    line = StrikeLine(database, shelf, settle, lambda: heard.append(None), patience_seconds=patience_seconds)
    line.start()
    try:
        yield line
    finally:
        await asyncio.wait_for(line.stop(), 20)


@contextlib.asynccontextmanager
async def raid_held(world: World) -> AsyncIterator[None]:
    """Somebody else holds the raid's row meanwhile: the writer waits, and so does who comes."""
    async with world.connection.transaction():
        await world.connection.execute("SELECT FROM world_threat_raids FOR UPDATE")
        yield


async def until_waiting(line: StrikeLine, depth: int) -> None:
    for _ in range(3_000):
        if line.depth == depth:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{line.depth} strikes wait, not {depth}")


async def army(world: World, players: int, copies: int) -> tuple[Owner, ...]:
    return await world.players(players, await world.characters(*[Sheet(100 + number) for number in range(copies)]))


def commands_of(world: World, owners: Sequence[Owner]) -> list[StrikeCommand]:
    """Every copy of everybody strikes alone, turn by turn; each fifth strike analyzes."""
    turns = [
        (owner, copy)
        for copies in zip(*(owner.copies for owner in owners), strict=True)
        for owner, copy in zip(owners, copies, strict=True)
    ]
    return [
        world.command(owner, copy, action=FIGHT if place % 5 else ANALYZE) for place, (owner, copy) in enumerate(turns)
    ]


async def total_strikes(world: World, raid: Raid) -> int:
    return (await world.now(raid)).totals.strikes
