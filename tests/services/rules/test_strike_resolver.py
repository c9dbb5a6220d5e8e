from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rules.configuration import RaidRules, StageEffect
from services.rules.strike_resolver import CharacterScore, Pricing, StrikeResolver, StrikeScore
from services.rules.values import (
    Affinity,
    Character,
    CharacterSheet,
    Equipment,
    EquipmentEffect,
    EquipmentEffectKind,
    Stat,
    StrikeAction,
)
from tests.services.rules.builders import (
    NOW,
    PROPERTY,
    active,
    boss,
    character,
    cursed,
    elemental,
    elementals,
    genre,
    stats,
)

FINAL_STAGE = StageEffect(5, "Final stage! All attacks deal double damage!", fight_permille=2000)
WEAK = elementals("w1 w2 w3 w4")
RESISTANT = elementals("c1 c2 c3 c4")


def team_worth(base: int, affinity_permille: int) -> tuple[CharacterScore, ...]:
    return (CharacterScore(1, base, affinity_permille),)


def price(base: int, affinity_permille: int, stage: int, action: StrikeAction) -> StrikeScore:
    configuration = boss(stage_effects=(FINAL_STAGE,))
    resolver = StrikeResolver(configuration)
    pricing = resolver.pricing(active(configuration, stage=stage))
    return resolver.team_score(action, team_worth(base, affinity_permille), None, pricing)


def multiplier(*affinities: Affinity) -> int:
    configuration = boss(weaknesses=WEAK, resistances=RESISTANT)
    resolver = StrikeResolver(configuration)
    pricing = resolver.pricing(active(configuration))
    return resolver.character_score(character(1, 100, affinities), pricing).multiplier_permille


def equipment(*effects: EquipmentEffect) -> Equipment:
    return Equipment(1, "Lantern", effects)


def test_the_rules_worked_example() -> None:
    score = price(1500, 1293, 3, StrikeAction.FIGHT)
    assert (score.stage_permille, score.final_score, score.points) == (1200, 2327, 232)


def test_the_final_stage_doubles_the_fight_and_leaves_analysis_at_1400() -> None:
    fight, analysis = (price(1500, 1293, 5, action) for action in StrikeAction)
    assert (fight.stage_permille, fight.final_score, fight.points) == (2000, 3879, 387)
    assert (analysis.stage_permille, analysis.final_score, analysis.points) == (1400, 2715, 271)


@pytest.mark.parametrize(("stage", "permille"), [(1, 1000), (2, 1100), (3, 1200), (4, 1300)])
@pytest.mark.parametrize("action", StrikeAction)
def test_each_stage_adds_a_tenth(action: StrikeAction, stage: int, permille: int) -> None:
    assert price(1000, 1000, stage, action).stage_permille == permille


def test_an_effect_without_a_fight_factor_leaves_the_stages_own() -> None:
    resolver = StrikeResolver(boss(stage_effects=(StageEffect(2, "It stirs."),)))
    assert resolver.stage_permille(StrikeAction.FIGHT, 2) == 1100


@pytest.mark.parametrize(
    ("affinities", "permille"),
    [
        ("", 1000),
        ("w1", 1500),
        ("w1 w2", 2250),
        ("w1 w2 w3", 3375),
        ("c1", 750),
        ("c1 c2", 562),
        ("c1 c2 c3", 421),
        ("w1 c1", 1125),
        ("neither", 1000),
    ],
)
def test_a_characters_multiplier(affinities: str, permille: int) -> None:
    assert multiplier(*elementals(affinities)) == permille


def test_each_side_counts_at_most_three_times() -> None:
    assert multiplier(*WEAK) == 3375
    assert multiplier(*RESISTANT) == 421
    assert multiplier(*WEAK, *RESISTANT) == 1423


def test_an_affinity_named_twice_counts_once() -> None:
    assert multiplier(*elementals("w1 W1")) == 1500


