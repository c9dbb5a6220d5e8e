"""An honest community, and one request in a hundred from somebody who means no good.

    make bench NAME=hostile [QUICK=1] [ARGS="--minutes 4"]

Strikes, reads and followers at a steady pace, first alone, then for ten minutes with attacks of every kind among them
(bench/load/hostile.py). Honest strikes may wait at most twice as long, memory stays, the log has no traceback and no
token, no answer is a server error, and the books balance.
"""

import argparse
import asyncio
import itertools
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import uvloop

from bench.kit.processes import ServerProcess, allow_open_files, free_port, running
from bench.kit.results import Table, at_least, at_most, conditions, write
from bench.kit.world import World, postgres, world
from bench.load.hostile import ATTACKS, Target, attack
from bench.load.http_clients import Clients
from services.verification import verify_raid

STRIKES_PER_SECOND = 50
READS_PER_SECOND = 50
HOSTILE_PERMILLE = 10
PLAYERS = 2_500
WARM_UP_SECONDS = 3.0
QUICK_MINUTES, FULL_MINUTES = 0.5, 10.0
STRIKE = """mutation Strike($input: ExecuteStrikeInput!) {
  executeStrike(input: $input) { __typename ... on UserError { message } }
}"""
READ = "{ activeRaid { hp { current } totals { strikes } } leaderboard(first: 10) { score player { name } } }"


@dataclass(slots=True)
class Found:
    """What was seen in one part of the run."""

    waits: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, int]] = field(default_factory=list)
    attacks: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def p99_ms(self) -> float:
        return round(sorted(self.waits)[int(len(self.waits) * 0.99)] * 1_000, 1)


class Community:
    """Strikes with one character after the other, and asks how it goes."""

    def __init__(self, made: World, bots: Clients, public: Clients) -> None:
        self._made, self._bots, self._public = made, bots, public
        self._numbers = itertools.count()
        self._copies: list[Any] = []

    async def begin(self) -> None:
        self._copies = (await self._made.copies(PLAYERS * 24))[::-1]

    async def strike(self, found: Found) -> None:
        copy, number = self._copies.pop(), next(self._numbers)
        given = {
            "action": "FIGHT",
            "characterIds": [copy.character_id],
            "discordId": copy.discord_id,
            "idempotencyKey": f"hostile-{number}",
        }
        began = time.perf_counter()
        answer = await self._bots.ask(STRIKE, {"input": given})
        found.waits.append(time.perf_counter() - began)
        name = answer["executeStrike"]["__typename"]
        if name != "ExecuteStrikeSuccess":
            found.refused[name] += 1

    async def read(self, _found: Found) -> None:
        await self._public.ask(READ)


async def steadily(per_second: float, until: float, work: Callable[[], Awaitable[None]]) -> None:
    """Starts `work` at this pace, whether or not the one before is done."""
    started: set[asyncio.Task[None]] = set()
    due = time.perf_counter()
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.ensure_future(work())
        started.add(task)
        task.add_done_callback(started.discard)
        due += 1 / per_second
    await asyncio.gather(*started)


async def part(community: Community, server: ServerProcess, seconds: float, *, hostile: bool) -> Found:
    found = Found()
    names = itertools.cycle(random.sample(sorted(ATTACKS), len(ATTACKS)))
    until = time.perf_counter() + seconds

    async def attack_once() -> None:
        name = next(names)
        wrong = await attack(name, Target(server.port))
        found.attacks[name] += 1
        if wrong is not None:
            found.wrong.append(wrong)

    async def look() -> None:
        found.memory.append((time.perf_counter(), server.resident_bytes))

    paces = [
        steadily(STRIKES_PER_SECOND, until, lambda: community.strike(found)),
        steadily(READS_PER_SECOND, until, lambda: community.read(found)),
        steadily(0.5, until, look),
    ]
    if hostile:
        rate = (STRIKES_PER_SECOND + READS_PER_SECOND) * HOSTILE_PERMILLE / (1_000 - HOSTILE_PERMILLE)
        paces.append(steadily(rate, until, attack_once))
    await asyncio.gather(*paces)
    return found


