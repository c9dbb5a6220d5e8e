"""One live status message for each configured channel.

One task follows the raid and keeps the newest state; one task for each channel shows it there at that channel's own
pace, so a channel that fails or is rate-limited holds nobody up. Which message is whose is kept by the API: after a
restart it goes on being edited.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import discord
import structlog
from discord import ui
from discord.utils import snowflake_time, utcnow

from bot.api import BotApiError
from bot.seeing import queries
from bot.seeing.cards import Card, Locale, footer, idle_parts, note_view, status_view
from bot.seeing.facts import Channel, Entry, Raid, Situation
from bot.seeing.status import live_buttons

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["LiveStatus", "Pace"]

UNKNOWN_MESSAGE: Final = 10008
ANOTHERS_MESSAGE: Final = 50005
FRESH_TOP_SECONDS: Final = 4.0
LOST: Final = (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two edits of a message.

    Discord limits edits of messages over an hour old, hence `old_seconds`. A stage, a pause or the end may be shown
    after `urgent_seconds` already. A first change waits `settle_seconds`, for it seldom comes alone. `look_seconds` lie
    between two looks at the list of channels, `retry_seconds` before something that failed is tried again.
    """

    settle_seconds: float = 0.3
    young_seconds: float = 6.0
    old_seconds: float = 20.0
    urgent_seconds: float = 1.0
    old_after_seconds: float = 3600.0
    look_seconds: float = 15.0
    retry_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a live message is made of: two that are equal look alike."""

    situation: Situation
    top: tuple[Entry, ...]

    @property
    def turn(self) -> object:
        """Changes when everybody should see it at once."""
        raid = self.situation.shown
        return None if raid is None else (raid.id, raid.status, raid.stage)

    def view(self, locale: Locale, now: datetime) -> Card:
        """The message. The time it was made is part of it: that tells a picture that stands still from a calm raid."""
        raid = self.situation.shown
        if raid is None:
            return note_view(*idle_parts(locale, self.situation))
        below: list[ui.Item[Any]] = []
        if self.situation.live is None and self.situation.next is not None:
            title, sentence = idle_parts(locale, self.situation)
            below += [ui.Separator(), ui.TextDisplay(f"**{title}**\n{sentence}")]
        return status_view(locale, raid, top=self.top, below=[*below, live_buttons(locale, raid), footer(locale, now)])


class LiveStatus:
    """`start` comes back at once and raises nothing, `stop` ends all that was started."""

    def __init__(self, bot: "WorldThreatBot", pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.latest: Situation | None = None
        self._bot = bot
        self._tasks: list[asyncio.Task[None]] = []
        self._channels: dict[int, _ChannelStatus] = {}
        self._top: tuple[str, float, tuple[Entry, ...]] | None = None
        self._top_lock = asyncio.Lock()
        self._told, self._waits = 0, False
        self._told_at = float("-inf")

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._keep_up(self._follow), name="live status: follow"),
            asyncio.create_task(self._keep_up(self._look_for_channels), name="live status: channels"),
        ]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        channels, self._channels = self._channels, {}
        await asyncio.gather(*(channel.stop() for channel in channels.values()))

    async def shown(self) -> Shown | None:
        """What there is to show now; None until the API has told anything."""
        situation = self.latest
        if situation is None:
            return None
        raid = situation.shown
        return Shown(situation, () if raid is None or raid.strikes == 0 else await self._top_of(raid))

    async def _top_of(self, raid: Raid) -> tuple[Entry, ...]:
        """The first three: asked for once for all channels, and the ones before while the API is away."""
        async with self._top_lock:
            now = asyncio.get_running_loop().time()
            if self._top is not None and self._top[0] == raid.id and now - self._top[1] < FRESH_TOP_SECONDS:
                return self._top[2] if raid.live else await self._ask_top(raid, now)
            return await self._ask_top(raid, now)

    async def _ask_top(self, raid: Raid, now: float) -> tuple[Entry, ...]:
        try:
            found = (await self._bot.api.ask(queries.TOP, {"raidId": raid.id}, within_seconds=3))["raid"]
        except BotApiError:
            return self._top[2] if self._top is not None and self._top[0] == raid.id else ()
        top = queries.entries(None if found is None else found["leaderboard"])
        self._top = (raid.id, now, top)
        return top

    async def _keep_up(self, work: Callable[[], Awaitable[None]]) -> None:
        """Does `work` for ever, again after every failure. `work` ends by failing alone."""
        while True:
            try:
                await work()
            except BotApiError as error:
                if not self._waits:
                    log.info("the live status waits for the API", error=str(error))
                self._waits = True
            except Exception:
                log.exception("the live status failed; it is tried again")
            await asyncio.sleep(self.pace.retry_seconds)

    async def _follow(self) -> None:
        await self._look_at_raids()
        async with contextlib.aclosing(self._bot.api.follow(queries.UPDATES)) as updates:
            async for data in updates:
                raid = queries.raid(data["raidUpdates"]["raid"])
                if raid.live:
                    self._tell(Situation(live=raid, next=None, last=None))
                else:
                    await self._look_at_raids()

    async def _look_at_raids(self) -> None:
        told = self._told
        situation = queries.situation(await self._bot.api.ask(queries.STATUS))
        if told == self._told:  # else the subscription has told something newer meanwhile
            live = situation.live is not None
            self._tell(Situation(live=situation.live, next=None, last=None) if live else situation)

    def _tell(self, situation: Situation) -> None:
        self._told, self._waits = self._told + 1, False
        self._told_at = asyncio.get_running_loop().time()
        if situation != self.latest:
            self.latest = situation
            for channel in self._channels.values():
                channel.tell()

    async def _look_for_channels(self) -> None:
        """Which channels want a message; and what is planned, for nobody tells that to those who follow."""
        while True:
            wanted = {each.channel_id: each for each in queries.channels(await self._bot.api.ask(queries.CHANNELS))}
            for channel_id in [*self._channels]:
                if channel_id not in wanted or self._channels[channel_id].ended:
                    await self._channels.pop(channel_id).stop()
            for channel_id in wanted.keys() - self._channels.keys():
                self._channels[channel_id] = _ChannelStatus(self._bot, self, wanted[channel_id])
            silent_seconds = asyncio.get_running_loop().time() - self._told_at
            if self.latest is None or self.latest.live is None or silent_seconds > 2 * self.pace.look_seconds:
                await self._look_at_raids()
            await asyncio.sleep(self.pace.look_seconds)


class _ChannelStatus:
    """The message of one channel."""

    def __init__(self, bot: "WorldThreatBot", live: LiveStatus, channel: Channel) -> None:
        self._bot, self._live, self._channel = bot, live, channel
        self._message_id = channel.message_id
        self._kept = channel.message_id is not None
        self._replaced = ""
        self._may_be_stale = False
        self._changed = asyncio.Event()
        self._changed.set()
        self._last_shown: Shown | None = None
        self._last_edit = float("-inf")
        self._task = asyncio.create_task(self._run(), name=f"live status: channel {channel.channel_id}")

    def tell(self) -> None:
        """There is something new."""
        self._changed.set()

    @property
    def ended(self) -> bool:
        """Whether the channel was given up."""
        return self._task.done()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            await self._wait_for_turn()
            self._changed.clear()
            try:
                gone = await self._show_latest()
            except Exception as error:
                if not isinstance(error, BotApiError | discord.HTTPException | LOST):
                    log.exception("a live status failed", channel=self._channel.channel_id)
                else:
                    log.warning("a live status was not shown", channel=self._channel.channel_id, error=repr(error))
                self._changed.set()
                await asyncio.sleep(self._live.pace.retry_seconds)
            else:
                if gone:
                    return

    async def _wait_for_turn(self) -> None:
        """Sleeps until the next edit may be made; a stage or an end that comes meanwhile shortens it."""
        loop = asyncio.get_running_loop()
        settled_at = loop.time() + self._live.pace.settle_seconds
        while (remaining := max(settled_at, self._last_edit + self._pause_seconds()) - loop.time()) > 0:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(remaining):
                    await self._changed.wait()

    def _pause_seconds(self) -> float:
        pace, latest = self._live.pace, self._live.latest
        if latest is not None and self._last_shown is not None and Shown(latest, ()).turn != self._last_shown.turn:
            return pace.urgent_seconds
        if self._message_id is None:
            return pace.young_seconds
        age = utcnow() - snowflake_time(self._message_id)
        return pace.old_seconds if age.total_seconds() > pace.old_after_seconds else pace.young_seconds

    async def _show_latest(self) -> bool:
        """Brings the message up to date. True: the channel is gone, and it was switched off."""
        shown = await self._live.shown()
        if shown is None:
            return False
        if shown == self._last_shown and not self._may_be_stale:
            await self._keep_message_id()
            return False
        if shown.situation.shown is None and shown.situation.next is None and self._message_id is None:
            return False  # nothing to tell: a channel is not opened with an empty message
        guild = self._bot.get_guild(self._channel.guild_id)
        view = shown.view(None if guild is None else guild.preferred_locale, utcnow())
        try:
            await self._put(view)
        except (discord.Forbidden, discord.NotFound) as error:
            if error.code == UNKNOWN_MESSAGE:
                raise
            await self._switch_off(error)
            return True
        finally:
            self._last_edit = asyncio.get_running_loop().time()
        self._last_shown = shown
        if self._may_be_stale:
            self._changed.set()
        await self._keep_message_id()
        return False

    async def _put(self, view: Card) -> None:
        """Edits the message, or posts it where there is none, or none of ours any more."""
        channel = self._bot.get_partial_messageable(self._channel.channel_id, guild_id=self._channel.guild_id)
        if self._message_id is not None:
            try:
                await channel.get_partial_message(self._message_id).edit(view=view)
            except (discord.Forbidden, discord.NotFound) as error:
                if error.code not in {UNKNOWN_MESSAGE, ANOTHERS_MESSAGE}:
                    raise
                self._replaced, self._message_id = str(self._message_id), None
            else:
                self._may_be_stale = False
                return
        # A post whose answer was lost is found again by its nonce, after a restart too: with what it said then.
        nonce = hashlib.blake2s(f"{self._channel.channel_id} {self._replaced}".encode(), digest_size=12).hexdigest()
        try:
            message = await channel.send(view=view, nonce=nonce)
        except discord.NotFound as error:
            if error.code == UNKNOWN_MESSAGE:  # what was posted under this nonce was deleted since
                self._replaced += "'"
            raise
        self._message_id, self._kept, self._may_be_stale = message.id, False, True

    async def _keep_message_id(self) -> None:
        if self._kept or self._message_id is None:
            return
        variables = {"channelId": str(self._channel.channel_id), "messageId": str(self._message_id)}
        await self._bot.api.ask(queries.SET_STATUS_MESSAGE, variables)
        self._kept = True

    async def _switch_off(self, error: discord.HTTPException) -> None:
        from bot import announcing  # noqa: PLC0415 - announcing shows our pictures, so it imports us first

        log.warning("a channel is gone", channel=self._channel.channel_id, error=str(error))
        await announcing.switch_off(self._bot, self._channel.channel_id, error)
