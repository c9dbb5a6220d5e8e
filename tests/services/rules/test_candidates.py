"""Candidates for a team: best first, with what each would score alone and why."""

from random import Random

import pytest

from services.rules.candidates import candidates
from services.rules.configuration import StageEffect
from services.rules.strike_resolver import StrikeResolver
from services.rules.teams import best_team
from services.rules.values import Affinity, StrikeAction
from tests.services.rules.builders import active, boss, character, cursed, elemental, elementals

WEAK = elementals("w1 w2 w3 w4 both")
BOSS = boss(
    weaknesses=WEAK,
    resistances=elementals("r1"),
    stage_effects=(StageEffect(2, "It burns.", fight_permille=2_000),),
)
RESOLVER = StrikeResolver(BOSS)
STATE = active(BOSS, weaknesses=WEAK, stage=2, curses=cursed(elemental("both"), elemental("c1")))
PRICING = RESOLVER.pricing(STATE)
FIGHT, ANALYZE = StrikeAction.FIGHT, StrikeAction.ANALYZE


def words(affinities: tuple[Affinity, ...]) -> list[str]:
    return [affinity.value for affinity in affinities]


def test_a_candidate_shows_what_makes_its_multiplier() -> None:
    (card,) = candidates(RESOLVER, FIGHT, [character(7, 100, elementals("w1 both W2 r1 moss"))], PRICING)
    assert (card.character.id, card.score) == (7, 100)
    assert (words(card.weaknesses), words(card.curses)) == (["w1", "W2"], ["both", "r1"])
    assert card.multiplier_permille == 1000 * 1500**2 * 750**2 // 1000**4


def test_an_affinity_that_stands_twice_on_a_sheet_is_shown_and_counted_once() -> None:
    (card,) = candidates(RESOLVER, FIGHT, [character(1, 100, elementals("w1 W1 c1 C1"))], PRICING)
    assert (words(card.weaknesses), words(card.curses), card.multiplier_permille) == (["w1"], ["c1"], 1125)


def test_all_that_touch_are_shown_though_three_count() -> None:
    (card,) = candidates(RESOLVER, FIGHT, [character(1, 100, elementals("w1 w2 w3 w4"))], PRICING)
    assert (words(card.weaknesses), card.multiplier_permille) == (["w1", "w2", "w3", "w4"], 3375)


@pytest.mark.parametrize(("action", "power", "points"), [(FIGHT, 300, 30), (ANALYZE, 165, 16)])
def test_power_is_the_score_of_a_strike_by_it_alone(action: StrikeAction, power: int, points: int) -> None:
    alone = character(1, 100, elementals("w1"))
    (card,) = candidates(RESOLVER, action, [alone], PRICING)
    assert (card.power, card.points) == (power, points)
    score = RESOLVER.resolve(action, (alone,), None, PRICING)
    assert (card.power, card.points) == (score.final_score, score.points)


def test_the_heaviest_come_first_and_of_equals_the_lower_id() -> None:
    roster = [
        character(4, 150),
        character(3, 100, elementals("w1")),
        character(9, 100),
        character(2, 300, elementals("c1")),
        character(1, 0, elementals("w1")),
    ]
    listed = candidates(RESOLVER, FIGHT, roster, PRICING)
    assert [card.character.id for card in listed] == [2, 3, 4, 9, 1]
    assert [card.weight for card in listed] == [225_000, 150_000, 150_000, 100_000, 0]
    assert candidates(RESOLVER, FIGHT, [], PRICING) == []


@pytest.mark.parametrize("seed", range(20))
def test_nobody_outside_the_first_six_would_make_a_notably_better_team(seed: int) -> None:
    chance = Random(seed)
    pool = elementals("w1 w2 w3 both c1 r1 moss")
    roster = [character(n, chance.randint(1, 400), chance.sample(pool, chance.randint(0, 3))) for n in range(1, 30)]
    first = tuple(card.character for card in candidates(RESOLVER, FIGHT, roster, PRICING)[:6])
    best = best_team(RESOLVER, FIGHT, roster, PRICING, 6)
    assert best is not None
    taken = RESOLVER.resolve(FIGHT, first, None, PRICING)
    # All that flooring the team's multiplier can cost: a thousandth of the base, staged.
    assert 0 <= best[1].final_score - taken.final_score <= taken.base_score * taken.stage_permille // 1_000_000 + 1
