"""Boss files: what an admin may write, what follows from what is left out, and how mistakes are named."""

import pytest

from services import codec
from services.boss_files import BossFileError, boss_from_plain, boss_from_toml
from services.content import boss_files
from services.rules.checks import RosterSurvey, Severity, check_configuration
from services.rules.configuration import (
    BossConfiguration,
    CurseLimit,
    Milestone,
    RaidRules,
    RewardConfiguration,
    StageEffect,
    Tier,
    WeaknessPool,
)
from services.rules.values import Affinity, AffinityKind, Reward, Stat

RULES = RaidRules(cooldown_seconds=60, damage_divisor=5)
REWARDS = RewardConfiguration(strike_divisor=7, victory=(Reward("shells", 3),))

SMALLEST = """
name = "Gloomtide"
total_hp = 10_000
dominant_stats = ["atk"]
"""

WHOLE = """
name = "Gloomtide"
description = "A borrowed moon."
tier = 2
image_url = "https://example.org/moon.png"
total_hp = 1_000
dominant_stats = ["atk", "lck"]
weaknesses = [{ kind = "elemental", value = "Light" }]
resistances = [{ kind = "genre", value = "Horror" }]
curse_pool = [{ kind = "series", value = "Café Zugzwang" }]
curse_limits = [{ kind = "elemental", limit = 0 }]
curse_every = 30
analysis_thresholds = [10, 20]
weakness_pool = [{ kind = "archetype", weight = 4, values = ["Bard", "Sage"] }]
stage_hp_below_permille = [500]
stage_analysis_points = [20]

[[stage_effects]]
stage = 2
message = "It hums."
add_weakness = { kind = "elemental", value = "ice" }
add_curse = { kind = "genre", value = "Music" }
fight_permille = 2000

[rules]
min_team_size = 2
max_team_size = 3
cooldown_seconds = 0
weakness_permille = 1400
curse_permille = 700
damage_divisor = 1
analysis_divisor = 2

[rewards]
strike_divisor = 50
milestones = [{ contribution = 5, rewards = [{ currency = "shells", amount = 1 }] }]
breakthrough = [{ currency = "shells", amount = 2 }]
victory = []
tiers = [{ name = "wave", contribution = 9, victory_permille = 1100 }]
"""


def read(text: str) -> BossConfiguration:
    return boss_from_toml(text, source="moon.toml", defaults_rules=RULES, defaults_rewards=REWARDS)


def mistakes(text: str) -> list[str]:
    with pytest.raises(BossFileError) as refused:
        read(text)
    assert refused.value.source == "moon.toml"
    assert all(problem.severity is Severity.ERROR for problem in refused.value.problems)
    lines = str(refused.value).split("\n")
    assert lines == [f"moon.toml: {problem.path}: {problem.message}" for problem in refused.value.problems]
    return [line.removeprefix("moon.toml: ") for line in lines]


def test_every_field_is_read() -> None:
    boss = read(WHOLE)
    expected = BossConfiguration(
        name="Gloomtide",
        description="A borrowed moon.",
        tier=2,
        image_url="https://example.org/moon.png",
        total_hp=1_000,
        dominant_stats=(Stat.ATK, Stat.LCK),
        weaknesses=(Affinity(AffinityKind.ELEMENTAL, "Light"),),
        resistances=(Affinity(AffinityKind.GENRE, "Horror"),),
        curse_pool=(Affinity(AffinityKind.SERIES, "Café Zugzwang"),),
        curse_limits=(CurseLimit(AffinityKind.ELEMENTAL, 0),),
        curse_every=30,
        analysis_thresholds=(10, 20),
        weakness_pool=(WeaknessPool(AffinityKind.ARCHETYPE, 4, ("Bard", "Sage")),),
        stage_hp_below_permille=(500,),
        stage_analysis_points=(20,),
        stage_effects=(
            StageEffect(
                stage=2,
                message="It hums.",
                add_weakness=Affinity(AffinityKind.ELEMENTAL, "ice"),
                add_curse=Affinity(AffinityKind.GENRE, "Music"),
                fight_permille=2000,
            ),
        ),
        rewards=RewardConfiguration(
            strike_divisor=50,
            milestones=(Milestone(5, (Reward("shells", 1),)),),
            breakthrough=(Reward("shells", 2),),
            victory=(),
            tiers=(Tier("wave", 9, 1100),),
        ),
        rules=RaidRules(
            min_team_size=2,
            max_team_size=3,
            cooldown_seconds=0,
            weakness_permille=1400,
            curse_permille=700,
            damage_divisor=1,
            analysis_divisor=2,
        ),
    )
    assert boss == expected
    assert codec.boss_to_json(boss) == codec.boss_to_json(expected)  # affinities are equal without case


