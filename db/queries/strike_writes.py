"""What moves a raid, under its lock, beside the strikes themselves (`db.queries.batch_writes`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from db.queries import Connection
from db.queries.batch_writes import MOVING
from db.rows import EventRow, RaidRow, column_list


async def grant_breakthrough(
    connection: Connection,
    raid_id: int,
    number: int,
    rewards: list[Any],
    strike_number: int,
    granted_at: datetime,
) -> None:
    """Pays breakthrough `number` to everybody who had an analysis point when strike `strike_number` opened it.

    The striker was paid with the strike; those who come later are paid with their first point.
    """
    await connection.execute(
        "INSERT INTO reward_grants (raid_id, user_id, kind, key, rewards, strike_number, granted_at) "
        "SELECT raid_id, user_id, 'breakthrough', $2, $3, $4, $5 FROM world_threat_participants "
        "WHERE raid_id = $1 AND first_analysis_number <= $4 ORDER BY user_id "
        "ON CONFLICT (raid_id, user_id, kind, key) DO NOTHING",
        raid_id,
        str(number),
        rewards,
        strike_number,
        granted_at,
    )


async def grant_victory(
    connection: Connection,
    raid_id: int,
    tiers: Sequence[tuple[int, list[Any]]],
    strike_number: int | None,
    granted_at: datetime,
) -> None:
    """Pays every participant by the highest tier their contribution reaches: `tiers` are (contribution, rewards)."""
    await connection.execute(
        "INSERT INTO reward_grants (raid_id, user_id, kind, key, rewards, strike_number, granted_at) "
        "SELECT p.raid_id, p.user_id, 'victory', 'victory', tier.rewards, $4, $5 "
        "FROM world_threat_participants p CROSS JOIN LATERAL ("
        "  SELECT rewards::jsonb AS rewards FROM unnest($2::bigint[], $3::text[]) AS t(contribution, rewards) "
        "  WHERE p.contribution >= t.contribution ORDER BY t.contribution DESC LIMIT 1"
        ") AS tier WHERE p.raid_id = $1 AND tier.rewards <> '[]' ORDER BY p.user_id "
        "ON CONFLICT (raid_id, user_id, kind, key) DO NOTHING",
        raid_id,
        [contribution for contribution, _ in tiers],
        [orjson.dumps(rewards).decode() for _, rewards in tiers],  # a list in a jsonb[] would be one more dimension
        strike_number,
        granted_at,
    )


_TITLES = {
    "most_damage": "damage DESC, damage_number",
    "most_analysis": "analysis_points DESC, analysis_number",
    "best_strike": "best_score DESC, best_score_number",
}
_TITLE_SCORES = {"most_damage": "damage", "most_analysis": "analysis_points", "best_strike": "best_score"}


async def grant_titles(
    connection: Connection,
    raid_id: int,
    final_blow_by: int | None,
    strike_number: int | None,
    granted_at: datetime,
) -> None:
    """Titles for the most damage, the most analysis, the best single strike and the final blow. Ties: who was first."""
    for title, order in _TITLES.items():
        await connection.execute(
            "INSERT INTO reward_grants (raid_id, user_id, kind, key, rewards, strike_number, granted_at) "  # noqa: S608
            f"SELECT raid_id, user_id, 'title', '{title}', '[]', $2, $3 FROM world_threat_participants "
            f"WHERE raid_id = $1 AND {_TITLE_SCORES[title]} > 0 ORDER BY {order} LIMIT 1 "
            "ON CONFLICT (raid_id, user_id, kind, key) DO NOTHING",
            raid_id,
            strike_number,
            granted_at,
        )
    if final_blow_by is not None:
        await connection.execute(
            "INSERT INTO reward_grants (raid_id, user_id, kind, key, rewards, strike_number, granted_at) "
            "VALUES ($1, $2, 'title', 'final_blow', '[]', $3, $4)",
            raid_id,
            final_blow_by,
            strike_number,
            granted_at,
        )


async def add_events(connection: Connection, rows: Sequence[EventRow]) -> None:
    values = ", ".join(f"${index}" for index, _ in enumerate(EventRow._fields, 1))
    await connection.executemany(
        f"INSERT INTO raid_events ({column_list(EventRow)}) VALUES ({values})",  # noqa: S608 - constant columns
        rows,
    )


async def save_raid(connection: Connection, row: RaidRow) -> None:
    """Writes all that a strike, the clock or an admin may have moved."""
    changes = ", ".join(f"{name} = ${index}" for index, name in enumerate(MOVING, 2))
    await connection.execute(
        f"UPDATE world_threat_raids SET {changes} WHERE id = $1",  # noqa: S608 - a constant list of columns
        row.id,
        *(getattr(row, name) for name in MOVING),
    )


async def save_configuration(connection: Connection, raid_id: int, raid_name: str, boss: dict[str, Any]) -> None:
    """A new revision of what the raid plays by."""
    await connection.execute(
        "UPDATE raid_configurations SET boss = $2, revision = revision + 1 WHERE raid_id = $1",
        raid_id,
        boss,
    )
    await connection.execute(
        "UPDATE world_threat_raids SET raid_name = $2, configuration_revision = configuration_revision + 1 "
        "WHERE id = $1",
        raid_id,
        raid_name,
    )


async def add_raid(connection: Connection, row: RaidRow, created_by: str, boss: dict[str, Any]) -> int:
    """A new raid with its configuration; `row.id` is not looked at. Returns its id."""
    names = RaidRow._fields[1:]
    values = ", ".join(f"${index}" for index in range(1, len(names) + 2))
    raid_id: int = await connection.fetchval(
        f"INSERT INTO world_threat_raids ({', '.join(names)}, created_by) VALUES ({values}) RETURNING id",  # noqa: S608
        *(getattr(row, name) for name in names),
        created_by,
    )
    await connection.execute(
        "INSERT INTO raid_configurations (raid_id, boss, original) VALUES ($1, $2, $2)",
        raid_id,
        boss,
    )
    return raid_id


async def add_admin_action(
    connection: Connection,
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
        "INSERT INTO admin_actions (raid_id, actor, token_id, action, reason, before, after) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        raid_id,
        actor,
        token_id,
        action,
        reason,
        before,
        after,
    )
