"""The schema: what the migrations make, that they can be taken back, and what the database itself refuses."""

import io
import re
import subprocess
import sysconfig
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeAlias

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, make_url

from alembic import command
from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Database
from db.models import Base
from services import codec
from services.boss_files import boss_from_toml
from services.content import boss_files
from services.rules.configuration import RaidRules, RewardConfiguration

Session: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CHECKOUT = Path(__file__).parent.parent.parent
SQUAWK = Path(sysconfig.get_path("scripts")) / "squawk"

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

# An index helps a key when its first columns are the key's and it leaves out nothing that the key looks for.
FOREIGN_KEYS_WITHOUT_INDEX = """
    SELECT conname::text FROM pg_constraint AS key
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT FROM pg_index
        WHERE indrelid = conrelid AND indisvalid
        AND (SELECT array_agg(indkey[at - 1] ORDER BY indkey[at - 1]) FROM generate_subscripts(conkey, 1) AS at)
            = (SELECT array_agg(number ORDER BY number) FROM unnest(conkey) AS number)
        AND (indpred IS NULL OR pg_get_expr(indpred, indrelid) = format(
            '(%I IS NOT NULL)', (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1])
        ))
    )
    ORDER BY conname
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


@pytest.fixture(scope="module")
async def played(server: EmbeddedServer, administrator: Session, template: str) -> AsyncIterator[Session]:
    """A connection to a database with one raid in it, made once: a database for each refusal would take long."""
    await administrator.execute(f"CREATE DATABASE played TEMPLATE {template}")
    database = Database(make_url(server.url).set(database="played"), pool_size=1)
    async with database.driver_connection() as connection:
        await connection.execute(RAID)
        yield connection
    await database.close()
    await administrator.execute("DROP DATABASE played WITH (FORCE)")


@pytest.fixture
async def session(played: Session) -> AsyncIterator[Session]:
    """A transaction over that raid, of which nothing stays."""
    transaction = played.transaction()
    await transaction.start()
    yield played
    await transaction.rollback()


async def refusal(session: Session, statement: str, *values: object) -> asyncpg.IntegrityConstraintViolationError:
    """Why the database refuses the statement. Fails when it does not."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        async with session.transaction():
            await session.execute(statement, *values)
    return refused.value


async def catalog(url: str) -> set[tuple[str, str, str]]:
    database = Database(url, pool_size=1)
    async with database.driver_connection() as connection:
        rows = await connection.fetch(CATALOG)
    await database.close()
    return {(row["sort"], row["name"], row["definition"]) for row in rows}


# ------------------------------------------------------------------ up and down


async def test_every_migration_can_be_taken_back_and_leaves_nothing_behind(empty_database_url: str) -> None:
    schemas = {"base": await catalog(empty_database_url)}
    assert schemas["base"] == set()
    for revision in ("001", "002", "003"):
        await migrate.upgrade(empty_database_url, revision)
        schemas[revision] = await catalog(empty_database_url)
    assert migrate.head() == "003"
    assert schemas["base"] < schemas["001"] < schemas["002"] < schemas["003"]

    for revision in ("002", "001", "base"):
        await migrate.downgrade(empty_database_url, revision)
        assert await catalog(empty_database_url) == schemas[revision]

    await migrate.upgrade(empty_database_url)
    assert await catalog(empty_database_url) == schemas["003"]


async def test_a_played_database_can_be_taken_back(database: Database, database_url: str) -> None:
    async with database.driver_connection() as connection:
        await connection.execute(RAID)
    await migrate.downgrade(database_url, "base")
    assert await catalog(database_url) == set()


# ------------------------------------------------------------------ models and migrations say the same


