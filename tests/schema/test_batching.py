"""What many players or raids of one answer are asked for is read in as many statements as for a few of them."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

from db.embedded import EmbeddedServer
from db.engine import Database
from schema.build import build_schema
from services import content
from services.errors import ForbiddenError
from services.roster import RosterFile, RosterFiles, import_roster
from services.views import Page, RosterFilter
from services.world_threat import WorldThreatService
from tests.schema.conftest import CREATE_RAID
from tests.schema.world import ADMIN, BOSS, BOT, World, counted

PLAYERS = [f"player {number}" for number in range(20)]
ENDED_RAIDS = 5
RAIDS = ENDED_RAIDS + 1
LIVE = "raid 6"
GRANT_CHARM = """
mutation ($id: ID!, $name: String!) {
  grantEquipment(input: {discordId: $id, name: $name, effects: [{kind: FINAL_SCORE_BONUS, amount: 500}]}) {
    ... on GrantEquipmentSuccess { equipment { id } }
  }
}
"""
ADJUST = """
mutation ($raid: ID!, $hp: SafeInt!) {
  adjustBossHp(input: {raidId: $raid, reason: "for the chart", currentHp: $hp}) { __typename }
}
"""
END = 'mutation ($raid: ID!) { endRaid(input: {raidId: $raid, reason: "the next one waits"}) { __typename } }'
OWNED = """
  balances { currency amount }
  equipment { id name effects { kind amount } }
  roster(first: 5) { nodes { id name raidUse { available score multiplierPermille } } pageInfo { endCursor } }
"""


@pytest.fixture(scope="module")
async def crowd(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[World]:
    """Five raids that ended and a live one, which all twenty players have struck, with a charm of their own."""
    await administrator.execute(f"CREATE DATABASE schema_crowd TEMPLATE {template}")
    database = Database(make_url(server.url).set(database="schema_crowd"), pool_size=4)
    service = WorldThreatService(database)
    await service.start()
    try:
        world = World(build_schema(), database, service)
        await gather(world)
        yield world
    finally:
        await service.stop()
        await database.close()
        await administrator.execute("DROP DATABASE schema_crowd WITH (FORCE)")


async def gather(world: World) -> None:
    async with world.database.driver_connection() as connection:
        files = RosterFiles(
            series=RosterFile.at(content.sample_series()), characters=RosterFile.at(content.sample_characters())
        )
        await import_roster(connection, files, lambda _progress: None)
    players = [await world.player(discord_id) for discord_id in PLAYERS]
    for number in range(1, RAIDS + 1):
        created = await world.told(
            CREATE_RAID, ADMIN, input={"name": f"raid {number}", "boss": BOSS, "acceptWarnings": True}
        )
        assert created["createRaid"]["__typename"] == "CreateRaidSuccess", created
        raid = (await world.told("{ activeRaid { id } }"))["activeRaid"]["id"]
        if number == RAIDS:
            for player in players:
                given = {"id": player.discord_id, "name": f"charm of {player.discord_id}"}
                charm = (await world.told(GRANT_CHARM, ADMIN, **given))["grantEquipment"]["equipment"]["id"]
                struck = await world.strike(player, equipmentId=charm)
                assert struck["__typename"] == "ExecuteStrikeSuccess", struck
            return
        for player, action in zip(players[: 2 + number], ("FIGHT", "ANALYZE") * RAIDS, strict=False):
            struck = await world.strike(player, action)
            assert struck["__typename"] == "ExecuteStrikeSuccess", struck
        await world.told(ADJUST, ADMIN, raid=raid, hp=50_000 + number)
        assert (await world.strike(players[0]))["__typename"] == "ExecuteStrikeSuccess"
        await world.told(END, ADMIN, raid=raid)


async def board(world: World, first: int, fields: str) -> list[Any]:
    """`fields` of the first players of the live raid's leaderboard."""
    answer = await world.told(f"{{ leaderboard(first: {first}) {{ player {{ name {fields} }} }} }}", ADMIN)
    return [row["player"] for row in answer["leaderboard"]]


async def test_what_twenty_players_own_is_read_in_as_many_statements_as_what_two_own(crowd: World) -> None:
    with counted(crowd) as of_two:
        assert len(await board(crowd, 2, OWNED)) == 2
    with counted(crowd) as of_twenty:
        assert len(await board(crowd, 20, OWNED)) == 20
    assert len(of_twenty) == len(of_two) > 3


@pytest.mark.parametrize("field", ["balances { amount }", "equipment { id }", "roster(first: 5) { nodes { name } }"])
async def test_each_of_these_fields_alone_is_too(crowd: World, field: str) -> None:
    with counted(crowd) as of_two:
        await board(crowd, 2, field)
    with counted(crowd) as of_twenty:
        await board(crowd, 20, field)
    assert len(of_twenty) == len(of_two) > 1


