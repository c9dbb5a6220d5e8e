"""One raid's tailer: it reads the raid's row and the events after the newest it knows, for all who follow here.

PostgreSQL is asked at once after a commit of this process, soon after a wake-up from another one, and every
`POLL_SECONDS` in any case. With a relay that is up, a wake-up first gives the relay a moment to bring what was
committed, and `RELAYED_POLL_SECONDS` is often enough.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from itertools import takewhile

import structlog

from services.outages import is_database_away
from services.raid_reader import RaidReader
from services.relay import Relay
from services.rules.values import RaidStatus
from services.views import Raid, RaidEvent, Strike

POLL_SECONDS = 0.1
RELAYED_POLL_SECONDS = 1.0
RELAY_GRACE_SECONDS = 0.05
BREATH_SECONDS = 0.025
RETRY_SECONDS = 0.5
EVENTS_REMEMBERED = 2_000
EVENTS_A_QUERY = 500
NEWEST_STRIKES = 20

log = structlog.get_logger(__name__)


class Tailer:
    """`raid` is the newest state, None until it is known. It begins to read when it is made."""

    def __init__(self, reader: RaidReader, raid_id: int, relay: Relay | None) -> None:
        self._reader = reader
        self._raid_id = raid_id
        self._relay = relay
        self.raid: Raid | None = None
        self.followers = 0
        self._events: deque[RaidEvent] = deque(maxlen=EVENTS_REMEMBERED)
        """One unbroken run that ends with the newest event."""
        self._strikes: tuple[int, tuple[Strike, ...]] = (0, ())
        self._stir = asyncio.Event()
        self._woken = True
        self._heard_at: float | None = None
        self._offered: Raid | None = None
        self._asked_at = 0.0
        self._known_at = asyncio.get_running_loop().time()
        self._changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._known = asyncio.Event()
        self._task = asyncio.create_task(self._tail(), name=f"tailer of raid {raid_id}")

    @property
    def is_over(self) -> bool:
        """Nothing will change any more: the raid is completed, or the feed is being stopped."""
        return self._task.done() or (self.raid is not None and self.raid.status is RaidStatus.COMPLETED)

    @property
    def age(self) -> float:
        """For how many seconds nothing was heard of the raid, neither that it changed nor that it did not."""
        return 0.0 if self.is_over else asyncio.get_running_loop().time() - self._known_at

    def wake(self) -> None:
        """Something was committed here."""
        self._woken = True
        self._stir.set()

    def hear(self) -> None:
        """Something was committed elsewhere."""
        if self._heard_at is None:
            self._heard_at = asyncio.get_running_loop().time()
        self._stir.set()

    def offer(self, raid: Raid) -> None:
        """The relay says that the raid stands so."""
        if self.raid is not None and raid.seed_hash == self.raid.seed_hash:
            self._offered = raid
            self._stir.set()

    async def ready(self) -> None:
        await self._known.wait()

    async def next_change(self) -> None:
        await asyncio.shield(self._changed)

    def remembered(self, after: int, upto: int) -> tuple[RaidEvent, ...] | None:
        """The events after `after` up to `upto`; None when they are not all remembered."""
        if after >= upto:
            return ()
        if not self._events or self._events[0].event.sequence > after + 1 or self._events[-1].event.sequence < upto:
            return None
        newest_first = takewhile(lambda event: event.event.sequence > after, reversed(self._events))
        return tuple(event for event in newest_first if event.event.sequence <= upto)[::-1]

    async def newest_strikes(self, raid: Raid) -> tuple[Strike, ...]:
        """The raid's newest strikes, oldest first; read once per change, whoever asks."""
        if self._strikes[0] < raid.totals.strikes:
            (page,) = await self._reader.strikes([raid.id], first=NEWEST_STRIKES, after=None, discord_id=None)
            newest = tuple(reversed(page.items))
            self._strikes = (newest[-1].number if newest else 0, newest)
        return self._strikes[1]

    def end(self) -> None:
        self._task.cancel()

    async def stop(self) -> None:
        self.end()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    # The task

    async def _tail(self) -> None:
        away = False
        try:
            while not (self.raid is not None and self.raid.status is RaidStatus.COMPLETED):
                try:
                    await self._step()
                    away = False
                except asyncio.CancelledError:
                    raise
                except Exception as error:
                    if not is_database_away(error):
                        log.exception("feed: tried again in a moment", raid=self._raid_id)
                    elif not away:
                        log.warning("feed: database away", raid=self._raid_id, error=type(error).__name__)
                        away = True
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._known.set()
            self._tell_followers()

    async def _step(self) -> None:
        """Takes what is offered, asks PostgreSQL when it is time to, else waits for a reason."""
        loop = asyncio.get_running_loop()
        self._stir.clear()
        offered, self._offered = self._offered, None
        if offered is not None and self.raid is not None and _age(offered) > _age(self.raid):
            self._heard_at = None
            self._woken = not await self._take(offered, self.raid) or self._woken
        seconds = self._next_question() - loop.time()
        if seconds <= 0:
            self._woken, self._heard_at, self._asked_at = False, None, loop.time()
            try:
                await self._read()
            except BaseException:
                self._woken = True
                raise
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):  # wait_for can lose a cancellation before Python 3.12
                    await self._stir.wait()

    def _next_question(self) -> float:
        """When PostgreSQL is to be asked next, by the loop's clock."""
        relayed = self._relay is not None and self._relay.is_up
        at = self._asked_at + (RELAYED_POLL_SECONDS if relayed else POLL_SECONDS)
        if self._heard_at is not None:
            at = min(at, self._heard_at + (RELAY_GRACE_SECONDS if relayed else 0.0))
        if self._woken:
            at = 0.0
        return max(at, self._asked_at + BREATH_SECONDS)

    async def _take(self, offered: Raid, known: Raid) -> bool:
        """Moves on to what another process has read; False when that is not all there."""
        if self._relay is None or offered.status is RaidStatus.COMPLETED:  # its seed is in PostgreSQL alone
            return False
        events = await self._relay.events(known, after=known.sequence, upto=offered.sequence)
        if len(events) != offered.sequence - known.sequence:
            return False
        self._move(offered, events)
        return True

    async def _read(self) -> None:
        known = self.raid
        raid = await self._reader.raid(str(self._raid_id))
        self._known_at = asyncio.get_running_loop().time()
        if raid is None or raid == known:
            return
        if known is None:
            begin = max(0, raid.sequence - EVENTS_REMEMBERED)
            events = () if self._relay is None else await self._relay.events(raid, after=begin, upto=raid.sequence)
            self._move(raid, events)
            return
        if _age(raid) < _age(known):
            log.warning("feed: the raid stands before what was told of it", raid=raid.id, sequence=raid.sequence)
            self._events.clear()
            if self._relay is not None:
                self._relay.forget(raid)
        fresh = await self._fresh(raid, known.sequence)
        self._move(raid, fresh)
        if self._relay is not None:
            self._relay.tell(raid, fresh)

    async def _fresh(self, raid: Raid, after: int) -> Sequence[RaidEvent]:
        """The events after `after`, or the newest of them where they are more than can be remembered."""
        if raid.sequence - after > EVENTS_REMEMBERED:
            self._events.clear()
            after = raid.sequence - EVENTS_REMEMBERED
        found: list[RaidEvent] = []
        while after < raid.sequence:
            (events,) = await self._reader.events([raid.id], after=after, kinds=None, first=EVENTS_A_QUERY)
            if not events:
                raise RuntimeError(f"raid {raid.id} stands at event {raid.sequence} but has none after {after}")
            found += [event for event in events if event.event.sequence <= raid.sequence]
            after = events[-1].event.sequence
        return found

    def _move(self, raid: Raid, events: Sequence[RaidEvent]) -> None:
        self._events.extend(events)
        self.raid = raid
        self._known.set()
        self._tell_followers()

    def _tell_followers(self) -> None:
        if not self._changed.done():
            self._changed.set_result(None)
        self._changed = asyncio.get_running_loop().create_future()


def _age(raid: Raid) -> tuple[int, int]:
    """Grows with everything that happens to a raid: an event or a strike."""
    return raid.sequence, raid.totals.strikes
