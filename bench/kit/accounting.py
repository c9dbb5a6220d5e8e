"""Do the books balance? (rules.md 7) After every run, in SQL that shares no line with the program."""

from typing import Final

from bench.kit.crowd import Connection
from db.engine import Database, Timeouts
from services.verification import verify_raid

_PATIENT: Final = Timeouts(statement_ms=600_000, idle_in_transaction_ms=120_000, command_seconds=620.0)

# Each pair must be equal.
_SUMS: Final = """
WITH log AS (
  SELECT number, user_id, damage_dealt AS damage, 0 AS points, team_size,
         jsonb_array_length(team_characters) AS members, boss_hp_before AS hp_before, boss_hp_after AS hp_after
  FROM world_threat_strikes WHERE raid_id = $1
  UNION ALL
  SELECT number, user_id, 0, analysis_points, team_size, jsonb_array_length(team_characters), NULL, boss_hp_after
  FROM world_threat_analysis WHERE raid_id = $1
), sums AS (
  SELECT count(*) AS strikes, coalesce(max(number), 0) AS newest, coalesce(sum(damage), 0) AS damage,
         coalesce(sum(points), 0) AS points, coalesce(sum(team_size), 0) AS team_size,
         coalesce(sum(members), 0) AS members, count(DISTINCT user_id) AS strikers
  FROM log
), totals AS (
  SELECT count(*) AS rows, coalesce(sum(damage), 0) AS damage, coalesce(sum(analysis_points), 0) AS points,
         coalesce(sum(strikes), 0) AS strikes
  FROM world_threat_participants WHERE raid_id = $1
), events AS (
  SELECT count(*) AS events, coalesce(max(sequence), 0) AS newest,
         count(*) FILTER (WHERE kind = 'boss_defeated') AS falls
  FROM raid_events WHERE raid_id = $1
)
SELECT check_name, one::bigint, other::bigint
FROM world_threat_raids raid, sums, totals, events, LATERAL (VALUES
  ('HP lost = damage + adjustments', raid.total_hp - raid.current_hp, sums.damage + raid.hp_adjusted),
  ('analysis points = the log''s', raid.current_analysis_points, sums.points),
  ('strikes = the log''s', raid.fights + raid.analyses, sums.strikes),
  ('numbers without a gap', sums.newest, sums.strikes),
  ('uses = team sizes', (SELECT count(*) FROM world_threat_character_usage WHERE raid_id = $1), sums.team_size),
  ('team sizes = members', sums.team_size, sums.members),
  ('participants = strikers', totals.rows, sums.strikers),
  ('participants = the raid''s', totals.rows, raid.participants),
  ('damage of participants = the log''s', totals.damage, sums.damage),
  ('points of participants = the log''s', totals.points, sums.points),
  ('strikes of participants = the log''s', totals.strikes, sums.strikes),
  ('a key for each strike', (SELECT count(*) FROM idempotency_keys WHERE raid_id = $1), sums.strikes),
  ('events without a gap', events.newest, events.events),
  ('events = the raid''s', raid.sequence, events.events),
  ('defeats = victories', events.falls, (raid.outcome IS NOT DISTINCT FROM 'victory')::integer),
  ('breaks of the HP chain', 0, (
    SELECT count(*) FROM (
      SELECT hp_before, lag(hp_after, 1, raid.total_hp) OVER (ORDER BY number) AS left_by FROM log
    ) chain WHERE hp_before <> left_by AND raid.hp_adjusted = 0))
) AS checks(check_name, one, other)
WHERE raid.id = $1
"""


async def mismatches(
    connection: Connection, raid_id: int, *, acknowledged: int | None = None, damage: int | None = None
) -> list[str]:
    """What does not add up, empty when all does. Clients were told of so many strikes and so much damage, if known."""
    rows = await connection.fetch(_SUMS, raid_id, timeout=_PATIENT.command_seconds)
    checks: dict[str, tuple[int, int]] = {name: (one, other) for name, one, other in rows}
    if not checks:
        raise SystemExit(f"There is no raid {raid_id}.")
    found = [f"{name}: {one} and {other}" for name, (one, other) in checks.items() if one != other]
    for name, told in (("strikes = the log's", acknowledged), ("damage of participants = the log's", damage)):
        logged = checks[name][1]
        if told is not None and logged != told:
            found.append(f"{name}: {logged}, and clients were told {told}")
    return found


async def differences(database: Database, raid_id: int) -> list[str]:
    """What `worldthreat raid verify` finds: the raid played again, bit for bit."""
    patient = Database(database.url, timeouts=_PATIENT, application_name="worldthreat-bench-verify")
    try:
        report = await verify_raid(patient, str(raid_id))
    finally:
        await patient.close()
    return [str(difference) for difference in report.differences]


async def require_balance(
    database: Database,
    raid_id: int,
    *,
    acknowledged: int | None = None,
    damage: int | None = None,
    replayed: bool = False,
) -> None:
    """Raises SystemExit when the books do not balance; `replayed` plays the raid again as well."""
    async with database.driver_connection() as connection:
        await connection.execute("SET statement_timeout = 0")
        found = await mismatches(connection, raid_id, acknowledged=acknowledged, damage=damage)
    if replayed:
        found += await differences(database, raid_id)
    if found:
        raise SystemExit("\n".join([f"The books of raid {raid_id} do not balance:", *found[:20]]))
