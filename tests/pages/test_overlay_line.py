"""The overlay's line to the server: cut, silent, back again. The server is a process of its own, so that it can die."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import make_url

from tests.pages.conftest import OpenPage, Visit
from tests.pages.test_overlay import RECORD, SHOWN
from tests.ports import free_port
from tests.web.harness import ROOT, Api, import_sample_roster, serving

START_SECONDS = 90.0
CHIP = "getComputedStyle(document.querySelector('#lost')).visibility === 'visible'"
NO_CHIP = "getComputedStyle(document.querySelector('#lost')).visibility === 'hidden'"


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[Api]:
    """A second server over the same database, at which the raid goes on whatever happens to the first."""
    async with serving(database_url) as api:
        await import_sample_roster(api.database)
        yield api


@dataclass(slots=True)
class Process:
    """`worldthreat serve` on a port that stays the same."""

    database_url: str
    port: int = field(default_factory=free_port)
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        url = make_url(self.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        settings = {
            "WORLDTHREAT_DATABASE_URL": url,
            "WORLDTHREAT_PORT": str(self.port),
            "WORLDTHREAT_LOG_LEVEL": "error",
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "worldthreat", "serve", env=os.environ | settings, stdout=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(START_SECONDS):
            while True:
                assert self._process.returncode is None
                with contextlib.suppress(OSError):
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.write(b"GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                    answer = await reader.read()
                    writer.close()
                    if b" 200 " in answer.splitlines()[0]:
                        return
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@pytest.fixture
async def process(site: Api, database_url: str) -> AsyncIterator[Process]:  # noqa: ARG001 - the roster is there first
    process = Process(database_url)
    await process.start()
    yield process
    await process.kill()


class Proxy:
    """Carries bytes to a server, until it falls silent: then everything stays open, and nothing comes through."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._speaks = True
        self._ends: list[asyncio.StreamWriter] = []
        self._listener: asyncio.Server | None = None

    async def start(self) -> int:
        self._listener = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    def fall_silent(self) -> None:
        self._speaks = False

    def speak(self) -> None:
        """For new connections; those that fell silent are lost."""
        self._speaks = True

    async def stop(self) -> None:
        assert self._listener is not None
        self._listener.close()
        for end in self._ends:
            end.transport.abort()

    async def _carry(self, near: asyncio.StreamReader, near_end: asyncio.StreamWriter) -> None:
        far, far_end = await asyncio.open_connection("127.0.0.1", self._target)
        self._ends += [near_end, far_end]
        await asyncio.gather(self._pour(near, far_end), self._pour(far, near_end), return_exceptions=True)

    async def _pour(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        silenced = not self._speaks
        while data := await source.read(65_536):
            silenced = silenced or not self._speaks
            if not silenced:
                sink.write(data)
                await sink.drain()
        if not silenced:
            sink.close()


async def opened(open_page: OpenPage, url: str, query: str = "") -> Visit:
    visit = await open_page(f"{url}/overlay/?{query}", scripts=(RECORD,), may_be_cut=True, clock=True)
    await visit.until(SHOWN)
    return visit


async def test_killed_server_is_said_and_what_was_missed_is_told_once(
    open_page: OpenPage, site: Api, process: Process
) -> None:
    raid_id = await site.raid(totalHp=1_000)
    visit = await opened(open_page, process.url)
    await process.kill()
    await visit.until(CHIP, 8)
    assert "Reconnecting" in await visit.text("#lost-text")
    await site.service.desk.pause_raid(ROOT, raid_id=raid_id, reason="a test")
    await site.service.desk.adjust_boss_hp(ROOT, raid_id=raid_id, reason="a test", current_hp=817)
    await site.service.desk.resume_raid(ROOT, raid_id=raid_id, reason="a test")
    assert await visit.text("#hp-left") == "1,000 / 1,000"
    await process.start()
    await visit.until(NO_CHIP, 40)
    await visit.until("document.querySelector('#hp-left').textContent === '817 / 1,000'", 4)
    await visit.until_skipped("told.length === 2", 5_000)
    await site.service.desk.pause_raid(ROOT, raid_id=raid_id, reason="a test")
    await visit.until_skipped("told.length === 3", 5_000)
    assert await visit.page.evaluate("() => told") == ["The raid is paused", "The raid goes on", "The raid is paused"]


async def test_line_that_fell_silent_is_found_and_replaced(open_page: OpenPage, site: Api) -> None:
    raid_id = await site.raid(totalHp=1_000)
    proxy = Proxy(int(site.url.rsplit(":", 1)[1]))
    url = f"http://127.0.0.1:{await proxy.start()}"
    visit = await opened(open_page, url)
    try:
        proxy.fall_silent()
        await visit.until_skipped(CHIP, 10_000)
        await site.service.desk.adjust_boss_hp(ROOT, raid_id=raid_id, reason="a test", current_hp=617)
        proxy.speak()
        await visit.until_skipped(NO_CHIP, 10_000)
        await visit.until("document.querySelector('#hp-left').textContent === '617 / 1,000'", 8)
    finally:
        await visit.page.context.close()
        await proxy.stop()
