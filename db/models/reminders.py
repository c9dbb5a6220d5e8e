"""Who wants to be told when they may strike again.

A strike writes nothing here: whoever asks for due reminders brings these tables up to the raid's newest strike
first, by the strikes that came since (db/queries/reminders.py).
"""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, created_at_column


class Reminder(Base):
    """A player who has said whether they want reminders.

    `ready_at`: when their newest strike's cooldown is over, in `raid_id`. `armed`: nobody has told them of it yet,
    and they had characters left when it was last looked at. `reminded_of` is the newest `ready_at` they were told.
    `language`: a BCP 47 tag such as "de" or "en-GB".
    """

    __tablename__ = "reminders"
    __table_args__ = (
        CheckConstraint("(raid_id IS NULL) = (ready_at IS NULL)", name="ready_in_a_raid"),
        CheckConstraint("NOT armed OR ready_at IS NOT NULL", name="armed_for_something"),
        CheckConstraint("NOT armed OR reminded_of IS DISTINCT FROM ready_at", name="reminded_once"),
        CheckConstraint("char_length(language) BETWEEN 2 AND 35", name="language_length"),
        Index("ix_reminders_due", "raid_id", "ready_at", "user_id", postgresql_where="wanted AND armed"),
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="RESTRICT"),
        primary_key=True,
        autoincrement=False,
    )
    wanted: Mapped[bool] = mapped_column(Boolean)
    language: Mapped[str | None]
    raid_id: Mapped[int | None]
    ready_at: Mapped[datetime | None]
    reminded_of: Mapped[datetime | None]
    armed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    updated_at: Mapped[datetime] = created_at_column()


class ReminderProgress(Base):
    """Up to which strike of a raid `reminders` has been brought."""

    __tablename__ = "reminder_progress"
    __table_args__ = (CheckConstraint("number >= 0", name="number_range"),)
    raid_id: Mapped[int] = mapped_column(
        ForeignKey("world_threat_raids.id", ondelete="RESTRICT"),
        primary_key=True,
        autoincrement=False,
    )
    number: Mapped[int] = mapped_column(server_default=text("0"))
