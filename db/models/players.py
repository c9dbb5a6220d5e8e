"""Players, what they own, and the catalogue it is of."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, created_at_column, id_column


class User(Base):
    """A player. `public_id` is what the public sees. A forgotten player keeps the row, without the Discord id."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("discord_id"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name_length"),
        CheckConstraint("char_length(discord_id) BETWEEN 1 AND 64", name="discord_id_length"),
    )
    id: Mapped[int] = id_column()
    public_id: Mapped[str] = mapped_column(server_default=text("replace(gen_random_uuid()::text, '-', '')"))
    discord_id: Mapped[str | None]
    name: Mapped[str]
    created_at: Mapped[datetime] = created_at_column()


class CharacterRevision(Base):
    """What a character was at some time. Never changed: the log of strikes points here."""

    __tablename__ = "character_revisions"
    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("rarity BETWEEN 1 AND 6", name="rarity_range"),
        CheckConstraint(
            "cardinality(stats) = 8 AND 0 <= ALL (stats) AND 9999 >= ALL (stats) "
            "AND array_position(stats, NULL) IS NULL",
            name="stats_range",
        ),
    )
    id: Mapped[int] = id_column()
    name: Mapped[str]
    series: Mapped[str | None]
    rarity: Mapped[int] = mapped_column(SmallInteger)
    stats: Mapped[list[int]] = mapped_column(ARRAY(Integer), comment="hp atk mag vit spr int spd lck")
    affinities: Mapped[list[Any]]
    affinity_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="kind:value, without case")
    image_url: Mapped[str | None]
    recorded_at: Mapped[datetime] = created_at_column()


class CharacterRecord(Base):
    """The catalogue: one row per character of the game, by the key it was imported under."""

    __tablename__ = "characters"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(None, "revision_id"),
        CheckConstraint("char_length(key) BETWEEN 1 AND 100", name="key_length"),
    )
    id: Mapped[int] = id_column()
    key: Mapped[str]
    revision_id: Mapped[int] = mapped_column(ForeignKey("character_revisions.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = created_at_column()


class UserCharacter(Base):
    """One player's copy of a character. Trading changes `user_id`; its use in a raid stays with the copy."""

    __tablename__ = "user_characters"
    __table_args__ = (
        UniqueConstraint("user_id", "character_id"),
        Index(None, "character_id"),
        CheckConstraint("stars BETWEEN 1 AND 6", name="stars_range"),
    )
    id: Mapped[int] = id_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    character_id: Mapped[int] = mapped_column(ForeignKey("characters.id", ondelete="RESTRICT"))
    stars: Mapped[int] = mapped_column(SmallInteger)
    acquired_at: Mapped[datetime] = created_at_column()


class EquipmentRecord(Base):
    """One player's piece of equipment. Its effects never change: the log of strikes points here."""

    __tablename__ = "equipment"
    __table_args__ = (
        Index(None, "user_id"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name_length"),
    )
    id: Mapped[int] = id_column()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    name: Mapped[str]
    effects: Mapped[list[Any]]
    acquired_at: Mapped[datetime] = created_at_column()
