"""What channels are told, and how it looks."""

from tests.bot.announcing.telling import (
    all_told,
    announcements_in,
    happen,
    hear,
    newest_sequence,
    sequences_in,
    told_in,
)
from tests.bot.fake_discord import Channel, Message
from tests.bot.harness import RaidBot
from tests.web.harness import ROOT

FIRE = {"kind": "ELEMENTAL", "value": "fire"}


def saying(channel: Channel, part: str) -> Message:
    """The one message there that says so."""
    (found,) = [message for message in announcements_in(channel) if part in message.text]
    return found


async def test_a_raid_is_told_as_it_happens_one_message_for_each_event(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    await quiet_bot.start()

    raid_id = await api.raid()
    await all_told(discord, channel, 1)
    assert "Gloomtide has appeared" in announcements_in(channel)[0].text
    await api.service.desk.pause_raid(ROOT, raid_id=raid_id, reason="The *server* moves")
    await all_told(discord, channel, 2)
    assert "Reason: The \\*server\\* moves" in announcements_in(channel)[1].text
    await api.service.desk.resume_raid(ROOT, raid_id=raid_id, reason="moved")
    await all_told(discord, channel, 3)
    await happen(api, raid_id, 1)
    await all_told(discord, channel, 4)
    assert "Gloomtide has 99,000 HP now" in announcements_in(channel)[3].text
    await api.service.desk.end_raid(ROOT, raid_id=raid_id, reason="over")
    await all_told(discord, channel, 5)

    titles = [message.embeds[0]["title"] for message in announcements_in(channel)]
    assert titles == [
        "⚔️ Gloomtide has appeared",
        "⏸️ The raid is paused",
        "▶️ The raid goes on",
        "❤️‍🩹 HP adjusted",
        "⌛ The raid is over",
    ]
    assert len({message.embeds[0]["color"] for message in announcements_in(channel)}) == 5
    assert not any(message.mentioned_roles or message.mentioned_everyone for message in announcements_in(channel))


async def test_curses_breakthroughs_stages_and_victory_have_their_own_words_and_pictures(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    await quiet_bot.start()
    ada = await quiet_bot.player("Ada *the* @everyone", characters=12)
    raid_id = await api.raid(
        totalHp=150,
        cursePool=[FIRE],
        curseEvery=2,
        analysisThresholds=[10, 10_000],
        weaknessPool=[{"kind": "SERIES", "weight": 1, "values": ["Nobody's"]}],
        stageHpBelowPermille=[900],
        stageAnalysisPoints=[5_000],
        stageEffects=[{"stage": 2, "message": "You _dare_?", "addWeakness": {"kind": "GENRE", "value": "drama"}}],
    )
    for action in ("ANALYZE", "FIGHT", *["FIGHT"] * 8):
        struck = await api.strike(str(ada.id), *(await api.unused(str(ada.id)))[:1], action=action)
        assert struck["__typename"] == "ExecuteStrikeSuccess", struck
        if struck["victory"]:
            break
    else:
        raise AssertionError("the boss stands")
    await all_told(discord, channel, await newest_sequence(api, raid_id), seconds=30)

    if len(announcements_in(channel)) < len(sequences_in(channel)):
        return  # the machine was busy: they came together, which another test looks at
    curse = saying(channel, "**fire** is cursed")
    assert not curse.files
    breakthrough = saying(channel, "completed breakthrough 1")
    assert "Ada \\*the\\* @\u200beveryone" in breakthrough.text
    assert "weak to **Nobody's**" in breakthrough.text
    assert "One player is rewarded" in breakthrough.text
    stage = saying(channel, "enters stage 2 of 2")
    assert "You \\_dare\\_?" in stage.text
    assert "weak to **drama**" in stage.text
    victory = saying(channel, "is defeated!")
    assert "dealt the final blow. One player took part" in victory.text
    for message in (breakthrough, stage, victory):
        (picture,) = message.files
        assert picture.content.startswith(b"\x89PNG")
        assert "Gloomtide" in (picture.description or "")
        assert message.embeds[0]["image"]["url"] == f"attachment://{picture.name}" or picture.url in str(message.embeds)


async def test_many_that_wait_are_told_together_in_order(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    raid_id = await api.raid()
    await happen(api, raid_id, 27)

    await quiet_bot.start()
    await all_told(discord, channel, 28)

    assert [(told.first, told.last) for told in told_in(channel)] == [(1, 20), (21, 28)]
    lines = announcements_in(channel)[0].embeds[0]["description"].splitlines()
    assert len(lines) == 20
    assert "Gloomtide has appeared" in lines[0]
    assert "99,000 HP" in lines[1]
    assert "98,982 HP" in lines[19]


async def test_only_the_kinds_that_were_chosen_are_told(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    some, everything = discord.channel("some"), discord.channel("everything")
    await hear(quiet_bot, some, kinds=("RAID_PAUSED", "RAID_ENDED"))
    await hear(quiet_bot, everything)
    await quiet_bot.start()
    raid_id = await api.raid()
    await happen(api, raid_id, 2)
    await api.service.desk.pause_raid(ROOT, raid_id=raid_id, reason="a break")
    await happen(api, raid_id, 1)
    await api.service.desk.end_raid(ROOT, raid_id=raid_id, reason="over")
    await all_told(discord, everything, 6)

    await discord.until(lambda: len(announcements_in(some)) == 2, "the pause and the end are told")
    assert sequences_in(some) == [4, 6]


async def test_nobody_is_mentioned_but_the_role_that_was_chosen(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    role, other = discord.role("raiders", mentionable=True), discord.role("others", mentionable=True)
    channel = discord.channel("news")
    await hear(quiet_bot, channel, role=role.id)
    await quiet_bot.start()
    raid_id = await api.raid()
    await api.service.desk.pause_raid(
        ROOT, raid_id=raid_id, reason=f"@everyone {other.mention} {quiet_bot.admin.mention}"
    )
    await all_told(discord, channel, 2)

    for message in announcements_in(channel):
        assert message.content == role.mention
        assert message.mentioned_roles == [role.id]
        assert message.mentioned_users == []
        assert not message.mentioned_everyone
    posts = discord.requests("POST", "/channels/{channel_id}/messages")
    allowed = [call.body["allowed_mentions"] for call in posts if call.body.get("embeds")]
    assert [(each["parse"], each["roles"]) for each in allowed] == [([], [role.id])] * 2


async def test_a_server_hears_in_its_own_language(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    discord.guild.locale = "de"
    channel = discord.channel("neues")
    await hear(quiet_bot, channel)
    await quiet_bot.start()
    await api.raid()
    await all_told(discord, channel, 1)
    assert "Gloomtide ist erschienen" in announcements_in(channel)[0].text


async def test_one_raid_after_another_is_told_in_order_also_when_both_happened_unseen(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel)
    await quiet_bot.start()
    first = await api.raid()
    await all_told(discord, channel, 1)
    await quiet_bot.stop()

    await happen(api, first, 2)
    second = await api.raid(name="Nightfall")  # ends the first
    await happen(api, second, 1)
    await quiet_bot.start()
    await discord.until(lambda: len(announcements_in(channel)) == 6, "both raids are told")

    told = told_in(channel)
    assert [each.first for each in told] == [1, 2, 3, 4, 1, 2]
    assert len({each.raid for each in told[:4]}) == len({each.raid for each in told[4:]}) == 1
    assert told[0].raid != told[5].raid
    await api.raid(name="Third")
    await discord.until(
        lambda: "Third has appeared" in announcements_in(channel)[-1].text, "the third raid is told too"
    )
    assert len(announcements_in(channel)) == 8
