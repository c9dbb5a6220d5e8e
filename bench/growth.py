"""What a strike, a leaderboard, the status and a participation cost with a thousand and a million strikes in the log.

    make bench NAME=growth [QUICK=1]          FULL=1 make bench NAME=growth     (ten million as well)

One raid grows: its log is filled in SQL as the strike line would write it (bench/kit/history.py), and measured at each
size through the service, one question after the other. Who took part grows as the log does; each has twelve strikes.
Milliseconds are medians, judged against an empty question's (SELECT 1) that is asked after each: the machine is slower
at one time than at another, and minutes lie between two sizes. Buffers are the pages that PostgreSQL looked at, by its
own statistics: a long session's less a short one's, so that a new connection's are not in them. QUICK ends at 100,000.
"""

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import uvloop
from sqlalchemy import text

from bench.kit import accounting, history
from bench.kit.crowd import Connection
from bench.kit.plot import Bars
from bench.kit.results import Criterion, Table, at_most, conditions, write
from bench.kit.world import ADMIN, BOT, World, postgres, world
from db.engine import Database
from services.rules.values import StrikeAction
from services.views import LeaderboardMetric
from services.world_threat import WorldThreatService

NEVER = 10_000_000
TEAM_SIZE = 2
REPLAYED_UP_TO = 20_000
SHORT, LONG, SESSIONS = 20, 120, 3
APPLICATION = "worldthreat-growth"
ASKED_ABOUT = 80
"""Players whose strikes are all among the first thousand."""
ALLOWED = 1.5
_STILL_THERE = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"

