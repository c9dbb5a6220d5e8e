"""What admins do, and what the bot may do for them."""

from datetime import datetime

from resolvers import limits
from resolvers.answers import (
    CharactersGranted,
    EquipmentGranted,
    PlayerForgotten,
    PlayerRegistered,
    RaidUpdated,
    TokenRevoked,
)
from resolvers.context import Context
from resolvers.limits import within
from services.boss_overrides import BossOverrides, RewardOverrides
from services.rules.values import EquipmentEffect
from services.views import (
    AdminAction,
    BossTemplate,
    CreatedToken,
    Page,
    RaidCreated,
    RewardGrant,
    Role,
    Token,
)


async def bosses(context: Context) -> tuple[BossTemplate, ...]:
    return await context.service.desk.bosses(context.principal)


async def boss(context: Context, key: str) -> BossTemplate | None:
    return await context.service.desk.boss(context.principal, key)


async def reward_grants(context: Context, *, first: int, after: str | None) -> Page[RewardGrant]:
    within("first", first, limits.PAGE)
    return await context.service.desk.reward_grants(context.principal, after=after, first=first)


async def admin_actions(context: Context, *, raid_id: str | None, first: int, after: str | None) -> Page[AdminAction]:
    within("first", first, limits.PAGE)
    return await context.service.desk.admin_actions(context.principal, raid_id=raid_id, first=first, after=after)


async def tokens(context: Context) -> tuple[Token, ...]:
    return await context.service.desk.tokens(context.principal)


async def create_raid(
    context: Context,
    *,
    name: str,
    boss_key: str | None,
    boss: BossOverrides,
    starts_at: datetime | None,
    ends_at: datetime | None,
    accept_warnings: bool,
) -> RaidCreated:
    return await context.service.desk.create_raid(
        context.principal,
        name=name,
        boss_key=boss_key,
        boss=boss,
        starts_at=starts_at,
        ends_at=ends_at,
        accept_warnings=accept_warnings,
    )


async def update_raid(
    context: Context,
    *,
    raid_id: str,
    reason: str,
    name: str | None,
    description: str | None,
    ends_at: datetime | None,
    curse_every: int | None,
    rewards: RewardOverrides | None,
) -> RaidUpdated:
    raid = await context.service.desk.update_raid(
        context.principal,
        raid_id=raid_id,
        reason=reason,
        name=name,
        description=description,
        ends_at=ends_at,
        curse_every=curse_every,
        rewards=rewards,
    )
    return RaidUpdated(raid)


async def pause_raid(context: Context, *, raid_id: str, reason: str) -> RaidUpdated:
    return RaidUpdated(await context.service.desk.pause_raid(context.principal, raid_id=raid_id, reason=reason))


async def resume_raid(context: Context, *, raid_id: str, reason: str) -> RaidUpdated:
    return RaidUpdated(await context.service.desk.resume_raid(context.principal, raid_id=raid_id, reason=reason))


async def end_raid(context: Context, *, raid_id: str, reason: str) -> RaidUpdated:
    return RaidUpdated(await context.service.desk.end_raid(context.principal, raid_id=raid_id, reason=reason))


async def adjust_boss_hp(context: Context, *, raid_id: str, reason: str, current_hp: int) -> RaidUpdated:
    raid = await context.service.desk.adjust_boss_hp(
        context.principal, raid_id=raid_id, reason=reason, current_hp=current_hp
    )
    return RaidUpdated(raid)


async def register_player(context: Context, *, discord_id: str, name: str) -> PlayerRegistered:
    player, created = await context.service.desk.register_player(context.principal, discord_id=discord_id, name=name)
    return PlayerRegistered(player, created)


async def forget_player(context: Context, *, discord_id: str, reason: str) -> PlayerForgotten:
    player = await context.service.desk.forget_player(context.principal, discord_id=discord_id, reason=reason)
    return PlayerForgotten(player)


async def grant_characters(
    context: Context, *, discord_id: str, grants: tuple[tuple[str, int | None], ...]
) -> CharactersGranted:
    characters = await context.service.desk.grant_characters(context.principal, discord_id=discord_id, grants=grants)
    return CharactersGranted(characters)


async def grant_equipment(
    context: Context, *, discord_id: str, name: str, effects: tuple[EquipmentEffect, ...]
) -> EquipmentGranted:
    equipment = await context.service.desk.grant_equipment(
        context.principal, discord_id=discord_id, name=name, effects=effects
    )
    return EquipmentGranted(equipment)


async def create_token(
    context: Context, *, role: Role, name: str, discord_id: str | None, expires_at: datetime | None
) -> CreatedToken:
    return await context.service.desk.create_token(
        context.principal, role=role, name=name, discord_id=discord_id, expires_at=expires_at
    )


async def revoke_token(context: Context, token_id: str) -> TokenRevoked:
    return TokenRevoked(await context.service.desk.revoke_token(context.principal, token_id=token_id))
