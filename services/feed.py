"""The live feed: one tailer per process and raid, any number of followers.

The tailer reads the raid's row and the events after the newest it knows, as soon as it is woken and every
`POLL_SECONDS` in any case. Sequences are gapless and in commit order, so ``sequence > last`` never skips.

A follower pulls. It is handed the newest state there is and every event since its last moment, from the
tailer's memory or, if it fell far behind, from the log. Nothing queues up for it, whatever it does: state is
conflated by itself, events are never lost, and a slow follower costs one number.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import structlog

from services.raid_reader import RaidReader
from services.rules.values import RaidStatus
from services.views import Raid, RaidEvent, Strike

POLL_SECONDS = 0.1
NO_RAID_POLL_SECONDS = 0.25
RETRY_SECONDS = 0.5
EVENTS_REMEMBERED = 2_000
EVENTS_A_MOMENT = 500
STRIKES_A_MOMENT = 20

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a follower stands: all of `raid`'s events up to ``raid.sequence`` and strikes up to `number` are told.

    `raid` is None where there is no raid to follow yet.
    """

    raid: Raid | None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a follower: the newest state, and what came since the step before.

    ``raid.sequence`` is that of the newest event told. `gap`: the sequence that was asked for is not this raid's,
    so nothing could be replayed. `strikes` are the newest, oldest first; `skipped` more came since.
    """

    raid: Raid
    events: tuple[RaidEvent, ...]
    gap: bool
    strikes: tuple[Strike, ...]
    skipped: int
    number: int

    @property
    def position(self) -> Position:
        return Position(self.raid, self.number)


class RaidFeed:
    """One per process. `wake` it after every commit; `stop` it at the end."""

    def __init__(self, reader: RaidReader, *, updates_per_second: float = 4.0) -> None:
        """A follower is given at most `updates_per_second` moments a second."""
        self._reader = reader
        self._pause = 1.0 / updates_per_second
        self._channels: dict[int, _Channel] = {}
        self._stopping = False

    def wake(self) -> None:
        """Something was committed, here or elsewhere."""
        for channel in self._channels.values():
            channel.wake()

    async def stop(self) -> None:
        """Ends every follower's feed."""
        self._stopping = True
        for channel in list(self._channels.values()):
            await channel.stop()

    async def follow(
        self,
        raid_id: str | None,
        *,
        after: int | None = None,
        start: Position | None = None,
        with_strikes: bool = False,
    ) -> AsyncIterator[Moment]:
        """The raid's moments until it is over; without an id the live raid's, or the next one's to begin.

        From `start`: only what comes after it. Otherwise the present state at once, with the events after
        `after`, then what comes. Ends at once for a raid that does not exist.
        """
        number = await self._await_raid(raid_id)
        if number is None:
            return
        async with self._open(number) as channel:
            async for moment in self._moments(channel, after, start, with_strikes=with_strikes):
                yield moment

    async def position(self, raid_id: str | None) -> Position:
        """Where a follower that begins now begins."""
        number = await self._reader.followed_raid_id(raid_id)
        if number is None:
            return Position(None)
        async with self._open(number) as channel:
            raid = channel.raid
            return Position(raid, 0 if raid is None else raid.totals.strikes)

    async def catch_up(self, position: Position, after: int | None) -> AsyncIterator[Moment]:
        """The state at `position` with the events after `after` up to it: what a late joiner has missed."""
        raid = position.raid
        if raid is None:
            return
        if after is None or not 0 <= after <= raid.sequence:
            yield Moment(raid, (), after is not None, (), 0, position.number)
            return
        async for told, events in self._events(None, raid, after):
            yield Moment(told, events, gap=False, strikes=(), skipped=0, number=position.number)

    async def _await_raid(self, raid_id: str | None) -> int | None:
        """The raid to follow; without an id, waits for one to be live. None when there is no such raid."""
        while True:
            number = await self._reader.followed_raid_id(raid_id)
            if number is not None or raid_id is not None or self._stopping:
                return number
            await asyncio.sleep(NO_RAID_POLL_SECONDS)

    @contextlib.asynccontextmanager
    async def _open(self, raid_id: int) -> AsyncIterator["_Channel"]:
        """The raid's channel, tailing as long as somebody has it open."""
        channel = self._channels.get(raid_id)
        if channel is None:
            channel = self._channels[raid_id] = _Channel(self._reader, raid_id)
        channel.followers += 1
        try:
            await channel.ready()
            yield channel
        finally:
            channel.followers -= 1
            if channel.followers == 0 and self._channels.get(raid_id) is channel:
                del self._channels[raid_id]
                channel.end()

    async def _moments(
        self,
        channel: "_Channel",
        after: int | None,
        start: Position | None,
        *,
        with_strikes: bool,
    ) -> AsyncIterator[Moment]:
        raid = channel.raid
        if raid is None:
            return
        if start is not None and start.raid is not None:
            last, number = start.raid.sequence, start.number
        else:
            known = after is not None and 0 <= after <= raid.sequence
            number = max(0, raid.totals.strikes - STRIKES_A_MOMENT) if with_strikes else raid.totals.strikes
            last = after if known and after is not None else raid.sequence
            if start is not None:
                last = 0  # it waited for this raid to begin: all of it is news
            strikes, skipped = await self._strikes(channel, number, raid, wanted=with_strikes)
            number = raid.totals.strikes
            gap = after is not None and not known
            async for told, events in self._events(channel, raid, last):
                yield Moment(told, events, gap, strikes, skipped, number)
                strikes, skipped, last = (), 0, told.sequence
        told_raid = raid if start is None or start.raid is None else start.raid
        while True:
            if channel.raid is told_raid or channel.raid is None:
                if channel.is_over:
                    return
                await channel.next_change()
                continue
            raid = told_raid = channel.raid
            strikes, skipped = await self._strikes(channel, number, raid, wanted=with_strikes)
            number = raid.totals.strikes
            async for told, events in self._events(channel, raid, last):
                yield Moment(told, events, gap=False, strikes=strikes, skipped=skipped, number=number)
                strikes, skipped, last = (), 0, told.sequence
            if not channel.is_over:
                await asyncio.sleep(self._pause)

    async def _events(
        self,
        channel: "_Channel | None",
        raid: Raid,
        after: int,
    ) -> AsyncIterator[tuple[Raid, tuple[RaidEvent, ...]]]:
        """The events after `after` up to the raid's newest, in steps; each with the raid as told so far."""
        while True:
            remembered = None if channel is None else channel.remembered(after, raid.sequence)
            events = remembered
            if events is None:
                (events,) = await self._reader.events([raid.id], after=after, kinds=None, first=EVENTS_A_MOMENT)
                events = tuple(event for event in events if event.event.sequence <= raid.sequence)
            events = events[:EVENTS_A_MOMENT]
            after = events[-1].event.sequence if events else raid.sequence
            yield (raid if after == raid.sequence else replace(raid, sequence=after)), events
            if after >= raid.sequence:
                return

    async def _strikes(
        self,
        channel: "_Channel",
        number: int,
        raid: Raid,
        *,
        wanted: bool,
    ) -> tuple[tuple[Strike, ...], int]:
        """The newest strikes after `number`, oldest first, and how many more there were."""
        new = raid.totals.strikes - number
        if not wanted or new <= 0:
            return (), 0
        newest = await channel.newest_strikes(raid)
        strikes = tuple(strike for strike in newest if number < strike.number <= raid.totals.strikes)
        return strikes, new - len(strikes)


