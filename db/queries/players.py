"""Players, what they own and what they have earned."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, reduce
from operator import add
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    column,
    delete,
    func,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from db.models import (
    ApiToken,
    CharacterRecord,
    CharacterRevision,
    CharacterUsage,
    EquipmentRecord,
    Participant,
    Reminder,
    RewardGrant,
    User,
    UserCharacter,
)
from db.queries.arrays import among
from db.rows import EquipmentRow, OwnedRow, ParticipantRow, RevisionRow, UserRow, columns


@dataclass(frozen=True, slots=True)
class Standing:
    """A player in a raid: `participant` is None before the first strike; `available` and `used` of what they own now;
    `now` by the database's clock.
    """

    participant: ParticipantRow | None
    available: int
    used: int
    now: datetime


_USER = columns(UserRow, User)
_REVISION = columns(RevisionRow, CharacterRevision)
_EQUIPMENT = columns(EquipmentRow, EquipmentRecord)

# Statements stand ready, as in `db.queries.raids`.

_BY_DISCORD_ID: Final = select(*_USER).where(User.discord_id == bindparam("discord_id"))


async def user_by_discord_id(connection: AsyncConnection, discord_id: str) -> UserRow | None:
    row = (await connection.execute(_BY_DISCORD_ID, {"discord_id": discord_id})).first()
    return None if row is None else UserRow._make(row)


_BY_DISCORD_IDS: Final = select(*_USER).where(User.discord_id == any_(bindparam("discord_ids", type_=ARRAY(Text))))


async def users_by_discord_id(connection: AsyncConnection, discord_ids: Sequence[str]) -> dict[str, UserRow]:
    """Those of them that are registered."""
    rows = await connection.execute(_BY_DISCORD_IDS, {"discord_ids": list(discord_ids)})
    return {row.discord_id: UserRow._make(row) for row in rows}


_USERS: Final = select(*_USER).where(among(User.id, "user_ids"))


async def users(connection: AsyncConnection, user_ids: Sequence[int]) -> dict[int, UserRow]:
    rows = await connection.execute(_USERS, {"user_ids": list(user_ids)})
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


_USED: Final = and_(
    CharacterUsage.raid_id == bindparam("raid_id", type_=BigInteger), CharacterUsage.character_id == UserCharacter.id
)
"""Without a raid nobody is used in it: its id is null."""

_OWNED: Final = (
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
    .outerjoin(CharacterUsage, _USED)
)

_ROSTERS: Final = (
    _OWNED.add_columns(UserCharacter.user_id).where(among(UserCharacter.user_id, "user_ids")).order_by(UserCharacter.id)
)


async def rosters(
    connection: AsyncConnection,
    user_ids: Sequence[int],
    raid_id: int | None,
) -> dict[int, list[tuple[OwnedRow, RevisionRow]]]:
    """All that each player owns, each copy with its use in the raid; in the order of the copies' ids."""
    found: dict[int, list[tuple[OwnedRow, RevisionRow]]] = defaultdict(list)
    for row in await connection.execute(_ROSTERS, {"user_ids": list(user_ids), "raid_id": raid_id}):
        found[row.user_id].append((OwnedRow(*row[:5]), RevisionRow(*row[5:-1])))
    return found


_COPIES: Final = _OWNED.where(UserCharacter.user_id == bindparam("user_id"), among(UserCharacter.id, "copy_ids"))


async def copies(
    connection: AsyncConnection,
    copy_ids: Sequence[int],
    user_id: int,
    raid_id: int | None,
) -> list[tuple[OwnedRow, RevisionRow]]:
    """Those of `copy_ids` that the player owns."""
    given = {"copy_ids": list(copy_ids), "user_id": user_id, "raid_id": raid_id}
    return [(OwnedRow(*row[:5]), RevisionRow(*row[5:])) for row in await connection.execute(_COPIES, given)]


