"""What the strike line reads: a few set-based statements for all waiting strikes.

They say how to look, along the keys, and leave the planner no other way: their plans are made once (db/engine.py,
LOOK_UPS), when the raid is young, and must still be right when its tables have grown a millionfold.

- Many rows by their keys are one walk along the index (`= ANY`, on the bare column): a third of what as many searches
  cost, one in a subquery for each row. What was found so is put together by hashing: `IN` over a subquery that asks
  nothing of the row outside, and a FULL JOIN of what matches anyway, which cannot be a loop within a loop.
- Else row by row: LATERAL with LIMIT.
- `raid_id + 0` keeps off the leaderboards' indexes.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from db.queries import Connection
from db.rows import (
    CopyRow,
    EquipmentRow,
    EventRow,
    GrantRow,
    IdempotencyRow,
    ParticipantRow,
    RaidRow,
    RevisionRow,
    StrikeRow,
    UserRow,
    column_list,
)

_RAID = column_list(RaidRow)

_STRIKES = """
SELECT raid_id, number, user_id, true AS fight, equipped_equipment_id, team_characters, base_score,
       affinity_permille, stage_permille, final_score, damage_dealt, overkill, 0::bigint AS analysis_points,
       sequence_before, sequence_after, boss_hp_after, analysis_points_after, damage_after, fights_after,
       participants_after, strikes_since_last_curse_after, struck_at AS at
FROM world_threat_strikes WHERE {condition}
UNION ALL
SELECT raid_id, number, user_id, false, equipped_equipment_id, team_characters, base_score,
       affinity_permille, stage_permille, final_score, 0, 0, analysis_points,
       sequence_before, sequence_after, boss_hp_after, analysis_points_after, damage_after, fights_after,
       participants_after, strikes_since_last_curse_after, analyzed_at
FROM world_threat_analysis WHERE {condition}
"""


async def live_raid(connection: Connection) -> RaidRow | None:
    """The raid that is active or paused, not locked; None when there is none."""
    record = await connection.fetchrow(
        f"SELECT {_RAID} FROM world_threat_raids WHERE status IN ('active', 'paused')",  # noqa: S608
    )
    return None if record is None else RaidRow._make(record)


async def lock_live_raid(connection: Connection) -> RaidRow | None:
    """The raid that is active or paused, locked until the transaction ends; None when there is none."""
    raid, _due = await lock_raid_to_strike(connection)
    return raid


async def lock_raid_to_strike(connection: Connection) -> tuple[RaidRow | None, bool]:
    """The raid that is active or paused, locked until the transaction ends; None when there is none.

    With it whether a raid's time has come, as `is_raid_due` says.
    """
    record = await connection.fetchrow(
        f"SELECT {_RAID}, status = 'active' AND coalesce(ends_at <= clock_timestamp(), false) "  # noqa: S608
        "FROM world_threat_raids WHERE status IN ('active', 'paused') FOR UPDATE",
    )
    if record is None:
        return None, await is_raid_due(connection)
    *row, due = record
    return RaidRow._make(row), due


async def lock_raid(connection: Connection, raid_id: int) -> RaidRow | None:
    """One raid, whatever its status, locked until the transaction ends."""
    record = await connection.fetchrow(
        f"SELECT {_RAID} FROM world_threat_raids WHERE id = $1 FOR UPDATE",  # noqa: S608 - a constant list of columns
        raid_id,
    )
    return None if record is None else RaidRow._make(record)


async def raid_row(connection: Connection, raid_id: int) -> RaidRow | None:
    """One raid, whatever its status, not locked."""
    record = await connection.fetchrow(
        f"SELECT {_RAID} FROM world_threat_raids WHERE id = $1",  # noqa: S608 - a constant list of columns
        raid_id,
    )
    return None if record is None else RaidRow._make(record)


async def lock_due_raids(connection: Connection) -> list[RaidRow]:
    """Raids whose time has come: an active one past its end first, then scheduled ones, earliest first."""
    records = await connection.fetch(
        f"SELECT {_RAID} FROM world_threat_raids "  # noqa: S608 - a constant list of columns
        "WHERE (status = 'active' AND ends_at <= clock_timestamp()) "
        "OR (status = 'scheduled' AND starts_at <= clock_timestamp()) "
        "ORDER BY status, starts_at, id FOR UPDATE",
    )
    return [RaidRow._make(record) for record in records]


async def is_raid_due(connection: Connection) -> bool:
    """Whether a raid's time has come that has not been acted upon: to expire, or to start while none is live."""
    due: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM world_threat_raids WHERE status = 'active' AND ends_at <= clock_timestamp()) "
        "OR EXISTS (SELECT FROM world_threat_raids WHERE status = 'scheduled' AND starts_at <= clock_timestamp()) "
        "AND NOT EXISTS (SELECT FROM world_threat_raids WHERE status IN ('active', 'paused'))",
    )
    return due


