"""A raid followed live by thousands, beside the ordinary way to do it.

    make bench NAME=live [QUICK=1]

Subscribers of one server process follow a raid that changes four times a second: 500, 2,000 and 5,000 of ours, 500
of the stock server (bench/baselines/stock_subscriptions.py) on the same document and the same changes, interleaved,
medians. Then with 500 strikes a second underneath, with a fifth of the subscribers stalled, and a storm: everybody is
cut off and comes back at once. When a change was committed is PostgreSQL's word; when it was received, the clients'.
"""

import argparse
import asyncio
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.kit.changes import UPDATES_PER_SECOND, Changes
from bench.kit.plot import Bars
from bench.kit.processes import ServerProcess, allow_open_files, free_port, running
from bench.kit.results import Criterion, Table, at_least, at_most, conditions, write
from bench.kit.world import World, postgres, world
from bench.load.http_clients import Clients

STRIKES_PER_SECOND = 500
STALLED_PERMILLE = 200
PATIENCE_SECONDS = 20.0
WARMED_BY = 20
PLAYERS = 600
OPEN_FILES = 12_000
LARGE_EVENTS = 400

SELECTION = """{
    sequence gap
    events { sequence kind message occurredAt }
    raid {
      id name status
      boss { name }
      hp { current total permille }
      stage { number count }
      analysis { points unlocked nextThreshold }
      weaknesses { kind value }
      curses { affinity { kind value } }
      curseClock { strikesUntilNext }
      totals { strikes participants damage }
    }
  }
}"""
OURS = "subscription Overlay($after: SafeInt) {\n  raidUpdates(after: $after) " + SELECTION
STOCK = "subscription Overlay {\n  raidUpdates " + SELECTION
LARGE = """subscription Everything {
  raidUpdates {
    sequence
    raid { totals { strikes } events(first: 500) { sequence kind message occurredAt raidId } }
  }
}"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One server process and who follows it."""

    name: str
    subscribers: int
    seconds: float
    stock: bool = False
    stalled: int = 0
    strikes_per_second: int = 0
    storm: bool = False


