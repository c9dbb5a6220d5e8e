"""What a Discord bot asks of the API, over real HTTP."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from services.views import Role
from tests.web.harness import ROOT, Answer, Api, answer_of

ANNOUNCE = """
mutation ($input: AnnouncementChannelInput!) {
  setAnnouncementChannel(input: $input) { ... on AnnouncementChannelSuccess { channel { ...all } } }
}
fragment all on AnnouncementChannel {
  channelId guildId kinds mentionRoleId acknowledged statusMessageId switchedOff { at reason }
}
"""
CHANNELS = """
query ($guild: ID, $raid: ID) {
  announcementChannels(guildId: $guild, raidId: $raid) {
    channelId acknowledged statusMessageId switchedOff { at reason }
  }
}
"""
SWITCH_OFF = """
mutation ($input: SwitchOffAnnouncementChannelInput!) {
  switchOffAnnouncementChannel(input: $input) {
    ... on AnnouncementChannelSuccess { channel { acknowledged switchedOff { at reason } } }
  }
}
"""
STATUS = """
mutation ($input: SetStatusMessageInput!) {
  setStatusMessage(input: $input) { ... on AnnouncementChannelSuccess { channel { statusMessageId } } }
}
"""
ACKNOWLEDGE = """
mutation ($channel: ID!, $raid: ID!, $sequence: SafeInt!) {
  acknowledgeAnnouncements(input: {channelId: $channel, raidId: $raid, sequence: $sequence}) { __typename }
}
"""
REMIND = """
mutation ($input: SetReminderInput!) {
  setReminder(input: $input) {
    __typename ... on SetReminderSuccess { wanted player { name reminders } } ... on UserError { message }
  }
}
"""
DUE = "query ($first: Int! = 100) { dueReminders(first: $first) { discordId readyAt raidId language } }"
TOLD = """
mutation ($id: ID!, $readyAt: DateTime!) {
  acknowledgeReminder(input: {discordId: $id, readyAt: $readyAt}) {
    __typename ... on AcknowledgeReminderSuccess { acknowledged player { discordId } } ... on UserError { message }
  }
}
"""
CANDIDATES = """
query ($id: ID!, $search: String, $affinity: AffinityInput, $first: Int, $after: String) {
  teamCandidates(discordId: $id, action: FIGHT, search: $search, affinity: $affinity, first: $first, after: $after) {
    totalCount
    nodes {
      character { id name stars raidUse { available score multiplierPermille } }
      score multiplierPermille power points weaknesses { kind value } curses { kind value }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
LAST = "query ($id: ID!) { lastTeam(discordId: $id) { strikeId action complete characters { id } equipment { id } } }"
PAUSE = """
mutation ($raid: ID!) { pauseRaid(input: {raidId: $raid, reason: "a storm"}) { __typename } }
"""
ACTIONS = "query ($raid: ID) { adminActions(raidId: $raid, first: 1) { nodes { action actor } } }"


# ---------------------------------------------------------------- for whom an admin's program acts


async def ask_as(api: Api, query: str, token: str | None, *actors: str, **variables: Any) -> Answer:
    headers = [("Worldthreat-Actor", actor) for actor in actors]
    headers += [] if token is None else [("Authorization", f"Bearer {token}")]
    return answer_of(await api.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers))


async def test_an_admin_s_act_is_logged_under_the_person_it_is_done_for(api: Api) -> None:
    raid_id = await api.raid()
    for actor, expected in ((("100200300400500600",), "discord:100200300400500600 by a admin's"), ((), "a admin's")):
        answer = await ask_as(api, PAUSE, api.tokens.admin, *actor, raid=raid_id)
        assert answer.errors == []
        (logged,) = (await api.told(ACTIONS, api.tokens.admin, raid=raid_id))["adminActions"]["nodes"]
        assert logged == {"action": "pause_raid", "actor": expected}
        await api.told(PAUSE.replace("pause", "resume"), api.tokens.admin, raid=raid_id)


async def test_every_act_of_an_admin_names_the_person(api: Api) -> None:
    player = await api.player()
    lantern = f'discordId: "{player}", name: "Lantern", effects: [{{kind: FINAL_SCORE_BONUS, amount: 1}}]'
    mutations = {
        "grant_equipment": f"grantEquipment(input: {{{lantern}}})",
        "create_token": 'createToken(input: {role: VIEWER, name: "an overlay"})',
    }
    for action, mutation in mutations.items():
        answer = await ask_as(api, f"mutation {{ {mutation} {{ __typename }} }}", api.tokens.admin, "42")
        assert answer.errors == [], answer.body
        (logged,) = (await api.told(ACTIONS, api.tokens.admin))["adminActions"]["nodes"]
        assert logged == {"action": action, "actor": "discord:42 by a admin's"}
    live = (await api.told("{ activeRaid { id } }"))["activeRaid"]
    if live is not None:
        await api.told(PAUSE.replace("pause", "end"), api.tokens.admin, raid=live["id"])
    create = 'mutation { createRaid(input: {name: "X", bossKey: "ember-tyrant", acceptWarnings: true}) { __typename } }'
    assert (await ask_as(api, create, api.tokens.admin, "42")).data["createRaid"]["__typename"] == "CreateRaidSuccess"
    (row,) = await api.rows("SELECT created_by FROM world_threat_raids ORDER BY id DESC LIMIT 1")
    assert row["created_by"] == "discord:42 by a admin's"


@pytest.mark.parametrize("actor", ["", "ada", "12a", "-1", "1" * 21, "1 2", "1,2", "discord:1", "\u0661"])
async def test_what_is_no_discord_id_is_refused_and_nothing_is_done(api: Api, actor: str) -> None:
    raid_id = await api.raid()
    headers = [
        (b"Worldthreat-Actor", actor.encode()),
        (b"Authorization", f"Bearer {api.tokens.admin}".encode()),
    ]
    body = {"query": PAUSE, "variables": {"raid": raid_id}}
    answer = answer_of(await api.client.post("/graphql", json=body, headers=headers))
    assert (answer.status, answer.codes, answer.data) == (400, ["BAD_INPUT"], None)
    assert answer.errors[0]["extensions"]["field"] == "Worldthreat-Actor"
    assert "1 to 20 digits" in answer.errors[0]["message"]
    assert (await api.told("{ activeRaid { status } }"))["activeRaid"] == {"status": "ACTIVE"}


async def test_two_persons_at_once_are_refused(api: Api) -> None:
    answer = await ask_as(api, "{ viewer { role } }", api.tokens.admin, "1", "2")
    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])


