"""The stream overlay in a browser while a raid is struck 200 times a second.

    make bench NAME=overlay [QUICK=1]

The built overlay, from a server process of its own, in headless Chromium and full HD: how soon it shows the true
state, what its browser loads, how evenly it draws, how long a task keeps its main thread, whether it grows, and how
far the bright part of the HP bar trails behind. A page with one moving square is drawn under the same strikes, for what
this machine can draw at all: without a graphics card, Chromium draws on the cores that all the others run on.
"""

import argparse
import asyncio
import contextlib
import gzip
import itertools
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import uvloop
from playwright.async_api import Browser, CDPSession, Page, async_playwright

from bench.kit.browser import BASELINE, DRAIN, FIRST_PAINT, FRAMES, SIZE, chromium_path
from bench.kit.plot import Bars
from bench.kit.processes import ServerProcess, free_port, running
from bench.kit.results import Criterion, Table, at_least, at_most, conditions, write
from bench.kit.world import ADMIN, World, postgres, world
from services.boss_overrides import BossOverrides, RulesOverrides
from services.rules.errors import WorldThreatError
from web.pages import DIST

STRIKES_PER_SECOND = 200
CHARACTERS_EACH = 24
TRIED_STRIKES = 100
SPARE_PERMILLE = 1_150
LOADS = 9
SETTLED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long what is measured, in seconds."""

    baseline: float
    drain: float
    warm_up: float
    watched: float
    between_samples: float
    compared: float

    @property
    def strikes(self) -> int:
        """The most that any part needs."""
        return round((self.warm_up + self.watched + 30) * STRIKES_PER_SECOND)


FULL = Lengths(baseline=30, drain=15, warm_up=30, watched=600, between_samples=10, compared=60)
QUICK = Lengths(baseline=8, drain=6, warm_up=6, watched=40, between_samples=4, compared=12)


@dataclass(slots=True)
class Struck:
    """What has become of the strikes of one part."""

    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return round(self.accepted / self.seconds, 1)


class Bench:
    """Measures one part after the other, each with a fresh raid."""

    def __init__(self, world: World, browser: Browser, server: ServerProcess, damage: int) -> None:
        self._world = world
        self._browser = browser
        self._url = f"http://127.0.0.1:{server.port}/overlay/"
        self._damage = damage
        self.struck: list[Struck] = []

    def parts(self, lengths: Lengths) -> list[tuple[str, Callable[[], Awaitable[dict[str, Any]]]]]:
        """What is measured, in this order."""
        return [
            ("first paint", self.first_paint),
            ("weight", self.weight),
            ("baseline", partial(self.baseline, lengths.baseline)),
            ("drain", partial(self.drain, lengths.drain)),
            ("overlay", partial(self.watch, lengths)),
        ]

    @contextlib.asynccontextmanager
    async def _page(self, *scripts: str) -> AsyncIterator[Page]:
        """In a context of its own: nothing is in its cache."""
        context = await self._browser.new_context(viewport=SIZE, locale="en-GB")
        try:
            for script in scripts:
                await context.add_init_script(script)
            yield await context.new_page()
        finally:
            await context.close()

    @contextlib.asynccontextmanager
    async def _strikes(self, seconds: float) -> AsyncIterator[None]:
        """A raid that would fall a little after so many seconds, and strikes on it at an even pace, through a strike
        line of this process, as another API process would make them. They end with the block.
        """
        wanted = round(seconds * STRIKES_PER_SECOND)
        await raid(self._world, wanted * self._damage * SPARE_PERMILLE // 1000)
        copies = await self._world.copies(wanted)
        struck, started = Struck(), time.monotonic()
        self.struck.append(struck)

        async def one(number: int) -> None:
            try:
                await self._world.strike(copies[number], f"overlay-{started}-{number}")
            except WorldThreatError:
                struck.refused += 1
            else:
                struck.accepted += 1

        async def all_of_them() -> None:
            async with asyncio.TaskGroup() as group:
                for number in range(len(copies)):
                    await asyncio.sleep(max(0.0, started + number / STRIKES_PER_SECOND - time.monotonic()))
                    group.create_task(one(number))

        striking = asyncio.create_task(all_of_them())
        try:
            yield
            if striking.done():
                raise SystemExit("The characters for the strikes have run out before the measurement had its time.")
        finally:
            struck.seconds = time.monotonic() - started
            striking.cancel()
            await asyncio.wait([striking])

    async def first_paint(self) -> dict[str, Any]:
        """Milliseconds until the raid's true HP has been painted, with an empty cache; nobody strikes."""
        raid_id = await raid(self._world, 100_000)
        await self._world.service.desk.adjust_boss_hp(
            ADMIN, raid_id=str(raid_id), reason="a benchmark", current_hp=61_800
        )
        from_start, from_load = [], []
        for _ in range(LOADS):
            async with self._page(FIRST_PAINT) as page:
                await page.goto(self._url)
                await until(page, "window.painted")
                painted, loaded = await page.evaluate(
                    "[painted, performance.getEntriesByType('navigation')[0].loadEventEnd]"
                )
                from_start.append(painted)
                from_load.append(painted - loaded)
        return {
            "loads": LOADS,
            "median_ms": round(statistics.median(from_start), 1),
            "worst_ms": round(max(from_start), 1),
            "after_load_median_ms": round(statistics.median(from_load), 1),
            "after_load_worst_ms": round(max(from_load), 1),
        }

    async def weight(self) -> dict[str, Any]:
        """Of everything that the browser asks for by itself while a raid is on."""
        files: dict[str, dict[str, int]] = {}
        async with self._strikes(SETTLED_SECONDS * 4), self._page() as page:
            asked: list[str] = []
            page.on("request", lambda request: asked.append(urlsplit(request.url).path))
            await page.goto(self._url)
            await asyncio.sleep(SETTLED_SECONDS)
            for path in asked:
                name = path.removeprefix("/overlay/") or "index.html"
                content = (DIST / "overlay" / name).read_bytes()
                files[name] = {"bytes": len(content), "gzip": len(gzip.compress(content, 9))}
        scripts = sum(one["gzip"] for name, one in files.items() if name.endswith(".js"))
        return {"files": files, "javascript_gzip": scripts, "gzip": sum(one["gzip"] for one in files.values())}

    async def baseline(self, seconds: float) -> dict[str, Any]:
        """One moving square, under the same strikes."""
        async with self._strikes(seconds + SETTLED_SECONDS * 2 + 10), self._page(FRAMES) as page:
            await page.set_content(BASELINE)
            await asyncio.sleep(SETTLED_SECONDS)
            await page.evaluate("watch()")
            await asyncio.sleep(seconds)
            return frames_of(await page.evaluate("watched()"))

    async def drain(self, seconds: float) -> dict[str, Any]:
        """How long after the HP the bright part of the bar has been there too, at worst."""
        async with self._strikes(seconds + SETTLED_SECONDS * 2 + 10), self._page(DRAIN) as page:
            await page.goto(self._url)
            await until(page, "document.body.dataset.scene === 'raid'")
            await asyncio.sleep(seconds + SETTLED_SECONDS)
            samples: list[tuple[float, float, float]] = await page.evaluate("samples")
        return drain_of([one for one in samples if one[0] >= samples[0][0] + SETTLED_SECONDS * 1000])

    async def watch(self, lengths: Lengths) -> dict[str, Any]:
        """The overlay itself. While the heap is measured (garbage is collected for it, which stops the page), neither
        frames nor tasks are counted.
        """
        samples: list[dict[str, float]] = []
        async with self._strikes(lengths.warm_up + lengths.watched + 25), self._page(FRAMES) as page:
            session = await page.context.new_cdp_session(page)
            await page.goto(self._url)
            await until(page, "document.body.dataset.scene === 'raid'")
            await asyncio.sleep(SETTLED_SECONDS)
            loading = await page.evaluate("longest")
            await asyncio.sleep(lengths.warm_up - SETTLED_SECONDS)
            began = time.monotonic()
            due = 0.0
            while due <= lengths.watched:
                samples.append({"second": due, **await grown(session)})
                await page.evaluate("watch()")
                due += lengths.between_samples
                await asyncio.sleep(max(0.0, began + due - time.monotonic()))
                await page.evaluate("rest()")
                if due % 60 == 0:
                    print(f"{due:.0f} s: {samples[-1]}", flush=True)
            watched = await page.evaluate("watched()")
            said = await page.inner_text("#hp-percent")
        edge = lengths.watched - lengths.compared
        first = [one for one in samples if one["second"] <= lengths.compared]
        last = [one for one in samples if one["second"] >= edge]
        return {
            "seconds": lengths.watched,
            **frames_of(watched),
            "longest_task_while_loading_ms": round(loading, 1),
            "hp_at_the_end": said,
            "samples": samples,
            **{
                f"{what}_{when}": statistics.median(one[what] for one in part)
                for what in ("nodes", "heap_kb", "listeners")
                for when, part in (("first", first), ("last", last))
            },
        }


