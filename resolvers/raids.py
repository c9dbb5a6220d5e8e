"""Raids and what belongs to them."""

from resolvers import limits
from resolvers.context import Context
from resolvers.limits import within
from resolvers.loaders import EventsKey, HpHistoryKey, LeaderboardKey, StrikesKey
from services.rules.events import RaidEventKind
from services.rules.values import RaidStatus
from services.views import HpSample, LeaderboardEntry, LeaderboardMetric, Page, Raid, RaidEvent, Strike


async def active_raid(context: Context) -> Raid | None:
    return await context.service.active_raid(context.principal)


async def raid(context: Context, raid_id: str) -> Raid | None:
    return await context.service.raid(context.principal, raid_id)


async def raids(context: Context, *, first: int, after: str | None, status: RaidStatus | None) -> Page[Raid]:
    within("first", first, limits.PAGE)
    return await context.service.raids(context.principal, first=first, after=after, status=status)


async def leaderboard(
    context: Context, *, raid_id: str | None, metric: LeaderboardMetric, first: int
) -> tuple[LeaderboardEntry, ...] | None:
    within("first", first, limits.LEADERBOARD)
    return await context.service.leaderboard(context.principal, raid_id=raid_id, metric=metric, first=first)


async def leaderboard_around(
    context: Context, *, discord_id: str, raid_id: str | None, metric: LeaderboardMetric, radius: int
) -> tuple[LeaderboardEntry, ...] | None:
    within("radius", radius, limits.RADIUS)
    return await context.service.leaderboard_around(
        context.principal, discord_id=discord_id, raid_id=raid_id, metric=metric, radius=radius
    )


async def leaderboard_of(
    context: Context, raid_id: int, *, metric: LeaderboardMetric, first: int
) -> tuple[LeaderboardEntry, ...]:
    within("first", first, limits.LEADERBOARD)
    return await context.loaders.leaderboards.load((raid_id, LeaderboardKey(metric, first)))


async def events_of(
    context: Context, raid_id: int, *, first: int, after: int, kinds: tuple[RaidEventKind, ...] | None
) -> tuple[RaidEvent, ...]:
    within("first", first, limits.EVENTS)
    return await context.loaders.events.load((raid_id, EventsKey(after, kinds, first)))


async def strikes_of(
    context: Context, raid_id: int, *, first: int, after: str | None, discord_id: str | None
) -> Page[Strike]:
    within("first", first, limits.PAGE)
    return await context.loaders.strikes.load((raid_id, StrikesKey(first, after, discord_id)))


async def hp_history_of(context: Context, raid_id: int, *, points: int) -> tuple[HpSample, ...]:
    within("points", points, limits.HP_SAMPLES)
    return await context.loaders.hp_histories.load((raid_id, HpHistoryKey(points)))


async def after_change(context: Context, *, since_sequence: int) -> tuple[Raid, tuple[RaidEvent, ...]] | None:
    """What a striker who planned on an older state has to look at: the live raid, or the one that has just ended,
    and its events after `since_sequence`. None when there is no such raid.
    """
    found = await context.service.active_raid(context.principal)
    if found is None:
        ended = await context.service.raids(context.principal, first=1, after=None, status=RaidStatus.COMPLETED)
        found = next(iter(ended.items), None)
    if found is None:
        return None
    events = await events_of(context, found.id, first=limits.PAGE[1], after=since_sequence, kinds=None)
    return found, events