async def test_with_any_other_token_the_header_is_refused(api: Api) -> None:
    for role in Role:
        for actor in ("42", "nonsense"):
            answer = await ask_as(api, "{ viewer { role } }", api.tokens.of(role), actor)
            if role is not Role.ADMIN:
                assert (answer.status, answer.codes, answer.data) == (403, ["FORBIDDEN"], None), role
                assert "Worldthreat-Actor" in answer.errors[0]["message"]
    answer = await ask_as(api, "{ viewer { role } }", "wt_admin_mistyped", "42")
    assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"]), "the token is looked at first"


# ---------------------------------------------------------------- channels


async def adjust_hp(api: Api, raid_id: str, *, times: int) -> None:
    """So many events."""
    for number in range(times):
        await api.service.desk.adjust_boss_hp(ROOT, raid_id=raid_id, current_hp=90_000 - number, reason="a test")


async def test_a_channel_is_switched_off_and_on_and_keeps_its_place_and_status_message(api: Api) -> None:
    raid_id = await api.raid()
    bot = api.tokens.bot
    given = {"guildId": "1", "channelId": "5", "kinds": ["CURSE_APPLIED"], "mentionRoleId": "9"}
    made = (await api.told(ANNOUNCE, bot, input=given))["setAnnouncementChannel"]["channel"]
    assert made == {**given, "acknowledged": 1, "statusMessageId": None, "switchedOff": None}
    await adjust_hp(api, raid_id, times=2)
    await api.told(ACKNOWLEDGE, bot, channel="5", raid=raid_id, sequence=2)
    kept = await api.told(STATUS, bot, input={"channelId": "5", "messageId": "77"})
    assert kept["setStatusMessage"]["channel"] == {"statusMessageId": "77"}
    off = await api.told(SWITCH_OFF, bot, input={"channelId": "5", "reason": "403 Missing Access"})
    switched_off = off["switchOffAnnouncementChannel"]["channel"]["switchedOff"]
    assert switched_off["reason"] == "403 Missing Access"
    (seen,) = (await api.told(CHANNELS, api.tokens.admin, guild="1"))["announcementChannels"]
    assert seen == {"channelId": "5", "acknowledged": 2, "statusMessageId": "77", "switchedOff": switched_off}
    on = (await api.told(ANNOUNCE, bot, input=given))["setAnnouncementChannel"]["channel"]
    assert (on["switchedOff"], on["acknowledged"], on["statusMessageId"]) == (None, 2, "77")
    for forget in ({"channelId": "5", "messageId": None}, {"channelId": "5"}):
        await api.told(STATUS, bot, input={"channelId": "5", "messageId": "78"})
        told = await api.told(STATUS, bot, input=forget)
        assert told["setStatusMessage"]["channel"] == {"statusMessageId": None}

    await api.raid()
    assert (await api.told(CHANNELS, bot, guild="1"))["announcementChannels"][0]["acknowledged"] == 0
    earlier = (await api.told(CHANNELS, bot, guild="1", raid=raid_id))["announcementChannels"]
    assert earlier[0]["acknowledged"] == 2
    refused = await api.ask(CHANNELS, {"raid": "999999"}, bot)
    assert (refused.codes, refused.errors[0]["extensions"]["field"]) == (["BAD_INPUT"], "raidId")


