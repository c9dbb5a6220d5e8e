"""/raid_channel: what admins of a server set, see and change."""

from tests.bot.announcing.telling import (
    ALL_KINDS,
    all_told,
    announcements_in,
    happen,
    hear,
    sequences_in,
    settings_of,
)
from tests.bot.fake_discord import Channel, Message, Permission
from tests.bot.harness import RaidBot

ORDER = set(ALL_KINDS)


async def raid_channel(quiet_bot: RaidBot, **options: object) -> Message:
    """The panel that the admin is shown."""
    office = quiet_bot.discord.channel("office")
    interaction = await quiet_bot.discord.slash(quiet_bot.admin, office, "raid_channel", **options)
    await interaction.answered()
    message = interaction.message
    assert message is not None
    await quiet_bot.discord.until(lambda: not message.shown.thinking, "the panel is shown")
    assert message.ephemeral
    return message


async def changed(quiet_bot: RaidBot, panel: Message, wanted: str, values: list[object] | None = None) -> str:
    """Taps or chooses; what the panel says then."""
    states = len(panel.states)
    if values is None:
        await panel.click(wanted)
    else:
        await panel.select(wanted, values)  # type: ignore[arg-type]
    await quiet_bot.discord.until(lambda: len(panel.states) > states, "the panel changes")
    return panel.text


async def test_a_new_channel_starts_at_the_present(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await api.raid()
    raid_id = await api.raid()
    await happen(api, raid_id, 3)
    await quiet_bot.start()
    panel = await raid_channel(quiet_bot, channel=channel)
    assert channel.mention in panel.text
    assert (await settings_of(quiet_bot, channel, raid_id))["acknowledged"] == 4

    await happen(api, raid_id, 1)
    await discord.until(lambda: bool(announcements_in(channel)), "the next event is told")
    assert sequences_in(channel) == [5]
    await quiet_bot.restart()
    await happen(api, raid_id, 1)
    await discord.until(lambda: 6 in sequences_in(channel), "and the one after that")
    assert sequences_in(channel) == [5, 6]


async def test_a_channel_set_without_the_bot_starts_at_the_present_too(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel, earlier = discord.channel("news"), discord.channel("earlier")
    await hear(quiet_bot, earlier)
    raid_id = await api.raid()
    await happen(api, raid_id, 3)
    await hear(quiet_bot, channel)
    await quiet_bot.start()
    await all_told(discord, earlier, 4)
    await happen(api, raid_id, 1)
    await all_told(discord, earlier, 5)
    await discord.until(lambda: bool(announcements_in(channel)), "the next event is told")
    assert sequences_in(channel) == [5]


async def test_kinds_and_role_are_chosen_in_the_panel_and_count_at_once(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel, role = discord.channel("news"), discord.role("raiders")
    await quiet_bot.start()
    panel = await raid_channel(quiet_bot, channel=channel, role=role)
    assert role.mention in panel.text
    assert (await settings_of(quiet_bot, channel))["mentionRoleId"] == str(role.id)

    said = await changed(quiet_bot, panel, f"announce:kinds:{channel.id}", ["RAID_STARTED", "BOSS_DEFEATED"])
    assert "A raid begins, Victory" in said
    kept = await settings_of(quiet_bot, channel)
    assert kept["kinds"] == ["RAID_STARTED", "BOSS_DEFEATED"]
    assert kept["mentionRoleId"] == str(role.id)

    said = await changed(quiet_bot, panel, f"announce:role:{channel.id}", [])
    assert "nobody" in said
    assert (await settings_of(quiet_bot, channel))["mentionRoleId"] is None
    await api.raid()
    await all_told(discord, channel, 1)


async def test_a_panel_still_works_after_a_restart_and_switches_off(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel, other = discord.channel("news"), discord.channel("other")
    await quiet_bot.start()
    panel = await raid_channel(quiet_bot, channel=channel)
    await raid_channel(quiet_bot, channel=other)
    raid_id = await api.raid()
    await all_told(discord, channel, 1)
    await quiet_bot.restart()
    said = await changed(quiet_bot, panel, "Switch off")
    assert "hears nothing" in said
    await happen(api, raid_id, 2)
    await all_told(discord, other, 3)
    assert sequences_in(channel) == [1]

    # On again: what happened meanwhile is not news any more.
    await raid_channel(quiet_bot, channel=channel)
    await happen(api, raid_id, 1)
    await all_told(discord, other, 4)
    await discord.until(lambda: 4 in sequences_in(channel), "it hears again")
    assert sequences_in(channel) == [1, 4]


async def test_missing_permissions_are_named_and_nothing_is_set(quiet_bot: RaidBot) -> None:
    discord = quiet_bot.discord
    channel = discord.channel("news", denied=Permission.EMBED_LINKS | Permission.READ_MESSAGE_HISTORY)
    await quiet_bot.start()
    panel = await raid_channel(quiet_bot, channel=channel)
    assert "**Embed Links**, **Read Message History**" in panel.text
    assert "Attach Files" not in panel.text
    answer = await quiet_bot.api.told("{ announcementChannels { channelId } }", quiet_bot.api.tokens.bot)
    assert answer == {"announcementChannels": []}


async def test_everyone_is_not_mentioned(quiet_bot: RaidBot) -> None:
    discord = quiet_bot.discord
    channel = discord.channel("news")
    await quiet_bot.start()
    panel = await raid_channel(quiet_bot, channel=channel, role=discord.guild.roles[0])
    assert "not everyone" in panel.text


async def test_a_switched_off_channel_says_why_and_is_switched_on_again(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel: Channel = discord.channel("news")
    await quiet_bot.start()
    await raid_channel(quiet_bot, channel=channel)
    discord.faults.deny(channel.id, 403)
    raid_id = await api.raid()
    await discord.until(lambda: bool(discord.direct_messages(quiet_bot.admin)), "it was switched off")
    discord.faults.allow(channel.id)
    panel = await raid_channel(quiet_bot, channel=channel)
    assert "hears of the raid" in panel.text
    assert (await settings_of(quiet_bot, channel))["switchedOff"] is None
    await happen(api, raid_id, 1)
    await discord.until(lambda: bool(announcements_in(channel)), "it hears again")
    assert sequences_in(channel) == [2]
