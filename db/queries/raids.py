"""Reading raids: their rows, configurations, events, logs and HP over time.

Statements stand ready: SQLAlchemy takes longer to build one, and to find it among those it has compiled, than
PostgreSQL takes to answer it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
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
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from db.models import Analysis, Raid, RaidConfiguration, RaidEventRecord, Strike
from db.queries.arrays import WANTED_PLACES, WANTED_RAIDS, among, as_places
from db.rows import EventRow, RaidRow, StrikeRow, columns

_RAID = columns(RaidRow, Raid)
_EVENT = columns(EventRow, RaidEventRecord)
_LIVE = Raid.status.in_(("active", "paused"))

RaidAndBoss = tuple[RaidRow, int, dict[str, Any]]


_RAIDS: Final = select(*_RAID, RaidConfiguration.revision, RaidConfiguration.boss).join(
    RaidConfiguration,
    RaidConfiguration.raid_id == Raid.id,
)
"""Raids with the revision and boss of their configuration."""

_LIMIT: Final = bindparam("limit", type_=Integer)


def _one(row: Sequence[Any]) -> RaidAndBoss:
    *fields, revision, boss = row
    return RaidRow._make(fields), revision, boss


_LIVE_RAID: Final = _RAIDS.where(_LIVE)


async def live_raid(connection: AsyncConnection) -> RaidAndBoss | None:
    """The raid that is active or paused."""
    row = (await connection.execute(_LIVE_RAID)).first()
    return None if row is None else _one(row)


_RAID_BY_ID: Final = _RAIDS.where(Raid.id == bindparam("raid_id"))


async def raid(connection: AsyncConnection, raid_id: int) -> RaidAndBoss | None:
    row = (await connection.execute(_RAID_BY_ID, {"raid_id": raid_id})).first()
    return None if row is None else _one(row)


_RAID_ROWS: Final = select(*_RAID).where(among(Raid.id, "raid_ids"))


async def raid_rows(connection: AsyncConnection, raid_ids: Sequence[int]) -> dict[int, RaidRow]:
    """Those of these raids that there are."""
    rows = await connection.execute(_RAID_ROWS, {"raid_ids": list(raid_ids)})
    return {row.id: RaidRow._make(row) for row in rows}


_CURRENT_RAID_ID: Final = select(
    func.coalesce(
        select(Raid.id).where(_LIVE).scalar_subquery(),
        select(Raid.id).where(Raid.status == "completed").order_by(Raid.completed_at.desc()).limit(1).scalar_subquery(),
    )
)


async def current_raid_id(connection: AsyncConnection) -> int | None:
    """The live raid, else the one that ended last, else None."""
    raid_id: int | None = (await connection.execute(_CURRENT_RAID_ID)).scalar()
    return raid_id


@cache
def _page_of_raids(*, before: bool, of_status: bool) -> Select[Any]:
    statement = _RAIDS.order_by(Raid.id.desc()).limit(_LIMIT)
    if before:
        statement = statement.where(Raid.id < bindparam("before_id"))
    if of_status:
        statement = statement.where(Raid.status == bindparam("status"))
    return statement


async def raids(
    connection: AsyncConnection,
    *,
    before_id: int | None,
    status: str | None,
    limit: int,
) -> list[RaidAndBoss]:
    """Newest first, from below `before_id`."""
    statement = _page_of_raids(before=before_id is not None, of_status=status is not None)
    given = {"before_id": before_id, "status": status, "limit": limit}
    return [_one(row) for row in await connection.execute(statement, _those_of(given))]


def _those_of(given: dict[str, Any]) -> dict[str, Any]:
    """Parameters without those that nobody gave: their conditions are not in the statement."""
    return {name: value for name, value in given.items() if value is not None}


@cache
def _events(*, of_kinds: bool) -> Select[Any]:
    of_raid = (
        select(*_EVENT)
        .where(RaidEventRecord.raid_id == WANTED_RAIDS.c.raid_id, RaidEventRecord.sequence > bindparam("after"))
        .order_by(RaidEventRecord.sequence)
        .limit(_LIMIT)
    )
    if of_kinds:
        of_raid = of_raid.where(RaidEventRecord.kind == any_(bindparam("kinds", type_=ARRAY(Text))))
    lateral = of_raid.lateral()
    return select(lateral).select_from(WANTED_RAIDS).join(lateral, true())


async def events(
    connection: AsyncConnection,
    raid_ids: Sequence[int],
    *,
    after: int,
    kinds: Sequence[str] | None,
    limit: int,
) -> dict[int, list[EventRow]]:
    """Each raid's first `limit` events after sequence `after`, in order."""
    given = {"raid_ids": list(raid_ids), "after": after, "kinds": None if kinds is None else list(kinds)}
    found: dict[int, list[EventRow]] = defaultdict(list)
    rows = await connection.execute(_events(of_kinds=kinds is not None), _those_of({**given, "limit": limit}))
    for row in rows:
        found[row.raid_id].append(EventRow._make(row))
    return found


