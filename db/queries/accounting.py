"""What the periodic check of the accounts reads: one raid's totals and its newest strikes, in one statement each."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class RaidBooks:
    """One raid at one moment. `new_…` is counted over the strikes behind the anchor, which is a strike itself: its
    running totals are those before them. They are None when the log does not have that strike.
    """

    strikes: int
    fights: int
    damage: int
    analysis_points: int
    participants: int
    analysts: int
    sequence: int
    hp_gone: int
    hp_adjusted: int
    won: bool
    anchor_fights: int | None
    anchor_damage: int | None
    anchor_analysis_points: int | None
    anchor_sequence: int | None
    new_strikes: int
    new_fights: int
    new_damage: int
    new_analysis_points: int
    newest_number: int
    new_team_sizes: int
    new_usages: int
    new_events: int
    participant_rows: int
    participants_analysts: int
    participants_strikes: int
    participants_damage: int
    participants_analysis_points: int
    players_on_steps: int
    defeats: int


_WATCHED = text(
    "SELECT id, fights + analyses FROM world_threat_raids WHERE status <> 'scheduled' "
    "ORDER BY completed_at DESC NULLS FIRST, id DESC LIMIT :limit"
)
# A use is looked up for each member of a new team: joined, all uses of the raid would be read.
_BOOKS = text("""
WITH log AS (
  SELECT number, true AS fight, damage_dealt AS damage, 0::bigint AS points, team_size, team_characters
  FROM world_threat_strikes WHERE raid_id = :raid AND number > :after
  UNION ALL
  SELECT number, false, 0, analysis_points, team_size, team_characters
  FROM world_threat_analysis WHERE raid_id = :raid AND number > :after
),
anchor AS (
  SELECT fights_after, damage_after, analysis_points_after, sequence_after
  FROM world_threat_strikes WHERE raid_id = :raid AND number = :after
  UNION ALL
  SELECT fights_after, damage_after, analysis_points_after, sequence_after
  FROM world_threat_analysis WHERE raid_id = :raid AND number = :after
  UNION ALL
  SELECT 0, 0, 0, 0 WHERE :after = 0
),
new AS (
  SELECT count(*) AS strikes, count(*) FILTER (WHERE fight) AS fights, coalesce(sum(damage), 0)::bigint AS damage,
         coalesce(sum(points), 0)::bigint AS points, coalesce(max(number), :after) AS newest,
         coalesce(sum(team_size), 0) AS team_sizes
  FROM log
),
people AS (
  SELECT count(*) AS everybody, count(*) FILTER (WHERE analysis_points > 0) AS analysts,
         coalesce(sum(strikes), 0)::bigint AS strikes, coalesce(sum(damage), 0)::bigint AS damage,
         coalesce(sum(analysis_points), 0)::bigint AS points
  FROM world_threat_participants WHERE raid_id = :raid
)
SELECT raid.fights + raid.analyses, raid.fights, raid.damage, raid.current_analysis_points, raid.participants,
       raid.analysts, raid.sequence, raid.total_hp - raid.current_hp, raid.hp_adjusted,
       raid.outcome IS NOT DISTINCT FROM 'victory',
       anchor.fights_after, anchor.damage_after, anchor.analysis_points_after, anchor.sequence_after,
       new.strikes, new.fights, new.damage, new.points, new.newest, new.team_sizes,
       (SELECT count(*) FROM log, jsonb_array_elements(log.team_characters) member WHERE log.number =
        (SELECT number FROM world_threat_character_usage
         WHERE raid_id = :raid AND character_id = (member->>0)::bigint)),
       (SELECT count(*) FROM raid_events WHERE raid_id = :raid AND sequence > anchor.sequence_after),
       people.everybody, people.analysts, people.strikes, people.damage, people.points,
       (SELECT coalesce(sum(players), 0)::bigint FROM world_threat_leaderboard_steps
        WHERE raid_id = :raid AND metric = 'strikes'),
       (SELECT count(*) FROM raid_events WHERE raid_id = :raid AND kind = 'boss_defeated')
FROM world_threat_raids raid CROSS JOIN new CROSS JOIN people LEFT JOIN anchor ON true
WHERE raid.id = :raid
""")


async def watched_raids(connection: AsyncConnection, limit: int) -> list[tuple[int, int]]:
    """The live raid, then those that ended last: (id, strikes)."""
    return [(row[0], row[1]) for row in await connection.execute(_WATCHED, {"limit": limit})]


async def books(connection: AsyncConnection, raid_id: int, after: int) -> RaidBooks:
    """The raid and its strikes behind number `after`. The cost grows with these, and with its participants."""
    return RaidBooks(*(await connection.execute(_BOOKS, {"raid": raid_id, "after": after})).one())
