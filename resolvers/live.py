"""Subscriptions: the feed's moments, as each subscription tells them.

`Following` is what one subscriber follows by themselves. A stream that many share is run more than once over the
same document: once as `Shared`, from now on and for everybody, and for joiners as `CatchUp`, up to the position at
which they join and no further.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

from services.feed import Moment, Position, RaidFeed
from services.rules.events import RaidEventKind
from services.views import Raid, RaidEvent, Strike


class Live(Protocol):
    """Where a subscription's moments come from."""

    def moments(self, raid_id: str | None, *, after: int | None, with_strikes: bool) -> AsyncGenerator[Moment, None]:
        """The moments, as RaidFeed.follow tells them."""


@dataclass(slots=True)
class Following:
    """The present state, then everything after: one subscriber's own."""

    feed: RaidFeed

    def moments(self, raid_id: str | None, *, after: int | None, with_strikes: bool) -> AsyncGenerator[Moment, None]:
        return self.feed.follow(raid_id, after=after, with_strikes=with_strikes)


@dataclass(slots=True)
class Shared:
    """Everything from now on, for all who ask the same.

    `settled` is set while all of `position` is told and the next moment is waited for: only then may somebody
    join. `has_news` tells whether the moment being told carries what nobody may skip.
    """

    feed: RaidFeed
    position: Position = field(default=Position(None), init=False)
    settled: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    has_news: bool = field(default=False, init=False)
    _moved: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def moved(self) -> None:
        """Waits until `position` is another one."""
        await self._moved.wait()

    def _settle(self, position: Position) -> None:
        self.position = position
        self.settled.set()
        self._moved.set()
        self._moved = asyncio.Event()

    async def moments(
        self,
        raid_id: str | None,
        *,
        after: int | None,  # noqa: ARG002 - each joiner's own
        with_strikes: bool,
    ) -> AsyncGenerator[Moment, None]:
        self._settle(await self.feed.position(raid_id))
        async with aclosing(self.feed.follow(raid_id, start=self.position, with_strikes=with_strikes)) as moments:
            async for moment in moments:
                self.settled.clear()
                self.has_news = bool(moment.events or moment.strikes)
                yield moment
                self._settle(moment.position)


@dataclass(slots=True)
class CatchUp:
    """One step of what a joiner of a shared stream has missed: towards `position`, and no further than to `reached`.

    From `start`, where the step before has reached; in the first step from what the joiner asks for: the state, and
    the events after `after`. `reached` is None, and nothing told, when the joiner knows more than `position`.
    """

    feed: RaidFeed
    position: Position
    start: Position | None
    reached: Position | None = field(init=False)

    def __post_init__(self) -> None:
        self.reached = self.position

    async def moments(
        self,
        raid_id: str | None,  # noqa: ARG002 - the position's
        *,
        after: int | None,
        with_strikes: bool,
    ) -> AsyncGenerator[Moment, None]:
        raid = self.position.raid
        if self.start is None and raid is not None and after is not None and await self.feed.is_behind(raid, after):
            self.reached = None
            return
        missed = self.feed.catch_up(self.position, after, start=self.start, with_strikes=with_strikes)
        async with aclosing(missed) as moments:
            async for moment in moments:
                self.reached = moment.position
                yield moment
                return


@dataclass(frozen=True, slots=True)
class RaidUpdate:
    sequence: int
    raid: Raid
    events: tuple[RaidEvent, ...]
    gap: bool


@dataclass(frozen=True, slots=True)
class StrikeFeed:
    strikes: tuple[Strike, ...]
    skipped: int
    last_number: int


async def raid_updates(
    live: Live,
    *,
    raid_id: str | None,
    after: int | None,
    kinds: tuple[RaidEventKind, ...] | None,
) -> AsyncGenerator[RaidUpdate, None]:
    async with aclosing(live.moments(raid_id, after=after, with_strikes=False)) as moments:
        async for moment in moments:
            events = tuple(event for event in moment.events if kinds is None or event.kind in kinds)
            yield RaidUpdate(moment.raid.sequence, moment.raid, events, moment.gap)


async def boss_hp(live: Live, *, raid_id: str | None) -> AsyncGenerator[Raid, None]:
    told: Raid | None = None
    async with aclosing(live.moments(raid_id, after=None, with_strikes=False)) as moments:
        async for moment in moments:
            raid = moment.raid
            if told is None or (raid.hp, raid.stage, raid.status) != (told.hp, told.stage, told.status):
                told = raid
                yield raid


async def events_of_kind(
    live: Live,
    kind: RaidEventKind,
    *,
    raid_id: str | None,
    after: int | None,
) -> AsyncGenerator[RaidEvent, None]:
    async with aclosing(live.moments(raid_id, after=after, with_strikes=False)) as moments:
        async for moment in moments:
            for event in moment.events:
                if event.kind is kind:
                    yield event


async def strike_feed(live: Live, *, raid_id: str | None) -> AsyncGenerator[StrikeFeed, None]:
    async with aclosing(live.moments(raid_id, after=None, with_strikes=True)) as moments:
        async for moment in moments:
            if moment.strikes:
                yield StrikeFeed(moment.strikes, moment.skipped, moment.number)
