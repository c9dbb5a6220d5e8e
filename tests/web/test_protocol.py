"""graphql-transport-ws, sentence by sentence: the socket, and the connection on it.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md, in its order; test_protocol_operations.py goes on.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from tests.web.harness import Api
from tests.web.live import Client, Edge, edge
from web.sockets import LARGEST_MESSAGE

ONE = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}


@pytest.fixture(scope="module")
async def live(api: Api) -> AsyncIterator[Edge]:
    async with edge(api) as live:
        yield live


@pytest.fixture
async def impatient(api: Api) -> AsyncIterator[Edge]:
    """One that waits a moment only for `connection_init`."""
    async with edge(api, init_seconds=0.3) as live:
        yield live


@pytest.fixture
async def client(live: Edge) -> Client:
    return await live.client()


# ------------------------------------------------------------------ the sub-protocol


@pytest.mark.parametrize(
    "offered",
    [
        ("graphql-transport-ws",),
        ("graphql-ws", "graphql-transport-ws"),
        ("graphql-transport-ws", "graphql-ws"),
        ("something", "graphql-transport-ws", "else"),
    ],
    ids=str,
)
async def test_the_subprotocol_is_agreed_on(live: Edge, offered: tuple[str, ...]) -> None:
    client = await live.connect(offered)
    assert client.connection.subprotocol == "graphql-transport-ws"
    await client.greet()


async def test_it_may_be_offered_in_a_header_of_its_own(live: Edge) -> None:
    """A list in one header line and one in several are the same (RFC 6455, 11.3.4)."""
    hello = (
        "GET /graphql HTTP/1.1\r\nHost: raid\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-ws\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", live.port)
    writer.write(hello.encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    writer.transport.abort()
    assert answer.startswith(b"http/1.1 101")
    assert b"\r\nsec-websocket-protocol: graphql-transport-ws\r\n" in answer


@pytest.mark.parametrize("offered", [None, ("graphql-ws",), ("graphql-transport-wss", "graphql-ws")])
async def test_another_subprotocol_is_not_acceptable(live: Edge, offered: tuple[str, ...] | None) -> None:
    client = await live.connect(offered)
    assert client.connection.subprotocol is None
    assert await client.closed() == (4406, "Subprotocol not acceptable")


async def test_a_client_closes_with_1000_and_is_answered_so(live: Edge, client: Client) -> None:
    await client.subscribe("subscription { bossHp { current } }")
    await client.connection.close(1000)
    assert client.connection.close_code == 1000
    assert await live.left_over() == []


# ------------------------------------------------------------------ connection_init


async def test_who_says_nothing_is_closed_with_4408(impatient: Edge) -> None:
    assert await (await impatient.connect()).closed() == (4408, "Connection initialisation timeout")


async def test_who_only_pings_is_closed_with_4408(impatient: Edge) -> None:
    client = await impatient.connect()
    await client.send({"type": "ping"})
    assert await client.heard() == {"type": "pong"}
    assert (await client.closed())[0] == 4408


async def test_who_has_introduced_itself_is_not_closed(impatient: Edge) -> None:
    client = await impatient.client()
    assert await client.silent(0.4)
    await client.send(ONE)
    assert await client.data() == {"__typename": "Query"}


async def test_a_second_connection_init_is_too_many(client: Client) -> None:
    await client.send({"type": "connection_init"})
    assert await client.closed() == (4429, "Too many initialisation requests")


@pytest.mark.parametrize("given", [{}, {"payload": 5}, {"payload": {"authorization": "Bearer nonsense"}}])
async def test_two_at_once_are_too_many(live: Edge, given: dict[str, Any]) -> None:
    """Whatever the second one says: nobody is asked again who they are."""
    client = await live.connect()
    await client.send({"type": "connection_init"})
    await client.send({"type": "connection_init", **given})
    assert await client.closed() == (4429, "Too many initialisation requests")


async def test_who_is_rejected_is_forbidden(live: Edge) -> None:
    client = await live.connect()
    await client.send({"type": "connection_init", "payload": {"authorization": "Bearer wt_player_nonsense"}})
    assert await client.closed() == (4403, "Forbidden")


@pytest.mark.parametrize("payload", [5, "x", True, [], [{}]], ids=repr)
async def test_a_payload_of_another_type_is_no_introduction(live: Edge, payload: Any) -> None:
    client = await live.connect()
    await client.send({"type": "connection_init", "payload": payload})
    assert await client.closed() == (4400, "Invalid message")


# ------------------------------------------------------------------ connection_ack


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {}}, {"payload": {"authorization": None}}])
async def test_a_connection_is_acknowledged(live: Edge, payload: dict[str, Any]) -> None:
    client = await live.connect()
    await client.send({"type": "connection_init", **payload})
    assert await client.heard() == {"type": "connection_ack"}


async def test_nothing_is_said_before_the_peer_has_introduced_itself(live: Edge) -> None:
    client = await live.connect()
    assert await client.silent(0.2)
    await client.greet()


async def test_what_is_asked_along_with_the_introduction_comes_after_the_acknowledgement(live: Edge) -> None:
    client = await live.connect()
    await client.send({"type": "connection_init"})
    await client.send(ONE)
    assert [(await client.heard())["type"] for _ in range(3)] == ["connection_ack", "next", "complete"]


# ------------------------------------------------------------------ ping and pong


@pytest.mark.parametrize(
    ("ping", "pong"),
    [
        ({}, {}),
        ({"payload": None}, {}),
        ({"payload": {}}, {}),
        ({"payload": {"any": [1, "ü", None]}}, {"payload": {"any": [1, "ü", None]}}),
        ({"id": "1", "more": 5}, {}),
    ],
    ids=str,
)
async def test_a_ping_is_answered_at_any_time(live: Edge, ping: dict[str, Any], pong: dict[str, Any]) -> None:
    client = await live.connect()
    await client.send({"type": "ping", **ping})
    assert await client.heard() == {"type": "pong", **pong}  # before the introduction
    await client.greet()
    await client.send({"type": "ping", **ping})
    assert await client.heard() == {"type": "pong", **pong}


async def test_a_pings_payload_of_any_depth_is_no_trouble(client: Client) -> None:
    for depth in (10, 100, 300, 900):
        await client.send('{"type":"ping","payload":' + '{"a":' * depth + "1" + "}" * (depth + 1))
        assert (await client.heard())["type"] == "pong"


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {"any": [1]}}], ids=str)
async def test_a_pong_that_nobody_has_asked_for_is_a_heartbeat(live: Edge, payload: dict[str, Any]) -> None:
    client = await live.connect()
    await client.send({"type": "pong", **payload})
    await client.greet()
    await client.send({"type": "pong", **payload})
    assert await client.silent(0.1)


# ------------------------------------------------------------------ what is no message


@pytest.mark.parametrize(
    "message",
    [
        "",
        "nonsense",
        "null",
        "5",
        '"ping"',
        "[]",
        "{}",
        '{"type":5}',
        '{"type":null}',
        '{"type":""}',
        '{"type":"start"}',
        '{"type":"connection_terminate"}',
        '{"type":"Ping"}',
        '{"id":"1","payload":{"query":"{ __typename }"}}',
        '[{"type":"ping"}]',
        "{'type':'ping'}",
        '{"type":"ping",}',
        '{"type":"ping"}{"type":"ping"}',
        '{"type":"ping","payload":NaN}',
        '{"type":"ping","payload":{"a":"\\ud800"}}',
        '{"type":"error","id":"1","payload":[]}',
        '{"type":"next","id":"1","payload":{}}',
        '{"type":"connection_ack"}',
        '{"type":"ping","payload":5}',
        '{"type":"ping","payload":[]}',
        '{"type":"pong","payload":"x"}',
        '{"type":"complete"}',
        '{"type":"complete","id":5}',
        '{"type":"complete","id":null}',
        '{"type":"complete","id":["1"]}',
        "[" * 5_000,
        '{"type":"ping","payload":' + '{"a":' * 2_000 + "1" + "}" * 2_001,
        b'{"type":"ping"}',
        b"\x00",
        '{"type":"ping","payload":{"a":"' + "x" * LARGEST_MESSAGE + '"}}',
        '{"type":"ping","payload":{"a":"' + "ä" * (LARGEST_MESSAGE // 2) + '"}}',
    ],
    ids=lambda message: f"{message[:40]!r}",
)
async def test_what_is_no_message_is_closed_with_4400(client: Client, message: str | bytes) -> None:
    await client.send(message)
    assert await client.closed() == (4400, "Invalid message")


@pytest.mark.parametrize("message", ["nonsense", "null", b"{}", '{"type":"next"}', '{"type":"complete"}'], ids=repr)
async def test_nor_is_it_one_before_the_introduction(live: Edge, message: str | bytes) -> None:
    client = await live.connect()
    await client.send(message)
    assert await client.closed() == (4400, "Invalid message")


async def test_nothing_is_done_after_what_is_no_message(live: Edge) -> None:
    """Also when it came together with it."""
    client = await live.client(live.api.tokens.admin)
    register = """mutation { registerPlayer(input: {discordId: "never", name: "Never"}) { __typename } }"""
    protocol = client.connection.protocol
    protocol.send_text(b"nonsense")
    protocol.send_text(orjson.dumps({**ONE, "payload": {"query": register}}))
    client.connection.transport.write(b"".join(protocol.data_to_send()))
    assert (await client.closed())[0] == 4400
    await asyncio.sleep(0.1)
    assert await live.api.rows("SELECT 1 FROM users WHERE discord_id = 'never'") == []


@pytest.mark.parametrize(
    "message", ['{"type":"ping"} ', '\n\t{ "type" : "ping" }', '{"type":"pong","type":"ping"}', '{"type":"p\\u0069ng"}']
)
async def test_any_json_is_read(client: Client, message: str) -> None:
    await client.send(message)
    assert await client.heard() == {"type": "pong"}


async def test_a_message_may_come_in_pieces(client: Client) -> None:
    """Also with a WebSocket ping between them."""
    protocol = client.connection.protocol
    protocol.send_text(b'{"id":"1","type":"subs', fin=False)
    protocol.send_ping(b"between")
    protocol.send_continuation('cribe","payload":{"query":"{ __typename }#ü'.encode()[:-1], fin=False)
    protocol.send_continuation("ü".encode()[1:] + b'"}}', fin=True)
    client.connection.transport.write(b"".join(protocol.data_to_send()))
    assert await client.data() == {"__typename": "Query"}


async def test_unknown_fields_are_no_matter(client: Client) -> None:
    await client.send({**ONE, "more": 5, "payload": {"query": "{ __typename }", "extensions": {"a": 1}, "more": []}})
    assert await client.data() == {"__typename": "Query"}


async def test_what_nobody_has_foreseen_is_no_end_for_good(
    live: Edge, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug of ours: its client comes back, and is told nothing of it."""

    async def planted(*_given: Any) -> None:
        raise RuntimeError("planted in the gate")

    monkeypatch.setattr(live.endpoint.gate, "check", planted)
    await client.send(ONE)
    assert await client.closed() == (1013, "Try again later")