async def test_two_suggestions_for_a_player_read_their_characters_once(crowd: World) -> None:
    one = 'suggestTeam(discordId: "player 1", action: FIGHT) { preview { points } }'
    other = 'suggestTeam(discordId: "player 1", action: ANALYZE, size: 3) { preview { points } }'
    with counted(crowd) as of_one:
        alone = await crowd.told(f"{{ fight: {one} }}", BOT)
    with counted(crowd) as of_two:
        both = await crowd.told(f"{{ fight: {one} analyze: {other} }}", BOT)
    assert len(of_two) == len(of_one) > 1
    assert both["fight"] == alone["fight"]
    assert both["analyze"] == (await crowd.told(f"{{ analyze: {other} }}", BOT))["analyze"]
    nobody = one.replace("player 1", "nobody")
    answer = await crowd.ask(f"{{ fight: {one} nobody: {nobody} }}", BOT)
    assert [error.path for error in answer.errors or []] == [["nobody"]], "refused for that one alone"


async def test_every_player_is_told_their_own(crowd: World) -> None:
    ledger = (
        await crowd.told(
            "{ rewardGrants(first: 100) { nodes { player { name } rewards { currency amount } } } }", ADMIN
        )
    )["rewardGrants"]["nodes"]
    for player in await board(crowd, 20, OWNED):
        name = player["name"]
        alone = await crowd.told(f'{{ player(discordId: "{name}") {{ name {OWNED} }} }}', ADMIN)
        assert player == alone["player"]
        (charm,) = player["equipment"]
        assert charm["name"] == f"charm of {name}"
        earned: dict[str, int] = {}
        for grant in ledger:
            for reward in grant["rewards"] if grant["player"]["name"] == name else ():
                earned[reward["currency"]] = earned.get(reward["currency"], 0) + reward["amount"]
        assert player["balances"] == [{"currency": one, "amount": earned[one]} for one in sorted(earned)]
        weights = [one["raidUse"]["score"] * one["raidUse"]["multiplierPermille"] for one in player["roster"]["nodes"]]
        assert len(weights) == 5
        assert weights == sorted(weights, reverse=True)


async def test_the_same_field_with_other_arguments_has_its_own_answer(crowd: World) -> None:
    fields = """best: roster(first: 3) { nodes { name } } named: roster(first: 100, filter: {orderBy: NAME}) {
      nodes { name } pageInfo { hasNextPage } } used: roster(filter: {available: false}) { nodes { id } }"""
    for player in await board(crowd, 20, fields):
        names = [one["name"] for one in player["named"]["nodes"]]
        assert len(names) == 8
        assert names == sorted(names, key=str.casefold)
        assert [one["name"] for one in player["best"]["nodes"]] != names[:3]
        assert len(player["used"]["nodes"]) == 2
        assert player["named"]["pageInfo"]["hasNextPage"] is False


async def test_a_cursor_goes_on_in_its_own_list_and_fails_in_no_other(crowd: World) -> None:
    first, *_ = await board(crowd, 1, "roster(first: 5) { nodes { id } pageInfo { endCursor } }")
    document = """query ($after: String) { leaderboard(first: 3) { player {
      name
      mine: roster(first: 5, after: $after) { nodes { id } pageInfo { hasNextPage } }
      roster(first: 1) { nodes { id } }
    } } }"""
    result = await crowd.ask(document, ADMIN, after=first["roster"]["pageInfo"]["endCursor"])
    assert result.data is not None
    rows = [row["player"] for row in result.data["leaderboard"]]
    assert rows[0]["name"] == first["name"]
    seen = {one["id"] for one in first["roster"]["nodes"]} | {one["id"] for one in rows[0]["mine"]["nodes"]}
    assert len(seen) == 8
    assert rows[0]["mine"]["pageInfo"]["hasNextPage"] is False
    assert [row["mine"] for row in rows[1:]] == [None, None]
    assert all(len(row["roster"]["nodes"]) == 1 for row in rows)
    assert {tuple(error.path or ()) for error in result.errors or ()} == {
        ("leaderboard", number, "player", "mine") for number in (1, 2)
    }
    assert all(error.extensions == {"code": "BAD_INPUT", "field": "after"} for error in result.errors or ())


async def test_what_is_no_cursor_fails_where_it_was_given_and_nowhere_else(crowd: World) -> None:
    document = """{ leaderboard(first: 2) { player {
      wrong: roster(after: "x") { nodes { id } }
      roster { nodes { id } }
    } } }"""
    result = await crowd.ask(document, ADMIN)
    assert result.data is not None
    assert [error.extensions for error in result.errors or ()] == [{"code": "BAD_INPUT", "field": "after"}] * 2
    for row in result.data["leaderboard"]:
        assert row["player"]["wrong"] is None
        assert len(row["player"]["roster"]["nodes"]) == 8


