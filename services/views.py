"""What the service answers with: frozen, complete, and free of how it is stored or shown.

Players are given by number (`user_id`): who needs their names loads them together.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from services.rules.checks import Problem
from services.rules.configuration import BossConfiguration, CurseLimit, WeaknessPool
from services.rules.events import (
    BossDefeated,
    BreakthroughAchieved,
    CurseApplied,
    CurseFizzled,
    RaidChanged,
    RaidEventKind,
    RaidStarted,
    StageAdvanced,
)
from services.rules.reward_calculator import GrantKind
from services.rules.values import (
    Affinity,
    EquipmentEffect,
    RaidOutcome,
    RaidStatus,
    Reward,
    Stat,
    StrikeAction,
)

Item = TypeVar("Item")


class Role(StrEnum):
    """VIEWER may what the public may, also where public reading is off."""

    PUBLIC = "public"
    VIEWER = "viewer"
    PLAYER = "player"
    BOT = "bot"
    ADMIN = "admin"


class LeaderboardMetric(StrEnum):
    DAMAGE = "damage"
    ANALYSIS = "analysis"
    CONTRIBUTION = "contribution"
    STRIKES = "strikes"


class RosterOrder(StrEnum):
    EFFECTIVE_SCORE = "effective_score"
    NAME = "name"
    RARITY = "rarity"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `user_id` and `discord_id` are set for a player token only."""

    role: Role
    token_id: int | None = None
    token_name: str | None = None
    user_id: int | None = None
    discord_id: str | None = None


PUBLIC = Principal(Role.PUBLIC)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One keyset page. `cursors` belong to `items` one by one; pass the last as `after` for the next page."""

    items: tuple[Item, ...]
    cursors: tuple[str, ...]
    has_next: bool


# ------------------------------------------------------------------ players


@dataclass(frozen=True, slots=True)
class Player:
    """`id` is public and opaque; `user_id` never leaves the server."""

    user_id: int
    id: str
    name: str
    discord_id: str | None


@dataclass(frozen=True, slots=True)
class StatValue:
    stat: Stat
    value: int


@dataclass(frozen=True, slots=True)
class CharacterRaidUse:
    available: bool
    used_at: datetime | None
    score: int
    multiplier_permille: int


@dataclass(frozen=True, slots=True)
class Character:
    """A player's copy. `raid_use` is None when there is no active raid."""

    id: int
    key: str
    name: str
    series: str | None
    rarity: int
    stars: int
    stats: tuple[StatValue, ...]
    affinities: tuple[Affinity, ...]
    image_url: str | None
    raid_use: CharacterRaidUse | None


@dataclass(frozen=True, slots=True)
class CatalogueCharacter:
    key: str
    name: str
    series: str | None
    rarity: int
    stats: tuple[StatValue, ...]
    affinities: tuple[Affinity, ...]
    image_url: str | None


@dataclass(frozen=True, slots=True)
class Equipment:
    id: int
    name: str
    effects: tuple[EquipmentEffect, ...]


@dataclass(frozen=True, slots=True)
class RosterFilter:
    available: bool | None = None
    search: str | None = None
    affinity: Affinity | None = None
    order_by: RosterOrder = RosterOrder.EFFECTIVE_SCORE


# ------------------------------------------------------------------ the raid


@dataclass(frozen=True, slots=True)
class Boss:
    """Who is fought, and what curses and weaknesses are drawn from: with it and the seed every draw can be checked."""

    name: str
    tier: int
    dominant_stats: tuple[Stat, ...]
    image_url: str | None
    initial_weaknesses: tuple[Affinity, ...]
    curse_pool: tuple[Affinity, ...]
    curse_limits: tuple[CurseLimit, ...]
    weakness_pool: tuple[WeaknessPool, ...]


@dataclass(frozen=True, slots=True)
class HitPoints:
    current: int
    total: int
    permille: int


@dataclass(frozen=True, slots=True)
class AnalysisProgress:
    points: int
    unlocked: int
    thresholds: tuple[int, ...]
    next_threshold: int | None


@dataclass(frozen=True, slots=True)
class Stage:
    number: int
    count: int
    fight_permille: int
    analyze_permille: int
    hp_thresholds_permille: tuple[int, ...]
    message: str | None


@dataclass(frozen=True, slots=True)
class Curse:
    affinity: Affinity
    applied_at: datetime
    sequence: int


@dataclass(frozen=True, slots=True)
class CurseClock:
    strikes_until_next: int
    every: int


@dataclass(frozen=True, slots=True)
class RaidTotals:
    strikes: int
    fights: int
    analyses: int
    participants: int
    damage: int


