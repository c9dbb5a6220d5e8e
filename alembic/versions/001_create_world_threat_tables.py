"""Players and what they own, raids, their logs, totals, events and ledger.

Revision 001, the first.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision: str = "001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TIME = sa.DateTime(timezone=True)
NOW = sa.text("now()")
ZERO = sa.text("0")
ONE = sa.text("1")
EMPTY_LIST = sa.text("'[]'::jsonb")

ONLY_GROWS = ("character_revisions", "world_threat_strikes", "world_threat_analysis", "raid_events", "reward_grants")


def upgrade() -> None:
    _create_players()
    _create_catalogue()
    _create_raids()
    _create_participants()
    _create_logs()
    _create_events_and_ledger()
    _create_guards()


def downgrade() -> None:
    for table in (
        "idempotency_keys",
        "reward_grants",
        "raid_events",
        "world_threat_analysis",
        "world_threat_strikes",
        "world_threat_character_usage",
        "world_threat_participants",
        "raid_configurations",
        "world_threat_raids",
        "equipment",
        "user_characters",
        "characters",
        "character_revisions",
        "users",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION keep_history()")
    op.execute("DROP FUNCTION refuse_change()")


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False)


def _required(name: str, kind: Any, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **more)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="RESTRICT")


def _create_players() -> None:
    op.create_table(
        "users",
        _id(),
        _required("public_id", sa.Text, server_default=sa.text("replace(gen_random_uuid()::text, '-', '')")),
        sa.Column("discord_id", sa.Text),
        _required("name", sa.Text),
        _required("created_at", TIME, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("public_id", name=op.f("uq_users_public_id")),
        sa.UniqueConstraint("discord_id", name=op.f("uq_users_discord_id")),
        _check("users", "name_length", "char_length(name) BETWEEN 1 AND 100"),
        _check("users", "discord_id_length", "char_length(discord_id) BETWEEN 1 AND 64"),
    )


def _create_catalogue() -> None:
    op.create_table(
        "character_revisions",
        _id(),
        _required("name", sa.Text),
        sa.Column("series", sa.Text),
        _required("rarity", sa.SmallInteger),
        _required("stats", sa.ARRAY(sa.Integer), comment="hp atk mag vit spr int spd lck"),
        _required("affinities", JSONB),
        _required("affinity_keys", sa.ARRAY(sa.Text), comment="kind:value, without case"),
        sa.Column("image_url", sa.Text),
        _required("recorded_at", TIME, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_character_revisions")),
        _check("character_revisions", "name_length", "char_length(name) BETWEEN 1 AND 200"),
        _check("character_revisions", "rarity_range", "rarity BETWEEN 1 AND 6"),
        _check(
            "character_revisions",
            "stats_range",
            "cardinality(stats) = 8 AND 0 <= ALL (stats) AND 9999 >= ALL (stats)"
            " AND array_position(stats, NULL) IS NULL",
        ),
    )
    op.create_table(
        "characters",
        _id(),
        _required("key", sa.Text),
        _required("revision_id", sa.BigInteger),
        _required("created_at", TIME, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_characters")),
        sa.UniqueConstraint("key", name=op.f("uq_characters_key")),
        _check("characters", "key_length", "char_length(key) BETWEEN 1 AND 100"),
        _reference("characters", "revision_id", "character_revisions"),
    )
    op.create_index(op.f("ix_characters_revision_id"), "characters", ["revision_id"])
    op.create_table(
        "user_characters",
        _id(),
        _required("user_id", sa.BigInteger),
        _required("character_id", sa.BigInteger),
        _required("stars", sa.SmallInteger),
        _required("acquired_at", TIME, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_characters")),
        sa.UniqueConstraint("user_id", "character_id", name=op.f("uq_user_characters_user_id_character_id")),
        _check("user_characters", "stars_range", "stars BETWEEN 1 AND 6"),
        _reference("user_characters", "user_id", "users"),
        _reference("user_characters", "character_id", "characters"),
    )
    op.create_index(op.f("ix_user_characters_character_id"), "user_characters", ["character_id"])
    op.create_table(
        "equipment",
        _id(),
        _required("user_id", sa.BigInteger),
        _required("name", sa.Text),
        _required("effects", JSONB),
        _required("acquired_at", TIME, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        _check("equipment", "name_length", "char_length(name) BETWEEN 1 AND 100"),
        _reference("equipment", "user_id", "users"),
    )
    op.create_index(op.f("ix_equipment_user_id"), "equipment", ["user_id"])


def _create_raids() -> None:
    op.create_table(
        "world_threat_raids",
        _id(),
        _required("raid_name", sa.Text),
        _required("status", sa.Text),
        sa.Column("outcome", sa.Text),
        _required("total_hp", sa.BigInteger),
        _required("current_hp", sa.BigInteger),
        _required("current_stage", sa.Integer, server_default=ONE),
        _required("current_analysis_points", sa.BigInteger, server_default=ZERO),
        _required("thresholds_unlocked", sa.Integer, server_default=ZERO),
        _required("current_weaknesses", JSONB, server_default=EMPTY_LIST),
        _required("current_curses", JSONB, server_default=EMPTY_LIST),
        _required("curse_trigger_threshold", sa.BigInteger),
        _required("strikes_since_last_curse", sa.BigInteger, server_default=ZERO),
        _required("fights", sa.BigInteger, server_default=ZERO),
        _required("analyses", sa.BigInteger, server_default=ZERO),
        _required("participants", sa.BigInteger, server_default=ZERO),
        _required("analysts", sa.BigInteger, server_default=ZERO),
        _required("damage", sa.BigInteger, server_default=ZERO),
        _required("hp_adjusted", sa.BigInteger, server_default=ZERO),
        _required("sequence", sa.BigInteger, server_default=ZERO),
        _required("state_changed_at", sa.BigInteger, server_default=ZERO),
        _required("draws", sa.BigInteger, server_default=ZERO),
        _required("configuration_revision", sa.Integer, server_default=ONE),
        _required("secret_seed", sa.LargeBinary),
        sa.Column("final_blow_by", sa.BigInteger),
        _required("starts_at", TIME),
        sa.Column("ends_at", TIME),
        sa.Column("paused_at", TIME),
        sa.Column("completed_at", TIME),
        sa.Column("last_action_at", TIME),
        _required("created_at", TIME, server_default=NOW),
        _required("created_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_world_threat_raids")),
        *(
            _check("world_threat_raids", name, condition)
            for name, condition in {
                "status_known": "status IN ('scheduled', 'active', 'paused', 'completed')",
                "outcome_known": "outcome IN ('victory', 'expired', 'cancelled')",
                "total_hp_range": "total_hp BETWEEN 1 AND 9007199254740991",
                "current_hp_range": "current_hp BETWEEN 0 AND total_hp",
                "hp_accounted_for": "total_hp - current_hp = damage + hp_adjusted",
                "outcome_when_completed": "(status = 'completed') = (outcome IS NOT NULL)",
                "completed_at_when_completed": "(status = 'completed') = (completed_at IS NOT NULL)",
                "paused_at_when_paused": "(status = 'paused') = (paused_at IS NOT NULL)",
                "victory_when_dead": "(current_hp = 0) = (outcome IS NOT DISTINCT FROM 'victory')",
                "final_blow_when_victory": ("(final_blow_by IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'victory')"),
                "current_stage_range": "current_stage >= 1",
                "curse_trigger_threshold_range": "curse_trigger_threshold >= 1",
                "analysis_range": "thresholds_unlocked >= 0 AND current_analysis_points >= 0",
                "totals_range": (
                    "fights >= 0 AND analyses >= 0 AND analysts BETWEEN 0 AND participants"
                    " AND participants <= fights + analyses"
                ),
                "raid_name_length": "char_length(raid_name) BETWEEN 1 AND 100",
                "secret_seed_length": "octet_length(secret_seed) = 32",
            }.items()
        ),
        _reference("world_threat_raids", "final_blow_by", "users"),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index(op.f("ix_world_threat_raids_final_blow_by"), "world_threat_raids", ["final_blow_by"])
    op.create_index(
        op.f("ix_world_threat_raids_scheduled"),
        "world_threat_raids",
        ["starts_at"],
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    op.create_index(
        op.f("uq_world_threat_raids_live"),
        "world_threat_raids",
        [sa.text("(true)")],
        unique=True,
        postgresql_where=sa.text("status IN ('active', 'paused')"),
    )
    op.create_table(
        "raid_configurations",
        _required("raid_id", sa.BigInteger, autoincrement=False),
        _required("revision", sa.Integer, server_default=ONE),
        _required("boss", JSONB),
        _required("original", JSONB),
        sa.PrimaryKeyConstraint("raid_id", name=op.f("pk_raid_configurations")),
        _reference("raid_configurations", "raid_id", "world_threat_raids"),
    )


def _create_participants() -> None:
    op.create_table(
        "world_threat_participants",
        _required("raid_id", sa.BigInteger),
        _required("user_id", sa.BigInteger),
        _required("fights", sa.BigInteger),
        _required("analyses", sa.BigInteger),
        _required("strikes", sa.BigInteger),
        _required("strikes_number", sa.BigInteger),
        _required("damage", sa.BigInteger),
        _required("damage_number", sa.BigInteger),
        _required("analysis_points", sa.BigInteger),
        _required("analysis_number", sa.BigInteger),
        _required("contribution", sa.BigInteger),
        _required("contribution_number", sa.BigInteger),
        sa.Column("first_analysis_number", sa.BigInteger),
        _required("best_score", sa.BigInteger),
        _required("best_score_number", sa.BigInteger),
        _required("last_action_at", TIME),
        sa.PrimaryKeyConstraint("raid_id", "user_id", name=op.f("pk_world_threat_participants")),
        *(
            _check("world_threat_participants", name, condition)
            for name, condition in {
                "totals_range": "damage >= 0 AND analysis_points >= 0 AND fights >= 0 AND analyses >= 0",
                "contribution_formula": "contribution = damage + analysis_points * 6 / 5",
                "strikes_sum": "strikes = fights + analyses AND strikes >= 1",
                "first_analysis_known": "(first_analysis_number IS NULL) = (analysis_points = 0)",
            }.items()
        ),
        _reference("world_threat_participants", "user_id", "users"),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(op.f("ix_world_threat_participants_user_id"), "world_threat_participants", ["user_id"])
    for metric, total, reached_at in (
        ("damage", "damage", "damage_number"),
        ("analysis", "analysis_points", "analysis_number"),
        ("contribution", "contribution", "contribution_number"),
        ("strikes", "strikes", "strikes_number"),
    ):
        op.create_index(
            op.f(f"ix_world_threat_participants_{metric}"),
            "world_threat_participants",
            ["raid_id", sa.text(f"{total} DESC"), reached_at],
        )


def _create_logs() -> None:
    op.create_table(
        "world_threat_character_usage",
        _required("raid_id", sa.BigInteger),
        _required("character_id", sa.BigInteger, comment="user_characters.id"),
        _required("user_id", sa.BigInteger),
        _required("number", sa.BigInteger, comment="the strike it was used in"),
        _required("used_at", TIME),
        sa.PrimaryKeyConstraint("raid_id", "character_id", name=op.f("pk_world_threat_character_usage")),
    )
    op.create_index(
        op.f("ix_world_threat_character_usage_character_id"), "world_threat_character_usage", ["character_id"]
    )
    _create_log(
        "world_threat_strikes",
        _required("damage_dealt", sa.BigInteger),
        _required("overkill", sa.BigInteger),
        _required("boss_hp_before", sa.BigInteger),
        _required("struck_at", TIME),
        _check(
            "world_threat_strikes", "hp_chain", "boss_hp_before - damage_dealt = boss_hp_after AND boss_hp_after >= 0"
        ),
        _check("world_threat_strikes", "damage_range", "damage_dealt >= 1 AND overkill >= 0"),
        _check("world_threat_strikes", "overkill_when_dead", "overkill = 0 OR boss_hp_after = 0"),
    )
    _create_log(
        "world_threat_analysis",
        _required("analysis_points", sa.BigInteger),
        _required("milestone_triggered", sa.Boolean),
        sa.Column("threshold_reached", sa.Integer),
        _required("analyzed_at", TIME),
        _check("world_threat_analysis", "analysis_points_range", "analysis_points >= 1"),
        _check("world_threat_analysis", "milestone_known", "milestone_triggered = (threshold_reached IS NOT NULL)"),
    )


def _create_log(table: str, *result: sa.Column[Any] | sa.CheckConstraint) -> None:
    """One of the two logs of strikes: what they have in common, and the `result` that is its own."""
    op.create_table(
        table,
        _required("raid_id", sa.BigInteger),
        _required("number", sa.BigInteger),
        _required("user_id", sa.BigInteger),
        sa.Column("equipped_equipment_id", sa.BigInteger),
        _required(
            "team_characters",
            JSONB,
            comment="per member: [user_characters.id, character_revisions.id, stars, score, multiplier_permille]",
        ),
        _required("team_size", sa.SmallInteger),
        _required("base_score", sa.BigInteger),
        _required("affinity_permille", sa.Integer),
        _required("stage_permille", sa.Integer),
        _required("final_score", sa.BigInteger),
        _required("sequence_before", sa.BigInteger),
        _required("sequence_after", sa.BigInteger),
        _required("boss_hp_after", sa.BigInteger),
        _required("analysis_points_after", sa.BigInteger),
        _required("damage_after", sa.BigInteger),
        _required("fights_after", sa.BigInteger),
        _required("participants_after", sa.BigInteger),
        _required("strikes_since_last_curse_after", sa.BigInteger),
        *result,
        sa.PrimaryKeyConstraint("raid_id", "number", name=op.f(f"pk_{table}")),
        _check(table, "team_size_range", "team_size BETWEEN 1 AND 6"),
        _reference(table, "user_id", "users"),
        _reference(table, "equipped_equipment_id", "equipment"),
    )
    op.create_index(op.f(f"ix_{table}_user_id_raid_id_number"), table, ["user_id", "raid_id", "number"])
    op.create_index(
        op.f(f"ix_{table}_equipped_equipment_id"),
        table,
        ["equipped_equipment_id"],
        postgresql_where=sa.text("equipped_equipment_id IS NOT NULL"),
    )


def _create_events_and_ledger() -> None:
    op.create_table(
        "raid_events",
        _required("raid_id", sa.BigInteger),
        _required("sequence", sa.BigInteger),
        _required("kind", sa.Text),
        sa.Column("strike_number", sa.BigInteger),
        _required("payload", JSONB),
        _required("boss", JSONB),
        _required("occurred_at", TIME),
        sa.PrimaryKeyConstraint("raid_id", "sequence", name=op.f("pk_raid_events")),
        _check(
            "raid_events",
            "kind_known",
            "kind IN ('raid_started', 'stage_advanced', 'curse_applied', 'curse_fizzled', 'breakthrough',"
            " 'raid_paused', 'raid_resumed', 'raid_updated', 'hp_adjusted', 'boss_defeated', 'raid_ended')",
        ),
        _reference("raid_events", "raid_id", "world_threat_raids"),
    )
    op.create_index(
        op.f("uq_raid_events_boss_defeated"),
        "raid_events",
        ["raid_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'boss_defeated'"),
    )
    op.create_table(
        "reward_grants",
        _id(),
        _required("raid_id", sa.BigInteger),
        _required("user_id", sa.BigInteger),
        _required("kind", sa.Text),
        _required("key", sa.Text),
        _required("rewards", JSONB, comment="[[currency, amount], …]; empty for a title"),
        sa.Column("strike_number", sa.BigInteger),
        _required("granted_at", TIME, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reward_grants")),
        sa.UniqueConstraint(
            "raid_id", "user_id", "kind", "key", name=op.f("uq_reward_grants_raid_id_user_id_kind_key")
        ),
        _check("reward_grants", "kind_known", "kind IN ('strike', 'milestone', 'breakthrough', 'victory', 'title')"),
        _reference("reward_grants", "user_id", "users"),
    )
    op.create_index(op.f("ix_reward_grants_user_id"), "reward_grants", ["user_id"])
    op.create_table(
        "idempotency_keys",
        _required("user_id", sa.BigInteger),
        _required("key", sa.Text),
        _required("content_hash", sa.LargeBinary),
        _required("raid_id", sa.BigInteger),
        _required("number", sa.BigInteger),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
        _check("idempotency_keys", "key_length", "char_length(key) BETWEEN 1 AND 200"),
        _check("idempotency_keys", "content_hash_length", "octet_length(content_hash) = 32"),
    )
    op.create_index(op.f("ix_idempotency_keys_raid_id"), "idempotency_keys", ["raid_id"])


def _create_guards() -> None:
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a row of % stays as it was written: rows are only added here', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
        END
        $$
    """)
    for table in ONLY_GROWS:
        op.execute(f"""
            CREATE TRIGGER only_grow BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_change()
        """)
    op.execute("""
        CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- Whoever strikes holds the live raid's row: behind it, every use is committed and seen.
            PERFORM FROM world_threat_raids WHERE status IN ('active', 'paused') FOR SHARE;
            IF EXISTS (SELECT FROM world_threat_character_usage WHERE character_id = OLD.id) THEN
                RAISE EXCEPTION 'character % was used in a raid: it can change hands, but not be deleted', OLD.id
                    USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
            END IF;
            RETURN OLD;
        END
        $$
    """)
    op.execute("""
        CREATE TRIGGER keep_history BEFORE DELETE ON user_characters
        FOR EACH ROW EXECUTE FUNCTION keep_history()
    """)
