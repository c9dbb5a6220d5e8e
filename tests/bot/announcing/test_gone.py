"""Channels that are gone, and channels that take less than others."""

import pytest

from bot.announcing import switch_off, teller
from tests.bot.announcing.telling import (
    all_told,
    announcements_in,
    happen,
    hear,
    newest_sequence,
    sequences_in,
    settings_of,
)
from tests.bot.fake_discord import Message, Permission, in_channel
from tests.bot.harness import RaidBot


def notices(quiet_bot: RaidBot) -> list[Message]:
    """What the bot's admin was told in direct messages."""
    return quiet_bot.discord.direct_messages(quiet_bot.admin)


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013), (404, 10003)])
async def test_a_channel_that_is_gone_is_switched_off_and_its_admins_are_told_once(
    quiet_bot: RaidBot, status: int, code: int
) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    gone, other, system = discord.channel("gone"), discord.channel("news"), discord.channel("system")
    discord.guild.system_channel = system
    for channel in (gone, other):
        await hear(quiet_bot, channel)
    await quiet_bot.start()
    raid_id = await api.raid()
    await all_told(discord, gone, 1)

    discord.faults.deny(gone.id, status, code=code)  # type: ignore[arg-type]
    await happen(api, raid_id, 1)
    await all_told(discord, other, 2)
    await discord.until(lambda: notices(quiet_bot) and system.messages, "the admins are told")
    kept = await settings_of(quiet_bot, gone)
    assert str(code) in str(kept["switchedOff"])
    assert kept["acknowledged"] == 1
    for message in (notices(quiet_bot)[0], system.messages[0]):
        assert gone.mention in message.text
        assert "/raid_channel" in message.text

    # Neither the next event, nor who else finds it gone, nor the next start tells them again.
    await happen(api, raid_id, 1)
    await all_told(discord, other, 3)
    await switch_off(quiet_bot.bot, gone.id, "seen again")
    await quiet_bot.restart()
    await happen(api, raid_id, 1)
    await all_told(discord, other, 4)
    assert len(notices(quiet_bot)) == len(system.messages) == 1
    assert sequences_in(gone) == [1]


async def test_an_admin_who_takes_no_direct_messages_breaks_nothing(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    quiet_bot.admin.accepts_direct_messages = False
    await hear(quiet_bot, channel)
    await quiet_bot.start()
    await api.raid()
    await all_told(discord, channel, 1)
    await switch_off(quiet_bot.bot, channel.id, "a test")
    assert (await settings_of(quiet_bot, channel))["switchedOff"] == {"reason": "a test"}
    assert notices(quiet_bot) == []


async def test_a_channel_without_embeds_is_told_in_plain_text(quiet_bot: RaidBot) -> None:
    discord, api = quiet_bot.discord, quiet_bot.api
    role = discord.role("raiders")
    channel = discord.channel("plain", denied=Permission.EMBED_LINKS | Permission.ATTACH_FILES)
    await hear(quiet_bot, channel, role=role.id)
    raid_id = await api.raid()
    await happen(api, raid_id, 6)
    discord.faults.lose_answers(times=2, route=in_channel(channel, "POST"))
    await quiet_bot.start()
    await all_told(discord, channel, 7)
    await happen(api, raid_id, 1)
    await all_told(discord, channel, 8)
    for message in announcements_in(channel):
        assert not message.embeds
        assert message.content.startswith(role.mention)
        assert message.mentioned_roles == [role.id]
    assert "Gloomtide has appeared" in announcements_in(channel)[0].content


async def test_news_goes_out_without_a_picture_that_cannot_be_drawn(
    quiet_bot: RaidBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_given: object, **_named: object) -> tuple[bytes, str]:
        raise OSError("no fonts here")

    monkeypatch.setattr(teller, "raid_picture", broken)
    discord, api = quiet_bot.discord, quiet_bot.api
    channel = discord.channel("news")
    await hear(quiet_bot, channel, kinds=("BOSS_DEFEATED",))
    await quiet_bot.start()
    ada = await quiet_bot.player("Ada")
    raid_id = await api.raid(totalHp=1)
    struck = await api.strike(str(ada.id), *(await api.unused(str(ada.id)))[:1])
    assert struck["victory"]
    newest = await newest_sequence(api, raid_id)
    await discord.until(lambda: newest in sequences_in(channel), "the victory is told")
    (message,) = announcements_in(channel)
    assert "is defeated" in message.text
    assert not message.files
