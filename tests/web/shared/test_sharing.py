"""One execution for all who ask the same: nobody misses anything, gets anything twice, or hears what is another's."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from structlog.testing import capture_logs

from services.views import Role
from tests.web.harness import Api, Cable, import_sample_roster, serving
from tests.web.live import Edge, edge
from tests.web.shared.subscribers import (
    BOARD,
    BOSS_HP,
    CURSES,
    STRIKES,
    UPDATES,
    followers,
    statements,
)

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
