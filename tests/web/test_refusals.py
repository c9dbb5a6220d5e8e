"""Every refusal of every mutation and of `previewStrike`, provoked over HTTP, with all that it tells."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType, get_named_type, is_leaf_type

from schema.build import build_schema
from services import strike_line
from tests.web.harness import ROOT, Api

SCHEMA = build_schema()._schema
BELOW = {"raid": "{ id sequence }", "events": "{ sequence kind }", "problems": "{ path severity }"}
Facts = dict[str, Any]
Provoked = tuple[Facts, Facts]
"""The input that is refused, and what the refusal should tell beside its message."""
Provocation = Callable[[Api], Awaitable[Provoked]]


def fields_with_unions() -> dict[str, list[GraphQLObjectType]]:
    """Every root field that answers with a union: its members that are refusals."""
    user_error = SCHEMA.type_map["UserError"]
    assert isinstance(user_error, GraphQLInterfaceType)
    assert SCHEMA.query_type is not None
    assert SCHEMA.mutation_type is not None
    return {
        name: [member for member in union.types if user_error in member.interfaces]
        for root in (SCHEMA.query_type, SCHEMA.mutation_type)
        for name, field in root.fields.items()
        if isinstance(union := get_named_type(field.type), GraphQLUnionType)
    }


def document(field: str) -> str:
    """Asks for everything that each refusal of `field` can tell."""
    root = SCHEMA.query_type if SCHEMA.query_type and field in SCHEMA.query_type.fields else SCHEMA.mutation_type
    assert root is not None
    members = (
        f"... on {member.name} {{ {' '.join(told(name, one.type) for name, one in member.fields.items())} }}"
        for member in fields_with_unions()[field]
    )
    kind = "query" if root is SCHEMA.query_type else "mutation"
    input_type = root.fields[field].args["input"].type
    return f"{kind} ($input: {input_type}) {{ {field}(input: $input) {{ __typename {' '.join(members)} }} }}"


def told(name: str, type_: Any) -> str:
    return name if is_leaf_type(get_named_type(type_)) else f"{name} {BELOW[name]}"


async def a_strike(api: Api, action: str = "FIGHT", **more: Any) -> Facts:
    """A new player's first strike, as an input that nothing is wrong with."""
    striker = await api.player()
    return {
        "action": action,
        "characterIds": (await api.unused(striker))[:1],
        "discordId": striker,
        "idempotencyKey": f"a key of {striker}",
        **more,
    }


# ---------------------------------------------------------------- strikes: refused in the order of rules.md 2


async def cooldown(api: Api) -> Provoked:
    await api.raid(rules={"cooldownSeconds": 3600})
    striker = await api.player()
    first, second, *_ = await api.unused(striker)
    struck = await api.strike(striker, first)
    return await a_strike(api, discordId=striker, characterIds=[second]), {"readyAt": struck["readyAt"]}


async def used(api: Api) -> Provoked:
    await api.raid()
    striker = await api.player()
    first, second, third, *_ = await api.unused(striker)
    await api.strike(striker, first, second)
    given = await a_strike(api, discordId=striker, characterIds=[first, third, second])
    return given, {"characterIds": [first, second]}


async def not_owned(api: Api) -> Provoked:
    await api.raid()
    given, another = await a_strike(api), await a_strike(api)
    (own,), (foreign,) = given["characterIds"], another["characterIds"]
    return {**given, "characterIds": [foreign, own, "x", "-1"]}, {"characterIds": [foreign, "x", "-1"]}


async def equipment_not_owned(api: Api) -> Provoked:
    await api.raid()
    return await a_strike(api, equipmentId="987654321"), {"equipmentId": "987654321"}


async def invalid_team(api: Api) -> Provoked:
    await api.raid(rules={"minTeamSize": 2, "maxTeamSize": 3, "cooldownSeconds": 0})
    given = await a_strike(api)
    (own,) = given["characterIds"]
    return {**given, "characterIds": [own, own]}, {"minSize": 2, "maxSize": 3, "duplicateIds": [own]}


