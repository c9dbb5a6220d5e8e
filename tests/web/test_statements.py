"""How much the database is asked for one answer: as much for three raids and a hundred rows as for one and a few."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from services.roster import RosterFile, RosterFiles, import_roster
from tests.web.harness import Api, OpenApi

CROWD = 60
BY_THEMSELVES = {"raid clock", "tokens", "accounting"}
"""Tasks that ask now and then, whatever is going on."""
RAIDS = 3
PAGE = """
query ($raids: Int!, $rows: Int!) {
  raids(first: $raids) {
    nodes {
      leaderboard(first: $rows) { rank score strikes isViewer player { id name discordId } }
      events(first: $rows) {
        sequence
        ... on CurseApplied { triggeredBy { id name } }
        ... on BreakthroughAchieved { triggeredBy { id name } }
        ... on BossDefeated { finalBlowBy { id name } }
      }
      strikes(first: $rows) { nodes { number player { id name } team { name } } }
    }
  }
}
"""
BOARD = "query ($rows: Int!) { leaderboard(first: $rows, metric: STRIKES) { rank player { id name } } }"


@pytest.fixture(scope="module")
async def api(open_api: OpenApi) -> AsyncIterator[Api]:
    """Three raids that sixty players struck, with a curse at every other strike."""
    async with open_api() as api:
        await import_crowd(api)
        for _ in range(RAIDS):
            await api.raid(
                curseEvery=2,
                cursePool=[{"kind": "ELEMENTAL", "value": value} for value in ("fire", "water", "wind", "earth")],
                curseLimits=[{"kind": "ELEMENTAL", "limit": 1}],
            )
            await asyncio.gather(*(api.strike(*one) for one in await crowd(api)))
        yield api


async def import_crowd(api: Api) -> None:
    keys = [node["key"] for node in (await api.told("{ catalogue(first: 1) { nodes { key } } }"))["catalogue"]["nodes"]]
    ids = [f"crowd {number}" for number in range(CROWD)]
    players = ["discord_id,name", *(f"{one},{one}" for one in ids)]
    owned = ["discord_id,waifu_id", *(f"{one},{key}" for one in ids for key in keys)]
    async with api.database.driver_connection() as connection:
        files = RosterFiles(
            players=RosterFile.of_text("players.csv", "\n".join(players)),
            ownership=RosterFile.of_text("ownership.csv", "\n".join(owned)),
        )
        await import_roster(connection, files, lambda _progress: None)


async def crowd(api: Api) -> list[tuple[str, str]]:
    """Discord ids with one of their characters."""
    rows = await api.rows(
        "SELECT discord_id, min(user_characters.id) AS copy FROM users "
        "JOIN user_characters ON user_characters.user_id = users.id WHERE discord_id LIKE 'crowd %' GROUP BY 1"
    )
    return [(row["discord_id"], str(row["copy"])) for row in rows]


@contextlib.contextmanager
def counted(api: Api) -> Iterator[list[str]]:
    """Every statement that goes to the database through the pools meanwhile."""
    statements: list[str] = []

    def note(*sent: Any) -> None:
        task = asyncio.current_task()
        if task is None or task.get_name() not in BY_THEMSELVES:
            statements.append(sent[2])

    engines = [api.database.engine.sync_engine, api.database._reading_engine.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


async def asked(api: Api, query: str, **variables: int) -> tuple[Any, list[str]]:
    await api.told(query, api.tokens.admin, **variables)  # what is kept in memory is there from now on
    with counted(api) as statements:
        answer = await api.told(query, api.tokens.admin, **variables)
    return answer, statements


async def test_raids_with_all_that_hangs_on_them_ask_as_much_for_many_as_for_one(api: Api) -> None:
    _, few = await asked(api, PAGE, raids=1, rows=5)
    answer, many = await asked(api, PAGE, raids=RAIDS, rows=100)
    raids = answer["raids"]["nodes"]
    assert [len(raid["leaderboard"]) for raid in raids] == [CROWD] * RAIDS
    assert [len(raid["strikes"]["nodes"]) for raid in raids] == [CROWD] * RAIDS
    assert all(sum("triggeredBy" in one for one in raid["events"]) == CROWD // 2 for raid in raids)
    assert len(many) == len(few) <= 16, "\n".join(many)


async def test_a_leaderboard_of_fifty_asks_as_much_as_one_of_two(api: Api) -> None:
    _, few = await asked(api, BOARD, rows=2)
    answer, many = await asked(api, BOARD, rows=50)
    assert len({row["player"]["id"] for row in answer["leaderboard"]}) == 50
    assert len(many) == len(few) <= 6, "\n".join(many)
