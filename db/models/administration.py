"""Who may do what, what admins did, and what they set up."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Boolean, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, created_at_column, id_column, one_of


class AdminAction(Base):
    """What admins did: who, what, why, before and after, in the transaction of the act itself."""

    __tablename__ = "admin_actions"
    __table_args__ = (
        Index(None, "raid_id", "id"),
        Index(None, "token_id"),
        CheckConstraint("char_length(reason) BETWEEN 1 AND 1000", name="reason_length"),
    )
    id: Mapped[int] = id_column()
    raid_id: Mapped[int | None] = mapped_column(ForeignKey("world_threat_raids.id", ondelete="RESTRICT"))
    actor: Mapped[str]
    token_id: Mapped[int | None] = mapped_column(ForeignKey("api_tokens.id", ondelete="RESTRICT"))
    action: Mapped[str]
    reason: Mapped[str]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    acted_at: Mapped[datetime] = created_at_column()


class ApiToken(Base):
    """Who may ask what. Only the SHA-256 of a token is kept."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(None, "user_id"),
        one_of("role", "viewer", "player", "bot", "admin"),
        CheckConstraint("(role = 'player') = (user_id IS NOT NULL)", name="player_bound"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash_length"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name_length"),
    )
    id: Mapped[int] = id_column()
    role: Mapped[str]
    name: Mapped[str]
    prefix: Mapped[str]
    token_hash: Mapped[bytes]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = created_at_column()
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class DefaultConfiguration(Base):
    """The rules and rewards that a new raid gets where its creator says nothing. One row."""

    __tablename__ = "default_configuration"
    __table_args__ = (CheckConstraint("only_row", name="only_row"),)
    only_row: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default=text("true"))
    rules: Mapped[dict[str, Any]]
    rewards: Mapped[dict[str, Any]]


class AnnouncementChannel(Base):
    """Where a Discord server wants to hear of the raid.

    `switched_off_at`: the bot cannot write there any more. `status_message_id`: the message that it keeps up to date.
    """

    __tablename__ = "announcement_channels"
    __table_args__ = (
        Index(None, "guild_id"),
        CheckConstraint("(switched_off_at IS NULL) = (switched_off_reason IS NULL)", name="switched_off_reason_known"),
        CheckConstraint("char_length(switched_off_reason) BETWEEN 1 AND 500", name="switched_off_reason_length"),
    )
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    guild_id: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    mention_role_id: Mapped[str | None]
    switched_off_at: Mapped[datetime | None]
    switched_off_reason: Mapped[str | None]
    status_message_id: Mapped[str | None]
    updated_at: Mapped[datetime] = created_at_column()


class AnnouncementDelivery(Base):
    """Up to which event of a raid a channel has been told. Never moves backwards."""

    __tablename__ = "announcement_deliveries"
    __table_args__ = (Index(None, "raid_id"),)
    channel_id: Mapped[str] = mapped_column(
        ForeignKey("announcement_channels.channel_id", ondelete="CASCADE"),
        primary_key=True,
    )
    raid_id: Mapped[int] = mapped_column(
        ForeignKey("world_threat_raids.id", ondelete="RESTRICT"),
        primary_key=True,
        autoincrement=False,
    )
    sequence: Mapped[int]
    acknowledged_at: Mapped[datetime] = created_at_column()


class BossTemplate(Base):
    """A boss to start a raid from."""

    __tablename__ = "boss_templates"
    __table_args__ = (CheckConstraint("key ~ '^[a-z0-9][a-z0-9-]{0,49}$'", name="key_form"),)
    key: Mapped[str] = mapped_column(primary_key=True)
    boss: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = created_at_column()
    updated_at: Mapped[datetime] = created_at_column()
