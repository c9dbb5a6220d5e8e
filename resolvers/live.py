"""Subscriptions: the feed's moments, as each subscription tells them.

`Following` is what one subscriber follows by themselves. A stream that many share is run twice over the same
document: once as `Shared`, from now on and for everybody, and once for joiners as `CatchUp`, up to the position
at which they join and no further.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from services.feed import Moment, Position, RaidFeed
from services.rules.events import RaidEventKind
from services.views import Raid, RaidEvent, Strike


class Live(Protocol):
    """Where a subscription's moments come from."""

    def moments(self, raid_id: str | None, *, after: int | None, with_strikes: bool) -> AsyncIterator[Moment]:
        """The moments, as RaidFeed.follow tells them."""


@dataclass(slots=True)
class Following:
    """The present state, then everything after: one subscriber's own."""

    feed: RaidFeed

    async def moments(self, raid_id: str | None, *, after: int | None, with_strikes: bool) -> AsyncIterator[Moment]:
        async for moment in self.feed.follow(raid_id, after=after, with_strikes=with_strikes):
            yield moment


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

    async def moments(self, raid_id: str | None, *, after: int | None, with_strikes: bool) -> AsyncIterator[Moment]:  # noqa: ARG002 - joiners' own
        self.position = await self.feed.position(raid_id)
        self.settled.set()
        async for moment in self.feed.follow(raid_id, start=self.position, with_strikes=with_strikes):
            self.settled.clear()
            self.has_news = bool(moment.events)
            yield moment
            self.position = moment.position
            self.settled.set()


@dataclass(slots=True)
class CatchUp:
    """What a joiner of a shared stream has missed: the state at `position`, the events after `after` up to it."""

    feed: RaidFeed
    position: Position

    async def moments(self, raid_id: str | None, *, after: int | None, with_strikes: bool) -> AsyncIterator[Moment]:  # noqa: ARG002 - the position's
        async for moment in self.feed.catch_up(self.position, after):
            yield moment


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
) -> AsyncIterator[RaidUpdate]:
    async for moment in live.moments(raid_id, after=after, with_strikes=False):
        events = tuple(event for event in moment.events if kinds is None or event.kind in kinds)
        yield RaidUpdate(moment.raid.sequence, moment.raid, events, moment.gap)


async def boss_hp(live: Live, *, raid_id: str | None) -> AsyncIterator[Raid]:
    told: Raid | None = None
    async for moment in live.moments(raid_id, after=None, with_strikes=False):
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
) -> AsyncIterator[RaidEvent]:
    async for moment in live.moments(raid_id, after=after, with_strikes=False):
        for event in moment.events:
            if event.kind is kind:
                yield event


async def strike_feed(live: Live, *, raid_id: str | None) -> AsyncIterator[StrikeFeed]:
    async for moment in live.moments(raid_id, after=None, with_strikes=True):
        if moment.strikes:
            yield StrikeFeed(moment.strikes, moment.skipped, moment.number)