async def test_alembic_finds_no_difference_between_models_and_migrations(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
        return [change[:4] for changes in found for change in (changes if isinstance(changes, list) else [changes])]

    async with database.engine.connect() as connection:
        # Alembic computes both defaults to compare them, and random ones never agree. The next test sees this one too.
        always = ("modify_default", None, "users", "public_id")
        assert await connection.run_sync(differences) == [always]


async def test_the_models_make_the_same_tables_constraints_and_indexes(
    database_url: str, empty_database_url: str
) -> None:
    unmigrated = Database(empty_database_url, pool_size=1)
    async with unmigrated.transaction() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await unmigrated.close()

    migrated = {each for each in await catalog(database_url) if each[0] not in {"trigger", "function"}}
    assert await catalog(empty_database_url) == migrated


async def test_every_constraint_has_a_name_of_ours(database_url: str) -> None:
    names = [name.split(".") for sort, name, definition in await catalog(database_url) if sort == "constraint"]
    wrong = [
        name
        for table, name in names
        if not re.match(rf"(pk|fk|uq|ck)_{table}(_|$)", name) and not name.endswith("_not_null")
    ]
    assert len(names) > 50
    assert wrong == []


async def test_only_bounded_numbers_are_small_and_text_has_no_length(database: Database) -> None:
    async with database.driver_connection() as connection:
        rows = await connection.fetch(
            "SELECT concat_ws('.', table_name, column_name) AS name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
        )
    kinds = {row["name"]: row["data_type"] for row in rows}
    assert {name for name, kind in kinds.items() if kind in {"smallint", "integer"}} == {
        "character_revisions.rarity",
        "user_characters.stars",
        "raid_configurations.revision",
        "world_threat_raids.configuration_revision",
        "world_threat_raids.current_stage",
        "world_threat_raids.thresholds_unlocked",
        "world_threat_analysis.threshold_reached",
        *(
            f"{log}.{column}"
            for log in ("world_threat_strikes", "world_threat_analysis")
            for column in ("team_size", "affinity_permille", "stage_permille")
        ),
    }
    assert {kind for kind in kinds.values() if kind.startswith(("character", "timestamp without"))} == set()


async def test_every_foreign_key_has_an_index(database: Database) -> None:
    async with database.driver_connection() as connection:
        assert await connection.fetch(FOREIGN_KEYS_WITHOUT_INDEX) == []
        # The same question finds one that has none, and one whose index leaves out what the key looks for.
        await connection.execute(
            "CREATE TABLE visits (host bigint REFERENCES users, guest bigint REFERENCES users);"
            "CREATE INDEX ON visits (guest) WHERE host = 1"
        )
        found = await connection.fetch(FOREIGN_KEYS_WITHOUT_INDEX)
        assert [row["conname"] for row in found] == ["visits_guest_fkey", "visits_host_fkey"]


# ------------------------------------------------------------------ what comes with the schema


async def test_a_new_raid_finds_the_rules_and_rewards_that_the_rules_page_names(session: Session) -> None:
    row = await session.fetchrow("SELECT rules, rewards FROM default_configuration")
    assert row is not None
    assert codec.rules_from_json(row["rules"]) == RaidRules()
    assert codec.rewards_from_json(row["rewards"]) == RewardConfiguration()


@pytest.mark.parametrize("only_row", ["true", "false"])
async def test_there_is_one_default_configuration(session: Session, only_row: str) -> None:
    await refusal(session, f"INSERT INTO default_configuration VALUES ({only_row}, '{{}}', '{{}}')")  # noqa: S608 - no input


async def test_the_ember_tyrant_waits_as_its_file_describes_it(session: Session) -> None:
    rows = await session.fetch("SELECT key, boss FROM boss_templates")
    boss = boss_from_toml(
        boss_files()["ember-tyrant"],
        source="ember-tyrant.toml",
        defaults_rules=RaidRules(),
        defaults_rewards=RewardConfiguration(),
    )
    assert [row["key"] for row in rows] == ["ember-tyrant"]
    assert codec.boss_from_json(rows[0]["boss"]) == boss
    assert rows[0]["boss"] == codec.boss_to_json(boss)  # to the letter: affinities are equal without case


# ------------------------------------------------------------------ history stays


GROWING = (
    "admin_actions",
    "character_revisions",
    "raid_events",
    "reward_grants",
    "world_threat_analysis",
    "world_threat_strikes",
)


async def test_history_is_guarded_by_exactly_these_triggers(database_url: str) -> None:
    guarded = {name for sort, name, definition in await catalog(database_url) if sort == "trigger"}
    assert guarded == {"user_characters.keep_history", *(f"{table}.only_grow" for table in GROWING)}


@pytest.mark.parametrize("table", GROWING)
async def test_what_happened_is_neither_changed_nor_deleted(session: Session, table: str) -> None:
    before = await session.fetch(f"SELECT * FROM {table}")  # noqa: S608 - a name from above
    column = next(iter(before[0].keys()))
    if column == "id":  # generated: the database would refuse another value for a reason of its own
        column = list(before[0].keys())[1]
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):  # noqa: S608 - a name from above
        assert f"a row of {table} stays as it was written" in str(await refusal(session, statement))
    assert await session.fetch(f"SELECT * FROM {table}") == before  # noqa: S608 - a name from above


