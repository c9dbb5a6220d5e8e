"""What the API tells of a raid, as frozen values. Names are as strangers wrote them."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Status(Enum):
    """Where a raid is in its life: `RaidStatus` of the API."""

    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"


class Outcome(Enum):
    """How a raid ended: `RaidOutcome` of the API."""

    VICTORY = "VICTORY"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class Metric(Enum):
    """What a leaderboard ranks by: `LeaderboardMetric` of the API."""

    CONTRIBUTION = "CONTRIBUTION"
    DAMAGE = "DAMAGE"
    ANALYSIS = "ANALYSIS"
    STRIKES = "STRIKES"


@dataclass(frozen=True, slots=True)
class Raid:
    """A raid as a card shows it. Names are as strangers wrote them: show them through `bot.names.shown`."""

    id: str
    name: str
    boss: str
    image_url: str | None
    status: Status
    outcome: Outcome | None
    sequence: int
    starts_at: datetime
    ends_at: datetime | None
    completed_at: datetime | None
    hp: int
    total_hp: int
    hp_permille: int
    stage: int
    stages: int
    stage_hp_below_permille: tuple[int, ...]
    stage_message: str | None
    analysis_points: int
    breakthroughs: int
    thresholds: tuple[int, ...]
    next_threshold: int | None
    weaknesses: tuple[str, ...]
    resistances: tuple[str, ...]
    curses: tuple[str, ...]
    strikes_until_curse: int
    strikes: int
    participants: int

    @property
    def live(self) -> bool:
        return self.status in {Status.ACTIVE, Status.PAUSED}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a leaderboard."""

    rank: int
    player_id: str
    name: str
    score: int
    strikes: int


@dataclass(frozen=True, slots=True)
class Reward:
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What one player has done in a raid. `ready_at`: when they may strike again, None for now."""

    strikes: int
    damage: int
    analysis_points: int
    contribution: int
    rank: int | None
    tier: str | None
    next_tier: str | None
    contribution_to_next_tier: int
    ready_at: datetime | None
    available_characters: int
    rewards: tuple[Reward, ...]


@dataclass(frozen=True, slots=True)
class Milestone:
    contribution: int
    rewards: tuple[Reward, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    name: str
    contribution: int
    victory_permille: int


@dataclass(frozen=True, slots=True)
class RewardRules:
    """What a raid pays: `victory` times a tier's permille, and each milestone once."""

    milestones: tuple[Milestone, ...]
    victory: tuple[Reward, ...]
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """The raids worth showing: the live one, the next to begin, the one that ended last."""

    live: Raid | None
    next: Raid | None
    last: Raid | None

    @property
    def shown(self) -> Raid | None:
        """The raid a status is about: the live one, else the last that ended."""
        return self.live or self.last


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """The top of it, and the own row with its neighbours; both empty where there is nobody."""

    raid: Raid
    top: tuple[Entry, ...]
    around: tuple[Entry, ...]
    own: Entry | None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that wants the live status, and the message that holds it."""

    channel_id: int
    guild_id: int
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A stage (`number` is the stage entered) or a breakthrough (the n-th, with what it revealed) on the chart."""

    kind: str
    at: datetime
    number: int
    revealed: str | None


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """All that a picture is drawn of."""

    raid: Raid
    samples: tuple[tuple[datetime, int], ...]
    top: tuple[Entry, ...]
    moments: tuple[Moment, ...]
