"""Every error and warning of a configuration check, and that a sound configuration has none."""

from collections.abc import Callable
from typing import Any

import pytest

from services.rules.checks import (
    LARGEST_WHOLE_NUMBER,
    Problem,
    RosterSurvey,
    Severity,
    check_configuration,
    check_rewards,
)
from services.rules.configuration import (
    SEED_STAGE_HP_BELOW_PERMILLE,
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
from services.rules.strike_resolver import StrikeResolver
from services.rules.values import AffinityKind, Reward, Stat
from tests.services.rules.builders import active, boss, character, elemental, elementals, genre

ELEMENTAL, GENRE = AffinityKind.ELEMENTAL, AffinityKind.GENRE
COMMON = {"elemental:fire": 20, "elemental:ice": 20, "elemental:dark": 20, "elemental:water": 20, "genre:music": 20}
SURVEY = RosterSurvey(characters=100, holders=COMMON, capacity=10**12)

THRESHOLDS = default_analysis_thresholds(80_000)
SOUND = boss(
    total_hp=80_000,
    weaknesses=elementals("fire"),
    resistances=elementals("dark"),
    curse_pool=(elemental("water"), genre("Music")),
    curse_limits=(CurseLimit(ELEMENTAL, 2), CurseLimit(GENRE, 1)),
    curse_every=20,
    analysis_thresholds=THRESHOLDS,
    weakness_pool=(WeaknessPool(ELEMENTAL, 7, ("ice",)), WeaknessPool(GENRE, 3, ("Music",))),
    stage_analysis_points=default_stage_analysis_points(THRESHOLDS),
    stage_effects=(
        StageEffect(2, "It sweats.", add_weakness=elemental("ice")),
        StageEffect(3, "It drinks.", add_curse=elemental("water")),
        StageEffect(5, "Final stage!", fight_permille=2000),
    ),
)


def altered(**fields: Any) -> BossConfiguration:
    return boss(**{name: fields.get(name, getattr(SOUND, name)) for name in SOUND.__dataclass_fields__})


def errors(configuration: BossConfiguration) -> list[tuple[str, str]]:
    problems = check_configuration(configuration, SURVEY)
    assert {problem.severity for problem in problems} <= {Severity.ERROR}
    return [(problem.path, problem.message) for problem in problems]


def warnings(configuration: BossConfiguration, survey: RosterSurvey = SURVEY) -> list[tuple[str, str]]:
    problems = check_configuration(configuration, survey)
    assert {problem.severity for problem in problems} <= {Severity.WARNING}
    return [(problem.path, problem.message) for problem in problems]


def test_a_sound_configuration_has_no_problems() -> None:
    assert check_configuration(SOUND, SURVEY) == ()


def test_a_bare_boss_has_no_problems() -> None:
    assert check_configuration(boss(), RosterSurvey(characters=0, holders={})) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"total_hp": 1},
        {"total_hp": LARGEST_WHOLE_NUMBER},
        {"dominant_stats": tuple(Stat)},
        {"image_url": "https://example.org/moon.png"},
        {"tier": 100},
        {"stage_hp_below_permille": SEED_STAGE_HP_BELOW_PERMILLE},
        {"stage_hp_below_permille": (), "stage_analysis_points": (), "stage_effects": ()},
        {"stage_analysis_points": ()},
        {"curse_limits": ()},
        {"weakness_pool": (WeaknessPool(ELEMENTAL, 0, ()),)},
        {"rules": RaidRules(1, 1, 0, 1000, 0, 1, 1)},
        {"rules": RaidRules(6, 6, 30 * 24 * 3600, 4_641, 1000, 1_000_000, 1_000_000)},
        {"rewards": RewardConfiguration(1, (), (), (), ())},
    ],
)
def test_the_edges_of_what_is_allowed_are_allowed(fields: dict[str, Any]) -> None:
    # 2^53 - 1 HP needs more than this survey's rosters: a warning at most, never an error.
    assert {problem.severity for problem in check_configuration(altered(**fields), SURVEY)} <= {Severity.WARNING}


def ranged(path: str, low: int, high: int, value: int) -> tuple[str, str]:
    return path, f"must be from {low} to {high}; {value} is not."


