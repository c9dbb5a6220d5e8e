"""The raid and all that happens in it.

Keys of the hot tables. A strike writes one log row, up to six usage rows, one participant row, one
idempotency row and one grant, all under the lock of its raid's row. Each foreign key there costs a look-up
per row (18 for a team of six: half of the database's time when it was measured), so these tables keep only
keys that guard something that lock does not: the equipment, and the player of a participant, which whoever struck
or was granted something is. What a dropped key would have guarded against, other keys and triggers refuse: a raid
cannot be deleted while its configuration stands, nor a copy of a character that was used (`keep_history`); logs,
events, ledger and revisions only grow (`only_grow`).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import LARGEST_WHOLE_NUMBER, Base, created_at_column, id_column, one_of

_EMPTY_LIST = text("'[]'::jsonb")
_ZERO = text("0")


class Raid(Base):
    """Where a raid stands: the row that every strike locks. Narrow, with room for in-place updates.

    `fights`, `analyses`, `participants`, `analysts`, `damage` are running totals of the log; the newest
    strike's number is ``fights + analyses``. `state_changed_at` is the sequence of the newest curse,
    breakthrough or stage. `hp_adjusted` is what admins took off in sum.
    """

    __tablename__ = "world_threat_raids"
    __table_args__ = (
        one_of("status", "scheduled", "active", "paused", "completed"),
        one_of("outcome", "victory", "expired", "cancelled"),
        CheckConstraint(f"total_hp BETWEEN 1 AND {LARGEST_WHOLE_NUMBER}", name="total_hp_range"),
        CheckConstraint("current_hp BETWEEN 0 AND total_hp", name="current_hp_range"),
        CheckConstraint("total_hp - current_hp = damage + hp_adjusted", name="hp_accounted_for"),
        CheckConstraint("(status = 'completed') = (outcome IS NOT NULL)", name="outcome_when_completed"),
        CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", name="completed_at_when_completed"),
        CheckConstraint("(status = 'paused') = (paused_at IS NOT NULL)", name="paused_at_when_paused"),
        CheckConstraint("(current_hp = 0) = (outcome IS NOT DISTINCT FROM 'victory')", name="victory_when_dead"),
        CheckConstraint(
            "(final_blow_by IS NOT NULL) = (outcome IS NOT DISTINCT FROM 'victory')",
            name="final_blow_when_victory",
        ),
        CheckConstraint("current_stage >= 1", name="current_stage_range"),
        CheckConstraint("curse_trigger_threshold >= 1", name="curse_trigger_threshold_range"),
        CheckConstraint("thresholds_unlocked >= 0 AND current_analysis_points >= 0", name="analysis_range"),
        CheckConstraint(
            "fights >= 0 AND analyses >= 0 AND analysts BETWEEN 0 AND participants "
            "AND participants <= fights + analyses",
            name="totals_range",
        ),
        CheckConstraint("char_length(raid_name) BETWEEN 1 AND 100", name="raid_name_length"),
        CheckConstraint("octet_length(secret_seed) = 32", name="secret_seed_length"),
        # At most one raid is active or paused.
        Index(
            "uq_world_threat_raids_live", text("(true)"), unique=True, postgresql_where="status IN ('active', 'paused')"
        ),
        Index("ix_world_threat_raids_scheduled", "starts_at", postgresql_where="status = 'scheduled'"),
        Index(None, "final_blow_by"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    id: Mapped[int] = id_column()
    raid_name: Mapped[str]
    status: Mapped[str]
    outcome: Mapped[str | None]
    total_hp: Mapped[int]
    current_hp: Mapped[int]
    current_stage: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    current_analysis_points: Mapped[int] = mapped_column(server_default=_ZERO)
    thresholds_unlocked: Mapped[int] = mapped_column(Integer, server_default=_ZERO)
    current_weaknesses: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    current_curses: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    curse_trigger_threshold: Mapped[int]
    strikes_since_last_curse: Mapped[int] = mapped_column(server_default=_ZERO)
    fights: Mapped[int] = mapped_column(server_default=_ZERO)
    analyses: Mapped[int] = mapped_column(server_default=_ZERO)
    participants: Mapped[int] = mapped_column(server_default=_ZERO)
    analysts: Mapped[int] = mapped_column(server_default=_ZERO)
    damage: Mapped[int] = mapped_column(server_default=_ZERO)
    hp_adjusted: Mapped[int] = mapped_column(server_default=_ZERO)
    sequence: Mapped[int] = mapped_column(server_default=_ZERO)
    state_changed_at: Mapped[int] = mapped_column(server_default=_ZERO)
    draws: Mapped[int] = mapped_column(server_default=_ZERO)
    configuration_revision: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    secret_seed: Mapped[bytes]
    final_blow_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    last_action_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at_column()
    created_by: Mapped[str]


class RaidConfiguration(Base):
    """What a raid plays by, apart from the row that every strike locks.

    `revision` rises with every change an admin makes; `original` is what the raid was created with.
    """

    __tablename__ = "raid_configurations"
    raid_id: Mapped[int] = mapped_column(
        ForeignKey("world_threat_raids.id", ondelete="RESTRICT"),
        primary_key=True,
        autoincrement=False,
    )
    revision: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    boss: Mapped[dict[str, Any]]
    original: Mapped[dict[str, Any]]


class Participant(Base):
    """One player's totals in one raid, moved in the strike's own transaction. Leaderboards read these indexes.

    Each `…_number` is the strike at which the total beside it was reached: it breaks ties.
    """

    __tablename__ = "world_threat_participants"
    __table_args__ = (
        CheckConstraint("damage >= 0 AND analysis_points >= 0 AND fights >= 0 AND analyses >= 0", name="totals_range"),
        CheckConstraint("contribution = damage + analysis_points * 6 / 5", name="contribution_formula"),
        CheckConstraint("strikes = fights + analyses AND strikes >= 1", name="strikes_sum"),
        CheckConstraint("(first_analysis_number IS NULL) = (analysis_points = 0)", name="first_analysis_known"),
        Index(None, "user_id"),
        Index("ix_world_threat_participants_damage", "raid_id", text("damage DESC"), "damage_number"),
        Index("ix_world_threat_participants_analysis", "raid_id", text("analysis_points DESC"), "analysis_number"),
        Index("ix_world_threat_participants_contribution", "raid_id", text("contribution DESC"), "contribution_number"),
        Index("ix_world_threat_participants_strikes", "raid_id", text("strikes DESC"), "strikes_number"),
        {"postgresql_with": {"fillfactor": 80}},
    )
    raid_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="RESTRICT"),
        primary_key=True,
        autoincrement=False,
    )
    fights: Mapped[int]
    analyses: Mapped[int]
    strikes: Mapped[int]
    strikes_number: Mapped[int]
    damage: Mapped[int]
    damage_number: Mapped[int]
    analysis_points: Mapped[int]
    analysis_number: Mapped[int]
    contribution: Mapped[int]
    contribution_number: Mapped[int]
    first_analysis_number: Mapped[int | None]
    best_score: Mapped[int]
    best_score_number: Mapped[int]
    last_action_at: Mapped[datetime]


class LeaderboardStep(Base):
    """How many players of a raid stand on one step of a metric, so that a rank need not count all who are ahead.

    A step is a score of less than 64 itself; above, every power of two has 32 of them. Triggers on the participants
    move them (migration 008); players without a score stand nowhere.
    """

    __tablename__ = "world_threat_leaderboard_steps"
    __table_args__ = (
        one_of("metric", "damage", "analysis", "contribution", "strikes"),
        {"postgresql_with": {"fillfactor": 50}},
    )
    raid_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    metric: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    players: Mapped[int]


class CharacterUsage(Base):
    """The one-use rule: a copy of a character strikes once per raid, whoever owns it later."""

    __tablename__ = "world_threat_character_usage"
    raid_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    character_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="user_characters.id")
    user_id: Mapped[int]
    number: Mapped[int] = mapped_column(comment="the strike it was used in")
    used_at: Mapped[datetime]


class _StrikeColumns:
    """What fights and analyses have in common. `number` counts both together, per raid, without gaps.

    The boss at the time is not repeated in every row: its weaknesses, curses and stage are those of the
    event `sequence_before` (raid_events.boss). The `…_after` columns are the raid's running totals, so that
    any strike's answer can be given again, word for word.
    """

    raid_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int]
    equipped_equipment_id: Mapped[int | None]
    team_characters: Mapped[list[Any]] = mapped_column(
        comment="per member: [user_characters.id, character_revisions.id, stars, score, multiplier_permille]",
    )
    team_size: Mapped[int] = mapped_column(SmallInteger)
    base_score: Mapped[int]
    affinity_permille: Mapped[int] = mapped_column(Integer)
    stage_permille: Mapped[int] = mapped_column(Integer)
    final_score: Mapped[int]
    sequence_before: Mapped[int]
    sequence_after: Mapped[int]
    boss_hp_after: Mapped[int]
    analysis_points_after: Mapped[int]
    damage_after: Mapped[int]
    fights_after: Mapped[int]
    participants_after: Mapped[int]
    strikes_since_last_curse_after: Mapped[int]


class Strike(_StrikeColumns, Base):
    """The log of fights."""

    __tablename__ = "world_threat_strikes"
    __table_args__ = (
        ForeignKeyConstraint(["equipped_equipment_id"], ["equipment.id"], ondelete="RESTRICT"),
        CheckConstraint("team_size BETWEEN 1 AND 6", name="team_size_range"),
        CheckConstraint("boss_hp_before - damage_dealt = boss_hp_after AND boss_hp_after >= 0", name="hp_chain"),
        CheckConstraint("damage_dealt >= 1 AND overkill >= 0", name="damage_range"),
        CheckConstraint("overkill = 0 OR boss_hp_after = 0", name="overkill_when_dead"),
        Index(None, "user_id", "raid_id", "number"),
        Index(None, "equipped_equipment_id", postgresql_where="equipped_equipment_id IS NOT NULL"),
    )
    damage_dealt: Mapped[int]
    overkill: Mapped[int]
    boss_hp_before: Mapped[int]
    struck_at: Mapped[datetime]


class Analysis(_StrikeColumns, Base):
    """The log of analyses. `threshold_reached` is the newest breakthrough that this analysis opened."""

    __tablename__ = "world_threat_analysis"
    __table_args__ = (
        ForeignKeyConstraint(["equipped_equipment_id"], ["equipment.id"], ondelete="RESTRICT"),
        CheckConstraint("team_size BETWEEN 1 AND 6", name="team_size_range"),
        CheckConstraint("analysis_points >= 1", name="analysis_points_range"),
        CheckConstraint("milestone_triggered = (threshold_reached IS NOT NULL)", name="milestone_known"),
        Index(None, "user_id", "raid_id", "number"),
        Index(None, "equipped_equipment_id", postgresql_where="equipped_equipment_id IS NOT NULL"),
    )
    analysis_points: Mapped[int]
    milestone_triggered: Mapped[bool] = mapped_column(Boolean)
    threshold_reached: Mapped[int | None] = mapped_column(Integer)
    analyzed_at: Mapped[datetime]


class RaidEventRecord(Base):
    """What happened, gapless and in commit order. `boss` is the boss's state after the event, in full."""

    __tablename__ = "raid_events"
    __table_args__ = (
        one_of(
            "kind",
            "raid_started",
            "stage_advanced",
            "curse_applied",
            "curse_fizzled",
            "breakthrough",
            "raid_paused",
            "raid_resumed",
            "raid_updated",
            "hp_adjusted",
            "boss_defeated",
            "raid_ended",
        ),
        # Exactly one defeat per raid.
        Index("uq_raid_events_boss_defeated", "raid_id", unique=True, postgresql_where="kind = 'boss_defeated'"),
    )
    raid_id: Mapped[int] = mapped_column(
        ForeignKey("world_threat_raids.id", ondelete="RESTRICT"),
        primary_key=True,
        autoincrement=False,
    )
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    strike_number: Mapped[int | None]
    payload: Mapped[dict[str, Any]]
    boss: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]


