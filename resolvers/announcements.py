"""Where the bot announces, and how far it has come."""

from resolvers.answers import AnnouncementsAcknowledged, ChannelSet
from resolvers.context import Context
from services.rules.events import RaidEventKind
from services.views import AnnouncementChannel


async def announcement_channels(context: Context) -> tuple[AnnouncementChannel, ...]:
    return await context.service.desk.announcement_channels(context.principal)


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


async def acknowledge_announcements(
    context: Context, *, channel_id: str, raid_id: str, sequence: int
) -> AnnouncementsAcknowledged:
    channel = await context.service.desk.acknowledge_announcements(
        context.principal, channel_id=channel_id, raid_id=raid_id, sequence=sequence
    )
    return AnnouncementsAcknowledged(channel)
