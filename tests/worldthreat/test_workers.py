"""WORLDTHREAT_WORKERS=4: four API processes behind one port, over one PostgreSQL, and one order of all strikes."""

import asyncio
import contextlib
import itertools
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from db.engine import Database
from db.queries import Connection
from services.verification import verify_raid
from services.views import Role
from services.world_threat import WorldThreatService
from tests.api_process import ApiProcess
from tests.services.strike_line.lines import BUSY
from tests.services.world import ADMIN, Owner, Sheet, World, books_balance
from tests.web.harness import STRIKE

WORKERS = 4
LINES_EACH = 4
EQUAL_KEYS = 64
PLAYERS, CHARACTERS = 20, 6
COME_BACK_SECONDS = 90.0
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@dataclass(slots=True)
class Line:
    """One connection to the port, and so to one worker: it stays where the kernel has put it."""

    client: httpx.AsyncClient
    local_port: int

    async def strike(self, discord_id: str, copy: int, key: str, action: str = "FIGHT") -> Any:
        given = {"action": action, "characterIds": [copy], "discordId": discord_id, "idempotencyKey": key}
        response = await self.client.post("/graphql", json={"query": STRIKE, "variables": {"input": given}})
        assert "errors" not in response.json(), response.text
        return response.json()["data"]["executeStrike"]


@contextlib.asynccontextmanager
async def lines_to_every_worker(api: ApiProcess, token: str) -> AsyncIterator[list[Line]]:
    """As many to each."""
    kept: list[Line] = []
    taken = dict.fromkeys([worker.pid for worker in api.workers()], 0)
    assert len(taken) == WORKERS
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(400):
            line = await opened(api, token)
            stack.push_async_callback(line.client.aclose)
            worker = worker_of(api, line)
            if taken[worker] < LINES_EACH:
                taken[worker] += 1
                kept.append(line)
            if len(kept) == WORKERS * LINES_EACH:
                break
        assert taken == dict.fromkeys(taken, LINES_EACH), "the kernel gives every worker its connections"
        yield kept


async def opened(api: ApiProcess, token: str) -> Line:
    client = httpx.AsyncClient(
        base_url=api.url,
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        verify=False,  # noqa: S501 - no TLS here, and reading certificates takes longer than all that is asked
        timeout=30,
        limits=httpx.Limits(max_connections=1),
    )
    answer = await client.get("/healthz")
    stream = answer.extensions["network_stream"]
    return Line(client, stream.get_extra_info("client_addr")[1])


def worker_of(api: ApiProcess, line: Line) -> int:
    for worker in api.workers():
        for connection in worker.net_connections(kind="tcp"):
            if tuple(connection.raddr)[1:] == (line.local_port,):
                return worker.pid
    raise AssertionError("nobody has this connection")


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.driver_connection() as connection:
        yield connection


@contextlib.asynccontextmanager
async def serving(database_url: str, log: Path, workers: int) -> AsyncIterator[ApiProcess]:
    api = await ApiProcess.launched(log, {"DATABASE_URL": database_url, "WORKERS": str(workers)})
    try:
        await api.starts()
        yield api
    finally:
        left = api.workers()
        if api.process.returncode is None:
            await api.ends(signal.SIGKILL)
        await asyncio.to_thread(psutil.wait_procs, left, 60)


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[ApiProcess]:
    async with serving(database_url, tmp_path / "log", WORKERS) as api:
        yield api


def chain_of(strikes: Sequence[Any], full: int) -> None:
    """By number, each strike meets the HP that the one before left."""
    ordered = sorted(strikes, key=lambda strike: strike["number"])
    assert [strike["number"] for strike in ordered] == list(range(1, len(ordered) + 1))
    assert ordered[0]["hpBefore"] == full
    for before, after in itertools.pairwise(ordered):
        assert after["hpBefore"] == before["hpAfter"]
        assert after["hpBefore"] - after["damageDealt"] == after["hpAfter"]