async def newest_ended_raid(connection: Connection) -> RaidRow | None:
    """The raid that ended last."""
    record = await connection.fetchrow(
        f"SELECT {_RAID} FROM world_threat_raids WHERE status = 'completed' "  # noqa: S608 - constant columns
        "ORDER BY completed_at DESC LIMIT 1",
    )
    return None if record is None else RaidRow._make(record)


async def next_start(connection: Connection) -> datetime | None:
    """When the next scheduled raid begins."""
    moment: datetime | None = await connection.fetchval(
        "SELECT min(starts_at) FROM world_threat_raids WHERE status = 'scheduled'",
    )
    return moment


async def database_time(connection: Connection) -> datetime:
    """The database's clock now, not the transaction's start: a lock may have been waited for since."""
    moment: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return moment


async def configuration(connection: Connection, raid_id: int) -> tuple[int, dict[str, object], dict[str, object]]:
    """The raid's configuration: its revision, the boss now, and the boss it was created with."""
    record = await connection.fetchrow(
        "SELECT revision, boss, original FROM raid_configurations WHERE raid_id = $1",
        raid_id,
    )
    if record is None:
        raise LookupError(f"raid {raid_id} has no configuration")
    return record["revision"], record["boss"], record["original"]


_STRIKERS = f"""
SELECT clock_timestamp(), {column_list(UserRow, "u")}, {column_list(ParticipantRow, "p")},
       {column_list(IdempotencyRow, "known")}
FROM (SELECT) AS always
LEFT JOIN ROWS FROM (jsonb_array_elements_text($1::jsonb), jsonb_array_elements_text($2::jsonb))
    AS asked(discord_id, key) ON true
LEFT JOIN LATERAL (SELECT * FROM users WHERE users.discord_id = asked.discord_id LIMIT 1) AS u ON true
LEFT JOIN LATERAL (
    SELECT * FROM world_threat_participants part WHERE part.user_id = u.id AND part.raid_id + 0 = $3 LIMIT 1
) AS p ON true
LEFT JOIN LATERAL (
    SELECT * FROM idempotency_keys i WHERE i.user_id = u.id AND i.key = asked.key LIMIT 1
) AS known ON true
"""  # noqa: S608 - constant lists of columns
_USER_ENDS = 1 + len(UserRow._fields)
_PARTICIPANT_ENDS = _USER_ENDS + len(ParticipantRow._fields)


async def strikers(
    connection: Connection, discord_ids: Sequence[str], keys: Sequence[str], raid_id: int | None
) -> tuple[datetime, list[tuple[UserRow, ParticipantRow | None, IdempotencyRow | None]]]:
    """The database's clock, not the transaction's start, and of each strike whose player is known: the player, their
    part in the raid so far, and the strike that answered its key before. A player and a key for each strike.
    """
    records = await connection.fetch(_STRIKERS, discord_ids, keys, raid_id)
    found = [
        (
            UserRow._make(record[1:_USER_ENDS]),
            None if record[_USER_ENDS] is None else ParticipantRow._make(record[_USER_ENDS:_PARTICIPANT_ENDS]),
            None if record[_PARTICIPANT_ENDS] is None else IdempotencyRow._make(record[_PARTICIPANT_ENDS:]),
        )
        for record in map(tuple, records)
        if record[1] is not None
    ]
    return records[0][0], found