def sized(path: str, low: int, high: int, size: int) -> tuple[str, str]:
    return path, f"must have {low} to {high} characters; this has {size}."


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "  "}, sized("name", 1, 100, 0)),
        ({"name": "x" * 101}, sized("name", 1, 100, 101)),
        ({"description": "x" * 4_001}, sized("description", 0, 4_000, 4_001)),
        ({"total_hp": 0}, ranged("total_hp", 1, 2**53 - 1, 0)),
        ({"total_hp": 2**53}, ranged("total_hp", 1, 2**53 - 1, 2**53)),
        ({"tier": 0}, ranged("tier", 1, 100, 0)),
        ({"tier": 101}, ranged("tier", 1, 100, 101)),
        ({"curse_every": 0}, ranged("curse_every", 1, 10_000_000, 0)),
        ({"curse_every": 10_000_001}, ranged("curse_every", 1, 10_000_000, 10_000_001)),
        ({"image_url": "http://example.org/x.png"}, ("image_url", "must begin with https://.")),
        ({"dominant_stats": ()}, ("dominant_stats", "must name at least one stat.")),
        ({"dominant_stats": (Stat.ATK, Stat.SPD, Stat.ATK)}, ("dominant_stats", "names a stat twice.")),
    ],
)
def test_the_boss_itself(fields: dict[str, Any], problem: tuple[str, str]) -> None:
    assert errors(altered(**fields)) == [problem]


MANY = tuple(elemental(f"e{number}") for number in range(1_001))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"weaknesses": (*elementals("fire"), elemental(" "))}, sized("weaknesses[1].value", 1, 100, 0)),
        ({"resistances": (elemental("x" * 101),)}, sized("resistances[0].value", 1, 100, 101)),
        ({"curse_pool": (elemental(""),)}, sized("curse_pool[0].value", 1, 100, 0)),
        (
            {"weakness_pool": (WeaknessPool(GENRE, 1, ("Music", "")),)},
            sized("weakness_pool[0].values[1].value", 1, 100, 0),
        ),
        (
            {"stage_effects": (StageEffect(2, "m", add_weakness=elemental("")),)},
            sized("stage_effects[0].add_weakness.value", 1, 100, 0),
        ),
        (
            {"stage_effects": (StageEffect(2, "m", add_curse=elemental("")),)},
            sized("stage_effects[0].add_curse.value", 1, 100, 0),
        ),
        (
            {"weaknesses": elementals("fire Dark")},
            ("weaknesses[1]", "Dark is both a weakness and a resistance; it must be one of them."),
        ),
        (
            {"stage_effects": (StageEffect(2, "m", add_weakness=elemental("DARK")),)},
            ("stage_effects[0].add_weakness", "DARK is both a weakness and a resistance; it must be one of them."),
        ),
        ({"weaknesses": elementals("fire FIRE")}, ("weaknesses", "names an affinity twice.")),
        ({"resistances": elementals("dark dark")}, ("resistances", "names an affinity twice.")),
        ({"curse_pool": elementals("a b A")}, ("curse_pool", "names an affinity twice.")),
        ({"weaknesses": MANY}, ("weaknesses", "must have at most 1000 entries; this has 1001.")),
        ({"resistances": MANY}, ("resistances", "must have at most 1000 entries; this has 1001.")),
        ({"curse_pool": MANY}, ("curse_pool", "must have at most 1000 entries; this has 1001.")),
    ],
)
def test_affinities(fields: dict[str, Any], problem: tuple[str, str]) -> None:
    assert errors(altered(**fields)) == [problem]


RISING = "must rise strictly."
FALLING = "must fall strictly, as the boss's HP does."


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"analysis_thresholds": (10, 10)}, ("analysis_thresholds", RISING)),
        ({"analysis_thresholds": (20, 10)}, ("analysis_thresholds", RISING)),
        ({"analysis_thresholds": (0, 10)}, ranged("analysis_thresholds[0]", 1, 2**53 - 1, 0)),
        ({"analysis_thresholds": (10, 2**53)}, ranged("analysis_thresholds[1]", 1, 2**53 - 1, 2**53)),
        (
            {"analysis_thresholds": tuple(range(1, 1_002))},
            ("analysis_thresholds", "must have at most 1000 entries; this has 1001."),
        ),
        ({"weakness_pool": (WeaknessPool(GENRE, -1, ("a",)),)}, ranged("weakness_pool[0].weight", 0, 1_000_000, -1)),
        (
            {"weakness_pool": (WeaknessPool(GENRE, 1_000_001, ("a",)),)},
            ranged("weakness_pool[0].weight", 0, 1_000_000, 1_000_001),
        ),
        (
            {"weakness_pool": (WeaknessPool(GENRE, 1, ("a",) * 1_001),)},
            ("weakness_pool[0].values", "must have at most 1000 entries."),
        ),
        (
            {"weakness_pool": (WeaknessPool(GENRE, 1, ("a",)), WeaknessPool(GENRE, 2, ("b",)))},
            ("weakness_pool", "names a kind twice."),
        ),
        ({"curse_limits": (CurseLimit(GENRE, -1),)}, ranged("curse_limits[0].limit", 0, 1_000, -1)),
        ({"curse_limits": (CurseLimit(GENRE, 1_001),)}, ranged("curse_limits[0].limit", 0, 1_000, 1_001)),
        ({"curse_limits": (CurseLimit(GENRE, 1), CurseLimit(GENRE, 2))}, ("curse_limits", "names a kind twice.")),
        ({"stage_analysis_points": (5, 5)}, ("stage_analysis_points", RISING)),
        ({"stage_analysis_points": (0,)}, ranged("stage_analysis_points[0]", 1, 2**53 - 1, 0)),
        (
            {"stage_analysis_points": (1, 2, 3, 4, 5)},
            ("stage_analysis_points", "must have at most 4 entries, one for each stage passed."),
        ),
        ({"stage_hp_below_permille": (750, 750, 500, 100)}, ("stage_hp_below_permille", FALLING)),
        ({"stage_hp_below_permille": (250, 500, 750, 900)}, ("stage_hp_below_permille", FALLING)),
        ({"stage_hp_below_permille": (1001, 750, 500, 250)}, ranged("stage_hp_below_permille[0]", 1, 1000, 1001)),
        ({"stage_hp_below_permille": (750, 500, 250, 0)}, ranged("stage_hp_below_permille[3]", 1, 1000, 0)),
    ],
)
def test_thresholds_pools_limits_and_stages(fields: dict[str, Any], problem: tuple[str, str]) -> None:
    assert errors(altered(**fields)) == [problem]


