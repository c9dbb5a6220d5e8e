"""Who asks too often, over HTTP and WebSocket, in one process and in two; and who holds too many connections."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from limits import RateLimitItemPerSecond
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from schema.build import build_schema
from schema.execution import Executor
from services.errors import RateLimitedError
from services.strike_line import LONGEST_QUEUE
from services.tokens import new_secret
from services.views import PUBLIC, Principal, Role
from tests.redis_server import RedisServer, redis_server
from tests.web.harness import Answer, Api, OpenApi
from tests.web.live import Client, edge, listening
from web.limits import MOST_AT_ONCE, EdgeLimits, Gate, LocalWindows, Rates, network_of
from web.sockets import MESSAGES_A_SECOND, PROTOCOL
from worldthreat.settings import Settings
from worldthreat.up import server_config

ROLE = "{ viewer { role } }"
TOLD = "{ raids(first: 1) { nodes { id } } }"


def assert_told_when(answer: Answer) -> None:
    assert answer.status == 429
    assert answer.data is None
    assert answer.codes == ["RATE_LIMITED"]
    wait = answer.errors[0]["extensions"]["retryAfterMs"]
    assert 0 < wait <= 60_001
    assert (int(answer.headers["retry-after"]) - 1) * 1_000 < wait <= int(answer.headers["retry-after"]) * 1_000


@pytest.fixture(scope="module")
async def tight(open_api: OpenApi) -> AsyncIterator[Api]:
    """A new document counts five, the same again one."""
    async with open_api(rate_address="12/60s", rate_player="8/60s", sockets_per_address=3) as api:
        yield api


async def test_an_address_is_told_when_to_come_back_and_bots_never(tight: Api) -> None:
    told = [await tight.ask(ROLE) for _ in range(9)]
    assert [answer.status for answer in told] == [200] * 8 + [429]
    assert_told_when(told[-1])
    for role in (Role.BOT, Role.ADMIN):
        statuses = [(await tight.ask(ROLE, token=tight.tokens.of(role))).status for _ in range(30)]
        assert set(statuses) == {200}
    assert (await tight.ask(ROLE, token=tight.tokens.viewer)).status == 429  # it is somebody at that address, too
    asked = {"query": ROLE}
    by_get = await tight.client.get("/graphql", params=asked)
    as_stream = await tight.client.post("/graphql", json=asked, headers={"Accept": "text/event-stream"})
    assert (by_get.status_code, as_stream.status_code) == (429, 429)
    async with connect(
        tight.url.replace("http", "ws") + "/graphql", subprotocols=[Subprotocol(PROTOCOL)], proxy=None
    ) as connection:
        client = Client(connection)
        await client.greet()
        for number in ("1", "2"):  # and the socket stays open
            await client.subscribe(ROLE, number)
            error = await client.heard()
            assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")
            assert error["payload"][0]["extensions"]["retryAfterMs"] > 0
        await client.subscribe("subscription { bossHp { current } }", "3")  # those are counted for themselves
        await client.send({"id": "3", "type": "complete"})


async def test_a_player_is_counted_by_their_token(open_api: OpenApi) -> None:
    async with open_api(rate_player="3/60s") as api:
        assert (await api.ask(ROLE)).status == 200  # the document is no new one from now on
        other = await api.token(Role.PLAYER, discord_id=await api.player())
        told = [await api.ask(ROLE, token=api.tokens.player) for _ in range(4)]
        assert [answer.status for answer in told] == [200, 200, 200, 429]
        assert_told_when(told[-1])
        assert (await api.ask(ROLE, token=other)).status == 200


async def test_an_address_has_so_many_sockets(tight: Api) -> None:
    url = tight.url.replace("http", "ws") + "/graphql"
    async with AsyncExitStack() as stack:
        clients = [
            Client(await stack.enter_async_context(connect(url, subprotocols=[Subprotocol(PROTOCOL)], proxy=None)))
            for _ in range(4)
        ]
        assert await clients[3].closed() == (1013, "Try again later")
        for client in clients[:3]:
            await client.greet()
        await clients[0].connection.close()
        async with connect(url, subprotocols=[Subprotocol(PROTOCOL)], proxy=None) as again:
            await Client(again).greet()


async def test_a_token_has_so_many_sockets(api: Api) -> None:
    async with edge(api) as live:
        for _ in range(20):
            await live.client(api.tokens.player)
        one_more = await live.connect()
        await one_more.send({"type": "connection_init", "payload": {"authorization": f"Bearer {api.tokens.player}"}})
        assert await one_more.closed() == (1013, "Too many connections with this token")
        await live.client(api.tokens.viewer)
        await live.client()
        gate = live.endpoint.gate
        for client in live.clients:
            client.transport.abort()
        for _ in range(3_000):
            if not gate.connections._of_addresses:
                break
            await asyncio.sleep(0.01)
        assert (dict(gate.connections._of_addresses), dict(gate.connections._of_tokens)) == ({}, {})


async def test_an_address_has_so_many_different_subscriptions_executed(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs its execution with every change. Who asks what is answered already may always join."""
    monkeypatch.setattr("web.limits.EXECUTIONS_OF_ADDRESS", 3)
    await api.raid()
    async with edge(api) as live:
        first, second = await live.client(), await live.client(api.tokens.player)
        for number in ("1", "2"):
            await first.subscribe(f"subscription Q{number} {{ bossHp {{ current }} }}", number)
            await first.data()
        await second.subscribe("subscription Mine { bossHp { current } }", "3")
        await second.data()
        for client in (first, second):
            await client.subscribe("subscription More { bossHp { current } }", "4")
            error = await client.heard()
            assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")
        joined, bot = await live.client(), await live.client(api.tokens.bot)
        await joined.subscribe("subscription Q1 { bossHp { current } }")
        await joined.data()
        await bot.subscribe("subscription Bots { bossHp { current } }")
        await bot.data()
        await second.send({"id": "3", "type": "complete"})
        await first.subscribe("subscription More { bossHp { current } }", "5")
        message = await first.heard()
        while message["type"] == "error":  # the one before has not quite ended
            await first.subscribe("subscription More { bossHp { current } }", "5")
            message = await first.heard()
        assert message["type"] == "next"
        for each in live.clients:
            each.transport.abort()
        assert await live.left_over() == []
        assert not live.endpoint.gate._executions


