"""A boss from a template, or from nothing, with what its creator says over it."""

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from services.errors import InvalidConfigurationError
from services.rules.checks import Problem
from services.rules.configuration import (
    DEFAULT_STAGE_HP_BELOW_PERMILLE,
    BossConfiguration,
    CurseLimit,
    Milestone,
    RaidRules,
    RewardConfiguration,
    StageEffect,
    Tier,
    WeaknessPool,
    default_analysis_thresholds,
    default_stage_analysis_points,
)
from services.rules.values import Affinity, Reward, Stat

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class RulesOverrides:
    """RaidRules; None is not given."""

    min_team_size: int | None = None
    max_team_size: int | None = None
    cooldown_seconds: int | None = None
    weakness_permille: int | None = None
    curse_permille: int | None = None
    damage_divisor: int | None = None
    analysis_divisor: int | None = None

    def over(self, rules: RaidRules) -> RaidRules:
        return replace(rules, **_given(self))


@dataclass(frozen=True, slots=True)
class RewardOverrides:
    """RewardConfiguration; None is not given, a list replaces the whole list."""

    strike_divisor: int | None = None
    milestones: tuple[Milestone, ...] | None = None
    breakthrough: tuple[Reward, ...] | None = None
    victory: tuple[Reward, ...] | None = None
    tiers: tuple[Tier, ...] | None = None

    def over(self, rewards: RewardConfiguration) -> RewardConfiguration:
        return replace(rewards, **_given(self))


@dataclass(frozen=True, slots=True)
class BossOverrides:
    """BossConfiguration; None is not given, a list replaces the whole list."""

    name: str | None = None
    description: str | None = None
    tier: int | None = None
    image_url: str | None = None
    total_hp: int | None = None
    dominant_stats: tuple[Stat, ...] | None = None
    weaknesses: tuple[Affinity, ...] | None = None
    resistances: tuple[Affinity, ...] | None = None
    curse_pool: tuple[Affinity, ...] | None = None
    curse_limits: tuple[CurseLimit, ...] | None = None
    curse_every: int | None = None
    analysis_thresholds: tuple[int, ...] | None = None
    weakness_pool: tuple[WeaknessPool, ...] | None = None
    stage_hp_below_permille: tuple[int, ...] | None = None
    stage_analysis_points: tuple[int, ...] | None = None
    stage_effects: tuple[StageEffect, ...] | None = None
    rewards: RewardOverrides | None = None
    rules: RulesOverrides | None = None

    def over_template(self, template: BossConfiguration) -> BossConfiguration:
        """The template, changed. New total HP brings new default thresholds, unless they are given too."""
        given = _given(self)
        rescaled: dict[str, Any] = {}
        if self.total_hp is not None and self.total_hp != template.total_hp:
            rescaled = _progress(
                self.total_hp, len(given.get("stage_hp_below_permille", template.stage_hp_below_permille))
            )
        return replace(
            template,
            **{
                **rescaled,
                **given,
                "rewards": template.rewards if self.rewards is None else self.rewards.over(template.rewards),
                "rules": template.rules if self.rules is None else self.rules.over(template.rules),
            },
        )

    def alone(self, rules: RaidRules, rewards: RewardConfiguration) -> BossConfiguration:
        """A boss without a template, over the server's default rules and rewards.

        Raises:
            InvalidConfigurationError: name, totalHp or dominantStats is missing.
        """
        needed = {"name": self.name, "total_hp": self.total_hp, "dominant_stats": self.dominant_stats}
        missing = tuple(
            Problem(field, "is needed, or give bossKey to start from a template.")
            for field, value in needed.items()
            if value is None
        )
        if self.name is None or self.total_hp is None or self.dominant_stats is None:
            raise InvalidConfigurationError(missing)
        plain = BossConfiguration(
            name=self.name,
            total_hp=self.total_hp,
            dominant_stats=self.dominant_stats,
            rules=rules,
            rewards=rewards,
            **_progress(self.total_hp, len(self.stage_hp_below_permille or DEFAULT_STAGE_HP_BELOW_PERMILLE)),
        )
        return replace(self, total_hp=None).over_template(plain)


def _progress(total_hp: int, stages: int) -> dict[str, Any]:
    """The default thresholds of a boss with so much HP; none for HP that the checks will refuse."""
    thresholds = default_analysis_thresholds(total_hp) if total_hp >= 1 else ()
    return {
        "analysis_thresholds": thresholds,
        "stage_analysis_points": default_stage_analysis_points(thresholds)[:stages],
    }


def _given(overrides: RulesOverrides | RewardOverrides | BossOverrides) -> dict[str, Any]:
    named = {field.name: getattr(overrides, field.name) for field in fields(overrides)}
    return {name: value for name, value in named.items() if value is not None}
