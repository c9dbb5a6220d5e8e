"""Switching a channel off that is gone, and telling its admins, once."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import discord
import structlog

from bot.announcing import queries
from bot.announcing.marks import fixed_nonce
from bot.announcing.queries import AnnouncementChannel
from bot.answers import LOST, insist
from bot.names import shown
from bot.texts import text

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["switch_off"]

LONGEST_REASON: Final = 500
NAME_CHARACTERS: Final = 60

log = structlog.get_logger(__name__)
_underway: set[int] = set()


async def switch_off(bot: "WorldThreatBot", channel_id: int, reason: str | BaseException) -> None:
    """Switches announcements off in a channel where we cannot write any more, and tells the server's admins why.

    Told are the bot's own admins, in direct messages, and the server, in its system channel, as far as either can be.
    Who switches off a channel that is off already tells nobody: a channel is told of once, or, when we are stopped
    just then, not at all; /raid_channel shows it in any case.

    Raises:
        BotApiError: it is not switched off.
    """
    if channel_id in _underway:
        return
    _underway.add(channel_id)
    try:
        known = {channel.channel_id: channel for channel in await queries.channels(bot.api)}
        if channel_id not in known or known[channel_id].switched_off is not None:
            return
        said = (str(reason).strip() or type(reason).__name__)[:LONGEST_REASON]
        channel = await queries.switch_channel_off(bot.api, channel_id, said)
        log.warning("a channel is gone, announcements there are switched off", channel=channel_id, reason=said)
        await _tell_admins(bot, channel, said)
    finally:
        _underway.discard(channel_id)


async def _tell_admins(bot: "WorldThreatBot", channel: AnnouncementChannel, reason: str) -> None:
    guild = bot.get_guild(channel.guild_id)
    notice = text(
        None if guild is None else guild.preferred_locale,
        "channel-gone-notice",
        channel=f"<#{channel.channel_id}>",
        guild=str(channel.guild_id) if guild is None else shown(guild.name, NAME_CHARACTERS),
        reason=shown(reason, LONGEST_REASON),
    )
    at = "" if channel.switched_off is None else channel.switched_off.at.isoformat()

    def nonce(whom: int) -> str:
        return fixed_nonce("off", channel.channel_id, at, whom)

    async def direct(user_id: int) -> None:
        place = await insist(lambda: bot.create_dm(discord.Object(user_id)))
        await insist(lambda: place.send(notice, nonce=nonce(user_id)))

    tellings = [_unless_refused(partial(direct, user_id)) for user_id in bot.options.admin_user_ids]
    system = None if guild is None else guild.system_channel
    if system is not None and system.id != channel.channel_id and _may_write(system):
        tellings.append(_unless_refused(lambda: insist(lambda: system.send(notice, nonce=nonce(system.id)))))
    await asyncio.gather(*tellings)


def _may_write(channel: discord.TextChannel) -> bool:
    mine = channel.permissions_for(channel.guild.me)
    return mine.view_channel and mine.send_messages


async def _unless_refused(tell: Callable[[], Awaitable[object]]) -> None:
    try:
        await tell()
    except (discord.HTTPException, *LOST) as error:
        log.info("an admin could not be told of a channel that is gone", error=str(error))