@dataclass(frozen=True, slots=True)
class Raid:
    """A raid as it stands, or as it stood after a strike. `seed` is None until the raid is over."""

    id: int
    name: str
    description: str | None
    status: RaidStatus
    outcome: RaidOutcome | None
    boss: Boss
    hp: HitPoints
    analysis: AnalysisProgress
    stage: Stage
    weaknesses: tuple[Affinity, ...]
    resistances: tuple[Affinity, ...]
    curses: tuple[Curse, ...]
    curse_clock: CurseClock
    totals: RaidTotals
    seed_hash: str
    seed: str | None
    sequence: int
    starts_at: datetime
    ends_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class HpSample:
    at: datetime
    hp: int
    analysis_points: int


@dataclass(frozen=True, slots=True)
class LeaderboardEntry:
    rank: int
    player: Player
    score: int
    strikes: int
    is_viewer: bool


Event = RaidStarted | StageAdvanced | CurseApplied | CurseFizzled | BreakthroughAchieved | BossDefeated | RaidChanged


@dataclass(frozen=True, slots=True)
class RaidEvent:
    """An event with the raid it belongs to."""

    raid_id: int
    event: Event

    @property
    def kind(self) -> RaidEventKind:
        return self.event.kind


# ------------------------------------------------------------------ striking


@dataclass(frozen=True, slots=True)
class StrikeCommand:
    """A strike to be made. Ids are as the caller spelled them; `discord_id` is who strikes."""

    discord_id: str
    action: StrikeAction
    character_ids: tuple[str, ...]
    equipment_id: str | None
    idempotency_key: str
    expected_sequence: int | None


@dataclass(frozen=True, slots=True)
class StrikeCharacter:
    character_id: int
    name: str
    score: int
    multiplier_permille: int


@dataclass(frozen=True, slots=True)
class Strike:
    """One accepted strike. `id` is ``<raid>.<number>``."""

    id: str
    raid_id: int
    number: int
    action: StrikeAction
    user_id: int
    team: tuple[StrikeCharacter, ...]
    equipment: Equipment | None
    base_score: int
    affinity_permille: int
    stage_permille: int
    final_score: int
    damage_dealt: int
    overkill: int
    analysis_points: int
    stage: int
    hp_before: int
    hp_after: int
    weaknesses: tuple[Affinity, ...]
    curses: tuple[Affinity, ...]
    struck_at: datetime


@dataclass(frozen=True, slots=True)
class StrikeSuccess:
    """The answer to an accepted strike; the same words again when its key is seen again."""

    strike: Strike
    raid: Raid
    rewards: tuple[Reward, ...]
    curse_triggered: RaidEvent | None
    breakthroughs: tuple[RaidEvent, ...]
    stages_advanced: tuple[RaidEvent, ...]
    victory: bool
    ready_at: datetime
    replayed: bool


@dataclass(frozen=True, slots=True)
class StrikePreview:
    base_score: int
    affinity_permille: int
    stage_permille: int
    final_score: int
    points: int
    team: tuple[StrikeCharacter, ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class SuggestedTeam:
    characters: tuple[Character, ...]
    preview: StrikePreview


@dataclass(frozen=True, slots=True)
class NextTier:
    name: str
    contribution_needed: int


@dataclass(frozen=True, slots=True)
class Participation:
    """One player in one raid. `ready_at` is None when they may strike now."""

    raid_id: int
    player: Player
    strikes: int
    fights: int
    analyses: int
    damage: int
    analysis_points: int
    contribution: int
    tier: str | None
    next_tier: NextTier | None
    ready_at: datetime | None
    available_characters: int
    used_characters: int
    rewards: tuple[Reward, ...]


# ------------------------------------------------------------------ administration


@dataclass(frozen=True, slots=True)
class BossTemplate:
    key: str
    boss: BossConfiguration


@dataclass(frozen=True, slots=True)
class RaidCreated:
    raid: Raid
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class RewardGrant:
    """One line of the ledger. `id` is its payout's idempotency key."""

    id: int
    raid_id: int
    user_id: int
    kind: GrantKind
    key: str
    rewards: tuple[Reward, ...]
    strike_number: int | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class AdminAction:
    """`before` and `after` are the changed fields as JSON text."""

    id: int
    raid_id: int | None
    actor: str
    action: str
    reason: str
    before: str
    after: str
    acted_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    id: int
    role: Role
    name: str
    prefix: str
    discord_id: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class CreatedToken:
    """The only time the token itself is shown."""

    token: Token
    secret: str


@dataclass(frozen=True, slots=True)
class AnnouncementChannel:
    """`acknowledged` is the newest event of the current raid that the channel was told of, 0 for none."""

    channel_id: str
    guild_id: str
    kinds: tuple[RaidEventKind, ...]
    mention_role_id: str | None
    acknowledged: int
