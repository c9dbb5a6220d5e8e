"""What a raid is created with, and keeps (rules.md 3 to 6, 8)."""

from dataclasses import dataclass

from services.rules.values import Affinity, AffinityKind, Reward, Stat

DEFAULT_STAGE_HP_BELOW_PERMILLE = (750, 500, 250, 100)
SEED_STAGE_HP_BELOW_PERMILLE = (1000, 750, 500, 250)
"""The first design's literal formula, ``5 - int(hp_fraction * 4)``, as a list of boundaries."""

DEFAULT_THRESHOLDS_PERMILLE = (10, 25, 45, 70, 100, 135, 175, 220, 270, 330)
"""Analysis thresholds in permille of total HP (rules.md 8)."""


def default_analysis_thresholds(total_hp: int) -> tuple[int, ...]:
    """Ten thresholds for a boss of `total_hp`; a tiny boss gets fewer, for they must rise strictly."""
    points = (max(1, total_hp * permille // 1000) for permille in DEFAULT_THRESHOLDS_PERMILLE)
    return tuple(dict.fromkeys(points))


def default_stage_analysis_points(thresholds: tuple[int, ...]) -> tuple[int, ...]:
    """The 3rd, 5th, 7th and 9th analysis thresholds, as far as there are so many."""
    return thresholds[2:9:2]


@dataclass(frozen=True, slots=True)
class RaidRules:
    """The numbers of the game that a raid may set for itself."""

    min_team_size: int = 1
    max_team_size: int = 6
    cooldown_seconds: int = 3600
    weakness_permille: int = 1500
    curse_permille: int = 750
    damage_divisor: int = 10
    analysis_divisor: int = 10


@dataclass(frozen=True, slots=True)
class CurseLimit:
    kind: AffinityKind
    limit: int


@dataclass(frozen=True, slots=True)
class WeaknessPool:
    """What breakthroughs of this kind can reveal; `weight` against the other kinds' weights."""

    kind: AffinityKind
    weight: int
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageEffect:
    """What happens when `stage` is reached. `fight_permille` replaces the stage's fight factor."""

    stage: int
    message: str
    add_weakness: Affinity | None = None
    add_curse: Affinity | None = None
    fight_permille: int | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A personal goal: `rewards` once the player's contribution reaches `contribution`."""

    contribution: int
    rewards: tuple[Reward, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    name: str
    contribution: int
    victory_permille: int


def _crystals(amount: int) -> tuple[Reward, ...]:
    return (Reward("crystals", amount),)


@dataclass(frozen=True, slots=True)
class RewardConfiguration:
    """Who earns what. `breakthrough` is multiplied by the breakthrough's number, `victory` by the tier's permille."""

    strike_divisor: int = 100
    milestones: tuple[Milestone, ...] = (
        Milestone(250, _crystals(50)),
        Milestone(750, _crystals(100)),
        Milestone(1_500, _crystals(200)),
        Milestone(3_000, _crystals(400)),
        Milestone(5_000, _crystals(700)),
        Milestone(8_000, _crystals(1_000)),
        Milestone(12_000, _crystals(1_500)),
    )
    breakthrough: tuple[Reward, ...] = (Reward("crystals", 50),)
    victory: tuple[Reward, ...] = (Reward("crystals", 500), Reward("daphine", 1))
    tiers: tuple[Tier, ...] = (
        Tier("bronze", 500, 1_000),
        Tier("silver", 1_500, 1_500),
        Tier("gold", 3_000, 2_000),
        Tier("platinum", 5_500, 3_000),
    )


@dataclass(frozen=True, slots=True)
class BossConfiguration:
    """A boss and everything its raid plays by.

    A kind without an entry in `curse_limits` has no limit. The number of stages is one more than the number
    of `stage_hp_below_permille`.
    """

    name: str
    total_hp: int
    dominant_stats: tuple[Stat, ...]
    weaknesses: tuple[Affinity, ...] = ()
    resistances: tuple[Affinity, ...] = ()
    curse_pool: tuple[Affinity, ...] = ()
    curse_limits: tuple[CurseLimit, ...] = ()
    curse_every: int = 100
    analysis_thresholds: tuple[int, ...] = ()
    weakness_pool: tuple[WeaknessPool, ...] = ()
    stage_hp_below_permille: tuple[int, ...] = DEFAULT_STAGE_HP_BELOW_PERMILLE
    stage_analysis_points: tuple[int, ...] = ()
    stage_effects: tuple[StageEffect, ...] = ()
    rewards: RewardConfiguration = RewardConfiguration()
    rules: RaidRules = RaidRules()
    description: str = ""
    tier: int = 1
    image_url: str | None = None

    @property
    def stage_count(self) -> int:
        return 1 + len(self.stage_hp_below_permille)

    def curse_limit(self, kind: AffinityKind) -> int | None:
        """How many curses of `kind` may be active at once; None when nothing limits them."""
        return next((limit.limit for limit in self.curse_limits if limit.kind is kind), None)

    def stage_effect(self, stage: int) -> StageEffect | None:
        return next((effect for effect in self.stage_effects if effect.stage == stage), None)