class RewardGrant(Base):
    """The ledger: append-only, in the order of `id`, which is also each payout's idempotency key.

    Grants are written under the raid's lock, so ids commit in order: a reader that goes on after the last id
    it saw misses none. `strike_number` is the strike that earned it, if one did.
    """

    __tablename__ = "reward_grants"
    __table_args__ = (
        UniqueConstraint("raid_id", "user_id", "kind", "key"),
        Index(None, "user_id"),
        one_of("kind", "strike", "milestone", "breakthrough", "victory", "title"),
    )
    id: Mapped[int] = id_column()
    raid_id: Mapped[int]
    user_id: Mapped[int]
    kind: Mapped[str]
    key: Mapped[str]
    rewards: Mapped[list[Any]] = mapped_column(comment="[[currency, amount], …]; empty for a title")
    strike_number: Mapped[int | None]
    granted_at: Mapped[datetime] = created_at_column()


class IdempotencyKey(Base):
    """Which strike answered a key. Unique per player, so that a retry after the raid's end finds its answer."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        CheckConstraint("char_length(key) BETWEEN 1 AND 200", name="key_length"),
        CheckConstraint("octet_length(content_hash) = 32", name="content_hash_length"),
        Index(None, "raid_id", postgresql_using="brin"),  # keys are written raid after raid
    )
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(primary_key=True)
    content_hash: Mapped[bytes]
    raid_id: Mapped[int]
    number: Mapped[int]
