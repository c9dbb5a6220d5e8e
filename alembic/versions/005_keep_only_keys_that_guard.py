"""What each strike pays for keys and indexes that guard nothing which the raid's lock and the participants' key do not.

A strike writes one row of a log, six uses and one or two grants. Whoever wrote one is a participant, whose key refuses
to let a user go; so the same key on the log and on the ledger only cost a lookup and a row lock each. The uses of one
character are found raid by raid, and the keys of one raid, which are written one after another, by their blocks.

Revision 005 after 004.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "005"
down_revision: str | None = "004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

GUARDED_BY_PARTICIPANTS = ("world_threat_strikes", "world_threat_analysis", "reward_grants")

KEEP_HISTORY = """
        CREATE OR REPLACE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- Whoever strikes holds the live raid's row: behind it, every use is committed and seen.
            PERFORM FROM world_threat_raids WHERE status IN ('active', 'paused') FOR SHARE;
            IF EXISTS ({used}) THEN
                RAISE EXCEPTION 'character % was used in a raid: it can change hands, but not be deleted', OLD.id
                    USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
            END IF;
            RETURN OLD;
        END
        $$
"""
USED = "SELECT FROM world_threat_character_usage WHERE character_id = OLD.id"
USED_RAID_BY_RAID = """
                SELECT FROM world_threat_raids AS raid
                JOIN world_threat_character_usage AS used ON used.raid_id = raid.id AND used.character_id = OLD.id
            """


def upgrade() -> None:
    op.execute(KEEP_HISTORY.format(used=USED_RAID_BY_RAID))
    # Dropping takes no longer than the strike that it waits for, whatever the table's size.
    _without_squawk("require-concurrent-index-deletion", "DROP INDEX ix_world_threat_character_usage_character_id")
    for table in GUARDED_BY_PARTICIPANTS:
        _without_squawk("ban-drop-constraint", f"ALTER TABLE {table} DROP CONSTRAINT fk_{table}_user_id")
    _without_squawk("require-concurrent-index-deletion", "DROP INDEX ix_idempotency_keys_raid_id")
    # Reads the table once, keys of a raid or two, and strikes wait for so long.
    _without_squawk(
        "require-concurrent-index-creation",
        "CREATE INDEX ix_idempotency_keys_raid_id ON idempotency_keys USING brin (raid_id)",
    )


def _without_squawk(rule: str, statement: str) -> None:
    op.execute(f"-- squawk-ignore {rule}\n{statement}")


def downgrade() -> None:
    op.drop_index(op.f("ix_idempotency_keys_raid_id"), "idempotency_keys")
    op.create_index(op.f("ix_idempotency_keys_raid_id"), "idempotency_keys", ["raid_id"])
    for table in GUARDED_BY_PARTICIPANTS:
        op.create_foreign_key(op.f(f"fk_{table}_user_id"), table, "users", ["user_id"], ["id"], ondelete="RESTRICT")
    op.create_index(
        op.f("ix_world_threat_character_usage_character_id"), "world_threat_character_usage", ["character_id"]
    )
    op.execute(KEEP_HISTORY.format(used=USED))
