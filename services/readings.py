"""What can be asked of raids and players, and who may ask it: one half of the service."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from services import permissions, views
from services.errors import ForbiddenError, WorldThreatError
from services.player_book import PlayerBook
from services.raid_reader import RaidReader
from services.recent import Recent, is_anybody
from services.reminders import ReminderBook
from services.rules.events import RaidEventKind
from services.rules.values import RaidStatus, Reward
from services.views import (
    Character,
    LeaderboardEntry,
    LeaderboardMetric,
    Page,
    Participation,
    Player,
    Principal,
    Raid,
    RosterFilter,
)

Owned = TypeVar("Owned")


class Readings:
    """Answers from the database; the crowd's from what was read a moment ago (`services.recent`)."""

    def __init__(self, reader: RaidReader, players: PlayerBook, recent: Recent, reminders: ReminderBook) -> None:
        self._reader = reader
        self._players = players
        self._recent = recent
        self.reminders = reminders

    async def active_raid(self, principal: Principal) -> Raid | None:
        """The raid that can be struck, or is paused, now."""
        if is_anybody(principal):
            return await self._recent.get("active raid", self._reader.active_raid)
        return await self._reader.active_raid()

    async def raid(self, _principal: Principal, raid_id: str) -> Raid | None:
        return await self._reader.raid(raid_id)

    async def raids(
        self,
        _principal: Principal,
        *,
        first: int,
        after: str | None,
        status: RaidStatus | None,
    ) -> Page[Raid]:
        """Newest first."""
        return await self._reader.raids(first=first, after=after, status=status)

    async def leaderboard(
        self,
        principal: Principal,
        *,
        raid_id: str | None,
        metric: LeaderboardMetric,
        first: int,
    ) -> tuple[LeaderboardEntry, ...] | None:
        """Of the raid that is named, else the live one, else the newest; None when there is none."""
        read = partial(self._reader.leaderboard, principal, raid_id=raid_id, metric=metric, first=first)
        return await (self._recent.get((raid_id, metric, first), read) if is_anybody(principal) else read())

    async def leaderboard_around(
        self,
        principal: Principal,
        *,
        discord_id: str,
        raid_id: str | None,
        metric: LeaderboardMetric,
        radius: int,
    ) -> tuple[LeaderboardEntry, ...] | None:
        return await self._reader.leaderboard_around(
            principal,
            discord_id=discord_id,
            raid_id=raid_id,
            metric=metric,
            radius=radius,
        )

    async def leaderboards(
        self,
        principal: Principal,
        raid_ids: Sequence[int],
        *,
        metric: LeaderboardMetric,
        first: int,
    ) -> list[tuple[LeaderboardEntry, ...]]:
        read = partial(self._reader.leaderboards, principal, raid_ids, metric=metric, first=first)
        return await (self._recent.get((tuple(raid_ids), metric, first), read) if is_anybody(principal) else read())

    async def events(
        self,
        _principal: Principal,
        raid_ids: Sequence[int],
        *,
        after: int,
        kinds: tuple[RaidEventKind, ...] | None,
        first: int,
    ) -> list[tuple[views.RaidEvent, ...]]:
        return await self._reader.events(raid_ids, after=after, kinds=kinds, first=first)

    async def strikes(
        self,
        _principal: Principal,
        raid_ids: Sequence[int],
        *,
        first: int,
        after: str | None,
        discord_id: str | None,
    ) -> list[Page[views.Strike]]:
        """Newest first."""
        return await self._reader.strikes(raid_ids, first=first, after=after, discord_id=discord_id)

    async def hp_histories(
        self,
        _principal: Principal,
        raid_ids: Sequence[int],
        *,
        points: int,
    ) -> list[tuple[views.HpSample, ...]]:
        return await self._reader.hp_histories(raid_ids, points=points)

    async def player(self, _principal: Principal, discord_id: str) -> Player | None:
        return await self._players.player(discord_id)

    async def players_by_user_id(self, user_ids: Sequence[int]) -> list[Player]:
        """Aligned with `user_ids`, which must be players'."""
        return await self._players.players(user_ids)

    def may_see_private(self, principal: Principal, user_id: int) -> bool:
        return permissions.may_see_private(principal, user_id)

    async def roster(
        self,
        principal: Principal,
        user_id: int,
        *,
        first: int,
        after: str | None,
        filter: RosterFilter,  # noqa: A002 - the name that the API gives it
    ) -> Page[Character]:
        """Raises ForbiddenError for whom it does not concern, InvalidInputError for a cursor of another list."""
        (found,) = await self.rosters(principal, [user_id], first=first, after=after, filter=filter)
        if isinstance(found, WorldThreatError):
            raise found
        return found

    async def rosters(
        self,
        principal: Principal,
        user_ids: Sequence[int],
        *,
        first: int,
        after: str | None,
        filter: RosterFilter,  # noqa: A002 - the name that the API gives it
    ) -> list[Page[Character] | WorldThreatError]:
        """Aligned with `user_ids`; in place of a refused player's there is what `roster` would raise for them."""
        return await _of_permitted(
            principal,
            user_ids,
            lambda permitted: self._players.rosters(permitted, first=first, after=after, roster_filter=filter),
        )

    async def equipment(
        self,
        principal: Principal,
        user_ids: Sequence[int],
    ) -> list[tuple[views.Equipment, ...] | WorldThreatError]:
        """Aligned with `user_ids`, as `rosters`."""
        return await _of_permitted(principal, user_ids, self._players.equipment)

    async def balances(
        self,
        principal: Principal,
        user_ids: Sequence[int],
    ) -> list[tuple[Reward, ...] | WorldThreatError]:
        """Aligned with `user_ids`, as `rosters`."""
        return await _of_permitted(principal, user_ids, self._players.balances)

    async def reminders_wanted(self, principal: Principal, user_ids: Sequence[int]) -> list[bool | WorldThreatError]:
        """Aligned with `user_ids`, as `rosters`."""
        return await _of_permitted(principal, user_ids, self.reminders.wanted)

    async def participation(
        self,
        principal: Principal,
        *,
        discord_id: str,
        raid_id: str | None,
    ) -> Participation | None:
        return await self._players.participation(principal, discord_id=discord_id, raid_id=raid_id)

    async def rank(
        self,
        _principal: Principal,
        *,
        raid_id: int,
        user_id: int,
        metric: LeaderboardMetric,
    ) -> int | None:
        return await self._reader.rank(raid_id=raid_id, user_id=user_id, metric=metric)

    async def catalogue(
        self,
        _principal: Principal,
        *,
        first: int,
        after: str | None,
        search: str | None,
    ) -> Page[views.CatalogueCharacter]:
        return await self._players.catalogue(first=first, after=after, search=search)


async def _of_permitted(
    principal: Principal,
    user_ids: Sequence[int],
    read: Callable[[Sequence[int]], Awaitable[Sequence[Owned | WorldThreatError]]],
) -> list[Owned | WorldThreatError]:
    """What `read` finds of the players that `principal` may see, and each other's ForbiddenError in its place."""
    found: dict[int, Owned | WorldThreatError] = {}
    permitted = []
    for user_id in user_ids:
        try:
            permissions.require_private(principal, user_id)
        except ForbiddenError as refusal:
            found[user_id] = refusal
        else:
            permitted.append(user_id)
    if permitted:
        found |= zip(permitted, await read(permitted), strict=True)
    return [found[user_id] for user_id in user_ids]