async def test_a_new_channel_begins_at_the_present_of_every_raid(api: Api) -> None:
    bot = api.tokens.bot

    async def listening(channel: str, *kinds: str) -> int:
        given = {"guildId": "77", "channelId": channel, "kinds": kinds}
        told = (await api.told(ANNOUNCE, bot, input=given))["setAnnouncementChannel"]["channel"]["acknowledged"]
        assert isinstance(told, int)
        return told

    async def told_of(raid_id: str) -> dict[str, int]:
        found = (await api.told(CHANNELS, bot, guild="77", raid=raid_id))["announcementChannels"]
        return {each["channelId"]: each["acknowledged"] for each in found}

    await listening("6", "BREAKTHROUGH")
    earlier = await api.raid()
    raid_id = await api.raid()  # ends the earlier one
    await adjust_hp(api, raid_id, times=3)
    assert await listening("7", "CURSE_APPLIED") == 4
    assert await listening("8") == 0
    assert await told_of(earlier) == {"6": 0, "7": 2, "8": 0}
    assert await told_of(raid_id) == {"6": 0, "7": 4, "8": 0}

    # Who listens already goes on from where they are, also in the next raid.
    await adjust_hp(api, raid_id, times=1)
    assert await listening("7", "CURSE_APPLIED", "BREAKTHROUGH") == 4
    following = await api.raid()
    assert await listening("7", "CURSE_APPLIED") == 0
    assert await listening("8", "CURSE_APPLIED") == 1
    assert await told_of(following) == {"6": 0, "7": 0, "8": 1}
    assert await told_of(raid_id) == {"6": 0, "7": 4, "8": 6}


async def test_a_channel_that_was_never_set_is_a_mistake_of_the_caller(api: Api) -> None:
    for query, given in (
        (SWITCH_OFF, {"channelId": "404", "reason": "gone"}),
        (STATUS, {"channelId": "404", "messageId": "1"}),
    ):
        answer = await api.ask(query, {"input": given}, api.tokens.bot)
        assert answer.codes == ["BAD_INPUT"]
        assert answer.errors[0]["extensions"]["field"] == "channelId"


# ---------------------------------------------------------------- reminders


async def test_a_reminder_is_due_once_told_once_and_for_the_next_strike_again(api: Api) -> None:
    raid_id = await api.raid(rules={"cooldownSeconds": 1})
    player = await api.player()
    team = await api.unused(player)
    said = await api.told(REMIND, api.tokens.bot, input={"discordId": player, "wanted": True, "language": "de"})
    assert said["setReminder"] == {
        "__typename": "SetReminderSuccess",
        "wanted": True,
        "player": {"name": player, "reminders": True},
    }
    for character in team[:2]:
        struck = await api.strike(player, character)
        assert (await api.told(DUE, api.tokens.bot))["dueReminders"] == []
        (reminder,) = await first_due(api)
        assert reminder == {"discordId": player, "readyAt": struck["readyAt"], "raidId": raid_id, "language": "de"}
        answers = await asyncio.gather(
            *(api.told(TOLD, api.tokens.bot, id=player, readyAt=reminder["readyAt"]) for _ in range(5))
        )
        assert sum(each["acknowledgeReminder"]["acknowledged"] for each in answers) == 1
        assert (await api.told(DUE, api.tokens.bot))["dueReminders"] == []


