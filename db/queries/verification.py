"""What `verify` reads of one raid: all of its rows, page by page, and sums over its logs that only SQL has made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from db.queries import Connection
from db.rows import EventRow, GrantRow, ParticipantRow, StrikeRow, column_list

_FIELDS = len(StrikeRow._fields)


@dataclass(frozen=True, slots=True)
class LogRow:
    """A strike with the columns that only its own log has; they are None for the other kind."""

    strike: StrikeRow
    team_size: int
    boss_hp_before: int | None
    milestone_triggered: bool | None
    threshold_reached: int | None


class UsageRow(NamedTuple):
    """world_threat_character_usage."""

    character_id: int
    user_id: int
    number: int
    used_at: datetime


class ActionRow(NamedTuple):
    """admin_actions, as far as a raid can be told from them."""

    action: str
    reason: str
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogSums:
    """Sums over both logs of a raid."""

    strikes: int
    newest_number: int
    fights: int
    damage: int
    analysis_points: int
    participants: int
    analysts: int
    team_sizes: int
    team_members: int


@dataclass(frozen=True, slots=True)
class OtherSums:
    """Counts of what the logs brought about."""

    usages: int
    participants: int
    grants: int
    events: int
    newest_sequence: int
    defeats: int
    defeated_by_number: int | None


_SHARED = """raid_id, number, user_id, {fight}, equipped_equipment_id, team_characters, base_score, affinity_permille,
       stage_permille, final_score, {results}, sequence_before, sequence_after, boss_hp_after, analysis_points_after,
       damage_after, fights_after, participants_after, strikes_since_last_curse_after"""
_PAGE = f"""
(SELECT {_SHARED.format(fight="true AS fight", results="damage_dealt, overkill, 0::bigint AS analysis_points")},
        struck_at AS at, team_size, boss_hp_before, NULL::boolean, NULL::integer
   FROM world_threat_strikes WHERE raid_id = $1 AND number > $2 ORDER BY number LIMIT $3)
UNION ALL
(SELECT {_SHARED.format(fight="false", results="0, 0, analysis_points")},
        analyzed_at, team_size, NULL, milestone_triggered, threshold_reached
   FROM world_threat_analysis WHERE raid_id = $1 AND number > $2 ORDER BY number LIMIT $3)
ORDER BY number FETCH FIRST $3 ROWS WITH TIES
"""  # noqa: S608 - constant columns; with ties, because a broken log can have a number in both tables


async def strikes(connection: Connection, raid_id: int, after: int, limit: int) -> list[LogRow]:
    """The next strikes behind number `after`, from both logs, whatever numbers are missing."""
    records = await connection.fetch(_PAGE, raid_id, after, limit)
    rows = [LogRow(StrikeRow(*record[:_FIELDS]), *record[_FIELDS:]) for record in records]
    return sorted(rows, key=lambda row: (row.strike.number, not row.strike.fight))


async def events(connection: Connection, raid_id: int, after: int, limit: int) -> list[EventRow]:
    """The next events behind sequence `after`, whatever sequences are missing."""
    records = await connection.fetch(
        f"SELECT {column_list(EventRow)} FROM raid_events "  # noqa: S608 - a constant list of columns
        "WHERE raid_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
        raid_id,
        after,
        limit,
    )
    return [EventRow._make(record) for record in records]


async def usages(connection: Connection, raid_id: int, character_ids: Sequence[int]) -> dict[int, UsageRow]:
    """The use of each of these characters in the raid, by character."""
    records = await connection.fetch(
        f"SELECT {column_list(UsageRow)} FROM world_threat_character_usage "  # noqa: S608 - constant columns
        "WHERE raid_id = $1 AND character_id = ANY($2::bigint[])",
        raid_id,
        character_ids,
    )
    return {record["character_id"]: UsageRow._make(record) for record in records}


async def stray_usages(connection: Connection, raid_id: int, limit: int) -> list[UsageRow]:
    """Uses that no team of the logs knows of."""
    records = await connection.fetch(
        f"""
        SELECT {column_list(UsageRow)} FROM world_threat_character_usage used WHERE raid_id = $1 AND NOT EXISTS (
          SELECT FROM (
            SELECT team_characters FROM world_threat_strikes WHERE raid_id = used.raid_id AND number = used.number
            UNION ALL
            SELECT team_characters FROM world_threat_analysis WHERE raid_id = used.raid_id AND number = used.number
          ) log, jsonb_array_elements(log.team_characters) member WHERE (member->>0)::bigint = used.character_id
        ) ORDER BY number, character_id LIMIT $2
        """,  # noqa: S608 - a constant list of columns
        raid_id,
        limit,
    )
    return [UsageRow._make(record) for record in records]


async def participants(connection: Connection, raid_id: int, after: int, limit: int) -> list[ParticipantRow]:
    """The next participants behind user `after`."""
    records = await connection.fetch(
        f"SELECT {column_list(ParticipantRow)} FROM world_threat_participants "  # noqa: S608 - constant columns
        "WHERE raid_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3",
        raid_id,
        after,
        limit,
    )
    return [ParticipantRow._make(record) for record in records]


async def grants(
    connection: Connection,
    raid_id: int,
    owed: Sequence[tuple[int, str, str]],
) -> dict[tuple[int, str, str], GrantRow]:
    """The ledger's lines with these (user, kind, key)."""
    records = await connection.fetch(
        f"SELECT {column_list(GrantRow, 'g')} FROM unnest($2::bigint[], $3::text[], $4::text[]) "  # noqa: S608
        "AS owed(user_id, kind, key) JOIN reward_grants g ON g.raid_id = $1 "
        "AND g.user_id = owed.user_id AND g.kind = owed.kind AND g.key = owed.key",
        raid_id,
        *map(list, zip(*owed, strict=True)),
    )
    return {(record["user_id"], record["kind"], record["key"]): GrantRow._make(record) for record in records}


