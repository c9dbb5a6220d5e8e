"""Before a strike: what it would do, whom to send, and where the player stands."""

from resolvers import limits
from resolvers.context import Context
from resolvers.limits import within
from resolvers.loaders import SuggestionKey
from services.rules.values import Affinity, StrikeAction
from services.views import (
    CountedPage,
    LastTeam,
    LeaderboardMetric,
    Participation,
    StrikePreview,
    SuggestedTeam,
    TeamCandidate,
)


async def participation(context: Context, *, discord_id: str, raid_id: str | None) -> Participation | None:
    return await context.service.participation(context.principal, discord_id=discord_id, raid_id=raid_id)


async def rank_of(context: Context, participation: Participation, *, metric: LeaderboardMetric) -> int | None:
    return await context.service.rank(
        context.principal, raid_id=participation.raid_id, user_id=participation.player.user_id, metric=metric
    )


async def preview_strike(
    context: Context,
    *,
    action: StrikeAction,
    character_ids: tuple[str, ...],
    equipment_id: str | None,
    discord_id: str | None,
) -> StrikePreview:
    return await context.service.preview_strike(
        context.principal,
        action=action,
        character_ids=character_ids,
        equipment_id=equipment_id,
        discord_id=discord_id,
    )


async def suggest_team(context: Context, *, discord_id: str, action: StrikeAction, size: int) -> SuggestedTeam | None:
    within("size", size, limits.TEAM)
    return await context.loaders.suggestions.load(SuggestionKey(discord_id, action, size))


async def team_candidates(
    context: Context,
    *,
    discord_id: str,
    action: StrikeAction,
    search: str | None,
    affinity: Affinity | None,
    first: int,
    after: str | None,
) -> CountedPage[TeamCandidate] | None:
    within("first", first, limits.PAGE)
    return await context.service.team_candidates(
        context.principal,
        discord_id=discord_id,
        action=action,
        search=search,
        affinity=affinity,
        first=first,
        after=after,
    )


async def last_team(context: Context, *, discord_id: str) -> LastTeam | None:
    return await context.service.last_team(context.principal, discord_id=discord_id)
