"""What is asked by many at once, and who asks it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import event

from services.rules.configuration import CurseLimit
from services.rules.values import Affinity, AffinityKind
from tests.services.world import BOSS, Owner, Sheet
from tests.web.live import Client, Edge

BOSS_HP = "subscription ($raidId: ID) { bossHp(raidId: $raidId) { current sequence } }"
UPDATES = """
subscription Updates($raidId: ID, $after: SafeInt) {
  raidUpdates(raidId: $raidId, after: $after) { sequence gap events { sequence } raid { hp { current } } }
}
"""
CURSES = """
subscription ($raidId: ID, $after: SafeInt) {
  curses(raidId: $raidId, after: $after) { sequence triggeredBy { id name } }
}
"""
BOARD = """
subscription ($raidId: ID) {
  raidUpdates(raidId: $raidId) { raid { leaderboard(first: 5) { isViewer strikes player { id discordId } } } }
}
"""
STRIKES = "subscription ($raidId: ID) { strikeFeed(raidId: $raidId) { skipped lastNumber strikes { number } } }"


@contextmanager
def statements(live: Edge) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def heard(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    engine = live.api.database._reading_engine.sync_engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", heard)


async def followers(live: Edge, count: int, query: str, token: str | None = None, **variables: Any) -> list[Client]:
    """As many sockets that ask the same and were told the state."""
    clients = [await live.client(token) for _ in range(count)]
    await asyncio.gather(*(client.subscribe(query, variables=variables) for client in clients))
    await asyncio.gather(*(client.data() for client in clients))
    return clients


async def crowd(live: Edge, players: int, strikes: int) -> tuple[Owner, ...]:
    characters = await live.world.characters(*(Sheet(atk=10) for _ in range(strikes)))
    return await live.world.players(players, characters)


async def cursed_raid(live: Edge, every: int = 1) -> str:
    """A raid whose boss draws a curse at every strike, and never runs out of them."""
    await live.end(await live.api.raid())
    pool = tuple(Affinity(AffinityKind.ELEMENTAL, value) for value in ("fire", "water", "wind", "earth"))
    limits = (CurseLimit(AffinityKind.ELEMENTAL, 1),)
    boss = replace(BOSS, total_hp=10_000_000, curse_every=every, curse_pool=pool, curse_limits=limits)
    return str((await live.world.raid(boss)).id)
