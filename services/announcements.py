"""Where Discord servers want to hear of the raid, and how far each channel was told."""

from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import Database
from db.queries import administration, raids
from db.rows import ChannelRow
from services.errors import InvalidInputError, RaidNotFoundError
from services.rules.events import RaidEventKind
from services.strike_facts import parse_id
from services.views import AnnouncementChannel, SwitchedOff

LONGEST_DISCORD_ID = 64
LONGEST_SWITCH_OFF_REASON = 500


def _view(row: ChannelRow) -> AnnouncementChannel:
    return AnnouncementChannel(
        channel_id=row.channel_id,
        guild_id=row.guild_id,
        kinds=tuple(RaidEventKind(kind) for kind in row.kinds),
        mention_role_id=row.mention_role_id,
        acknowledged=row.acknowledged,
        status_message_id=row.status_message_id,
        switched_off=None
        if row.switched_off_at is None or row.switched_off_reason is None
        else SwitchedOff(row.switched_off_at, row.switched_off_reason),
    )


class AnnouncementOffice:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def channels(self, *, guild_id: str | None, raid_id: str | None) -> tuple[AnnouncementChannel, ...]:
        """Every channel, or those of one server, with how far each was told of the raid that is named, else of the
        current one; switched-off ones too.

        Raises InvalidInputError when there is no such raid.
        """
        async with self._database.reading() as connection:
            if raid_id is None:
                number = await raids.current_raid_id(connection)
            else:
                number = await _known_raid(connection, raid_id)
            return tuple(_view(row) for row in await administration.channels(connection, number, guild_id=guild_id))

    async def set_channel(
        self,
        *,
        guild_id: str,
        channel_id: str,
        kinds: tuple[RaidEventKind, ...],
        mention_role_id: str | None,
    ) -> AnnouncementChannel:
        """Makes or changes a channel, and switches it on again; without kinds it hears nothing.

        One that heard nothing until now begins at the present, except where it was told of a raid before: there it
        goes on from what it was told.
        """
        for field, value in (
            ("guildId", guild_id),
            ("channelId", channel_id),
            ("mentionRoleId", mention_role_id or "0"),
        ):
            _check_discord_id(field, value)
        async with self._database.transaction() as connection:
            before = await administration.channels(connection, None, channel_id)
            await administration.set_channel(
                connection,
                channel_id=channel_id,
                guild_id=guild_id,
                kinds=[kind.value for kind in dict.fromkeys(kinds)],
                mention_role_id=mention_role_id,
            )
            if kinds and not any(row.kinds and row.switched_off_at is None for row in before):
                await administration.begin_at_present(connection, channel_id)
            return await self._channel(connection, channel_id)

    async def switch_off(self, *, channel_id: str, reason: str) -> AnnouncementChannel:
        """The bot cannot write there. Once is enough: the first time and reason stay, and how far it was told.

        Raises InvalidInputError for an unknown channel, or no reason.
        """
        if not 1 <= len(reason.strip()) <= LONGEST_SWITCH_OFF_REASON:
            raise InvalidInputError("reason", f"say why, in 1 to {LONGEST_SWITCH_OFF_REASON} characters.")
        async with self._database.transaction() as connection:
            if not await administration.switch_channel_off(connection, channel_id, reason.strip()):
                raise _unknown(channel_id)
            return await self._channel(connection, channel_id)

    async def set_status_message(self, *, channel_id: str, message_id: str | None) -> AnnouncementChannel:
        """Keeps which message shows the raid there; None forgets it. Raises InvalidInputError."""
        if message_id is not None:
            _check_discord_id("messageId", message_id)
        async with self._database.transaction() as connection:
            if not await administration.set_status_message(connection, channel_id, message_id):
                raise _unknown(channel_id)
            return await self._channel(connection, channel_id)

    async def _channel(self, connection: AsyncConnection, channel_id: str) -> AnnouncementChannel:
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
                raise _unknown(channel_id)
            if not 0 <= sequence <= raid.sequence:
                raise InvalidInputError("sequence", f"must be from 0 to {raid.sequence}; {sequence} is not.")
            await administration.acknowledge(connection, channel_id, raid.id, sequence)
            (row,) = await administration.channels(connection, raid.id, channel_id)
        return _view(row)


def _check_discord_id(field: str, value: str) -> None:
    if not 1 <= len(value) <= LONGEST_DISCORD_ID:
        raise InvalidInputError(field, f"must have 1 to {LONGEST_DISCORD_ID} characters.")


def _unknown(channel_id: str) -> InvalidInputError:
    return InvalidInputError("channelId", f"no announcements are set for channel {channel_id}.")


async def _known_raid(connection: AsyncConnection, raid_id: str) -> int:
    number = parse_id(raid_id)
    if number is None or await raids.raid(connection, number) is None:
        raise InvalidInputError("raidId", f"there is no raid {raid_id}.")
    return number
