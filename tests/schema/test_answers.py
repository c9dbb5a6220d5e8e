"""Every field of the API answers, from the real database, in a number of statements that does not grow."""

import pytest

from schema.build import build_schema
from services.views import Principal, Role
from tests.schema.documents import arguments, everything
from tests.schema.world import ADMIN, BOT, STRIKE, World, counted

SCHEMA = build_schema()._schema
assert SCHEMA.query_type is not None
QUERIES = SCHEMA.query_type.fields


@pytest.mark.parametrize("name", QUERIES)
async def test_every_field_below_a_query_answers(world: World, ada: Principal, name: str) -> None:
    team = (await world.unused(ada))[:2]
    given = {
        "discordId": '"ada"',
        "id": (await world.told("{ activeRaid { id } }"))["activeRaid"]["id"],
        "key": '"ember-tyrant"',
    }
    if name == "previewStrike":
        given["input"] = f'{{action: FIGHT, discordId: "ada", characterIds: {team}}}'.replace("'", '"')
    if name == "tokens":
        await world.service.desk.create_token(
            ADMIN, role=Role.VIEWER, name="an overlay", discord_id=None, expires_at=None
        )
    field = QUERIES[name]
    document = f"{{ {name}{arguments(field, given)} {everything(SCHEMA, field.type, given)} }}"
    answer = await world.told(document, BOT if name == "dueReminders" else ADMIN)
    assert answer[name], name


async def test_a_strike_answers_with_everything_that_it_did(world: World) -> None:
    player = await world.player("cleo")
    first, second, third, *_ = await world.unused(player)
    assert SCHEMA.mutation_type is not None
    everything_of_it = everything(SCHEMA, SCHEMA.mutation_type.fields["executeStrike"].type, {"discordId": '"cleo"'})
    document = f"mutation ($input: ExecuteStrikeInput!) {{ executeStrike(input: $input) {everything_of_it} }}"
    given = {"action": "FIGHT", "characterIds": [first, second], "idempotencyKey": "cleo 1", "discordId": "cleo"}
    struck = (await world.told(document, BOT, input=given))["executeStrike"]
    again = (await world.told(document, BOT, input=given))["executeStrike"]
    name = "ExecuteStrikeSuccess"
    assert struck["__typename"] == name
    strike = struck[f"{name}_strike"]
    assert struck[f"{name}_damageDealt"] == strike["Strike_damageDealt"] > 0
    assert strike["Strike_hpBefore"] - strike["Strike_hpAfter"] == strike["Strike_damageDealt"]
    assert strike["Strike_player"]["Player_name"] == "cleo"
    assert [one["StrikeCharacter_characterId"] for one in strike["Strike_team"]] == [first, second]
    assert struck[f"{name}_overkill"] == struck[f"{name}_analysisContributed"] == 0
    assert struck[f"{name}_readyAt"].endswith("Z")
    assert struck[f"{name}_victory"] is False
    assert again.pop(f"{name}_replayed") is True
    assert struck.pop(f"{name}_replayed") is False
    assert again[f"{name}_strike"] == strike

    refused = (await world.told(document, BOT, input={**given, "characterIds": [first, third]}))["executeStrike"]
    assert refused["__typename"] == "IdempotencyConflict"
    assert refused["IdempotencyConflict_idempotencyKey"] == "cleo 1"


async def test_the_curse_of_a_strike_and_the_events_of_the_raid_tell_the_same(world: World) -> None:
    raid = (
        await world.told(
            "{ activeRaid { sequence curses { affinity { value } sequence } stage { number message } events { "
            "__typename sequence kind message "
            "... on CurseApplied { curse { value } replaced { value } triggeredBy { name } } "
            "... on BreakthroughAchieved { number threshold weakness { kind } rewardedPlayers triggeredBy { name } } "
            "... on StageAdvanced { fromStage toStage addedWeakness { value } addedCurse { value } } } } }"
        )
    )["activeRaid"]
    events = raid["events"]
    assert [one["sequence"] for one in events] == list(range(1, raid["sequence"] + 1))
    assert {"RaidStarted", "CurseApplied", "BreakthroughAchieved", "StageAdvanced"} <= {
        one["__typename"] for one in events
    }
    curses = [one for one in events if one["__typename"] == "CurseApplied"]
    assert all(one["triggeredBy"]["name"] and one["curse"]["value"] for one in curses)
    breakthrough = next(one for one in events if one["__typename"] == "BreakthroughAchieved")
    assert breakthrough["triggeredBy"] == {"name": "ada"}
    assert (breakthrough["number"], breakthrough["threshold"], breakthrough["weakness"]) == (
        1,
        10,
        {"kind": "ARCHETYPE"},
    )
    stage = next(one for one in events if one["__typename"] == "StageAdvanced")
    assert (stage["fromStage"], stage["toStage"], stage["addedWeakness"]) == (1, 2, {"value": "Bard"})
    assert raid["stage"] == {"number": 2, "message": "It wakes."}
    assert {one["sequence"] for one in raid["curses"]} <= {one["sequence"] for one in events}


