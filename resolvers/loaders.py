"""Reads put together: whatever many objects of one answer ask for is asked for in one statement.

Nothing is kept: what a strike changed must be seen by the fields that are resolved after it.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from strawberry.dataloader import DataLoader

from services.rules.events import RaidEventKind
from services.views import LeaderboardEntry, LeaderboardMetric, Page, Player, Principal, RaidEvent, Strike
from services.world_threat import WorldThreatService

Key = TypeVar("Key", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)
Result = TypeVar("Result")
LARGEST_BATCH = 500


@dataclass(frozen=True, slots=True)
class LeaderboardKey:
    metric: LeaderboardMetric
    first: int


@dataclass(frozen=True, slots=True)
class EventsKey:
    after: int
    kinds: tuple[RaidEventKind, ...] | None
    first: int


@dataclass(frozen=True, slots=True)
class StrikesKey:
    first: int
    after: str | None
    discord_id: str | None


class Loaders:
    """The loaders of one request. Those of raids take ``(raid_id, key)``: one statement for each different key."""

    def __init__(self, service: WorldThreatService, principal: Principal) -> None:
        self._service, self._principal = service, principal
        self.players: DataLoader[int, Player] = _loader(service.players_by_user_id)
        self.leaderboards: DataLoader[tuple[int, LeaderboardKey], tuple[LeaderboardEntry, ...]] = _loader(
            _grouped(self._load_leaderboards)
        )
        self.events: DataLoader[tuple[int, EventsKey], tuple[RaidEvent, ...]] = _loader(_grouped(self._load_events))
        self.strikes: DataLoader[tuple[int, StrikesKey], Page[Strike]] = _loader(_grouped(self._load_strikes))

    async def _load_leaderboards(
        self, raid_ids: Sequence[int], key: LeaderboardKey
    ) -> Sequence[tuple[LeaderboardEntry, ...]]:
        return await self._service.leaderboards(self._principal, raid_ids, metric=key.metric, first=key.first)

    async def _load_events(self, raid_ids: Sequence[int], key: EventsKey) -> Sequence[tuple[RaidEvent, ...]]:
        return await self._service.events(self._principal, raid_ids, after=key.after, kinds=key.kinds, first=key.first)

    async def _load_strikes(self, raid_ids: Sequence[int], key: StrikesKey) -> Sequence[Page[Strike]]:
        return await self._service.strikes(
            self._principal, raid_ids, first=key.first, after=key.after, discord_id=key.discord_id
        )


def _loader(load: Callable[[list[Key]], Awaitable[Sequence[Result]]]) -> DataLoader[Key, Result]:
    """A loader that asks for each key once in a batch, and remembers nothing after it."""

    async def load_once(keys: list[Key]) -> list[Result]:
        once = list(dict.fromkeys(keys))
        found = dict(zip(once, await load(once), strict=True))
        return [found[key] for key in keys]

    return DataLoader(load_once, max_batch_size=LARGEST_BATCH, cache=False)


def _grouped(
    load: Callable[[Sequence[int], Group], Awaitable[Sequence[Result]]],
) -> Callable[[list[tuple[int, Group]]], Awaitable[list[Result]]]:
    async def load_groups(keys: list[tuple[int, Group]]) -> list[Result]:
        groups: dict[Group, list[int]] = {}
        for raid_id, group in keys:
            groups.setdefault(group, []).append(raid_id)
        found: dict[tuple[int, Group], Result] = {}
        for group, raid_ids in groups.items():
            results = await load(raid_ids, group)
            found |= {(raid_id, group): result for raid_id, result in zip(raid_ids, results, strict=True)}
        return [found[key] for key in keys]

    return load_groups