async def ledger(connection: Connection, raid_id: int, after: int, limit: int) -> list[GrantRow]:
    """The raid's next grants behind id `after`."""
    records = await connection.fetch(
        f"SELECT {column_list(GrantRow)} FROM reward_grants "  # noqa: S608 - a constant list of columns
        "WHERE raid_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        raid_id,
        after,
        limit,
    )
    return [GrantRow._make(record) for record in records]


async def stray_idempotency_keys(connection: Connection, raid_id: int, limit: int) -> list[tuple[int, str, int]]:
    """(user, key, number) of keys that name no strike of their player, or a strike that another key names too.

    Of several keys that name one number one is told. Grouped, not joined: a raid that was just played has no
    statistics yet, and the planner would loop over its log once for each key.
    """
    records = await connection.fetch(
        """
        SELECT min(user_id) FILTER (WHERE key IS NOT NULL), min(key), number FROM (
          SELECT number, user_id, key FROM idempotency_keys WHERE raid_id = $1
          UNION ALL
          SELECT number, user_id, NULL FROM world_threat_strikes WHERE raid_id = $1
          UNION ALL
          SELECT number, user_id, NULL FROM world_threat_analysis WHERE raid_id = $1
        ) named
        GROUP BY number
        HAVING count(key) > 1 OR count(key) = 1 AND (count(*) = 1 OR min(user_id) <> max(user_id))
        ORDER BY number LIMIT $2
        """,
        raid_id,
        limit,
    )
    return [(record[0], record[1], record[2]) for record in records]


async def actions(connection: Connection, raid_id: int) -> list[ActionRow]:
    """What admins did to the raid, in order."""
    records = await connection.fetch(
        "SELECT action, reason, after FROM admin_actions WHERE raid_id = $1 ORDER BY id",
        raid_id,
    )
    return [ActionRow._make(record) for record in records]


_LOG = """
SELECT number, user_id, true AS fight, damage_dealt, 0::bigint AS analysis_points, final_score, team_size,
       team_characters, boss_hp_before, boss_hp_after, sequence_before, sequence_after
FROM world_threat_strikes WHERE raid_id = $1
UNION ALL
SELECT number, user_id, false, 0, analysis_points, final_score, team_size,
       team_characters, boss_hp_after, boss_hp_after, sequence_before, sequence_after
FROM world_threat_analysis WHERE raid_id = $1
"""


async def log_sums(connection: Connection, raid_id: int) -> LogSums:
    record = await connection.fetchrow(
        f"""
        SELECT count(*), coalesce(max(number), 0), count(*) FILTER (WHERE fight),
               coalesce(sum(damage_dealt), 0)::bigint, coalesce(sum(analysis_points), 0)::bigint,
               count(DISTINCT user_id), count(DISTINCT user_id) FILTER (WHERE analysis_points > 0),
               coalesce(sum(team_size), 0), coalesce(sum(jsonb_array_length(team_characters)), 0)
        FROM ({_LOG}) log
        """,  # noqa: S608 - a constant statement
        raid_id,
    )
    if record is None:
        raise LookupError("an aggregate without a row")
    return LogSums(*record)


