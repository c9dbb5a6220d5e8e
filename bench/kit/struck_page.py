"""A page in a browser, and a raid that is struck meanwhile at an even pace."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page, async_playwright

from bench.kit.browser import SIZE, chromium_path
from bench.kit.processes import ServerProcess, free_port, running
from bench.kit.world import ADMIN, World, postgres, world
from services.boss_overrides import BossOverrides, RulesOverrides
from services.rules.errors import WorldThreatError
from web.pages import DIST

STRIKES_PER_SECOND = 200
CHARACTERS_EACH = 24
TRIED_STRIKES = 100
SPARE_PERMILLE = 1_150
SETTLED_SECONDS = 2.0
SERVERS_NICENESS = 10


@dataclass(slots=True)
class Struck:
    """What has become of the strikes of one part."""

    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return round(self.accepted / self.seconds, 1)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a benchmark of a page takes place. `damage`: hit points that a strike takes on average."""

    world: World
    browser: Browser
    server: ServerProcess
    damage: int
    struck: list[Struck] = field(default_factory=list)

    @property
    def overlay(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/overlay/"

    @property
    def slowest(self) -> float:
        """Strikes a second, of the part that had the fewest."""
        return min(one.per_second for one in self.struck if one.seconds > SETTLED_SECONDS * 2)

    def told(self) -> dict[str, object]:
        """What has become of all strikes, for the result."""
        return {
            "per_second": [one.per_second for one in self.struck],
            "refused": sum(one.refused for one in self.struck),
        }

    @contextlib.asynccontextmanager
    async def page(self, *scripts: str) -> AsyncIterator[Page]:
        """In a context of its own: nothing is in its cache."""
        context = await self.browser.new_context(viewport=SIZE, locale="en-GB")
        try:
            for script in scripts:
                await context.add_init_script(script)
            yield await context.new_page()
        finally:
            await context.close()

    @contextlib.asynccontextmanager
    async def strikes(self, seconds: float) -> AsyncIterator[None]:
        """A raid that would fall a little after so many seconds, and strikes on it at an even pace, through a strike
        line of this process, as another API process would make them. They end with the block.
        """
        wanted = round(seconds * STRIKES_PER_SECOND)
        await raid(self.world, wanted * self.damage * SPARE_PERMILLE // 1000)
        copies = await self.world.copies(wanted)
        struck, started = Struck(), time.monotonic()
        self.struck.append(struck)

        async def one(number: int) -> None:
            try:
                await self.world.strike(copies[number], f"overlay-{started}-{number}")
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


@contextlib.asynccontextmanager
async def stage(strikes: int) -> AsyncIterator[Stage]:
    """A server process of its own with the built overlay, a world for so many strikes in one raid, and a browser.

    The browser goes before the server, PostgreSQL and the strikes when they want the same core: it is on a streamer's
    machine, and they are not.
    """
    if not (DIST / "overlay" / "index.html").is_file():
        raise SystemExit("The pages are not built: run `make web`.")
    async with async_playwright() as playwright:
        # Chromium's own sandbox does not start for root.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        # From here on: this process and all that it starts. The browser keeps the rank that it was started with.
        os.nice(SERVERS_NICENESS)
        players = strikes // CHARACTERS_EACH + 1
        with postgres() as (postgresql, folder):
            async with world(postgresql, players=players) as made:
                damage = await damage_of_a_strike(made)
                port = free_port()
                environment = {
                    "WORLDTHREAT_DATABASE_URL": postgresql.url,
                    "WORLDTHREAT_PORT": str(port),
                    "WORLDTHREAT_LOG_LEVEL": "warning",
                }
                command = [sys.executable, "-m", "worldthreat", "serve"]
                with running(command, port=port, environment=environment, log=folder / "server.log") as server:
                    yield Stage(made, browser, server, damage)
        await browser.close()


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
