"""What the Discord bot keeps here: status messages, channels that are gone, and who wants to be reminded.

Revision 004 after 003.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "004"
down_revision: str | None = "003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TIME = sa.DateTime(timezone=True)
CHANNEL_CHECKS = {
    "switched_off_reason_known": "(switched_off_at IS NULL) = (switched_off_reason IS NULL)",
    "switched_off_reason_length": "char_length(switched_off_reason) BETWEEN 1 AND 500",
}


def upgrade() -> None:
    op.add_column("announcement_channels", sa.Column("status_message_id", sa.Text))
    op.add_column("announcement_channels", sa.Column("switched_off_reason", sa.Text))
    for name, condition in CHANNEL_CHECKS.items():
        # A row for each channel that was set, and new columns that are empty: the check is done before anyone waits.
        op.execute(
            "-- squawk-ignore constraint-missing-not-valid\n"
            "ALTER TABLE announcement_channels "
            f"ADD CONSTRAINT ck_announcement_channels_{name} CHECK ({condition})"
        )
    _create_reminders()


def downgrade() -> None:
    op.drop_table("reminder_progress")
    op.drop_table("reminders")
    for name in CHANNEL_CHECKS:
        op.drop_constraint(op.f(f"ck_announcement_channels_{name}"), "announcement_channels", type_="check")
    op.drop_column("announcement_channels", "switched_off_reason")
    op.drop_column("announcement_channels", "status_message_id")


def _create_reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("wanted", sa.Boolean, nullable=False),
        sa.Column("raid_id", sa.BigInteger),
        sa.Column("ready_at", TIME),
        sa.Column("reminded_of", TIME),
        sa.Column("armed", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("updated_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_reminders")),
        sa.CheckConstraint("(raid_id IS NULL) = (ready_at IS NULL)", name=op.f("ck_reminders_ready_in_a_raid")),
        sa.CheckConstraint("NOT armed OR ready_at IS NOT NULL", name=op.f("ck_reminders_armed_for_something")),
        sa.CheckConstraint(
            "NOT armed OR reminded_of IS DISTINCT FROM ready_at", name=op.f("ck_reminders_reminded_once")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_reminders_user_id"), ondelete="RESTRICT"),
    )
    op.create_index(
        op.f("ix_reminders_due"),
        "reminders",
        ["raid_id", "ready_at", "user_id"],
        postgresql_where=sa.text("wanted AND armed"),
    )
    op.create_table(
        "reminder_progress",
        sa.Column("raid_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("raid_id", name=op.f("pk_reminder_progress")),
        sa.CheckConstraint("number >= 0", name=op.f("ck_reminder_progress_number_range")),
        sa.ForeignKeyConstraint(
            ["raid_id"], ["world_threat_raids.id"], name=op.f("fk_reminder_progress_raid_id"), ondelete="RESTRICT"
        ),
    )
