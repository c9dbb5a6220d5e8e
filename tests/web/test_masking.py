"""A bug in the server, over HTTP: its caller learns an id, the log has the rest."""

import re
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from tests.web.harness import Api, OpenApi

LEAKS = re.compile(
    r"SELECT|INSERT|FROM|sqlalchemy|asyncpg|Traceback|\.py\b|/work|/home|/tmp|0x[0-9a-f]{6}|Error\b(?!,)", re.IGNORECASE
)
GRANT_LAMP = """
mutation {
  registerPlayer(input: {discordId: "7", name: "x"}) { __typename }
  grantEquipment(input: {discordId: "7", name: "Lamp", effects: [{kind: FINAL_SCORE_BONUS, amount: 1}]}) { __typename }
}
"""
MASKED = re.compile(r"Internal error, see the log for ([0-9a-f]{12})\.")


@pytest.fixture
async def api(open_api: OpenApi) -> AsyncIterator[Api]:
    async with open_api() as api:
        yield api


@pytest.mark.parametrize(
    ("table", "query", "path"),
    [
        ("boss_templates", "{ viewer { role } bosses { key } }", ["bosses"]),
        ("raid_events", "{ activeRaid { name events { sequence } } }", ["activeRaid", "events"]),
        ("admin_actions", GRANT_LAMP, ["grantEquipment"]),
    ],
)
async def test_a_bug_tells_an_id_and_the_log_has_its_traceback(
    api: Api, table: str, query: str, path: list[str]
) -> None:
    """A table that is gone stands for every bug there can be."""
    await api.raid()
    await api.rows(f"DROP TABLE {table} CASCADE")
    with capture_logs() as logs:
        answer = await api.ask(query, token=api.tokens.admin)
    assert answer.status == 200
    (error,) = answer.errors
    told = MASKED.fullmatch(error["message"])
    assert told is not None
    assert error["extensions"] == {"code": "INTERNAL", "id": told[1]}
    assert error["path"] == path
    assert not LEAKS.search(answer.body.replace(error["message"], "").replace(table, "LEAK FROM")), answer.body
    (line,) = [line for line in logs if line["event"] == "internal_error"]
    assert (line["error_id"], line["path"]) == (told[1], path)
    assert table in str(line["exc_info"])
    assert line["exc_info"].__traceback__ is not None


async def test_a_bug_in_a_strike_is_its_own_callers_answer_and_spends_nothing(api: Api) -> None:
    """The batch of the strike fails, and then the strike alone; the line goes on."""
    await api.raid()
    striker = await api.player()
    team = await api.unused(striker)
    await api.rows("ALTER TABLE world_threat_character_usage RENAME TO elsewhere")
    query = "mutation ($i: ExecuteStrikeInput!) { executeStrike(input: $i) { __typename } }"
    given = {"action": "FIGHT", "discordId": striker, "characterIds": team[:1], "idempotencyKey": "mine"}
    with capture_logs() as logs:
        answer = await api.ask(query, {"i": given}, api.tokens.bot)
    assert answer.codes == ["INTERNAL"]
    assert not LEAKS.search(answer.body.replace(answer.errors[0]["message"], "")), answer.body
    assert [line["event"] for line in logs].count("internal_error") == 1
    await api.rows("ALTER TABLE elsewhere RENAME TO world_threat_character_usage")
    struck = await api.strike(striker, team[0], idempotencyKey="mine")
    assert (struck["strike"]["number"], struck["replayed"]) == (1, False)
