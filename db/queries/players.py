"""Players, what they own and what they have earned."""

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    column,
    delete,
    func,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.models import (
    ApiToken,
    CharacterRecord,
    CharacterRevision,
    CharacterUsage,
    EquipmentRecord,
    Reminder,
    RewardGrant,
    User,
    UserCharacter,
)
from db.rows import EquipmentRow, OwnedRow, RevisionRow, UserRow, columns

_USER = columns(UserRow, User)
_REVISION = columns(RevisionRow, CharacterRevision)


async def user_by_discord_id(connection: AsyncConnection, discord_id: str) -> UserRow | None:
    row = (await connection.execute(select(*_USER).where(User.discord_id == discord_id))).first()
    return None if row is None else UserRow._make(row)


async def users(connection: AsyncConnection, user_ids: Sequence[int]) -> dict[int, UserRow]:
    rows = await connection.execute(select(*_USER).where(User.id.in_(user_ids)))
    return {row.id: UserRow._make(row) for row in rows}


async def register(connection: AsyncConnection, discord_id: str, name: str) -> tuple[UserRow, bool]:
    """The player of this Discord id, made or renamed. The second value tells whether it is new."""
    statement = insert(User).values(discord_id=discord_id, name=name)
    statement = statement.on_conflict_do_update(index_elements=[User.discord_id], set_={"name": name})
    # xmax is 0 in a row that this statement inserted, and the updating transaction's in one that it found.
    row = (
        await connection.execute(
            statement.returning(*_USER, (column("xmax", Integer, is_literal=True) == 0).label("new"))
        )
    ).one()
    *fields, new = row
    return UserRow._make(fields), new


async def forget(connection: AsyncConnection, user_id: int, name: str) -> list[int]:
    """Takes the player's Discord id, name and wishes away, and ends their tokens, whose ids it gives back."""
    await connection.execute(update(User).where(User.id == user_id).values(discord_id=None, name=name))
    await connection.execute(delete(Reminder).where(Reminder.user_id == user_id))
    ended = update(ApiToken).where(ApiToken.user_id == user_id)
    ended = ended.values(revoked_at=func.coalesce(ApiToken.revoked_at, func.now()), name=name)
    return list((await connection.execute(ended.returning(ApiToken.id))).scalars())


def _owned(raid_id: int | None) -> Select[Any]:
    used = and_(CharacterUsage.raid_id == raid_id, CharacterUsage.character_id == UserCharacter.id)
    return (
        select(
            UserCharacter.id,
            CharacterRecord.key,
            CharacterRecord.revision_id,
            UserCharacter.stars,
            CharacterUsage.used_at,
            *_REVISION,
        )
        .join(CharacterRecord, CharacterRecord.id == UserCharacter.character_id)
        .join(CharacterRevision, CharacterRevision.id == CharacterRecord.revision_id)
        .outerjoin(CharacterUsage, used)
    )


async def rosters(
    connection: AsyncConnection,
    user_ids: Sequence[int],
    raid_id: int | None,
) -> dict[int, list[tuple[OwnedRow, RevisionRow]]]:
    """All that each player owns, each copy with its use in the raid; in the order of the copies' ids."""
    statement = _owned(raid_id).add_columns(UserCharacter.user_id).where(UserCharacter.user_id.in_(user_ids))
    found: dict[int, list[tuple[OwnedRow, RevisionRow]]] = defaultdict(list)
    for row in await connection.execute(statement.order_by(UserCharacter.id)):
        found[row.user_id].append((OwnedRow(*row[:5]), RevisionRow(*row[5:-1])))
    return found


async def copies(
    connection: AsyncConnection,
    copy_ids: Sequence[int],
    user_id: int,
    raid_id: int | None,
) -> list[tuple[OwnedRow, RevisionRow]]:
    """Those of `copy_ids` that the player owns."""
    statement = _owned(raid_id).where(UserCharacter.user_id == user_id, UserCharacter.id.in_(copy_ids))
    return [(OwnedRow(*row[:5]), RevisionRow(*row[5:])) for row in await connection.execute(statement)]


async def usage_counts(connection: AsyncConnection, user_id: int, raid_id: int) -> tuple[int, int]:
    """(available, used): of what the player owns now, in this raid."""
    used = and_(CharacterUsage.raid_id == raid_id, CharacterUsage.character_id == UserCharacter.id)
    row = (
        await connection.execute(
            select(func.count(), func.count(CharacterUsage.character_id))
            .select_from(UserCharacter)
            .outerjoin(CharacterUsage, used)
            .where(UserCharacter.user_id == user_id),
        )
    ).one()
    return row[0] - row[1], row[1]


async def equipment(connection: AsyncConnection, user_ids: Sequence[int]) -> dict[int, list[EquipmentRow]]:
    """Each player's pieces, in the order they were given."""
    rows = await connection.execute(
        select(*columns(EquipmentRow, EquipmentRecord))
        .where(EquipmentRecord.user_id.in_(user_ids))
        .order_by(EquipmentRecord.id),
    )
    found: dict[int, list[EquipmentRow]] = defaultdict(list)
    for row in rows:
        found[row.user_id].append(EquipmentRow._make(row))
    return found


async def equipment_by_id(connection: AsyncConnection, equipment_ids: Sequence[int]) -> dict[int, EquipmentRow]:
    rows = await connection.execute(
        select(*columns(EquipmentRow, EquipmentRecord)).where(EquipmentRecord.id.in_(equipment_ids)),
    )
    return {row.id: EquipmentRow._make(row) for row in rows}


