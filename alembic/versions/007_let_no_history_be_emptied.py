"""TRUNCATE passed by the triggers that look at each row: history is not emptied at one go either.

Revision 007 after 006.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "007"
down_revision: str | None = "006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ONLY_GROWS = (
    "admin_actions",
    "character_revisions",
    "raid_events",
    "reward_grants",
    "world_threat_analysis",
    "world_threat_strikes",
)


def upgrade() -> None:
    for table in ONLY_GROWS:
        op.execute(f"""
            CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """)


def downgrade() -> None:
    for table in ONLY_GROWS:
        op.execute(f"DROP TRIGGER never_emptied ON {table}")
