"""What a strike over HTTP costs the API process without the database, in CPU: with compiled plans, without, and bare.

    make bench NAME=plans [QUICK=1]

Every strike is answered by one that was made before, so what is left is HTTP, GraphQL, token, context, resolver and
JSON. Ours is `worldthreat serve` itself with that one method replaced (bench/kit/recorded.py), with WORLDTHREAT_PLANS
on and off; beside it the same answer as bare bytes, by graphql-core's execution, by Strawberry's `execute` and by
Strawberry's view (bench/baselines/recorded_answers.py). Eight clients in a closed loop; interleaved, medians.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import pickle
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.baselines.recorded_answers import WAYS
from bench.kit.api import serving
from bench.kit.plot import Bars
from bench.kit.processes import ServerProcess, free_port, running
from bench.kit.results import Criterion, Table, at_most, conditions, write
from bench.kit.world import BOT, World, postgres, world
from bench.load.strikers import Job, Told
from services.rules.values import StrikeAction
from worldthreat.settings import Settings

CLIENTS = 8
TEAM_SIZE = 6
WARM_UP_SECONDS = 1.0
WITH, WITHOUT = "ours, plans on", "ours, plans off"
NAMES = {
    "bare": "bare ASGI",
    "graphql-core": "graphql-core's execute",
    "strawberry": "Strawberry's execute",
    "view": "Strawberry's view",
}
MANY = {"players": 10_000_000, "characters_each": TEAM_SIZE, "first_copy": 1, "first_user": 1}
"""Nobody looks at who strikes with what: enough different requests."""


async def record(made: World, folder: Path) -> Path:
    """A strike of a full team in a raid with weaknesses, as the service answered it."""
    await made.new_raid()
    team = made.crowd.team(0, TEAM_SIZE)
    answer = await made.service.execute_strike(
        BOT,
        action=StrikeAction.FIGHT,
        character_ids=team.character_ids,
        equipment_id=None,
        discord_id=team.discord_id,
        idempotency_key="recorded",
        expected_sequence=None,
    )
    path = folder / "strike.pickle"
    path.write_bytes(pickle.dumps(answer))
    return path


@contextlib.contextmanager
def started(side: str, recorded: Path, database_url: str) -> Iterator[ServerProcess]:
    folder = recorded.parent
    if side in (WITH, WITHOUT):
        settings = {"WORLDTHREAT_PLANS": "on" if side == WITH else "off"} if has_plans() else {}
        command = ("bench.kit.recorded", str(recorded))
        with serving(database_url, folder, settings=settings, command=command) as server:
            yield server
        return
    way = next(way for way, name in NAMES.items() if name == side)
    port = free_port()
    command_line = [sys.executable, "-m", "bench.baselines.recorded_answers", way, str(port), str(recorded)]
    with running(command_line, port=port, environment={}, log=folder / "recorded.log") as server:
        yield server


def has_plans() -> bool:
    """Whether this version compiles plans."""
    return "plans" in Settings.model_fields


async def measure(server: ServerProcess, folder: Path, token: str, seconds: float) -> dict[str, Any]:
    job = Job(
        port=server.port,
        clients=CLIENTS,
        seconds=seconds,
        warm_up_seconds=WARM_UP_SECONDS,
        crowd=MANY,
        team_size=TEAM_SIZE,
        key_prefix="plans",
        tokens=[token],
        server_pid=server.pid,
        postgres_pid=0,
    )
    job_file = folder / "job.json"
    job_file.write_bytes(orjson.dumps(dataclasses.asdict(job)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load.strikers", job_file, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"The load generator ended with {process.returncode}.")
    told = Told(**orjson.loads(output))
    if told.errors:
        raise SystemExit(f"Not every answer was a strike: {told.errors}")
    return {"us": told.server_us, "per_second": told.strikes_per_second, "p99_ms": told.p99_ms}


async def benchmark(*, quick: bool) -> None:
    seconds, rounds = (2.0, 1) if quick else (3.0, 3)
    given = conditions("strawberry-graphql", "graphql-core", "uvicorn", "httptools", "uvloop", "orjson")
    sides = [*([WITH] if has_plans() else []), WITHOUT, *(NAMES[way] for way in WAYS)]
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    with postgres(with_commit_times=False) as (server, folder):
        async with world(server, players=100) as made:
            recorded = await record(made, folder)
            for number in range(rounds):
                for side in sides if number % 2 == 0 else reversed(sides):
                    with started(side, recorded, server.url) as api:
                        found = await measure(api, folder, made.bot_token, seconds)
                    print(f"{side}: {found}", flush=True)
                    runs[side].append(found)
    figures = {
        side: {key: statistics.median(one[key] for one in each) for key in each[0]} for side, each in runs.items()
    }
    verdict: dict[str, Criterion] = {}
    if WITH in figures:
        verdict["µs CPU per strike, plans on"] = at_most(figures[WITH]["us"], 130)
    write(
        "plans_quick" if quick else "plans",
        title="A strike over HTTP without the database",
        given={**given, "quick": quick, "clients": CLIENTS, "seconds": seconds, "rounds": rounds},
        figures={**figures, "rounds": runs},
        verdict=verdict,
        tables=[
            Table(
                "CPU of the API process",
                ("", "µs/strike", "strikes/s", "p99 ms"),
                [
                    (side, f"{one['us']:,.0f}", f"{one['per_second']:,.0f}", f"{one['p99_ms']:,.1f}")
                    for side, one in figures.items()
                ],
            )
        ],
        plots=[
            Bars(
                "cpu",
                "CPU of the API process",
                "µs/strike",
                [(side, one["us"]) for side, one in figures.items()],
                ours=frozenset({WITH, WITHOUT}),
                target=130,
            )
        ],
        notes=[] if WITH in figures else ["This version compiles no plans: there is no setting WORLDTHREAT_PLANS."],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="one round of seconds")
    uvloop.run(benchmark(quick=arguments.parse_args().quick))


if __name__ == "__main__":
    main()