async def test_a_used_character_can_be_traded_but_not_deleted(session: Session) -> None:
    await session.execute("UPDATE user_characters SET user_id = 2 WHERE id = 1")
    refused = await refusal(session, "DELETE FROM user_characters WHERE id = 1")
    assert "character 1 was used in a raid" in str(refused)
    await session.execute("DELETE FROM user_characters WHERE id = 2")
    rows = await session.fetch("SELECT id, user_id FROM user_characters")
    assert [tuple(row) for row in rows] == [(1, 2)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM world_threat_raids",
        "DELETE FROM users WHERE id = 1",
        "DELETE FROM equipment",
        "DELETE FROM characters WHERE id = 1",
        "DELETE FROM api_tokens",
    ],
)
async def test_what_history_hangs_on_is_not_deleted(session: Session, statement: str) -> None:
    assert isinstance(await refusal(session, statement), asyncpg.RestrictViolationError)


# ------------------------------------------------------------------ what the database refuses


NEW_RAID = """
    INSERT INTO world_threat_raids
        (raid_name, status, outcome, paused_at, completed_at, total_hp, current_hp, curse_trigger_threshold,
         secret_seed, starts_at, created_by)
    VALUES ('Second', $1, $2, $3, $4, 10, 10, 100, sha256('other'), now(), 'tests')
"""


EVENT = """
    INSERT INTO raid_events (raid_id, sequence, kind, payload, boss, occurred_at)
    VALUES (1, {sequence}, '{kind}', '{{}}', '{{}}', now())
"""
REVISION = """
    INSERT INTO character_revisions (name, rarity, stats, affinities, affinity_keys)
    VALUES ('Rin', 3, '{{{stats}}}', '[]', '{{}}')
"""


async def test_at_most_one_raid_is_live(session: Session) -> None:
    now = await session.fetchval("SELECT now()")
    for status, paused_at in (("active", None), ("paused", now)):
        refused = await refusal(session, NEW_RAID, status, None, paused_at, None)
        assert refused.constraint_name == "uq_world_threat_raids_live"
    for _ in range(2):
        await session.execute(NEW_RAID, "scheduled", None, None, None)
        await session.execute(NEW_RAID, "completed", "cancelled", None, now)
    waiting = await session.fetchval("SELECT min(id) FROM world_threat_raids WHERE status = 'scheduled'")
    start = "UPDATE world_threat_raids SET status = 'active' WHERE id = $1"
    assert (await refusal(session, start, waiting)).constraint_name == "uq_world_threat_raids_live"
    await session.execute(
        "UPDATE world_threat_raids SET status = 'completed', outcome = 'expired', completed_at = now() WHERE id = 1"
    )
    await session.execute(start, waiting)


