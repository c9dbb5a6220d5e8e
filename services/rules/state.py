"""Where a raid stands, and where one player's part in it stands."""

from dataclasses import dataclass
from datetime import datetime

from services.rules.configuration import BossConfiguration
from services.rules.values import Affinity, RaidOutcome, RaidStatus, quickly_made


@dataclass(frozen=True, slots=True)
class ActiveCurse:
    """A disfavored affinity, and the event that brought it."""

    affinity: Affinity
    applied_at: datetime
    sequence: int


@quickly_made
@dataclass(frozen=True, slots=True)
class RaidState:
    """Everything about a raid that changes. All counts are of accepted strikes.

    `weaknesses` are all that were ever opened, cursed ones among them; `open_weaknesses` leaves those out.
    `curse_clock` counts strikes since the clock last restarted. `hp_adjusted` is what admins took off the HP
    in sum (negative when they gave). `analysts` are players with at least one analysis point.
    """

    status: RaidStatus
    total_hp: int
    hp: int
    curse_every: int
    outcome: RaidOutcome | None = None
    analysis_points: int = 0
    breakthroughs: int = 0
    stage: int = 1
    weaknesses: tuple[Affinity, ...] = ()
    curses: tuple[ActiveCurse, ...] = ()
    curse_clock: int = 0
    fights: int = 0
    analyses: int = 0
    participants: int = 0
    analysts: int = 0
    damage: int = 0
    hp_adjusted: int = 0
    sequence: int = 0
    draws: int = 0
    final_blow_by: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    paused_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def strikes(self) -> int:
        """Accepted strikes so far: the number of the newest one."""
        return self.fights + self.analyses

    @property
    def open_weaknesses(self) -> tuple[Affinity, ...]:
        """Favored now: an affinity that is both weak and cursed counts as cursed only."""
        cursed = {curse.affinity for curse in self.curses}
        return tuple(weakness for weakness in self.weaknesses if weakness not in cursed)

    @property
    def hp_permille(self) -> int:
        """Tenths of a percent, rounded up: 0 only when dead."""
        return -(-self.hp * 1000 // self.total_hp)

    @property
    def strikes_until_curse(self) -> int:
        """At least 1: a clock set shorter than what has passed strikes at the next strike."""
        return max(1, self.curse_every - self.curse_clock)


def new_raid(configuration: BossConfiguration, *, starts_at: datetime, ends_at: datetime | None) -> RaidState:
    """A scheduled raid at full HP, before its first event."""
    return RaidState(
        status=RaidStatus.SCHEDULED,
        total_hp=configuration.total_hp,
        hp=configuration.total_hp,
        curse_every=configuration.curse_every,
        weaknesses=tuple(dict.fromkeys(configuration.weaknesses)),
        starts_at=starts_at,
        ends_at=ends_at,
    )


def contribution(damage: int, analysis_points: int) -> int:
    """What milestones and tiers are measured by: ``damage + analysis_points * 6 // 5`` (rules.md 5)."""
    return damage + analysis_points * 6 // 5


@quickly_made
@dataclass(frozen=True, slots=True)
class Participant:
    """One player's totals in one raid.

    Each `…_number` is the number of the strike at which the total beside it was reached: who got there
    first is ranked first. `first_analysis_number` is the strike that earned the first analysis point.
    """

    player: int
    fights: int = 0
    analyses: int = 0
    damage: int = 0
    damage_number: int = 0
    analysis_points: int = 0
    analysis_number: int = 0
    contribution_number: int = 0
    strikes_number: int = 0
    first_analysis_number: int | None = None
    best_score: int = 0
    best_score_number: int = 0
    last_action_at: datetime | None = None

    @property
    def strikes(self) -> int:
        return self.fights + self.analyses

    @property
    def contribution(self) -> int:
        return contribution(self.damage, self.analysis_points)
