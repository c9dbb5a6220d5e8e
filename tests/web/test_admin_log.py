"""Whatever admins alone may do is logged, with who, why, before and after; what cannot be logged is not done."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest

from schema.access import needs, rule_of
from schema.build import build_schema
from services.views import Role
from tests.web.harness import BOSS, ROOT, Api, OpenApi

Given = dict[str, Any]
Prepared = Callable[[Api], Awaitable[Given]]
REASON = "because a test wants it"
SCHEMA = build_schema()._schema
assert SCHEMA.mutation_type is not None
FIELDS = SCHEMA.mutation_type.fields
OF_ADMINS = [
    name for name, field in FIELDS.items() if rule_of(field.extensions["strawberry-definition"]) == needs(Role.ADMIN)
]
LOG = "{ adminActions(first: 2) { nodes { id actor action reason before after } } }"
NEVER_LOGGED = "ALTER TABLE admin_actions ADD CONSTRAINT nothing_more CHECK (false) NOT VALID"
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"


@pytest.fixture(scope="module")
async def api(open_api: OpenApi) -> AsyncIterator[Api]:
    """A database that nobody else uses: its content is compared as a whole."""
    async with open_api() as api:
        yield api


async def a_raid(api: Api, **more: Any) -> Given:
    return {"raidId": await api.raid(), "reason": REASON, **more}


async def no_raid(api: Api) -> Given:
    await api.service.desk.end_raid(ROOT, raid_id=await api.raid(), reason="room for the next one")
    return {"name": "A new raid", "boss": BOSS, "acceptWarnings": True}


async def a_pause(api: Api) -> Given:
    given = await a_raid(api)
    await api.service.desk.pause_raid(ROOT, raid_id=given["raidId"], reason="first")
    return given


async def a_token(api: Api) -> Given:
    created = await api.service.desk.create_token(
        ROOT, role=Role.VIEWER, name="to end", discord_id=None, expires_at=None
    )
    return {"id": str(created.token.id)}


async def a_character(api: Api) -> Given:
    page = await api.service.catalogue(ROOT, first=2, after=None, search=None)
    return {"discordId": await api.player(characters=1), "grants": [{"characterKey": page.items[1].key, "stars": 5}]}


async def a_lamp(api: Api) -> Given:
    effects = [{"kind": "FINAL_SCORE_BONUS", "amount": 1}]
    return {"discordId": await api.player(), "name": "Lamp", "effects": effects}


async def a_name_for_a_token(_api: Api) -> Given:
    return {"role": "VIEWER", "name": "a new one"}


async def somebody(api: Api) -> Given:
    return {"discordId": await api.player(), "reason": REASON}


ACTS: dict[str, Prepared] = {
    "createRaid": no_raid,
    "updateRaid": lambda api: a_raid(api, name="Another name"),
    "pauseRaid": a_raid,
    "resumeRaid": a_pause,
    "endRaid": a_raid,
    "adjustBossHp": lambda api: a_raid(api, currentHp=77),
    "grantCharacters": a_character,
    "grantEquipment": a_lamp,
    "createToken": a_name_for_a_token,
    "revokeToken": a_token,
    "forgetPlayer": somebody,
}


async def everything(api: Api) -> dict[str, str]:
    """What is in each table; not when a token was last used, which is noted beside the requests."""
    found = {}
    for (table,) in await api.rows(TABLES):
        row = "to_jsonb(t) - 'last_used_at'" if table == "api_tokens" else "to_jsonb(t)"
        ((found[table],),) = await api.rows(
            f"SELECT md5(coalesce(string_agg(row, '|' ORDER BY row), '')) FROM (SELECT ({row})::text AS row FROM {table} t)"  # noqa: S608, E501
            " AS rows"
        )
    return found


def test_every_mutation_of_admins_is_here() -> None:
    assert sorted(ACTS) == sorted(OF_ADMINS)


@pytest.mark.parametrize("name", ACTS)
async def test_an_act_is_logged_or_not_done(api: Api, name: str) -> None:
    given = await ACTS[name](api)
    document = f"mutation ($input: {FIELDS[name].args['input'].type}) {{ {name}(input: $input) {{ __typename }} }}"
    before = await everything(api)
    await api.rows(NEVER_LOGGED)
    refused = await api.ask(document, {"input": given}, api.tokens.admin)
    await api.rows("ALTER TABLE admin_actions DROP CONSTRAINT nothing_more")
    assert refused.codes == ["INTERNAL"], refused.body
    assert await everything(api) == before

    newest = (await api.told(LOG, api.tokens.admin))["adminActions"]["nodes"][0]
    done = (await api.told(document, api.tokens.admin, input=given))[name]
    assert done["__typename"].endswith("Success"), done
    logged, last = (await api.told(LOG, api.tokens.admin))["adminActions"]["nodes"]
    assert last == newest
    assert logged["actor"] == "a admin's"
    assert logged["reason"] == given.get("reason") or ("reason" not in given and logged["reason"])
    assert logged["before"] != logged["after"]
    told = orjson.dumps([logged["before"], logged["after"]]).decode()
    assert "wt_" not in told
