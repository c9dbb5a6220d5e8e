"""Where the bot announces, and how far it has come."""

from resolvers.answers import AnnouncementsAcknowledged, ChannelSet
from resolvers.context import Context
from services.rules.events import RaidEventKind
from services.views import AnnouncementChannel


async def announcement_channels(
    context: Context, *, guild_id: str | None, raid_id: str | None
) -> tuple[AnnouncementChannel, ...]:
    return await context.service.desk.announcement_channels(context.principal, guild_id=guild_id, raid_id=raid_id)


async def set_announcement_channel(
    context: Context,
    *,
    guild_id: str,
    channel_id: str,
    kinds: tuple[RaidEventKind, ...],
    mention_role_id: str | None,
) -> ChannelSet:
    channel = await context.service.desk.set_announcement_channel(
        context.principal, guild_id=guild_id, channel_id=channel_id, kinds=kinds, mention_role_id=mention_role_id
    )
    return ChannelSet(channel)


async def switch_off_announcement_channel(context: Context, *, channel_id: str, reason: str) -> ChannelSet:
    channel = await context.service.desk.switch_off_announcement_channel(
        context.principal, channel_id=channel_id, reason=reason
    )
    return ChannelSet(channel)


async def set_status_message(context: Context, *, channel_id: str, message_id: str | None) -> ChannelSet:
    channel = await context.service.desk.set_status_message(
        context.principal, channel_id=channel_id, message_id=message_id
    )
    return ChannelSet(channel)


async def acknowledge_announcements(
    context: Context, *, channel_id: str, raid_id: str, sequence: int
) -> AnnouncementsAcknowledged:
    channel = await context.service.desk.acknowledge_announcements(
        context.principal, channel_id=channel_id, raid_id=raid_id, sequence=sequence
    )
    return AnnouncementsAcknowledged(channel)
