"""The schema as the database describes it, and a raid to fill it with."""

from typing import TypeAlias

import asyncpg

from db.engine import Database

Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Everything that a migration can leave in the schema, but for Alembic's own table.
CATALOG = """
    WITH ours AS (
        SELECT oid, relname, relkind, reloptions FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i' AND relname <> 'alembic_version'
    )
    SELECT 'relation' AS sort, relname::text AS name, concat(relkind, reloptions) AS definition FROM ours
    UNION ALL
    SELECT 'column', concat_ws('.', relname, attname), concat_ws(
        ' | ', format_type(atttypid, atttypmod), attnotnull, attidentity, pg_get_expr(adbin, adrelid),
        col_description(attrelid, attnum)
    )
    FROM ours JOIN pg_attribute ON attrelid = ours.oid LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
    WHERE attnum > 0 AND NOT attisdropped AND relkind = 'r'
    UNION ALL
    SELECT 'constraint', concat_ws('.', relname, conname), pg_get_constraintdef(pg_constraint.oid)
    FROM ours JOIN pg_constraint ON conrelid = ours.oid
    UNION ALL
    SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM ours JOIN pg_index ON indrelid = ours.oid
    UNION ALL
    SELECT 'trigger', concat_ws('.', relname, tgname), pg_get_triggerdef(pg_trigger.oid)
    FROM ours JOIN pg_trigger ON tgrelid = ours.oid WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function', proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'type', typname, typtype::text
    FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typrelid = 0 AND typname <> '_alembic_version'
"""

# A raid in which player 1 struck once and analyzed once, each time with the one copy that stands for all.
RAID = """
    INSERT INTO users (discord_id, name) VALUES ('1', 'Aya'), ('2', 'Ben');
    INSERT INTO character_revisions (name, rarity, stats, affinities, affinity_keys)
        VALUES ('Mio', 3, '{1,2,3,4,5,6,7,8}', '[]', '{}');
    INSERT INTO characters (key, revision_id) VALUES ('mio', 1), ('rin', 1);
    INSERT INTO user_characters (user_id, character_id, stars) VALUES (1, 1, 3), (1, 2, 3);
    INSERT INTO equipment (user_id, name, effects) VALUES (1, 'Lantern', '[]');
    INSERT INTO world_threat_raids
        (raid_name, status, total_hp, current_hp, damage, fights, analyses, participants, analysts,
         curse_trigger_threshold, secret_seed, starts_at, created_by)
        VALUES ('Gloomtide', 'active', 1000, 990, 10, 1, 1, 1, 1, 100, sha256('seed'), now(), 'tests');
    INSERT INTO raid_configurations (raid_id, boss, original) VALUES (1, '{}', '{}');
    INSERT INTO world_threat_participants
        VALUES (1, 1, 1, 1, 2, 2, 10, 1, 5, 2, 16, 2, 2, 100, 1, now());
    INSERT INTO world_threat_character_usage VALUES (1, 1, 1, 1, now());
    INSERT INTO world_threat_strikes
        (raid_id, number, user_id, equipped_equipment_id, team_characters, team_size, base_score, affinity_permille,
         stage_permille, final_score, sequence_before, sequence_after, boss_hp_before, boss_hp_after,
         analysis_points_after, damage_after, fights_after, participants_after, strikes_since_last_curse_after,
         damage_dealt, overkill, struck_at)
        VALUES (1, 1, 1, 1, '[]', 1, 100, 1000, 1000, 100, 1, 1, 1000, 990, 0, 10, 1, 1, 1, 10, 0, now());
    INSERT INTO world_threat_analysis
        (raid_id, number, user_id, team_characters, team_size, base_score, affinity_permille,
         stage_permille, final_score, sequence_before, sequence_after, boss_hp_after,
         analysis_points_after, damage_after, fights_after, participants_after, strikes_since_last_curse_after,
         analysis_points, milestone_triggered, analyzed_at)
        VALUES (1, 2, 1, '[]', 1, 50, 1000, 1000, 50, 1, 1, 990, 5, 10, 1, 1, 2, 5, false, now());
    INSERT INTO raid_events (raid_id, sequence, kind, payload, boss, occurred_at)
        VALUES (1, 1, 'raid_started', '{}', '{}', now());
    INSERT INTO reward_grants (raid_id, user_id, kind, key, rewards, strike_number)
        VALUES (1, 1, 'strike', '1', '[["crystals", 1]]', 1);
    INSERT INTO idempotency_keys VALUES (1, 'first', sha256('content'), 1, 1);
    INSERT INTO api_tokens (role, name, prefix, token_hash) VALUES ('admin', 'desk', 'wt_1', sha256('token'));
    INSERT INTO admin_actions (raid_id, actor, token_id, action, reason, before, after)
        VALUES (1, 'desk', 1, 'pause', 'a storm', '{}', '{}');
"""


async def catalog(url: str) -> set[tuple[str, str, str]]:
    database = Database(url, pool_size=1)
    async with database.driver_connection() as connection:
        rows = await connection.fetch(CATALOG)
    await database.close()
    return {(row["sort"], row["name"], row["definition"]) for row in rows}