async def zero_effect(api: Api) -> Provoked:
    await api.raid(rules={"damageDivisor": 1_000_000, "cooldownSeconds": 0})
    given = await a_strike(api)
    roster = await api.told(
        "query ($id: ID!) { player(discordId: $id) { roster(first: 100) { nodes { id raidUse { score } } } } }",
        api.tokens.bot,
        id=given["discordId"],
    )
    scores = {node["id"]: node["raidUse"]["score"] for node in roster["player"]["roster"]["nodes"]}
    return given, {"finalScore": scores[given["characterIds"][0]]}


async def no_raid(api: Api) -> Provoked:
    raid_id = await api.raid()
    await api.service.desk.end_raid(ROOT, raid_id=raid_id, reason="there should be none")
    begins = "2099-01-31T18:00:00Z"
    given = {"name": "Later", "bossKey": "ember-tyrant", "startsAt": begins, "acceptWarnings": True}
    await api.told(
        "mutation ($i: CreateRaidInput!) { createRaid(input: $i) { __typename } }", api.tokens.admin, i=given
    )
    return await a_strike(api), {"nextStartsAt": begins}


async def paused(api: Api) -> Provoked:
    raid_id = await api.raid()
    await api.service.desk.pause_raid(ROOT, raid_id=raid_id, reason="lunch")
    return await a_strike(api), {"raidId": raid_id}


async def defeat(api: Api) -> Facts:
    """A boss falls; what is told of it."""
    raid_id = await api.raid(totalHp=1)
    given = await a_strike(api)
    struck = await api.strike(given["discordId"], *given["characterIds"])
    assert struck["victory"] is True
    raid = await api.told("query ($id: ID!) { raid(id: $id) { completedAt } }", id=raid_id)
    return {"raidId": raid_id, "defeatedAt": raid["raid"]["completedAt"]}


async def defeated(api: Api) -> Provoked:
    facts = await defeat(api)
    return await a_strike(api), facts


async def analysis_complete(api: Api) -> Provoked:
    await api.raid(analysisThresholds=[1], stageAnalysisPoints=[], stageHpBelowPermille=[])
    given = await a_strike(api)
    await api.strike(given["discordId"], *given["characterIds"], action="ANALYZE")
    return await a_strike(api, action="ANALYZE"), {}


async def state_changed(api: Api) -> Provoked:
    raid_id = await api.raid(analysisThresholds=[1, 90_000], stageAnalysisPoints=[], stageHpBelowPermille=[])
    seen = (await api.told("{ activeRaid { sequence } }"))["activeRaid"]["sequence"]
    given = await a_strike(api)
    await api.strike(given["discordId"], *given["characterIds"], action="ANALYZE")
    facts = {"raid": {"id": raid_id, "sequence": seen + 1}, "events": [{"sequence": seen + 1, "kind": "BREAKTHROUGH"}]}
    return await a_strike(api, expectedSequence=seen), facts


async def conflict(api: Api) -> Provoked:
    await api.raid()
    given = await a_strike(api, action="ANALYZE")
    await api.strike(given["discordId"], *given["characterIds"], idempotencyKey=given["idempotencyKey"])
    return given, {"idempotencyKey": given["idempotencyKey"]}


async def nobody(api: Api) -> Provoked:
    await api.raid()
    return await a_strike(api, discordId="nobody"), {"discordId": "nobody"}


STRIKES: dict[str, Provocation] = {
    "CooldownActive": cooldown,
    "CharactersAlreadyUsed": used,
    "CharactersNotOwned": not_owned,
    "EquipmentNotOwned": equipment_not_owned,
    "InvalidTeam": invalid_team,
    "ZeroEffect": zero_effect,
    "NoActiveRaid": no_raid,
    "RaidPaused": paused,
    "BossAlreadyDefeated": defeated,
    "AnalysisComplete": analysis_complete,
    "PlayerNotFound": nobody,
}
EXECUTED_ONLY: dict[str, Provocation] = {"StateChanged": state_changed, "IdempotencyConflict": conflict}


