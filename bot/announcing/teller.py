"""One channel: telling it what happened, message by message, each exactly once.

Told is what the API says a channel was told. A message is posted first and acknowledged then, and between the two
anything may end. So before anything is posted a second time:

- within minutes, Discord itself hands back the message of the same nonce instead of making another;
- after that, the marks on our own newest messages in the channel say what is there already.

Both hold as long as the message stays where it is. A message that was deleted meanwhile counts as told.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import discord
import structlog

from bot.announcing import queries
from bot.announcing.event_log import EventLog
from bot.announcing.marks import mark_on, nonce_of
from bot.announcing.messages import TOGETHER_AT_MOST, Announcement, Picture, batch_of, mentions_of, written
from bot.announcing.pace import Pace
from bot.announcing.queries import AnnouncementChannel, RaidEvent, RaidHead
from bot.announcing.switching import switch_off
from bot.answers import LOST
from bot.api import ApiRefusedError, BotApiError
from bot.seeing.pictures import raid_picture

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["ChannelTeller"]

NONCE_SECONDS: Final = 60.0
"""Discord remembers a nonce for "a few minutes"; after this long we do not rely on it alone."""
POST_SECONDS: Final = 120.0
PICTURE_SECONDS: Final = 8.0
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
LOOKED_AT: Final = 200
"""So many of the channel's newest messages, and so many of the first after the event, are searched for our marks."""
CLOCKS_APART: Final = timedelta(minutes=10)
UNKNOWN_MESSAGE: Final = 10008
BLOCKED_ON_THE_WAY: Final = frozenset({0, 40333})
"""Refusals that are not the channel's: of something between us and Discord."""
MISSING_PERMISSIONS: Final = 50013
BAD_REQUEST, TOO_LARGE = 400, 413

log = structlog.get_logger(__name__)


class _ChannelGoneError(Exception):
    """Nothing can be posted there any more."""


@dataclass(slots=True, kw_only=True)
class _Pending:
    """A message that is on its way until Discord has answered; the same one, however often it is sent."""

    raid: RaidHead
    batch: tuple[RaidEvent, ...]
    announcement: Announcement
    picture: Picture | None
    first_sent: float | None = None

    @property
    def first(self) -> int:
        return self.batch[0].sequence

    @property
    def last(self) -> int:
        return self.batch[-1].sequence


