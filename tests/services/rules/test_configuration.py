from fractions import Fraction

import pytest

from services.rules.configuration import (
    DEFAULT_STAGE_HP_BELOW_PERMILLE,
    SEED_STAGE_HP_BELOW_PERMILLE,
    CurseLimit,
    RaidRules,
    RewardConfiguration,
    StageEffect,
    default_analysis_thresholds,
    default_stage_analysis_points,
)
from services.rules.values import AffinityKind, Reward
from tests.services.rules.builders import active, boss, manager_of


@pytest.mark.parametrize(
    ("hp", "first", "third", "last"),
    [
        (80_000, 800, 3_600, 26_400),
        (4_800_000, 48_000, 216_000, 1_584_000),
        (48_000_000, 480_000, 2_160_000, 15_840_000),
    ],
)
def test_the_three_measured_communities_get_their_thresholds(hp: int, first: int, third: int, last: int) -> None:
    thresholds = default_analysis_thresholds(hp)
    assert len(thresholds) == 10
    assert (thresholds[0], thresholds[2], thresholds[9]) == (first, third, last)


def test_thresholds_stand_at_the_permille_of_the_hp_that_the_rules_name() -> None:
    assert default_analysis_thresholds(1_000) == (10, 25, 45, 70, 100, 135, 175, 220, 270, 330)


@pytest.mark.parametrize("hp", [1, 2, 7, 50, 99, 100, 1000])
def test_a_tiny_boss_still_has_thresholds_that_rise_strictly(hp: int) -> None:
    thresholds = default_analysis_thresholds(hp)
    assert thresholds[0] >= 1
    assert list(thresholds) == sorted(set(thresholds))


def test_stages_open_at_the_third_fifth_seventh_and_ninth_threshold() -> None:
    assert default_stage_analysis_points((1, 2, 3, 4, 5, 6, 7, 8, 9, 10)) == (3, 5, 7, 9)
    assert default_stage_analysis_points((1, 2, 3, 4, 5)) == (3, 5)
    assert default_stage_analysis_points(()) == ()


def test_the_default_stages_begin_below_these_permille_of_the_hp() -> None:
    assert DEFAULT_STAGE_HP_BELOW_PERMILLE == (750, 500, 250, 100)
    assert boss().stage_hp_below_permille == DEFAULT_STAGE_HP_BELOW_PERMILLE
    assert boss().stage_count == 5


@pytest.mark.parametrize("total_hp", [1, 2, 3, 4, 7, 10, 99, 100, 1_000, 1_003])
def test_the_seeds_literal_stage_formula_is_the_preset(total_hp: int) -> None:
    configuration = boss(total_hp=total_hp, stage_hp_below_permille=SEED_STAGE_HP_BELOW_PERMILLE)
    manager = manager_of(configuration)
    for hp in range(1, total_hp + 1):
        literal = 5 - int(Fraction(hp, total_hp) * 4)
        assert manager.stage_of(active(configuration, hp=hp)) == literal


def test_the_default_rules_are_the_games() -> None:
    rules = RaidRules()
    assert (rules.min_team_size, rules.max_team_size, rules.cooldown_seconds) == (1, 6, 3600)
    assert (rules.weakness_permille, rules.curse_permille) == (1500, 750)
    assert (rules.damage_divisor, rules.analysis_divisor) == (10, 10)


def test_the_default_rewards_are_the_rules() -> None:
    rewards = RewardConfiguration()
    assert rewards.strike_divisor == 100
    assert [(goal.contribution, goal.rewards) for goal in rewards.milestones] == [
        (contribution, (Reward("crystals", crystals),))
        for contribution, crystals in [
            (250, 50),
            (750, 100),
            (1_500, 200),
            (3_000, 400),
            (5_000, 700),
            (8_000, 1_000),
            (12_000, 1_500),
        ]
    ]
    assert rewards.breakthrough == (Reward("crystals", 50),)
    assert rewards.victory == (Reward("crystals", 500), Reward("daphine", 1))
    assert [(tier.name, tier.contribution, tier.victory_permille) for tier in rewards.tiers] == [
        ("bronze", 500, 1_000),
        ("silver", 1_500, 1_500),
        ("gold", 3_000, 2_000),
        ("platinum", 5_500, 3_000),
    ]


def test_a_kind_without_an_entry_has_no_curse_limit() -> None:
    limited = boss(curse_limits=(CurseLimit(AffinityKind.GENRE, 0), CurseLimit(AffinityKind.SERIES, 2)))
    assert limited.curse_limit(AffinityKind.GENRE) == 0
    assert limited.curse_limit(AffinityKind.SERIES) == 2
    assert limited.curse_limit(AffinityKind.ELEMENTAL) is None


def test_a_stage_without_an_effect_has_none() -> None:
    effect = StageEffect(3, "It howls.")
    assert boss(stage_effects=(effect,)).stage_effect(3) is effect
    assert boss(stage_effects=(effect,)).stage_effect(2) is None