@pytest.mark.parametrize(
    ("effects", "problem"),
    [
        ((StageEffect(1, "m"),), ranged("stage_effects[0].stage", 2, 5, 1)),
        ((StageEffect(2, "m"), StageEffect(6, "m")), ranged("stage_effects[1].stage", 2, 5, 6)),
        ((StageEffect(2, " "),), sized("stage_effects[0].message", 1, 500, 0)),
        ((StageEffect(2, "m" * 501),), sized("stage_effects[0].message", 1, 500, 501)),
        ((StageEffect(2, "m", fight_permille=0),), ranged("stage_effects[0].fight_permille", 1, 100_000, 0)),
        (
            (StageEffect(2, "m", fight_permille=100_001),),
            ranged("stage_effects[0].fight_permille", 1, 100_000, 100_001),
        ),
        ((StageEffect(2, "m"), StageEffect(2, "n")), ("stage_effects", "has two effects for one stage.")),
        (
            (StageEffect(2, "m", add_curse=genre("Music")),),
            ("stage_effects[0].add_curse", "the limit of genre curses is 0."),
        ),
    ],
)
def test_stage_effects(effects: tuple[StageEffect, ...], problem: tuple[str, str]) -> None:
    assert errors(altered(stage_effects=effects, curse_limits=(CurseLimit(GENRE, 0),))) == [problem]


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (RaidRules(min_team_size=0), ranged("rules.min_team_size", 1, 6, 0)),
        (RaidRules(max_team_size=7), ranged("rules.max_team_size", 1, 6, 7)),
        (RaidRules(min_team_size=4, max_team_size=3), ("rules.min_team_size", "must not be above max_team_size (3).")),
        (RaidRules(cooldown_seconds=-1), ranged("rules.cooldown_seconds", 0, 2_592_000, -1)),
        (RaidRules(cooldown_seconds=2_592_001), ranged("rules.cooldown_seconds", 0, 2_592_000, 2_592_001)),
        (RaidRules(weakness_permille=999), ranged("rules.weakness_permille", 1000, 4_641, 999)),
        (RaidRules(weakness_permille=4_642), ranged("rules.weakness_permille", 1000, 4_641, 4_642)),
        (RaidRules(curse_permille=-1), ranged("rules.curse_permille", 0, 1000, -1)),
        (RaidRules(curse_permille=1_001), ranged("rules.curse_permille", 0, 1000, 1_001)),
        (RaidRules(damage_divisor=0), ranged("rules.damage_divisor", 1, 1_000_000, 0)),
        (RaidRules(analysis_divisor=1_000_001), ranged("rules.analysis_divisor", 1, 1_000_000, 1_000_001)),
    ],
)
def test_the_raids_own_rules(rules: RaidRules, problem: tuple[str, str]) -> None:
    assert errors(altered(rules=rules)) == [problem]


def test_the_strongest_weakness_that_is_allowed_fits_the_seeds_decimal() -> None:
    configuration = boss(weaknesses=elementals("a b c d"), rules=RaidRules(weakness_permille=4_641))
    resolver = StrikeResolver(configuration)
    pricing = resolver.pricing(active(configuration))
    assert resolver.character_score(character(1, 1, elementals("a b c d")), pricing).multiplier_permille == 99_961


def rewards(amount: int, currency: str = "crystals") -> tuple[Reward, ...]:
    return (Reward(currency, amount),)