class ChannelTeller:
    """Tells one channel of every raid it is shown, oldest first; what fails is tried again, for ever."""

    def __init__(self, bot: "WorldThreatBot", events: EventLog, pace: Pace, setting: AnnouncementChannel) -> None:
        self.setting = setting
        self._bot, self._events, self._pace = bot, events, pace
        self._place = bot.get_partial_messageable(setting.channel_id, guild_id=setting.guild_id)
        self._raids: tuple[RaidHead, ...] = ()
        self._told: dict[str, int] = {}
        self._unacknowledged: dict[str, int] = {}
        self._looked_back: set[str] = set()
        self._pending: _Pending | None = None
        self._wake = asyncio.Event()

    def knows(self, raid_id: str) -> bool:
        """Whether it is known how far the channel was told of the raid."""
        return raid_id in self._told

    def show(self, setting: AnnouncementChannel, raids: Sequence[RaidHead], told: Mapping[str, int]) -> None:
        """The setting and the raids as they are now; `told` says how far the channel was told of raids new to it."""
        self.setting, self._raids = setting, tuple(raids)
        self._told = {raid.id: self._told.get(raid.id, told.get(raid.id, 0)) for raid in raids}
        if any(raid.sequence > self._told[raid.id] for raid in raids) or self._unacknowledged:
            self._wake.set()

    async def run(self) -> None:
        """Until the channel is gone."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._catch_up()
            except _ChannelGoneError as gone:
                if await self._switched_off(str(gone)):
                    return
            except (BotApiError, discord.DiscordException, *LOST) as error:
                log.info(
                    "a channel was not told, it is tried again", channel=self.setting.channel_id, error=repr(error)
                )
            except Exception:
                log.exception("a channel could not be told, it is tried again", channel=self.setting.channel_id)
            else:
                pause = FIRST_PAUSE_SECONDS
                continue
            await asyncio.sleep(random.uniform(pause / 2, pause))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            self._wake.set()

    async def _switched_off(self, reason: str) -> bool:
        try:
            await switch_off(self._bot, self.setting.channel_id, reason)
        except BotApiError as error:
            log.info("a channel could not be switched off yet", channel=self.setting.channel_id, error=repr(error))
            return False
        return True

    async def _catch_up(self) -> None:
        for raid_id, sequence in list(self._unacknowledged.items()):
            await self._acknowledge(raid_id, sequence)
        if self._pending is not None:
            await self._post(self._pending)
        for raid in self._raids:
            while self._told[raid.id] < raid.sequence:
                await self._tell_next(raid)

    async def _tell_next(self, raid: RaidHead) -> None:
        told = self._told[raid.id]
        waiting = await self._events.waiting(raid, told, self.setting.kinds, TOGETHER_AT_MOST + 1)
        if not waiting:
            await self._acknowledge(raid.id, raid.sequence)
            return
        if raid.id not in self._looked_back:
            # Whoever posted here before us may have been stopped before it could acknowledge.
            there = await self._newest_there(raid, waiting[0].occurred_at)
            self._looked_back.add(raid.id)
            if there > told:
                await self._acknowledge(raid.id, there)
                return
        batch = batch_of(waiting)
        announcement = written(self._locale(), raid, batch, self.setting.mention_role_id)
        picture = await self._picture(raid, announcement)
        self._pending = _Pending(raid=raid, batch=batch, announcement=announcement, picture=picture)
        await self._post(self._pending)

    async def _post(self, pending: _Pending) -> None:
        """Posts it, or finds out that it is there, and acknowledges it."""
        now = asyncio.get_running_loop().time()
        again = pending.first_sent is not None
        if pending.first_sent is None:
            pending.first_sent = now
        elif now > pending.first_sent + NONCE_SECONDS:
            there = await self._newest_there(pending.raid, pending.batch[0].occurred_at)
            if there >= pending.first:
                await self._told_up_to(pending, there)
                return
        try:
            message = await self._send(pending)
        except discord.NotFound as error:
            if error.code != UNKNOWN_MESSAGE:
                raise _ChannelGoneError(_reason(error)) from error
            # It was there, and somebody has deleted it: Discord knows its nonce, but not the message. One that was
            # posted before our time may have told less than ours would.
            await self._told_up_to(pending, pending.last if again else pending.first)
            return
        except discord.Forbidden as error:
            if error.code in BLOCKED_ON_THE_WAY:
                raise
            raise _ChannelGoneError(_reason(error)) from error
        mark = mark_on(message, pending.raid)
        await self._told_up_to(pending, pending.last if mark is None else mark.last)

    async def _send(self, pending: _Pending) -> discord.Message:
        """The message that is there now. The library sends `enforce_nonce` with every nonce."""
        await self._pace.turn()
        said, mentions = pending.announcement, mentions_of(self.setting.mention_role_id)
        nonce = nonce_of(self.setting.channel_id, pending.raid, pending.first)
        async with asyncio.timeout(POST_SECONDS):
            try:
                if pending.picture is None:
                    return await self._place.send(
                        said.content, embed=said.embed, nonce=nonce, allowed_mentions=mentions
                    )
                embed = said.embed.copy().set_image(url=pending.picture.url)
                return await self._place.send(
                    said.content, embed=embed, file=pending.picture.file(), nonce=nonce, allowed_mentions=mentions
                )
            except discord.HTTPException as error:
                if not _may_be_the_form(error):
                    raise
                log.info("a channel takes no embeds or pictures", channel=self.setting.channel_id, error=str(error))
            try:
                return await self._place.send(said.plain, nonce=nonce, allowed_mentions=mentions)
            except discord.HTTPException as error:
                if error.status == BAD_REQUEST:
                    raise _ChannelGoneError(_reason(error)) from error
                raise

    async def _told_up_to(self, pending: _Pending, sequence: int) -> None:
        if self._pending is pending:
            self._pending = None
        await self._acknowledge(pending.raid.id, sequence)

    async def _acknowledge(self, raid_id: str, sequence: int) -> None:
        """From here on `sequence` counts as told, and nothing more is posted before the API knows it."""
        self._told[raid_id] = max(self._told.get(raid_id, 0), sequence)
        self._unacknowledged[raid_id] = sequence
        channel_id = self.setting.channel_id
        try:
            told = await queries.acknowledge(self._bot.api, channel_id=channel_id, raid_id=raid_id, sequence=sequence)
        except ApiRefusedError as error:
            log.warning("the API does not take what a channel was told", channel=channel_id, error=str(error))
            told = sequence
        del self._unacknowledged[raid_id]
        self._told[raid_id] = max(self._told[raid_id], told)

    async def _newest_there(self, raid: RaidHead, since: datetime) -> int:
        """The newest event of the raid that our messages here tell of; 0 when they tell of none, or we may not look."""
        me, oldest = self._bot.user, since - CLOCKS_APART
        if me is None:
            return 0
        newest, reached = 0, False
        try:
            async for message in self._place.history(limit=LOOKED_AT):
                if message.created_at < oldest:
                    reached = True
                    break
                newest = max(newest, _told_by(message, me.id, raid))
            else:
                reached = newest > 0
            if not reached:
                async for message in self._place.history(limit=LOOKED_AT, after=oldest, oldest_first=True):
                    newest = max(newest, _told_by(message, me.id, raid))
        except (discord.Forbidden, discord.NotFound) as error:
            # Posting will tell whether the channel is gone; without its history only the nonce keeps us from repeating.
            log.info("a channel's messages cannot be read", channel=self.setting.channel_id, error=str(error))
        return newest

    async def _picture(self, raid: RaidHead, announcement: Announcement) -> Picture | None:
        if announcement.picture_kind is None:
            return None
        try:
            async with asyncio.timeout(PICTURE_SECONDS):
                drawn = raid_picture(
                    self._bot, raid.id, announcement.picture_kind, locale=self._locale(), sequence=raid.sequence
                )
                return Picture(*await drawn)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a picture, the news goes out
            log.warning("no picture for an announcement", raid=raid.id, error=repr(error))
            return None

    def _locale(self) -> discord.Locale | None:
        guild = self._bot.get_guild(self.setting.guild_id)
        return None if guild is None else guild.preferred_locale


def _told_by(message: discord.Message, me: int, raid: RaidHead) -> int:
    mark = mark_on(message, raid) if message.author.id == me else None
    return 0 if mark is None else mark.last


def _may_be_the_form(error: discord.HTTPException) -> bool:
    """Whether Discord might take the same in plain text: embeds and files need permissions of their own."""
    if isinstance(error, discord.Forbidden):
        return error.code == MISSING_PERMISSIONS
    return error.status in {BAD_REQUEST, TOO_LARGE}


def _reason(error: discord.HTTPException) -> str:
    """As it is kept and told to admins."""
    return f"{error.status} {error.code}: {error.text or 'Discord refuses messages there.'}"[:500]
