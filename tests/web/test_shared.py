"""One execution for all who ask the same: nobody misses anything, gets anything twice, or hears what is another's."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, make_url
from structlog.testing import capture_logs

from services.rules.configuration import CurseLimit
from services.rules.values import Affinity, AffinityKind
from services.views import Role
from tests.services.world import BOSS, Owner, Sheet
from tests.web.harness import Api, Cable, import_sample_roster, serving
from tests.web.live import Client, Edge, edge

BOSS_HP = "subscription ($raidId: ID) { bossHp(raidId: $raidId) { current sequence } }"
UPDATES = """
subscription Updates($raidId: ID, $after: SafeInt) {
  raidUpdates(raidId: $raidId, after: $after) { sequence gap events { sequence } raid { hp { current } } }
}
"""
CURSES = """
subscription ($raidId: ID, $after: SafeInt) {
  curses(raidId: $raidId, after: $after) { sequence triggeredBy { id name } }
}
"""
BOARD = """
subscription ($raidId: ID) {
  raidUpdates(raidId: $raidId) { raid { leaderboard(first: 5) { isViewer strikes player { id discordId } } } }
}
"""
STRIKES = "subscription ($raidId: ID) { strikeFeed(raidId: $raidId) { skipped lastNumber strikes { number } } }"


@pytest.fixture(scope="module")
async def live(api: Api) -> AsyncIterator[Edge]:
    async with edge(api) as live:
        yield live


@pytest.fixture(autouse=True)
async def nothing_is_left_over(live: Edge) -> AsyncIterator[None]:
    """Every test goes without a word: its streams, tailers and tasks have to end by themselves."""
    yield
    for client in live.clients:
        client.transport.abort()
    live.clients.clear()
    assert await live.left_over() == []


@contextmanager
def statements(live: Edge) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def heard(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    engine = live.api.database._reading_engine.sync_engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", heard)


async def followers(live: Edge, count: int, query: str, token: str | None = None, **variables: Any) -> list[Client]:
    """As many sockets that ask the same and were told the state."""
    clients = [await live.client(token) for _ in range(count)]
    await asyncio.gather(*(client.subscribe(query, variables=variables) for client in clients))
    await asyncio.gather(*(client.data() for client in clients))
    return clients


async def crowd(live: Edge, players: int, strikes: int) -> tuple[Owner, ...]:
    characters = await live.world.characters(*(Sheet(atk=10) for _ in range(strikes)))
    return await live.world.players(players, characters)


async def cursed_raid(live: Edge, every: int = 1) -> str:
    """A raid whose boss draws a curse at every strike, and never runs out of them."""
    await live.end(await live.api.raid())
    pool = tuple(Affinity(AffinityKind.ELEMENTAL, value) for value in ("fire", "water", "wind", "earth"))
    limits = (CurseLimit(AffinityKind.ELEMENTAL, 1),)
    boss = replace(BOSS, total_hp=10_000_000, curse_every=every, curse_pool=pool, curse_limits=limits)
    return str((await live.world.raid(boss)).id)


# ------------------------------------------------------------------ one execution


async def test_equal_subscribers_cost_one_execution_and_one_read(live: Edge) -> None:
    raid_id = await live.api.raid()
    (first,) = await followers(live, 1, BOARD, raidId=raid_id)
    with statements(live) as alone:
        await live.change(raid_id)
        await first.data()
        await asyncio.sleep(0.3)
    others = await followers(live, 199, BOARD, raidId=raid_id)
    assert live.shared.executions == 1
    with statements(live) as together:
        await live.change(raid_id)
        answers = await asyncio.gather(*(client.connection.recv() for client in (first, *others)))
        await asyncio.sleep(0.3)
    assert len(set(answers)) == 1
    assert 0 < sum(map(is_board, together)) == sum(map(is_board, alone))
    for client in others:
        await client.send({"id": "1", "type": "complete"})
    await live.change(raid_id)
    await first.data()
    assert live.shared.executions == 1


def is_board(statement: str) -> bool:
    return "world_threat_participants" in statement and "rank" in statement.lower()


async def test_ids_are_each_sockets_own(live: Edge) -> None:
    raid_id = await live.api.raid()
    one, other = await live.client(), await live.client()
    await one.subscribe(BOSS_HP, "a", variables={"raidId": raid_id})
    await one.subscribe(BOSS_HP, '"b"', variables={"raidId": raid_id})
    await other.subscribe(BOSS_HP, "ü", variables={"raidId": raid_id})
    heard = [await one.heard(), await one.heard(), await other.heard()]
    assert sorted(message["id"] for message in heard) == ['"b"', "a", "ü"]
    assert live.shared.executions == 1
    await live.change(raid_id)
    heard = [await one.heard(), await one.heard(), await other.heard()]
    assert sorted(message["id"] for message in heard) == ['"b"', "a", "ü"]
    assert len({str(message["payload"]) for message in heard}) == 1


@pytest.mark.parametrize(
    ("one", "other", "executions"),
    [
        ({"variables": {"raidId": "RAID", "after": 0}}, {"variables": {"after": 1, "raidId": "RAID"}}, 1),
        ({"variables": {"raidId": "RAID"}}, {"variables": {"raidId": "RAID", "after": None}}, 1),
        ({"variables": {"raidId": "RAID"}}, {"variables": {}}, 2),
        ({"variables": {"raidId": "RAID"}}, {"variables": {"raidId": "RAID", "more": 1}}, 2),
        ({"operationName": "Updates"}, {"operationName": None}, 2),
        ({}, {"query": UPDATES + " "}, 2),
        ({}, {"query": UPDATES.replace("$after", "$since", 1).replace("after: $after", "after: $since")}, 2),
    ],
)
async def test_what_differs_is_not_shared(live: Edge, one: Any, other: Any, executions: int) -> None:
    raid_id = await live.api.raid()
    clients = []
    for given in (one, other):
        client = await live.client()
        asked = {"query": UPDATES, **given}
        variables = {name: raid_id if value == "RAID" else value for name, value in asked.pop("variables", {}).items()}
        await client.subscribe(variables=variables, **asked)
        assert (await client.data())["raidUpdates"]["sequence"] == 1
        clients.append(client)
    assert live.shared.executions == executions
    await live.change(raid_id)
    for client in clients:
        assert [each["sequence"] for each in (await client.data())["raidUpdates"]["events"]] == [2]


@pytest.mark.parametrize("declared", ["SafeInt", "SafeInt!", "SafeInt = 1", "SafeInt! = 1"])
async def test_where_to_resume_is_each_joiners_own_however_it_is_declared(live: Edge, declared: str) -> None:
    raid_id = await live.api.raid()
    await live.change(raid_id, 2)
    query = f'subscription ($after: {declared}) {{ raidUpdates(raidId: "{raid_id}", after: $after) {{ '
    query += "events { sequence } } }"
    clients = []
    for after in (0, 1, 2, 3):
        client = await live.client()
        await client.subscribe(query, variables={"after": after})
        told = [each["sequence"] for each in (await client.data())["raidUpdates"]["events"]]
        assert told == list(range(after + 1, 4))
        clients.append(client)
    assert live.shared.executions == 1
    await live.change(raid_id)
    for client in clients:
        assert [each["sequence"] for each in (await client.data())["raidUpdates"]["events"]] == [4]


async def test_a_required_variable_that_is_missing_is_its_askers_error_alone(live: Edge) -> None:
    raid_id = await live.api.raid()
    query = "subscription ($id: ID, $after: SafeInt!) { raidUpdates(raidId: $id, after: $after) { sequence } }"
    bad, good = await live.client(), await live.client()
    await bad.subscribe(query, variables={"id": raid_id})
    await good.subscribe(query, variables={"id": raid_id, "after": 0})
    assert (await bad.heard())["type"] == "error"
    await good.data()
    await live.change(raid_id)
    assert (await good.data())["raidUpdates"] == {"sequence": 2}


async def test_a_literal_says_for_everybody_where_to_resume(live: Edge) -> None:
    raid_id = await live.api.raid()
    await live.change(raid_id, 3)
    query = f'subscription {{ raidUpdates(raidId: "{raid_id}", after: 2) {{ events {{ sequence }} }} }}'
    for _ in range(2):
        client = await live.client()
        await client.subscribe(query)
        assert [each["sequence"] for each in (await client.data())["raidUpdates"]["events"]] == [3, 4]
    assert live.shared.executions == 1


# ------------------------------------------------------------------ joining in the middle


class Joiner:
    """Follows curses, and is cut and comes back a few times: `told` is what it was told, over all its lives."""

    def __init__(self, live: Edge, raid_id: str, chance: random.Random, query: str) -> None:
        self.told: list[int] = []
        self._live, self._raid_id, self._chance, self._query = live, raid_id, chance, query

    async def follow(self, until: int) -> None:
        while not self.told or self.told[-1] < until:
            client = await self._live.client()
            after = self.told[-1] if self.told else 0
            await client.subscribe(self._query, variables={"raidId": self._raid_id, "after": after})
            try:
                async with asyncio.timeout(self._chance.uniform(0.05, 0.8)):
                    while not self.told or self.told[-1] < until:
                        data = await client.data()
                        self._take(data)
            except TimeoutError:
                client.connection.transport.abort()

    def _take(self, data: Any) -> None:
        if "curses" in data:
            self.told.append(data["curses"]["sequence"])
        else:
            assert not data["raidUpdates"]["gap"]
            self.told += [each["sequence"] for each in data["raidUpdates"]["events"]]


@pytest.mark.parametrize("query", [CURSES, UPDATES], ids=["curses", "raidUpdates"])
async def test_joiners_in_the_middle_miss_nothing_and_get_nothing_twice(live: Edge, query: str) -> None:
    """A moment of `curses` is many answers, each with a read in between: joiners come while they are told."""
    raid_id = await cursed_raid(live)
    owners = await crowd(live, 10, 12)
    chance = random.Random(11)
    joiners = [Joiner(live, raid_id, chance, query) for _ in range(8)]
    events = 1 + 10 * 12

    async def strike() -> None:
        for number in range(12):
            await live.strike(owners, slice(number, number + 1))
            await asyncio.sleep(0.05)

    async with asyncio.timeout(120):
        await asyncio.gather(strike(), *(joiner.follow(events) for joiner in joiners))
    kinds = dict(await live.api.rows("SELECT sequence, kind FROM raid_events WHERE raid_id = $1", int(raid_id)))
    wanted = [number for number in sorted(kinds) if query is UPDATES or kinds[number] == "curse_applied"]
    assert {tuple(joiner.told) for joiner in joiners} == {tuple(wanted)}
    assert len(wanted) > 4


async def test_who_leaves_and_comes_back_at_once_follows_on(live: Edge) -> None:
    """The execution ends with the last subscriber, and the next one must not join what is ending."""
    raid_id = await live.api.raid()
    client = await live.client()
    for number in range(30):
        await client.subscribe(BOSS_HP, str(number), variables={"raidId": raid_id})
        assert (await client.heard())["type"] == "next"
        await client.send({"id": str(number), "type": "complete"})
    await client.subscribe(BOSS_HP, "last", variables={"raidId": raid_id})
    assert (await client.heard())["type"] == "next"
    await live.change(raid_id)
    assert (await client.heard())["type"] == "next"
    assert live.shared.executions == 1


async def test_who_leaves_while_it_is_told_and_comes_back_at_once_follows_on(live: Edge) -> None:
    """The same while the execution is in the middle of an answer, and takes a moment to end."""
    raid_id = await live.api.raid()
    client, chance = await live.client(), random.Random(3)
    for number in range(25):
        await client.subscribe(BOARD, str(number), variables={"raidId": raid_id})
        message = await client.heard()
        while message["id"] != str(number):
            assert message["type"] == "next"
            message = await client.heard()
        assert message["type"] == "next"
        await live.change(raid_id)
        await asyncio.sleep(chance.uniform(0.0, 0.012))
        await client.send({"id": str(number), "type": "complete"})
    await client.subscribe(BOSS_HP, "last", variables={"raidId": raid_id})
    while (message := await client.heard())["id"] != "last":
        assert message["type"] == "next"


async def test_who_knows_more_than_the_others_waits_for_them(live: Edge) -> None:
    """One who was told by another stream joins one that rests: no gap, and nothing again."""
    raid_id = await live.api.raid()
    (shared,) = await followers(live, 1, UPDATES, raidId=raid_id)
    await live.change(raid_id)
    assert (await shared.data())["raidUpdates"]["sequence"] == 2
    await live.change(raid_id)
    (own,) = await followers(live, 1, BOSS_HP, live.api.tokens.player, raidId=raid_id)
    joiner = await live.client()
    await joiner.subscribe(UPDATES, variables={"raidId": raid_id, "after": 3})
    told = (await joiner.data())["raidUpdates"]
    assert (told["gap"], told["sequence"], told["events"]) == (False, 3, [])
    assert live.shared.executions == 1
    await live.change(raid_id)
    assert [each["sequence"] for each in (await joiner.data())["raidUpdates"]["events"]] == [4]
    assert (await own.data())["bossHp"]["sequence"] == 4


async def test_the_newest_strikes_are_told_to_joiners_and_all_are_counted(live: Edge) -> None:
    raid_id = await cursed_raid(live, every=1_000)
    owners = await crowd(live, 25, 6)
    await live.strike(owners, slice(0, 1))
    early, _other = await live.client(), await followers(live, 1, STRIKES, raidId=raid_id)
    await early.subscribe(STRIKES, variables={"raidId": raid_id})
    told = (await early.data())["strikeFeed"]
    assert ([each["number"] for each in told["strikes"]], told["skipped"]) == (list(range(6, 26)), 0)
    for number in range(1, 6):
        await live.strike(owners, slice(number, number + 1))
    seen = 25
    while seen < 150:
        told = (await early.data())["strikeFeed"]
        numbers = [each["number"] for each in told["strikes"]]
        assert numbers == list(range(told["lastNumber"] - len(numbers) + 1, told["lastNumber"] + 1))
        seen += told["skipped"] + len(numbers)
        assert seen == told["lastNumber"]
    assert live.shared.executions == 1


# ------------------------------------------------------------------ the end


@pytest.mark.parametrize("query", [BOSS_HP, UPDATES, CURSES, STRIKES])
async def test_everybody_is_told_that_it_is_over(live: Edge, query: str) -> None:
    raid_id = await live.api.raid()
    clients = [await live.client(token) for token in (None, None, live.api.tokens.player)]
    for client in clients:
        await client.subscribe(query, variables={"raidId": raid_id})
    await asyncio.sleep(0.1)
    await live.end(raid_id)
    for client in clients:
        await client.until_complete()
    late = await live.client()
    await late.subscribe(query, variables={"raidId": raid_id})
    told = await late.until_complete()
    assert len(told) == (1 if query in (BOSS_HP, UPDATES) else 0)


async def test_the_next_raid_is_waited_for_by_all_together(live: Edge) -> None:
    await live.end(await live.api.raid())
    clients = [await live.client(token) for token in (None, None, live.api.tokens.viewer, live.api.tokens.player)]
    for client in clients:
        await client.subscribe(UPDATES)
    assert await clients[0].silent(0.3)
    assert live.shared.executions == 2
    raid_id = await live.api.raid()
    for client in clients:
        told = (await client.data())["raidUpdates"]
        assert (told["gap"], [each["sequence"] for each in told["events"]]) == (False, [1])
    await live.end(raid_id)
    for client in clients:
        (last,) = await client.until_complete()
        assert [each["sequence"] for each in last["raidUpdates"]["events"]] == [2]


async def test_a_raid_that_does_not_exist_is_complete_at_once(live: Edge) -> None:
    for token in (None, live.api.tokens.player):
        client = await live.client(token)
        await client.subscribe(BOSS_HP, variables={"raidId": "987654321"})
        assert await client.until_complete() == []


# ------------------------------------------------------------------ audiences


async def test_nobody_hears_what_is_anothers(live: Edge) -> None:
    """The same document for everybody: Ada's own row is hers in her answers, and in nobody else's."""
    api = live.api
    raid_id = await api.raid()
    await api.player("ada")
    await api.player("bea")
    bea = await api.token(Role.PLAYER, discord_id="bea")
    tokens = {
        "nobody": None,
        "viewer": api.tokens.viewer,
        "ada": api.tokens.player,
        "bea": bea,
        "bot": api.tokens.bot,
        "admin": api.tokens.admin,
    }
    clients = {name: await live.client(token) for name, token in tokens.items()}
    for name in ("ada", "nobody", "bot", "viewer", "bea", "admin"):
        await clients[name].subscribe(BOARD, variables={"raidId": raid_id})
        await clients[name].data()
    assert live.shared.executions == 2
    await api.strike("ada", (await api.unused("ada"))[0])
    await api.strike("bea", (await api.unused("bea"))[0])
    seen: dict[str, Any] = {}
    for name, client in clients.items():
        rows: list[Any] = []
        while len(rows) < 2:
            rows = (await client.data())["raidUpdates"]["raid"]["leaderboard"]
        seen[name] = {(row["player"]["discordId"], row["isViewer"]) for row in rows}
    assert seen["nobody"] == seen["viewer"] == {(None, False)}
    assert seen["ada"] == {("ada", True), (None, False)}
    assert seen["bea"] == {("bea", True), (None, False)}
    assert seen["bot"] == seen["admin"] == {("ada", False), ("bea", False)}


async def test_without_public_reading_the_public_hears_nothing_of_what_viewers_share(api: Api) -> None:
    raid_id = await api.raid()
    async with edge(api, public_read=False) as live:
        viewers = await followers(live, 3, UPDATES, api.tokens.viewer, raidId=raid_id)
        strangers = [await live.client() for _ in range(3)]
        for client in strangers:
            await client.subscribe(UPDATES, variables={"raidId": raid_id})
        for client in strangers:
            refusal = await client.heard()
            assert (refusal["type"], refusal["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")
        assert live.shared.executions == 1
        await live.change(raid_id)
        for client in viewers:
            assert (await client.data())["raidUpdates"]["sequence"] == 2
        assert await strangers[0].silent(0.2)


# ------------------------------------------------------------------ errors


async def test_errors_reach_everyone_and_the_stream_goes_on(database_url: str, data_dir: Path) -> None:
    """The database goes away and comes back: everybody is told, nobody is cut, and no event is lost."""
    cable = Cable(data_dir, str(make_url(database_url).query["host"]))
    await cable.plug_in()
    url = make_url(database_url).update_query_dict({"host": str(cable.folder)})
    with capture_logs() as logs:
        async with serving(url.render_as_string(hide_password=False)) as api, edge(api) as live:
            await import_sample_roster(api.database)
            raid_id = await api.raid()
            own = await followers(live, 2, UPDATES, api.tokens.player, raidId=raid_id)
            shared = await followers(live, 3, UPDATES, raidId=raid_id)
            striker = await api.player()
            await api.strike(striker, (await api.unused(striker))[0])
            (strikes,) = await followers(live, 1, STRIKES, raidId=raid_id)
            for client in (*own, *shared):
                assert (await client.data())["raidUpdates"]["events"] == []
            await cable.cut()
            newcomer = await live.client()
            await newcomer.subscribe(CURSES, variables={"raidId": raid_id})
            refused = await newcomer.heard()
            assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "OVERLOADED")
            joiner = await live.client()
            await joiner.subscribe(UPDATES, variables={"raidId": raid_id, "after": 0})
            assert await own[0].silent(0.3)
            await cable.plug_in()
            await live.change(raid_id)
            for client in (*own, *shared):
                assert [each["sequence"] for each in (await client.data())["raidUpdates"]["events"]] == [2]
            told: list[int] = []
            while len(told) < 2:
                told += [each["sequence"] for each in (await joiner.data())["raidUpdates"]["events"]]
            assert told == [1, 2]
            await api.strike(striker, (await api.unused(striker))[0])
            assert (await strikes.data())["strikeFeed"]["lastNumber"] == 2
    await cable.cut()
    assert {line["log_level"] for line in logs} <= {"warning", "info"}