async def test_the_language_of_reminders_stays_until_another_is_said(api: Api) -> None:
    player = await api.player()
    for given, kept in (({"language": "pt-BR"}, "pt-BR"), ({}, "pt-BR"), ({"language": "de"}, "de")):
        await api.told(REMIND, api.tokens.bot, input={"discordId": player, "wanted": True, **given})
        rows = await api.rows(
            "SELECT language FROM reminders JOIN users ON users.id = user_id WHERE discord_id = $1", player
        )
        assert [row["language"] for row in rows] == [kept]
    for nonsense in ("", "d", "de_DE", "de-", "languages", "de" + "-abcdefgh" * 4, "de\n"):
        refused = await api.ask(
            REMIND, {"input": {"discordId": player, "wanted": True, "language": nonsense}}, api.tokens.bot
        )
        assert (refused.codes, refused.errors[0]["extensions"]["field"]) == (["BAD_INPUT"], "language"), nonsense


async def first_due(api: Api) -> list[Any]:
    for _ in range(600):
        found: list[Any] = (await api.told(DUE, api.tokens.bot))["dueReminders"]
        if found:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("nobody became due within thirty seconds")


async def test_a_player_asks_for_themselves_alone(api: Api) -> None:
    own, bo = api.tokens.player, await api.player("bo")
    said = await api.told(REMIND, own, input={"wanted": True})
    assert said["setReminder"]["player"] == {"name": "Ada", "reminders": True}
    assert (await api.told(REMIND, own, input={"discordId": "ada", "wanted": False}))["setReminder"]["wanted"] is False
    assert (await api.ask(REMIND, {"input": {"discordId": bo, "wanted": True}}, own)).codes == ["FORBIDDEN"]
    assert (await api.ask(REMIND, {"input": {"wanted": True}}, api.tokens.bot)).codes == ["BAD_INPUT"]
    nobody = await api.told(REMIND, api.tokens.bot, input={"discordId": "nobody", "wanted": True})
    assert nobody["setReminder"]["__typename"] == "PlayerNotFound"
    told = await api.told(TOLD, api.tokens.bot, id="nobody", readyAt="2030-01-01T00:00:00Z")
    assert told["acknowledgeReminder"]["__typename"] == "PlayerNotFound"
    for first in (0, 101):
        assert (await api.ask(DUE, {"first": first}, api.tokens.bot)).codes == ["BAD_INPUT"]


async def test_an_admin_sees_who_wants_reminders_and_the_public_does_not(api: Api) -> None:
    player = await api.player()
    await api.told(REMIND, api.tokens.bot, input={"discordId": player, "wanted": True})
    query = "query ($id: ID!) { player(discordId: $id) { reminders } }"
    for token in (api.tokens.bot, api.tokens.admin):
        assert (await api.told(query, token, id=player))["player"] == {"reminders": True}
    for role in (Role.PUBLIC, Role.VIEWER, Role.PLAYER):
        answer = await api.ask(query, {"id": player}, api.tokens.of(role))
        assert (answer.codes, answer.data) == (["FORBIDDEN"], {"player": {"reminders": None}})


# ---------------------------------------------------------------- teams


