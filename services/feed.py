"""The live feed: one tailer per process and raid (services/tailer.py), any number of followers.

Sequences are gapless and in commit order, so ``sequence > last`` never skips.

A follower pulls. It is handed the newest state there is and every event since its last moment, from the
tailer's memory or, if it fell far behind, from the log. Nothing queues up for it, whatever it does: state is
conflated by itself, events are never lost, and a slow follower costs one number.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from services.outages import is_database_away
from services.paging import encode_cursor
from services.raid_reader import RaidReader
from services.relay import Relay
from services.tailer import NEWEST_STRIKES, RETRY_SECONDS, Tailer
from services.views import Raid, RaidEvent, Strike

NO_RAID_POLL_SECONDS = 0.25
EVENTS_A_MOMENT = 500

Read = TypeVar("Read")

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
        """A follower is given at most `updates_per_second` moments a second, two of them at once after a rest."""
        self._reader = reader
        self._pause = 1.0 / updates_per_second
        self._tailers: dict[int, Tailer] = {}
        self._relay: Relay | None = None
        self._relaying: asyncio.Task[None] | None = None
        self._next_raid: asyncio.Task[int | None] | None = None
        self._waiting = 0
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something was committed here."""
        self._woken.set()
        for tailer in self._tailers.values():
            tailer.wake()

    def hear(self) -> None:
        """Something was committed elsewhere."""
        self._woken.set()
        for tailer in self._tailers.values():
            tailer.hear()

    @property
    def age(self) -> float:
        """How old it is what is known of the raids that are followed, in seconds: 0 when nobody follows."""
        return max((tailer.age for tailer in self._tailers.values()), default=0.0)

    @property
    def followers(self) -> int:
        return sum(tailer.followers for tailer in self._tailers.values())

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
                raid_id = await self._await_raid()
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
        self._woken.set()
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
    ) -> AsyncGenerator[Moment, None]:
        """The raid's moments until it is over; without an id the live raid's, or the next one's to begin.

        From `start`: only what comes after it. Otherwise the present state at once, with the events after
        `after`, then what comes; of a raid that had to be waited for, everything. Ends at once for a raid that does
        not exist.
        """
        number = await self._reader.followed_raid_id(raid_id)
        if number is None and raid_id is None:
            number, start = await self._await_raid(), Position(None)
        if number is None or self._stopping:
            return
        async with (
            self._open(number) as tailer,
            aclosing(self._moments(tailer, after, start, with_strikes=with_strikes)) as moments,
        ):
            async for moment in moments:
                yield moment

    async def position(self, raid_id: str | None) -> Position:
        """Where a follower that begins now begins."""
        number = await self._reader.followed_raid_id(raid_id)
        if number is None or self._stopping:
            return Position(None)
        async with self._open(number) as tailer:
            raid = tailer.raid
            return Position(raid, 0 if raid is None else raid.totals.strikes)

    async def catch_up(
        self,
        position: Position,
        after: int | None,
        *,
        start: Position | None = None,
        with_strikes: bool = False,
    ) -> AsyncGenerator[Moment, None]:
        """What a late joiner has missed, up to `position` and no further: what came after `start`, or without one
        the state with the events after `after`.
        """
        raid = position.raid
        if raid is None:
            return
        last, number, gap = _beginning(raid, position.number, after, start)
        strikes: tuple[Strike, ...] = ()
        if with_strikes and number < position.number:
            before = encode_cursor(position.number + 1)
            (page,) = await self._patiently(
                lambda: self._reader.strikes([raid.id], first=NEWEST_STRIKES, after=before, discord_id=None)
            )
            strikes = tuple(strike for strike in reversed(page.items) if strike.number > number)
        skipped = max(0, position.number - number - len(strikes)) if with_strikes else 0
        async with aclosing(self._events(self._tailers.get(raid.id), raid, last)) as steps:
            async for told, events in steps:
                yield Moment(told, events, gap, strikes, skipped, position.number)
                strikes, skipped, gap = (), 0, False

    async def is_behind(self, raid: Raid, after: int) -> bool:
        """Whether `after` is an event of the raid that came after `raid`: another process has told it already.

        If so, it is soon told here too.
        """
        if after <= raid.sequence:
            return False
        newest = await self._patiently(lambda: self._reader.raid(str(raid.id)))
        if newest is None or after > newest.sequence:
            return False
        self.wake()
        return True

    async def _await_raid(self) -> int | None:
        """The next raid to be live: asked for once, however many wait for it. None when the feed is stopped."""
        if self._next_raid is None or self._next_raid.done():
            self._next_raid = asyncio.create_task(self._watch_for_raid(), name="waiting for a raid")
        watch = self._next_raid
        self._waiting += 1
        try:
            return await asyncio.shield(watch)
        finally:
            self._waiting -= 1
            if self._waiting == 0:
                watch.cancel()
                self._next_raid = None

    async def _watch_for_raid(self) -> int | None:
        while not self._stopping:
            self._woken.clear()
            number = await self._patiently(lambda: self._reader.followed_raid_id(None))
            if number is not None:
                return number
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(NO_RAID_POLL_SECONDS):
                    await self._woken.wait()
        return None

    async def _patiently(self, read: Callable[[], Awaitable[Read]]) -> Read:
        """What `read` reads, as soon as the database answers: a follower waits out what the tailer waits out."""
        while True:
            try:
                return await read()
            except Exception as error:
                if self._stopping or not is_database_away(error):
                    raise
                await asyncio.sleep(RETRY_SECONDS)

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
    ) -> AsyncGenerator[Moment, None]:
        raid = tailer.raid
        if raid is not None and after is not None and start is None and await self.is_behind(raid, after):
            while not tailer.is_over and (tailer.raid is None or tailer.raid.sequence < after):
                await tailer.next_change()
            raid = tailer.raid
        if raid is None:
            return
        last, number, gap = _beginning(raid, raid.totals.strikes, after, start)
        # Whoever begins at a state has seen it; everyone else is told it first.
        told_raid = raid if start is not None and start.raid == raid else None
        # When the next moment is due, were they told at an even pace. One may come early by a pause, so that changes
        # as frequent as moments may be are told at once, each of them; of more frequent ones only the newest.
        loop, due = asyncio.get_running_loop(), 0.0
        while True:
            if tailer.raid is None or tailer.raid is told_raid:
                if tailer.is_over:
                    return
                await tailer.next_change()
                continue
            raid = told_raid = tailer.raid
            strikes, skipped, number = await self._strikes(tailer, number, raid, wanted=with_strikes)
            due = max(due, loop.time()) + self._pause
            async with aclosing(self._events(tailer, raid, last)) as steps:
                async for told, events in steps:
                    yield Moment(told, events, gap, strikes, skipped, number)
                    strikes, skipped, last, gap = (), 0, told.sequence, False
            await self._rest(tailer, until=due - self._pause)

    async def _rest(self, tailer: Tailer, *, until: float) -> None:
        """The pause between two moments. The last one is told without."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while not tailer.is_over:
                    await tailer.next_change()

    async def _events(
        self,
        tailer: Tailer | None,
        raid: Raid,
        after: int,
    ) -> AsyncGenerator[tuple[Raid, tuple[RaidEvent, ...]], None]:
        """The events after `after` up to the raid's newest, in steps; each with the raid as told so far."""
        while True:
            events = None if tailer is None else tailer.remembered(after, raid.sequence)
            if events is None:
                events = await self._logged(raid, after)
            events = events[:EVENTS_A_MOMENT]
            after = events[-1].event.sequence if events else raid.sequence
            yield (raid if after == raid.sequence else replace(raid, sequence=after)), events
            if after >= raid.sequence:
                return

    async def _logged(self, raid: Raid, after: int) -> tuple[RaidEvent, ...]:
        (events,) = await self._patiently(
            lambda: self._reader.events([raid.id], after=after, kinds=None, first=EVENTS_A_MOMENT)
        )
        return tuple(event for event in events if event.event.sequence <= raid.sequence)

    async def _strikes(
        self,
        tailer: Tailer,
        number: int,
        raid: Raid,
        *,
        wanted: bool,
    ) -> tuple[tuple[Strike, ...], int, int]:
        """The newest strikes after `number`, oldest first, how many more there were, and the newest's number.

        They can be newer than `raid`, which is read before them.
        """
        if not wanted or raid.totals.strikes <= number:
            return (), 0, max(number, raid.totals.strikes)
        newest = await self._patiently(lambda: tailer.newest_strikes(raid))
        strikes = tuple(strike for strike in newest if strike.number > number)
        newest_number = max(number, newest[-1].number) if newest else number
        return strikes, newest_number - number - len(strikes), newest_number


def _beginning(raid: Raid, strikes: int, after: int | None, start: Position | None) -> tuple[int, int, bool]:
    """The last event and the last strike that count as told to a follower of `raid`, and whether there is a gap."""
    shown = max(0, strikes - NEWEST_STRIKES)
    if start is not None:
        # Without a raid it waited for this one to begin: all of it is news.
        return (0, shown, False) if start.raid is None else (start.raid.sequence, start.number, False)
    if after is None:
        return raid.sequence, shown, False
    known = 0 <= after <= raid.sequence
    return (after if known else raid.sequence), shown, not known
