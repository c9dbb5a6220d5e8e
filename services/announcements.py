"""Where Discord servers want to hear of the raid, and how far each channel was told."""

from db.engine import Database
from db.queries import administration, raids
from db.rows import ChannelRow
from services.errors import InvalidInputError, RaidNotFoundError
from services.rules.events import RaidEventKind
from services.strike_batch import parse_id
from services.views import AnnouncementChannel

LONGEST_DISCORD_ID = 64


def _view(row: ChannelRow) -> AnnouncementChannel:
    return AnnouncementChannel(
        channel_id=row.channel_id,
        guild_id=row.guild_id,
        kinds=tuple(RaidEventKind(kind) for kind in row.kinds),
        mention_role_id=row.mention_role_id,
        acknowledged=row.acknowledged,
    )


class AnnouncementOffice:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def channels(self) -> tuple[AnnouncementChannel, ...]:
        """Every channel, with how far it was told of the current raid."""
        async with self._database.reading() as connection:
            raid_id = await raids.current_raid_id(connection)
            return tuple(_view(row) for row in await administration.channels(connection, raid_id))

    async def set_channel(
        self,
        *,
        guild_id: str,
        channel_id: str,
        kinds: tuple[RaidEventKind, ...],
        mention_role_id: str | None,
    ) -> AnnouncementChannel:
        """Makes or changes a channel; without kinds it hears nothing."""
        for field, value in (
            ("guildId", guild_id),
            ("channelId", channel_id),
            ("mentionRoleId", mention_role_id or "0"),
        ):
            if not 1 <= len(value) <= LONGEST_DISCORD_ID:
                raise InvalidInputError(field, f"must have 1 to {LONGEST_DISCORD_ID} characters.")
        async with self._database.transaction() as connection:
            await administration.set_channel(
                connection,
                channel_id=channel_id,
                guild_id=guild_id,
                kinds=[kind.value for kind in dict.fromkeys(kinds)],
                mention_role_id=mention_role_id,
            )
            raid_id = await raids.current_raid_id(connection)
            (row,) = await administration.channels(connection, raid_id, channel_id)
        return _view(row)

    async def acknowledge(self, *, channel_id: str, raid_id: str, sequence: int) -> AnnouncementChannel:
        """The channel was told up to `sequence`; an older number changes nothing.

        Raises:
            RaidNotFoundError
            InvalidInputError: an unknown channel, or a sequence that the raid has not reached.
        """
        number = parse_id(raid_id)
        async with self._database.transaction() as connection:
            found = None if number is None else await raids.raid(connection, number)
            if found is None:
                raise RaidNotFoundError(raid_id=raid_id)
            raid = found[0]
            if not await administration.channels(connection, raid.id, channel_id):
                raise InvalidInputError("channelId", f"no announcements are set for channel {channel_id}.")
            if not 0 <= sequence <= raid.sequence:
                raise InvalidInputError("sequence", f"must be from 0 to {raid.sequence}; {sequence} is not.")
            await administration.acknowledge(connection, channel_id, raid.id, sequence)
            (row,) = await administration.channels(connection, raid.id, channel_id)
        return _view(row)
