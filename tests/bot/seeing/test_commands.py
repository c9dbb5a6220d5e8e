"""What a player reads after /raid_status, /raid_leaderboard, /raid_rewards and /raid_help."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.bot.fake_discord import Shown, User
from tests.bot.harness import RaidBot
from tests.web.harness import BOSS, CREATE_RAID, ROOT

WEAK = {"kind": "ELEMENTAL", "value": "fire"}
RESISTED = {"kind": "ELEMENTAL", "value": "ice"}
HOSTILE = "**@everyone** ||[x](https://evil.example)|| `#\u202e\u0644\u0301\u0301\u0301\u0301\u0301\u0301 <@1>"


async def said(bot: RaidBot, user: User, command: str, **options: Any) -> Shown:
    """The answer to a command, which is for the one who asked alone."""
    interaction = await bot.discord.slash(user, bot.discord.channel("general"), command, **options)
    shown = await interaction.answered()
    assert shown.ephemeral
    return shown


async def fight(bot: RaidBot, user: User, characters: int = 2, action: str = "FIGHT") -> Any:
    unused = await bot.api.unused(str(user.id))
    struck = await bot.api.strike(str(user.id), *unused[:characters], action=action)
    assert struck["__typename"] == "ExecuteStrikeSuccess", struck
    return struck


async def no_raid(bot: RaidBot) -> None:
    live = (await bot.api.told("{ activeRaid { id } }", bot.api.tokens.admin))["activeRaid"]
    if live is not None:
        await bot.api.service.desk.end_raid(ROOT, raid_id=live["id"], reason="the next test")


async def test_before_the_first_raid_everything_says_so(raid_bot: RaidBot) -> None:
    user = raid_bot.discord.user("Ada")
    assert "No raid right now" in (await said(raid_bot, user, "raid_status")).text
    assert "No raid right now" in (await said(raid_bot, user, "raid_leaderboard")).text
    assert "nothing yet" in (await said(raid_bot, user, "raid_rewards")).text
    assert raid_bot.discord.violations == []


async def test_status_shows_the_boss_and_ones_own_standing(seeing_bot: RaidBot) -> None:
    ada = await seeing_bot.player("Ada")
    await seeing_bot.api.raid(
        weaknesses=[WEAK],
        resistances=[RESISTED],
        analysisThresholds=[5_000, 9_000],
        stageHpBelowPermille=[750, 500],
        curseEvery=20,
        rules={"cooldownSeconds": 3600},
    )
    before = await said(seeing_bot, ada, "raid_status")
    assert "You have not struck yet" in before.text
    struck = await fight(seeing_bot, ada)
    after = await said(seeing_bot, ada, "raid_status")

    damage = struck["damageDealt"]
    assert "## Gloomtide" in after.text
    assert "Stage 1 of 3" in after.text
    assert f"**{100_000 - damage:,}** of 100,000 HP" in after.text
    assert after.text.count("🟥") == 11
    assert "Stage 2 begins below 75 %" in after.text
    assert "**0** of 5,000 analysis points to breakthrough 1 of 2" in after.text
    assert "Weak to **fire**" in after.text
    assert "Resists **ice**" in after.text
    assert "A new curse in 19 strikes" in after.text
    assert f"Rank **1** · **{damage}** contribution ({damage} damage, 0 analysis) · one strike" in after.text
    assert f"{500 - damage} to Bronze" in after.text
    ready = int(datetime.fromisoformat(struck["readyAt"]).timestamp())
    assert f"strike again <t:{ready}:R>, with 6 unused characters" in after.text
    assert after.buttons == ["Strike", "Leaderboard", "Rewards"]


async def test_status_of_somebody_who_is_not_registered(seeing_bot: RaidBot) -> None:
    await seeing_bot.api.raid()
    shown = await said(seeing_bot, seeing_bot.discord.user("Nobody"), "raid_status")
    assert "no characters here yet" in shown.text


async def test_status_without_a_raid_tells_of_the_next_and_reports_the_last(seeing_bot: RaidBot) -> None:
    ada = await seeing_bot.player("Ada")
    await seeing_bot.api.raid(totalHp=10)
    await fight(seeing_bot, ada)
    over = await said(seeing_bot, ada, "raid_status")
    assert "No raid right now" in over.text
    assert "🏆 defeated" in over.text
    assert "One strike by one raider" in over.text
    assert "Rank **1**" in over.text
    assert "Strike" not in over.buttons

    starts_at = datetime.now(UTC) + timedelta(days=2)
    given = {"name": "Autumn raid", "boss": BOSS, "acceptWarnings": True, "startsAt": starts_at.isoformat()}
    created = await seeing_bot.api.told(CREATE_RAID, seeing_bot.api.tokens.admin, input=given)
    announced = await said(seeing_bot, ada, "raid_status")
    assert "Next: Gloomtide" in announced.text
    assert f"**Autumn raid** begins <t:{int(starts_at.timestamp())}:R>" in announced.text
    assert "🏆 defeated" in announced.text
    board = await said(seeing_bot, ada, "raid_leaderboard")
    assert "Ada" in board.text, "the last raid's, while none is live"
    await seeing_bot.api.service.desk.end_raid(ROOT, raid_id=created["createRaid"]["raid"]["id"], reason="enough")


async def test_a_paused_raid_offers_no_strike(seeing_bot: RaidBot) -> None:
    ada = await seeing_bot.player("Ada")
    raid_id = await seeing_bot.api.raid()
    await seeing_bot.api.service.desk.pause_raid(ROOT, raid_id=raid_id, reason="a break")
    shown = await said(seeing_bot, ada, "raid_status")
    assert "⏸️ paused" in shown.text
    assert "Strike" not in shown.buttons
    await no_raid(seeing_bot)


async def test_long_and_odd_names_break_nothing(seeing_bot: RaidBot) -> None:
    hostile = await seeing_bot.player(HOSTILE[:80])
    many = [{"kind": "SERIES", "value": f"{'A very long series name, volume' * 2} {number}"} for number in range(40)]
    await seeing_bot.api.raid(name=("Boss " + HOSTILE)[:100], weaknesses=many[:20], resistances=many[20:])
    await fight(seeing_bot, hostile)
    for command in ("raid_status", "raid_leaderboard", "raid_rewards"):
        text = (await said(seeing_bot, hostile, command)).text
        assert len(text) <= 4000
        assert not re.search(r"(?<!\\)<@1>|(?<!\\)\]\(|\u202e|@everyone", text)
    status = (await said(seeing_bot, hostile, "raid_status")).text
    assert status.count("A very long series name") == 24
    assert status.count("and 8 more") == 2


async def test_german(seeing_bot: RaidBot) -> None:
    await seeing_bot.player("Jörg")
    joerg = seeing_bot.discord.user("Jörg")
    joerg.locale = "de"
    await seeing_bot.api.raid()
    await fight(seeing_bot, joerg)
    status = await said(seeing_bot, joerg, "raid_status")
    assert "von 100.000 HP" in status.text
    assert "Du kannst jetzt angreifen" in status.text
    assert status.buttons == ["Angreifen", "Rangliste", "Belohnungen"]
    board = await said(seeing_bot, joerg, "raid_leaderboard", metric="CONTRIBUTION")
    assert "Rangliste: Beitrag" in board.text
    assert "Deine Belohnungen" in (await said(seeing_bot, joerg, "raid_rewards")).text
    assert "Ein Boss, und wir alle gegen ihn" in (await said(seeing_bot, joerg, "raid_help")).text


async def crowd(bot: RaidBot, size: int, *, characters: int = 1) -> None:
    """So many players who have struck, strong ones first."""
    for _ in range(size):
        player = await bot.api.player(characters=characters + 1)
        unused = await bot.api.unused(player)
        await bot.api.strike(player, *unused[:characters])


async def test_leaderboard_pages_by_buttons_and_after_a_restart(seeing_bot: RaidBot) -> None:
    ada = await seeing_bot.player("Ada of the last page")
    await seeing_bot.api.raid()
    await crowd(seeing_bot, 22, characters=2)
    await fight(seeing_bot, ada, characters=1)

    interaction = await seeing_bot.discord.slash(ada, seeing_bot.discord.channel("general"), "raid_leaderboard")
    first = await interaction.answered()
    rows, _, around = first.text.partition("Around you")
    assert len(re.findall(r"^(?:🥇|🥈|🥉|` *\d+`) ", rows, re.MULTILINE)) == 10
    assert "Ada of the last page" not in rows
    assert "**` 23` Ada of the last page · " in around
    assert len(around.partition("◂")[0].splitlines()) == 4, "the heading's rest, two neighbours above, the own row"
    assert first.component("◀")["disabled"]

    await seeing_bot.restart()
    message = interaction.message
    second = await (await message.click("▶")).answered()
    assert "2 of 3" in second.buttons
    last = await (await message.click("My place")).answered()
    assert "3 of 3" in last.buttons
    assert "Around you" not in last.text
    assert "**` 23` Ada of the last page · " in last.text
    assert last.component("▶")["disabled"]
    assert message.edits >= 2, "the same message all along"

    strikes = await (await message.click("Strikes")).answered()
    assert "Leaderboard: Strikes" in strikes.text
    assert "1 of 3" in strikes.buttons
    assert strikes.component("Strikes")["disabled"]
    analysis = await (await message.click("Analysis")).answered()
    assert "Nobody has scored here yet" in analysis.text or "· 0" in analysis.text


async def test_leaderboard_for_somebody_who_is_not_on_it(seeing_bot: RaidBot) -> None:
    await seeing_bot.api.raid()
    ada = await seeing_bot.player("Ada")
    assert "Be the first!" in (await said(seeing_bot, ada, "raid_leaderboard")).text
    await crowd(seeing_bot, 1)
    shown = await said(seeing_bot, ada, "raid_leaderboard")
    assert "You are not on it yet" in shown.text
    assert "▶" not in shown.buttons


async def test_a_page_of_a_raid_that_is_over_is_still_turned(seeing_bot: RaidBot) -> None:
    ada = await seeing_bot.player("Ada")
    await seeing_bot.api.raid()
    await fight(seeing_bot, ada)
    interaction = await seeing_bot.discord.slash(ada, seeing_bot.discord.channel("general"), "raid_leaderboard")
    await interaction.answered()
    await seeing_bot.api.raid(name="The one after")
    turned = await (await interaction.message.click("Contribution")).answered()
    assert "Gloomtide" in turned.text
    assert "Ada" in turned.text


async def test_rewards_of_the_raid_and_of_all_raids(seeing_bot: RaidBot) -> None:
    ada = await seeing_bot.player("Ada the rich")
    await seeing_bot.api.raid(totalHp=10)
    first = await fight(seeing_bot, ada)
    over = await said(seeing_bot, ada, "raid_rewards")
    paid = {reward["currency"]: reward["amount"] for reward in first["rewards"]}
    everything = f"💎 {paid['crystals']:,} crystals · {paid['daphine']} daphine"
    assert paid["crystals"] > 500, "the strike and the victory"
    assert f"From all raids together: {everything}" in over.text
    assert f"Earned so far: {everything}" in over.text

    await seeing_bot.api.raid(tier=3)
    assert "The first strike already earns something" in (await said(seeing_bot, ada, "raid_rewards")).text
    struck = await fight(seeing_bot, ada)
    earned = next(reward["amount"] for reward in struck["rewards"] if reward["currency"] == "crystals")
    now = await said(seeing_bot, ada, "raid_rewards")
    assert f"Earned so far: 💎 {earned} crystals" in now.text
    assert f"{500 - struck['damageDealt']} to Bronze" in now.text


async def test_help_links_the_commands(seeing_bot: RaidBot) -> None:
    shown = await said(seeing_bot, seeing_bot.discord.user("Newcomer"), "raid_help")
    ids = {command["name"]: command["id"] for command in seeing_bot.discord.commands}
    for name in ("raid_strike", "raid_status", "raid_team", "raid_leaderboard", "raid_rewards", "raid_remind"):
        assert f"</{name}:{ids[name]}>" in shown.text
    assert "Each of them strikes **once**" in shown.text


@pytest.mark.parametrize(
    ("label", "expected"), [("Leaderboard", "Leaderboard: "), ("Rewards", "Your rewards"), ("Strike", "")]
)
async def test_the_buttons_below_a_status_lead_on_after_a_restart_too(
    seeing_bot: RaidBot, label: str, expected: str
) -> None:
    ada = await seeing_bot.player("Ada")
    await seeing_bot.api.raid()
    interaction = await seeing_bot.discord.slash(ada, seeing_bot.discord.channel("general"), "raid_status")
    await interaction.answered()
    if label == "Leaderboard":
        await seeing_bot.restart()
    shown = await (await interaction.message.click(label)).answered()
    assert expected in shown.text
    assert shown.ephemeral
    if label == "Strike":
        assert shown.buttons[0].startswith("Fight")
