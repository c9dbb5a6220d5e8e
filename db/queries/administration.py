"""Tokens, the admin log, the ledger, boss templates, defaults and announcement channels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Select, any_, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.models import (
    AdminAction,
    AnnouncementChannel,
    AnnouncementDelivery,
    ApiToken,
    BossTemplate,
    DefaultConfiguration,
    IdempotencyKey,
    Raid,
    RewardGrant,
    User,
)
from db.rows import AdminActionRow, ChannelRow, GrantRow, TokenRow, columns

LAST_USED_EVERY_SECONDS = 60


def _tokens() -> Select[*tuple[Any, ...]]:
    return select(
        ApiToken.id,
        ApiToken.role,
        ApiToken.name,
        ApiToken.prefix,
        ApiToken.user_id,
        User.discord_id,
        ApiToken.created_at,
        ApiToken.expires_at,
        ApiToken.revoked_at,
        ApiToken.last_used_at,
    ).outerjoin(User, User.id == ApiToken.user_id)


_NOW: Final = select(func.clock_timestamp())


async def database_time(connection: AsyncConnection) -> datetime:
    """The database's clock now."""
    moment: datetime = (await connection.execute(_NOW)).scalar_one()
    return moment


async def token_by_hash(connection: AsyncConnection, token_hash: bytes) -> tuple[TokenRow, bool] | None:
    """The token and whether it is valid now, by the database's clock."""
    row = (
        await connection.execute(_tokens().add_columns(_is_valid()).where(ApiToken.token_hash == token_hash))
    ).first()
    return None if row is None else (TokenRow(*row[:-1]), row[-1])


def _is_valid() -> ColumnElement[bool]:
    return ApiToken.revoked_at.is_(None) & func.coalesce(ApiToken.expires_at > func.now(), True)


async def token(connection: AsyncConnection, token_id: int) -> TokenRow | None:
    row = (await connection.execute(_tokens().where(ApiToken.id == token_id))).first()
    return None if row is None else TokenRow._make(row)


async def tokens(connection: AsyncConnection, limit: int) -> list[TokenRow]:
    """Newest first."""
    return [
        TokenRow._make(row) for row in await connection.execute(_tokens().order_by(ApiToken.id.desc()).limit(limit))
    ]


async def add_token(
    connection: AsyncConnection,
    *,
    role: str,
    name: str,
    prefix: str,
    token_hash: bytes,
    user_id: int | None,
    expires_at: datetime | None,
) -> int:
    statement = insert(ApiToken).values(
        role=role,
        name=name,
        prefix=prefix,
        token_hash=token_hash,
        user_id=user_id,
        expires_at=expires_at,
    )
    token_id: int = (await connection.execute(statement.returning(ApiToken.id))).scalar_one()
    return token_id


async def revoke_token(connection: AsyncConnection, token_id: int) -> bool:
    """Whether there was such a token; one that was revoked before keeps its time."""
    statement = (
        update(ApiToken)
        .where(ApiToken.id == token_id)
        .values(revoked_at=func.coalesce(ApiToken.revoked_at, func.now()))
        .returning(ApiToken.id)
    )
    return (await connection.execute(statement)).first() is not None


async def valid_tokens(connection: AsyncConnection, token_ids: Sequence[int]) -> set[int]:
    """Those of `token_ids` that are valid now, by the database's clock."""
    statement = select(ApiToken.id).where(ApiToken.id == any_(literal(list(token_ids), ARRAY(BigInteger))), _is_valid())
    return set((await connection.execute(statement)).scalars())


async def touch_tokens(connection: AsyncConnection, token_ids: Sequence[int]) -> None:
    """Notes that the tokens were used, of each at most once a minute."""
    stale = func.coalesce(ApiToken.last_used_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 1), True)
    await connection.execute(
        update(ApiToken)
        .where(ApiToken.id == any_(literal(list(token_ids), ARRAY(BigInteger))), stale)
        .values(last_used_at=func.now()),
    )


