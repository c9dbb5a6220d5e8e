"""What happened in a raid, told in every channel that wishes to hear it: in order, nothing left out, nothing twice."""

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING, Final

import structlog

from bot.announcing import queries
from bot.announcing.event_log import EventLog
from bot.announcing.pace import Pace
from bot.announcing.queries import Overview
from bot.announcing.teller import ChannelTeller
from bot.api import ApiRefusedError, BotApiError

if TYPE_CHECKING:
    from bot.app import WorldThreatBot

__all__ = ["WorldThreatEventHandler"]

LOOK_EVERY_SECONDS: Final = 30.0
FIRST_PAUSE_SECONDS: Final = 0.5
SHORTEST_SECONDS: Final = 0.25
"""Between two looks, however often we are woken."""
RECONNECTIONS: Final = ("on_ready", "on_resumed", "on_shard_ready", "on_shard_resumed")

log = structlog.get_logger(__name__)


class WorldThreatEventHandler:
    """Looks at the API whenever it is woken, and every 30 s in any case, and wakes the channels that are behind.

    The API says how far each channel was told; the subscription only says that it is time to look. Each channel has a
    task of its own: one that is slow or fails holds nobody up.
    """

    def __init__(self, bot: "WorldThreatBot") -> None:
        self._bot = bot
        self._events = EventLog(bot.api)
        self._pace = Pace()
        self._tellers: dict[int, tuple[ChannelTeller, asyncio.Task[None]]] = {}
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._wake = asyncio.Event()

    async def start(self) -> None:
        for reconnection in RECONNECTIONS:
            self._bot.add_listener(self._reconnected, reconnection)
        self._tasks = (
            asyncio.create_task(self._keep_looking(), name="announcements: looking"),
            asyncio.create_task(self._be_woken(), name="announcements: following"),
        )

    async def stop(self) -> None:
        for reconnection in RECONNECTIONS:
            self._bot.remove_listener(self._reconnected, reconnection)
        tasks = [*self._tasks, *(task for _, task in self._tellers.values())]
        self._tasks, self._tellers = (), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """There may be something to tell."""
        self._wake.set()

    async def _reconnected(self, *_shard: int) -> None:
        self.wake()

    async def _keep_looking(self) -> None:
        pause, away = FIRST_PAUSE_SECONDS, False
        while True:
            self._wake.clear()
            wait = LOOK_EVERY_SECONDS
            try:
                await self._look()
            except BotApiError as error:
                if not away:
                    log.warning("announcements wait for the API", error=str(error))
                away, wait = True, random.uniform(pause / 2, pause)
                pause = min(pause * 2, LOOK_EVERY_SECONDS)
            except Exception:
                log.exception("looking for announcements failed, it is tried again")
            else:
                pause, away = FIRST_PAUSE_SECONDS, False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            await asyncio.sleep(SHORTEST_SECONDS)

    async def _look(self) -> None:
        seen = await queries.overview(self._bot.api)
        self._keep_tellers(seen)
        told = {
            raid.id: await queries.cursors(self._bot.api, raid.id)
            for raid in seen.raids
            if any(not teller.knows(raid.id) for teller, _ in self._tellers.values())
        }
        settings = {channel.channel_id: channel for channel in seen.channels}
        for channel_id, (teller, _) in self._tellers.items():
            known = {raid_id: cursors.get(channel_id, 0) for raid_id, cursors in told.items()}
            teller.show(settings[channel_id], seen.raids, known)

    def _keep_tellers(self, seen: Overview) -> None:
        """One for each channel that listens, and none for the others."""
        listening = {channel.channel_id: channel for channel in seen.channels if channel.listens}
        for channel_id, (_, task) in list(self._tellers.items()):
            if channel_id not in listening or task.done():
                task.cancel()
                del self._tellers[channel_id]
        for channel_id in listening.keys() - self._tellers.keys():
            teller = ChannelTeller(self._bot, self._events, self._pace, listening[channel_id])
            task = asyncio.create_task(teller.run(), name=f"announcements: channel {channel_id}")
            self._tellers[channel_id] = (teller, task)

    async def _be_woken(self) -> None:
        """Follows the live raid, and the next, only to know that something happened."""
        newest: tuple[str, int] | None = None
        while True:
            try:
                async with contextlib.aclosing(self._bot.api.follow(queries.WAKE)) as updates:
                    async for update in updates:
                        told = update["raidUpdates"]
                        seen = (told["raid"]["id"], told["sequence"])
                        if seen != newest:
                            newest = seen
                            self.wake()
            except ApiRefusedError as error:
                log.warning("the live raid cannot be followed: announcements come late", error=str(error))
            except Exception:
                log.exception("following the raid failed, it is tried again")
            await asyncio.sleep(LOOK_EVERY_SECONDS)
