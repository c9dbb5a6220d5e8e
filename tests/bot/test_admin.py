"""/raid_admin as the admins of a community use it, and as those who are none try to."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.admin.times import UnreadableTimeError, moment
from tests.bot.fake_discord import Interaction, User
from tests.bot.harness import RaidBot
from tests.web.harness import ROOT

LIVE = "{ activeRaid { id name status endsAt boss { name } } }"
RAIDS = "{ raids(first: 5) { nodes { name status startsAt endsAt } } }"
ACTIONS = "{ adminActions(first: 5) { nodes { actor action reason } } }"


@pytest.fixture(autouse=True)
async def nothing_wrong(raid_bot: RaidBot) -> AsyncIterator[None]:
    yield
    assert raid_bot.discord.violations == []


async def admin_does(raid_bot: RaidBot, command: str, user: User | None = None, **options: Any) -> Interaction:
    channel = raid_bot.discord.channel("general")
    interaction = await raid_bot.discord.slash(user or raid_bot.admin, channel, f"raid_admin {command}", **options)
    await interaction.answered()
    return interaction


async def asked(raid_bot: RaidBot, query: str) -> Any:
    return await raid_bot.api.told(query, raid_bot.api.tokens.admin)


async def test_an_admin_creates_a_raid_from_a_boss_that_they_find_by_typing(raid_bot: RaidBot) -> None:
    choices = await raid_bot.discord.autocomplete(raid_bot.admin, "raid_admin create", "boss", "EMBER")
    assert [choice["value"] for choice in choices] == ["ember-tyrant"]
    made = await admin_does(raid_bot, "create", boss="ember-tyrant", name="Friday *night*", end="3d")
    if "Create it anyway" in made.message.buttons:
        made = await made.message.click("Create it anyway")
        await made.shows("has begun")
    live = (await asked(raid_bot, LIVE))["activeRaid"]
    assert (live["name"], live["status"]) == ("Friday *night*", "ACTIVE")
    assert datetime.fromisoformat(live["endsAt"]) > datetime.now(UTC) + timedelta(days=2)
    logged = (await asked(raid_bot, ACTIONS))["adminActions"]["nodes"][0]
    assert str(raid_bot.admin.id) in logged["actor"]


async def test_a_raid_can_be_planned_and_a_second_live_one_is_refused(raid_bot: RaidBot) -> None:
    await raid_bot.api.raid()
    refused = await accepted(raid_bot, await admin_does(raid_bot, "create", boss="ember-tyrant"))
    assert "Another raid is live" in refused
    planned = await accepted(
        raid_bot, await admin_does(raid_bot, "create", boss="ember-tyrant", start="2h", name="Later")
    )
    assert "is planned" in planned
    raids = (await asked(raid_bot, RAIDS))["raids"]["nodes"]
    assert ("Later", "SCHEDULED") in [(raid["name"], raid["status"]) for raid in raids]


async def accepted(raid_bot: RaidBot, interaction: Interaction) -> str:
    """What is shown in the end, warnings accepted."""
    if "Create it anyway" in interaction.message.buttons:
        await interaction.message.click("Create it anyway")
        await raid_bot.discord.until(lambda: interaction.message.buttons == [], "the raid is created")
    return interaction.message.text


async def says(raid_bot: RaidBot, interaction: Interaction, wanted: str) -> None:
    """Waits until the answer to `interaction` says so."""
    await raid_bot.discord.until(lambda: wanted in interaction.message.text, wanted)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"boss": "no-such-boss"}, "no such boss"),
        ({"boss": "ember-tyrant", "start": "tomorrow"}, "“tomorrow” is no time"),
        ({"boss": "ember-tyrant", "start": "2001-01-01 00:00Z"}, "is no time in the future"),
        ({"boss": "ember-tyrant", "end": "2040-01-31 18:00"}, "is no time in the future"),
    ],
)
async def test_what_cannot_be_created_is_told(raid_bot: RaidBot, options: dict[str, Any], said: str) -> None:
    made = await admin_does(raid_bot, "create", **options)
    assert said in made.message.text
    assert made.message.ephemeral
    assert (await asked(raid_bot, RAIDS))["raids"]["nodes"] == []


async def test_pause_resume_and_end_with_their_reasons(raid_bot: RaidBot) -> None:
    await raid_bot.api.raid()
    steps = [
        ("pause", "Pause …", "is paused", "PAUSED"),
        ("resume", "Resume …", "goes on", "ACTIVE"),
        ("end", "End for good …", "has been ended", None),
    ]
    for command, button, said, status in steps:
        asking = await admin_does(raid_bot, command)
        modal = await asking.message.click(button)
        done = await modal.submit({"reason": f"because of {command}"})
        await done.acknowledged()
        await says(raid_bot, asking, said)
        assert asking.message.buttons == []
        live = (await asked(raid_bot, LIVE))["activeRaid"]
        assert (live and live["status"]) == status
        logged = (await asked(raid_bot, ACTIONS))["adminActions"]["nodes"][0]
        assert logged["reason"] == f"because of {command}"
        assert str(raid_bot.admin.id) in logged["actor"]


async def test_the_confirmation_outlives_a_restart_of_the_bot(raid_bot: RaidBot) -> None:
    await raid_bot.api.raid()
    asking = await admin_does(raid_bot, "pause")
    await raid_bot.restart()
    modal = await asking.message.click("Pause …")
    await modal.acknowledged()
    await raid_bot.restart()  # while the form is open
    await modal.submit({"reason": "after the restart"})
    await says(raid_bot, asking, "is paused")


async def test_nothing_happens_without_a_raid_or_when_cancelled(raid_bot: RaidBot) -> None:
    assert "no live raid" in (await admin_does(raid_bot, "pause")).message.text
    await raid_bot.api.raid()
    assert "not paused" in (await admin_does(raid_bot, "resume")).message.text
    asking = await admin_does(raid_bot, "end")
    await (await asking.message.click("Cancel")).acknowledged()
    await says(raid_bot, asking, "stays as it was")
    assert (await asked(raid_bot, LIVE))["activeRaid"]["status"] == "ACTIVE"


async def test_what_changed_in_between_is_a_sentence(raid_bot: RaidBot) -> None:
    await raid_bot.api.raid()
    asking = await admin_does(raid_bot, "pause")
    again = await admin_does(raid_bot, "pause")
    await (await (await asking.message.click("Pause …")).submit({"reason": "first"})).acknowledged()
    await says(raid_bot, asking, "is paused")
    await (await (await again.message.click("Pause …")).submit({"reason": "second"})).acknowledged()
    await says(raid_bot, again, "cannot be like this")
    assert "only an active raid can be paused" in again.message.text.replace("\\", "")


async def test_the_status_shows_the_raid_and_what_admins_did(raid_bot: RaidBot) -> None:
    raid_id = await raid_bot.api.raid()
    await raid_bot.api.service.desk.pause_raid(ROOT, raid_id=raid_id, reason="Back at 18:00")
    shown = (await admin_does(raid_bot, "status")).message
    assert "Gloomtide" in shown.text
    assert "100,000 of 100,000" in shown.text
    assert r"root paused the raid: Back at 18\:00" in shown.text
    assert shown.ephemeral


async def test_only_those_who_are_named_by_id_in_the_home_server(raid_bot: RaidBot) -> None:
    discord = raid_bot.discord
    await raid_bot.api.raid()
    manager = discord.user("Manager")
    discord.let_manage(manager)
    discord.give_role(manager, discord.role("Raid Admin"))  # a name that anyone could give themselves
    attempts: list[tuple[str, dict[str, Any]]] = [("status", {}), ("end", {}), ("create", {"boss": "ember-tyrant"})]
    for command, options in attempts:
        assert "This is for raid admins" in (await admin_does(raid_bot, command, manager, **options)).message.text
    assert await discord.autocomplete(manager, "raid_admin create", "boss", "") == []

    asking = await admin_does(raid_bot, "end")
    elsewhere = discord.add_guild("Elsewhere")
    discord.let_manage(raid_bot.admin, guild=elsewhere)
    there = discord.channel("lobby", guild=elsewhere)
    refused = await discord.slash(raid_bot.admin, there, "raid_admin status")
    assert "home server" in (await refused.answered()).text

    raid_bot.options = replace(raid_bot.options, admin_user_ids=frozenset())
    await raid_bot.restart()
    taken = await asking.message.click("End for good …")  # no longer an admin: the old button is worth nothing
    assert "This is for raid admins" in (await taken.answered()).text
    assert (await asked(raid_bot, LIVE))["activeRaid"]["status"] == "ACTIVE"


async def test_a_role_named_by_id_is_enough(raid_bot: RaidBot) -> None:
    discord = raid_bot.discord
    role = discord.role("Stewards")
    steward = discord.user("Steward")
    discord.let_manage(steward)
    discord.give_role(steward, role)
    raid_bot.options = replace(raid_bot.options, admin_role_ids=frozenset({role.id}))
    await raid_bot.restart()
    assert "no live raid" in (await admin_does(raid_bot, "status", steward)).message.text


async def test_without_an_admin_token_it_says_what_is_missing(raid_bot: RaidBot) -> None:
    raid_bot.options = replace(raid_bot.options, admin_token=None)
    await raid_bot.restart()
    assert "admin token" in (await admin_does(raid_bot, "status")).message.text


NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "when"),
    [
        ("90m", NOW + timedelta(minutes=90)),
        ("12 H", NOW + timedelta(hours=12)),
        (" 3d ", NOW + timedelta(days=3)),
        ("+2w", NOW + timedelta(weeks=2)),
        ("2030-01-31 18:00+01:00", datetime(2030, 1, 31, 17, tzinfo=UTC)),
        ("2030-01-31T18:00Z", datetime(2030, 1, 31, 18, tzinfo=UTC)),
    ],
)
def test_times_as_they_are_typed(typed: str, when: datetime) -> None:
    assert moment(typed, NOW) == when


@pytest.mark.parametrize("typed", ["", "soon", "0m", "2030-01-31 18:00", "2029-12-31T00:00Z", "999999w", "-3h", "3y"])
def test_what_is_no_time(typed: str) -> None:
    with pytest.raises(UnreadableTimeError):
        moment(typed, NOW)
