"""Strikes over HTTP and GraphQL: our server with one process and two, the ordinary way, and pgbench's one call each.

    make bench NAME=strikes [QUICK=1]
    make bench NAME=strikes ARGS="--only ours --clients 64,256 --rounds 1"

A closed loop of 1, 16, 64 and 256 connections (bench/load/strikers.py, a process of its own): each sends one strike,
waits for the answer, sends the next, with teams of six that nobody has struck with before. All sides run on the same
tables of the same server (fsync on), each run in a raid of its own; interleaved, medians. After each run the books are
added up in SQL against what clients were told, after the last one of each side the raid is played again as by
`worldthreat raid verify`.
"""

import argparse
import contextlib
import dataclasses
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from bench.kit import accounting, pgbench
from bench.kit.api import WorkersRefusedError, serving
from bench.kit.plot import Bars
from bench.kit.processes import ServerProcess, free_port, running
from bench.kit.results import Criterion, Table, at_least, at_most, conditions, write
from bench.kit.world import World, postgres, world
from bench.kit.yardstick import Yardstick
from bench.load.strikers import Job, strikes_of
from db.embedded import EmbeddedServer

NEVER = 10_000_000
PLAYERS = 20_000
TEAM_SIZE = 6
WARM_UP_SECONDS = 1.0
OURS, OURS_TWICE, ORDINARY, PGBENCH = "ours", "ours, 2 processes", "ordinary way (ORM)", "pgbench, one call"
NAMES = {"ours": OURS, "ours2": OURS_TWICE, "ordinary": ORDINARY, "pgbench": PGBENCH}
COMPARED = (64, 256)
PGBENCH_CLIENTS = 64
"""Each is a connection, and PostgreSQL has a hundred."""

Start = Callable[[str, World, Path], contextlib.AbstractContextManager[ServerProcess]]
Work = Callable[[int, int], Awaitable[tuple[dict[str, Any], int, int | None]]]
"""(raid id, clients) -> figures, strikes that were acknowledged, their damage where that is known."""


@contextlib.contextmanager
def ordinary(database_url: str, made: World, folder: Path) -> Iterator[ServerProcess]:
    port = free_port()
    command = [sys.executable, "-m", "bench.baselines.orm_strikes", str(port), database_url, made.bot_token]
    with running(command, port=port, environment={}, log=folder / "ordinary.log") as server:
        yield server


@contextlib.contextmanager
def ours(
    database_url: str, _made: World, folder: Path, *, workers: int, settings: Mapping[str, str]
) -> Iterator[ServerProcess]:
    with serving(database_url, folder, workers=workers, settings=settings) as server:
        yield server


@dataclass(frozen=True, slots=True)
class Options:
    clients: tuple[int, ...]
    seconds: float
    rounds: int
    sides: tuple[str, ...]
    player_tokens: bool
    settings: Mapping[str, str]

    @property
    def whole(self) -> bool:
        """Whether this is worth keeping: a part of it must not replace what was kept."""
        return len(self.sides) == len(NAMES) and set(COMPARED) < set(self.clients)