def without_execution(provocation: Provocation) -> Provocation:
    """The same for `previewStrike`, which takes no key."""

    async def provoke(api: Api) -> Provoked:
        given, facts = await provocation(api)
        return {name: value for name, value in given.items() if name != "idempotencyKey"}, facts

    return provoke


# ---------------------------------------------------------------- administering


async def already_active(api: Api) -> Provoked:
    raid_id = await api.raid()
    return {"name": "Another", "bossKey": "ember-tyrant", "acceptWarnings": True}, {"raidId": raid_id}


async def unplayable(_api: Api) -> Provoked:
    given = {"name": "", "bossKey": "ember-tyrant", "boss": {"totalHp": 0}}
    problems = [{"path": "name", "severity": "ERROR"}, {"path": "boss.totalHp", "severity": "ERROR"}]
    return given, {"problems": problems}


def wrong(path: str) -> Facts:
    return {"problems": [{"path": path, "severity": "ERROR"}]}


async def nothing_to_change(api: Api) -> Provoked:
    return {"raidId": await api.raid(), "reason": "why not"}, wrong("input")


async def paused_twice(api: Api) -> Provoked:
    _, facts = await paused(api)
    return {**facts, "reason": "again"}, wrong("raidId")


async def resumed_while_active(api: Api) -> Provoked:
    return {"raidId": await api.raid(), "reason": "hurry"}, wrong("raidId")


async def ended_twice(api: Api) -> Provoked:
    raid_id = await api.raid()
    await api.service.desk.end_raid(ROOT, raid_id=raid_id, reason="enough")
    return {"raidId": raid_id, "reason": "really"}, wrong("raidId")


async def killed_by_hand(api: Api) -> Provoked:
    return {"raidId": await api.raid(), "reason": "die", "currentHp": 0}, wrong("currentHp")


CHANGES: dict[str, tuple[Provocation, Facts]] = {
    "updateRaid": (nothing_to_change, {"name": "New"}),
    "pauseRaid": (paused_twice, {}),
    "resumeRaid": (resumed_while_active, {}),
    "endRaid": (ended_twice, {}),
    "adjustBossHp": (killed_by_hand, {"currentHp": 1}),
}
"""How each is refused for what it wants, and what it takes beside raid and reason."""


def of_no_raid(more: Facts) -> Provocation:
    async def provoke(_api: Api) -> Provoked:
        return {"raidId": "987654321", "reason": "why not", **more}, {"raidId": "987654321"}

    return provoke


def of_a_dead_boss(more: Facts) -> Provocation:
    async def provoke(api: Api) -> Provoked:
        facts = await defeat(api)
        return {"raidId": facts["raidId"], "reason": "too late", **more}, facts

    return provoke


def for_nobody(more: Facts) -> Provocation:
    async def provoke(_api: Api) -> Provoked:
        return {"discordId": "nobody", **more}, {"discordId": "nobody"}

    return provoke


async def unknown_characters(api: Api) -> Provoked:
    known = (await api.told("{ catalogue(first: 1) { nodes { key } } }"))["catalogue"]["nodes"][0]["key"]
    grants = [{"characterKey": key} for key in ("no such", known, "nor this")]
    return {"discordId": await api.player(), "grants": grants}, {"characterKeys": ["no such", "nor this"]}


async def untold(_api: Api) -> Provoked:
    return {"channelId": "1", "raidId": "987654321", "sequence": 1}, {"raidId": "987654321"}