@pytest.mark.parametrize("key", boss_files())
def test_the_bosses_that_come_with_the_project_can_be_played(key: str) -> None:
    boss = boss_from_toml(
        boss_files()[key],
        source=f"{key}.toml",
        defaults_rules=RaidRules(),
        defaults_rewards=RewardConfiguration(),
    )
    problems = check_configuration(boss, RosterSurvey(characters=0, holders={}))
    assert [problem for problem in problems if problem.severity is Severity.ERROR] == []


# ------------------------------------------------------------------ what is left out


def test_what_is_left_out_follows_from_the_total_hp_and_the_defaults() -> None:
    boss = read(SMALLEST)
    assert boss.analysis_thresholds == (100, 250, 450, 700, 1000, 1350, 1750, 2200, 2700, 3300)
    assert boss.stage_hp_below_permille == (750, 500, 250, 100)
    assert boss.stage_analysis_points == (450, 1000, 1750, 2700)
    assert (boss.description, boss.tier, boss.image_url, boss.curse_every) == ("", 1, None, 100)
    assert (boss.weaknesses, boss.curse_limits, boss.stage_effects) == ((), (), ())
    assert boss.rules == RULES
    assert boss.rewards == REWARDS


def test_stage_points_follow_the_thresholds_that_are_given() -> None:
    assert read(f"{SMALLEST}analysis_thresholds = [1, 2, 3, 4, 5, 6]").stage_analysis_points == (3, 5)


def test_a_boss_of_two_stages_gets_the_points_of_two() -> None:
    boss = read(f"{SMALLEST}stage_hp_below_permille = [500]")
    assert boss.stage_analysis_points == (450,)
    problems = check_configuration(boss, RosterSurvey(characters=0, holders={}))
    assert [problem for problem in problems if problem.severity is Severity.ERROR] == []


def test_an_empty_list_is_not_left_out() -> None:
    boss = read(f"{SMALLEST}analysis_thresholds = []\nstage_hp_below_permille = []\n[rewards]\nmilestones = []")
    assert (boss.analysis_thresholds, boss.stage_analysis_points, boss.stage_count) == ((), (), 1)
    assert boss.rewards.milestones == ()


def test_rules_and_rewards_take_the_defaults_field_by_field() -> None:
    boss = read(f"{SMALLEST}[rules]\nmax_team_size = 4\n[rewards]\nstrike_divisor = 9")
    assert boss.rules == RaidRules(cooldown_seconds=60, damage_divisor=5, max_team_size=4)
    assert boss.rewards == RewardConfiguration(strike_divisor=9, victory=(Reward("shells", 3),))


def test_plain_data_is_read_alike_and_none_is_left_out() -> None:
    data = {"name": "Gloomtide", "total_hp": 10_000, "dominant_stats": ("atk",), "tier": None, "rules": None}
    assert boss_from_plain(data, source="boss", defaults_rules=RULES, defaults_rewards=REWARDS) == read(SMALLEST)


# ------------------------------------------------------------------ mistakes