_COPIES = """
WITH own AS MATERIALIZED (
    SELECT id, user_id, character_id, stars FROM user_characters WHERE id = ANY($2::text::bigint[])
)
SELECT own.id, own.user_id, of_catalogue.revision_id, own.stars, own.id IN (
    SELECT used.character_id FROM world_threat_character_usage used
    WHERE used.raid_id = $1 AND used.character_id = ANY($2::text::bigint[])
)
FROM own FULL JOIN (
    SELECT id, revision_id FROM characters WHERE id = ANY(ARRAY(SELECT character_id FROM own))
) AS of_catalogue ON of_catalogue.id = own.character_id
"""


async def copies(connection: Connection, raid_id: int, ids: Collection[str]) -> dict[str, CopyRow]:
    """Players' copies of characters by their `ids`, numbers as we spell them.

    A trade that commits later comes after the strikes of this transaction.
    """
    records = await connection.fetch(_COPIES, raid_id, "{" + ",".join(ids) + "}")
    return {str(row.id): row for row in map(CopyRow._make, records)}


async def revisions(connection: Connection, revision_ids: Sequence[int]) -> dict[int, RevisionRow]:
    """What characters were; a revision never changes, so a caller may keep it for ever."""
    records = await connection.fetch(
        f"SELECT {column_list(RevisionRow)} FROM character_revisions WHERE id = ANY($1::bigint[])",  # noqa: S608
        revision_ids,
    )
    return {record["id"]: RevisionRow._make(record) for record in records}


async def equipment(connection: Connection, equipment_ids: Sequence[int]) -> dict[int, EquipmentRow]:
    records = await connection.fetch(
        f"SELECT {column_list(EquipmentRow)} FROM equipment WHERE id = ANY($1::bigint[])",  # noqa: S608
        equipment_ids,
    )
    return {record["id"]: EquipmentRow._make(record) for record in records}


async def strike(connection: Connection, raid_id: int, number: int) -> StrikeRow | None:
    """The raid's n-th strike, from whichever log holds it."""
    record = await connection.fetchrow(_STRIKES.format(condition="raid_id = $1 AND number = $2"), raid_id, number)
    return None if record is None else StrikeRow._make(record)


async def strikes_after(connection: Connection, raid_id: int, after: int, limit: int) -> list[StrikeRow]:
    """The strikes that follow number `after`, in order."""
    condition = f"raid_id = $1 AND number > $2 AND number <= $2 + {limit:d}"
    records = await connection.fetch(f"{_STRIKES.format(condition=condition)} ORDER BY number", raid_id, after)
    return [StrikeRow._make(record) for record in records]


async def events_between(connection: Connection, raid_id: int, first: int, last: int) -> list[EventRow]:
    """The events `first`..`last`, in order."""
    records = await connection.fetch(
        f"SELECT {column_list(EventRow)} FROM raid_events "  # noqa: S608 - a constant list of columns
        "WHERE raid_id = $1 AND sequence BETWEEN $2 AND $3 ORDER BY sequence",
        raid_id,
        first,
        last,
    )
    return [EventRow._make(record) for record in records]


async def grants_of_strike(connection: Connection, raid_id: int, user_id: int, number: int) -> list[GrantRow]:
    """What the player earned by this strike, in the order it was granted."""
    records = await connection.fetch(
        f"SELECT {column_list(GrantRow)} FROM reward_grants "  # noqa: S608 - a constant list of columns
        "WHERE raid_id = $1 AND user_id = $2 AND strike_number = $3 ORDER BY id",
        raid_id,
        user_id,
        number,
    )
    return [GrantRow._make(record) for record in records]
