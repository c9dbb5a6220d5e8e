"""SIGTERM: not ready any more, strikes that wait get their answer, everybody who follows is told to come back."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from services.world_threat import DRAIN_SECONDS
from tests.services.world import books_balance
from tests.web.harness import STRIKE, Api, import_sample_roster, serving
from tests.web.live import Client
from tests.web.processes import api_processes
from web.sockets import PROTOCOL
from worldthreat import up
from worldthreat.settings import Settings
from worldthreat.wiring import application

STOP_SECONDS = 10.0
PATIENCE = 60.0
FOLLOW = "subscription { raidUpdates { sequence } }"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def a_strike(api: Api) -> dict[str, Any]:
    striker = await api.player()
    team = (await api.unused(striker))[:2]
    return {"action": "FIGHT", "discordId": striker, "characterIds": team, "idempotencyKey": f"of {striker}"}


async def somebody_waits(holder: Any) -> None:
    """For a lock in the database."""
    for _ in range(1_000):
        if await holder.fetchval(WAITING):
            return
        await asyncio.sleep(0.02)
    pytest.fail("nobody waits")


async def status_of(client: httpx.AsyncClient, path: str, wanted: int) -> Any:
    """Asks until the answer has this status."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await client.get(path)
            if answer.status_code == wanted:
                return answer.json()
            await asyncio.sleep(0.02)


async def streamed(url: str, told: asyncio.Event) -> list[str]:
    """The lines of a stream of events until it ends."""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client,
        client.stream("POST", url, json={"query": FOLLOW}, headers={"Accept": "text/event-stream"}) as answer,
    ):
        lines = []
        async for line in answer.aiter_lines():
            lines.append(line)
            told.set()
        return lines


async def test_a_server_is_stopped_as_it_should_be(database_url: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        helper = await stack.enter_async_context(serving(database_url))  # fills the database, and looks behind
        await import_sample_roster(helper.database)
        raid_id = await helper.raid()
        strikes = [await a_strike(helper) for _ in range(4)]
        (api,) = await stack.enter_async_context(api_processes(1, database_url))
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=api.url, trust_env=False, timeout=PATIENCE,
                headers={"Authorization": f"Bearer {helper.tokens.bot}"},
            )
        )  # fmt: skip
        await status_of(client, "/readyz", 200)
        told = asyncio.Event()
        events = asyncio.create_task(streamed(f"{api.url}/graphql", told))
        await asyncio.wait_for(told.wait(), PATIENCE)
        url = f"ws://127.0.0.1:{api.port}/graphql"
        connection = await stack.enter_async_context(connect(url, subprotocols=[Subprotocol(PROTOCOL)], proxy=None))
        follower = Client(connection)
        await follower.greet()
        await follower.subscribe(FOLLOW)
        await follower.data()

        async def strike(given: dict[str, Any]) -> httpx.Response:
            return await client.post("/graphql", json={"query": STRIKE, "variables": {"input": given}})

        holder = await stack.enter_async_context(helper.database.driver_connection())
        async with holder.transaction():
            await holder.execute("SELECT FROM world_threat_raids WHERE id = $1 FOR UPDATE", int(raid_id))
            waiting = [asyncio.create_task(strike(given)) for given in strikes[:3]]
            await somebody_waits(holder)
            began = time.monotonic()
            os.kill(api.process.pid, signal.SIGTERM)
            ready = await status_of(client, "/readyz", 503)
            assert ready == {"running": False, "database": True, "migrations": True, "feed": True}
            assert (await client.get("/healthz")).status_code == 200
            late = (await strike(strikes[3])).json()["data"]["executeStrike"]
            assert late["__typename"] == "Overloaded"
            assert late["retryAfterMs"] > 0
        answers = [(await each).json()["data"]["executeStrike"] for each in waiting]
        assert {answer["__typename"] for answer in answers} == {"ExecuteStrikeSuccess"}
        assert sorted(answer["strike"]["number"] for answer in answers) == [1, 2, 3]
        assert (await follower.closed())[0] == 1012
        lines = await asyncio.wait_for(events, PATIENCE)
        assert "event: next" in lines
        assert "event: complete" not in lines  # who follows comes back
        assert await asyncio.wait_for(api.process.wait(), PATIENCE) == 0
        assert time.monotonic() - began < STOP_SECONDS
        said = api.text()
        assert "Traceback" not in said, said
        assert "[error" not in said, said
        await books_balance(helper.database, int(raid_id))


async def test_it_ends_in_time_though_the_database_does_not_answer(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the server's own patience in small: what it adds up to is less than ten seconds."""
    assert DRAIN_SECONDS + up.GRACE_SECONDS < STOP_SECONDS - 2
    monkeypatch.setattr("services.world_threat.DRAIN_SECONDS", 0.3)
    monkeypatch.setattr(up, "GRACE_SECONDS", 1)
    async with contextlib.AsyncExitStack() as stack:
        helper = await stack.enter_async_context(serving(database_url))
        await import_sample_roster(helper.database)
        raid_id = await helper.raid()
        given = await a_strike(helper)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        running = await stack.enter_async_context(application(Settings(), database_url))
        server = up.Server(up.server_config(running.app, Settings()), running.drain)
        serving_task = asyncio.create_task(server.serve(sockets=[listener]))
        await asyncio.wait_for(server.serving.wait(), PATIENCE)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        holder = await stack.enter_async_context(helper.database.driver_connection())
        async with holder.transaction():  # nobody else gets the raid until the server has ended
            await holder.execute("SELECT FROM world_threat_raids WHERE id = $1 FOR UPDATE", int(raid_id))
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE))
            asked = {"query": STRIKE, "variables": {"input": given}}
            headers = {"Authorization": f"Bearer {helper.tokens.bot}"}
            strike = asyncio.create_task(client.post("/graphql", json=asked, headers=headers))
            await somebody_waits(holder)
            server.should_exit = True
            await asyncio.wait_for(serving_task, STOP_SECONDS)
            answer = await strike
        assert '"OVERLOADED"' in answer.text or '"Overloaded"' in answer.text
        assert "retryAfterMs" in answer.text
        again = await helper.strike(given["discordId"], *given["characterIds"], idempotencyKey=given["idempotencyKey"])
        assert again["__typename"] == "ExecuteStrikeSuccess"
