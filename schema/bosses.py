"""Bosses as they are written down: templates to read."""

import strawberry
from strawberry import ID

from schema.fields import shown
from schema.scalars import SafeInt
from schema.values import Affinity, Reward
from services.rules.values import AffinityKind, Stat


@strawberry.type(description="How many curses of one kind may lie over the raid at once.")
class CurseLimit:
    kind: AffinityKind = shown("The kind of affinity.")
    limit: int = shown("How many at most; 0 for none.")


@strawberry.type(description="What breakthroughs can reveal of one kind.")
class WeaknessPool:
    kind: AffinityKind = shown("The kind of affinity.")
    weight: int = shown("How likely the kind is drawn, against the other kinds' weights.")
    values: list[str] = shown("What can be revealed.")


@strawberry.type(description="What happens when a stage begins.")
class StageEffect:
    stage: int = shown("The stage, from 2.")
    message: str = shown("What the boss says.")
    add_weakness: Affinity | None = shown("A weakness that shows itself.")
    add_curse: Affinity | None = shown("A curse that comes with it.")
    fight_permille: int | None = shown("What fights are multiplied by instead of the usual, in thousandths.")


@strawberry.type(description="The numbers of the game that a raid may set for itself.")
class Rules:
    min_team_size: int = shown("Characters a team needs.")
    max_team_size: int = shown("Characters a team may have.")
    cooldown_seconds: int = shown("How long a player waits between two strikes.")
    weakness_permille: int = shown("What each weakness of a character multiplies its score by, in thousandths.")
    curse_permille: int = shown("What each curse or resistance multiplies it by, in thousandths.")
    damage_divisor: int = shown("A fight's final score is divided by this for damage.")
    analysis_divisor: int = shown("An analysis's final score is divided by this for analysis points.")


@strawberry.type(description="A personal goal: rewards for reaching so much contribution.")
class Milestone:
    contribution: SafeInt = shown("The contribution it takes.")
    rewards: list[Reward] = shown("What it earns.")


@strawberry.type(description="A rank of merit, reached by contribution and never lost to others.")
class Tier:
    name: str = shown("The tier's name.")
    contribution: SafeInt = shown("The contribution it takes.")
    victory_permille: int = shown("What victory rewards are multiplied by, in thousandths.")


@strawberry.type(description="Who earns what.")
class RewardConfiguration:
    strike_divisor: SafeInt = shown("A strike earns its final score divided by this, times the boss's tier.")
    milestones: list[Milestone] = shown("Personal goals, rising.")
    breakthrough: list[Reward] = shown("For every breakthrough, times its number, to all who have analysed.")
    victory: list[Reward] = shown("For the boss's fall, times the tier's factor, to all who took part.")
    tiers: list[Tier] = shown("Tiers, rising.")


@strawberry.type(description="A boss to start raids from.")
class BossTemplate:
    key: ID = shown("Name it in `bossKey`.")
    name: str = shown("The boss's name.", path="boss.name")
    description: str = shown("What it is about; may be empty.", path="boss.description")
    tier: int = shown("How great it is; rewards for strikes are multiplied by it.", path="boss.tier")
    image_url: str | None = shown("Its picture, where there is one.", path="boss.image_url")
    total_hp: SafeInt = shown("The HP it begins with.", path="boss.total_hp")
    dominant_stats: list[Stat] = shown("The stats that count in a strike.", path="boss.dominant_stats")
    weaknesses: list[Affinity] = shown("Favoured from the start.", path="boss.weaknesses")
    resistances: list[Affinity] = shown("Disfavoured for the whole raid.", path="boss.resistances")
    curse_pool: list[Affinity] = shown("What curses are drawn from.", path="boss.curse_pool")
    curse_limits: list[CurseLimit] = shown(
        "How many curses of a kind at once; a kind that is not named has no limit.", path="boss.curse_limits"
    )
    curse_every: int = shown("Strikes from one curse to the next.", path="boss.curse_every")
    analysis_thresholds: list[SafeInt] = shown(
        "Analysis points at which breakthroughs happen.", path="boss.analysis_thresholds"
    )
    weakness_pool: list[WeaknessPool] = shown("What breakthroughs can reveal.", path="boss.weakness_pool")
    stage_hp_below_permille: list[int] = shown(
        "HP fractions, in permille, below which stages 2, 3 and so on begin.", path="boss.stage_hp_below_permille"
    )
    stage_analysis_points: list[SafeInt] = shown(
        "Analysis points at which they begin too, whatever comes first.", path="boss.stage_analysis_points"
    )
    stage_effects: list[StageEffect] = shown("What happens when stages begin.", path="boss.stage_effects")
    rewards: RewardConfiguration = shown("Who earns what.", path="boss.rewards")
    rules: Rules = shown("The numbers of the game.", path="boss.rules")
