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
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.kit.processes import ServerProcess, allow_open_files, free_port, running
from bench.kit.results import Criterion, Table, at_least, at_most, conditions, write
from bench.kit.world import TOTAL_HP, World, postgres, world
from bench.load.http_clients import Clients

UPDATES_PER_SECOND = 4.0
STRIKES_PER_SECOND = 500
STALLED_PERMILLE = 200
PATIENCE_SECONDS = 20.0
WARMED_BY = 20
PLAYERS = 600
OPEN_FILES = 12_000

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
ADJUST = "mutation Adjust($input: AdjustBossHpInput!) { adjustBossHp(input: $input) { __typename } }"
STRIKE = """mutation Strike($input: ExecuteStrikeInput!) {
  executeStrike(input: $input) { __typename ... on UserError { message } }
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
        log = self._folder / f"{scenario.name}.log"
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
                strikes = asyncio.create_task(self._strikes(server.port, scenario))
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
                settled = await load.do(
                    "finish", commits=await self._world.commits(raid_id), patience=PATIENCE_SECONDS, strikes={}
                )
                took, cpu = time.monotonic() - started, server.cpu_seconds - cpu
                told = settled
                resident_after = server.resident_bytes
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
            "strikes": struck,
            "seconds": round(took, 1),
            **told,
            **({"storm": storm} if storm else {}),
        }

    async def _strikes(self, port: int, scenario: Scenario) -> int:
        """Strikes at an even pace for as long as the scenario lasts; how many were accepted."""
        wanted = round(scenario.strikes_per_second * scenario.seconds)
        if not wanted:
            return 0
        copies = await self._world.copies(wanted)
        async with Clients(port, 64, self._world.bot_token) as bots:
            started = time.monotonic()

            async def strike(number: int) -> bool:
                copy = copies[number]
                given = {
                    "action": "FIGHT",
                    "characterIds": [copy.character_id],
                    "discordId": copy.discord_id,
                    "idempotencyKey": f"live-{started}-{number}",
                }
                answer = await bots.ask(STRIKE, {"input": given})
                return bool(answer["executeStrike"]["__typename"] == "ExecuteStrikeSuccess")

            tasks = []
            for number in range(len(copies)):
                await asyncio.sleep(max(0.0, started + number / scenario.strikes_per_second - time.monotonic()))
                tasks.append(asyncio.create_task(strike(number)))
            return sum(await asyncio.gather(*tasks))


class Changes:
    """Changes of a raid's HP, four a second, by an admin over the API."""

    def __init__(self, admins: Clients, raid_id: int) -> None:
        self._admins = admins
        self._raid_id = raid_id
        self.made = 0

    async def make(self, wanted: int) -> None:
        started = time.monotonic()
        tasks = []
        for number in range(wanted):
            await asyncio.sleep(max(0.0, started + number / UPDATES_PER_SECOND - time.monotonic()))
            self.made += 1
            given = {"raidId": str(self._raid_id), "reason": "benchmark", "currentHp": TOTAL_HP - 1_000 * self.made}
            tasks.append(asyncio.create_task(self._admins.ask(ADJUST, {"input": given})))
        await asyncio.gather(*tasks)


async def main_async(sizes: list[int]) -> None:
    with postgres() as (server, folder):
        async with world(server, players=PLAYERS) as made:
            bench = Bench(made, server.url, folder)
            for size in sizes:
                print(await bench.run(Scenario(f"ours-{size}", size, 5.0)))
            print(await bench.run(Scenario(f"stock-{200}", 200, 5.0, stock=True)))


if __name__ == "__main__":
    allow_open_files(OPEN_FILES)
    uvloop.run(main_async([int(x) for x in sys.argv[1:]]))
