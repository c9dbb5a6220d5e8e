"""The strike line without HTTP: 256 callers of one process at a time, beside one PL/pgSQL call per strike by pgbench.

    make bench NAME=line [QUICK=1]
    make bench NAME=line ARGS="--only ours --seconds 3 --profile build/line.pstats"

Both sides strike with teams of six that nobody has struck with before, in raids of their own that live in the same
tables of the same server (fsync on), and write the same rows. Interleaved, medians. After each run the books are added
up in SQL, after the last one of each side the raid is played again as by `worldthreat raid verify`.
"""

import argparse
import asyncio
import cProfile
import pstats
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench.kit import accounting, pgbench
from bench.kit.plot import Bars
from bench.kit.processes import ServerProcess
from bench.kit.results import Criterion, Table, at_least, conditions, write
from bench.kit.world import BOT, CHARACTERS_EACH, World, postgres, world
from bench.kit.yardstick import Yardstick
from db.embedded import EmbeddedServer
from services.errors import WorldThreatError
from services.rules.values import StrikeAction
from worldthreat.wiring import keep_what_is_there

NEVER = 10_000_000
WARM_UP_SECONDS = 0.5
OURS, THEIRS = "strike line", "pgbench, one call per strike"


@dataclass(frozen=True, slots=True)
class Options:
    callers: int
    pgbench_clients: int
    seconds: float
    rounds: int
    team_size: int
    players: int
    sides: tuple[str, ...]
    profile: Path | None


@dataclass(slots=True)
class Callers:
    """Each strikes again as soon as it is answered, until the time is over or no team is left."""

    made: World
    raid_id: int
    size: int
    since: float = 0.0
    until: float = 0.0
    taken: int = 0
    accepted: int = 0
    last: float = 0.0
    waits: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    async def call(self) -> None:
        crowd, strike = self.made.crowd, self.made.service.execute_strike
        teams = crowd.teams(self.size)
        while (sent := time.perf_counter()) < self.until and self.taken < teams:
            number = self.taken
            self.taken += 1
            team = crowd.team(number, self.size)
            try:
                await strike(
                    BOT,
                    action=StrikeAction.FIGHT,
                    character_ids=team.character_ids,
                    equipment_id=None,
                    discord_id=team.discord_id,
                    idempotency_key=f"{self.raid_id}-{number}",
                    expected_sequence=None,
                )
            except WorldThreatError as refusal:
                self.refused[type(refusal).__name__] += 1
                continue
            self.accepted += 1
            now = time.perf_counter()
            if self.since <= sent and now <= self.until:
                self.waits.append(now - sent)
                self.last = now


async def run_ours(made: World, server: EmbeddedServer, raid_id: int, options: Options) -> tuple[dict[str, Any], int]:
    """The figures, and how many strikes were acknowledged in all."""
    database = ServerProcess(server.pid or 0, 0)
    callers = Callers(made, raid_id, options.team_size)
    callers.since = time.perf_counter() + WARM_UP_SECONDS
    callers.until = callers.since + options.seconds
    tasks = [asyncio.create_task(callers.call()) for _ in range(options.callers)]
    await asyncio.sleep(WARM_UP_SECONDS)
    before, own, theirs = callers.accepted, time.process_time(), database.cpu_seconds
    profile = None if options.profile is None else cProfile.Profile()
    if profile is not None:
        profile.enable()
    await asyncio.sleep(callers.until - time.perf_counter())
    own, theirs = time.process_time() - own, database.cpu_seconds - theirs
    struck = callers.accepted - before
    if profile is not None and options.profile is not None:
        profile.disable()
        _write_profile(profile, options.profile, struck)
    await asyncio.gather(*tasks)
    waits = sorted(callers.waits)
    if not waits or callers.refused:
        raise SystemExit(f"Strikes were refused: {dict(callers.refused)}, {len(waits)} accepted in time.")
    async with made.database.driver_connection() as connection:
        sizes = await connection.fetch(
            "SELECT count(*) AS strikes FROM world_threat_strikes WHERE raid_id = $1 GROUP BY xmin::text ORDER BY 1",
            raid_id,
        )
    batches = [row["strikes"] for row in sizes]
    return {
        **_pace(waits, callers.last - callers.since),
        "process_us_per_strike": round(own / struck * 1e6, 1),
        "postgres_us_per_strike": round(theirs / struck * 1e6, 1),
        "batch_median": statistics.median(batches),
        "batch_mean": round(statistics.fmean(batches), 1),
        "batch_largest": batches[-1],
        "ran_out": callers.taken >= made.crowd.teams(options.team_size),
    }, callers.accepted


async def run_theirs(made: World, server: EmbeddedServer, raid_id: int, options: Options) -> tuple[dict[str, Any], int]:
    async with made.database.driver_connection() as connection:
        done = await pgbench.strikes(
            server,
            connection,
            made.crowd,
            raid_id,
            clients=options.pgbench_clients,
            seconds=options.seconds,
            size=options.team_size,
        )
    cpu = round(done.cpu_seconds / len(done.waits) * 1e6, 1)
    return {**_pace(done.waits, done.seconds), "postgres_us_per_strike": cpu}, done.committed


