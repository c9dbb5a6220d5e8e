"""Channels that the bot cannot write in any more, and the message in each that shows how the raid stands."""

import pytest

from services.errors import ForbiddenError, InvalidInputError
from services.rules.events import RaidEventKind
from services.views import PUBLIC, AnnouncementChannel
from tests.services.world import ADMIN, BOT, World

CURSE = RaidEventKind.CURSE_APPLIED


async def channel(world: World, channel_id: str = "5", guild_id: str = "1") -> AnnouncementChannel:
    return await world.service.desk.set_announcement_channel(
        BOT, guild_id=guild_id, channel_id=channel_id, kinds=(CURSE,), mention_role_id="9"
    )


async def switch_off(world: World, reason: str = "403 Missing Access", channel_id: str = "5") -> AnnouncementChannel:
    return await world.service.desk.switch_off_announcement_channel(BOT, channel_id=channel_id, reason=reason)


async def status(world: World, message_id: str | None, channel_id: str = "5") -> AnnouncementChannel:
    return await world.service.desk.set_status_message(BOT, channel_id=channel_id, message_id=message_id)


async def test_a_switched_off_channel_says_since_when_and_why_and_keeps_all_it_knows(world: World) -> None:
    await channel(world)
    raid = await world.raid()
    await world.service.desk.acknowledge_announcements(BOT, channel_id="5", raid_id=str(raid.id), sequence=1)
    await status(world, "77")
    off = await switch_off(world, "  403 Missing Access ")
    assert off.switched_off is not None
    assert off.switched_off.reason == "403 Missing Access"
    assert (off.acknowledged, off.status_message_id, off.kinds, off.mention_role_id) == (1, "77", (CURSE,), "9")
    assert await world.service.desk.announcement_channels(ADMIN) == (off,)
    assert await switch_off(world, "404 Unknown Channel") == off, "the first time and reason stay"
    on = await channel(world)
    assert (on.switched_off, on.acknowledged, on.status_message_id) == (None, 1, "77")
    again = await switch_off(world, "404 Unknown Channel")
    assert again.switched_off is not None
    assert again.switched_off.reason == "404 Unknown Channel"
    assert again.switched_off.at > off.switched_off.at


async def test_a_status_message_is_kept_changed_and_forgotten(world: World) -> None:
    await channel(world)
    await channel(world, "6")
    assert (await status(world, "77")).status_message_id == "77"
    assert (await status(world, "78")).status_message_id == "78"
    listed = await world.service.desk.announcement_channels(BOT)
    assert [(each.channel_id, each.status_message_id) for each in listed] == [("5", "78"), ("6", None)]
    assert (await status(world, None)).status_message_id is None


async def test_what_cannot_be_is_refused_and_changes_nothing(world: World) -> None:
    await channel(world)
    before = await world.contents()
    for reason in ("", "   ", "x" * 501):
        with pytest.raises(InvalidInputError, match="reason"):
            await switch_off(world, reason)
    for message_id in ("", "7" * 65):
        with pytest.raises(InvalidInputError, match="messageId"):
            await status(world, message_id)
    with pytest.raises(InvalidInputError, match="channelId"):
        await switch_off(world, channel_id="unknown")
    with pytest.raises(InvalidInputError, match="channelId"):
        await status(world, "7", channel_id="unknown")
    for principal in (PUBLIC, ADMIN, (await world.player()).principal):
        with pytest.raises(ForbiddenError):
            await world.service.desk.switch_off_announcement_channel(principal, channel_id="5", reason="gone")
        with pytest.raises(ForbiddenError):
            await world.service.desk.set_status_message(principal, channel_id="5", message_id="1")
    await world.rows("DELETE FROM users")
    assert await world.contents() == before


async def test_channels_can_be_asked_for_by_server_and_about_an_earlier_raid(world: World) -> None:
    for channel_id, guild_id in (("5", "1"), ("6", "2"), ("7", "1")):
        await channel(world, channel_id, guild_id)
    first = await world.raid()
    await world.service.desk.acknowledge_announcements(BOT, channel_id="5", raid_id=str(first.id), sequence=1)
    await world.service.desk.end_raid(ADMIN, raid_id=str(first.id), reason="the next one")
    await world.raid()
    of_server = await world.service.desk.announcement_channels(BOT, guild_id="1")
    assert [(each.channel_id, each.acknowledged) for each in of_server] == [("5", 0), ("7", 0)]
    of_first = await world.service.desk.announcement_channels(BOT, raid_id=str(first.id))
    assert [(each.channel_id, each.acknowledged) for each in of_first] == [("5", 1), ("6", 0), ("7", 0)]
    assert await world.service.desk.announcement_channels(BOT, guild_id="3") == ()
    for raid_id in ("999999", "x"):
        with pytest.raises(InvalidInputError, match="raidId"):
            await world.service.desk.announcement_channels(BOT, raid_id=raid_id)