async def test_a_player_is_told_their_own_among_others_that_are_refused(crowd: World) -> None:
    me = await crowd.principal(PLAYERS[3])
    result = await crowd.ask(f"{{ leaderboard(first: 20) {{ isViewer player {{ name {OWNED} }} }} }}", me)
    assert result.data is not None
    (mine,) = [row["player"] for row in result.data["leaderboard"] if row["isViewer"]]
    assert mine["equipment"][0]["name"] == f"charm of {PLAYERS[3]}"
    assert mine["balances"]
    assert len(mine["roster"]["nodes"]) == 5
    others = [row["player"] for row in result.data["leaderboard"] if not row["isViewer"]]
    assert [(row["balances"], row["equipment"], row["roster"]) for row in others] == [(None, None, None)] * 19
    assert len(result.errors or ()) == 19 * 3
    assert {(error.extensions or {})["code"] for error in result.errors or ()} == {"FORBIDDEN"}


async def test_the_service_itself_refuses_one_player_alone(crowd: World) -> None:
    me, other = await crowd.principal(PLAYERS[0]), await crowd.principal(PLAYERS[1])
    assert me.user_id is not None
    assert other.user_id is not None
    ids = [other.user_id, me.user_id, other.user_id]
    service, chosen = crowd.service, RosterFilter()
    for found in (
        await service.equipment(me, ids),
        await service.balances(me, ids),
        await service.rosters(me, ids, first=5, after=None, filter=chosen),
    ):
        refused, mine, refused_again = found
        assert isinstance(refused, ForbiddenError)
        assert isinstance(refused_again, ForbiddenError)
        assert isinstance(mine, tuple | Page)
    with pytest.raises(ForbiddenError):
        await service.roster(me, other.user_id, first=5, after=None, filter=chosen)


# ---------------------------------------------------------------- raids

CHART = "name hp { total current } analysis { points } hpHistory(points: %d) { at hp analysisPoints }"


async def charts(world: World, first: int, points: int = 200) -> list[Any]:
    answer = await world.told(f"{{ raids(first: {first}) {{ nodes {{ id {CHART % points} }} }} }}")
    found: list[Any] = answer["raids"]["nodes"]
    return found


async def test_the_charts_of_six_raids_are_read_in_as_many_statements_as_those_of_two(crowd: World) -> None:
    with counted(crowd) as of_two:
        assert len(await charts(crowd, 2)) == 2
    with counted(crowd) as of_six:
        assert len(await charts(crowd, 6)) == 6
    assert len(of_six) == len(of_two) > 1


@pytest.mark.parametrize("points", [2, 3, 5, 200])
async def test_every_raid_has_its_own_chart_from_full_hp_to_where_it_stands(crowd: World, points: int) -> None:
    raids = await charts(crowd, RAIDS, points)
    assert [raid["name"] for raid in raids] == [f"raid {number}" for number in range(RAIDS, 0, -1)]
    for raid in raids:
        alone = await crowd.told(f"query ($id: ID!) {{ raid(id: $id) {{ id {CHART % points} }} }}", id=raid["id"])
        assert raid == alone["raid"]
        samples = raid["hpHistory"]
        assert samples[0]["hp"] == raid["hp"]["total"]
        assert samples[-1]["hp"] == raid["hp"]["current"]
        assert samples[-1]["analysisPoints"] == raid["analysis"]["points"]
        assert [one["at"] for one in samples] == sorted(one["at"] for one in samples)
        number = int(raid["name"].removeprefix("raid "))
        strikes = len(PLAYERS) if raid["name"] == LIVE else 3 + number
        adjustments = 0 if raid["name"] == LIVE else 1
        assert len(samples) == min(points, 1 + strikes + adjustments)
        adjusted = [one["hp"] for one in samples if one["hp"] == 50_000 + number]
        assert len(adjusted) == (adjustments if points > 3 else 0)  # fewer are the start, the end and one between


async def test_a_raid_that_has_not_begun_has_no_chart_beside_those_that_have(crowd: World) -> None:
    given = {"name": "later", "boss": BOSS, "acceptWarnings": True, "startsAt": "2099-01-01T00:00:00Z"}
    created = await crowd.told(
        "mutation ($input: CreateRaidInput!) { createRaid(input: $input) { "
        "... on CreateRaidSuccess { raid { id hpHistory { hp } } } } }",
        ADMIN,
        input=given,
    )
    later = created["createRaid"]["raid"]
    assert later["hpHistory"] == []
    newest, live, *_ = await charts(crowd, 2)
    assert (newest["id"], newest["hpHistory"]) == (later["id"], [])
    assert len(live["hpHistory"]) > 1
    ended = await crowd.told(END, ADMIN, raid=later["id"])
    assert ended["endRaid"]["__typename"] == "UpdateRaidSuccess"


async def test_the_bot_asks_for_everything_at_once(crowd: World) -> None:
    """Batches of different fields do not get in each other's way."""
    document = f"""{{ raids(first: 7) {{ nodes {{ {CHART % 50} leaderboard(first: 20) {{ player {{ name {OWNED} }} }}
      strikes(first: 3) {{ nodes {{ player {{ name equipment {{ name }} }} }} }} }} }} }}"""
    raids = (await crowd.told(document, BOT))["raids"]["nodes"]
    players = [row["player"] for raid in raids for row in raid["leaderboard"]]
    assert len(players) > len(PLAYERS)
    assert all(one["equipment"][0]["name"] == f"charm of {one['name']}" for one in players)