def test_all_mistakes_are_named_at_once_each_with_what_would_be_right() -> None:
    assert mistakes("""
        name = 7
        totl_hp = 10_000
        dominant_stats = ["atk", "attack", "SPD"]
        weaknesses = "light"
        curse_every = true
        description = ["a", "b"]
        curse_pool = [{ kind = "elemental", value = "ice" }, { kind = "elemntal", value = "ice" }, { value = "ice" }, 4]
        tier = 1.5
        analysis_thresholds = [10, "20"]
        weakness_pool = [{ kind = "genre", weight = 1, values = ["Drama", 3] }]
        stage_effects = [{ stage = 2, message = "…", add_weakness = { kind = "genre" }, colour = "red" }]
        [rules]
        cooldown = 5
        [rewards]
        tiers = { name = "gold" }
        [[rewards.milestones]]
        contribution = 2024-01-01
        rewards = [{ currency = "shells" }]
    """) == [
        "totl_hp: is not known here: did you mean total_hp?",
        "total_hp: is missing: it must be a whole number.",
        'analysis_thresholds[1]: must be a whole number; "20" is not.',
        "name: must be a text in quotes; 7 is not.",
        "description: must be a text in quotes; a list is not.",
        "tier: must be a whole number; 1.5 is not.",
        'dominant_stats[1]: must be one of hp, atk, mag, vit, spr, int, spd, lck; "attack" is not: did you mean atk?',
        'dominant_stats[2]: must be one of hp, atk, mag, vit, spr, int, spd, lck; "SPD" is not: did you mean spd?',
        'weaknesses: must be a list in [brackets]; "light" is not.',
        (
            "curse_pool[1].kind: must be one of elemental, archetype, genre, series; "
            '"elemntal" is not: did you mean elemental?'
        ),
        "curse_pool[2].kind: is missing: it must be one of elemental, archetype, genre, series.",
        "curse_pool[3]: must be a table with kind, value; 4 is not.",
        "curse_every: must be a whole number; true is not.",
        "weakness_pool[0].values[1]: must be a text in quotes; 3 is not.",
        (
            "stage_effects[0].colour: is not known here: known here are stage, message, add_weakness, add_curse, "
            "fight_permille."
        ),
        "stage_effects[0].add_weakness.value: is missing: it must be a text in quotes.",
        "rewards.milestones[0].contribution: must be a whole number; 2024-01-01 is not.",
        "rewards.milestones[0].rewards[0].amount: is missing: it must be a whole number.",
        "rewards.tiers: must be a list in [brackets]; a table is not.",
        "rules.cooldown: is not known here: did you mean cooldown_seconds?",
    ]


def test_an_empty_file_is_told_what_a_boss_needs() -> None:
    assert [line.split(":")[0] for line in mistakes("")] == ["total_hp", "name", "dominant_stats"]


def test_a_section_that_is_none_is_one_mistake() -> None:
    assert [line.split(":")[0] for line in mistakes(f"{SMALLEST}rules = 3\nstage_effects = [1]")] == [
        "stage_effects[0]",
        "rules",
    ]


def test_a_key_of_the_graphql_input_is_led_to_its_name_here() -> None:
    assert mistakes(f"{SMALLEST}curseEvery = 3") == ["curseEvery: is not known here: did you mean curse_every?"]


def test_long_values_are_cut_in_messages() -> None:
    (line,) = mistakes(f"{SMALLEST}tier = '{'x' * 1000}'")
    assert len(line) < 150


def test_a_text_that_no_database_keeps_is_refused() -> None:
    assert mistakes(f'{SMALLEST}description = "a\\u0000b"') == [
        "description: must not contain the character U+0000: leave it out.",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name = 'Moon'\ntier = = 2\n", "line 2, column 8: this is not TOML: Invalid value."),
        ("name = 'Moon'\nname = 'Sun'\n", "line 2, column 13: this is not TOML: Cannot overwrite a value."),
        ("name = 'Moon'\n\nrules = [", "line 3: this is not TOML: Invalid value."),
        (f"tier = {'9' * 5000}", "the whole file: this is not TOML: a number in it has thousands of digits."),
        (f"tier = {'[' * 5000}", "the whole file: this is not TOML: lists or tables are nested too deeply."),
    ],
)
def test_a_syntax_error_names_its_line(text: str, line: str) -> None:
    assert mistakes(text) == [line]