async def test_four_workers_strike_one_boss_in_one_order_and_come_back_when_killed(
    api: ApiProcess, database: Database, connection: Connection
) -> None:
    service = WorldThreatService(database)
    world = World(database, service, connection)
    sheets = [Sheet(100 + number) for number in range(CHARACTERS)]
    owners = await world.players(PLAYERS, await world.characters(*sheets))
    raid = await world.raid(BUSY)
    created = await service.desk.create_token(ADMIN, role=Role.BOT, name="bot", discord_id=None, expires_at=None)

    async with lines_to_every_worker(api, created.secret) as lines:
        # One key, asked for at all workers at once: one strike, and everybody else is told of it.
        first, copy = owners[0].discord_id, owners[0].copies[0]
        equal = await asyncio.gather(
            *(lines[number % len(lines)].strike(first, copy, "the same") for number in range(EQUAL_KEYS))
        )
        assert sorted(answer["replayed"] for answer in equal) == [False] + [True] * (EQUAL_KEYS - 1)
        assert all({**answer, "replayed": True} == {**equal[0], "replayed": True} for answer in equal)

        # A character that is asked for twice at different workers strikes once.
        *early, late = owners
        turns = [(owner, copy) for owner in early for copy in owner.copies][1:]

        async def strike_twice(place: int, discord_id: str, copy: int) -> tuple[Any, Any]:
            action = "FIGHT" if place % 5 else "ANALYZE"
            there, elsewhere = lines[place % len(lines)], lines[(place + LINES_EACH) % len(lines)]
            return await asyncio.gather(
                there.strike(discord_id, copy, f"one {copy}", action),
                elsewhere.strike(discord_id, copy, f"other {copy}", action),
            )

        pairs = await asyncio.gather(
            *(strike_twice(place, owner.discord_id, copy) for place, (owner, copy) in enumerate(turns))
        )
    told = [sorted(answer["__typename"] for answer in pair) for pair in pairs]
    assert told == [["CharactersAlreadyUsed", "ExecuteStrikeSuccess"]] * len(turns)
    accepted = [answer["strike"] for pair in pairs for answer in pair if "strike" in answer]
    chain_of([equal[0]["strike"], *accepted], BUSY.total_hp)
    await books_balance(connection, raid.id)
    report = await verify_raid(database, str(raid.id))
    assert (report.agrees, report.strikes) == (True, (PLAYERS - 1) * CHARACTERS)

    # A worker that is killed is started again; the others answer meanwhile, whoever connects.
    before = {worker.pid for worker in api.workers()}
    killed = api.workers()[0]
    killed.kill()
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as client, asyncio.timeout(COME_BACK_SECONDS):
        while len(now := {worker.pid for worker in api.workers()} - {killed.pid}) < WORKERS:
            assert (await client.get("/healthz", headers={"Connection": "close"})).status_code == 200
            await asyncio.sleep(0.05)
    assert before - now == {killed.pid}

    await end_with_strikes_in_flight(api, created.secret, late, connection)
    await books_balance(connection, raid.id)
    assert "Traceback" not in api.text(), api.text()
    assert f"died={killed.pid}" in api.text()


async def end_with_strikes_in_flight(api: ApiProcess, token: str, owner: Owner, connection: Connection) -> None:
    """SIGTERM: strikes under way are answered, whichever worker has them, and everybody ends in good order."""
    workers = api.workers()
    async with contextlib.AsyncExitStack() as stack:
        lines = [await opened(api, token) for _ in owner.copies]
        for line in lines:
            stack.push_async_callback(line.client.aclose)
        async with connection.transaction():
            await connection.execute("SELECT FROM world_threat_raids WHERE status = 'active' FOR UPDATE")
            strikes = [
                asyncio.create_task(line.strike(owner.discord_id, copy, f"in flight {copy}"))
                for line, copy in zip(lines, owner.copies, strict=True)
            ]
            await until_all_wait(connection, {worker_of(api, line) for line in lines})
            ending = asyncio.create_task(api.ends(signal.SIGTERM))
            await asyncio.sleep(0.5)
            assert not ending.done()
            assert not any(strike.done() for strike in strikes)
        answers = await asyncio.gather(*strikes)
        assert {answer["__typename"] for answer in answers} == {"ExecuteStrikeSuccess"}
        assert await ending == 0
    assert not any(worker.is_running() for worker in workers)


async def until_all_wait(connection: Connection, workers: set[int]) -> None:
    """For the raid's row: each of them has a strike under way."""
    async with asyncio.timeout(COME_BACK_SECONDS):
        while await connection.fetchval(WAITING) < len(workers):  # noqa: ASYNC110 - the database has no event for it
            await asyncio.sleep(0.02)


async def test_workers_whose_launcher_is_killed_leave_the_port_to_the_next_one(
    database_url: str, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path / "log", 2) as api:
        workers, port = api.workers(), api.port
        assert len(workers) == 2
        await api.ends(signal.SIGKILL)
        gone, left = await asyncio.to_thread(psutil.wait_procs, workers, 60)
        assert (len(gone), left) == (2, [])
        server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", port)
        server.close()
        await server.wait_closed()
