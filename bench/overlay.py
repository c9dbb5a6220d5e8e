"""The stream overlay in a browser while a raid is struck 200 times a second.

    make bench NAME=overlay [QUICK=1]

The built overlay, from a server process of its own, in headless Chromium and full HD: how soon it shows the true
state, what its browser loads, how evenly it draws, how long a task keeps its main thread, and how far the bright part
of the HP bar trails behind. In turns with it a page with one moving square is drawn under the same strikes, for what
this machine can draw at all: without a graphics card, Chromium draws on the cores that all the others run on. Whether
the overlay grows is what overlay_growth measures.
"""

import argparse
import asyncio
import gzip
import statistics
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import uvloop
from playwright.async_api import Page

from bench.kit.browser import BASELINE, DRAIN, FIRST_PAINT, FRAMES
from bench.kit.frames import drain_of, frames_of
from bench.kit.plot import Bars
from bench.kit.results import Criterion, Table, at_least, at_most, conditions, write
from bench.kit.struck_page import SERVERS_NICENESS, SETTLED_SECONDS, STRIKES_PER_SECOND, Stage, raid, stage, until
from bench.kit.world import ADMIN
from web.pages import DIST

LOADS = 9
SPARE_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many turns, and how long what is measured, in seconds."""

    turns: int
    baseline: float
    overlay: float
    drain: float

    @property
    def longest(self) -> float:
        """Of one raid."""
        return max(self.baseline + self.overlay, self.drain) + 2 * SETTLED_SECONDS + SPARE_SECONDS


FULL = Lengths(turns=5, baseline=10, overlay=20, drain=15)
QUICK = Lengths(turns=2, baseline=4, overlay=6, drain=5)


async def first_paint(scene: Stage) -> dict[str, Any]:
    """Milliseconds until the raid's true HP has been painted, with an empty cache; nobody strikes.

    The very first load finds a server that has been asked nothing yet, and is told apart.
    """
    raid_id = await raid(scene.world, 100_000)
    await scene.world.service.desk.adjust_boss_hp(ADMIN, raid_id=str(raid_id), reason="a benchmark", current_hp=61_800)
    from_start, from_load = [], []
    for _ in range(1 + LOADS):
        async with scene.page(FIRST_PAINT) as page:
            await page.goto(scene.overlay)
            await until(page, "window.painted")
            painted, loaded = await page.evaluate(
                "[painted, performance.getEntriesByType('navigation')[0].loadEventEnd]"
            )
            from_start.append(painted)
            from_load.append(painted - loaded)
    first = from_start.pop(0)
    del from_load[0]
    return {
        "loads": LOADS,
        "first_load_of_all_ms": round(first, 1),
        "median_ms": round(statistics.median(from_start), 1),
        "worst_ms": round(max(from_start), 1),
        "after_load_median_ms": round(statistics.median(from_load), 1),
        "after_load_worst_ms": round(max(from_load), 1),
    }


async def weight(scene: Stage) -> dict[str, Any]:
    """Of everything that the browser asks for by itself while a raid is on."""
    files: dict[str, dict[str, int]] = {}
    async with scene.strikes(SETTLED_SECONDS * 4), scene.page() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(urlsplit(request.url).path))
        await page.goto(scene.overlay)
        await asyncio.sleep(SETTLED_SECONDS)
        for path in asked:
            name = path.removeprefix("/overlay/") or "index.html"
            content = (DIST / "overlay" / name).read_bytes()
            files[name] = {"bytes": len(content), "gzip": len(gzip.compress(content, 9))}
    scripts = sum(one["gzip"] for name, one in files.items() if name.endswith(".js"))
    return {"files": files, "javascript_gzip": scripts, "gzip": sum(one["gzip"] for one in files.values())}


async def in_turns(scene: Stage, lengths: Lengths) -> dict[str, dict[str, Any]]:
    """Frames of one moving square and of the overlay: turn by turn one after the other, under one raid's strikes."""
    square: list[dict[str, Any]] = []
    overlay: list[dict[str, Any]] = []
    loading = 0.0
    for _ in range(lengths.turns):
        async with scene.strikes(lengths.longest):
            async with scene.page(FRAMES) as page:
                await page.set_content(BASELINE)
                square.append(await watched(page, lengths.baseline))
            async with scene.page(FRAMES) as page:
                await page.goto(scene.overlay)
                await until(page, "document.body.dataset.scene === 'raid'")
                overlay.append(await watched(page, lengths.overlay))
                loading = max(loading, overlay[-1]["before"])
    return {
        "baseline": frames_of(square),
        "overlay": frames_of(overlay) | {"longest_task_while_loading_ms": round(loading, 1)},
    }


async def watched(page: Page, seconds: float) -> dict[str, Any]:
    """Once it has settled. `before`: the longest task until then, in milliseconds."""
    await asyncio.sleep(SETTLED_SECONDS)
    before = await page.evaluate("longest")
    await page.evaluate("watch()")
    await asyncio.sleep(seconds)
    found: dict[str, Any] = await page.evaluate("watched()")
    return found | {"before": before}