async def test_a_socket_that_says_too_much_is_read_slowly_and_stays_open(api: Api) -> None:
    async with edge(api) as live:
        client = await live.client()
        began = asyncio.get_running_loop().time()
        for _ in range(2 * MESSAGES_A_SECOND):
            await client.send({"type": "ping"})
        for _ in range(2 * MESSAGES_A_SECOND):
            assert await client.heard() == {"type": "pong"}
        assert asyncio.get_running_loop().time() - began >= 0.9


async def test_who_guesses_tokens_is_stopped_and_known_ones_go_on(open_api: OpenApi) -> None:
    async with open_api() as api:
        assert (await api.ask(ROLE, token=api.tokens.player)).status == 200
        statuses = [(await api.ask(ROLE, token=new_secret(Role.ADMIN))).status for _ in range(52)]
        assert statuses == [401] * 51 + [429]
        assert_told_when(await api.ask(ROLE, token=new_secret(Role.ADMIN)))
        assert (await api.ask(ROLE, token=api.tokens.player)).status == 200
        assert (await api.ask(ROLE)).status == 200


# ---------------------------------------------------------------- who is who


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("nonsense", "nonsense"),
    ],
)
def test_who_counts_as_one(host: str, network: str) -> None:
    assert network_of(host) == network


@pytest.mark.parametrize(
    ("trusted", "forwarded", "counted"),
    [
        ("", "192.0.2.7", "127.0.0.1"),
        ("127.0.0.0/8", "192.0.2.7", "192.0.2.7"),
        ("127.0.0.0/8", "6.6.6.6, 192.0.2.7", "192.0.2.7"),  # what comes before is what its client says
        ("127.0.0.1,10.0.0.0/8", "192.0.2.7, 10.1.1.1", "192.0.2.7"),
        ("10.0.0.0/8", "192.0.2.7", "127.0.0.1"),
    ],
)
async def test_only_a_trusted_proxy_says_who_it_asks_for(trusted: str, forwarded: str, counted: str) -> None:
    async def app(scope: Any, _receive: Any, send: Any) -> None:
        body = json.dumps(scope["client"][0]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    config = server_config(app, Settings.model_validate({"trusted_proxies": trusted}))
    given: dict[str, Any] = {"proxy_headers": config.proxy_headers, "forwarded_allow_ips": config.forwarded_allow_ips}
    async with listening(app, **given) as (_server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {forwarded}\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 40)
        writer.close()
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == counted


# ---------------------------------------------------------------- counting


async def test_windows_end_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("web.limits.time.time", lambda: now)
    monkeypatch.setattr("web.limits.MOST_WINDOWS", 10)
    windows = LocalWindows()
    assert [await windows.incr("a", 10, 3), await windows.incr("a", 10, 3)] == [3, 6]
    assert (await windows.get("a"), await windows.get_expiry("a")) == (6, 1_010.0)
    now = 1_010.0
    assert await windows.get("a") == 0
    assert await windows.incr("a", 10) == 1
    for number in range(100):
        await windows.incr(str(number), 10)
        assert len(windows._windows) <= 10


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


async def refused_after(gates: list[Gate], most: int = 40) -> int:
    """How many operations are let through by gates that are asked in turn."""
    operation = Executor(build_schema()).operation(ROLE, None)
    operation.is_new = False
    for number in range(most):
        try:
            await gates[number % len(gates)].check(PUBLIC, "192.0.2.7", operation, 2)
        except RateLimitedError:
            return number
    return most


async def test_processes_count_together_in_redis_and_alone_without_it(redis: RedisServer) -> None:
    await redis.start()
    limits = EdgeLimits(Rates(address=RateLimitItemPerSecond(10, 60)), redis_url=redis.url)
    gates = [Gate(limits), Gate(limits)]
    assert await refused_after(gates) == 10
    with capture_logs() as logs:
        redis.hold()
        began = asyncio.get_running_loop().time()
        assert await refused_after(gates) == 20
        assert asyncio.get_running_loop().time() - began < 20
    assert [line["event"] for line in logs] == ["Redis away: each process counts for itself"] * 2
    redis.let_go()


async def test_a_dear_operation_counts_for_more() -> None:
    gate = Gate(EdgeLimits(Rates(player=RateLimitItemPerSecond(12, 60))))
    executor = Executor(build_schema())
    player = Principal(Role.PLAYER, token_id=1)
    await gate.check(player, "a", executor.operation(ROLE, None), 2)
    await gate.check(player, "a", executor.operation(ROLE, None), 2)
    await gate.check(player, "a", executor.operation(ROLE, None), 5_000)
    with pytest.raises(RateLimitedError):
        await gate.check(player, "a", executor.operation(ROLE, None), 2)
    await gate.check(Principal(Role.PLAYER, token_id=2), "a", executor.operation(ROLE, None), 2)


async def test_a_new_document_counts_by_its_length_for_an_address() -> None:
    gate = Gate(EdgeLimits(Rates(address=RateLimitItemPerSecond(30, 60), player=RateLimitItemPerSecond(30, 60))))
    executor = Executor(build_schema())
    long = f"{ROLE} # {'x' * 2_000}"
    for _ in range(3):  # 1 + 4 + 20, and then 1
        await gate.check(PUBLIC, "a", executor.operation(long, None), 2)
    with pytest.raises(RateLimitedError):
        await gate.check(PUBLIC, "a", executor.operation(f"{long} another", None), 2)
    player = Principal(Role.PLAYER, token_id=1)
    for number, address in enumerate("bcde"):  # one player, who walks about: 5 each
        await gate.check(player, address, executor.operation(f"{long} {number}", None), 2)


async def test_an_address_starts_so_many_executions(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when each is over as soon as it has begun."""
    monkeypatch.setattr("web.limits.EXECUTIONS_STARTED", RateLimitItemPerSecond(5, 60, "executions"))
    await api.raid()
    async with edge(api) as live:
        client, bot = await live.client(), await live.client(api.tokens.bot)

        async def started(asker: Client, number: int) -> str:
            name = str(number)
            await asker.subscribe(f"subscription Q{name} {{ bossHp {{ current }} }}", name)
            message = await asker.heard()
            await asker.send({"id": name, "type": "complete"})
            return str(message["type"])

        assert [await started(client, number) for number in range(7)] == ["next"] * 5 + ["error"] * 2
        assert [await started(bot, number) for number in range(7)] == ["next"] * 7
        await bot.connection.close()


async def test_executions_begin_one_after_another(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks what waits for its turn waits with it, and who goes meanwhile leaves nothing."""
    monkeypatch.setattr("web.limits.PACE_SECONDS", 0.1)
    await api.raid()
    async with edge(api) as live:
        one, other, going = await live.client(), await live.client(), await live.client()
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(4):
            await one.subscribe(f"subscription Q{number} {{ bossHp {{ current }} }}", str(number))
        await other.subscribe("subscription Q3 { bossHp { current } }")
        await going.subscribe("subscription Gone { bossHp { current } }")
        going.connection.transport.abort()
        seen = {(await one.heard())["id"] for _ in range(4)}
        assert seen == {"0", "1", "2", "3"}
        assert loop.time() - began >= 0.3
        await other.data()
        assert live.shared.executions == 4
        for client in (one, other):
            client.connection.transport.abort()
        assert await live.left_over() == []
        gate = live.endpoint.gate
        assert (dict(gate._executions), gate._next_start, live.shared._beginning) == ({}, {}, {})


async def test_who_says_much_at_once_lets_others_have_a_word(api: Api) -> None:
    async with edge(api) as live:
        loud, other = await live.client(), await live.client()
        protocol = loud.connection.protocol
        for number in range(60):
            asked = {"query": f"{{ __typename }} # {number}"}
            protocol.send_text(json.dumps({"id": str(number), "type": "subscribe", "payload": asked}).encode())
        heard: list[str] = []

        async def listen(client: Client, name: str, count: int) -> None:
            for _ in range(count):
                await client.heard()
                heard.append(name)

        loud.connection.transport.write(b"".join(protocol.data_to_send()))
        await other.send({"type": "ping"})
        await asyncio.gather(listen(loud, "loud", 120), listen(other, "other", 1))
        assert heard.index("other") < 60


async def test_what_is_too_much_at_once_is_told_so_at_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP and WebSocket. Those under way get their answer, and there is room again for as many."""
    assert LONGEST_QUEUE < MOST_AT_ONCE
    monkeypatch.setattr("web.limits.MOST_AT_ONCE", 4)
    raid_id = int(await api.raid())
    strikers = [await api.player() for _ in range(4)]
    teams = [(await api.unused(striker))[:1] for striker in strikers]
    url = api.url.replace("http", "ws") + "/graphql"
    async with (
        api.database.driver_connection() as holder,
        connect(url, subprotocols=[Subprotocol(PROTOCOL)], proxy=None) as connection,
    ):
        follower = Client(connection)
        await follower.greet()
        async with holder.transaction():
            await holder.execute("SELECT FROM world_threat_raids WHERE id = $1 FOR UPDATE", raid_id)
            strikes = [
                asyncio.create_task(api.strike(striker, *team)) for striker, team in zip(strikers, teams, strict=True)
            ]
            async with asyncio.timeout(40):
                while (refused := await api.ask(ROLE)).status == 200:  # noqa: ASYNC110 - until all four are under way
                    await asyncio.sleep(0.01)
            assert (refused.status, refused.codes, refused.headers["retry-after"]) == (503, ["OVERLOADED"], "1")
            assert refused.errors[0]["extensions"]["retryAfterMs"] > 0
            await follower.subscribe(ROLE)
            error = await follower.heard()
            assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", "OVERLOADED")
            assert (await api.client.get("/healthz")).status_code == 200
            await follower.subscribe("subscription { bossHp { current } }", "2")  # nobody waits for those
            assert (await follower.heard())["type"] == "next"
        assert {strike["__typename"] for strike in await asyncio.gather(*strikes)} == {"ExecuteStrikeSuccess"}
        await follower.subscribe(ROLE)
        while (await follower.heard())["id"] != "1":
            pass
    assert [(await api.ask(ROLE)).status for _ in range(6)] == [200] * 6
