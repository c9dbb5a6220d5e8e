"""The live feed: one tailer per process and raid (services/tailer.py), any number of followers.

Sequences are gapless and in commit order, so ``sequence > last`` never skips.

A follower pulls. It is handed the newest state there is and every event since its last moment, from the
tailer's memory or, if it fell far behind, from the log. Nothing queues up for it, whatever it does: state is
conflated by itself, events are never lost, and a slow follower costs one number.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import structlog

from services.outages import is_database_away
from services.raid_reader import RaidReader
from services.relay import Relay
from services.tailer import NEWEST_STRIKES, RETRY_SECONDS, Tailer
from services.views import Raid, RaidEvent, Strike

NO_RAID_POLL_SECONDS = 0.25
EVENTS_A_MOMENT = 500

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
    """One per process. `wake` it after every commit, `hear` of those of others; `stop` it at the end."""

    def __init__(self, reader: RaidReader, *, updates_per_second: float = 4.0) -> None:
        """A follower is given at most `updates_per_second` moments a second."""
        self._reader = reader
        self._pause = 1.0 / updates_per_second
        self._tailers: dict[int, Tailer] = {}
        self._relay: Relay | None = None
        self._relaying: asyncio.Task[None] | None = None
        self._stopping = False

    def wake(self) -> None:
        """Something was committed here."""
        for tailer in self._tailers.values():
            tailer.wake()

    def hear(self) -> None:
        """Something was committed elsewhere."""
        for tailer in self._tailers.values():
            tailer.hear()

    def relay_through(self, relay: Relay) -> None:
        """From now on the live raid is followed even for nobody: `relay` is told of it, and tells of it."""
        self._relay = relay
        relay.start(self._offer)
        self._relaying = asyncio.create_task(self._follow_for_others(), name="relay: following")

    def _offer(self, raid: Raid) -> None:
        tailer = self._tailers.get(raid.id)
        if tailer is not None:
            tailer.offer(raid)

    async def _follow_for_others(self) -> None:
        """What is committed here, the others hear from here alone: nobody else may have read it."""
        away = False
        while not self._stopping:
            try:
                raid_id = await self._await_raid(None)
                away = False
                if raid_id is not None:
                    async with self._open(raid_id) as tailer:
                        while not tailer.is_over:
                            await tailer.next_change()
            except Exception as error:
                if not is_database_away(error):
                    log.exception("relay: following failed, tried again in a moment")
                elif not away:
                    log.warning("relay: database away", error=type(error).__name__)
                    away = True
                await asyncio.sleep(RETRY_SECONDS)

    async def stop(self) -> None:
        """Ends every follower's feed."""
        self._stopping = True
        if self._relaying is not None:
            self._relaying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._relaying
        for tailer in list(self._tailers.values()):
            await tailer.stop()

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
        async with self._open(number) as tailer:
            async for moment in self._moments(tailer, after, start, with_strikes=with_strikes):
                yield moment

    async def position(self, raid_id: str | None) -> Position:
        """Where a follower that begins now begins."""
        number = await self._reader.followed_raid_id(raid_id)
        if number is None:
            return Position(None)
        async with self._open(number) as tailer:
            raid = tailer.raid
            return Position(raid, 0 if raid is None else raid.totals.strikes)

    async def catch_up(self, position: Position, after: int | None) -> AsyncIterator[Moment]:
        """The state at `position` with the events after `after` up to it: what a late joiner has missed."""
        raid = position.raid
        if raid is None:
            return
        if after is None or not 0 <= after <= raid.sequence:
            yield Moment(raid, (), after is not None, (), 0, position.number)
            return
        async for told, events in self._events(self._tailers.get(raid.id), raid, after):
            yield Moment(told, events, gap=False, strikes=(), skipped=0, number=position.number)

    async def _await_raid(self, raid_id: str | None) -> int | None:
        """The raid to follow; without an id, waits for one to be live. None when there is no such raid."""
        while True:
            number = await self._reader.followed_raid_id(raid_id)
            if number is not None or raid_id is not None or self._stopping:
                return number
            await asyncio.sleep(NO_RAID_POLL_SECONDS)

    @contextlib.asynccontextmanager
    async def _open(self, raid_id: int) -> AsyncIterator[Tailer]:
        """The raid's tailer, tailing as long as somebody has it open."""
        tailer = self._tailers.get(raid_id)
        if tailer is None:
            tailer = self._tailers[raid_id] = Tailer(self._reader, raid_id, self._relay)
        tailer.followers += 1
        try:
            await tailer.ready()
            yield tailer
        finally:
            tailer.followers -= 1
            if tailer.followers == 0 and self._tailers.get(raid_id) is tailer:
                del self._tailers[raid_id]
                tailer.end()

    async def _moments(
        self,
        tailer: Tailer,
        after: int | None,
        start: Position | None,
        *,
        with_strikes: bool,
    ) -> AsyncIterator[Moment]:
        raid = tailer.raid
        if raid is None:
            return
        if start is not None and start.raid is not None:
            last, number = start.raid.sequence, start.number
        else:
            known = after is not None and 0 <= after <= raid.sequence
            number = max(0, raid.totals.strikes - NEWEST_STRIKES) if with_strikes else raid.totals.strikes
            last = after if known and after is not None else raid.sequence
            if start is not None:
                last = 0  # it waited for this raid to begin: all of it is news
            strikes, skipped = await self._strikes(tailer, number, raid, wanted=with_strikes)
            number = raid.totals.strikes
            gap = after is not None and not known
            async for told, events in self._events(tailer, raid, last):
                yield Moment(told, events, gap, strikes, skipped, number)
                strikes, skipped, last = (), 0, told.sequence
        told_raid = raid if start is None or start.raid is None else start.raid
        while True:
            if tailer.raid is told_raid or tailer.raid is None:
                if tailer.is_over:
                    return
                await tailer.next_change()
                continue
            raid = told_raid = tailer.raid
            strikes, skipped = await self._strikes(tailer, number, raid, wanted=with_strikes)
            number = raid.totals.strikes
            async for told, events in self._events(tailer, raid, last):
                yield Moment(told, events, gap=False, strikes=strikes, skipped=skipped, number=number)
                strikes, skipped, last = (), 0, told.sequence
            if not tailer.is_over:
                await asyncio.sleep(self._pause)

    async def _events(
        self,
        tailer: Tailer | None,
        raid: Raid,
        after: int,
    ) -> AsyncIterator[tuple[Raid, tuple[RaidEvent, ...]]]:
        """The events after `after` up to the raid's newest, in steps; each with the raid as told so far."""
        while True:
            remembered = None if tailer is None else tailer.remembered(after, raid.sequence)
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
        tailer: Tailer,
        number: int,
        raid: Raid,
        *,
        wanted: bool,
    ) -> tuple[tuple[Strike, ...], int]:
        """The newest strikes after `number`, oldest first, and how many more there were."""
        new = raid.totals.strikes - number
        if not wanted or new <= 0:
            return (), 0
        newest = await tailer.newest_strikes(raid)
        strikes = tuple(strike for strike in newest if number < strike.number <= raid.totals.strikes)
        return strikes, new - len(strikes)
