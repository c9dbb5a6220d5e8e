"""How many players stand on each step of a score, so that a rank need not count everybody ahead.

A step is a score of less than 64 itself; above, every power of two has 32 steps, each about 2 % of its scores wide. The
triggers move players from step to step with whatever writes their totals.

Revision 008 after 007.
"""
# ruff: noqa: S608 - the statements are made of this file's constants

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "008"
down_revision: str | None = "007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "world_threat_leaderboard_steps"
METRICS = ("damage", "analysis", "contribution", "strikes")
# Two scores are on one step when they differ in none but the bits behind their first six.
FUNCTIONS = f"""
CREATE FUNCTION leaderboard_step_bits(score bigint) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN width_bucket(score, '{{{",".join(str(2**bits) for bits in range(6, 63))}}}'::bigint[]);

CREATE FUNCTION leaderboard_step(score bigint) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (leaderboard_step_bits(score) * 32 + (score >> leaderboard_step_bits(score)))::integer;

CREATE FUNCTION next_leaderboard_step_score(score bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ((score >> leaderboard_step_bits(score)) + 1) << leaderboard_step_bits(score);
"""


def _moves(*signed_tables: tuple[str, int]) -> str:
    rows = " UNION ALL ".join(
        f"SELECT raid_id, damage, analysis_points, contribution, strikes, {sign} AS change FROM {table}"
        for table, sign in signed_tables
    )
    return f"""
        INSERT INTO {TABLE} AS stands (raid_id, metric, step, players)
        SELECT raid_id, metric, leaderboard_step(score), sum(change)
        FROM ({rows}) moved CROSS JOIN LATERAL (VALUES
            ('damage', damage), ('analysis', analysis_points), ('contribution', contribution), ('strikes', strikes)
        ) AS of(metric, score)
        WHERE score > 0 GROUP BY 1, 2, 3 HAVING sum(change) <> 0
        ON CONFLICT (raid_id, metric, step) DO UPDATE SET players = stands.players + excluded.players;
    """


def upgrade() -> None:
    for function in FUNCTIONS.strip().split("\n\n"):
        op.execute(function)
    op.create_table(
        TABLE,
        sa.Column("raid_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("step", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("players", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("raid_id", "metric", "step", name=op.f(f"pk_{TABLE}")),
        sa.CheckConstraint(
            f"metric IN ({', '.join(map(repr, METRICS))})",
            name=op.f(f"ck_{TABLE}_metric_known"),
        ),
        postgresql_with={"fillfactor": 50},
    )
    op.execute(f"""
        CREATE FUNCTION move_leaderboard_steps() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {_moves(("new_rows", 1))}
            ELSIF TG_OP = 'UPDATE' THEN {_moves(("new_rows", 1), ("old_rows", -1))}
            ELSIF TG_OP = 'DELETE' THEN {_moves(("old_rows", -1))}
            ELSE DELETE FROM {TABLE};
            END IF;
            RETURN NULL;
        END $$
    """)
    # From here on nobody strikes until this is committed: who stands where is counted once, and then moved.
    op.execute("LOCK TABLE world_threat_participants IN SHARE ROW EXCLUSIVE MODE")
    for act, rows in {
        "INSERT": "REFERENCING NEW TABLE AS new_rows",
        "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "DELETE": "REFERENCING OLD TABLE AS old_rows",
        "TRUNCATE": "",
    }.items():
        op.execute(f"""
            CREATE TRIGGER move_leaderboard_steps_on_{act.lower()} AFTER {act} ON world_threat_participants {rows}
            FOR EACH STATEMENT EXECUTE FUNCTION move_leaderboard_steps()
        """)
    op.execute(_moves(("world_threat_participants", 1)))


def downgrade() -> None:
    for act in ("insert", "update", "delete", "truncate"):
        op.execute(f"DROP TRIGGER move_leaderboard_steps_on_{act} ON world_threat_participants")
    op.execute("DROP FUNCTION move_leaderboard_steps()")
    op.drop_table(TABLE)
    for function in ("next_leaderboard_step_score", "leaderboard_step", "leaderboard_step_bits"):
        op.execute(f"DROP FUNCTION {function}(bigint)")