class Benchmark:
    def __init__(self, server: EmbeddedServer, folder: Path, made: World, options: Options) -> None:
        self._server = server
        self._folder = folder
        self._made = made
        self._options = options
        self._tokens: list[str] = [made.bot_token]
        self.yardstick = Yardstick()
        self.runs: list[dict[str, Any]] = []
        self.left_out: list[str] = []

    async def run(self) -> None:
        starts: dict[str, Start] = {
            OURS: partial(ours, workers=1, settings=self._options.settings),
            OURS_TWICE: partial(ours, workers=2, settings=self._options.settings),
            ORDINARY: ordinary,
        }
        if self._options.player_tokens:
            self._tokens = await self._made.player_tokens()
        for number in range(self._options.rounds):
            last = number == self._options.rounds - 1
            if self._options.whole:
                await self.yardstick.measure(self._made, self._folder)
            with contextlib.ExitStack() as servers:
                works = {side: self._work(side, starts, servers) for side in self._options.sides if side != PGBENCH}
                for place, clients in enumerate(self._options.clients):
                    for side in works if (number + place) % 2 == 0 else reversed(works):
                        work = works[side]
                        if work is not None:
                            await self._measure(side, clients, work, replayed=last)
            for clients in self._options.clients:  # without the servers' connections beside it
                if PGBENCH in self._options.sides and clients <= PGBENCH_CLIENTS:
                    await self._measure(PGBENCH, clients, self._call, replayed=last)

    def _work(self, side: str, starts: Mapping[str, Start], servers: contextlib.ExitStack) -> Work | None:
        """What strikes on this side. Its server waits beside the others, so that those who are compared take turns."""
        if side in self.left_out:
            return None
        try:
            server = servers.enter_context(starts[side](self._server.url, self._made, self._folder))
        except WorkersRefusedError:
            print(f"{side}: this version of the server runs one process", flush=True)
            self.left_out.append(side)
            return None
        return partial(self._load, server)

    async def _measure(self, side: str, clients: int, work: Work, *, replayed: bool) -> None:
        raid_id = await self._made.new_raid(curse_every=NEVER)
        async with self._made.database.driver_connection() as connection:
            await connection.execute("CHECKPOINT")
        found, acknowledged, damage = await work(raid_id, clients)
        await accounting.require_balance(
            self._made.database,
            raid_id,
            acknowledged=acknowledged,
            damage=damage,
            replayed=replayed and clients == self._options.clients[-1],
        )
        found = {"side": side, "clients": clients, **found}
        print(found, flush=True)
        self.runs.append(found)

    async def _load(self, server: ServerProcess, raid_id: int, clients: int) -> tuple[dict[str, Any], int, int]:
        job = Job(
            port=server.port,
            clients=clients,
            seconds=self._options.seconds,
            warm_up_seconds=WARM_UP_SECONDS,
            crowd=dataclasses.asdict(self._made.crowd),
            team_size=TEAM_SIZE,
            key_prefix=str(raid_id),
            tokens=self._tokens,
            server_pid=server.pid,
            postgres_pid=self._server.pid or 0,
        )
        told = await strikes_of(job, self._folder)
        if told.ran_out:
            raise SystemExit("Every team has struck: more players are needed.")
        figures = dataclasses.asdict(told)
        del figures["ran_out"]
        return figures, told.acknowledged, told.damage

    async def _call(self, raid_id: int, clients: int) -> tuple[dict[str, Any], int, None]:
        async with self._made.database.driver_connection() as connection:
            done = await pgbench.strikes(
                self._server,
                connection,
                self._made.crowd,
                raid_id,
                clients=clients,
                seconds=self._options.seconds,
                size=TEAM_SIZE,
            )
        struck = len(done.waits)
        return (
            {
                "strikes": struck,
                "strikes_per_second": round(struck / done.seconds, 1),
                "p50_ms": round(done.waits[struck // 2] * 1000, 2),
                "p99_ms": round(done.waits[int(struck * 0.99)] * 1000, 2),
                "postgres_us": round(done.cpu_seconds / struck * 1e6, 1),
                "errors": {},
            },
            done.committed,
            None,
        )


def medians(runs: list[dict[str, Any]]) -> dict[str, dict[int, dict[str, float]]]:
    """By side and number of clients; errors are the sum over all runs."""
    found: dict[str, dict[int, dict[str, float]]] = {}
    for side in dict.fromkeys(run["side"] for run in runs):
        for clients in dict.fromkeys(run["clients"] for run in runs):
            each = [run for run in runs if (run["side"], run["clients"]) == (side, clients)]
            if not each:
                continue
            keys = [key for key, value in each[0].items() if isinstance(value, float)]
            found.setdefault(side, {})[clients] = {
                **{key: statistics.median(run[key] for run in each) for key in keys},
                "errors": sum(sum(run["errors"].values()) for run in each),
            }
    return found


def judge(
    figures: dict[str, dict[int, dict[str, float]]], clients: tuple[int, ...], yardstick: Yardstick
) -> dict[str, Criterion]:
    verdict: dict[str, Criterion] = {}
    compared = [count for count in COMPARED if count in clients]
    mine, twice, theirs = figures.get(OURS), figures.get(OURS_TWICE), figures.get(ORDINARY)
    for count in compared:
        if mine and theirs:
            times = mine[count]["strikes_per_second"] / theirs[count]["strikes_per_second"]
            verdict[f"times the ordinary way at {count} clients"] = at_least(round(times, 1), 20)
            share = mine[count]["p99_ms"] / theirs[count]["p99_ms"]
            verdict[f"p99, as a share of the ordinary way's at {count}"] = at_most(round(share, 3), 0.1)
        if mine:
            verdict |= yardstick.cpu(f"µs CPU per strike in the API process at {count}", mine[count]["server_us"], 300)
            verdict |= yardstick.cpu(f"µs CPU per strike in PostgreSQL at {count}", mine[count]["postgres_us"], 200)
        if mine and twice:
            times = twice[count]["strikes_per_second"] / mine[count]["strikes_per_second"]
            verdict[f"two processes, times one at {count}"] = at_least(round(times, 2), 1.5)
    errors = sum(one["errors"] for side in (OURS, OURS_TWICE) for one in figures.get(side, {}).values())
    verdict["errors of ours"] = at_most(errors, 0)
    return verdict


def report(benchmark: Benchmark, options: Options, given: dict[str, Any], *, quick: bool) -> None:
    figures = medians(benchmark.runs)
    columns = {
        "strikes/s": "strikes_per_second",
        "p50 ms": "p50_ms",
        "p99 ms": "p99_ms",
        "server µs/strike": "server_us",
        "PostgreSQL µs/strike": "postgres_us",
        "load µs/strike": "client_us",
        "server MB": "resident_mb",
        "errors": "errors",
    }
    widest = options.clients[-1]
    notes = [f"pgbench has at most {PGBENCH_CLIENTS} clients: each is a connection, and PostgreSQL has a hundred."]
    notes += ["The books balanced after every run; the last raid of each side agreed with its replay bit for bit."]
    notes += [*benchmark.yardstick.notes(), *_room_for_two(figures, given["cores"])]
    notes += [f"Left out: {side}, this version of the server runs one process." for side in benchmark.left_out]
    write(
        "strikes" if options.whole and not quick else "strikes_quick",
        title="Strikes over HTTP and GraphQL",
        given={
            **given,
            "quick": quick,
            "players": PLAYERS,
            "team_size": TEAM_SIZE,
            "seconds": options.seconds,
            "rounds": options.rounds,
            "tokens": "one for each player" if options.player_tokens else "one bot's",
        },
        figures={"medians": figures, "runs": benchmark.runs, "yardstick": benchmark.yardstick.figures()},
        verdict=judge(figures, options.clients, benchmark.yardstick),
        tables=[
            Table(
                f"{count} {'client' if count == 1 else 'clients'}",
                ("", *columns),
                [
                    (side, *(_shown(each[count].get(key)) for key in columns.values()))
                    for side, each in figures.items()
                    if count in each
                ],
            )
            for count in options.clients
        ]
        + benchmark.yardstick.tables(),
        plots=[
            Bars(
                name,
                f"{title}, {widest} clients",
                unit,
                [(side, each[widest][key]) for side, each in figures.items() if widest in each],
                ours=frozenset({OURS, OURS_TWICE}),
                logarithmic=True,
            )
            for name, title, unit, key in (
                ("pace", "Strikes a second", "strikes/s", "strikes_per_second"),
                ("p99", "The slowest of a hundred", "ms", "p99_ms"),
            )
        ],
        notes=notes,
    )


def _room_for_two(figures: dict[str, dict[int, dict[str, float]]], cores: int) -> list[str]:
    """What a second process can bring where server, database and load share the machine."""
    if OURS not in figures or OURS_TWICE not in figures:
        return []
    said = []
    for count in sorted(set(figures[OURS]) & set(figures[OURS_TWICE])):
        one, two = figures[OURS][count], figures[OURS_TWICE][count]
        cost = two["server_us"] + two["postgres_us"] + two["client_us"]
        most = cores / cost * 1e6
        said.append(
            f"{count}: {cost:,.0f} µs a strike in all, so at most {most:,.0f} a second, "
            f"{most / one['strikes_per_second']:.2f} times what one process makes; two make "
            f"{two['strikes_per_second'] / most:.0%} of it"
        )
    return [f"Two processes, the database and the load on {cores} cores, by clients. {'. '.join(said)}."]


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}"


async def main_with(options: Options, *, quick: bool) -> None:
    given = conditions("strawberry-graphql", "sqlalchemy", "asyncpg", "uvicorn", "uvloop")
    with postgres(with_commit_times=False) as (server, folder):
        began = time.monotonic()
        async with world(server, players=PLAYERS) as made:
            print(f"{PLAYERS:,} players: {time.monotonic() - began:.1f} s", flush=True)
            async with made.database.driver_connection() as connection:
                given["postgres"] = await connection.fetchval("SHOW server_version")
                given["fsync"] = await connection.fetchval("SHOW fsync") == "on"
                await pgbench.install(connection)
            benchmark = Benchmark(server, folder, made, options)
            await benchmark.run()
    report(benchmark, options, given, quick=quick)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="one short round with 64 clients")
    arguments.add_argument("--clients", help="numbers of clients, with commas between (default 1,16,64,256; quick 64)")
    arguments.add_argument("--seconds", type=float, help="of each run after its warm-up (default 3, quick 2)")
    arguments.add_argument("--rounds", type=int, help="runs of each (default 3, quick 1)")
    arguments.add_argument("--only", help=f"sides, with commas between, of {','.join(NAMES)}")
    arguments.add_argument("--player-tokens", action="store_true", help="a token for each player, not one bot's")
    arguments.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of our server")
    given = arguments.parse_args()
    wanted = (given.only or ",".join(NAMES)).split(",")
    if unknown := set(wanted) - set(NAMES):
        arguments.error(f"--only: {', '.join(sorted(unknown))}")
    options = Options(
        clients=tuple(int(one) for one in (given.clients or ("64" if given.quick else "1,16,64,256")).split(",")),
        seconds=given.seconds or (2.0 if given.quick else 3.0),
        rounds=given.rounds or (1 if given.quick else 3),
        sides=tuple(NAMES[one] for one in wanted),
        player_tokens=given.player_tokens,
        settings={
            # Thousands of players at one address, and each as often as the machine can.
            **({"WORLDTHREAT_RATE_ADDRESS": "off", "WORLDTHREAT_RATE_PLAYER": "off"} if given.player_tokens else {}),
            **dict(one.split("=", 1) for one in given.set),
        },
    )
    uvloop.run(main_with(options, quick=given.quick))


if __name__ == "__main__":
    main()
