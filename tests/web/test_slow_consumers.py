"""A client that stops reading: it costs a bounded amount, is closed in the end, and the others do not notice."""

import asyncio
import contextlib
import time
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

import services.feed
from tests.services.world import Sheet
from tests.web.harness import Api
from tests.web.live import ADMIN, PATIENCE, Client, Edge, edge, listening
from web.outbox import SLOW_SECONDS, Outbox

MEGABYTE = 1024 * 1024
IMPATIENT = 1.0
REPEATED = " ".join(f"t{number}: raid {{ description }}" for number in range(14))
HEAVY = f"""
subscription ($raidId: ID, $after: SafeInt) {{
  raidUpdates(raidId: $raidId, after: $after) {{
    sequence events {{ sequence }} raid {{ hp {{ current }} }} {REPEATED}
  }}
}}
"""
LIGHT = "subscription ($raidId: ID) { raidUpdates(raidId: $raidId) { sequence events { sequence } } }"
HP = "subscription ($raidId: ID) { raidUpdates(raidId: $raidId) { raid { hp { current } } } }"


@pytest.fixture(params=[SLOW_SECONDS])
async def live(api: Api, request: pytest.FixtureRequest) -> AsyncIterator[Edge]:
    """Updates come fast, and buffers are small. The parameter: the server's patience."""
    pause, api.service.feed._pause = api.service.feed._pause, 0.01
    async with edge(api, {"buffer": 4_096, "ws_ping_interval": None}, slow_seconds=request.param) as live:
        yield live
        for client in live.clients:
            client.transport.abort()
        assert await live.left_over() == []
    api.service.feed._pause = pause


async def heavy_raid(live: Edge) -> str:
    """A raid of which an update is some 60 KB."""
    raid_id = await live.api.raid()
    await live.api.told(
        "mutation ($input: UpdateRaidInput!) { updateRaid(input: $input) { __typename } }",
        live.api.tokens.admin,
        input={"raidId": raid_id, "reason": "a test", "description": "d" * 4_000},
    )
    return raid_id


async def follow(client: Client, query: str, raid_id: str, **variables: Any) -> None:
    await client.subscribe(query, variables={"raidId": raid_id, **variables})
    await client.data()