def _pace(waits: list[float], seconds: float) -> dict[str, Any]:
    """`waits` rising."""
    return {
        "strikes_per_second": round(len(waits) / seconds),
        "p50_ms": round(waits[len(waits) // 2] * 1000, 2),
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 2),
        "strikes": len(waits),
    }


def _write_profile(profile: cProfile.Profile, path: Path, strikes: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile.dump_stats(path)
    print(f"{strikes} strikes under the profile; it makes calls dearer than they are. All of it: {path}")
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(35)


SIDES = {OURS: run_ours, THEIRS: run_theirs}


async def benchmark(options: Options, *, quick: bool) -> None:
    given = conditions("asyncpg", "uvloop")
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in options.sides}
    yardstick = Yardstick()
    with postgres(with_commit_times=False) as (server, folder):
        began = time.monotonic()
        async with world(server, players=options.players) as made:
            print(f"{options.players:,} players with {CHARACTERS_EACH} characters: {time.monotonic() - began:.1f} s")
            async with made.database.driver_connection() as connection:
                given["postgres"] = await connection.fetchval("SHOW server_version")
                given["fsync"] = await connection.fetchval("SHOW fsync") == "on"
                await pgbench.install(connection)
            for number in range(options.rounds):
                if len(options.sides) == len(SIDES):
                    await yardstick.measure(made, folder)
                for name in options.sides if number % 2 == 0 else reversed(options.sides):
                    keep_what_is_there()  # as the API's processes do when they start
                    raid_id = await made.new_raid(curse_every=NEVER)
                    async with made.database.driver_connection() as connection:
                        await connection.execute("CHECKPOINT")
                    found, acknowledged = await SIDES[name](made, server, raid_id, options)
                    print(f"{name}: {found}", flush=True)
                    last = number == options.rounds - 1
                    await accounting.require_balance(
                        made.database, raid_id, acknowledged=acknowledged, replayed=last and options.profile is None
                    )
                    runs[name].append(found)
    if options.profile is None:
        _write(runs, options, {**given, "quick": quick}, yardstick)


def _write(
    runs: dict[str, list[dict[str, Any]]], options: Options, given: dict[str, Any], yardstick: Yardstick
) -> None:
    figures = {
        name: {key: statistics.median(one[key] for one in each) for key in each[0]} for name, each in runs.items()
    }
    verdict: dict[str, Criterion] = {}
    if OURS in figures:
        verdict |= yardstick.pace(f"strikes/s, {options.callers} callers", figures[OURS]["strikes_per_second"], 10_000)
    if len(figures) == len(SIDES):
        times = figures[OURS]["strikes_per_second"] / figures[THEIRS]["strikes_per_second"]
        verdict[f"times pgbench at {options.pgbench_clients} clients"] = at_least(round(times, 1), 8.0)
    columns = {
        "strikes/s": "strikes_per_second",
        "p50 ms": "p50_ms",
        "p99 ms": "p99_ms",
        "µs/strike in the process": "process_us_per_strike",
        "in PostgreSQL": "postgres_us_per_strike",
        "batch, median": "batch_median",
        "largest": "batch_largest",
    }
    write(
        # A part of it must not replace what was kept.
        "line" if len(figures) == len(SIDES) and not given["quick"] else "line_quick",
        title="The strike line without HTTP",
        given={
            **given,
            "callers": options.callers,
            "pgbench_clients": options.pgbench_clients,
            "team_size": options.team_size,
            "players": options.players,
            "seconds": options.seconds,
            "rounds": options.rounds,
        },
        figures={**figures, "rounds": runs, "yardstick": yardstick.figures()},
        verdict=verdict,
        tables=[
            Table(
                f"{options.callers} callers in one process, and pgbench with {options.pgbench_clients} clients",
                ("", *columns),
                [(name, *(_shown(one.get(key)) for key in columns.values())) for name, one in figures.items()],
            ),
            *yardstick.tables(),
        ],
        plots=[
            Bars(
                "pace",
                "Strikes a second",
                "strikes/s",
                [(name, one["strikes_per_second"]) for name, one in figures.items()],
                ours=frozenset({OURS}),
                target=10_000,
            )
        ],
        notes=[
            *yardstick.notes(),
            "The books balanced after every run; the last raid of each side agreed with its replay bit for bit.",
        ],
    )


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="one round of seconds")
    arguments.add_argument("--callers", type=int, default=256)
    arguments.add_argument("--pgbench-clients", type=int, default=64)
    arguments.add_argument("--seconds", type=float, help="of each run (default 4, quick 2)")
    arguments.add_argument("--rounds", type=int, help="runs of each side (default 3, quick 1)")
    arguments.add_argument("--team", type=int, default=6, help="characters in each team")
    arguments.add_argument("--players", type=int, help="how many there are (default 30,000, quick 12,000)")
    arguments.add_argument("--only", choices=["ours", "pgbench"])
    arguments.add_argument("--profile", type=Path, metavar="FILE", help="one run of ours under cProfile, to this file")
    given = arguments.parse_args()
    only = "ours" if given.profile else given.only
    options = Options(
        callers=given.callers,
        pgbench_clients=given.pgbench_clients,
        seconds=given.seconds or (2.0 if given.quick else 4.0),
        rounds=1 if given.profile else given.rounds or (1 if given.quick else 3),
        team_size=given.team,
        players=given.players or (12_000 if given.quick else 30_000),
        sides={None: (OURS, THEIRS), "ours": (OURS,), "pgbench": (THEIRS,)}[only],
        profile=given.profile,
    )
    uvloop.run(benchmark(options, quick=given.quick))


if __name__ == "__main__":
    main()