async def test_who_planned_on_an_older_state_is_shown_the_newer_one(world: World) -> None:
    player = await world.player("dora")
    team = (await world.unused(player))[:2]
    given = {"action": "FIGHT", "characterIds": team, "idempotencyKey": "dora 1", "expectedSequence": 1}
    document = STRIKE.replace(
        "... on UserError",
        "... on StateChanged { raid { sequence curses { affinity { value } } } events { sequence kind message } } "
        "... on UserError",
    )
    refused = (await world.told(document, player, input=given))["executeStrike"]
    assert refused["__typename"] == "StateChanged"
    sequences = [one["sequence"] for one in refused["events"]]
    assert sequences == list(range(2, refused["raid"]["sequence"] + 1))
    assert len(await world.unused(player)) == 8


async def test_pages_follow_one_another_without_gap_or_repetition(world: World) -> None:
    whole = await world.told("{ catalogue(first: 100) { nodes { key } pageInfo { hasNextPage endCursor } } }")
    keys: list[str] = []
    after = None
    for _ in range(20):
        page = await world.told(
            "query ($after: String) { catalogue(first: 17, after: $after) "
            "{ edges { cursor node { key } } nodes { key } pageInfo { hasNextPage endCursor } } }",
            after=after,
        )
        catalogue = page["catalogue"]
        assert [one["node"] for one in catalogue["edges"]] == catalogue["nodes"]
        assert catalogue["pageInfo"]["endCursor"] == catalogue["edges"][-1]["cursor"]
        keys += [one["key"] for one in catalogue["nodes"]]
        after = catalogue["pageInfo"]["endCursor"]
        if not catalogue["pageInfo"]["hasNextPage"]:
            break
    assert len(set(keys)) == len(keys) > 100
    assert keys[:100] == [one["key"] for one in whole["catalogue"]["nodes"]]


async def test_an_empty_page_has_no_cursor(world: World) -> None:
    page = await world.told(
        '{ catalogue(search: "nobody is called this") { nodes { key } pageInfo { hasNextPage endCursor } } }'
    )
    assert page["catalogue"] == {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}


PLAYERS_OF_EVENTS = """{ activeRaid {
  events(first: %d) {
    ... on CurseApplied { triggeredBy { name } } ... on BreakthroughAchieved { triggeredBy { name } }
  }
  strikes(first: %d) { nodes { player { name id } } }
} }"""


async def test_names_of_many_players_are_read_in_one_statement(world: World) -> None:
    await world.told(PLAYERS_OF_EVENTS % (100, 100))  # what never changes is read once, by whoever asks first
    with counted(world) as few:
        await world.told(PLAYERS_OF_EVENTS % (3, 1))
    with counted(world) as many:
        await world.told(PLAYERS_OF_EVENTS % (100, 100))
    lantern = 1  # the oldest strike is the only one that took equipment along
    assert 0 < len(many) <= len(few) + lantern


