"""graphql-transport-ws, sentence by sentence: operations, from `subscribe` to their end.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md, in its order; test_protocol.py comes before.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest

from tests.web.harness import STRIKE, Api
from tests.web.live import Client, Edge, edge

BOSS_HP = "subscription ($raidId: ID) { bossHp(raidId: $raidId) { current sequence } }"
RAIDS = "{ raids(first: 1) { nodes { id } } }"
ONE = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}
ALL_RAIDS = "LOCK TABLE world_threat_raids IN ACCESS EXCLUSIVE MODE"
THE_RAID = "SELECT FROM world_threat_raids WHERE id = $1 FOR UPDATE"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
async def live(api: Api) -> AsyncIterator[Edge]:
    async with edge(api) as live:
        yield live


@pytest.fixture
async def client(live: Edge) -> Client:
    return await live.client()


@contextlib.asynccontextmanager
async def held(api: Api, statement: str, *arguments: Any) -> AsyncIterator[Any]:
    """Keeps what `statement` locks; who asks for it waits. What is given says that somebody does."""
    async with api.database.driver_connection() as holder, holder.transaction():
        await holder.execute(statement, *arguments)

        async def somebody_waits() -> None:
            async with asyncio.timeout(40):
                while not await holder.fetchval(WAITING):  # noqa: ASYNC110 - the database has no event for it
                    await asyncio.sleep(0.01)

        yield somebody_waits


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(40):
        while not seen():  # noqa: ASYNC110 - what is looked at has no event
            await asyncio.sleep(0.01)


def strike_of(striker: str, character: str, key: str) -> dict[str, Any]:
    given = {"action": "FIGHT", "characterIds": [character], "discordId": striker, "idempotencyKey": key}
    return {"query": STRIKE, "variables": {"input": given}}


# ------------------------------------------------------------------ subscribe


@pytest.mark.parametrize(
    "fields",
    [
        {"id": None},
        {"id": 5},
        {"id": ""},
        {"id": ["1"]},
        {"id": True},
        {"id": {}},
        {"payload": None},
        {"payload": "{ __typename }"},
        {"payload": []},
        {"payload": {}},
        {"payload": {"query": None}},
        {"payload": {"query": 5}},
        {"payload": {"query": {"a": 1}}},
        {"payload": {"query": ["{ __typename }"]}},
        {"payload": [{"query": "{ __typename }"}]},
        {"payload": {"query": "{ __typename }", "variables": []}},
        {"payload": {"query": "{ __typename }", "variables": "{}"}},
        {"payload": {"query": "{ __typename }", "variables": 0}},
        {"payload": {"query": "{ __typename }", "operationName": 5}},
        {"payload": {"query": "{ __typename }", "operationName": {}}},
        {"payload": {"query": "{ __typename }", "operationName": True}},
        {"payload": {"query": "{ __typename }", "extensions": []}},
        {"payload": {"query": "{ __typename }", "extensions": "x"}},
    ],
    ids=str,
)
async def test_a_subscribe_of_another_form_is_closed_with_4400(client: Client, fields: dict[str, Any]) -> None:
    await client.send({**ONE, **fields})
    assert await client.closed() == (4400, "Invalid message")


@pytest.mark.parametrize("missing", ["id", "payload"])
async def test_nor_may_a_field_be_missing(client: Client, missing: str) -> None:
    await client.send({name: value for name, value in ONE.items() if name != missing})
    assert await client.closed() == (4400, "Invalid message")


@pytest.mark.parametrize(("variables", "name"), [(None, None), ({}, "Name"), ({"unused": 1}, "Name")])
async def test_null_and_empty_are_the_same(client: Client, variables: Any, name: str | None) -> None:
    await client.subscribe("query Name { __typename }", variables=variables, operationName=name, extensions=None)
    assert await client.data() == {"__typename": "Query"}


async def test_nothing_is_executed_before_the_acknowledgement(live: Edge) -> None:
    """Also when the introduction comes right behind it."""
    for after in (), ({"type": "connection_init"},):
        client = await live.connect()
        for message in (ONE, *after):
            await client.send(message)
        assert await client.closed() == (4401, "Unauthorized")


async def test_an_id_is_taken_until_its_operation_is_over(live: Edge, client: Client) -> None:
    await live.api.raid()
    await client.subscribe(BOSS_HP)
    await client.data()
    await client.send(ONE)
    assert await client.closed() == (4409, "Subscriber for 1 already exists")


async def test_an_id_is_taken_by_any_kind_of_operation(live: Edge, client: Client) -> None:
    """A query in flight, and a mutation in flight, keep theirs, too."""
    raid_id = await live.api.raid()
    striker = await live.api.player()
    (character, *_) = await live.api.unused(striker)
    bot = await live.client(live.api.tokens.bot)
    async with held(live.api, ALL_RAIDS) as somebody_waits:
        await client.subscribe(RAIDS)
        await somebody_waits()
        await client.subscribe(BOSS_HP)
        assert await client.closed() == (4409, "Subscriber for 1 already exists")
    async with held(live.api, THE_RAID, int(raid_id)) as somebody_waits:
        await bot.send({"id": "1", "type": "subscribe", "payload": strike_of(striker, character, "its id is taken")})
        await somebody_waits()
        await bot.send(ONE)
        assert await bot.closed() == (4409, "Subscriber for 1 already exists")


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


# ------------------------------------------------------------------ next


async def test_a_query_is_answered_and_complete(client: Client) -> None:
    await client.send(ONE)
    assert await client.heard() == {"id": "1", "type": "next", "payload": {"data": {"__typename": "Query"}}}
    assert await client.heard() == {"id": "1", "type": "complete"}


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


async def test_a_stream_that_ends_is_complete_and_then_silent(live: Edge, client: Client) -> None:
    raid_id = await live.api.raid()
    await client.subscribe(BOSS_HP, variables={"raidId": raid_id})
    await client.data()
    await live.end(raid_id)
    await client.until_complete()
    assert await client.silent(0.2)
    await client.subscribe(BOSS_HP, variables={"raidId": raid_id})
    assert len(await client.until_complete()) == 1


async def test_operations_go_on_beside_one_another(live: Edge, client: Client) -> None:
    """Many, each under its id; a slow one keeps nobody waiting, neither does it keep a ping."""
    raid_id = await live.api.raid()
    await client.subscribe(BOSS_HP, "followed", variables={"raidId": raid_id})
    assert (await client.heard())["id"] == "followed"
    async with held(live.api, ALL_RAIDS) as somebody_waits:
        await client.subscribe(RAIDS, "slow")
        await somebody_waits()
        for number in range(20):
            await client.subscribe("{ __typename }", f"quick {number}")
        await client.send({"type": "ping"})
        heard = [await client.heard() for _ in range(41)]
    of_each: dict[str | None, list[str]] = defaultdict(list)
    for message in heard:
        of_each[message.get("id")].append(message["type"])
    assert of_each.pop(None) == ["pong"]
    assert of_each == {f"quick {number}": ["next", "complete"] for number in range(20)}
    assert [(message["id"], message["type"]) for message in [await client.heard(), await client.heard()]] == [
        ("slow", "next"),
        ("slow", "complete"),
    ]
    await live.change(raid_id)
    assert (await client.heard())["id"] == "followed"


# ------------------------------------------------------------------ error


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


@pytest.mark.parametrize("query", ["{ nonsense }", "subscription { nonsense }"])
async def test_complete_for_what_has_failed_is_nothing(client: Client, query: str) -> None:
    await client.subscribe(query)
    assert (await client.heard())["type"] == "error"
    await client.send({"id": "1", "type": "complete"})
    assert await client.silent(0.1)
    await client.send(ONE)
    assert await client.data() == {"__typename": "Query"}


# ------------------------------------------------------------------ complete


async def test_after_complete_nothing_comes(live: Edge, client: Client) -> None:
    raid_id = await live.api.raid()
    await client.subscribe(BOSS_HP)
    await client.data()
    await client.send({"id": "1", "type": "complete"})
    await live.change(raid_id)
    assert await client.silent()


async def test_complete_for_what_is_not_there_is_nothing(client: Client) -> None:
    await client.send({"id": "never", "type": "complete"})
    assert await client.silent(0.1)
    await client.send(ONE)
    assert await client.data() == {"__typename": "Query"}


async def test_it_is_nothing_either_before_the_introduction(live: Edge) -> None:
    client = await live.connect()
    await client.send({"id": "1", "type": "complete"})
    await client.greet()


async def test_a_query_that_is_completed_before_its_answer_has_none(live: Edge, client: Client) -> None:
    await live.api.raid()
    async with held(live.api, ALL_RAIDS) as somebody_waits:
        await client.subscribe(RAIDS)
        await somebody_waits()
        await client.send({"id": "1", "type": "complete"})
        await client.send(ONE)  # its id is free, and what comes under it is the new one's
        assert await client.data() == {"__typename": "Query"}
        assert (await client.heard())["type"] == "complete"
    assert await client.silent(0.3)


async def test_a_mutation_that_is_completed_is_made_and_not_told(live: Edge) -> None:
    raid_id = await live.api.raid()
    striker = await live.api.player()
    (character, *_) = await live.api.unused(striker)
    bot = await live.client(live.api.tokens.bot)
    strike = strike_of(striker, character, "completed by its client")
    async with held(live.api, THE_RAID, int(raid_id)) as somebody_waits:
        await bot.send({"id": "1", "type": "subscribe", "payload": strike})
        await somebody_waits()
        await bot.send({"id": "1", "type": "complete"})
        await bot.send({"type": "ping"})
        assert await bot.heard() == {"type": "pong"}
    assert await bot.silent(0.3)
    await bot.send({"id": "1", "type": "subscribe", "payload": strike})
    told = (await bot.data())["executeStrike"]
    assert (told["strike"]["number"], told["replayed"]) == (1, True)


async def test_both_may_complete_at_once(live: Edge, client: Client) -> None:
    """Whoever is first: nothing comes twice, nothing in the wrong order, and the socket goes on."""
    raid_id = await live.api.raid()
    protocol = client.connection.protocol
    for number in range(40):
        for message in ({**ONE, "id": str(number)}, {"id": str(number), "type": "complete"}):
            protocol.send_text(orjson.dumps(message))
    client.connection.transport.write(b"".join(protocol.data_to_send()))
    await client.subscribe(BOSS_HP, "followed", variables={"raidId": raid_id})
    of_each: dict[str, list[str]] = defaultdict(list)
    while "next" not in of_each["followed"]:
        message = await client.heard()
        of_each[message["id"]].append(message["type"])
    await asyncio.gather(live.end(raid_id), client.send({"id": "followed", "type": "complete"}))
    with contextlib.suppress(TimeoutError):
        while True:
            message = await client.heard(0.3)
            of_each[message["id"]].append(message["type"])
    assert of_each.pop("followed") in (["next"], ["next", "next"], ["next", "complete"], ["next", "next", "complete"])
    assert all(types in ([], ["next"], ["next", "complete"]) for types in of_each.values()), of_each
    await client.send(ONE)
    assert await client.data() == {"__typename": "Query"}


async def test_the_servers_complete_may_cross_the_clients(client: Client) -> None:
    for _ in range(20):
        await client.send(ONE)
        await client.data()
        await client.send({"id": "1", "type": "complete"})
        assert await client.heard() == {"id": "1", "type": "complete"}


async def test_what_waits_for_a_slow_client_is_forgotten_with_its_operation(api: Api) -> None:
    """Its id may be taken again at once: what still waited must not come under it."""
    raid_id = await api.raid()
    nodes = "catalogue(first: 100) { nodes { key name } }"
    long = "{ " + " ".join(f"a{number}: {nodes}" for number in range(3)) + " }"
    async with edge(api, {"buffer": 4_096}) as live:
        tally = live.endpoint.gate.tally
        slow = await live.narrow_client()
        slow.stop_reading()
        for number in range(30):
            await slow.subscribe(long, f"long {number}")
        await until(lambda: tally.deliveries >= 60 and not tally.operations)
        before = tally.deliveries
        await slow.subscribe(BOSS_HP, variables={"raidId": raid_id})
        await until(lambda: tally.deliveries > before)
        await slow.send({"id": "1", "type": "complete"})
        await slow.subscribe("{ activeRaid { id } }")
        await until(lambda: tally.deliveries >= before + 3)
        slow.read_again()
        heard: list[Any] = []
        while not heard or heard[-1]["type"] != "complete":
            message = await slow.heard()
            if message["id"] == "1":
                heard.append(message)
        assert heard[0]["payload"] == {"data": {"activeRaid": {"id": raid_id}}}
        assert [message["type"] for message in heard] == ["next", "complete"]
