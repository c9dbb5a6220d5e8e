"""In which language a player is reminded.

Revision 006 after 005.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "006"
down_revision: str | None = "005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("reminders", sa.Column("language", sa.Text))
    op.execute(
        # A row for each player who ever asked for reminders, and a new column that is empty: checked at once.
        "-- squawk-ignore constraint-missing-not-valid\n"
        "ALTER TABLE reminders ADD CONSTRAINT ck_reminders_language_length "
        "CHECK (char_length(language) BETWEEN 2 AND 35)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_reminders_language_length"), "reminders", type_="check")
    op.drop_column("reminders", "language")
