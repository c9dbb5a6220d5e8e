"""Who may ask what, what admins did, where raids are announced, and the rules and rewards of a new raid.

Revision 002 after 001.
"""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op

revision: str = "002"
down_revision: str | None = "001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TIME = sa.DateTime(timezone=True)
NOW = sa.text("now()")

# As they were when this was written: what the program's own defaults become later is the matter of a later migration.
RULES = {
    "version": 1,
    "min_team_size": 1,
    "max_team_size": 6,
    "cooldown_seconds": 3600,
    "weakness_permille": 1500,
    "curse_permille": 750,
    "damage_divisor": 10,
    "analysis_divisor": 10,
}
REWARDS = {
    "version": 1,
    "strike_divisor": 100,
    "milestones": [
        [250, [["crystals", 50]]],
        [750, [["crystals", 100]]],
        [1500, [["crystals", 200]]],
        [3000, [["crystals", 400]]],
        [5000, [["crystals", 700]]],
        [8000, [["crystals", 1000]]],
        [12000, [["crystals", 1500]]],
    ],
    "breakthrough": [["crystals", 50]],
    "victory": [["crystals", 500], ["daphine", 1]],
    "tiers": [["bronze", 500, 1000], ["silver", 1500, 1500], ["gold", 3000, 2000], ["platinum", 5500, 3000]],
}


def upgrade() -> None:
    _create_permissions()
    _create_default_configuration()
    _create_announcements()


def downgrade() -> None:
    op.drop_table("announcement_deliveries")
    op.drop_table("announcement_channels")
    op.drop_table("default_configuration")
    op.drop_table("admin_actions")
    op.drop_table("api_tokens")


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False)


def _required(name: str, kind: Any, **more: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **more)


def _raid(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["raid_id"],
        ["world_threat_raids.id"],
        name=op.f(f"fk_{table}_raid_id"),
        ondelete="RESTRICT",
    )


def _create_permissions() -> None:
    op.create_table(
        "api_tokens",
        _id(),
        _required("role", sa.Text),
        _required("name", sa.Text),
        _required("prefix", sa.Text),
        _required("token_hash", sa.LargeBinary),
        sa.Column("user_id", sa.BigInteger),
        _required("created_at", TIME, server_default=NOW),
        sa.Column("expires_at", TIME),
        sa.Column("revoked_at", TIME),
        sa.Column("last_used_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        sa.CheckConstraint("role IN ('viewer', 'player', 'bot', 'admin')", name=op.f("ck_api_tokens_role_known")),
        sa.CheckConstraint("(role = 'player') = (user_id IS NOT NULL)", name=op.f("ck_api_tokens_player_bound")),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_api_tokens_token_hash_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_api_tokens_name_length")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id"), ondelete="RESTRICT"),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"])
    op.create_table(
        "admin_actions",
        _id(),
        sa.Column("raid_id", sa.BigInteger),
        _required("actor", sa.Text),
        sa.Column("token_id", sa.BigInteger),
        _required("action", sa.Text),
        _required("reason", sa.Text),
        _required("before", JSONB),
        _required("after", JSONB),
        _required("acted_at", TIME, server_default=NOW),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_actions")),
        sa.CheckConstraint("char_length(reason) BETWEEN 1 AND 1000", name=op.f("ck_admin_actions_reason_length")),
        _raid("admin_actions"),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["api_tokens.id"],
            name=op.f("fk_admin_actions_token_id"),
            ondelete="RESTRICT",
        ),
    )
    op.create_index(op.f("ix_admin_actions_raid_id_id"), "admin_actions", ["raid_id", "id"])
    op.create_index(op.f("ix_admin_actions_token_id"), "admin_actions", ["token_id"])
    op.execute("""
        CREATE TRIGGER only_grow BEFORE UPDATE OR DELETE ON admin_actions
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """)


def _create_default_configuration() -> None:
    op.create_table(
        "default_configuration",
        _required("only_row", sa.Boolean, server_default=sa.text("true")),
        _required("rules", JSONB),
        _required("rewards", JSONB),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_default_configuration")),
        sa.CheckConstraint("only_row", name=op.f("ck_default_configuration_only_row")),
    )
    op.execute(
        sa.text(
            "INSERT INTO default_configuration (rules, rewards) VALUES (CAST(:rules AS jsonb), CAST(:rewards AS jsonb))"
        ).bindparams(rules=json.dumps(RULES), rewards=json.dumps(REWARDS))
    )


def _create_announcements() -> None:
    op.create_table(
        "announcement_channels",
        _required("channel_id", sa.Text),
        _required("guild_id", sa.Text),
        _required("kinds", sa.ARRAY(sa.Text)),
        sa.Column("mention_role_id", sa.Text),
        sa.Column("switched_off_at", TIME),
        _required("updated_at", TIME, server_default=NOW),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_announcement_channels")),
    )
    op.create_index(op.f("ix_announcement_channels_guild_id"), "announcement_channels", ["guild_id"])
    op.create_table(
        "announcement_deliveries",
        _required("channel_id", sa.Text),
        _required("raid_id", sa.BigInteger),
        _required("sequence", sa.BigInteger),
        _required("acknowledged_at", TIME, server_default=NOW),
        sa.PrimaryKeyConstraint("channel_id", "raid_id", name=op.f("pk_announcement_deliveries")),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["announcement_channels.channel_id"],
            name=op.f("fk_announcement_deliveries_channel_id"),
            ondelete="CASCADE",
        ),
        _raid("announcement_deliveries"),
    )
    op.create_index(op.f("ix_announcement_deliveries_raid_id"), "announcement_deliveries", ["raid_id"])
