"""The schema: what the migrations make, that they can be taken back, and that the models say the same."""

import io
import re
import subprocess
import sysconfig
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from alembic import command
from db import migrate
from db.engine import Database
from db.models import Base
from tests.db.catalog import RAID, catalog

CHECKOUT = Path(__file__).parent.parent.parent
SQUAWK = Path(sysconfig.get_path("scripts")) / "squawk"

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


# ------------------------------------------------------------------ up and down


async def test_every_migration_can_be_taken_back_and_leaves_nothing_behind(empty_database_url: str) -> None:
    schemas = {"base": await catalog(empty_database_url)}
    assert schemas["base"] == set()
    for revision in ("001", "002", "003", "004", "005", "006", "007", "008"):
        await migrate.upgrade(empty_database_url, revision)
        schemas[revision] = await catalog(empty_database_url)
    assert migrate.head() == "008"
    assert schemas["base"] < schemas["001"] < schemas["002"] < schemas["003"] < schemas["004"]
    assert schemas["004"] != schemas["005"] < schemas["006"] < schemas["007"] < schemas["008"]

    for revision in ("007", "006", "005", "004", "003", "002", "001", "base"):
        await migrate.downgrade(empty_database_url, revision)
        assert await catalog(empty_database_url) == schemas[revision]

    await migrate.upgrade(empty_database_url)
    assert await catalog(empty_database_url) == schemas["008"]


async def test_a_played_database_can_be_taken_back(database: Database, database_url: str) -> None:
    async with database.driver_connection() as connection:
        await connection.execute(RAID)
    await migrate.downgrade(database_url, "base")
    assert await catalog(database_url) == set()


async def test_who_has_struck_before_stands_on_the_steps(empty_database_url: str) -> None:
    await migrate.upgrade(empty_database_url, "007")
    async with Database(empty_database_url).driver_connection() as connection:
        await connection.execute(RAID)
        await migrate.upgrade(empty_database_url, "008")
        steps = await connection.fetch("SELECT * FROM world_threat_leaderboard_steps ORDER BY metric")
    assert [tuple(row) for row in steps] == [
        (1, "analysis", 5, 1), (1, "contribution", 16, 1), (1, "damage", 10, 1), (1, "strikes", 2, 1)
    ]  # fmt: skip


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
        "world_threat_leaderboard_steps.step",
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


# ------------------------------------------------------------------ the SQL, as a linter of migrations sees it


def lint(sql: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a program of the environment, on input of our own
        [SQUAWK, "--reporter", "gcc", "--stdin-filepath", "migrations.sql"],
        input=sql,
        cwd=CHECKOUT,
        text=True,
        capture_output=True,
        timeout=90,
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
