"""What a strike over HTTP costs the API process without the database, in CPU: with compiled plans, without, and bare.

    make bench NAME=plans [QUICK=1]

Every strike is answered by one that was made before, so what is left is HTTP, GraphQL, token, context, resolver and
JSON. Ours is `worldthreat serve` itself with that one method replaced (bench/kit/recorded.py), with WORLDTHREAT_PLANS
on and off; beside it the same answer as bare bytes, by graphql-core's execution, by Strawberry's `execute` and by
Strawberry's view (bench/baselines/recorded_answers.py). Eight clients in a closed loop; interleaved, medians.
"""

import argparse
import contextlib
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvloop

from bench.kit.api import serving
from bench.kit.plot import Bars
from bench.kit.processes import ServerProcess
from bench.kit.results import Criterion, Table, conditions, write
from bench.kit.world import postgres, world
from bench.kit.yardstick import CLIENTS, NAMES, Yardstick, baseline, measure, record
from worldthreat.settings import Settings

WITH, WITHOUT = "ours, plans on", "ours, plans off"


@contextlib.contextmanager
def started(side: str, recorded: Path, database_url: str) -> Iterator[ServerProcess]:
    folder = recorded.parent
    if side in (WITH, WITHOUT):
        settings = {"WORLDTHREAT_PLANS": "on" if side == WITH else "off"} if has_plans() else {}
        command = ("bench.kit.recorded", str(recorded))
        with serving(database_url, folder, settings=settings, command=command) as server:
            yield server
        return
    with baseline(next(way for way, name in NAMES.items() if name == side), recorded) as server:
        yield server


def has_plans() -> bool:
    """Whether this version compiles plans."""
    return "plans" in Settings.model_fields


async def benchmark(*, quick: bool) -> None:
    seconds, rounds = (2.0, 1) if quick else (3.0, 3)
    given = conditions("strawberry-graphql", "graphql-core", "uvicorn", "httptools", "uvloop", "orjson")
    sides = [*([WITH] if has_plans() else []), WITHOUT, *NAMES.values()]
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
    yardstick = Yardstick({way: [one["us"] for one in runs[name]] for way, name in NAMES.items()})
    verdict: dict[str, Criterion] = {}
    if WITH in figures:
        verdict |= yardstick.cpu("µs CPU per strike, plans on", figures[WITH]["us"], 130)
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
            ),
            *yardstick.tables(),
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
        notes=[
            *yardstick.notes(),
            *([] if WITH in figures else ["This version compiles no plans: there is no setting WORLDTHREAT_PLANS."]),
        ],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="one round of seconds")
    uvloop.run(benchmark(quick=arguments.parse_args().quick))


if __name__ == "__main__":
    main()