async def add_admin_action(
    connection: AsyncConnection,
    *,
    raid_id: int | None,
    actor: str,
    token_id: int | None,
    action: str,
    reason: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    await connection.execute(
        insert(AdminAction).values(
            raid_id=raid_id,
            actor=actor,
            token_id=token_id,
            action=action,
            reason=reason,
            before=before,
            after=after,
        ),
    )


async def admin_actions(
    connection: AsyncConnection,
    *,
    raid_id: int | None,
    before_id: int | None,
    limit: int,
) -> list[AdminActionRow]:
    """Newest first."""
    statement = select(*columns(AdminActionRow, AdminAction)).order_by(AdminAction.id.desc()).limit(limit)
    if raid_id is not None:
        statement = statement.where(AdminAction.raid_id == raid_id)
    if before_id is not None:
        statement = statement.where(AdminAction.id < before_id)
    return [AdminActionRow._make(row) for row in await connection.execute(statement)]


async def grants(connection: AsyncConnection, after_id: int, limit: int) -> list[GrantRow]:
    """The ledger in its order, from behind `after_id`."""
    statement = (
        select(*columns(GrantRow, RewardGrant)).where(RewardGrant.id > after_id).order_by(RewardGrant.id).limit(limit)
    )
    return [GrantRow._make(row) for row in await connection.execute(statement)]


async def grants_of_raid(connection: AsyncConnection, raid_id: int, after_id: int, limit: int) -> list[GrantRow]:
    """One raid's grants, in the ledger's order."""
    statement = (
        select(*columns(GrantRow, RewardGrant))
        .where(RewardGrant.raid_id == raid_id, RewardGrant.id > after_id)
        .order_by(RewardGrant.id)
        .limit(limit)
    )
    return [GrantRow._make(row) for row in await connection.execute(statement)]


async def default_configuration(connection: AsyncConnection) -> tuple[dict[str, Any], dict[str, Any]]:
    """(rules, rewards) that a new raid gets where its creator says nothing."""
    row = (await connection.execute(select(DefaultConfiguration.rules, DefaultConfiguration.rewards))).one()
    return row.rules, row.rewards


async def boss_templates(connection: AsyncConnection) -> list[tuple[str, dict[str, Any]]]:
    rows = await connection.execute(select(BossTemplate.key, BossTemplate.boss).order_by(BossTemplate.key))
    return [(row.key, row.boss) for row in rows]


async def boss_template(connection: AsyncConnection, key: str) -> dict[str, Any] | None:
    boss: dict[str, Any] | None = (
        await connection.execute(select(BossTemplate.boss).where(BossTemplate.key == key))
    ).scalar()
    return boss


async def add_missing_templates(connection: AsyncConnection, templates: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """First-start content: a template that is there already stays as it is."""
    rows = [{"key": key, "boss": boss} for key, boss in templates]
    await connection.execute(insert(BossTemplate).values(rows).on_conflict_do_nothing())


async def set_channel(
    connection: AsyncConnection,
    *,
    channel_id: str,
    guild_id: str,
    kinds: Sequence[str],
    mention_role_id: str | None,
) -> None:
    """Makes or changes the channel, and switches it on again; how far it was told and its status message stay."""
    changed = {
        "guild_id": guild_id,
        "kinds": list(kinds),
        "mention_role_id": mention_role_id,
        "switched_off_at": None,
        "switched_off_reason": None,
        "updated_at": func.now(),
    }
    statement = insert(AnnouncementChannel).values(channel_id=channel_id, **changed)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[AnnouncementChannel.channel_id], set_=changed),
    )


async def begin_at_present(connection: AsyncConnection, channel_id: str) -> None:
    """Where it is not known how far the channel was told of a raid, it counts as told of all that has happened."""
    present = select(literal(channel_id), Raid.id, Raid.sequence)
    statement = insert(AnnouncementDelivery).from_select(["channel_id", "raid_id", "sequence"], present)
    await connection.execute(statement.on_conflict_do_nothing())


async def switch_channel_off(connection: AsyncConnection, channel_id: str, reason: str) -> bool:
    """Whether there is such a channel; one that was switched off before keeps its time and reason."""
    statement = (
        update(AnnouncementChannel)
        .where(AnnouncementChannel.channel_id == channel_id)
        .values(
            switched_off_at=func.coalesce(AnnouncementChannel.switched_off_at, func.now()),
            switched_off_reason=func.coalesce(AnnouncementChannel.switched_off_reason, reason),
        )
        .returning(AnnouncementChannel.channel_id)
    )
    return (await connection.execute(statement)).first() is not None


async def set_status_message(connection: AsyncConnection, channel_id: str, message_id: str | None) -> bool:
    """Whether there is such a channel."""
    statement = (
        update(AnnouncementChannel)
        .where(AnnouncementChannel.channel_id == channel_id)
        .values(status_message_id=message_id)
        .returning(AnnouncementChannel.channel_id)
    )
    return (await connection.execute(statement)).first() is not None


async def channels(
    connection: AsyncConnection,
    raid_id: int | None,
    channel_id: str | None = None,
    guild_id: str | None = None,
) -> list[ChannelRow]:
    """All channels, or one, or those of one server, with the newest event of the raid that each was told of."""
    told = (
        select(AnnouncementDelivery.sequence)
        .where(
            AnnouncementDelivery.channel_id == AnnouncementChannel.channel_id,
            AnnouncementDelivery.raid_id == raid_id,
        )
        .scalar_subquery()
    )
    statement = select(
        AnnouncementChannel.channel_id,
        AnnouncementChannel.guild_id,
        AnnouncementChannel.kinds,
        AnnouncementChannel.mention_role_id,
        AnnouncementChannel.switched_off_at,
        AnnouncementChannel.switched_off_reason,
        AnnouncementChannel.status_message_id,
        func.coalesce(told, literal(0, BigInteger)),
    ).order_by(AnnouncementChannel.channel_id)
    if channel_id is not None:
        statement = statement.where(AnnouncementChannel.channel_id == channel_id)
    if guild_id is not None:
        statement = statement.where(AnnouncementChannel.guild_id == guild_id)
    return [ChannelRow._make(row) for row in await connection.execute(statement)]


async def acknowledge(connection: AsyncConnection, channel_id: str, raid_id: int, sequence: int) -> None:
    """Moves the channel's cursor forward; never backwards."""
    statement = insert(AnnouncementDelivery).values(channel_id=channel_id, raid_id=raid_id, sequence=sequence)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[AnnouncementDelivery.channel_id, AnnouncementDelivery.raid_id],
            set_={
                "sequence": func.greatest(AnnouncementDelivery.sequence, sequence),
                "acknowledged_at": func.now(),
            },
        ),
    )


async def forget_idempotency_keys(connection: AsyncConnection, limit: int) -> int:
    """Deletes up to `limit` keys of raids that ended more than a day ago. Returns how many there were."""
    ended = select(Raid.id).where(
        Raid.status == "completed",
        Raid.completed_at < func.now() - func.make_interval(0, 0, 0, 1),
    )
    old = (
        select(IdempotencyKey.user_id, IdempotencyKey.key)
        .where(IdempotencyKey.raid_id.in_(ended))
        .limit(limit)
        .subquery()
    )
    result = await connection.execute(
        delete(IdempotencyKey).where(IdempotencyKey.user_id == old.c.user_id, IdempotencyKey.key == old.c.key),
    )
    return result.rowcount
