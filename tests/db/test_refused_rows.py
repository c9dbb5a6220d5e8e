"""What comes with the schema, that history stays, and which rows the database itself refuses."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import make_url

from db.embedded import EmbeddedServer
from db.engine import Database
from services import codec
from services.boss_files import boss_from_toml
from services.content import boss_files
from services.rules.configuration import RaidRules, RewardConfiguration
from tests.db.catalog import RAID, Session, catalog


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


async def test_history_is_guarded_and_steps_are_moved_by_exactly_these_triggers(database_url: str) -> None:
    guarded = {name for sort, name, definition in await catalog(database_url) if sort == "trigger"}
    of_history = {f"{table}.{name}" for table in GROWING for name in ("only_grow", "never_emptied")}
    acts = ("insert", "update", "delete", "truncate")
    moving = {f"world_threat_participants.move_leaderboard_steps_on_{act}" for act in acts}
    assert guarded == {"user_characters.keep_history", *of_history, *moving}


@pytest.mark.parametrize("table", GROWING)
async def test_what_happened_is_neither_changed_nor_deleted(session: Session, table: str) -> None:
    before = await session.fetch(f"SELECT * FROM {table}")  # noqa: S608 - a name from above
    column = next(iter(before[0].keys()))
    if column == "id":  # generated: the database would refuse another value for a reason of its own
        column = list(before[0].keys())[1]
    changes = (
        f"UPDATE {table} SET {column} = {column}",  # noqa: S608 - a name from above
        f"DELETE FROM {table}",  # noqa: S608 - a name from above
        f"TRUNCATE {table} CASCADE",
        "TRUNCATE world_threat_raids, users, api_tokens, characters CASCADE",
    )
    for statement in changes:
        refused = str(await refusal(session, statement))
        assert "stays as it was written" in refused
        assert statement not in changes[:3] or f"a row of {table} " in refused
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

CHANNEL = """
    INSERT INTO announcement_channels (channel_id, guild_id, kinds, switched_off_at, switched_off_reason)
    VALUES ('5', '1', '{{}}', {at}, {reason})
"""
REMINDER = """
    INSERT INTO reminders (user_id, wanted, raid_id, ready_at, reminded_of, armed)
    VALUES (1, true, {raid}, {ready_at}, {reminded_of}, {armed})
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
        (CHANNEL.format(at="now()", reason="NULL"), "switched_off_reason_known"),
        (CHANNEL.format(at="NULL", reason="'gone'"), "switched_off_reason_known"),
        (CHANNEL.format(at="now()", reason="''"), "switched_off_reason_length"),
        (REMINDER.format(raid="1", ready_at="NULL", reminded_of="NULL", armed="false"), "ready_in_a_raid"),
        (REMINDER.format(raid="NULL", ready_at="NULL", reminded_of="NULL", armed="true"), "armed_for_something"),
        (REMINDER.format(raid="1", ready_at="now()", reminded_of="now()", armed="true"), "reminded_once"),
        ("INSERT INTO reminder_progress VALUES (1, -1)", "number_range"),
        (REVISION.format(stats="1,2,3,4,5,6,7"), "stats_range"),
        (REVISION.format(stats="1,2,3,4,5,6,7,NULL"), "stats_range"),
        (EVENT.format(sequence=2, kind="party"), "kind_known"),
    ],
)
async def test_a_row_that_cannot_be_true_is_refused(session: Session, statement: str, refused_by: str) -> None:
    refused = await refusal(session, statement)
    assert isinstance(refused, asyncpg.CheckViolationError)
    assert str(refused.constraint_name).endswith(f"_{refused_by}")