async def until(page: Page, expression: str) -> None:
    """Waits until it is true. Not by way of the page, whose policy lets no text become a script."""
    async with asyncio.timeout(20):
        while not await page.evaluate(expression):  # noqa: ASYNC110 - it is in a page
            await asyncio.sleep(0.05)


async def raid(world: World, total_hp: int) -> int:
    """A new live raid of so many HP, without cooldown; one that is on is ended."""
    live = await world.service.active_raid(ADMIN)
    if live is not None:
        await world.service.desk.end_raid(ADMIN, raid_id=str(live.id), reason="the next part")
    created = await world.service.desk.create_raid(
        ADMIN,
        name="Benchmark",
        boss_key="demo",
        boss=BossOverrides(total_hp=total_hp, rules=RulesOverrides(cooldown_seconds=0)),
        starts_at=None,
        ends_at=None,
        accept_warnings=True,
    )
    return created.raid.id


async def damage_of_a_strike(world: World) -> int:
    """On average, by trying: the boss of a measurement should fall over its whole length."""
    total = 1_000_000_000
    await raid(world, total)
    for number, copy in enumerate(await world.copies(TRIED_STRIKES)):
        await world.strike(copy, f"overlay-tried-{number}")
    tried = await world.service.active_raid(ADMIN)
    if tried is None:
        raise SystemExit("The raid has ended while it was tried out.")
    return max(1, (total - tried.hp.current) // TRIED_STRIKES)


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


def frames_of(watched: dict[str, Any]) -> dict[str, Any]:
    """Of the intervals between frames, in milliseconds."""
    intervals: list[float] = sorted(watched["intervals"])

    def within(permille: int) -> float:
        return round(intervals[min(len(intervals) - 1, len(intervals) * permille // 1000)], 2)

    return {
        "frames": len(intervals),
        "frames_per_second": round(len(intervals) / sum(intervals) * 1000, 1),
        "p50_ms": within(500),
        "p99_ms": within(990),
        "p999_ms": within(999),
        "worst_ms": round(intervals[-1], 1),
        "over_20_ms_permille": round(sum(each > 20 for each in intervals) / len(intervals) * 1000, 2),
        "longest_task_ms": round(watched["longest"], 1),
        "tasks_over_50_ms": watched["long"],
    }


def drain_of(samples: list[tuple[float, float, float]]) -> dict[str, Any]:
    """`samples`: milliseconds, and which parts of their bar the HP and the bright part cover."""
    trailing: list[float] = []
    then = 0
    for now, _, bright in samples:
        # The last moment at which the HP still reached as far as the bright part does now. Both only ever fall.
        while then + 1 < len(samples) and samples[then + 1][0] <= now and samples[then + 1][1] >= bright - 0.0005:
            then += 1
        trailing.append(now - samples[then][0])
    return {
        "samples": len(samples),
        "worst_seconds": round(max(trailing) / 1000, 2),
        "median_seconds": round(statistics.median(trailing) / 1000, 2),
        "widest_permille": round(max(bright - hp for _, hp, bright in samples) * 1000),
        "struck_off_permille": round((samples[0][1] - samples[-1][1]) * 1000),
        "moves": sum(before[1] != after[1] for before, after in itertools.pairwise(samples)),
    }


def apart_percent(first: float, last: float) -> float:
    return round(abs(last - first) / first * 100, 2)


def verdict_of(found: dict[str, dict[str, Any]], struck: list[Struck]) -> dict[str, Criterion]:
    paint, weight, watched, drain = (found[name] for name in ("first paint", "weight", "overlay", "drain"))
    return {
        "JavaScript, KB gzip": at_most(round(weight["javascript_gzip"] / 1024, 2), 12.0),
        "everything loaded, KB gzip": at_most(round(weight["gzip"] / 1024, 2), 20.0),
        "first paint of the true state, ms from the start of the load, median": at_most(paint["median_ms"], 500.0),
        "first paint of the true state, ms from the start of the load, worst": at_most(paint["worst_ms"], 500.0),
        "frames/s": at_least(watched["frames_per_second"], 59.0),
        "p99 frame, ms": at_most(watched["p99_ms"], 20.0),
        "longest task, ms (0: none over 50)": at_most(watched["longest_task_ms"], 50.0),
        "nodes, last against first, % apart": at_most(apart_percent(watched["nodes_first"], watched["nodes_last"]), 10),
        "heap, last against first, % apart": at_most(
            apart_percent(watched["heap_kb_first"], watched["heap_kb_last"]), 10
        ),
        "bright part of the HP behind, s, worst": at_most(drain["worst_seconds"], 2.5),
        "strikes/s underneath, least of all parts": at_least(
            min(one.per_second for one in struck if one.seconds > SETTLED_SECONDS * 2), STRIKES_PER_SECOND * 0.95
        ),
    }


def tables_of(found: dict[str, dict[str, Any]]) -> list[Table]:
    def drawn(name: str, one: dict[str, Any]) -> list[str]:
        keys = ("frames_per_second", "p50_ms", "p99_ms", "p999_ms", "worst_ms", "over_20_ms_permille")
        return [name, *(f"{one[key]:,.1f}" for key in keys), f"{one['tasks_over_50_ms']}"]

    samples = found["overlay"]["samples"]
    every = max(1, (len(samples) - 1) // 10)
    files = found["weight"]["files"]
    return [
        Table(
            "Frames",
            ("page", "frames/s", "p50 ms", "p99 ms", "p99.9 ms", "worst ms", "‰ over 20 ms", "tasks over 50 ms"),
            [drawn("overlay", found["overlay"]), drawn("one moving square", found["baseline"])],
        ),
        Table(
            "What the page holds, after garbage is collected",
            ("second", "nodes", "listeners", "heap KB"),
            [
                [f"{one['second']:.0f}", f"{one['nodes']:.0f}", f"{one['listeners']:.0f}", f"{one['heap_kb']:,.0f}"]
                for one in samples[::every]
            ],
        ),
        Table(
            "What the browser loads",
            ("file", "bytes", "gzip"),
            [[name, f"{one['bytes']:,}", f"{one['gzip']:,}"] for name, one in files.items()],
        ),
    ]


NOTE = """Frames: intervals of requestAnimationFrame in full HD while the raid is struck 200 times a second; the
moving square under the same strikes, by itself, before the overlay. All of it, the server, PostgreSQL with fsync, the
strikes and a Chromium without a graphics card, runs on the cores named above. A task is what keeps the main thread busy
at a stretch, as the browser's own list of long ones has it; while garbage is collected for the samples of the heap
nothing is counted. First paint: from the start of the navigation, with an empty cache, until the plate with the raid's
HP has been painted; nobody strikes then. Behind: how long ago the HP was where the bright part still is."""


async def benchmark(lengths: Lengths, *, quick: bool) -> None:
    if not (DIST / "overlay" / "index.html").is_file():
        raise SystemExit("The pages are not built: run `make web`.")
    given = conditions("starlette", "uvicorn", "playwright")
    with postgres() as (postgresql, folder):
        players = lengths.strikes // CHARACTERS_EACH + 1
        async with world(postgresql, players=players) as made, async_playwright() as playwright:
            damage = await damage_of_a_strike(made)
            port = free_port()
            environment = {
                "WORLDTHREAT_DATABASE_URL": postgresql.url,
                "WORLDTHREAT_PORT": str(port),
                "WORLDTHREAT_LOG_LEVEL": "warning",
            }
            command = [sys.executable, "-m", "worldthreat", "serve"]
            # Chromium's own sandbox does not start for root.
            arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = await playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
            with running(command, port=port, environment=environment, log=folder / "server.log") as server:
                bench = Bench(made, browser, server, damage)
                found: dict[str, dict[str, Any]] = {}
                for name, measured in bench.parts(lengths):
                    found[name] = await measured()
                    said = {key: value for key, value in found[name].items() if key != "samples"}
                    print(f"{name}: {said}", flush=True)
            version = browser.version
            await browser.close()
    write(
        "overlay_quick" if quick else "overlay",
        title="The overlay under 200 strikes a second",
        given={
            **given,
            "chromium": version,
            "drawn_by": "software",
            "viewport": "1920 × 1080",  # noqa: RUF001 - as people write sizes
            "seconds": lengths.watched,
            "fsync": True,
            "quick": quick,
        },
        figures=found
        | {"strikes": {"per_second": [one.per_second for one in bench.struck], "refused": sum_refused(bench.struck)}},
        verdict=verdict_of(found, bench.struck),
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


def sum_refused(struck: list[Struck]) -> int:
    return sum(one.refused for one in struck)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="watch for 40 seconds instead of ten minutes")
    given = arguments.parse_args()
    uvloop.run(benchmark(QUICK if given.quick else FULL, quick=given.quick))


if __name__ == "__main__":
    main()
