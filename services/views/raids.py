"""The raid as it stands, what happened in it, and who leads."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.rules.configuration import CurseLimit, RewardConfiguration, WeaknessPool
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
from services.rules.values import Affinity, RaidOutcome, RaidStatus, Stat, quickly_made
from services.views.players import Player


class LeaderboardMetric(StrEnum):
    DAMAGE = "damage"
    ANALYSIS = "analysis"
    CONTRIBUTION = "contribution"
    STRIKES = "strikes"


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


@quickly_made
@dataclass(frozen=True, slots=True)
class HitPoints:
    current: int
    total: int
    permille: int


@quickly_made
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


@quickly_made
@dataclass(frozen=True, slots=True)
class CurseClock:
    strikes_until_next: int
    every: int


@quickly_made
@dataclass(frozen=True, slots=True)
class RaidTotals:
    strikes: int
    fights: int
    analyses: int
    participants: int
    damage: int


@quickly_made
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
    rewards: RewardConfiguration
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