async def test_a_boss_is_defeated_once(session: Session) -> None:
    await session.execute(EVENT.format(sequence=2, kind="boss_defeated"))
    refused = await refusal(session, EVENT.format(sequence=3, kind="boss_defeated"))
    assert refused.constraint_name == "uq_raid_events_boss_defeated"


async def test_a_reward_is_granted_once(session: Session) -> None:
    refused = await refusal(
        session,
        "INSERT INTO reward_grants (raid_id, user_id, kind, key, rewards) VALUES (1, 1, 'strike', '1', '[]')",
    )
    assert refused.constraint_name == "uq_reward_grants_raid_id_user_id_kind_key"


async def test_a_character_is_used_once_whoever_owns_it_now(session: Session) -> None:
    refused = await refusal(session, "INSERT INTO world_threat_character_usage VALUES (1, 1, 2, 3, now())")
    assert refused.constraint_name == "pk_world_threat_character_usage"


@pytest.mark.parametrize(
    ("statement", "refused_by"),
    [
        ("UPDATE world_threat_raids SET current_hp = 500", "hp_accounted_for"),
        ("UPDATE world_threat_raids SET current_hp = -1, damage = 1001", "current_hp_range"),
        ("UPDATE world_threat_raids SET current_hp = 0, damage = 1000", "victory_when_dead"),
        ("UPDATE world_threat_raids SET status = 'completed', completed_at = now()", "outcome_when_completed"),
        ("UPDATE world_threat_raids SET status = 'paused'", "paused_at_when_paused"),
        ("UPDATE world_threat_raids SET final_blow_by = 1", "final_blow_when_victory"),
        ("UPDATE world_threat_raids SET participants = 3", "totals_range"),
        ("UPDATE world_threat_raids SET total_hp = 9007199254740992, current_hp = 9007199254740982", "total_hp_range"),
        ("UPDATE world_threat_participants SET contribution = 17", "contribution_formula"),
        ("UPDATE world_threat_participants SET strikes = 3", "strikes_sum"),
        ("UPDATE world_threat_participants SET first_analysis_number = NULL", "first_analysis_known"),
        ("UPDATE user_characters SET stars = 7", "stars_range"),
        ("UPDATE api_tokens SET role = 'player'", "player_bound"),
        ("UPDATE api_tokens SET role = 'owner'", "role_known"),
        ("UPDATE boss_templates SET key = 'No Blanks'", "key_form"),
        ("UPDATE idempotency_keys SET content_hash = '\\x00'", "content_hash_length"),
        (REVISION.format(stats="1,2,3,4,5,6,7"), "stats_range"),
        (REVISION.format(stats="1,2,3,4,5,6,7,NULL"), "stats_range"),
        (EVENT.format(sequence=2, kind="party"), "kind_known"),
    ],
)
async def test_a_row_that_cannot_be_true_is_refused(session: Session, statement: str, refused_by: str) -> None:
    refused = await refusal(session, statement)
    assert isinstance(refused, asyncpg.CheckViolationError)
    assert str(refused.constraint_name).endswith(f"_{refused_by}")


# ------------------------------------------------------------------ the SQL, as a linter of migrations sees it


def lint(sql: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a program of the environment, on input of our own
        [SQUAWK, "--reporter", "gcc", "--stdin-filepath", "migrations.sql"],
        input=sql,
        cwd=CHECKOUT,
        text=True,
        capture_output=True,
        timeout=30,
        check=False,
    )


def test_the_migrations_do_nothing_that_would_stop_a_running_game() -> None:
    config = migrate.configuration()
    config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    sql = config.output_buffer.getvalue()
    assert "CREATE TABLE world_threat_raids" in sql
    assert lint(sql).stdout == ""
    assert lint(sql).returncode == 0

    dangerous = lint(f"{sql}\nALTER TABLE users ADD COLUMN rank bigint NOT NULL;")
    assert dangerous.returncode == 1
    assert "adding-required-field" in dangerous.stdout
