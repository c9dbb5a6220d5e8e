"""The events of raids, read once for all channels."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from bot.announcing.queries import Asks, RaidEvent, RaidHead, events_after

__all__ = ["EventLog"]

PAGE_EVENTS: Final = 100
PAGES_KEPT: Final = 64

_Key = tuple[str, int]


class EventLog:
    """Reads pages of events from the API and keeps the newest used of them. An event never changes."""

    def __init__(self, api: Asks) -> None:
        self._api = api
        self._pages: OrderedDict[_Key, tuple[RaidEvent, ...]] = OrderedDict()
        self._reading: dict[_Key, asyncio.Lock] = {}

    async def waiting(self, raid: RaidHead, after: int, kinds: Iterable[str], at_most: int) -> list[RaidEvent]:
        """The first `at_most` events of these kinds after the sequence `after`, up to the raid's newest, in order.

        Raises:
            BotApiError
        """
        wanted, found = frozenset(kinds), list[RaidEvent]()
        while after < raid.sequence and len(found) < at_most:
            page = await self._page(raid, after // PAGE_EVENTS, after + 1)
            found += [event for event in page if event.sequence > after and event.kind in wanted]
            after = page[-1].sequence if page else raid.sequence
        return found[:at_most]

    async def _page(self, raid: RaidHead, number: int, needed: int) -> tuple[RaidEvent, ...]:
        """Events ``number * PAGE_EVENTS + 1`` and on; read again when the sequence `needed` was not there yet."""
        key = (raid.id, number)
        async with self._reading.setdefault(key, asyncio.Lock()):
            page = self._pages.get(key, ())
            newest_here = min(raid.sequence, (number + 1) * PAGE_EVENTS)
            if not page or page[-1].sequence < max(needed, newest_here):
                page = await events_after(self._api, raid.id, number * PAGE_EVENTS, PAGE_EVENTS)
                self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > PAGES_KEPT:
                forgotten, _ = self._pages.popitem(last=False)
                self._reading.pop(forgotten, None)
            return page
