"""Whoever cannot strike is told why, and what to do."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bot.striking.table import COOLDOWN, WEAK_TO_FIRE, Table
from tests.web.harness import BOSS, ROOT

PLAN = """
mutation ($input: CreateRaidInput!) {
  createRaid(input: $input) { __typename ... on CreateRaidSuccess { raid { id } } ... on UserError { message } }
}
"""


async def planned(table: Table, **given: Any) -> str:
    """The id of a raid that begins in an hour, called Moonfall."""
    starts_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    wanted = {"name": "Moonfall", "boss": BOSS, "acceptWarnings": True, "startsAt": starts_at, **given}
    created = (await table.api.told(PLAN, table.api.tokens.admin, input=wanted))["createRaid"]
    raid_id: str = created["raid"]["id"]
    return raid_id


async def test_no_raid_yet(table: Table) -> None:
    await table.end_raid()
    message = await table.open(await table.player())
    assert "No raid right now" in message.text
    assert message.buttons == ["Refresh"]


async def test_the_next_raid_is_told(table: Table) -> None:
    await table.end_raid()
    raid_id = await planned(table)
    message = await table.open(await table.player())
    assert "The next raid begins <t:" in message.text
    assert "**Moonfall** begins on <t:" in message.text
    await table.api.service.desk.end_raid(ROOT, raid_id=raid_id, reason="a test")


async def test_a_newcomer_is_registered_and_told_where_characters_come_from(table: Table) -> None:
    await table.api.raid()
    newcomer = table.discord.user("Nova Newcomer")
    message = await table.open(newcomer)
    assert "You have no characters yet" in message.text
    assert "You are registered already" in message.text
    rows = await table.api.rows("SELECT name FROM users WHERE discord_id = $1", str(newcomer.id))
    assert [row["name"] for row in rows] == ["Nova Newcomer"]


async def test_a_newcomer_without_a_raid_is_told_so(table: Table) -> None:
    await table.end_raid()
    message = await table.open(table.discord.user("Early Bird"))
    assert "No raid right now" in message.text


async def test_everything_used(table: Table) -> None:
    await table.api.raid()
    message = await table.open(await table.player(characters=4))
    await table.tap(message, "wtp:f:", "damage!")
    told = await table.tap(message, "Next strike", "All 4 have given all in this raid")
    assert told.buttons == ["Refresh"]


async def test_cooldown_shows_when_and_whom_one_would_send(table: Table) -> None:
    await table.api.raid(weaknesses=WEAK_TO_FIRE, rules=COOLDOWN)
    ada = await table.player(characters=20)
    await table.api.strike(str(ada.id), *(await table.api.unused(str(ada.id)))[:3])
    message = await table.open(ada)
    assert "You can strike again <t:" in message.text
    assert "17 unused, 3 used" in message.text
    assert "Your 6 best unused characters" in message.text
    assert message.buttons == ["Refresh"]


async def test_paused(table: Table) -> None:
    raid_id = await table.api.raid()
    await table.api.service.desk.pause_raid(ROOT, raid_id=raid_id, reason="a test")
    message = await table.open(await table.player())
    assert "The raid is paused" in message.text
    assert message.buttons == ["Refresh"]
    await table.end_raid()


async def test_a_panel_of_another_version_says_so(table: Table) -> None:
    await table.api.raid()
    message = await table.open(await table.player(characters=3))
    text = str(message.shown.components)
    before = message.shown.component("wtp:f:")
    custom_id = before["custom_id"]
    assert custom_id in text
    before["custom_id"] = "wtp:f::" + "A" * 30
    tapped = await message.click("wtp:f:")
    await tapped.shows("from an older version of the bot")


async def test_raid_team_lists_everybody_in_pages(table: Table) -> None:
    await table.api.raid(weaknesses=WEAK_TO_FIRE)
    ada = await table.player(characters=24)
    used = (await table.api.unused(str(ada.id)))[:2]
    await table.api.strike(str(ada.id), *used)
    message = await table.open(ada, "raid_team")
    assert "**22** unused · 2 used" in message.text
    assert message.text.count("has struck <t:") == 2
    assert "✦ fire" in message.text
    await table.tap(message, "Next", "`11`")
    await table.tap(message, "Next", "`24`")
    assert message.shown.component("wtr:n:")["disabled"]
    await table.tap(message, "wtr:w:u:", "` 1`")
    assert "has struck" not in message.text
    shown = await table.tap(message, "wtr:w:w:", "has struck")
    assert shown.text.count("has struck") == 2
    await table.raid_bot.restart()
    await table.tap(message, "wtr:w:a:", "` 3`")


async def test_raid_team_without_a_raid_and_without_characters(table: Table) -> None:
    await table.end_raid()
    message = await table.open(await table.player(characters=2), "raid_team")
    assert "nobody knows yet what they will be worth" in message.text
    assert message.text.count("5★") == 2
    message = await table.open(table.discord.user("Empty Handed"), "raid_team")
    assert "You have no characters yet" in message.text


async def test_raid_team_speaks_german(table: Table) -> None:
    await table.api.raid()
    message = await table.open(await table.player(locale="de"), "raid_team")
    assert "Deine Charaktere" in message.text
    assert "Freie" in message.buttons
