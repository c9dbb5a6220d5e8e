"""Whether the stream overlay grows while a raid is struck 200 times a second for ten minutes.

    make bench NAME=overlay_growth [QUICK=1]

One page is open all the time. Every few seconds its garbage is collected, and what it still holds is counted: nodes of
the document, listeners, heap. A stream runs for hours: what is not given back in ten minutes would be missed by then.
"""

import argparse
import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Any

import uvloop
from playwright.async_api import CDPSession

from bench.kit.results import Criterion, Table, at_least, at_most, conditions, write
from bench.kit.struck_page import SERVERS_NICENESS, STRIKES_PER_SECOND, Stage, stage, until


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long what takes, in seconds. `compared`: at the beginning and at the end."""

    warm_up: float
    watched: float
    between_samples: float
    compared: float


FULL = Lengths(warm_up=30, watched=600, between_samples=10, compared=60)
QUICK = Lengths(warm_up=6, watched=40, between_samples=4, compared=12)
SPARE_SECONDS = 25


async def grown(session: CDPSession) -> dict[str, float]:
    """What the page holds once all that it does not is collected."""
    await session.send("HeapProfiler.collectGarbage")
    counters = await session.send("Memory.getDOMCounters")
    heap = await session.send("Runtime.getHeapUsage")
    return {
        "nodes": counters["nodes"],
        "listeners": counters["jsEventListeners"],
        "heap_kb": round(heap["usedSize"] / 1024, 1),
    }


async def watch(scene: Stage, lengths: Lengths) -> dict[str, Any]:
    samples: list[dict[str, float]] = []
    async with scene.strikes(lengths.warm_up + lengths.watched + SPARE_SECONDS), scene.page() as page:
        session = await page.context.new_cdp_session(page)
        await page.goto(scene.overlay)
        await until(page, "document.body.dataset.scene === 'raid'")
        await asyncio.sleep(lengths.warm_up)
        began = time.monotonic()
        due = 0.0
        while due <= lengths.watched:
            samples.append({"second": due, **await grown(session)})
            due += lengths.between_samples
            await asyncio.sleep(max(0.0, began + due - time.monotonic()))
            if due % 60 == 0:
                print(f"{due:.0f} s: {samples[-1]}", flush=True)
        said = await page.inner_text("#hp-percent")
    edge = lengths.watched - lengths.compared
    first = [one for one in samples if one["second"] <= lengths.compared]
    last = [one for one in samples if one["second"] >= edge]
    return {
        "seconds": lengths.watched,
        "hp_at_the_end": said,
        "samples": samples,
        **{
            f"{what}_{when}": statistics.median(one[what] for one in part)
            for what in ("nodes", "heap_kb", "listeners")
            for when, part in (("first", first), ("last", last))
        },
    }


def apart_percent(first: float, last: float) -> float:
    return round(abs(last - first) / first * 100, 2)


def verdict_of(found: dict[str, Any], scene: Stage) -> dict[str, Criterion]:
    return {
        "nodes, last against first, % apart": at_most(apart_percent(found["nodes_first"], found["nodes_last"]), 10),
        "heap, last against first, % apart": at_most(apart_percent(found["heap_kb_first"], found["heap_kb_last"]), 10),
        "strikes/s underneath": at_least(scene.slowest, STRIKES_PER_SECOND * 0.95),
    }


def table_of(samples: list[dict[str, float]]) -> Table:
    every = max(1, (len(samples) - 1) // 10)
    return Table(
        "What the page holds, after garbage is collected",
        ("second", "nodes", "listeners", "heap KB"),
        [
            [f"{one['second']:.0f}", f"{one['nodes']:.0f}", f"{one['listeners']:.0f}", f"{one['heap_kb']:,.0f}"]
            for one in samples[::every]
        ],
    )


NOTE = """Apart: the median of the last minute against that of the first, once garbage is collected. Strikes go
through a strike line of the benchmark's process, as another API process would make them; the overlay follows over its
socket."""


async def benchmark(lengths: Lengths, *, quick: bool) -> None:
    given = conditions("starlette", "uvicorn", "playwright")
    async with stage(round((lengths.warm_up + lengths.watched + SPARE_SECONDS) * STRIKES_PER_SECOND)) as scene:
        found = await watch(scene, lengths)
        version = scene.browser.version
    write(
        "overlay_growth_quick" if quick else "overlay_growth",
        title="The overlay after ten minutes of 200 strikes a second",
        given={
            **given,
            "chromium": version,
            "seconds": lengths.watched,
            "fsync": True,
            "servers_niceness": SERVERS_NICENESS,
            "quick": quick,
        },
        figures={"overlay": found, "strikes": scene.told()},
        verdict=verdict_of(found, scene),
        tables=[table_of(found["samples"])],
        plots=[],
        notes=[NOTE],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="watch for 40 seconds instead of ten minutes")
    given = arguments.parse_args()
    uvloop.run(benchmark(QUICK if given.quick else FULL, quick=given.quick))


if __name__ == "__main__":
    main()
