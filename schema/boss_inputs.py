"""Bosses as they are given: every field may be left out, and then the template or the rules decide."""

from typing import TypeVar

import strawberry

from schema.fields import given
from schema.scalars import SafeInt
from schema.values import AffinityInput, RewardInput, affinities
from services.boss_overrides import BossOverrides, RewardOverrides, RulesOverrides
from services.rules import configuration
from services.rules.values import AffinityKind, Reward, Stat

Item = TypeVar("Item")


@strawberry.input(description="How many curses of one kind may lie over the raid at once.")
class CurseLimitInput:
    kind: AffinityKind = strawberry.field(description="The kind of affinity.")
    limit: int = strawberry.field(description="How many at most; 0 for none.")


@strawberry.input(description="What breakthroughs can reveal of one kind.")
class WeaknessPoolInput:
    kind: AffinityKind = strawberry.field(description="The kind of affinity.")
    weight: int = strawberry.field(description="How likely the kind is drawn, against the other kinds' weights.")
    values: list[str] = strawberry.field(description="What can be revealed.")


@strawberry.input(description="What happens when a stage begins.")
class StageEffectInput:
    stage: int = strawberry.field(description="The stage, from 2.")
    message: str = strawberry.field(description="What the boss says.")
    add_weakness: AffinityInput | None = given("A weakness that shows itself.")
    add_curse: AffinityInput | None = given("A curse that comes with it.")
    fight_permille: int | None = given("What fights are multiplied by instead of the usual, in thousandths.")

    def effect(self) -> configuration.StageEffect:
        return configuration.StageEffect(
            stage=self.stage,
            message=self.message,
            add_weakness=None if self.add_weakness is None else self.add_weakness.affinity(),
            add_curse=None if self.add_curse is None else self.add_curse.affinity(),
            fight_permille=self.fight_permille,
        )


@strawberry.input(description="The numbers of the game that a raid may set for itself.")
class RulesInput:
    min_team_size: int | None = given("Characters a team needs: 1 to 6.")
    max_team_size: int | None = given("Characters a team may have: 1 to 6.")
    cooldown_seconds: int | None = given("How long a player waits between two strikes.")
    weakness_permille: int | None = given(
        "What each weakness of a character multiplies its score by, in thousandths: 1000 to 4641."
    )
    curse_permille: int | None = given("What each curse or resistance multiplies it by, in thousandths: 0 to 1000.")
    damage_divisor: int | None = given("A fight's final score is divided by this for damage.")
    analysis_divisor: int | None = given("An analysis's final score is divided by this for analysis points.")

    def overrides(self) -> RulesOverrides:
        return RulesOverrides(
            min_team_size=self.min_team_size,
            max_team_size=self.max_team_size,
            cooldown_seconds=self.cooldown_seconds,
            weakness_permille=self.weakness_permille,
            curse_permille=self.curse_permille,
            damage_divisor=self.damage_divisor,
            analysis_divisor=self.analysis_divisor,
        )


@strawberry.input(description="A personal goal: rewards for reaching so much contribution.")
class MilestoneInput:
    contribution: SafeInt = strawberry.field(description="The contribution it takes.")
    rewards: list[RewardInput] = strawberry.field(description="What it earns.")

    def milestone(self) -> configuration.Milestone:
        return configuration.Milestone(self.contribution, _rewards(self.rewards))


@strawberry.input(description="A rank of merit, reached by contribution and never lost to others.")
class TierInput:
    name: str = strawberry.field(description="The tier's name.")
    contribution: SafeInt = strawberry.field(description="The contribution it takes.")
    victory_permille: int = strawberry.field(description="What victory rewards are multiplied by, in thousandths.")

    def tier(self) -> configuration.Tier:
        return configuration.Tier(self.name, self.contribution, self.victory_permille)