_COUNTS: Final = (
    select(func.count().label("owned"), func.count(CharacterUsage.character_id).label("used"))
    .select_from(UserCharacter)
    .outerjoin(CharacterUsage, _USED)
    .where(UserCharacter.user_id == bindparam("user_id"))
    .subquery()
)

_STANDING: Final = (
    select(_COUNTS.c.owned, _COUNTS.c.used, func.clock_timestamp(), *columns(ParticipantRow, Participant))
    .select_from(_COUNTS)
    .outerjoin(
        Participant,
        and_(
            Participant.raid_id == bindparam("raid_id", type_=BigInteger), Participant.user_id == bindparam("user_id")
        ),
    )
)


async def standing(connection: AsyncConnection, user_id: int, raid_id: int) -> Standing:
    """Where the player stands in the raid now."""
    owned, used, now, *row = (await connection.execute(_STANDING, {"user_id": user_id, "raid_id": raid_id})).one()
    participant = None if row[0] is None else ParticipantRow._make(row)
    return Standing(participant, available=owned - used, used=used, now=now)


_EQUIPMENT_OF: Final = (
    select(*_EQUIPMENT).where(among(EquipmentRecord.user_id, "user_ids")).order_by(EquipmentRecord.id)
)


async def equipment(connection: AsyncConnection, user_ids: Sequence[int]) -> dict[int, list[EquipmentRow]]:
    """Each player's pieces, in the order they were given."""
    found: dict[int, list[EquipmentRow]] = defaultdict(list)
    for row in await connection.execute(_EQUIPMENT_OF, {"user_ids": list(user_ids)}):
        found[row.user_id].append(EquipmentRow._make(row))
    return found


_EQUIPMENT_BY_ID: Final = select(*_EQUIPMENT).where(among(EquipmentRecord.id, "equipment_ids"))


async def equipment_by_id(connection: AsyncConnection, equipment_ids: Sequence[int]) -> dict[int, EquipmentRow]:
    rows = await connection.execute(_EQUIPMENT_BY_ID, {"equipment_ids": list(equipment_ids)})
    return {row.id: EquipmentRow._make(row) for row in rows}


async def add_equipment(connection: AsyncConnection, user_id: int, name: str, effects: list[Any]) -> EquipmentRow:
    row = (
        await connection.execute(
            insert(EquipmentRecord).values(user_id=user_id, name=name, effects=effects).returning(*_EQUIPMENT),
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


@cache
def _balances(*, of_raid: bool) -> Select[Any]:
    pair = func.jsonb_array_elements(RewardGrant.rewards).table_valued(column("value", JSONB)).lateral("pair")
    currency = pair.c.value[0].astext
    statement = (
        select(RewardGrant.user_id, currency, func.sum(pair.c.value[1].astext.cast(BigInteger)))
        .select_from(RewardGrant)
        .join(pair, true())
        .where(among(RewardGrant.user_id, "user_ids"))
        .group_by(RewardGrant.user_id, currency)
        .order_by(currency)
    )
    return statement.where(RewardGrant.raid_id == bindparam("raid_id")) if of_raid else statement


async def balances(
    connection: AsyncConnection,
    user_ids: Sequence[int],
    raid_id: int | None = None,
) -> dict[int, list[tuple[str, int]]]:
    """(currency, amount) of all that the ledger granted each player, in one raid or in all; by currency."""
    given: dict[str, Any] = {"user_ids": list(user_ids)}
    if raid_id is not None:
        given["raid_id"] = raid_id
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for user_id, granted, amount in await connection.execute(_balances(of_raid=raid_id is not None), given):
        found[user_id].append((granted, int(amount)))
    return found


_REVISIONS: Final = select(*_REVISION).where(among(CharacterRevision.id, "revision_ids"))


async def revisions(connection: AsyncConnection, revision_ids: Sequence[int]) -> dict[int, RevisionRow]:
    """What characters were; a revision never changes, so a caller may keep it for ever."""
    rows = await connection.execute(_REVISIONS, {"revision_ids": list(revision_ids)})
    return {row.id: RevisionRow._make(row) for row in rows}