def test_a_raid_may_set_its_own_factors() -> None:
    configuration = boss(
        weaknesses=WEAK, resistances=RESISTANT, rules=RaidRules(weakness_permille=2000, curse_permille=0)
    )
    resolver = StrikeResolver(configuration)
    pricing = resolver.pricing(active(configuration))
    fond, damned = (resolver.character_score(character(1, 100, [one]), pricing) for one in (WEAK[0], RESISTANT[0]))
    assert (fond.multiplier_permille, damned.multiplier_permille) == (2000, 0)


def test_what_is_weak_and_cursed_counts_as_cursed_until_the_curse_is_gone() -> None:
    configuration = boss(weaknesses=elementals("fire"))
    resolver = StrikeResolver(configuration)
    ember = character(1, 100, elementals("fire"))
    under_curse = resolver.pricing(active(configuration, curses=cursed(elemental("Fire"))))
    after = resolver.pricing(active(configuration, curses=cursed(elemental("water"))))
    assert resolver.character_score(ember, under_curse).multiplier_permille == 750
    assert resolver.character_score(ember, after).multiplier_permille == 1500


def test_what_is_resistant_and_cursed_counts_once() -> None:
    configuration = boss(resistances=elementals("fire"))
    resolver = StrikeResolver(configuration)
    pricing = resolver.pricing(active(configuration, curses=cursed(elemental("fire"))))
    assert resolver.character_score(character(1, 100, elementals("fire")), pricing).multiplier_permille == 750


@pytest.mark.parametrize(("stars", "score"), [(1, 283), (2, 311), (3, 339), (4, 367), (5, 396), (6, 424)])
def test_stars_raise_a_character_by_a_tenth_each(stars: int, score: int) -> None:
    resolver = StrikeResolver(boss())
    pricing = resolver.pricing(active(boss()))
    assert resolver.character_score(character(1, 283, stars=stars), pricing).score == score


def test_only_dominant_stats_count() -> None:
    configuration = boss(dominant_stats=(Stat.MAG, Stat.INT))
    sheet = CharacterSheet("Ann", None, 1, stats(hp=1, atk=2, mag=40, vit=4, spr=8, int=500, spd=16, lck=32), ())
    resolver = StrikeResolver(configuration)
    assert resolver.character_score(Character(1, sheet, 1), resolver.pricing(active(configuration))).score == 540


def test_a_teams_multiplier_is_the_score_weighted_mean_of_its_members() -> None:
    configuration = boss(weaknesses=elementals("fire"), resistances=elementals("water"))
    resolver = StrikeResolver(configuration)
    team = (character(1, 300, elementals("fire")), character(2, 100, elementals("water")), character(3, 101))
    score = resolver.resolve(StrikeAction.FIGHT, team, None, resolver.pricing(active(configuration)))
    assert [(card.character_id, card.score, card.multiplier_permille) for card in score.team] == [
        (1, 300, 1500),
        (2, 100, 750),
        (3, 101, 1000),
    ]
    assert (score.base_score, score.affinity_permille) == (501, (450_000 + 75_000 + 101_000) // 501)
    assert (score.final_score, score.points) == (501 * 1249 // 1000, 62)


def test_a_team_that_scores_nothing_has_the_plain_multiplier() -> None:
    configuration = boss(weaknesses=elementals("fire"))
    resolver = StrikeResolver(configuration)
    pricing = resolver.pricing(active(configuration))
    score = resolver.resolve(StrikeAction.FIGHT, (character(1, 0, elementals("fire")),), None, pricing)
    assert (score.base_score, score.affinity_permille, score.final_score, score.points) == (0, 1000, 0, 0)


def test_fight_and_analysis_have_their_own_divisors() -> None:
    configuration = boss(rules=RaidRules(damage_divisor=7, analysis_divisor=20))
    resolver = StrikeResolver(configuration)
    pricing = resolver.pricing(active(configuration))
    points = [resolver.team_score(action, team_worth(999, 1000), None, pricing).points for action in StrikeAction]
    assert points == [142, 49]


def test_equipment_can_add_a_weakness_for_its_team_alone() -> None:
    configuration = boss(weaknesses=elementals("fire"), resistances=elementals("dark"))
    resolver = StrikeResolver(configuration)
    pricing = resolver.pricing(active(configuration, curses=cursed(elemental("void"))))
    team = (
        character(1, 100, [genre("Sports")]),
        character(2, 100, elementals("void")),
        character(3, 100, elementals("dark")),
    )
    lantern = equipment(
        *(
            EquipmentEffect(EquipmentEffectKind.AFFINITY_ADD, affinity=added)
            for added in (genre("sports"), elemental("void"), elemental("dark"))
        ),
    )
    score = resolver.resolve(StrikeAction.FIGHT, team, lantern, pricing)
    assert [card.multiplier_permille for card in score.team] == [1500, 750, 750]
    assert pricing.weak == {"elemental:fire"}


def test_a_stat_bonus_counts_on_a_dominant_stat_and_once_per_team() -> None:
    resolver = StrikeResolver(boss())
    pricing = resolver.pricing(active(boss()))
    team = tuple(character(number, 100) for number in range(3))
    dominant = equipment(EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.ATK, amount=50))
    other = equipment(EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.HP, amount=50))
    assert resolver.resolve(StrikeAction.FIGHT, team, dominant, pricing).base_score == 350
    assert resolver.resolve(StrikeAction.FIGHT, team, other, pricing).base_score == 300