def growth_permille(memory: list[tuple[float, int]]) -> float:
    """By how much the last quarter lies over the first, after the first tenth."""
    sizes = [size for _, size in memory][len(memory) // 10 :]
    quarter = max(1, len(sizes) // 4)
    first, last = statistics.median(sizes[:quarter]), statistics.median(sizes[-quarter:])
    return round((last / first - 1) * 1_000, 1)


async def benchmark(minutes: float) -> None:
    alone_seconds, hostile_seconds = (8.0, 30.0) if minutes == QUICK_MINUTES else (minutes * 12, minutes * 60)
    given = conditions("strawberry-graphql", "uvicorn", "limits")
    with postgres() as (database, folder):
        async with world(database, players=PLAYERS) as made:
            raid_id = await made.new_raid(curse_every=500)
            port, log = free_port(), folder / "hostile.log"
            environment = {
                "WORLDTHREAT_DATABASE_URL": database.url,
                "WORLDTHREAT_PORT": str(port),
                "WORLDTHREAT_TRUSTED_PROXIES": "127.0.0.1/32",
            }
            command = [sys.executable, "-m", "worldthreat", "serve"]
            with running(command, port=port, environment=environment, log=log) as server:
                async with Clients(port, 64, made.bot_token) as bots, Clients(port, 32) as public:
                    community = Community(made, bots, public)
                    await community.begin()
                    await part(community, server, WARM_UP_SECONDS, hostile=False)
                    alone = await part(community, server, alone_seconds, hostile=False)
                    print(f"alone: p99 {alone.p99_ms} ms", flush=True)
                    together = await part(community, server, hostile_seconds, hostile=True)
            said = log.read_text(encoding="utf-8", errors="replace")
            verified = await verify_raid(made.database, str(raid_id))
    _report(given, alone, together, said, balanced=verified.agrees, minutes=minutes)


def _report(given: Any, alone: Found, together: Found, said: str, *, balanced: bool, minutes: float) -> None:
    for wrong in together.wrong[:10]:
        print(wrong)
    grown = growth_permille(together.memory)
    leaked = sum(said.count(word) for word in ("Traceback", "wt_admin_", "wt_bot_", "wt_player_", "wt_viewer_"))
    figures = {
        "alone": {"strikes": len(alone.waits), "p99_ms": alone.p99_ms},
        "together": {
            "strikes": len(together.waits),
            "p99_ms": together.p99_ms,
            "refused": dict(together.refused),
            "attacks": dict(together.attacks),
            "memory_mib": [round(size / 2**20) for _, size in together.memory][:: max(1, len(together.memory) // 20)],
            "growth_permille": grown,
        },
    }
    write(
        "hostile" if minutes >= FULL_MINUTES else "hostile_quick",
        title="One request in a hundred is hostile",
        given={**given, "strikes/s": STRIKES_PER_SECOND, "reads/s": READS_PER_SECOND, "minutes": minutes},
        figures=figures,
        verdict={
            "honest strikes' p99, times that without attacks": at_most(round(together.p99_ms / alone.p99_ms, 2), 2.0),
            "memory, permille more at the end": at_most(grown, 100.0),
            "server errors and wrong close codes": at_most(len(together.wrong), 0),
            "honest strikes that failed": at_most(together.refused.total() + alone.refused.total(), 0),
            "tracebacks and tokens in the log": at_most(leaked, 0),
            "kinds of attacks": at_least(len(together.attacks), 20 if minutes == QUICK_MINUTES else len(ATTACKS)),
            "books that balance": at_least(int(balanced), 1),
        },
        tables=[
            Table(
                "Honest strikes",
                ("", "strikes", "p50 ms", "p99 ms"),
                [
                    (
                        name,
                        f"{len(one.waits):,}",
                        f"{statistics.median(one.waits) * 1_000:.1f}",
                        f"{one.p99_ms:.1f}",
                    )
                    for name, one in (("alone", alone), ("with attacks", together))
                ],
            )
        ],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="half a minute of attacks")
    arguments.add_argument("--minutes", type=float, default=FULL_MINUTES, help="of attacks; a fifth of it without")
    options = arguments.parse_args()
    allow_open_files(2_000)
    uvloop.run(benchmark(QUICK_MINUTES if options.quick else options.minutes))


if __name__ == "__main__":
    main()