async def other_sums(connection: Connection, raid_id: int) -> OtherSums:
    record = await connection.fetchrow(
        """
        SELECT (SELECT count(*) FROM world_threat_character_usage WHERE raid_id = $1),
               (SELECT count(*) FROM world_threat_participants WHERE raid_id = $1),
               (SELECT count(*) FROM reward_grants WHERE raid_id = $1),
               count(*), coalesce(max(sequence), 0), count(*) FILTER (WHERE kind = 'boss_defeated'),
               max(strike_number) FILTER (WHERE kind = 'boss_defeated')
        FROM raid_events WHERE raid_id = $1
        """,
        raid_id,
    )
    if record is None:
        raise LookupError("an aggregate without a row")
    return OtherSums(*record)


async def unbalanced_participants(connection: Connection, raid_id: int, limit: int) -> list[tuple[int, str, int, int]]:
    """(user, total, as stored, as the log's sum) where the two are not the same; what is not there counts as 0."""
    records = await connection.fetch(
        f"""
        SELECT user_id, total.name, total.stored, total.logged
        FROM (SELECT * FROM world_threat_participants WHERE raid_id = $1) p
        FULL JOIN (
          SELECT user_id, count(*) FILTER (WHERE fight) AS fights, count(*) FILTER (WHERE NOT fight) AS analyses,
                 sum(damage_dealt)::bigint AS damage, sum(analysis_points)::bigint AS analysis_points,
                 max(final_score) AS best_score
          FROM ({_LOG}) log GROUP BY user_id
        ) logged USING (user_id)
        CROSS JOIN LATERAL (VALUES
          ('fights', coalesce(p.fights, 0), coalesce(logged.fights, 0)),
          ('analyses', coalesce(p.analyses, 0), coalesce(logged.analyses, 0)),
          ('damage', coalesce(p.damage, 0), coalesce(logged.damage, 0)),
          ('analysis_points', coalesce(p.analysis_points, 0), coalesce(logged.analysis_points, 0)),
          ('best_score', coalesce(p.best_score, 0), coalesce(logged.best_score, 0))
        ) AS total(name, stored, logged)
        WHERE total.stored <> total.logged ORDER BY user_id, total.name LIMIT $2
        """,  # noqa: S608 - a constant statement
        raid_id,
        limit,
    )
    return [(record[0], record[1], record[2], record[3]) for record in records]


async def unbalanced_steps(connection: Connection, raid_id: int, limit: int) -> list[tuple[str, int, int, int]]:
    """(metric, step, players as stored, players counted) where the two are not the same."""
    records = await connection.fetch(
        """
        SELECT metric, step, coalesce(kept.players, 0), coalesce(counted.players, 0)
        FROM (SELECT * FROM world_threat_leaderboard_steps WHERE raid_id = $1) kept
        FULL JOIN (
          SELECT metric, leaderboard_step(score) AS step, count(*) AS players FROM world_threat_participants
          CROSS JOIN LATERAL (VALUES
            ('damage', damage), ('analysis', analysis_points), ('contribution', contribution), ('strikes', strikes)
          ) AS of(metric, score)
          WHERE raid_id = $1 AND score > 0 GROUP BY 1, 2
        ) counted USING (metric, step)
        WHERE coalesce(kept.players, 0) <> coalesce(counted.players, 0) ORDER BY metric, step LIMIT $2
        """,
        raid_id,
        limit,
    )
    return [(record[0], record[1], record[2], record[3]) for record in records]


async def broken_hp_chain(connection: Connection, raid_id: int, limit: int) -> list[tuple[int, int, int]]:
    """(number, HP that the strike met, HP that it was left with) where the two are not the same.

    What a strike met is what the one before left, or what an admin set in between.
    """
    records = await connection.fetch(
        f"""
        SELECT number, boss_hp_before, expected FROM (
          SELECT number, boss_hp_before, coalesce(
            (SELECT (payload->'changes'->>'hp')::bigint FROM raid_events
             WHERE raid_id = $1 AND kind = 'hp_adjusted'
               AND sequence > coalesce(chain.sequence_then, 0) AND sequence <= chain.sequence_before
             ORDER BY sequence DESC LIMIT 1),
            chain.hp_then,
            (SELECT total_hp FROM world_threat_raids WHERE id = $1)
          ) AS expected
          FROM (
            SELECT *, lag(boss_hp_after) OVER by_number AS hp_then, lag(sequence_after) OVER by_number AS sequence_then
            FROM ({_LOG}) log WINDOW by_number AS (ORDER BY number)
          ) chain
        ) met WHERE boss_hp_before <> expected ORDER BY number LIMIT $2
        """,  # noqa: S608 - a constant statement
        raid_id,
        limit,
    )
    return [(record[0], record[1], record[2]) for record in records]
