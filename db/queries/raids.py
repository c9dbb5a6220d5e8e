"""Reading raids: their rows, configurations, events, logs and HP over time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    desc,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.models import Analysis, Raid, RaidConfiguration, RaidEventRecord, Strike
from db.queries.arrays import wanted_places, wanted_raids
from db.rows import EventRow, RaidRow, StrikeRow, columns

_RAID = columns(RaidRow, Raid)
_EVENT = columns(EventRow, RaidEventRecord)
_LIVE = Raid.status.in_(("active", "paused"))

RaidAndBoss = tuple[RaidRow, int, dict[str, Any]]


def _raids() -> Select[Any]:
    """Raids with the revision and boss of their configuration."""
    return select(*_RAID, RaidConfiguration.revision, RaidConfiguration.boss).join(
        RaidConfiguration,
        RaidConfiguration.raid_id == Raid.id,
    )


def _one(row: Sequence[Any]) -> RaidAndBoss:
    *fields, revision, boss = row
    return RaidRow._make(fields), revision, boss


async def live_raid(connection: AsyncConnection) -> RaidAndBoss | None:
    """The raid that is active or paused."""
    row = (await connection.execute(_raids().where(_LIVE))).first()
    return None if row is None else _one(row)


async def raid(connection: AsyncConnection, raid_id: int) -> RaidAndBoss | None:
    row = (await connection.execute(_raids().where(Raid.id == raid_id))).first()
    return None if row is None else _one(row)


async def raid_rows(connection: AsyncConnection, raid_ids: Sequence[int]) -> dict[int, RaidRow]:
    """Those of these raids that there are."""
    rows = await connection.execute(select(*_RAID).where(Raid.id.in_(raid_ids)))
    return {row.id: RaidRow._make(row) for row in rows}


async def current_raid_id(connection: AsyncConnection) -> int | None:
    """The live raid, else the one that ended last, else None."""
    ended = select(Raid.id).where(Raid.status == "completed").order_by(Raid.completed_at.desc()).limit(1)
    found = func.coalesce(select(Raid.id).where(_LIVE).scalar_subquery(), ended.scalar_subquery())
    raid_id: int | None = (await connection.execute(select(found))).scalar()
    return raid_id


async def raids(
    connection: AsyncConnection,
    *,
    before_id: int | None,
    status: str | None,
    limit: int,
) -> list[RaidAndBoss]:
    """Newest first, from below `before_id`."""
    statement = _raids().order_by(Raid.id.desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(Raid.id < before_id)
    if status is not None:
        statement = statement.where(Raid.status == status)
    return [_one(row) for row in await connection.execute(statement)]


async def events(
    connection: AsyncConnection,
    raid_ids: Sequence[int],
    *,
    after: int,
    kinds: Sequence[str] | None,
    limit: int,
) -> dict[int, list[EventRow]]:
    """Each raid's first `limit` events after sequence `after`, in order."""
    wanted = wanted_raids(raid_ids)
    of_raid = (
        select(*_EVENT)
        .where(RaidEventRecord.raid_id == wanted.c.raid_id, RaidEventRecord.sequence > after)
        .order_by(RaidEventRecord.sequence)
        .limit(limit)
    )
    if kinds is not None:
        of_raid = of_raid.where(RaidEventRecord.kind.in_(kinds))
    lateral = of_raid.lateral()
    found: dict[int, list[EventRow]] = defaultdict(list)
    for row in await connection.execute(select(lateral).select_from(wanted).join(lateral, true())):
        found[row.raid_id].append(EventRow._make(row))
    return found


async def event_at(connection: AsyncConnection, places: set[tuple[int, int]]) -> dict[tuple[int, int], EventRow]:
    """The events at these (raid, sequence)."""
    if not places:
        return {}
    wanted = wanted_places(places)
    statement = select(*_EVENT).join(
        wanted, and_(RaidEventRecord.raid_id == wanted.c.raid_id, RaidEventRecord.sequence == wanted.c.place)
    )
    return {(row.raid_id, row.sequence): EventRow._make(row) for row in await connection.execute(statement)}


