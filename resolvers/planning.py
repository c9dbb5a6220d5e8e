"""Before a strike: what it would do, whom to send, and where the player stands."""

from resolvers import limits
from resolvers.context import Context
from resolvers.limits import within
from services.rules.values import StrikeAction
from services.views import LeaderboardMetric, Participation, StrikePreview, SuggestedTeam


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
    return await context.service.suggest_team(context.principal, discord_id=discord_id, action=action, size=size)