async def add_equipment(connection: AsyncConnection, user_id: int, name: str, effects: list[Any]) -> EquipmentRow:
    row = (
        await connection.execute(
            insert(EquipmentRecord)
            .values(user_id=user_id, name=name, effects=effects)
            .returning(*columns(EquipmentRow, EquipmentRecord)),
        )
    ).one()
    return EquipmentRow._make(row)


async def catalogue_ids(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Key -> (character id, rarity) of the catalogue."""
    rows = await connection.execute(
        select(CharacterRecord.key, CharacterRecord.id, CharacterRevision.rarity)
        .join(CharacterRevision, CharacterRevision.id == CharacterRecord.revision_id)
        .where(CharacterRecord.key.in_(keys)),
    )
    return {row.key: (row.id, row.rarity) for row in rows}


async def grant_copies(
    connection: AsyncConnection,
    user_id: int,
    grants: Sequence[tuple[int, int]],
) -> list[int]:
    """Gives (character id, stars); a copy that the player has keeps its id and gets the stars. Returns copy ids."""
    statement = insert(UserCharacter).values(
        [{"user_id": user_id, "character_id": character_id, "stars": stars} for character_id, stars in grants],
    )
    statement = statement.on_conflict_do_update(
        index_elements=[UserCharacter.user_id, UserCharacter.character_id],
        set_={"stars": statement.excluded.stars},
    )
    rows = await connection.execute(statement.returning(UserCharacter.id, UserCharacter.character_id))
    by_character = {row.character_id: row.id for row in rows}
    return [by_character[character_id] for character_id, _ in grants]


async def catalogue(
    connection: AsyncConnection,
    *,
    after: tuple[str, int] | None,
    search: str | None,
    limit: int,
) -> list[tuple[int, str, RevisionRow]]:
    """(id, key, revision) by name, from behind (name, id) `after`."""
    statement = (
        select(CharacterRecord.id, CharacterRecord.key, *_REVISION)
        .join(CharacterRevision, CharacterRevision.id == CharacterRecord.revision_id)
        .order_by(CharacterRevision.name, CharacterRecord.id)
        .limit(limit)
    )
    if search:
        like = f"%{_escaped(search)}%"
        statement = statement.where(
            or_(CharacterRevision.name.ilike(like, escape="\\"), CharacterRevision.series.ilike(like, escape="\\")),
        )
    if after is not None:
        statement = statement.where(tuple_(CharacterRevision.name, CharacterRecord.id) > after)
    rows = await connection.execute(statement)
    return [(row[0], row[1], RevisionRow(*row[2:])) for row in rows]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def affinity_holders(connection: AsyncConnection) -> tuple[int, dict[str, int]]:
    """(characters, affinity key -> how many of them have it) over the catalogue."""
    current = (
        select(CharacterRevision.affinity_keys)
        .join(CharacterRecord, CharacterRecord.revision_id == CharacterRevision.id)
        .subquery()
    )
    key = func.unnest(current.c.affinity_keys).label("key")
    rows = await connection.execute(select(key, func.count()).group_by(key))
    characters = (await connection.execute(select(func.count()).select_from(CharacterRecord))).scalar() or 0
    return characters, {row[0]: row[1] for row in rows}


async def capacity(connection: AsyncConnection, stat_indexes: Sequence[int], divisor: int) -> int | None:
    """The points that all registered copies are worth together, by these stats; None when nobody owns one."""
    stats: list[ColumnElement[int]] = [CharacterRevision.stats[index + 1] for index in stat_indexes]
    dominant = reduce(add, stats)
    total = (
        await connection.execute(
            select(func.sum(func.div(dominant * (9 + UserCharacter.stars), 10)))
            .select_from(UserCharacter)
            .join(CharacterRecord, CharacterRecord.id == UserCharacter.character_id)
            .join(CharacterRevision, CharacterRevision.id == CharacterRecord.revision_id),
        )
    ).scalar()
    return None if total is None else int(total) // divisor


async def balances(
    connection: AsyncConnection,
    user_ids: Sequence[int],
    raid_id: int | None = None,
) -> dict[int, list[tuple[str, int]]]:
    """(currency, amount) of all that the ledger granted each player, in one raid or in all; by currency."""
    pair = func.jsonb_array_elements(RewardGrant.rewards).table_valued(column("value", JSONB)).lateral("pair")
    currency = pair.c.value[0].astext
    statement = (
        select(RewardGrant.user_id, currency, func.sum(pair.c.value[1].astext.cast(BigInteger)))
        .select_from(RewardGrant)
        .join(pair, true())
        .where(RewardGrant.user_id.in_(user_ids))
        .group_by(RewardGrant.user_id, currency)
        .order_by(currency)
    )
    if raid_id is not None:
        statement = statement.where(RewardGrant.raid_id == raid_id)
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for user_id, granted, amount in await connection.execute(statement):
        found[user_id].append((granted, int(amount)))
    return found


async def revisions(connection: AsyncConnection, revision_ids: Sequence[int]) -> dict[int, RevisionRow]:
    """What characters were; a revision never changes, so a caller may keep it for ever."""
    rows = await connection.execute(select(*_REVISION).where(CharacterRevision.id.in_(revision_ids)))
    return {row.id: RevisionRow._make(row) for row in rows}
