"""The opening rush: 100,000 players' first strikes within two minutes, server, database and load on one machine.

    make bench NAME=rush [QUICK=1]

An open loop (bench/load/rush_load.py): each strike is sent at its moment, whatever became of those before, over at most
2,000 connections. Overload that says so is retried after its `retryAfterMs` with the same key. At the end every strike
must be accepted exactly once: the books are added up against what clients were told, and the raid is played again as by
`worldthreat raid verify`. QUICK is a tenth: 10,000 players within 12 seconds.
"""

import argparse
import asyncio
import dataclasses
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.kit import accounting
from bench.kit.api import serving
from bench.kit.plot import Bars
from bench.kit.processes import ServerProcess
from bench.kit.results import Table, at_least, at_most, conditions, write
from bench.kit.world import World, postgres, world
from bench.load.rush_load import Job, Told
from db.embedded import EmbeddedServer

NEVER = 10_000_000
EVERYBODY = 100_000
TEAM_SIZE = 6
MOST_CONNECTIONS = 2_000
PATIENCE_SECONDS = 120.0


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    players: int
    seconds: float
    workers: int
    settings: dict[str, str]
    replay: bool


async def largest_memory(server: ServerProcess, done: asyncio.Event) -> float:
    """The API's largest resident memory until `done`, in MiB, looked at twice a second."""
    most = 0
    while not done.is_set():
        most = max(most, server.resident_bytes)
        await asyncio.sleep(0.5)
    return most / 2**20


async def rush(
    made: World, database: EmbeddedServer, folder: Path, options: Options
) -> tuple[Told, dict[str, Any], int]:
    """What the players were told, what it cost, and the raid."""
    raid_id = await made.new_raid(curse_every=NEVER)
    async with made.database.driver_connection() as connection:
        await connection.execute("CHECKPOINT")
    with serving(database.url, folder, workers=options.workers, settings=options.settings) as server:
        job = Job(
            port=server.port,
            seconds=options.seconds,
            patience_seconds=PATIENCE_SECONDS,
            most_connections=MOST_CONNECTIONS,
            crowd=dataclasses.asdict(made.crowd),
            team_size=TEAM_SIZE,
            key_prefix=str(raid_id),
            tokens=[made.bot_token],
            seed=6,
        )
        job_file = folder / "rush.json"
        job_file.write_bytes(orjson.dumps(dataclasses.asdict(job)))
        done, postgresql = asyncio.Event(), ServerProcess(database.pid or 0, 0)
        memory = asyncio.create_task(largest_memory(server, done))
        before = server.cpu_seconds, postgresql.cpu_seconds
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.load.rush_load", job_file, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        after = server.cpu_seconds, postgresql.cpu_seconds
        done.set()
        if process.returncode != 0:
            raise SystemExit(f"The load generator ended with {process.returncode}.")
        told = Told(**orjson.loads(output))
        struck = max(1, told.accepted)
        cost = {
            "server_us": round((after[0] - before[0]) / struck * 1e6, 1),
            "postgres_us": round((after[1] - before[1]) / struck * 1e6, 1),
            "server_mb_most": round(await memory, 1),
        }
    return told, cost, raid_id


async def benchmark(options: Options, *, quick: bool) -> None:
    given = conditions("strawberry-graphql", "asyncpg", "uvicorn", "uvloop")
    with postgres(with_commit_times=False) as (database, folder):
        began = time.monotonic()
        async with world(database, players=options.players) as made:
            print(f"{options.players:,} players: {time.monotonic() - began:.1f} s", flush=True)
            told, cost, raid_id = await rush(made, database, folder, options)
            print(told, cost, flush=True)
            wrong: list[str] = []
            async with made.database.driver_connection() as connection:
                await connection.execute("SET statement_timeout = 0")
                wrong += await accounting.mismatches(
                    connection, raid_id, acknowledged=told.accepted, damage=told.damage
                )
            if options.replay:
                wrong += await accounting.differences(made.database, raid_id)
    for problem in wrong[:20]:
        print(problem)
    lost = options.players - told.accepted
    write(
        "rush" if options.players >= EVERYBODY and not quick else "rush_quick",
        title=f"{options.players:,} players' first strikes within {options.seconds:,.0f} seconds",
        given={
            **given,
            "fsync": True,
            "quick": quick,
            "players": options.players,
            "seconds": options.seconds,
            "workers": options.workers,
            "most_connections": MOST_CONNECTIONS,
            "team_size": TEAM_SIZE,
        },
        figures={**dataclasses.asdict(told), **cost, "differences": wrong},
        verdict={
            "strikes accepted": at_least(told.accepted, options.players),
            "lost, or refused for another reason than overload": at_most(lost, 0),
            "p99 of accepted strikes, ms": at_most(told.p99_ms, 500),
            "memory of the API, MB": at_most(cost["server_mb_most"], 400),
            "differences in the books": at_most(len(wrong), 0),
        },
        tables=[
            Table(
                "The whole of it",
                ("", "value"),
                [
                    ("seconds until the last was accepted", f"{told.seconds:,.1f}"),
                    ("p50, ms", f"{told.p50_ms:,.1f}"),
                    ("p99, ms", f"{told.p99_ms:,.1f}"),
                    ("slowest, ms", f"{told.slowest_ms:,.0f}"),
                    ("p99 with all retries, ms", f"{told.until_accepted_p99_ms:,.1f}"),
                    ("answers of overload", f"{told.overloads:,}"),
                    ("strikes that met overload", f"{told.overloaded_strikes:,}"),
                    ("connections lost and retried", f"{told.reconnected:,}"),
                    ("sent later than due, p99, ms", f"{told.behind_p99_ms:,.1f}"),
                    ("server, µs CPU per strike", f"{cost['server_us']:,.0f}"),
                    ("PostgreSQL, µs CPU per strike", f"{cost['postgres_us']:,.0f}"),
                    ("load generator, s CPU", f"{told.client_cpu_seconds:,.1f}"),
                    ("most memory of the API, MB", f"{cost['server_mb_most']:,.0f}"),
                ],
            )
        ],
        plots=[
            Bars(
                "p99",
                "The slowest of a hundred, by the seconds since the boss appeared",
                "ms",
                [(f"{at:,.0f} s: {accepted:,} accepted", p99) for at, accepted, p99 in told.timeline],
                ours=frozenset(f"{at:,.0f} s: {accepted:,} accepted" for at, accepted, _ in told.timeline),
                target=500,
            )
        ],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="10,000 players within 12 seconds")
    arguments.add_argument("--players", type=int)
    arguments.add_argument("--seconds", type=float, help="within which everybody strikes")
    arguments.add_argument("--workers", type=int, default=1, help="processes of our server")
    arguments.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of our server")
    arguments.add_argument("--no-replay", action="store_true", help="add the books up, but do not play the raid again")
    given = arguments.parse_args()
    options = Options(
        players=given.players or (10_000 if given.quick else EVERYBODY),
        seconds=given.seconds or (12.0 if given.quick else 120.0),
        workers=given.workers,
        settings=dict(one.split("=", 1) for one in given.set),
        replay=not given.no_replay,
    )
    uvloop.run(benchmark(options, quick=given.quick))


if __name__ == "__main__":
    main()