async def test_what_several_raids_are_asked_for_is_read_in_one_statement(world: World) -> None:
    for number in range(3):
        created = await world.told(
            'mutation ($name: String!) { createRaid(input: {name: $name, bossKey: "ember-tyrant", '
            "acceptWarnings: true, "
            'startsAt: "2099-01-01T00:00:00Z"}) { __typename } }',
            ADMIN,
            name=f"later {number}",
        )
        assert created["createRaid"]["__typename"] == "CreateRaidSuccess"
    document = """{ raids(first: %d) { nodes { leaderboard { player { name } } events { message }
        strikes { nodes { player { name } } } } } }"""
    with counted(world) as one:
        await world.told(document % 1)
    with counted(world) as four:
        await world.told(document % 4)
    strikes_of_more_than_none = 4  # the only raid with strikes is the fourth: theirs, sheets, equipment, the boss then
    assert len(four) <= len(one) + strikes_of_more_than_none


async def test_a_mutation_sees_what_the_one_before_it_did(world: World) -> None:
    player = await world.player("emil")
    one, two, *_ = await world.unused(player)
    document = """mutation ($one: ID!, $two: ID!) {
      one: executeStrike(input: {action: FIGHT, characterIds: [$one], idempotencyKey: "emil 1"}) { ...Board }
      two: executeStrike(input: {action: FIGHT, characterIds: [$two], idempotencyKey: "emil 2"}) { ...Board }
    }
    fragment Board on ExecuteStrikeResult {
      ... on ExecuteStrikeSuccess {
        raid { leaderboard(metric: STRIKES, first: 100) { player { name } score isViewer } }
      }
    }"""
    answer = await world.told(document, player, one=one, two=two)
    boards = [answer[name]["raid"]["leaderboard"] for name in ("one", "two")]
    mine = [next(row for row in board if row["player"]["name"] == "emil") for board in boards]
    assert [row["score"] for row in mine] == [1, 2]
    assert all(row["isViewer"] for row in mine)
    assert sum(row["isViewer"] for row in boards[1]) == 1


async def test_a_template_can_be_read_as_it_can_be_written(world: World) -> None:
    """Every field of BossInput is there in BossTemplate, with the same name."""
    boss_input, template = SCHEMA.type_map["BossInput"], SCHEMA.type_map["BossTemplate"]
    assert set(boss_input.fields) <= set(template.fields)  # type: ignore[attr-defined]  # both have fields
    answer = await world.told('{ boss(key: "ember-tyrant") { name totalHp rewards { victory { currency amount } } } }')
    assert answer["boss"]["totalHp"] == 80_000
    assert {"currency": "crystals", "amount": 500} in answer["boss"]["rewards"]["victory"]


async def test_only_the_part_of_the_rewards_that_is_given_is_changed(world: World) -> None:
    raid_id = (await world.told("{ activeRaid { id } }"))["activeRaid"]["id"]
    changed = await world.told(
        'mutation ($raid: ID!) { updateRaid(input: {raidId: $raid, reason: "generous", rewards: {strikeDivisor: 50}}) '
        "{ __typename ... on UserError { message } } }",
        ADMIN,
        raid=raid_id,
    )
    assert changed["updateRaid"] == {"__typename": "UpdateRaidSuccess"}
    log = await world.told("{ adminActions(first: 1) { nodes { actor action reason before after } } }", ADMIN)
    (action,) = log["adminActions"]["nodes"]
    assert (action["actor"], action["action"], action["reason"]) == ("the admin", "update_raid", "generous")
    assert '"victory"' in action["before"]
    assert action["before"].replace('"strike_divisor":100', '"strike_divisor":50') == action["after"]


async def test_the_bot_acknowledges_and_never_goes_back(world: World) -> None:
    raid_id = (await world.told("{ activeRaid { id } }"))["activeRaid"]["id"]
    document = """mutation ($raid: ID!, $sequence: SafeInt!) {
      acknowledgeAnnouncements(input: {channelId: "2", raidId: $raid, sequence: $sequence}) {
        __typename
        ... on AcknowledgeAnnouncementsSuccess { channel { acknowledged kinds } }
        ... on RaidNotFound { raidId }
      } }"""
    for sequence, kept in ((2, 2), (1, 2)):
        told = await world.told(document, BOT, raid=raid_id, sequence=sequence)
        assert told["acknowledgeAnnouncements"]["channel"] == {"acknowledged": kept, "kinds": ["BREAKTHROUGH"]}
    missing = await world.told(document, BOT, raid="999999", sequence=1)
    assert missing["acknowledgeAnnouncements"] == {"__typename": "RaidNotFound", "raidId": "999999"}