async def test_the_pages_of_candidates_are_the_unused_roster_best_first_with_reasons(api: Api) -> None:
    weak = {"kind": "ELEMENTAL", "value": "fire"}
    await api.raid(weaknesses=[weak], resistances=[{"kind": "ELEMENTAL", "value": "dark"}])
    player = await api.player(characters=30)
    used = (await api.unused(player))[:2]
    await api.strike(player, *used)
    seen: list[Any] = []
    after: str | None = None
    for size in (12, 12, 4):
        page = (await api.told(CANDIDATES, api.tokens.bot, id=player, first=12, after=after))["teamCandidates"]
        assert (page["totalCount"], len(page["nodes"])) == (28, size)
        assert page["pageInfo"]["hasNextPage"] == (size == 12)
        after = page["pageInfo"]["endCursor"]
        seen += page["nodes"]
    assert sorted(node["character"]["id"] for node in seen) == sorted(await api.unused(player))
    weights = [node["score"] * node["multiplierPermille"] for node in seen]
    assert weights == sorted(weights, reverse=True)
    for node in seen:
        assert node["character"]["raidUse"]["multiplierPermille"] == node["multiplierPermille"]
        expected = 1000 * 1500 ** len(node["weaknesses"]) * 750 ** len(node["curses"])
        assert node["multiplierPermille"] == expected // 1000 ** len(node["weaknesses"] + node["curses"])
        assert node["power"] == node["score"] * node["multiplierPermille"] // 1000
        assert node["points"] == node["power"] // 10
    fiery = (await api.told(CANDIDATES, api.tokens.bot, id=player, affinity=weak, first=100))["teamCandidates"]["nodes"]
    assert fiery
    assert [each for each in seen if each["weaknesses"]] == fiery
    name = seen[5]["character"]["name"]
    found = (await api.told(CANDIDATES, api.tokens.bot, id=player, search=name.upper(), first=100))["teamCandidates"]
    assert name in {node["character"]["name"] for node in found["nodes"]}


async def test_candidates_are_refused_like_suggestions(api: Api) -> None:
    await api.raid()
    player = await api.player()
    for variables in ({"first": 0}, {"first": 101}, {"after": "x"}, {"search": "\x00"}):
        answer = await api.ask(CANDIDATES, {"id": player, **variables}, api.tokens.bot)
        assert answer.codes == ["BAD_INPUT"], variables
    assert (await api.ask(CANDIDATES, {"id": player}, api.tokens.player)).codes == ["FORBIDDEN"]


async def test_the_last_team_again_is_a_team_that_can_strike(api: Api) -> None:
    player = await api.player()
    await api.raid()
    team = (await api.unused(player))[:3]
    await api.strike(player, *reversed(team))
    assert (await api.told(LAST, api.tokens.bot, id=player))["lastTeam"] is None
    await api.raid()
    found = (await api.told(LAST, api.tokens.bot, id=player))["lastTeam"]
    assert [each["id"] for each in found["characters"]] == list(reversed(team))
    assert (found["complete"], found["action"], found["equipment"]) == (True, "FIGHT", None)
    struck = await api.strike(player, *(each["id"] for each in found["characters"]))
    assert struck["__typename"] == "ExecuteStrikeSuccess"
    assert (await api.told(LAST, api.tokens.bot, id=player))["lastTeam"] is None


# ---------------------------------------------------------------- what announcements tell

EVENTS = """
query ($raid: ID!) {
  raid(id: $raid) {
    events(first: 100) { kind message ... on RaidChanged { reason outcome hp endsAt name curseEvery } }
  }
}
"""


async def test_changes_of_a_raid_say_what_has_changed(api: Api) -> None:
    raid_id = await api.raid()
    renamed = 'raidId: $raid, reason: "a better name", name: "Renamed", curseEvery: 33, endsAt: "2050-01-01T00:00:00Z"'
    acts = (
        'adjustBossHp(input: {raidId: $raid, reason: "too strong", currentHp: 99777})',
        f"updateRaid(input: {{{renamed}}})",
        'endRaid(input: {raidId: $raid, reason: "enough"})',
    )
    for act in acts:
        await api.told(f"mutation ($raid: ID!) {{ {act} {{ __typename }} }}", api.tokens.admin, raid=raid_id)
    _, adjusted, updated, ended = (await api.told(EVENTS, raid=raid_id))["raid"]["events"]
    nothing = dict.fromkeys(("outcome", "hp", "endsAt", "name", "curseEvery"))

    def told(event: Any) -> Any:
        return {name: value for name, value in event.items() if name not in ("kind", "message")}

    assert told(adjusted) == {**nothing, "reason": "too strong", "hp": 99_777}
    assert datetime.fromisoformat(updated["endsAt"]).year == 2050
    assert told({**updated, "endsAt": None}) == {
        **nothing,
        "reason": "a better name",
        "name": "Renamed",
        "curseEvery": 33,
    }
    assert told(ended) == {**nothing, "reason": "enough", "outcome": "CANCELLED"}
    assert all(event["message"] for event in (adjusted, updated, ended))
