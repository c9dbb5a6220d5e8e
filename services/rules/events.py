"""What happens in a raid, in order and without gaps, and how it is told.

`sequence` counts a raid's events from 1. `strike_number` is the strike that set the event off; None when the
clock or an admin did. Players are given by their number here: names belong to people and may change.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from services.rules.configuration import RewardConfiguration
from services.rules.values import Affinity, RaidOutcome


class RaidEventKind(StrEnum):
    RAID_STARTED = "raid_started"
    STAGE_ADVANCED = "stage_advanced"
    CURSE_APPLIED = "curse_applied"
    CURSE_FIZZLED = "curse_fizzled"
    BREAKTHROUGH = "breakthrough"
    RAID_PAUSED = "raid_paused"
    RAID_RESUMED = "raid_resumed"
    RAID_UPDATED = "raid_updated"
    HP_ADJUSTED = "hp_adjusted"
    BOSS_DEFEATED = "boss_defeated"
    RAID_ENDED = "raid_ended"


STATE_CHANGING_KINDS = (RaidEventKind.STAGE_ADVANCED, RaidEventKind.CURSE_APPLIED, RaidEventKind.BREAKTHROUGH)
"""What makes a planned strike stale: after one of these it scores otherwise (rules.md 2.8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaidStarted:
    kind: ClassVar[RaidEventKind] = RaidEventKind.RAID_STARTED
    sequence: int
    occurred_at: datetime
    message: str
    strike_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageAdvanced:
    """One stage passed. `added_…` is None where the effect adds nothing new."""

    kind: ClassVar[RaidEventKind] = RaidEventKind.STAGE_ADVANCED
    sequence: int
    occurred_at: datetime
    message: str
    strike_number: int | None
    from_stage: int
    to_stage: int
    added_weakness: Affinity | None
    added_curse: Affinity | None
    replaced_curse: Affinity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurseApplied:
    """The curse clock struck. `replaced` is the curse of the same kind that made room, if one had to."""

    kind: ClassVar[RaidEventKind] = RaidEventKind.CURSE_APPLIED
    sequence: int
    occurred_at: datetime
    message: str
    strike_number: int
    curse: Affinity
    replaced: Affinity | None
    triggered_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurseFizzled:
    """The curse clock struck and there was nothing left to draw."""

    kind: ClassVar[RaidEventKind] = RaidEventKind.CURSE_FIZZLED
    sequence: int
    occurred_at: datetime
    message: str
    strike_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakthroughAchieved:
    """The `number`-th analysis threshold was reached. `weakness` is None when nothing was left to reveal."""

    kind: ClassVar[RaidEventKind] = RaidEventKind.BREAKTHROUGH
    sequence: int
    occurred_at: datetime
    message: str
    strike_number: int
    number: int
    threshold: int
    weakness: Affinity | None
    rewarded_players: int
    triggered_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BossDefeated:
    kind: ClassVar[RaidEventKind] = RaidEventKind.BOSS_DEFEATED
    sequence: int
    occurred_at: datetime
    message: str
    strike_number: int
    final_blow_by: int
    participants: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RaidChanges:
    """What an admin changed, in full: with it the log can be replayed."""

    hp: int | None = None
    curse_every: int | None = None
    ends_at: datetime | None = None
    name: str | None = None
    description: str | None = None
    rewards: RewardConfiguration | None = None
    outcome: RaidOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RaidChanged:
    """RAID_PAUSED, RAID_RESUMED, RAID_UPDATED, HP_ADJUSTED and RAID_ENDED. `reason` is the admin's, if one acted."""

    kind: RaidEventKind
    sequence: int
    occurred_at: datetime
    message: str
    reason: str | None
    changes: RaidChanges = RaidChanges()
    strike_number: int | None = None


RaidEvent = (
    RaidStarted | StageAdvanced | CurseApplied | CurseFizzled | BreakthroughAchieved | BossDefeated | RaidChanged
)