class Load:
    """The process that holds the subscribers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, what: str, **given: Any) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the load process has no pipes")
        self._process.stdin.write(orjson.dumps({"do": what, **given}, option=orjson.OPT_NON_STR_KEYS) + b"\n")
        async with asyncio.timeout(300):
            line = await self._process.stdout.readline()
        if not line:
            raise SystemExit(f"The load process has ended while it was asked to {what}.")
        answer: dict[str, Any] = orjson.loads(line)
        return answer


@contextlib.asynccontextmanager
async def load_process() -> AsyncIterator[Load]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.load.subscribers",
        str(OPEN_FILES),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=64 * 1024 * 1024,
    )
    try:
        yield Load(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


class Bench:
    """Runs scenarios, each with a fresh server and a fresh raid."""

    def __init__(self, world: World, database_url: str, folder: Path) -> None:
        self._world = world
        self._database_url = database_url
        self._folder = folder

    def _server(self, scenario: Scenario) -> contextlib.AbstractContextManager[ServerProcess]:
        port = free_port()
        log = self._folder / "server.log"
        if scenario.stock:
            command = [sys.executable, "-m", "bench.baselines.stock_subscriptions", str(port), self._database_url]
            return running(command, port=port, environment={}, log=log)
        environment = {
            "WORLDTHREAT_DATABASE_URL": self._database_url,
            "WORLDTHREAT_PORT": str(port),
            "WORLDTHREAT_LOG_LEVEL": "warning",
        }
        return running([sys.executable, "-m", "worldthreat", "serve"], port=port, environment=environment, log=log)

    async def run(self, scenario: Scenario) -> dict[str, Any]:
        raid_id = await self._world.new_raid()
        if scenario.stalled:
            await self._world.make_history(raid_id, LARGE_EVENTS)
        with self._server(scenario) as server:
            async with load_process() as load, Clients(server.port, 16, self._world.admin_token) as admins:
                asked = {"port": server.port, "query": STOCK if scenario.stock else OURS}
                changes = Changes(admins, raid_id)
                await load.do("connect", count=WARMED_BY, **asked)
                await changes.make(4)
                await asyncio.sleep(1.0)
                resident = server.resident_bytes
                connected = await load.do("connect", count=scenario.subscribers - WARMED_BY - scenario.stalled, **asked)
                if scenario.stalled:
                    await load.do("stall", count=scenario.stalled, port=server.port, query=LARGE)
                await asyncio.sleep(1.0)
                per_connection = (server.resident_bytes - resident) / (scenario.subscribers - WARMED_BY)
                await load.do("measure")
                strikes = asyncio.create_task(self._strikes(scenario))
                cpu, started = server.cpu_seconds, time.monotonic()
                storm = {}
                if scenario.storm:
                    changing = asyncio.create_task(changes.make(round(UPDATES_PER_SECOND * scenario.seconds)))
                    await asyncio.sleep(1.0)
                    storm = await load.do("storm", port=server.port, patience=60.0)
                    await changing
                else:
                    await changes.make(round(UPDATES_PER_SECOND * scenario.seconds))
                struck = await strikes
                told = await load.do(
                    "finish",
                    commits=await self._world.commits(raid_id),
                    strikes=await self._world.strike_commits(raid_id) if struck else {},
                    patience=PATIENCE_SECONDS,
                )
                took, cpu = time.monotonic() - started, server.cpu_seconds - cpu
                resident_after = server.resident_bytes
                if scenario.stalled:
                    told |= await load.do("release")
        return {
            "name": scenario.name,
            "subscribers": scenario.subscribers,
            "connect_seconds": connected["seconds"],
            "connection_kb": round(per_connection / 1024, 1),
            "connection_kb_after": round((resident_after - resident) / scenario.subscribers / 1024, 1),
            "resident_mb": round(resident_after / 2**20, 1),
            "deliveries_per_second": round(told["frames"] / took),
            "server_us_per_delivery": round(cpu / max(1, told["frames"]) * 1e6, 1),
            "server_cores": round(cpu / took, 2),
            "changes": changes.made,
            "changes_refused": changes.refused,
            "strikes": struck,
            "seconds": round(took, 1),
            **told,
            **({"storm": storm} if storm else {}),
        }

    async def told(self, scenario: Scenario) -> dict[str, Any]:
        """`run`, with a line for who waits."""
        found = await self.run(scenario)
        print(
            f"{scenario.name}: {found['deliveries_per_second']:,} deliveries/s, "
            f"{found['server_us_per_delivery']} µs, {found['commit_to_receipt_ms']} ms, missing {found['missing']}",
            flush=True,
        )
        return found

    async def _strikes(self, scenario: Scenario) -> int:
        """Strikes at an even pace for as long as the scenario lasts, through a strike line of this process, as another
        API process would make them; how many were accepted.
        """
        wanted = round(scenario.strikes_per_second * scenario.seconds)
        if not wanted:
            return 0
        copies = await self._world.copies(wanted)
        started = time.monotonic()
        tasks = []
        for number, copy in enumerate(copies):
            await asyncio.sleep(max(0.0, started + number / scenario.strikes_per_second - time.monotonic()))
            tasks.append(asyncio.create_task(self._world.strike(copy, f"live-{started}-{number}")))
        await asyncio.gather(*tasks)
        return len(tasks)


def scenarios(*, quick: bool) -> list[Scenario]:
    """One round. What is compared with one another runs side by side."""
    seconds = 3.0 if quick else 10.0
    rounds = [Scenario("stock 500", 250 if quick else 500, seconds, stock=True), Scenario("500", 500, seconds)]
    if quick:
        return [*rounds, Scenario("2,000", 2_000, seconds)]
    return [*rounds, Scenario("2,000", 2_000, seconds), Scenario("5,000", 5_000, seconds)]


def single_scenarios(*, quick: bool) -> list[Scenario]:
    """What runs once."""
    if quick:
        return [Scenario("2,000 and a storm", 2_000, 6.0, storm=True)]
    stalled = 5_000 * STALLED_PERMILLE // 1000
    return [
        Scenario("5,000, 500 strikes/s", 5_000, 10.0, strikes_per_second=STRIKES_PER_SECOND),
        Scenario("5,000, 1,000 of them stalled", 5_000, 30.0, stalled=stalled),
        Scenario("5,000 and a storm", 5_000, 15.0, storm=True),
    ]


def median_of(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each figure; what is no figure is the last run's, counts of what went wrong are summed up."""
    summed = {"missing", "repeated", "changes_refused"}
    found = dict(runs[-1])
    for key, value in runs[-1].items():
        if key in summed:
            found[key] = sum(run[key] for run in runs)
        elif isinstance(value, int | float):
            found[key] = round(statistics.median(run[key] for run in runs), 2)
        elif isinstance(value, dict) and key.endswith("_ms") and value:
            found[key] = {part: round(statistics.median(run[key][part] for run in runs), 1) for part in value}
    return {**found, "runs": len(runs)}