@pytest.mark.parametrize(
    ("configuration", "problem"),
    [
        (RewardConfiguration(strike_divisor=0), ranged("rewards.strike_divisor", 1, 2**53 - 1, 0)),
        (
            RewardConfiguration(milestones=(Milestone(5, rewards(1)), Milestone(5, rewards(2)))),
            ("rewards.milestones", RISING),
        ),
        (RewardConfiguration(milestones=(Milestone(0, rewards(1)),)), ranged("rewards.milestones[0]", 1, 2**53 - 1, 0)),
        (
            RewardConfiguration(milestones=(Milestone(5, rewards(-1)),)),
            ranged("rewards.milestones[0].rewards[0].amount", 0, 10**9, -1),
        ),
        (RewardConfiguration(breakthrough=rewards(1, " ")), sized("rewards.breakthrough[0].currency", 1, 50, 0)),
        (RewardConfiguration(victory=rewards(10**9 + 1)), ranged("rewards.victory[0].amount", 0, 10**9, 10**9 + 1)),
        (RewardConfiguration(victory=rewards(1) + rewards(2)), ("rewards.victory", "names a currency twice.")),
        (RewardConfiguration(tiers=(Tier("a", 9, 1), Tier("b", 8, 1))), ("rewards.tiers", RISING)),
        (RewardConfiguration(tiers=(Tier("", 9, 1),)), sized("rewards.tiers[0].name", 1, 100, 0)),
        (RewardConfiguration(tiers=(Tier("a", 9, -1),)), ranged("rewards.tiers[0].victory_permille", 0, 100_000, -1)),
        (RewardConfiguration(tiers=(Tier("a", 8, 1), Tier("a", 9, 1))), ("rewards.tiers", "names a tier twice.")),
    ],
)
def test_rewards(configuration: RewardConfiguration, problem: tuple[str, str]) -> None:
    assert errors(altered(rewards=configuration)) == [problem]
    assert list(check_rewards(configuration)) == [Problem(*problem)]


def test_all_errors_are_told_at_once_and_no_warnings_beside_them() -> None:
    configuration = altered(name="", total_hp=0, curse_every=5, weaknesses=elementals("lightning"), tier=0)
    assert [path for path, _ in errors(configuration)] == ["name", "total_hp", "tier"]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"weaknesses": elementals("fire Lightning")}, "weaknesses[1]"),
        ({"resistances": elementals("Lightning")}, "resistances[0]"),
        ({"curse_pool": elementals("Lightning")}, "curse_pool[0]"),
        ({"weakness_pool": (WeaknessPool(ELEMENTAL, 1, ("ice", "Lightning")),)}, "weakness_pool[0].values[1]"),
        (
            {"stage_effects": (StageEffect(2, "m", add_weakness=elemental("Lightning")),)},
            "stage_effects[0].add_weakness",
        ),
        ({"stage_effects": (StageEffect(2, "m", add_curse=elemental("Lightning")),)}, "stage_effects[0].add_curse"),
    ],
)
def test_an_affinity_that_nobody_has_is_a_warning_wherever_it_stands(fields: dict[str, Any], path: str) -> None:
    # The first design's "lightning": no character of the base game has it.
    assert warnings(altered(**fields)) == [(path, "no character of the roster has elemental Lightning.")]


@pytest.mark.parametrize(("holders", "warned"), [(40, False), (41, True), (100, True)])
def test_an_affinity_that_more_than_four_in_ten_have_is_a_warning(holders: int, warned: bool) -> None:
    survey = RosterSurvey(characters=100, holders=COMMON | {"elemental:fire": holders}, capacity=10**12)
    message = f"{holders} of 100 characters have elemental fire: more than 40 %."
    assert warnings(SOUND, survey) == ([("weaknesses[0]", message)] if warned else [])


@pytest.mark.parametrize(("capacity", "warned"), [(None, False), (88_889, False), (88_888, True), (0, True)])
def test_more_hp_than_nine_tenths_of_what_the_rosters_can_deal_is_a_warning(capacity: int | None, warned: bool) -> None:
    told = warnings(SOUND, RosterSurvey(characters=100, holders=COMMON, capacity=capacity))
    assert [path for path, _ in told] == (["total_hp"] if warned else [])
    if capacity is not None and warned:
        assert f"above 90 % of the {capacity:,} damage" in told[0][1]


@pytest.mark.parametrize(("curse_every", "warned"), [(1, True), (9, True), (10, False)])
def test_a_curse_clock_under_ten_strikes_is_a_warning(curse_every: int, warned: bool) -> None:
    told = warnings(altered(curse_every=curse_every))
    message = f"a curse every {curse_every} strikes is very often; 10 or more is usual."
    assert told == ([("curse_every", message)] if warned else [])


@pytest.mark.parametrize("parse", [Stat, AffinityKind])
def test_an_unknown_stat_or_kind_cannot_even_be_written_down(parse: Callable[[str], object]) -> None:
    with pytest.raises(ValueError, match="lightning"):
        parse("lightning")
