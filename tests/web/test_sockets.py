"""Sockets beyond their protocol (test_protocol.py): who may have one, how large and how many, and how they end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

from services.views import Role
from tests.web.harness import Api
from tests.web.live import Client, Edge, edge, listening
from web.sockets import LARGEST_MESSAGE, OPERATIONS_A_SOCKET

BOSS_HP = "subscription ($raidId: ID) { bossHp(raidId: $raidId) { current sequence } }"
ONE = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}


@pytest.fixture(scope="module")
async def live(api: Api) -> AsyncIterator[Edge]:
    async with edge(api, allowed_origins=("https://raid.example.org",)) as live:
        yield live


@pytest.fixture
async def client(live: Edge) -> Client:
    return await live.client()


# ------------------------------------------------------------------ the handshake


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://raid.example.org.evil.example", ""])
async def test_a_page_of_another_origin_gets_no_socket(live: Edge, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await live.connect(origin=origin)
    assert refused.value.response.status_code == 403


async def test_our_own_pages_and_those_that_are_allowed_get_one(live: Edge) -> None:
    for origin in (f"http://127.0.0.1:{live.port}", "https://raid.example.org", None):
        await live.client(origin=origin)


# ------------------------------------------------------------------ connection_init


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
async def test_the_token_is_in_the_payload(live: Edge, name: str) -> None:
    client = await live.connect()
    await client.send({"type": "connection_init", "payload": {name: f"Bearer {live.api.tokens.player}"}})
    assert await client.heard() == {"type": "connection_ack"}
    await client.subscribe("{ viewer { role } }")
    assert (await client.data())["viewer"] == {"role": "PLAYER"}


async def test_the_token_is_in_the_handshakes_header(live: Edge) -> None:
    client = await live.client(additional_headers={"Authorization": f"Bearer {live.api.tokens.bot}"})
    await client.subscribe("{ viewer { role } }")
    assert (await client.data())["viewer"] == {"role": "BOT"}


@pytest.mark.parametrize("token", ["Bearer wt_player_nonsense", "nonsense", "", 5, {}, "Bearer "])
async def test_a_token_that_is_no_good_is_forbidden(live: Edge, token: Any) -> None:
    client = await live.connect()
    await client.send({"type": "connection_init", "payload": {"authorization": token}})
    assert await client.closed() == (4403, "Forbidden")


# ------------------------------------------------------------------ messages that are none


async def test_variables_deeper_than_anything_here_are_no_message(client: Client) -> None:
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    payload = b'{"query":"subscription { bossHp { current } }","variables":' + deep + b"}"
    await client.send((b'{"id":"1","type":"subscribe","payload":' + payload + b"}").decode())
    assert (await client.closed())[0] == 4400


async def test_the_largest_message_is_taken(client: Client) -> None:
    message = {**ONE, "payload": {"query": "{ __typename }#"}}
    room = LARGEST_MESSAGE - len(orjson.dumps(message))
    message["payload"] = {"query": "{ __typename }#" + "x" * room}
    assert len(orjson.dumps(message)) == LARGEST_MESSAGE
    await client.send(message)
    assert (await client.data()) == {"__typename": "Query"}


async def test_with_the_servers_own_limit_a_larger_message_ends_the_socket_too(live: Edge) -> None:
    async with listening(live.endpoint, ws_max_size=LARGEST_MESSAGE) as (_server, port):
        limited = Edge(live.api, live.endpoint, live.server, port, live.world)
        client = await limited.client()
        await client.send("x" * (LARGEST_MESSAGE + 1))
        assert (await client.closed())[0] == 1009


# ------------------------------------------------------------------ subscribe


@pytest.mark.parametrize("after", ["x", True, 1.5, [], {}, 2**60])
async def test_a_variable_that_does_not_fit_is_the_askers_own_error(live: Edge, after: Any) -> None:
    raid_id = await live.api.raid()
    query = f'subscription ($after: SafeInt) {{ raidUpdates(raidId: "{raid_id}", after: $after) {{ sequence }} }}'
    good, bad = await live.client(), await live.client()
    await good.subscribe(query, variables={"after": 0})
    assert (await good.data())["raidUpdates"] == {"sequence": 1}
    await bad.subscribe(query, variables={"after": after})
    assert (await bad.heard())["type"] == "error"
    await live.change(raid_id)
    assert (await good.data())["raidUpdates"] == {"sequence": 2}


async def test_operations_beyond_the_limit_are_errors(live: Edge, client: Client) -> None:
    await live.api.raid()
    for number in range(OPERATIONS_A_SOCKET):
        await client.subscribe(BOSS_HP, str(number))
        assert (await client.heard())["type"] == "next"
    await client.subscribe(BOSS_HP, "more")
    message = await client.heard()
    assert (message["id"], message["type"]) == ("more", "error")
    assert str(OPERATIONS_A_SOCKET) in message["payload"][0]["message"]
    await client.send({"id": "0", "type": "complete"})
    await client.subscribe(BOSS_HP, "more")
    assert (await client.heard())["type"] == "next"


# ------------------------------------------------------------------ complete, ping, pong


async def test_who_answers_no_ping_may_come_back(api: Api) -> None:
    """Also when it was only away for a while. Never 1011: clients take that for the end."""
    async with edge(api, {"ws_ping_interval": 0.05, "ws_ping_timeout": 0.5}) as live:
        client, busy = await live.client(), await live.client()
        client.stop_reading()
        for _ in range(24):
            await busy.send({"type": "ping"})
            assert await busy.heard() == {"type": "pong"}
            await asyncio.sleep(0.05)
        client.read_again()
        assert await client.closed() == (1013, "No answer to a ping: try again later")
        await busy.send({"type": "ping"})
        assert await busy.heard() == {"type": "pong"}


# ------------------------------------------------------------------ who may


async def test_without_public_reading_only_tokens_may_follow(api: Api) -> None:
    raid_id = await api.raid()
    async with edge(api, public_read=False) as live:
        nobody, viewer, player = [await live.client(token) for token in (None, api.tokens.viewer, api.tokens.player)]
        for client in (nobody, viewer, player):
            await client.subscribe(BOSS_HP, variables={"raidId": raid_id})
        refusal = await nobody.heard()
        assert (refusal["type"], refusal["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")
        for client in (viewer, player):
            assert (await client.data())["bossHp"]["sequence"] == 1


# ------------------------------------------------------------------ the end


async def test_at_shutdown_every_socket_is_closed_with_1012(api: Api) -> None:
    await api.raid()
    async with edge(api) as live:
        silent, following = await live.connect(), await live.client(api.tokens.player)
        shared = await live.client()
        for client in (following, shared):
            await client.subscribe(BOSS_HP)
            await client.data()
        live.server.should_exit = True
        for client in (silent, following, shared):
            assert (await client.closed())[0] == 1012
        assert await live.left_over() == []


async def vanish(client: Client) -> None:
    client.connection.transport.abort()


async def close(client: Client) -> None:
    await client.connection.close()


async def break_the_framing(client: Client) -> None:
    client.connection.transport.write(b"\xff\xff\xff")


async def send_half_a_character(client: Client) -> None:
    client.connection.protocol.send_text(b"\xff\xfe")
    client.connection.transport.write(b"".join(client.connection.protocol.data_to_send()))


@pytest.mark.parametrize("leave", [vanish, close, break_the_framing, send_half_a_character])
@pytest.mark.parametrize("role", [Role.PUBLIC, Role.PLAYER])
async def test_whoever_goes_leaves_nothing_and_no_traceback(
    live: Edge, caplog: pytest.LogCaptureFixture, leave: Any, role: Role
) -> None:
    raid_id = await live.api.raid()
    with caplog.at_level(logging.WARNING), capture_logs() as logs:
        clients = [await live.client(live.api.tokens.of(role)) for _ in range(3)]
        await clients[0].subscribe(BOSS_HP)
        await clients[0].data()
        await clients[1].subscribe(BOSS_HP)  # goes before it hears anything
        await live.change(raid_id)
        for client in clients:
            await leave(client)
        assert await live.left_over() == []
        await asyncio.sleep(0.05)
    assert [line for line in logs if line["log_level"] in {"warning", "error"}] == []
    assert [
        record.getMessage() for record in caplog.records if record.exc_info and "Invalid UTF-8" not in record.message
    ] == []
