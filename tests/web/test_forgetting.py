"""A player who is forgotten: nothing tells any more who they were, and everything they did still counts."""

from typing import Any

import asyncpg
import orjson
import pytest

from services.views import Role
from tests.services.world import books_balance
from tests.web.harness import ROOT, Api

FORGET = """mutation ($input: ForgetPlayerInput!) {
  forgetPlayer(input: $input) {
    __typename ... on ForgetPlayerSuccess { player { id name discordId } } ... on UserError { message }
  }
}"""
BOARD = "{ leaderboard { score strikes player { id name } } activeRaid { totals { strikes participants damage } } }"
LOG = "{ adminActions(first: 1) { nodes { actor action reason before after } } }"
EVERYTHING = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
)
DISCORD_ID, NAME = "81528399999999991", "Zephyrine the Unforgettable"


async def forget(api: Api, discord_id: str, reason: str = "they asked for it") -> Any:
    given = {"discordId": discord_id, "reason": reason}
    return (await api.told(FORGET, api.tokens.admin, input=given))["forgetPlayer"]


async def rows_with(api: Api, *secrets: str) -> list[str]:
    """Every row of the database in which one of these stands."""
    found = []
    for (table,) in await api.rows(EVERYTHING):
        for (row,) in await api.rows(f"SELECT row_to_json(t)::text FROM {table} t"):  # noqa: S608 - a table's name
            if any(secret in row for secret in secrets):
                found.append(f"{table}: {row}")
    return found


async def test_a_player_is_forgotten_and_the_raid_remembers_what_was_done(api: Api) -> None:
    raid_id = await api.raid()
    await api.player(DISCORD_ID)
    await api.service.desk.register_player(ROOT, discord_id=DISCORD_ID, name=NAME)
    other = await api.player()
    token = await api.token(Role.PLAYER, name=f"{NAME}'s", discord_id=DISCORD_ID)
    reminding = "mutation { setReminder(input: {wanted: true}) { __typename } }"
    assert (await api.told(reminding, token))["setReminder"]["__typename"] == "SetReminderSuccess"
    for striker in (DISCORD_ID, other):
        struck = await api.strike(striker, *(await api.unused(striker))[:3])
        assert struck["__typename"] == "ExecuteStrikeSuccess"
    assert await rows_with(api, DISCORD_ID, NAME)
    before = await api.told(BOARD)

    forgotten = await forget(api, DISCORD_ID)
    public_id = forgotten["player"]["id"]
    assert forgotten == {
        "__typename": "ForgetPlayerSuccess",
        "player": {"id": public_id, "name": "Forgotten player", "discordId": None},
    }
    after = await api.told(BOARD)
    assert after["activeRaid"] == before["activeRaid"]
    names = {row["player"].pop("id"): row["player"].pop("name") for row in after["leaderboard"]}
    assert names[public_id] == "Forgotten player"
    assert [row["score"] for row in after["leaderboard"]] == [row["score"] for row in before["leaderboard"]]
    assert list(names) == [row["player"]["id"] for row in before["leaderboard"]]

    assert await rows_with(api, DISCORD_ID, NAME) == []
    assert (await api.told("query ($id: ID!) { player(discordId: $id) { id } }", id=DISCORD_ID))["player"] is None
    assert (await api.ask("{ viewer { role } }", token=token)).status == 401
    (logged,) = (await api.told(LOG, api.tokens.admin))["adminActions"]["nodes"]
    assert (logged["action"], logged["reason"], logged["actor"]) == ("forget_player", "they asked for it", "a admin's")
    assert public_id in orjson.dumps([logged["before"], logged["after"]]).decode()
    await books_balance(api.database, int(raid_id))

    again = await forget(api, DISCORD_ID)
    assert again["__typename"] == "PlayerNotFound"
    await api.player(DISCORD_ID)  # who comes back is somebody new
    newcomer = (await api.told("query ($id: ID!) { player(discordId: $id) { id } }", id=DISCORD_ID))["player"]
    assert newcomer["id"] != public_id


async def test_a_reason_is_needed(api: Api) -> None:
    player = await api.player()
    answer = await api.ask(FORGET, {"input": {"discordId": player, "reason": " "}}, api.tokens.admin)
    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["extensions"]["field"] == "reason"
    assert (await api.told("query ($id: ID!) { player(discordId: $id) { name } }", id=player))["player"]


@pytest.mark.parametrize("statement", ["UPDATE admin_actions SET reason = 'another'", "DELETE FROM admin_actions"])
async def test_what_is_logged_is_never_changed(api: Api, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="admin_actions stays as it was written"):
        await api.rows(statement)
