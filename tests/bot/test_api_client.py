"""The bot's line to the API, over a network and to servers that behave badly."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from bot import api as line
from bot.api import ApiRefusedError, ApiUnavailableError, RaidApi
from bot.options import BotOptions
from tests.ports import free_port
from tests.web.harness import ROOT, STRIKE, Api

FOLLOW = "subscription ($after: SafeInt) { raidUpdates(after: $after) { sequence gap events { sequence kind } } }"
FOLLOW_ONE = "subscription ($raidId: ID) { raidUpdates(raidId: $raidId) { sequence raid { id status } } }"
SOON_SECONDS = 30.0
NO_TOKEN = "wt_no"


def options(url: str, token: str = NO_TOKEN, admin_token: str | None = None) -> BotOptions:
    return BotOptions(
        discord_token="", api_url=url, api_token=token, state_dir=Path("nowhere"), admin_token=admin_token
    )


@dataclass
class Wire:
    """A TCP line to a server, with an address of its own, that can be cut, frozen and laid again."""

    target: str
    _server: asyncio.Server | None = None
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def lay(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)

    async def cut(self) -> None:
        """Nobody listens any more, and every connection is gone."""
        assert self._server is not None
        self._server.close()
        for end in list(self._ends):
            end.transport.abort()
        self._ends.clear()
        self._flows.set()

    def freeze(self) -> None:
        """Connections stay, and nothing comes through any more: half-open lines."""
        self._flows.clear()

    async def _carry(self, near: asyncio.StreamReader, near_end: asyncio.StreamWriter) -> None:
        parts = urlsplit(self.target)
        self._ends.add(near_end)
        with contextlib.suppress(OSError):
            far, far_end = await asyncio.open_connection(parts.hostname, parts.port)
            self._ends.add(far_end)
            await asyncio.gather(self._pour(near, far_end), self._pour(far, near_end))

    async def _pour(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
        sink.close()


@pytest.fixture
async def wire(bot_api: Api) -> AsyncIterator[Wire]:
    wire = Wire(bot_api.url)
    await wire.lay()
    yield wire
    await wire.cut()


Answering = Callable[[web.Request, int], Awaitable[web.StreamResponse]]


@contextlib.asynccontextmanager
async def scripted(answer: Answering) -> AsyncIterator[str]:
    """A server that answers the n-th request, from 1, as it is told."""
    asked = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return await answer(request, asked)

    app = web.Application()
    app.router.add_post("/graphql", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def told(data: Any) -> web.Response:
    return web.json_response({"data": data})


def overloaded(status: int, retry_after_ms: int = 50) -> web.Response:
    error = {"message": "Too much.", "extensions": {"code": "OVERLOADED", "retryAfterMs": retry_after_ms}}
    return web.json_response({"data": None, "errors": [error]}, status=status)


async def test_a_question_and_its_answer(bot_api: Api) -> None:
    async with RaidApi(options(bot_api.url, bot_api.tokens.bot)) as api:
        assert await api.ask("{ viewer { role } }") == {"viewer": {"role": "BOT"}}
        bosses = "query ($key: ID!) { boss(key: $key) { name } }"
        assert await api.ask(bosses, {"key": "no such boss"}) == {"boss": None}


async def test_an_admins_question_is_asked_with_the_admins_token_in_their_name(bot_api: Api) -> None:
    raid = await bot_api.raid()
    pause = (
        'mutation ($raid: ID!) { pauseRaid(input: {raidId: $raid, reason: "a break"}) '
        "{ __typename ... on UserError { message } } }"
    )
    given = options(bot_api.url, bot_api.tokens.bot, bot_api.tokens.admin)
    async with RaidApi(given) as api:
        with pytest.raises(ApiRefusedError) as refused:
            await api.ask(pause, {"raid": raid})
        assert refused.value.code == "FORBIDDEN"
        answer = await api.ask(pause, {"raid": raid}, actor=123456789012345678)
        assert answer["pauseRaid"]["__typename"] == "UpdateRaidSuccess"
    log = await bot_api.told("{ adminActions(first: 1) { nodes { actor } } }", bot_api.tokens.admin)
    assert "123456789012345678" in log["adminActions"]["nodes"][0]["actor"]


async def test_without_an_admin_token_nothing_is_asked_in_an_admins_name(bot_api: Api) -> None:
    async with RaidApi(options(bot_api.url, bot_api.tokens.bot)) as api:
        with pytest.raises(ApiRefusedError, match="no token to administer"):
            await api.ask("{ viewer { role } }", actor=1)


async def test_what_the_api_refuses_is_told_at_once_with_its_code(bot_api: Api) -> None:
    async with RaidApi(options(bot_api.url, "wt_nonsense")) as api:
        with pytest.raises(ApiRefusedError) as refused:
            await api.ask("{ viewer { role } }")
        assert refused.value.code == "UNAUTHENTICATED"
    async with RaidApi(options(bot_api.url, bot_api.tokens.bot)) as api:
        with pytest.raises(ApiRefusedError, match="Cannot query field"):
            await api.ask("{ noSuchField }")


async def test_a_server_that_is_down_is_told_within_the_bound_and_found_again(wire: Wire, bot_api: Api) -> None:
    await wire.cut()
    async with RaidApi(options(wire.url, bot_api.tokens.bot)) as api:
        began = asyncio.get_running_loop().time()
        with pytest.raises(ApiUnavailableError):
            await api.ask("{ __typename }", within_seconds=0.5)
        assert asyncio.get_running_loop().time() - began < 5
        waiting = asyncio.create_task(api.wait_until_answering())
        asked = asyncio.create_task(api.ask("{ __typename }"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await wire.lay()
        async with asyncio.timeout(SOON_SECONDS):
            assert await asked == {"__typename": "Query"}
            await waiting


async def test_one_strike_however_often_its_answer_is_lost(wire: Wire, bot_api: Api) -> None:
    await bot_api.raid()
    player = await bot_api.player()
    team = (await bot_api.unused(player))[:1]
    given = {"action": "FIGHT", "characterIds": team, "discordId": player, "idempotencyKey": "once"}
    async with RaidApi(options(wire.url, bot_api.tokens.bot)) as api:
        await api.ask("{ __typename }")
        wire.freeze()  # the request stays on the way
        striking = asyncio.create_task(api.ask(STRIKE, {"input": given}))
        await asyncio.sleep(0.1)
        await wire.cut()
        await asyncio.sleep(0.2)
        await wire.lay()
        answer = (await striking)["executeStrike"]
        assert answer["__typename"] == "ExecuteStrikeSuccess"
        again = (await api.ask(STRIKE, {"input": given}))["executeStrike"]
    assert (again["replayed"], again["strike"]["id"]) == (True, answer["strike"]["id"])
    assert (await bot_api.told("{ activeRaid { totals { strikes } } }"))["activeRaid"]["totals"]["strikes"] == 1


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_passing_failure_is_tried_again(status: int) -> None:
    async def answer(_request: web.Request, number: int) -> web.StreamResponse:
        return told({"fine": True}) if number > 2 else web.Response(status=status, text="<h1>Bad Gateway</h1>")

    async with scripted(answer) as url, RaidApi(options(url)) as api:
        assert await api.ask("{ fine }") == {"fine": True}


@pytest.mark.parametrize("status", [200, 503])
async def test_a_busy_server_is_asked_again_after_the_time_it_named(status: int) -> None:
    times: list[float] = []

    async def answer(_request: web.Request, number: int) -> web.StreamResponse:
        times.append(asyncio.get_running_loop().time())
        return told({"fine": True}) if number > 1 else overloaded(status, retry_after_ms=400)

    async with scripted(answer) as url, RaidApi(options(url)) as api:
        assert await api.ask("{ fine }") == {"fine": True}
    assert 0.4 <= times[1] - times[0] < 5


async def test_a_connection_cut_after_the_request_is_tried_again() -> None:
    async def answer(request: web.Request, number: int) -> web.StreamResponse:
        if number == 1:
            await request.read()
            assert request.transport is not None
            request.transport.close()
        return told({"number": number})

    async with scripted(answer) as url, RaidApi(options(url)) as api:
        assert await api.ask("{ number }") == {"number": 2}


async def test_what_must_not_be_done_twice_is_not_sent_again() -> None:
    sent = 0

    async def answer(request: web.Request, _number: int) -> web.StreamResponse:
        nonlocal sent
        sent += 1
        await request.read()
        assert request.transport is not None
        request.transport.close()
        return told({})

    async with scripted(answer) as url, RaidApi(options(url)) as api:
        with pytest.raises(ApiUnavailableError):
            await api.ask("mutation { make }", once=True)
    assert sent == 1


async def test_a_slow_server_costs_no_more_than_the_bound() -> None:
    async def answer(_request: web.Request, _number: int) -> web.StreamResponse:
        await asyncio.sleep(30)
        return told({})

    async with scripted(answer) as url, RaidApi(options(url)) as api:
        began = asyncio.get_running_loop().time()
        with pytest.raises(ApiUnavailableError):
            await api.ask("{ fine }", within_seconds=0.6)
        assert asyncio.get_running_loop().time() - began < 5


async def test_one_that_never_answers_leaves_time_for_one_that_does() -> None:
    async def answer(_request: web.Request, number: int) -> web.StreamResponse:
        if number == 1:
            await asyncio.sleep(30)
        return told({"number": number})

    async with scripted(answer) as url, RaidApi(options(url)) as api:
        assert await api.ask("{ number }", within_seconds=4) == {"number": 2}


@pytest.mark.parametrize("body", ["", "null", "[]", "<html>", '{"neither": 1}'])
async def test_an_answer_that_is_none_is_told_within_the_bound(body: str) -> None:
    async def answer(_request: web.Request, _number: int) -> web.StreamResponse:
        return web.Response(text=body, content_type="application/json")

    async with scripted(answer) as url, RaidApi(options(url)) as api:
        with pytest.raises(ApiUnavailableError):
            await api.ask("{ fine }", within_seconds=0.5)


async def test_following_misses_nothing_and_repeats_nothing_over_a_line_that_is_cut(
    wire: Wire, bot_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "LONGEST_AWAY_SECONDS", 0.3)
    raid = await bot_api.raid()
    seen: list[int] = []

    async def follow() -> None:
        async with (
            RaidApi(options(wire.url, bot_api.tokens.bot)) as api,
            contextlib.aclosing(api.follow(FOLLOW, {"after": 0})) as messages,
        ):
            async for message in messages:
                assert not message["raidUpdates"]["gap"]
                seen.extend(event["sequence"] for event in message["raidUpdates"]["events"])

    following = asyncio.create_task(follow())
    sequence = 1
    await until(lambda: seen == [1], "the start")
    for number in range(3):
        await wire.cut()
        for change in (bot_api.service.desk.pause_raid, bot_api.service.desk.resume_raid):
            await change(ROOT, raid_id=raid, reason=f"cut {number}")
            sequence += 1
        await wire.lay()
        await until(functools.partial(holds_up_to, seen, sequence), f"what happened in cut {number}")
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_a_half_open_line_is_found_by_its_silence(
    wire: Wire, bot_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "PING_SECONDS", 0.2)
    monkeypatch.setattr(line, "PONG_SECONDS", 0.2)
    monkeypatch.setattr(line, "LONGEST_AWAY_SECONDS", 0.3)
    monkeypatch.setattr(line, "CONNECT_SECONDS", 0.5)
    raid = await bot_api.raid()
    seen: list[int] = []

    async def follow() -> None:
        async with (
            RaidApi(options(wire.url, bot_api.tokens.bot)) as api,
            contextlib.aclosing(api.follow(FOLLOW, {"after": 0})) as messages,
        ):
            async for message in messages:
                seen.extend(event["sequence"] for event in message["raidUpdates"]["events"])

    following = asyncio.create_task(follow())
    await until(lambda: seen == [1], "the start")
    wire.freeze()
    await bot_api.service.desk.pause_raid(ROOT, raid_id=raid, reason="unheard")
    await asyncio.sleep(0.8)  # the silence is noticed, and so is that of the next connections
    assert seen == [1]
    await wire.cut()
    await wire.lay()
    await until(lambda: seen == [1, 2], "the pause")
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_following_goes_on_with_the_next_raid_or_ends_with_the_one_it_named(bot_api: Api) -> None:
    raid = await bot_api.raid()
    kinds: list[tuple[int, str]] = []

    async def follow(api: RaidApi) -> None:
        async with contextlib.aclosing(api.follow(FOLLOW, {"after": 0})) as messages:
            async for message in messages:
                kinds.extend((event["sequence"], event["kind"]) for event in message["raidUpdates"]["events"])

    async def follow_one(api: RaidApi) -> str:
        status = ""
        async with contextlib.aclosing(api.follow(FOLLOW_ONE, {"raidId": raid})) as messages:
            async for message in messages:
                status = message["raidUpdates"]["raid"]["status"]
        return status

    async with RaidApi(options(bot_api.url, bot_api.tokens.bot)) as api:
        following, one = asyncio.create_task(follow(api)), asyncio.create_task(follow_one(api))
        await until(lambda: kinds == [(1, "RAID_STARTED")], "the first raid's start")
        await bot_api.service.desk.end_raid(ROOT, raid_id=raid, reason="over")
        async with asyncio.timeout(SOON_SECONDS):
            assert await one == "COMPLETED"
        await until(lambda: kinds[-1] == (2, "RAID_ENDED"), "its end")
        await asyncio.sleep(0.3)
        await bot_api.raid()
        await until(lambda: len(kinds) == 3, "the next raid's start")
        assert kinds[-1] == (1, "RAID_STARTED")
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_a_subscription_that_is_refused_says_so(bot_api: Api) -> None:
    async with RaidApi(options(bot_api.url, bot_api.tokens.bot)) as api:
        async with asyncio.timeout(SOON_SECONDS):
            with pytest.raises(ApiRefusedError, match="noSuchField"):
                await anext(api.follow("subscription { noSuchField }"))


async def test_many_at_once_each_get_their_own_answer(bot_api: Api) -> None:
    await bot_api.raid()
    players = [await bot_api.player() for _ in range(10)]
    query = "query ($id: ID!) { player(discordId: $id) { name } }"
    async with RaidApi(options(bot_api.url, bot_api.tokens.bot)) as api:
        answers = await asyncio.gather(*(api.ask(query, {"id": each}) for each in players * 10))
    assert [answer["player"]["name"] for answer in answers] == players * 10


def holds_up_to(seen: list[int], sequence: int) -> bool:
    return seen == list(range(1, sequence + 1))


async def until(holds: Callable[[], object], what: str) -> None:
    try:
        async with asyncio.timeout(SOON_SECONDS):
            while not holds():  # noqa: ASYNC110 - what holds is no event
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {SOON_SECONDS:g} s: {what}") from None