async def drain(scene: Stage, seconds: float) -> dict[str, Any]:
    """How long after the HP the bright part of the bar has been there too, at worst."""
    async with scene.strikes(seconds + SETTLED_SECONDS * 2 + 10), scene.page(DRAIN) as page:
        await page.goto(scene.overlay)
        await until(page, "document.body.dataset.scene === 'raid'")
        await asyncio.sleep(seconds + SETTLED_SECONDS)
        samples: list[tuple[float, float, float]] = await page.evaluate("samples")
    return drain_of([one for one in samples if one[0] >= samples[0][0] + SETTLED_SECONDS * 1000])


def verdict_of(found: dict[str, dict[str, Any]], scene: Stage) -> dict[str, Criterion]:
    paint, weight, drawn, trailing = (found[name] for name in ("first paint", "weight", "overlay", "drain"))
    return {
        "JavaScript, KB gzip": at_most(round(weight["javascript_gzip"] / 1024, 2), 12.0),
        "everything loaded, KB gzip": at_most(round(weight["gzip"] / 1024, 2), 20.0),
        "first paint of the true state, ms from the start of the load, median": at_most(paint["median_ms"], 500.0),
        "first paint of the true state, ms from the start of the load, worst": at_most(paint["worst_ms"], 500.0),
        "first paint of the true state, ms after load, worst": at_most(paint["after_load_worst_ms"], 500.0),
        "frames/s": at_least(drawn["frames_per_second"], 59.0),
        "p99 frame, ms": at_most(drawn["p99_ms"], 20.0),
        "longest task, ms (0: none over 50)": at_most(drawn["longest_task_ms"], 50.0),
        "bright part of the HP behind, s, worst": at_most(trailing["worst_seconds"], 2.5),
        "strikes/s underneath, least of all parts": at_least(scene.slowest, STRIKES_PER_SECOND * 0.95),
    }


def tables_of(found: dict[str, dict[str, Any]]) -> list[Table]:
    def drawn(name: str, one: dict[str, Any]) -> list[str]:
        keys = ("frames_per_second", "p50_ms", "p99_ms", "p999_ms", "worst_ms", "over_20_ms_permille")
        return [name, *(f"{one[key]:,.1f}" for key in keys), f"{one['tasks_over_50_ms']}"]

    files = found["weight"]["files"]
    return [
        Table(
            "Frames",
            ("page", "frames/s", "p50 ms", "p99 ms", "p99.9 ms", "worst ms", "‰ over 20 ms", "tasks over 50 ms"),
            [drawn("overlay", found["overlay"]), drawn("one moving square", found["baseline"])],
        ),
        Table(
            "What the browser loads",
            ("file", "bytes", "gzip"),
            [[name, f"{one['bytes']:,}", f"{one['gzip']:,}"] for name, one in files.items()],
        ),
    ]


NOTE = """Frames: intervals of requestAnimationFrame in full HD while the raid is struck 200 times a second, of the
overlay and of the moving square in turns, under the strikes on one raid. All of it, the server, PostgreSQL with fsync,
the strikes and a Chromium without a graphics card, runs on the cores named above; where they want the same core, the
browser goes first (the others run at niceness 10), for it is on a streamer's machine. A task is what keeps the main
thread busy at a stretch, as the browser's own list of long ones has it. First paint: from the start of the navigation,
with an empty cache, until the plate with the raid's HP has been painted; nobody strikes then, and the very first load,
by which the server warms up, is not counted. Behind: how long ago the HP was where the bright part still is."""


async def benchmark(lengths: Lengths, *, quick: bool) -> None:
    given = conditions("starlette", "uvicorn", "playwright")
    found: dict[str, dict[str, Any]] = {}
    async with stage(round(lengths.longest * STRIKES_PER_SECOND)) as scene:
        found["first paint"] = await first_paint(scene)
        found["weight"] = await weight(scene)
        found |= await in_turns(scene, lengths)
        found["drain"] = await drain(scene, lengths.drain)
        version = scene.browser.version
    for name, part in found.items():
        print(f"{name}: {part}", flush=True)
    write(
        "overlay_quick" if quick else "overlay",
        title="The overlay under 200 strikes a second",
        given={
            **given,
            "chromium": version,
            "drawn_by": "software",
            "viewport": "1920 × 1080",  # noqa: RUF001 - as people write sizes
            "turns": lengths.turns,
            "seconds_of_a_turn": lengths.overlay,
            "fsync": True,
            "servers_niceness": SERVERS_NICENESS,
            "quick": quick,
        },
        figures=found | {"strikes": scene.told()},
        verdict=verdict_of(found, scene),
        tables=tables_of(found),
        plots=[
            Bars(
                "frames",
                "Frames, 99 of 100 within",
                "ms",
                [("overlay", found["overlay"]["p99_ms"]), ("one moving square", found["baseline"]["p99_ms"])],
                frozenset({"overlay"}),
                target=20.0,
            )
        ],
        notes=[NOTE],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="two short turns instead of five")
    given = arguments.parse_args()
    uvloop.run(benchmark(QUICK if given.quick else FULL, quick=given.quick))


if __name__ == "__main__":
    main()