Ask = Callable[[WorldThreatService, int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one question: `milliseconds` as its caller waits, `empty` those of SELECT 1 meanwhile, `buffers` of pages."""

    milliseconds: float
    empty: float
    buffers: float

    @property
    def relative(self) -> float:
        return self.milliseconds / self.empty


class Questions:
    """Each takes a service and how often it was asked before. Players are those who struck first, in turn."""

    def __init__(self, made: World, raid_id: int) -> None:
        self._made = made
        self._raid_id = raid_id
        self.struck = 0

    def all(self) -> dict[str, Ask]:
        boards: dict[str, Ask] = {}
        for metric in LeaderboardMetric:
            boards[f"leaderboard, {metric.value}"] = self._top(metric)
        return {
            "strike": self._strike,
            "status": self._status,
            "participation": self._participation,
            **boards,
            "leaderboard around a player": self._around,
            "rank of a player": self._rank,
        }

    def _player(self, asked: int) -> str:
        return f"bench-{asked * 7 % ASKED_ABOUT + 1}"

    async def _strike(self, service: WorldThreatService, _asked: int) -> None:
        crowd, number = self._made.crowd, self.struck
        self.struck += 1
        team = crowd.team_of(*divmod(number, crowd.turns(TEAM_SIZE)), TEAM_SIZE)
        await service.execute_strike(
            BOT,
            action=StrikeAction.FIGHT,
            character_ids=team.character_ids,
            equipment_id=None,
            discord_id=team.discord_id,
            idempotency_key=f"{self._raid_id}-measured-{number}",
            expected_sequence=None,
        )

    async def _status(self, service: WorldThreatService, _asked: int) -> None:
        if await service.active_raid(ADMIN) is None:
            raise SystemExit("The raid has ended.")

    async def _participation(self, service: WorldThreatService, asked: int) -> None:
        found = await service.participation(ADMIN, discord_id=self._player(asked), raid_id=None)
        if found is None or not found.strikes:
            raise SystemExit("A player who has struck is not found.")

    def _top(self, metric: LeaderboardMetric) -> Ask:
        async def ask(service: WorldThreatService, _asked: int) -> None:
            if not await service.leaderboard(ADMIN, raid_id=None, metric=metric, first=10):
                raise SystemExit("Nobody is on the leaderboard.")

        return ask

    async def _around(self, service: WorldThreatService, asked: int) -> None:
        metric, player = LeaderboardMetric.CONTRIBUTION, self._player(asked)
        if not await service.leaderboard_around(ADMIN, discord_id=player, raid_id=None, metric=metric, radius=5):
            raise SystemExit("The player is on no leaderboard.")

    async def _rank(self, service: WorldThreatService, asked: int) -> None:
        user_id = self._made.crowd.first_user + asked * 7 % ASKED_ABOUT
        metric = LeaderboardMetric.CONTRIBUTION
        if await service.rank(ADMIN, raid_id=self._raid_id, user_id=user_id, metric=metric) is None:
            raise SystemExit("The player has no rank.")


async def session(made: World, ask: Ask, times: int) -> tuple[list[float], list[float]]:
    """Asks so often in connections of its own, which are gone at the end. The seconds of each, and of SELECT 1."""
    database = Database(made.database.url, pool_size=1, application_name=APPLICATION)
    service = WorldThreatService(database)
    waits, empty = [], []
    try:
        await service.start()
        for asked in range(times):
            began = time.perf_counter()
            await ask(service, asked)
            answered = time.perf_counter()
            async with database.reading() as connection:
                await connection.execute(text("SELECT 1"))
            waits.append(answered - began)
            empty.append(time.perf_counter() - answered)
        await service.stop()
    finally:
        await database.close()
    return waits, empty


async def buffers_looked_at(connection: Connection) -> int:
    """By everybody so far. Connections tell what they did at their end: waits until ours have ended."""
    async with asyncio.timeout(20):
        while await connection.fetchval(_STILL_THERE, APPLICATION):  # noqa: ASYNC110 - no event of this process
            await asyncio.sleep(0.02)
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    found: int = await connection.fetchval(
        "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"
    )
    return found


async def cost_of(made: World, connection: Connection, ask: Ask) -> Cost:
    """The session whose question took least, counted in empty ones."""
    found: list[Cost] = []
    for _ in range(SESSIONS):
        looked = [await buffers_looked_at(connection)]
        for times in (SHORT, LONG):
            waits, empty = await session(made, ask, times)
            looked.append(await buffers_looked_at(connection))
        buffers = (looked[2] - 2 * looked[1] + looked[0]) / (LONG - SHORT)
        medians = (statistics.median(waits[SHORT:]) * 1000, statistics.median(empty[SHORT:]) * 1000)
        found.append(Cost(round(medians[0], 3), round(medians[1], 3), round(buffers, 1)))
    best = min(found, key=lambda cost: cost.relative)
    return replace(best, buffers=statistics.median(cost.buffers for cost in found))


async def benchmark(sizes: list[int], *, quick: bool) -> None:
    given = conditions("sqlalchemy", "asyncpg")
    # The roster is the same at every size; everybody strikes twelve times, by teams of two.
    players = -(-(sizes[-1] + 20_000) // 12)
    costs: dict[int, dict[str, Cost]] = {}
    filled: dict[int, float] = {}
    with postgres(with_commit_times=False) as (server, _folder):
        async with world(server, players=players) as made:
            raid_id = await made.new_raid(curse_every=NEVER)
            questions = Questions(made, raid_id)
            async with made.database.driver_connection() as connection:
                await connection.execute(
                    "ALTER SYSTEM SET autovacuum = off"
                )  # `fill` does its work, and is not measured
                await connection.execute("SELECT pg_reload_conf()")
                await connection.execute("SET statement_timeout = 0")
                for size in sizes:
                    began = time.monotonic()
                    await history.fill(connection, made.crowd, raid_id, strikes=size, size=TEAM_SIZE)
                    questions.struck, filled[size] = size, round(time.monotonic() - began, 1)
                    print(f"{size:,} strikes in the log: {filled[size]} s", flush=True)
                    costs[size] = {}
                    for name, ask in questions.all().items():
                        costs[size][name] = await cost_of(made, connection, ask)
                        print(f"  {name}: {costs[size][name]}", flush=True)
                    await accounting.require_balance(
                        made.database, raid_id, acknowledged=questions.struck, replayed=size <= REPLAYED_UP_TO
                    )
    report(costs, {**given, "fsync": True, "quick": quick, "players": players, "seconds_to_fill": filled})


def report(costs: dict[int, dict[str, Cost]], given: dict[str, Any]) -> None:
    sizes = list(costs)
    first, judged = sizes[0], min(sizes[-1], 1_000_000)
    verdict: dict[str, Criterion] = {}
    for name, small in costs[first].items():
        large = costs[judged][name]
        verdict[f"{name}: time, times that at {first:,}"] = at_most(round(large.relative / small.relative, 2), ALLOWED)
    quick = given["quick"]
    write(
        "growth" if judged >= 1_000_000 and not quick else "growth_quick",
        title=f"From {first:,} to {judged:,} strikes",
        given=given,
        figures={str(size): {name: asdict(one) for name, one in each.items()} for size, each in costs.items()},
        verdict=verdict,
        tables=[
            Table(
                title,
                ("", *(f"{size:,}" for size in sizes)),
                [(name, *(f"{getattr(costs[size][name], field):,.4g}" for size in sizes)) for name in costs[first]],
            )
            for title, field in (
                ("Milliseconds", "milliseconds"),
                ("Times an empty question's", "relative"),
                ("Buffers", "buffers"),
            )
        ],
        plots=[
            Bars(
                "ms",
                f"Times the milliseconds of {first:,} strikes",
                f"at {judged:,}",
                [(name, costs[judged][name].milliseconds / small.milliseconds) for name, small in costs[first].items()],
                ours=frozenset(costs[first]),
                target=ALLOWED,
            )
        ],
        notes=[
            f"The books balanced at every size; up to {REPLAYED_UP_TO:,} strikes the raid agreed with its replay.",
            "Buffers are not judged: the 84 players of a thousand strikes lie in two pages, 10 of 84,000 in ten.",
        ],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="up to 100,000 strikes")
    arguments.add_argument("--sizes", help="strikes in the log, with commas between, rising")
    given = arguments.parse_args()
    sizes = [1_000, 100_000] if given.quick else [1_000, 100_000, 1_000_000]
    if os.environ.get("FULL") and not given.quick:
        sizes.append(10_000_000)
    if given.sizes:
        sizes = [int(size) for size in given.sizes.split(",")]
    uvloop.run(benchmark(sizes, quick=given.quick))


if __name__ == "__main__":
    main()
