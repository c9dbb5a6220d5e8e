"""What moves a live raid, under its lock: all accepted strikes of a batch in a handful of statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from db.queries import Connection
from db.queries.arrays import array_text
from db.rows import EventRow, IdempotencyRow, ParticipantRow, RaidRow, StrikeRow

_SHARED_STRIKE_COLUMNS = (
    "raid_id",
    "number",
    "user_id",
    "equipped_equipment_id",
    "team_characters",
    "team_size",
    "base_score",
    "affinity_permille",
    "stage_permille",
    "final_score",
    "sequence_before",
    "sequence_after",
    "boss_hp_after",
    "analysis_points_after",
    "damage_after",
    "fights_after",
    "participants_after",
    "strikes_since_last_curse_after",
)

_MOVING = [
    field
    for field in RaidRow._fields
    if field not in {"id", "raid_name", "total_hp", "secret_seed", "configuration_revision"}
]


def _shared_columns(row: StrikeRow) -> tuple[Any, ...]:
    return (
        row.raid_id,
        row.number,
        row.user_id,
        row.equipped_equipment_id,
        row.team_characters,
        len(row.team_characters),
        row.base_score,
        row.affinity_permille,
        row.stage_permille,
        row.final_score,
        row.sequence_before,
        row.sequence_after,
        row.boss_hp_after,
        row.analysis_points_after,
        row.damage_after,
        row.fights_after,
        row.participants_after,
        row.strikes_since_last_curse_after,
    )


async def add_strikes(
    connection: Connection,
    rows: Sequence[StrikeRow],
    breakthroughs: dict[int, int],
) -> None:
    """Appends to both logs. `breakthroughs`: strike number -> the newest threshold that it opened."""
    fights = [row for row in rows if row.fight]
    if fights:
        await connection.copy_records_to_table(
            "world_threat_strikes",
            columns=(*_SHARED_STRIKE_COLUMNS, "damage_dealt", "overkill", "boss_hp_before", "struck_at"),
            records=[
                (*_shared_columns(row), row.damage_dealt, row.overkill, row.boss_hp_after + row.damage_dealt, row.at)
                for row in fights
            ],
        )
    analyses = [row for row in rows if not row.fight]
    if analyses:
        await connection.copy_records_to_table(
            "world_threat_analysis",
            columns=(
                *_SHARED_STRIKE_COLUMNS,
                "analysis_points",
                "milestone_triggered",
                "threshold_reached",
                "analyzed_at",
            ),
            records=[
                (
                    *_shared_columns(row),
                    row.analysis_points,
                    row.number in breakthroughs,
                    breakthroughs.get(row.number),
                    row.at,
                )
                for row in analyses
            ],
        )


async def add_usage(connection: Connection, rows: Sequence[StrikeRow]) -> None:
    """Marks every member of every team as used."""
    await connection.copy_records_to_table(
        "world_threat_character_usage",
        columns=("raid_id", "character_id", "user_id", "number", "used_at"),
        records=[
            (row.raid_id, member[0], row.user_id, row.number, row.at) for row in rows for member in row.team_characters
        ],
    )


async def add_idempotency_keys(connection: Connection, rows: Sequence[IdempotencyRow]) -> None:
    await connection.copy_records_to_table(
        "idempotency_keys",
        columns=("user_id", "key", "content_hash", "raid_id", "number"),
        records=[(row.user_id, row.key, row.content_hash, row.raid_id, row.number) for row in rows],
    )


_PARTICIPANT = ParticipantRow._fields
_NUMBERS = _PARTICIPANT[1:-1]  # raid_id comes first and last_action_at last: the same for a whole batch
_SAVE_PARTICIPANTS = (
    f"INSERT INTO world_threat_participants ({', '.join(_PARTICIPANT)}) SELECT $1, numbers.*, $2 FROM unnest("  # noqa: S608 - constant columns
    + ", ".join(f"${index}::text::bigint[]" for index in range(3, len(_NUMBERS) + 3))
    + ") AS numbers ON CONFLICT (raid_id, user_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _PARTICIPANT[2:])
)


async def save_participants(connection: Connection, rows: Sequence[ParticipantRow]) -> None:
    """Writes the totals of everybody who struck in this batch: in one raid, at one time."""
    raid_ids, *columns, times = zip(*rows, strict=True)
    await connection.execute(_SAVE_PARTICIPANTS, raid_ids[0], times[0], *map(array_text, columns))


async def add_grants(
    connection: Connection,
    raid_id: int,
    grants: Sequence[tuple[int, str, str, list[Any], int | None, datetime]],
) -> None:
    """Appends to the ledger: (user_id, kind, key, rewards, strike_number, granted_at), in this order."""
    await connection.copy_records_to_table(
        "reward_grants",
        columns=("raid_id", "user_id", "kind", "key", "rewards", "strike_number", "granted_at"),
        records=[(raid_id, *grant) for grant in grants],
    )


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
        await add_grants(
            connection,
            raid_id,
            [(final_blow_by, "title", "final_blow", [], strike_number, granted_at)],
        )


async def add_events(connection: Connection, rows: Sequence[EventRow]) -> None:
    await connection.copy_records_to_table(
        "raid_events",
        columns=EventRow._fields,
        records=[
            (row.raid_id, row.sequence, row.kind, row.strike_number, row.payload, row.boss, row.occurred_at)
            for row in rows
        ],
    )


async def save_raid(connection: Connection, row: RaidRow) -> None:
    """Writes all that a strike, the clock or an admin may have moved."""
    changes = ", ".join(f"{name} = ${index}" for index, name in enumerate(_MOVING, 2))
    await connection.execute(
        f"UPDATE world_threat_raids SET {changes} WHERE id = $1",  # noqa: S608 - a constant list of columns
        row.id,
        *(getattr(row, name) for name in _MOVING),
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