async def test_who_stops_reading_is_told_to_come_back_and_the_others_do_not_notice(live: Edge) -> None:
    raid_id = await heavy_raid(live)
    stalled = [await live.narrow_client() for _ in range(20)]
    for client in stalled:
        await follow(client, HEAVY, raid_id)
        client.stop_reading()
    reader, light = await live.client(), await live.client()
    await follow(reader, HEAVY, raid_id)
    await follow(light, LIGHT, raid_id)
    delays: list[float] = []
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        for _ in range(30):
            await live.change(raid_id)
            committed = time.monotonic()
            await light.data()
            delays.append(time.monotonic() - committed)
            await reader.data()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # As many answers for each of twenty: 36 MB, were they not shared and bounded.
    assert after - before < 5 * MEGABYTE
    assert peak - before < 8 * MEGABYTE
    assert sorted(delays)[len(delays) // 2] < 2
    for client in stalled:
        client.read_again()
    codes = [await client.closed() for client in stalled]
    assert {code for code, _reason in codes} == {1013}


@pytest.mark.parametrize("live", [IMPATIENT], indirect=True)
async def test_who_never_reads_again_is_cut_off(live: Edge) -> None:
    raid_id = await heavy_raid(live)
    stalled = await live.narrow_client()
    await follow(stalled, HEAVY, raid_id)
    stalled.stop_reading()
    reader = await live.client()
    await follow(reader, LIGHT, raid_id)
    for _ in range(5):
        await live.change(raid_id)
        await reader.data()
    assert len(live.server.server_state.connections) == 2
    async with asyncio.timeout(PATIENCE):
        while len(live.server.server_state.connections) == 2:
            await live.change(raid_id)
            await reader.data()
    stalled.read_again()
    assert (await stalled.closed())[0] == 1006


@pytest.mark.parametrize("stalled_before", [False, True])
@pytest.mark.parametrize("live", [IMPATIENT], indirect=True)
async def test_who_is_closed_and_does_not_even_read_that_is_cut_off(live: Edge, *, stalled_before: bool) -> None:
    """And what it sent after its last mistake is not done, however long it takes until it is closed."""
    raid_id = await heavy_raid(live)
    stalled = await live.narrow_client(live.api.tokens.admin)
    await follow(stalled, HEAVY, raid_id)
    stalled.stop_reading()
    if stalled_before:
        await live.change(raid_id)
        await asyncio.sleep(0.2)
    await stalled.send("nonsense")
    register = 'mutation { registerPlayer(input: {discordId: "never", name: "Never"}) { __typename } }'
    await stalled.subscribe(register, "after the nonsense")
    assert len(live.server.server_state.connections) == 1
    for _ in range(600):
        if not live.server.server_state.connections:
            break
        await asyncio.sleep(0.05)
    assert live.server.server_state.connections == set()
    assert await live.api.rows("SELECT 1 FROM users WHERE discord_id = 'never'") == []


async def test_state_is_conflated(live: Edge) -> None:
    """HP alone: who reads again finds the newest, and not all there ever was; on two operations side by side."""
    raid_id = await heavy_raid(live)
    owner = await live.world.player(*(Sheet() for _ in range(40)))
    stalled = await live.narrow_client()
    await stalled.subscribe(HEAVY, "heavy", variables={"raidId": raid_id})
    await stalled.data()
    await stalled.subscribe(HP, "hp", variables={"raidId": raid_id})
    await stalled.data()
    stalled.stop_reading()
    reader = await live.client()
    await follow(reader, HP, raid_id)
    told = 0
    for copy in owner.copies:
        await live.world.strike(owner, copy)
        newest = (await reader.data())["raidUpdates"]["raid"]["hp"]["current"]
        told += 1
    stalled.read_again()
    heard: dict[str, list[int]] = {"heavy": [], "hp": []}
    while any(not found or found[-1] != newest for found in heard.values()):
        message = await stalled.heard()
        heard[message["id"]].append(message["payload"]["data"]["raidUpdates"]["raid"]["hp"]["current"])
    for found in heard.values():
        assert found == sorted(set(found), reverse=True)
        assert len(found) < told / 2


async def test_strikes_that_are_not_read_in_time_are_told_or_counted(live: Edge) -> None:
    raid_id = await live.api.raid()
    owner = await live.world.player(*(Sheet() for _ in range(40)))
    teams = " ".join(f"t{number}: team {{ name }} p{number}: player {{ name }}" for number in range(7))
    query = "subscription ($raidId: ID) { strikeFeed(raidId: $raidId) { skipped lastNumber "
    query += f"strikes {{ number {teams} }} }} }}"
    await live.world.strike(owner, owner.copies[0])
    stalled, reader = await live.narrow_client(), await live.client()
    await follow(stalled, query, raid_id)
    await follow(reader, query, raid_id)
    stalled.stop_reading()
    for copy in owner.copies[1:]:
        await live.world.strike(owner, copy)
        await reader.data()
    stalled.read_again()
    seen = 1
    while seen < 40:
        told = (await stalled.data())["strikeFeed"]
        seen += told["skipped"] + len(told["strikes"])
        assert seen == told["lastNumber"]


@pytest.mark.parametrize("role", ["public", "player"])
async def test_who_is_far_behind_and_slow_gets_everything_at_its_own_pace(
    live: Edge, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two megabytes through a straw: more than may ever wait, and no reason to be closed."""
    monkeypatch.setattr(services.feed, "EVENTS_A_MOMENT", 25)
    raid_id = await live.api.raid()
    for _ in range(50):
        await live.api.service.desk.pause_raid(ADMIN, raid_id=raid_id, reason="r" * 1_000)
        await live.api.service.desk.resume_raid(ADMIN, raid_id=raid_id, reason="r" * 1_000)
    reasons = " ".join(f"r{number}: reason" for number in range(14))
    query = "subscription ($id: ID, $after: SafeInt) { raidUpdates(raidId: $id, after: $after) { "
    query += f"events {{ sequence ... on RaidChanged {{ {reasons} }} }} }} }}"
    client = await live.narrow_client(None if role == "public" else live.api.tokens.player)
    await client.subscribe(query, variables={"id": raid_id, "after": 0})
    told: list[int] = []
    changes = 0
    while len(told) < 101 + changes:
        await asyncio.sleep(0.05)
        told += [each["sequence"] for each in (await client.data())["raidUpdates"]["events"]]
        if changes < 5:
            await live.change(raid_id)
            changes += 1
    assert told == list(range(1, 107))


# ------------------------------------------------------------------ what the outbox relies on


async def test_uvicorns_send_writes_nothing_before_it_waits_for_the_peer() -> None:
    """So that one step of it has either written or written nothing."""
    found: dict[str, Any] = {}

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        protocol = send.__self__
        written: list[bytes] = []
        original, protocol.transport = protocol.transport, _Noting(protocol.transport, written)
        protocol.writable.clear()
        step = send({"type": "websocket.send", "text": "one"})
        waited = step.send(None)
        found["while it waits"] = (waited is not None, list(written))
        step.close()
        protocol.writable.set()
        step = send({"type": "websocket.send", "text": "two"})
        with pytest.raises(StopIteration):
            step.send(None)
        found["without waiting"] = [data[2:] for data in written]
        protocol.transport = original
        found["outbox"] = Outbox(send)._protocol is protocol
        await send({"type": "websocket.close"})

    async with (
        listening(app) as (_server, port),
        websockets.connect(f"ws://127.0.0.1:{port}", proxy=None) as client,
    ):
        with contextlib.suppress(ConnectionClosed):
            await client.recv()
    assert found == {"while it waits": (True, []), "without waiting": [b"two"], "outbox": True}


class _Noting:
    """A transport that notes what is written."""

    def __init__(self, transport: Any, written: list[bytes]) -> None:
        self._transport, self._written = transport, written

    def write(self, data: bytes) -> None:
        self._written.append(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