class _Channel:
    """One raid's tailer. `raid` is the newest state, None until it is known."""

    def __init__(self, reader: RaidReader, raid_id: int) -> None:
        self._reader = reader
        self._raid_id = raid_id
        self.raid: Raid | None = None
        self.followers = 0
        self._events: deque[RaidEvent] = deque(maxlen=EVENTS_REMEMBERED)
        self._strikes: tuple[int, tuple[Strike, ...]] = (0, ())
        self._wake = asyncio.Event()
        self._changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._known = asyncio.Event()
        self._tailer = asyncio.create_task(self._tail(), name=f"tailer of raid {raid_id}")

    @property
    def is_over(self) -> bool:
        """Nothing will change any more: the raid is completed, or the feed is being stopped."""
        return self._tailer.done() or (self.raid is not None and self.raid.status is RaidStatus.COMPLETED)

    def wake(self) -> None:
        self._wake.set()

    async def ready(self) -> None:
        await self._known.wait()

    async def next_change(self) -> None:
        await asyncio.shield(self._changed)

    def remembered(self, after: int, upto: int) -> tuple[RaidEvent, ...] | None:
        """The events after `after` up to `upto`; None when the first of them is forgotten."""
        if after >= upto:
            return ()
        if not self._events or self._events[0].event.sequence > after + 1:
            return None
        return tuple(event for event in self._events if after < event.event.sequence <= upto)

    async def newest_strikes(self, raid: Raid) -> tuple[Strike, ...]:
        """The raid's newest strikes, oldest first; read once per change, whoever asks."""
        if self._strikes[0] < raid.totals.strikes:
            (page,) = await self._reader.strikes([raid.id], first=STRIKES_A_MOMENT, after=None, discord_id=None)
            newest = tuple(reversed(page.items))
            self._strikes = (newest[-1].number if newest else 0, newest)
        return self._strikes[1]

    async def _tail(self) -> None:
        try:
            while not (self.raid is not None and self.raid.status is RaidStatus.COMPLETED):
                try:
                    await self._read()
                except asyncio.CancelledError:
                    raise
                except Exception:
                    log.exception("feed: tried again in a moment", raid=self._raid_id)
                    await asyncio.sleep(RETRY_SECONDS)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
                self._wake.clear()
        finally:
            self._known.set()
            self._publish()

    async def _read(self) -> None:
        raid = await self._reader.raid(str(self._raid_id))
        if raid is None or raid == self.raid:
            return
        last = raid.sequence if self.raid is None else self.raid.sequence
        while last < raid.sequence:
            (events,) = await self._reader.events([raid.id], after=last, kinds=None, first=EVENTS_A_MOMENT)
            fresh = [event for event in events if event.event.sequence <= raid.sequence]
            if not fresh:
                break
            self._events.extend(fresh)
            last = fresh[-1].event.sequence
        self.raid = raid
        self._known.set()
        self._publish()

    def _publish(self) -> None:
        if not self._changed.done():
            self._changed.set_result(None)
        self._changed = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        self._tailer.cancel()

    async def stop(self) -> None:
        self.end()
        with contextlib.suppress(asyncio.CancelledError):
            await self._tailer
