"""A database that hangs, crawls, has no connection or no room left: answers in time, and afterwards all goes on."""

import asyncio
import contextlib
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import make_url
from structlog.testing import capture_logs

from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Timeouts
from services.strike_line import StrikeLine
from tests.services.world import books_balance
from tests.web.harness import STRIKE, Answer, Api, Cable, import_sample_roster, serving
from worldthreat import wiring

ANSWER_SECONDS = 12.0
READY_SECONDS = 6.0
RECOVERY_SECONDS = 60.0
DISK_BYTES = 176 * 1024 * 1024
PLAIN_STRIKE = """mutation ($input: ExecuteStrikeInput!) {
  executeStrike(input: $input) { ... on ExecuteStrikeSuccess { strike { number } } }
}"""
"""Nothing of its answer is read besides."""
READ = "{ raids { nodes { id } } }"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own patience, in small: so that tests do not last as long as it does."""
    timeouts = Timeouts(connect_seconds=0.5, pool_seconds=0.5, lock_ms=700, statement_ms=700, command_seconds=0.9)
    monkeypatch.setattr(wiring, "TIMEOUTS", timeouts)
    assert StrikeLine.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(StrikeLine.__init__.__kwdefaults__, "patience_seconds", 1.0)


@pytest.fixture
async def own_server(data_dir: Path) -> AsyncIterator[EmbeddedServer]:
    """A PostgreSQL that nobody else uses."""
    server = await asyncio.to_thread(EmbeddedServer.start, data_dir, durable=False)
    await migrate.upgrade(server.url)
    yield server
    await asyncio.to_thread(server.stop)


@contextlib.contextmanager
def stopped(server: EmbeddedServer) -> Iterator[None]:
    """All of its processes are there and do nothing."""
    assert server.pid is not None
    postmaster = psutil.Process(server.pid)
    postmaster.send_signal(signal.SIGSTOP)
    for child in postmaster.children(recursive=True):
        child.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in (*postmaster.children(recursive=True), postmaster):
            process.send_signal(signal.SIGCONT)


async def a_strike(api: Api) -> dict[str, Any]:
    striker = await api.player()
    team = (await api.unused(striker))[:2]
    return {"action": "FIGHT", "discordId": striker, "characterIds": team, "idempotencyKey": f"of {striker}"}


def is_told_to_come_back(answer: Answer) -> bool:
    told = answer.data and answer.data.get("executeStrike")
    if told:
        return bool(told["__typename"] == "Overloaded" and told["retryAfterMs"] > 0)
    return answer.codes == ["OVERLOADED"] and answer.errors[0]["extensions"]["retryAfterMs"] > 0


async def in_time(asked: Awaitable[Any], seconds: float = ANSWER_SECONDS) -> Any:
    async with asyncio.timeout(seconds):
        return await asked


async def ready_again(api: Api) -> None:
    began = time.monotonic()
    while (await api.client.get("/readyz")).status_code != 200:
        assert time.monotonic() - began < RECOVERY_SECONDS
        await asyncio.sleep(0.05)


async def assert_it_goes_on(api: Api, given: dict[str, Any], numbers: int) -> None:
    """By itself, and the strike that was refused is made once."""
    await ready_again(api)
    began = time.monotonic()
    while True:
        answer = await api.ask(STRIKE, {"input": given}, api.tokens.bot)
        if not is_told_to_come_back(answer):
            break
        assert time.monotonic() - began < RECOVERY_SECONDS
        await asyncio.sleep(0.1)
    struck = answer.data["executeStrike"]
    assert struck["__typename"] == "ExecuteStrikeSuccess", answer.body
    again = await api.told(STRIKE, api.tokens.bot, input=given)
    assert again["executeStrike"] == {**struck, "replayed": True}
    raid = (await api.told("{ activeRaid { id totals { strikes } } }"))["activeRaid"]
    assert raid["totals"]["strikes"] == numbers
    await books_balance(api.database, int(raid["id"]))


async def assert_answers_are_bounded(api: Api, given: dict[str, Any]) -> None:
    """Nobody waits for ever, whatever they asked, and many at once wait no longer."""
    began = time.monotonic()
    ready = await in_time(api.client.get("/readyz"), READY_SECONDS)
    assert (ready.status_code, ready.json()["database"]) == (503, False)
    assert (await in_time(api.client.get("/healthz"), READY_SECONDS)).status_code == 200
    assert (await in_time(api.client.get("/metrics"), READY_SECONDS)).status_code == 200
    reads = [api.ask(READ) for _ in range(12)]
    strikes = [api.ask(STRIKE, {"input": given}, api.tokens.bot)]
    strangers = [api.ask("{ viewer { role } }", token=api.tokens.player)]
    answers = await in_time(asyncio.gather(*reads, *strikes, *strangers))
    assert all(map(is_told_to_come_back, answers)), [answer.body for answer in answers]
    assert time.monotonic() - began < ANSWER_SECONDS + READY_SECONDS


async def prepared(api: Api) -> dict[str, Any]:
    await import_sample_roster(api.database)
    await api.raid()
    await api.told(STRIKE, api.tokens.bot, input=await a_strike(api))
    return await a_strike(api)


async def test_a_database_that_stands_still(own_server: EmbeddedServer) -> None:
    async with serving(own_server.url) as api:
        given = await prepared(api)
        with capture_logs() as logs:
            with stopped(own_server):
                await assert_answers_are_bounded(api, given)
            await assert_it_goes_on(api, given, 2)
        assert {line["log_level"] for line in logs} <= {"warning", "info"}, logs


@pytest.fixture
async def cable(database_url: str, data_dir: Path) -> AsyncIterator[Cable]:
    cable = Cable(data_dir, str(make_url(database_url).query["host"]))
    await cable.plug_in()
    yield cable
    cable.let_go()
    await cable.cut()


@pytest.fixture
async def wired(cable: Cable, database_url: str) -> AsyncIterator[Api]:
    """A server behind the cable."""
    url = make_url(database_url).update_query_dict({"host": str(cable.folder)}).render_as_string(hide_password=False)
    async with serving(url) as api:
        yield api


async def test_a_link_on_which_nothing_moves(wired: Api, cable: Cable) -> None:
    given = await prepared(wired)
    cable.hold()
    await assert_answers_are_bounded(wired, given)
    cable.let_go()
    await assert_it_goes_on(wired, given, 2)


async def test_a_slow_link_is_slow_and_no_more(wired: Api, cable: Cable) -> None:
    given = await prepared(wired)
    cable.delay_seconds = 0.03
    ready = await in_time(wired.client.get("/readyz"), READY_SECONDS)
    assert ready.status_code == 200
    answers = await in_time(asyncio.gather(*(wired.ask(READ) for _ in range(5))))
    assert all(answer.errors == [] for answer in answers)
    assert (await wired.ask(STRIKE, {"input": given}, wired.tokens.bot)).data["executeStrike"]["strike"]["number"] == 2
    cable.delay_seconds = 0.0


@contextlib.asynccontextmanager
async def all_taken(opened: Callable[[], Any], count: int) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(count):
            await stack.enter_async_context(opened())
        yield


async def test_without_a_connection_left_reading_is_refused_and_strikes_go_on(api: Api) -> None:
    given = await prepared(api)
    async with all_taken(api.database.reading, 8):
        began = time.monotonic()
        answers = await in_time(asyncio.gather(*(api.ask(READ) for _ in range(20))))
        assert all(map(is_told_to_come_back, answers))
        assert time.monotonic() - began < ANSWER_SECONDS
        assert (await in_time(api.client.get("/readyz"), READY_SECONDS)).status_code == 503
        assert (await in_time(api.client.get("/healthz"), READY_SECONDS)).status_code == 200
        struck = (await api.told(PLAIN_STRIKE, api.tokens.bot, input=given))["executeStrike"]
        assert struck["strike"]["number"] == 2
    await ready_again(api)
    assert (await api.ask(READ)).errors == []


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with serving(database_url) as api:
        yield api


@pytest.fixture
def small_disk(data_dir: Path) -> Iterator[Path]:
    """A folder on a disk of its own."""
    mounted = subprocess.run(  # noqa: S603 - our own folder
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", data_dir],  # noqa: S607
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip("a disk of its own cannot be had here")
    yield data_dir
    subprocess.run(["umount", "--lazy", data_dir], check=True)  # noqa: S603, S607 - the same


def fill(folder: Path) -> Path:
    """Leaves no byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1024 * 1024, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return filler