def test_a_stat_bonus_is_multiplied_like_the_base_it_joins() -> None:
    configuration = boss(weaknesses=elementals("fire"))
    resolver = StrikeResolver(configuration)
    bonus = equipment(EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.SPD, amount=100))
    pricing = resolver.pricing(active(configuration, stage=2))
    score = resolver.resolve(StrikeAction.FIGHT, (character(1, 100, elementals("fire")),), bonus, pricing)
    assert (score.affinity_permille, score.final_score) == (1500, 330)


def test_a_final_bonus_comes_after_the_multipliers() -> None:
    configuration = boss(weaknesses=elementals("fire"))
    resolver = StrikeResolver(configuration)
    bonus = equipment(
        EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=77),
        EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=3),
    )
    pricing = resolver.pricing(active(configuration, stage=2))
    score = resolver.resolve(StrikeAction.FIGHT, (character(1, 100, elementals("fire")),), bonus, pricing)
    assert (score.base_score, score.final_score) == (100, 165 + 80)


@PROPERTY
@given(
    team=st.lists(
        st.tuples(st.integers(0, 2_000), st.sampled_from([421, 562, 750, 1000, 1125, 1500, 3375])), max_size=6
    ),
    stage=st.integers(1, 12),
    action=st.sampled_from(StrikeAction),
)
def test_every_formula_floors_once_at_its_end(team: list[tuple[int, int]], stage: int, action: StrikeAction) -> None:
    resolver = StrikeResolver(boss())
    pricing = Pricing(frozenset(), frozenset(), 1000 + 100 * (stage - 1), 1000 + 100 * (stage - 1))
    cards = tuple(CharacterScore(number, base, permille) for number, (base, permille) in enumerate(team))
    score = resolver.team_score(action, cards, None, pricing)
    base = sum(base for base, _ in team)
    mean = Fraction(sum(base * permille for base, permille in team), base) if base else Fraction(1000)
    assert score.base_score == base
    assert score.affinity_permille == int(mean)
    assert score.final_score == int(Fraction(base * int(mean) * (900 + 100 * stage), 1_000_000))
    assert score.points == score.final_score // 10
    assert 0 <= score.affinity_permille <= 99_999


def test_a_pricing_is_made_from_the_state_alone() -> None:
    configuration = boss(weaknesses=elementals("fire"), resistances=elementals("dark"))
    state = active(configuration, weaknesses=elementals("fire ice"), curses=cursed(elemental("ice")), stage=4)
    pricing = StrikeResolver(configuration).pricing(state)
    assert pricing == Pricing(
        weak=frozenset({"elemental:fire"}),
        disfavored=frozenset({"elemental:dark", "elemental:ice"}),
        fight_permille=1300,
        analyze_permille=1300,
    )
    assert state.curses[0].applied_at < NOW