_EVENTS_AT: Final = select(*_EVENT).join(
    WANTED_PLACES,
    and_(RaidEventRecord.raid_id == WANTED_PLACES.c.raid_id, RaidEventRecord.sequence == WANTED_PLACES.c.place),
)


async def event_at(connection: AsyncConnection, places: set[tuple[int, int]]) -> dict[tuple[int, int], EventRow]:
    """The events at these (raid, sequence)."""
    if not places:
        return {}
    rows = await connection.execute(_EVENTS_AT, as_places(places))
    return {(row.raid_id, row.sequence): EventRow._make(row) for row in rows}


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


@cache
def _strikes(*, before: bool, of_user: bool) -> Select[Any]:
    parts = []
    for log in (Strike, Analysis):
        part = select(*_strike_columns(log)).where(log.raid_id == WANTED_RAIDS.c.raid_id)
        if before:
            part = part.where(log.number < bindparam("before_number"))
        if of_user:
            part = part.where(log.user_id == bindparam("user_id"))
        parts.append(part.order_by(log.number.desc()).limit(_LIMIT).correlate(WANTED_RAIDS))
    lateral = union_all(*parts).order_by(desc("number")).limit(_LIMIT).lateral()
    return select(lateral).select_from(WANTED_RAIDS).join(lateral, true())


async def strikes(
    connection: AsyncConnection,
    raid_ids: Sequence[int],
    *,
    before_number: int | None,
    user_id: int | None,
    limit: int,
) -> dict[int, list[StrikeRow]]:
    """Each raid's newest strikes below `before_number`, fights and analyses together, newest first."""
    statement = _strikes(before=before_number is not None, of_user=user_id is not None)
    given = {"raid_ids": list(raid_ids), "before_number": before_number, "user_id": user_id, "limit": limit}
    found: dict[int, list[StrikeRow]] = defaultdict(list)
    for row in await connection.execute(statement, _those_of(given)):
        found[row.raid_id].append(StrikeRow._make(row))
    return found


_PAST_STRIKES: Final = (
    union_all(
        *(
            select(*_strike_columns(log))
            .where(log.user_id == bindparam("user_id"), log.raid_id != bindparam("not_in"))
            .order_by(log.raid_id.desc(), log.number.desc())
            .limit(_LIMIT)
            for log in (Strike, Analysis)
        )
    )
    .order_by(desc("raid_id"), desc("number"))
    .limit(_LIMIT)
)


async def past_strikes(connection: AsyncConnection, user_id: int, *, not_in: int, limit: int) -> list[StrikeRow]:
    """The player's newest strikes in raids other than `not_in`, newest first."""
    rows = await connection.execute(_PAST_STRIKES, {"user_id": user_id, "not_in": not_in, "limit": limit})
    return [StrikeRow._make(row) for row in rows]


_HP_AFTER: Final = union_all(
    *(
        select(log.raid_id, log.number, at.label("at"), log.boss_hp_after, log.analysis_points_after).join(
            WANTED_PLACES, and_(log.raid_id == WANTED_PLACES.c.raid_id, log.number == WANTED_PLACES.c.place)
        )
        for log, at in ((Strike, Strike.struck_at), (Analysis, Analysis.analyzed_at))
    )
).order_by("raid_id", "number")


async def hp_after(
    connection: AsyncConnection,
    places: Sequence[tuple[int, int]],
) -> dict[int, list[tuple[datetime, int, int]]]:
    """Each raid's (at, boss HP, analysis points) after its strikes at these (raid, number), in order."""
    found: dict[int, list[tuple[datetime, int, int]]] = defaultdict(list)
    for row in await connection.execute(_HP_AFTER, as_places(places)):
        found[row.raid_id].append((row.at, row.boss_hp_after, row.analysis_points_after))
    return found


_NEWEST_ENDED: Final = select(*_RAID).where(Raid.status == "completed").order_by(Raid.completed_at.desc()).limit(1)


async def newest_ended_raid(connection: AsyncConnection) -> RaidRow | None:
    """The raid that ended last."""
    row = (await connection.execute(_NEWEST_ENDED)).first()
    return None if row is None else RaidRow._make(row)


_NEXT_START: Final = select(func.min(Raid.starts_at)).where(Raid.status == "scheduled")


async def next_start(connection: AsyncConnection) -> datetime | None:
    """When the next scheduled raid begins."""
    moment: datetime | None = (await connection.execute(_NEXT_START)).scalar()
    return moment


_IS_DUE: Final = select(
    or_(
        exists().where(Raid.status == "active", Raid.ends_at <= func.clock_timestamp()),
        and_(
            exists().where(Raid.status == "scheduled", Raid.starts_at <= func.clock_timestamp()),
            not_(exists().where(_LIVE)),
        ),
    )
)


async def is_raid_due(connection: AsyncConnection) -> bool:
    """Whether a raid's time has come that nobody has acted upon: to expire, or to start while none is live."""
    due: bool = (await connection.execute(_IS_DUE)).scalar_one()
    return due


async def created_by(connection: AsyncConnection, raid_id: int) -> str | None:
    """Who created the raid."""
    name: str | None = (await connection.execute(select(Raid.created_by).where(Raid.id == raid_id))).scalar()
    return name