def _strike_columns(log: type[Strike] | type[Analysis]) -> list[Any]:
    """The fields of StrikeRow, from either log."""
    fight = log is Strike
    own = {
        "fight": literal(fight).label("fight"),
        "damage_dealt": Strike.damage_dealt if fight else literal(0, BigInteger).label("damage_dealt"),
        "overkill": Strike.overkill if fight else literal(0, BigInteger).label("overkill"),
        "analysis_points": literal(0, BigInteger).label("analysis_points") if fight else Analysis.analysis_points,
        "at": (Strike.struck_at if fight else Analysis.analyzed_at).label("at"),
    }
    return [own.get(name) if name in own else getattr(log, name) for name in StrikeRow._fields]


async def strikes(
    connection: AsyncConnection,
    raid_ids: Sequence[int],
    *,
    before_number: int | None,
    user_id: int | None,
    limit: int,
) -> dict[int, list[StrikeRow]]:
    """Each raid's newest strikes below `before_number`, fights and analyses together, newest first."""
    wanted = wanted_raids(raid_ids)
    parts = []
    for log in (Strike, Analysis):
        part = select(*_strike_columns(log)).where(log.raid_id == wanted.c.raid_id)
        if before_number is not None:
            part = part.where(log.number < before_number)
        if user_id is not None:
            part = part.where(log.user_id == user_id)
        parts.append(part.order_by(log.number.desc()).limit(limit).correlate(wanted))
    lateral = union_all(*parts).order_by(desc("number")).limit(limit).lateral()
    found: dict[int, list[StrikeRow]] = defaultdict(list)
    for row in await connection.execute(select(lateral).select_from(wanted).join(lateral, true())):
        found[row.raid_id].append(StrikeRow._make(row))
    return found


async def past_strikes(connection: AsyncConnection, user_id: int, *, not_in: int, limit: int) -> list[StrikeRow]:
    """The player's newest strikes in raids other than `not_in`, newest first."""
    parts = [
        select(*_strike_columns(log))
        .where(log.user_id == user_id, log.raid_id != not_in)
        .order_by(log.raid_id.desc(), log.number.desc())
        .limit(limit)
        for log in (Strike, Analysis)
    ]
    newest = union_all(*parts).order_by(desc("raid_id"), desc("number")).limit(limit)
    return [StrikeRow._make(row) for row in await connection.execute(newest)]


async def hp_after(
    connection: AsyncConnection,
    places: Sequence[tuple[int, int]],
) -> dict[int, list[tuple[datetime, int, int]]]:
    """Each raid's (at, boss HP, analysis points) after its strikes at these (raid, number), in order."""
    wanted = wanted_places(places)
    parts = [
        select(log.raid_id, log.number, at.label("at"), log.boss_hp_after, log.analysis_points_after).join(
            wanted, and_(log.raid_id == wanted.c.raid_id, log.number == wanted.c.place)
        )
        for log, at in ((Strike, Strike.struck_at), (Analysis, Analysis.analyzed_at))
    ]
    found: dict[int, list[tuple[datetime, int, int]]] = defaultdict(list)
    for row in await connection.execute(union_all(*parts).order_by("raid_id", "number")):
        found[row.raid_id].append((row.at, row.boss_hp_after, row.analysis_points_after))
    return found


async def newest_ended_raid(connection: AsyncConnection) -> RaidRow | None:
    """The raid that ended last."""
    ended = select(*_RAID).where(Raid.status == "completed").order_by(Raid.completed_at.desc()).limit(1)
    row = (await connection.execute(ended)).first()
    return None if row is None else RaidRow._make(row)


async def next_start(connection: AsyncConnection) -> datetime | None:
    """When the next scheduled raid begins."""
    moment: datetime | None = (
        await connection.execute(select(func.min(Raid.starts_at)).where(Raid.status == "scheduled"))
    ).scalar()
    return moment


async def is_raid_due(connection: AsyncConnection) -> bool:
    """Whether a raid's time has come that nobody has acted upon: to expire, or to start while none is live."""
    now = func.clock_timestamp()
    over = exists().where(Raid.status == "active", Raid.ends_at <= now)
    waiting = exists().where(Raid.status == "scheduled", Raid.starts_at <= now)
    due: bool = (await connection.execute(select(or_(over, and_(waiting, not_(exists().where(_LIVE))))))).scalar_one()
    return due


async def created_by(connection: AsyncConnection, raid_id: int) -> str | None:
    """Who created the raid."""
    name: str | None = (await connection.execute(select(Raid.created_by).where(Raid.id == raid_id))).scalar()
    return name