def verdict_of(found: dict[str, dict[str, Any]]) -> dict[str, Criterion]:
    """What the targets say of the largest crowd, of the storm and of the stalled, as far as they were run."""
    largest = found.get("5,000", found["2,000"])
    size, stock = largest["subscribers"], found["stock 500"]
    verdict = {
        "times less CPU per delivery than stock": at_least(
            round(stock["server_us_per_delivery"] / largest["server_us_per_delivery"], 1), 20.0
        ),
        f"KB per connection at {size}": at_most(max(largest["connection_kb"], largest["connection_kb_after"]), 40.0),
        f"p99 commit to receipt at {size}, ms": at_most(
            largest["commit_to_receipt_ms"].get("p99", float("inf")), 300.0
        ),
        "missing or repeated events, all runs": at_most(
            sum(one["missing"] + one["repeated"] for one in found.values()), 0
        ),
        "errors, closed sockets and refused changes, ours": at_most(
            sum(
                len(one["errors"]) + sum(one["closed"].values()) + one["changes_refused"]
                for name, one in found.items()
                if not name.startswith("stock")
            ),
            0,
        ),
    }
    if size == 5_000:
        verdict = {"CPU per delivery at 5000, µs": at_most(largest["server_us_per_delivery"], 25.0), **verdict}
    for one in found.values():
        storm = one.get("storm")
        if storm:
            verdict[f"storm of {one['subscribers']}: s until all have state"] = at_most(storm["seconds"], 8.0)
            verdict["storm: without state, missed, repeated or failed"] = at_most(
                one["subscribers"] - storm["with_state"] + storm["missed"] + storm["repeated"] + len(storm["errors"]), 0
            )
    stalled = found.get("5,000, 1,000 of them stalled")
    if stalled is not None:
        more = round(stalled["resident_mb"] - largest["resident_mb"], 1)
        verdict["a fifth stalled: MB more than without"] = at_most(more, 100.0)
    return verdict


def table_of(found: dict[str, dict[str, Any]]) -> Table:
    def row(name: str, one: dict[str, Any]) -> list[str]:
        waits = one["commit_to_receipt_ms"]
        return [
            name,
            f"{one['deliveries_per_second']:,.0f}",
            f"{waits.get('p50', 0):,.0f}",
            f"{waits.get('p99', 0):,.0f}",
            f"{one['server_us_per_delivery']:,.1f}",
            f"{one['server_cores']:.2f}",
            f"{max(one['connection_kb'], one['connection_kb_after']):,.1f}",
            f"{one['resident_mb']:,.0f}",
            f"{one['missing']:,}",
            f"{one['strikes']:,.0f}",
        ]

    columns = (
        "subscribers",
        "deliveries/s",
        "p50 ms",
        "p99 ms",
        "server µs/delivery",
        "server cores",
        "KB/connection",
        "server MB",
        "missing",
        "strikes",
    )
    return Table("Followers of one server process", columns, [row(name, one) for name, one in found.items()])


def plots_of(found: dict[str, dict[str, Any]]) -> list[Bars]:
    """What a delivery costs, and how long it takes."""
    ours = frozenset(name for name in found if not name.startswith("stock"))
    return [
        Bars(
            "cpu",
            "Server CPU for one delivery",
            "µs",
            [(name, one["server_us_per_delivery"]) for name, one in found.items()],
            ours,
            target=25.0,
            logarithmic=True,
        ),
        Bars(
            "p99",
            "Commit to receipt, 99 of 100 within",
            "ms",
            [(name, one["commit_to_receipt_ms"].get("p99", 0.0)) for name, one in found.items()],
            ours,
            target=300.0,
            logarithmic=True,
        ),
    ]


NOTE = """ms: from the commit, by PostgreSQL's clock, to the client's receipt. A delivery is one message to one
subscriber; when the server puts two changes into one message, both count as delivered. µs: user and system time of the
server process alone, with the four changes a second that it commits. `missing`: events that a subscriber has not been
told when the run ended. Each stalled subscriber is sent 50 KB four times a second and reads none of it."""


async def benchmark(*, quick: bool, rounds: int) -> None:
    given = conditions("strawberry-graphql", "uvicorn", "uvloop", "websockets", "picows")
    runs: dict[str, list[dict[str, Any]]] = {}
    with postgres() as (server, folder):
        async with world(server, players=PLAYERS // 10 if quick else PLAYERS) as made:
            bench = Bench(made, server.url, folder)
            for number in range(rounds):
                one_round = scenarios(quick=quick)
                for scenario in one_round if number % 2 == 0 else reversed(one_round):
                    runs.setdefault(scenario.name, []).append(await bench.told(scenario))
            for scenario in single_scenarios(quick=quick):
                runs[scenario.name] = [await bench.told(scenario)]
    found = {name: median_of(each) for name, each in runs.items()}
    write(
        "live_quick" if quick else "live",
        title="A raid followed live",
        given={**given, "updates_per_second": UPDATES_PER_SECOND, "rounds": rounds, "fsync": True, "quick": quick},
        figures=found,
        verdict=verdict_of(found),
        tables=[table_of(found)],
        plots=plots_of(found),
        notes=[NOTE],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="up to 2,000 subscribers, one round, under a minute")
    arguments.add_argument("--rounds", type=int, default=3, help="how often what is compared is run (3)")
    given = arguments.parse_args()
    allow_open_files(OPEN_FILES)
    uvloop.run(benchmark(quick=given.quick, rounds=1 if given.quick else given.rounds))


if __name__ == "__main__":
    main()
