"""Rows as they come from the database: frozen, one class per shape, fields named as the columns.

`column_list` and `columns` make the select lists from the fields, so that a row is built by position.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from db.models import Base


@dataclass(frozen=True, slots=True)
class RaidRow:
    """world_threat_raids, all that a reader or the strike line needs of it."""

    id: int
    raid_name: str
    status: str
    outcome: str | None
    total_hp: int
    current_hp: int
    current_stage: int
    current_analysis_points: int
    thresholds_unlocked: int
    current_weaknesses: list[Any]
    current_curses: list[Any]
    curse_trigger_threshold: int
    strikes_since_last_curse: int
    fights: int
    analyses: int
    participants: int
    analysts: int
    damage: int
    hp_adjusted: int
    sequence: int
    state_changed_at: int
    draws: int
    configuration_revision: int
    secret_seed: bytes
    final_blow_by: int | None
    starts_at: datetime
    ends_at: datetime | None
    paused_at: datetime | None
    completed_at: datetime | None
    last_action_at: datetime | None


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """world_threat_participants."""

    raid_id: int
    user_id: int
    fights: int
    analyses: int
    strikes: int
    strikes_number: int
    damage: int
    damage_number: int
    analysis_points: int
    analysis_number: int
    contribution: int
    contribution_number: int
    first_analysis_number: int | None
    best_score: int
    best_score_number: int
    last_action_at: datetime


@dataclass(frozen=True, slots=True)
class StrikeRow:
    """A fight or an analysis: what world_threat_strikes and world_threat_analysis have in common, and the result.

    `fight` tells which. For an analysis `damage_dealt` and `overkill` are 0, for a fight `analysis_points`.
    """

    raid_id: int
    number: int
    user_id: int
    fight: bool
    equipped_equipment_id: int | None
    team_characters: list[Any]
    base_score: int
    affinity_permille: int
    stage_permille: int
    final_score: int
    damage_dealt: int
    overkill: int
    analysis_points: int
    sequence_before: int
    sequence_after: int
    boss_hp_after: int
    analysis_points_after: int
    damage_after: int
    fights_after: int
    participants_after: int
    strikes_since_last_curse_after: int
    at: datetime


@dataclass(frozen=True, slots=True)
class EventRow:
    """raid_events."""

    raid_id: int
    sequence: int
    kind: str
    strike_number: int | None
    payload: dict[str, Any]
    boss: dict[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class UserRow:
    """users."""

    id: int
    public_id: str
    discord_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """character_revisions."""

    id: int
    name: str
    series: str | None
    rarity: int
    stats: list[int]
    affinities: list[Any]
    image_url: str | None


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A player's copy of a character as a strike needs it. `used` in the raid that was asked about."""

    id: int
    user_id: int
    revision_id: int
    stars: int
    used: bool


@dataclass(frozen=True, slots=True)
class OwnedRow:
    """A player's copy of a character as a roster shows it."""

    id: int
    key: str
    revision_id: int
    stars: int
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class EquipmentRow:
    """equipment."""

    id: int
    user_id: int
    name: str
    effects: list[Any]


@dataclass(frozen=True, slots=True)
class IdempotencyRow:
    """idempotency_keys."""

    user_id: int
    key: str
    content_hash: bytes
    raid_id: int
    number: int


@dataclass(frozen=True, slots=True)
class GrantRow:
    """reward_grants."""

    id: int
    raid_id: int
    user_id: int
    kind: str
    key: str
    rewards: list[Any]
    strike_number: int | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class RankedRow:
    """One line of a leaderboard, with its player."""

    raid_id: int
    rank: int
    score: int
    strikes: int
    user_id: int
    public_id: str
    discord_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class AdminActionRow:
    """admin_actions."""

    id: int
    raid_id: int | None
    actor: str
    action: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]
    acted_at: datetime


@dataclass(frozen=True, slots=True)
class TokenRow:
    """api_tokens, with the player it is bound to."""

    id: int
    role: str
    name: str
    prefix: str
    user_id: int | None
    discord_id: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """announcement_channels, with how far it was told of one raid."""

    channel_id: str
    guild_id: str
    kinds: list[str]
    mention_role_id: str | None
    switched_off_at: datetime | None
    switched_off_reason: str | None
    status_message_id: str | None
    acknowledged: int


@dataclass(frozen=True, slots=True)
class DueReminderRow:
    """A reminder that is due, with its player; `somebody_left`: they have characters that can strike in its raid."""

    user_id: int
    discord_id: str
    ready_at: datetime
    language: str | None
    somebody_left: bool


def column_list(row: type[Any], table: str = "") -> str:
    """``id, name, …`` for a statement that selects the fields of `row`, each as ``table.name`` when given."""
    prefix = f"{table}." if table else ""
    return ", ".join(f"{prefix}{field.name}" for field in fields(row))


def columns(row: type[Any], model: type[Base]) -> list[ColumnElement[Any]]:
    """The columns of `model` that `row` is made of, in its order."""
    return [getattr(model, field.name) for field in fields(row)]
