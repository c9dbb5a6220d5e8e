"""What the public asks of a live raid, by 256 clients at once: from shared reads, and each from reads of its own.

    make bench NAME=reads [QUICK=1]

Each client asks again as soon as it is answered: where the raid stands and who leads, as a raid page does. Beneath, an
admin changes the raid four times a second. Both sides run the same API (bench/kit/api_server.py) and differ in one
number, how old the public's reads may be; interleaved, medians.
"""

import argparse
import asyncio
import statistics
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.kit.changes import Changes
from bench.kit.processes import ServerProcess, allow_open_files, free_port, running
from bench.kit.results import Table, at_least, at_most, conditions, write
from bench.kit.world import World, postgres, world
from bench.load.http_clients import Clients, Connection

CLIENTS = 256
SHARED_SECONDS = 0.25
WARM_UP_SECONDS = 1.0
ASKED = orjson.dumps(
    {
        "query": """query RaidPage {
  activeRaid {
    id name status sequence
    boss { name }
    hp { current total permille }
    stage { number count }
    weaknesses { kind value }
    curses { affinity { kind value } }
    totals { strikes participants damage }
    damage: leaderboard(metric: DAMAGE, first: 10) { rank score player { name } }
  }
  leaderboard(metric: STRIKES, first: 10) { rank score player { name } }
}"""
    }
)
STRIKE = """mutation Strike($input: ExecuteStrikeInput!) {
  executeStrike(input: $input) { __typename ... on UserError { message } }
}"""


@dataclass(slots=True)
class Answers:
    """What one side was told, of requests sent within `since` and `until` (seconds of the event loop)."""

    since: float
    until: float
    waits: list[float]
    stale: int = 0
    failed: int = 0


async def one_client(port: int, answers: Answers, changes: Changes) -> None:
    """Asks until the time is over. An answer that lacks a change 250 ms and more after it was told to the admin is
    stale: the clock starts at the admin's answer, so the time that this question waits is not held against it.
    """
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: Connection(None), "127.0.0.1", port)
    try:
        while (sent := loop.time()) < answers.until:
            status, body = await connection.post(ASKED)
            if sent < answers.since:
                continue
            answers.waits.append(loop.time() - sent)
            if status != 200 or b'"errors"' in body:
                answers.failed += 1
                continue
            known = changes.sequence_known_at(sent - SHARED_SECONDS)
            answers.stale += orjson.loads(body)["data"]["activeRaid"]["sequence"] < known
    finally:
        connection.close()


async def strike_some(port: int, made: World) -> None:
    """So that there is somebody on the leaderboards."""
    async with Clients(port, 16, made.bot_token) as bots:
        given = [
            {
                "action": "FIGHT",
                "characterIds": [copy.character_id],
                "discordId": copy.discord_id,
                "idempotencyKey": f"reads-{time.monotonic()}-{number}",
            }
            for number, copy in enumerate(await made.copies(100))
        ]
        await asyncio.gather(*(bots.ask(STRIKE, {"input": one}) for one in given))


async def statements_of(server: ServerProcess) -> int:
    def ask() -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/statements", timeout=10) as answer:
            return int(answer.read())

    return await asyncio.to_thread(ask)


async def run(made: World, database_url: str, folder: Path, *, public_seconds: float, seconds: float) -> dict[str, Any]:
    raid_id = await made.new_raid()
    port = free_port()
    command = [sys.executable, "-m", "bench.kit.api_server", str(port), database_url, str(public_seconds)]
    with running(command, port=port, environment={}, log=folder / "reads.log") as server:
        await strike_some(port, made)
        async with Clients(port, 16, made.admin_token) as admins:
            changes = Changes(admins, raid_id, with_sequence=True)
            now = asyncio.get_running_loop().time()
            answers = Answers(now + WARM_UP_SECONDS, now + WARM_UP_SECONDS + seconds, [])
            clients = [asyncio.create_task(one_client(port, answers, changes)) for _ in range(CLIENTS)]
            changing = asyncio.create_task(changes.make(round((seconds + WARM_UP_SECONDS) * 4)))
            await asyncio.sleep(WARM_UP_SECONDS)
            statements, cpu = await statements_of(server), server.cpu_seconds
            await asyncio.sleep(seconds)
            statements, cpu = await statements_of(server) - statements, server.cpu_seconds - cpu
            await asyncio.gather(*clients, changing)
    waits = sorted(answers.waits)
    return {
        "requests_per_second": round(len(waits) / seconds),
        "p50_ms": round(waits[len(waits) // 2] * 1000, 1),
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
        "statements_per_request": round(statements / len(waits), 3),
        "server_us_per_request": round(cpu / len(waits) * 1e6),
        "stale": answers.stale,
        "failed": answers.failed,
    }


async def benchmark(*, quick: bool) -> None:
    seconds, rounds = (4.0, 1) if quick else (8.0, 3)
    given = conditions("strawberry-graphql", "uvicorn", "asyncpg")
    sides = {"shared reads": SHARED_SECONDS, "a read each": 0.0}
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
    with postgres() as (server, folder):
        async with world(server, players=200) as made:
            for number in range(rounds):
                for name in list(sides) if number % 2 == 0 else reversed(list(sides)):
                    found = await run(made, server.url, folder, public_seconds=sides[name], seconds=seconds)
                    print(f"{name}: {found}", flush=True)
                    runs[name].append(found)
    figures = {
        name: {key: statistics.median(one[key] for one in each) for key in each[0]} for name, each in runs.items()
    }
    shared, alone = figures["shared reads"], figures["a read each"]
    wrong = sum(one["stale"] + one["failed"] for each in runs.values() for one in each)
    write(
        "reads_quick" if quick else "reads",
        title="The public reads a live raid",
        given={**given, "clients": CLIENTS, "rounds": rounds, "fsync": True, "quick": quick},
        figures=figures,
        verdict={
            "statements per request, shared": at_most(shared["statements_per_request"], 0.25),
            "times fewer statements": at_least(
                round(alone["statements_per_request"] / shared["statements_per_request"], 1), 10.0
            ),
            "times more requests/s": at_least(
                round(shared["requests_per_second"] / alone["requests_per_second"], 2), 1.0
            ),
            "answers more than 250 ms old, or failed": at_most(wrong, 0),
        },
        tables=[
            Table(
                f"{CLIENTS} clients: activeRaid and two leaderboards",
                ("", "requests/s", "p50 ms", "p99 ms", "statements/request", "server µs/request"),
                [
                    (
                        name,
                        f"{one['requests_per_second']:,.0f}",
                        f"{one['p50_ms']:,.0f}",
                        f"{one['p99_ms']:,.0f}",
                        f"{one['statements_per_request']:.3f}",
                        f"{one['server_us_per_request']:,.0f}",
                    )
                    for name, one in figures.items()
                ],
            )
        ],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="one round of seconds")
    quick = arguments.parse_args().quick
    allow_open_files(2_000)
    uvloop.run(benchmark(quick=quick))


if __name__ == "__main__":
    main()
