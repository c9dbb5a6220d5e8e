"""Rows as they come from the database: one tuple per shape, fields named as the columns.

`column_list` and `columns` make the select lists from the fields, so that a row is built by position. Named tuples,
because a frozen dataclass takes seven times as long to make, and a strike reads and writes a dozen rows.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

from db.models import Base


class RaidRow(NamedTuple):
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


class ParticipantRow(NamedTuple):
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


class StrikeRow(NamedTuple):
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


class EventRow(NamedTuple):
    """raid_events."""

    raid_id: int
    sequence: int
    kind: str
    strike_number: int | None
    payload: dict[str, Any]
    boss: dict[str, Any]
    occurred_at: datetime


class UserRow(NamedTuple):
    """users."""

    id: int
    public_id: str
    discord_id: str | None
    name: str


class RevisionRow(NamedTuple):
    """character_revisions."""

    id: int
    name: str
    series: str | None
    rarity: int
    stats: list[int]
    affinities: list[Any]
    image_url: str | None


class CopyRow(NamedTuple):
    """A player's copy of a character as a strike needs it. `used` in the raid that was asked about."""

    id: int
    user_id: int
    revision_id: int
    stars: int
    used: bool


class OwnedRow(NamedTuple):
    """A player's copy of a character as a roster shows it."""

    id: int
    key: str
    revision_id: int
    stars: int
    used_at: datetime | None


class EquipmentRow(NamedTuple):
    """equipment."""

    id: int
    user_id: int
    name: str
    effects: list[Any]


class IdempotencyRow(NamedTuple):
    """idempotency_keys."""

    user_id: int
    key: str
    content_hash: bytes
    raid_id: int
    number: int


class GrantRow(NamedTuple):
    """reward_grants."""

    id: int
    raid_id: int
    user_id: int
    kind: str
    key: str
    rewards: list[Any]
    strike_number: int | None
    granted_at: datetime


class RankedRow(NamedTuple):
    """One line of a leaderboard, with its player."""

    raid_id: int
    rank: int
    score: int
    strikes: int
    user_id: int
    public_id: str
    discord_id: str | None
    name: str


class AdminActionRow(NamedTuple):
    """admin_actions."""

    id: int
    raid_id: int | None
    actor: str
    action: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]
    acted_at: datetime


class TokenRow(NamedTuple):
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


class ChannelRow(NamedTuple):
    """announcement_channels, with how far it was told of one raid."""

    channel_id: str
    guild_id: str
    kinds: list[str]
    mention_role_id: str | None
    switched_off_at: datetime | None
    switched_off_reason: str | None
    status_message_id: str | None
    acknowledged: int


class DueReminderRow(NamedTuple):
    """A reminder that is due, with its player; `somebody_left`: they have characters that can strike in its raid."""

    user_id: int
    discord_id: str
    ready_at: datetime
    language: str | None
    somebody_left: bool


# `Any` below is one of these classes: mypy does not take them for subclasses of NamedTuple.


def column_list(row: Any, table: str = "") -> str:
    """``id, name, …`` for a statement that selects the fields of `row`, each as ``table.name`` when given."""
    prefix = f"{table}." if table else ""
    return ", ".join(f"{prefix}{field}" for field in row._fields)


def columns(row: Any, model: type[Base]) -> list[ColumnElement[Any]]:
    """The columns of `model` that `row` is made of, in its order."""
    return [getattr(model, field) for field in row._fields]