@strawberry.input(description="Who earns what. What is left out stays as it is.")
class RewardConfigurationInput:
    strike_divisor: int | None = given("A strike earns its final score divided by this, times the boss's tier.")
    milestones: list[MilestoneInput] | None = given("Personal goals, rising. Replaces the whole list.")
    breakthrough: list[RewardInput] | None = given(
        "For every breakthrough, times its number, to all who have analysed. Replaces the whole list."
    )
    victory: list[RewardInput] | None = given(
        "For the boss's fall, times the tier's factor, to all who took part. Replaces the whole list."
    )
    tiers: list[TierInput] | None = given("Tiers, rising. Replaces the whole list.")

    def overrides(self) -> RewardOverrides:
        return RewardOverrides(
            strike_divisor=self.strike_divisor,
            milestones=None if self.milestones is None else tuple(one.milestone() for one in self.milestones),
            breakthrough=None if self.breakthrough is None else _rewards(self.breakthrough),
            victory=None if self.victory is None else _rewards(self.victory),
            tiers=None if self.tiers is None else tuple(one.tier() for one in self.tiers),
        )


@strawberry.input(description="A boss, or what is different from its template. Lists replace the template's lists.")
class BossInput:
    name: str | None = given("The boss's name: 1 to 100 characters.")
    description: str | None = given("What it is about: up to 4,000 characters.")
    tier: int | None = given("How great it is: 1 to 100. Rewards for strikes are multiplied by it.")
    image_url: str | None = given("Its picture, beginning with https://.")
    total_hp: SafeInt | None = given("The HP it begins with.")
    dominant_stats: list[Stat] | None = given("The stats that count in a strike, at least one.")
    weaknesses: list[AffinityInput] | None = given("Favoured from the start.")
    resistances: list[AffinityInput] | None = given("Disfavoured for the whole raid.")
    curse_pool: list[AffinityInput] | None = given("What curses are drawn from.")
    curse_limits: list[CurseLimitInput] | None = given(
        "How many curses of a kind at once; a kind that is not named has no limit."
    )
    curse_every: int | None = given("Strikes from one curse to the next.")
    analysis_thresholds: list[SafeInt] | None = given("Analysis points at which breakthroughs happen, rising.")
    weakness_pool: list[WeaknessPoolInput] | None = given("What breakthroughs can reveal.")
    stage_hp_below_permille: list[int] | None = given(
        "HP fractions, in permille, below which stages 2, 3 and so on begin, falling."
    )
    stage_analysis_points: list[SafeInt] | None = given(
        "Analysis points at which they begin too, rising, whatever comes first."
    )
    stage_effects: list[StageEffectInput] | None = given("What happens when stages begin.")
    rewards: RewardConfigurationInput | None = given("Who earns what.")
    rules: RulesInput | None = given("The numbers of the game.")

    def overrides(self) -> BossOverrides:
        return BossOverrides(
            name=self.name,
            description=self.description,
            tier=self.tier,
            image_url=self.image_url,
            total_hp=self.total_hp,
            dominant_stats=_tuple(self.dominant_stats),
            weaknesses=affinities(self.weaknesses),
            resistances=affinities(self.resistances),
            curse_pool=affinities(self.curse_pool),
            curse_limits=_curse_limits(self.curse_limits),
            curse_every=self.curse_every,
            analysis_thresholds=_numbers(self.analysis_thresholds),
            weakness_pool=_weakness_pool(self.weakness_pool),
            stage_hp_below_permille=_tuple(self.stage_hp_below_permille),
            stage_analysis_points=_numbers(self.stage_analysis_points),
            stage_effects=None if self.stage_effects is None else tuple(one.effect() for one in self.stage_effects),
            rewards=None if self.rewards is None else self.rewards.overrides(),
            rules=None if self.rules is None else self.rules.overrides(),
        )


def _tuple(values: list[Item] | None) -> tuple[Item, ...] | None:
    return None if values is None else tuple(values)


def _numbers(values: list[SafeInt] | None) -> tuple[int, ...] | None:
    return None if values is None else tuple(values)


def _rewards(given_ones: list[RewardInput]) -> tuple[Reward, ...]:
    return tuple(one.reward() for one in given_ones)


def _curse_limits(limits: list[CurseLimitInput] | None) -> tuple[configuration.CurseLimit, ...] | None:
    return None if limits is None else tuple(configuration.CurseLimit(one.kind, one.limit) for one in limits)


def _weakness_pool(pools: list[WeaknessPoolInput] | None) -> tuple[configuration.WeaknessPool, ...] | None:
    if pools is None:
        return None
    return tuple(configuration.WeaknessPool(one.kind, one.weight, tuple(one.values)) for one in pools)