async def test_a_full_disk(small_disk: Path) -> None:
    server = await asyncio.to_thread(EmbeddedServer.start, small_disk, durable=False)
    try:
        await migrate.upgrade(server.url)
        async with serving(server.url) as api:
            await prepared(api)
            striker = await api.player(characters=100)
            team = await api.unused(striker)
            filler = await asyncio.to_thread(fill, small_disk)
            for number, character in enumerate(team):  # until the room that PostgreSQL had taken before is used up
                given = {"action": "FIGHT", "discordId": striker, "characterIds": [character]}
                given["idempotencyKey"] = f"{number} {'x' * 150}"
                answer = await in_time(api.ask(STRIKE, {"input": given}, api.tokens.bot))
                if is_told_to_come_back(answer):
                    break
                assert answer.data["executeStrike"]["__typename"] == "ExecuteStrikeSuccess"
            else:
                pytest.fail("the disk was never full")
            assert (await in_time(api.client.get("/healthz"), READY_SECONDS)).status_code == 200
            filler.unlink()
            while await asyncio.to_thread(server.ensure_running):  # PostgreSQL itself may have given up
                pass
            strikes = (await api.told("{ activeRaid { totals { strikes } } }"))["activeRaid"]["totals"]["strikes"]
            await assert_it_goes_on(api, given, strikes + 1)
    finally:
        await asyncio.to_thread(server.stop)