CASES: dict[tuple[str, str], Provocation] = {
    **{("executeStrike", member): provocation for member, provocation in {**STRIKES, **EXECUTED_ONLY}.items()},
    **{("previewStrike", member): without_execution(provocation) for member, provocation in STRIKES.items()},
    ("createRaid", "RaidAlreadyActive"): already_active,
    ("createRaid", "InvalidConfiguration"): unplayable,
    **{(field, "InvalidConfiguration"): provocation for field, (provocation, _) in CHANGES.items()},
    **{(field, "RaidNotFound"): of_no_raid(more) for field, (_, more) in CHANGES.items()},
    **{(field, "BossAlreadyDefeated"): of_a_dead_boss(more) for field, (_, more) in CHANGES.items()},
    ("grantCharacters", "PlayerNotFound"): for_nobody({"grants": [{"characterKey": "1"}]}),
    ("grantCharacters", "UnknownCharacters"): unknown_characters,
    ("grantEquipment", "PlayerNotFound"): for_nobody(
        {"name": "Lantern", "effects": [{"kind": "FINAL_SCORE_BONUS", "amount": 1}]}
    ),
    ("forgetPlayer", "PlayerNotFound"): for_nobody({"reason": "they asked"}),
    ("createToken", "PlayerNotFound"): for_nobody({"role": "PLAYER", "name": "lost"}),
    ("acknowledgeAnnouncements", "RaidNotFound"): untold,
    ("setReminder", "PlayerNotFound"): for_nobody({"wanted": True}),
    ("acknowledgeReminder", "PlayerNotFound"): for_nobody({"readyAt": "2030-05-01T12:00:00Z"}),
}
THE_BOTS_OWN = {"executeStrike", "acknowledgeAnnouncements", "setReminder", "acknowledgeReminder"}
"""Not for admins."""
OVERLOADED = ("executeStrike", "Overloaded")
"""Has a test of its own, below."""


def test_every_refusal_that_the_schema_knows_is_provoked_here() -> None:
    known = {(field, member.name) for field, members in fields_with_unions().items() for member in members}
    assert set(CASES) | {OVERLOADED} == known


@pytest.mark.parametrize(("field", "member"), CASES, ids=[f"{field} {member}" for field, member in CASES])
async def test_a_refusal_tells_what_the_schema_promises(api: Api, field: str, member: str) -> None:
    given, facts = await CASES[field, member](api)
    token = api.tokens.bot if field in THE_BOTS_OWN else api.tokens.admin
    answer = (await api.told(document(field), token, input=given))[field]
    assert answer.pop("__typename") == member, answer
    message = answer.pop("message")
    assert message.strip()
    assert answer == facts


async def test_a_full_strike_line_says_when_to_come_back_and_spends_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session holds the raid, so that strikes pile up in front of it."""
    raid_id = await api.raid()
    monkeypatch.setattr(strike_line, "LONGEST_QUEUE", 3)
    strikes = [await a_strike(api) for _ in range(5)]

    async def strike(given: Facts) -> Any:
        return (await api.told(document("executeStrike"), api.tokens.bot, input=given))["executeStrike"]

    async with api.database.driver_connection() as connection:
        async with connection.transaction():
            await connection.execute("SELECT FROM world_threat_raids WHERE id = $1 FOR UPDATE", int(raid_id))
            waiting = [asyncio.create_task(strike(given)) for given in strikes]
            refused = await first_done(waiting, 2)
            assert {answer["__typename"] for answer in refused} == {"Overloaded"}
            assert all(answer["retryAfterMs"] > 0 and answer["message"].strip() for answer in refused)
        answers = await asyncio.gather(*waiting)
    names = [answer["__typename"] for answer in answers]
    assert sorted(names) == ["ExecuteStrikeSuccess"] * 3 + ["Overloaded"] * 2
    monkeypatch.undo()
    again = await asyncio.gather(*(strike(given) for given in strikes))
    assert {answer["__typename"] for answer in again} == {"ExecuteStrikeSuccess"}
    totals = await api.told("query ($id: ID!) { raid(id: $id) { totals { strikes } } }", id=raid_id)
    assert totals["raid"]["totals"]["strikes"] == 5


async def first_done(tasks: list[asyncio.Task[Any]], count: int) -> list[Any]:
    """The answers of the first `count` that have one."""
    done: list[Any] = []
    for task in asyncio.as_completed(tasks, timeout=30):
        done.append(await task)
        if len(done) == count:
            break
    return done
