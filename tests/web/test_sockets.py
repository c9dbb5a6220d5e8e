"""graphql-transport-ws, rule by rule: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

from services.views import Role
from tests.web.harness import STRIKE, Api
from tests.web.live import Client, Edge, edge, listening
from web.sockets import LARGEST_MESSAGE, OPERATIONS_A_SOCKET

BOSS_HP = "subscription ($raidId: ID) { bossHp(raidId: $raidId) { current sequence } }"
ONE = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}


@pytest.fixture(scope="module")
async def live(api: Api) -> AsyncIterator[Edge]:
    async with edge(api, allowed_origins=("https://raid.example.org",)) as live:
        yield live


@pytest.fixture
async def impatient(api: Api) -> AsyncIterator[Edge]:
    """One that waits a moment only for `connection_init`."""
    async with edge(api, init_seconds=0.3) as live:
        yield live


@pytest.fixture
async def client(live: Edge) -> Client:
    return await live.client()


# ------------------------------------------------------------------ the handshake


async def test_the_subprotocol_is_agreed_on(live: Edge) -> None:
    client = await live.connect(["graphql-ws", "graphql-transport-ws"])
    assert client.connection.subprotocol == "graphql-transport-ws"


@pytest.mark.parametrize("offered", [None, ("graphql-ws",), ("graphql-transport-wss", "graphql-ws")])
async def test_another_subprotocol_is_not_acceptable(live: Edge, offered: tuple[str, ...] | None) -> None:
    client = await live.connect(offered)
    assert await client.closed() == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://raid.example.org.evil.example", ""])
async def test_a_page_of_another_origin_gets_no_socket(live: Edge, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await live.connect(origin=origin)
    assert refused.value.response.status_code == 403


async def test_our_own_pages_and_those_that_are_allowed_get_one(live: Edge) -> None:
    for origin in (f"http://127.0.0.1:{live.port}", "https://raid.example.org", None):
        await live.client(origin=origin)


# ------------------------------------------------------------------ connection_init


async def test_who_says_nothing_is_closed_with_4408(impatient: Edge) -> None:
    assert await (await impatient.connect()).closed() == (4408, "Connection initialisation timeout")


async def test_who_only_pings_is_closed_with_4408(impatient: Edge) -> None:
    client = await impatient.connect()
    await client.send({"type": "ping"})
    assert await client.heard() == {"type": "pong"}
    assert (await client.closed())[0] == 4408


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {}}, {"payload": {"authorization": None}}])
async def test_a_connection_is_acknowledged(live: Edge, payload: dict[str, Any]) -> None:
    client = await live.connect()
    await client.send({"type": "connection_init", **payload})
    assert await client.heard() == {"type": "connection_ack"}


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


async def test_a_second_connection_init_is_too_many(client: Client) -> None:
    await client.send({"type": "connection_init"})
    assert await client.closed() == (4429, "Too many initialisation requests")


async def test_two_at_once_are_too_many(live: Edge) -> None:
    client = await live.connect()
    await client.send({"type": "connection_init"})
    await client.send({"type": "connection_init"})
    assert (await client.closed())[0] == 4429


# ------------------------------------------------------------------ messages that are none


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
        '{"type":"next","id":"1","payload":{}}',
        '{"type":"connection_ack"}',
        '{"type":"ping","payload":5}',
        '{"type":"ping","payload":[]}',
        '{"type":"pong","payload":"x"}',
        '{"type":"complete"}',
        '{"type":"complete","id":5}',
        '{"type":"complete","id":null}',
        '{"type":"ping"} ',
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
    if message == '{"type":"ping"} ':
        await client.send(message)
        assert await client.heard() == {"type": "pong"}
        return
    await client.send(message)
    assert await client.closed() == (4400, "Invalid message")


@pytest.mark.parametrize(
    "fields",
    [
        {"id": None},
        {"id": 5},
        {"id": ""},
        {"id": ["1"]},
        {"payload": None},
        {"payload": "{ __typename }"},
        {"payload": []},
        {"payload": {}},
        {"payload": {"query": None}},
        {"payload": {"query": 5}},
        {"payload": {"query": {"a": 1}}},
        {"payload": {"query": "{ __typename }", "variables": []}},
        {"payload": {"query": "{ __typename }", "variables": "{}"}},
        {"payload": {"query": "{ __typename }", "variables": 0}},
        {"payload": {"query": "{ __typename }", "operationName": 5}},
        {"payload": {"query": "{ __typename }", "operationName": {}}},
        {"payload": {"query": "{ __typename }", "extensions": []}},
    ],
    ids=str,
)
async def test_a_subscribe_of_another_form_is_closed_with_4400(client: Client, fields: dict[str, Any]) -> None:
    await client.send({**ONE, **fields})
    assert await client.closed() == (4400, "Invalid message")


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


async def test_unknown_fields_are_no_matter(client: Client) -> None:
    await client.send({**ONE, "more": 5, "payload": {"query": "{ __typename }", "extensions": {"a": 1}, "more": []}})
    assert await client.data() == {"__typename": "Query"}


# ------------------------------------------------------------------ subscribe


async def test_nothing_is_executed_before_the_acknowledgement(live: Edge) -> None:
    client = await live.connect()
    await client.send(ONE)
    assert await client.closed() == (4401, "Unauthorized")


async def test_a_query_is_answered_and_complete(client: Client) -> None:
    await client.send(ONE)
    assert await client.heard() == {"id": "1", "type": "next", "payload": {"data": {"__typename": "Query"}}}
    assert await client.heard() == {"id": "1", "type": "complete"}


@pytest.mark.parametrize(("variables", "name"), [(None, None), ({}, "Name"), ({"unused": 1}, "Name")])
async def test_null_and_empty_are_the_same(client: Client, variables: Any, name: str | None) -> None:
    await client.subscribe("query Name { __typename }", variables=variables, operationName=name, extensions=None)
    assert await client.data() == {"__typename": "Query"}


async def test_a_mutation_is_executed_for_its_asker(live: Edge) -> None:
    await live.api.raid()
    striker = await live.api.player()
    given = {
        "action": "FIGHT",
        "characterIds": (await live.api.unused(striker))[:1],
        "discordId": striker,
        "idempotencyKey": "over a socket",
    }
    bot = await live.client(live.api.tokens.bot)
    await bot.subscribe(STRIKE, variables={"input": given})
    assert (await bot.data())["executeStrike"]["strike"]["number"] == 1
    assert (await bot.heard())["type"] == "complete"
    nobody = await live.client()
    await nobody.subscribe(STRIKE, variables={"input": given})
    answer = await nobody.heard()
    assert answer["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_an_unknown_operation_name_is_an_error(client: Client) -> None:
    await client.subscribe("subscription A { bossHp { current } }", operationName="B")
    assert (await client.heard())["type"] == "error"


@pytest.mark.parametrize(
    "query",
    [
        "{ nonsense }",
        "{",
        "",
        "subscription { nonsense }",
        "subscription { bossHp { current } raidUpdates { sequence } }",
        "subscription ($after: Int) { raidUpdates(after: $after) { sequence } }",
        "subscription { raidUpdates(kinds: [NONSENSE]) { sequence } }",
        "subscription { ...A } fragment A on Subscription { ...A }",
        "fragment A on Query { __typename }",
        "{ a" * 500 + "}" * 500,
        "subscription { bossHp" + "{ a" * 900 + "}" * 901,
        "subscription { bossHp(raidId: " + "[" * 1_900,
        "{ __typename " * 1_000,
        "subscription { raidUpdates { raid { seed" + "{ a" * 140 + "}" * 143,
    ],
    ids=lambda query: repr(query[:60]) + str(len(query)),
)
async def test_what_cannot_be_executed_is_one_error_and_no_complete(client: Client, query: str) -> None:
    await client.subscribe(query)
    message = await client.heard()
    assert (message["id"], message["type"]) == ("1", "error")
    assert message["payload"]
    assert all(isinstance(error["message"], str) for error in message["payload"])
    await client.send({**ONE, "id": "2"})
    assert (await client.heard())["id"] == "2"  # and nothing more of "1"


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


async def test_an_id_is_taken_until_its_operation_is_over(live: Edge, client: Client) -> None:
    await live.api.raid()
    await client.subscribe(BOSS_HP)
    await client.data()
    await client.send(ONE)
    assert await client.closed() == (4409, "Subscriber for 1 already exists")


async def test_an_id_of_any_length_can_be_taken(live: Edge, client: Client) -> None:
    await live.api.raid()
    await client.subscribe(BOSS_HP, "ü" * 1_000)
    assert (await client.heard())["id"] == "ü" * 1_000
    await client.subscribe(BOSS_HP, "ü" * 1_000)
    assert (await client.closed())[0] == 4409


async def test_an_id_is_free_again_after_complete(live: Edge, client: Client) -> None:
    raid_id = await live.api.raid()
    for _ in range(20):
        await client.subscribe(BOSS_HP)
        assert (await client.data())["bossHp"]["sequence"] == 1
        await client.send({"id": "1", "type": "complete"})
    for _ in range(20):
        await client.send({"id": "1", "type": "complete"})
        await client.subscribe(BOSS_HP)
    last = [await client.heard()]
    while not await client.silent(0.3):
        pass
    assert last[0]["type"] == "next"
    await live.change(raid_id)
    assert (await client.data())["bossHp"]["sequence"] == 2
    assert await client.silent()


async def test_an_id_is_free_again_after_an_error_and_after_the_end(client: Client) -> None:
    for query in ("{ nonsense }", "{ __typename }", "subscription { nonsense }", '{ raid(id: "1") { id } }') * 2:
        await client.subscribe(query)
        while (await client.heard())["type"] == "next":
            pass


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


async def test_after_complete_nothing_comes(live: Edge, client: Client) -> None:
    raid_id = await live.api.raid()
    await client.subscribe(BOSS_HP)
    await client.data()
    await client.send({"id": "1", "type": "complete"})
    await live.change(raid_id)
    assert await client.silent()


async def test_complete_for_what_is_not_there_is_nothing(client: Client) -> None:
    await client.send({"id": "never", "type": "complete"})
    await client.send({"type": "ping", "payload": {"any": "thing"}})
    assert await client.heard() == {"type": "pong"}


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {"any": [1]}}])
async def test_pings_are_answered_and_pongs_are_not(client: Client, payload: dict[str, Any]) -> None:
    await client.send({"type": "pong", **payload})
    await client.send({"type": "ping", **payload})
    assert await client.heard() == {"type": "pong"}
    assert await client.silent(0.1)


async def test_who_answers_no_ping_may_come_back(api: Api) -> None:
    """Also when it was only away for a while. Never 1011: clients take that for the end."""
    async with edge(api, {"ws_ping_interval": 0.05, "ws_ping_timeout": 0.1}) as live:
        client, busy = await live.client(), await live.client()
        client.stop_reading()
        for _ in range(6):
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
