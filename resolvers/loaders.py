"""Reads put together: whatever many objects of one answer ask for is asked for in one statement.

Nothing is kept: what a strike changed must be seen by the fields that are resolved after it.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from strawberry.dataloader import DataLoader

from services.errors import WorldThreatError
from services.rules.events import RaidEventKind
from services.rules.values import Reward, StrikeAction
from services.views import (
    Character,
    Equipment,
    HpSample,
    LeaderboardEntry,
    LeaderboardMetric,
    Page,
    Player,
    Principal,
    RaidEvent,
    RosterFilter,
    Strike,
    SuggestedTeam,
)
from services.world_threat import WorldThreatService

Key = TypeVar("Key", bound=Hashable)
Group = TypeVar("Group", bound=Hashable)
Result = TypeVar("Result")
LARGEST_BATCH = 500
ROSTERS_AT_ONCE = 100
"""A roster is read whole to be put in order: as many players as one page of a leaderboard has, and no more."""


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


@dataclass(frozen=True, slots=True)
class HpHistoryKey:
    points: int


@dataclass(frozen=True, slots=True)
class RosterKey:
    first: int
    after: str | None
    chosen: RosterFilter


@dataclass(frozen=True, slots=True)
class SuggestionKey:
    discord_id: str
    action: StrikeAction
    size: int


class Loaders:
    """The loaders of one request.

    Where a field has arguments they take ``(id, key)`` of the raid or player: one statement for each different key.
    What the service refuses for one of them is refused for that one alone.
    """

    def __init__(self, service: WorldThreatService, principal: Principal) -> None:
        self._service, self._principal = service, principal
        self.players: DataLoader[int, Player] = _loader(service.players_by_user_id)
        self.leaderboards: DataLoader[tuple[int, LeaderboardKey], tuple[LeaderboardEntry, ...]] = _loader(
            _grouped(self._load_leaderboards)
        )
        self.events: DataLoader[tuple[int, EventsKey], tuple[RaidEvent, ...]] = _loader(_grouped(self._load_events))
        self.strikes: DataLoader[tuple[int, StrikesKey], Page[Strike]] = _loader(_grouped(self._load_strikes))
        self.hp_histories: DataLoader[tuple[int, HpHistoryKey], tuple[HpSample, ...]] = _loader(
            _grouped(self._load_hp_histories)
        )
        self.rosters: DataLoader[tuple[int, RosterKey], Page[Character]] = _loader(
            _grouped(self._load_rosters), at_once=ROSTERS_AT_ONCE
        )
        self.equipment: DataLoader[int, tuple[Equipment, ...]] = _loader(self._load_equipment)
        self.balances: DataLoader[int, tuple[Reward, ...]] = _loader(self._load_balances)
        self.reminders: DataLoader[int, bool] = _loader(self._load_reminders)
        self.suggestions: DataLoader[SuggestionKey, SuggestedTeam | None] = _loader(self._load_suggestions)

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

    async def _load_hp_histories(self, raid_ids: Sequence[int], key: HpHistoryKey) -> Sequence[tuple[HpSample, ...]]:
        return await self._service.hp_histories(self._principal, raid_ids, points=key.points)

    async def _load_rosters(
        self, user_ids: Sequence[int], key: RosterKey
    ) -> Sequence[Page[Character] | WorldThreatError]:
        return await self._service.rosters(
            self._principal, user_ids, first=key.first, after=key.after, filter=key.chosen
        )

    async def _load_equipment(self, user_ids: Sequence[int]) -> Sequence[tuple[Equipment, ...] | WorldThreatError]:
        return await self._service.equipment(self._principal, user_ids)

    async def _load_balances(self, user_ids: Sequence[int]) -> Sequence[tuple[Reward, ...] | WorldThreatError]:
        return await self._service.balances(self._principal, user_ids)

    async def _load_reminders(self, user_ids: Sequence[int]) -> Sequence[bool | WorldThreatError]:
        return await self._service.reminders_wanted(self._principal, user_ids)

    async def _load_suggestions(
        self, keys: Sequence[SuggestionKey]
    ) -> Sequence[SuggestedTeam | WorldThreatError | None]:
        found: dict[SuggestionKey, SuggestedTeam | WorldThreatError | None] = {}
        for discord_id in dict.fromkeys(key.discord_id for key in keys):
            theirs = [key for key in keys if key.discord_id == discord_id]
            wanted = [(key.action, key.size) for key in theirs]
            teams: Sequence[SuggestedTeam | WorldThreatError | None]
            try:
                teams = await self._service.suggest_teams(self._principal, discord_id=discord_id, wanted=wanted)
            except WorldThreatError as refusal:
                teams = [refusal] * len(theirs)
            found |= zip(theirs, teams, strict=True)
        return [found[key] for key in keys]


def _loader(
    load: Callable[[list[Key]], Awaitable[Sequence[Result | WorldThreatError]]], *, at_once: int = LARGEST_BATCH
) -> DataLoader[Key, Result]:
    """A loader that asks for each key once in a batch, and remembers nothing after it."""

    async def load_once(keys: list[Key]) -> list[Result | WorldThreatError]:
        once = list(dict.fromkeys(keys))
        found = dict(zip(once, await load(once), strict=True))
        return [found[key] for key in keys]

    return DataLoader(load_once, max_batch_size=at_once, cache=False)


def _grouped(
    load: Callable[[Sequence[int], Group], Awaitable[Sequence[Result | WorldThreatError]]],
) -> Callable[[list[tuple[int, Group]]], Awaitable[list[Result | WorldThreatError]]]:
    """`load` by groups. What it raises for one group, such as a cursor that is none, is that group's answer alone."""

    async def load_groups(keys: list[tuple[int, Group]]) -> list[Result | WorldThreatError]:
        groups: dict[Group, list[int]] = {}
        for number, group in keys:
            groups.setdefault(group, []).append(number)
        found: dict[tuple[int, Group], Result | WorldThreatError] = {}
        for group, numbers in groups.items():
            try:
                results = await load(numbers, group)
            except WorldThreatError as refusal:
                results = [refusal] * len(numbers)
            found |= {(number, group): result for number, result in zip(numbers, results, strict=True)}
        return [found[key] for key in keys]

    return load_groups
