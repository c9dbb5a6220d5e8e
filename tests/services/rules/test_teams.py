"""The best team must be the best: against brute force on small rosters, and counted on a large one."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rules import teams
from services.rules.configuration import BossConfiguration, RaidRules, StageEffect
from services.rules.strike_resolver import CharacterScore, Pricing, StrikeResolver, StrikeScore
from services.rules.teams import best_team
from services.rules.values import Character, Equipment, StrikeAction
from tests.services.rules.builders import PROPERTY, active, boss, character, elementals

AFFINITIES = elementals("w1 w2 w3 c1 c2 none")
BOSS = boss(weaknesses=elementals("w1 w2 w3"), resistances=elementals("c1 c2"))


class CountingResolver(StrikeResolver):
    """The resolver itself, counting the teams that it is asked to price."""

    def __init__(self, configuration: BossConfiguration) -> None:
        super().__init__(configuration)
        self.teams_priced = 0

    def team_score(
        self,
        action: StrikeAction,
        scores: tuple[CharacterScore, ...],
        equipment: Equipment | None,
        pricing: Pricing,
    ) -> StrikeScore:
        self.teams_priced += 1
        return super().team_score(action, scores, equipment, pricing)


members = st.tuples(
    st.integers(0, 400) | st.integers(200, 204), st.sets(st.sampled_from(AFFINITIES), max_size=3), st.integers(1, 6)
)
rosters = st.lists(members, min_size=1, max_size=10).map(
    lambda drawn: [
        character(number, score, sorted(affinities, key=str), stars=stars)
        for number, (score, affinities, stars) in enumerate(drawn, start=1)
    ],
)


@settings(PROPERTY, max_examples=150)
@given(
    roster=rosters,
    size=st.integers(1, 6),
    stage=st.integers(1, 5),
    action=st.sampled_from(StrikeAction),
    fight_permille=st.sampled_from([None, 2_000, 100_000]),
    curse_permille=st.sampled_from([0, 750, 997]),
)
def test_no_other_team_of_the_size_scores_more(
    roster: list[Character],
    size: int,
    stage: int,
    action: StrikeAction,
    fight_permille: int | None,
    curse_permille: int,
) -> None:
    configuration = boss(
        weaknesses=BOSS.weaknesses,
        resistances=BOSS.resistances,
        stage_effects=(StageEffect(stage, "m", fight_permille=fight_permille),),
        rules=RaidRules(curse_permille=curse_permille),
    )
    resolver = StrikeResolver(configuration)
    pricing = resolver.pricing(active(configuration, stage=stage))
    found = best_team(resolver, action, roster, pricing, size)
    assert found is not None
    team, score = found
    every_score = (
        resolver.resolve(action, other, None, pricing).final_score
        for other in combinations(roster, min(size, len(roster)))
    )
    assert score.final_score == max(every_score)
    assert score == resolver.resolve(action, team, None, pricing)
    assert len({member.id for member in team}) == min(size, len(roster))


def test_the_heaviest_team_can_lose_to_another_by_the_flooring() -> None:
    # 260 * 750 + 289 * 2250 and 195 * 1000 + 289 * 2250 weigh alike; the means are floored to 1539 and 1746.
    roster = [
        character(1, 260, elementals("c1")),
        character(2, 195),
        character(3, 289, elementals("w1 w2")),
        character(4, 10),
    ]
    resolver = StrikeResolver(BOSS)
    pricing = resolver.pricing(active(BOSS))
    heaviest = resolver.resolve(StrikeAction.FIGHT, (roster[0], roster[2]), None, pricing)
    found = best_team(resolver, StrikeAction.FIGHT, roster, pricing, 2)
    assert found is not None
    team, score = found
    assert [member.id for member in team] == [3, 2]
    assert (score.final_score, heaviest.final_score) == (845, 844)


def test_nobody_makes_no_team() -> None:
    resolver = StrikeResolver(BOSS)
    pricing = resolver.pricing(active(BOSS))
    assert best_team(resolver, StrikeAction.FIGHT, [], pricing, 6) is None
    assert best_team(resolver, StrikeAction.FIGHT, [character(1, 10)], pricing, 0) is None


def test_among_equals_the_lower_ids_are_taken() -> None:
    resolver = StrikeResolver(BOSS)
    roster = [character(number, 100) for number in (9, 4, 7, 1, 8)]
    best = best_team(resolver, StrikeAction.ANALYZE, roster, resolver.pricing(active(BOSS)), 3)
    assert best is not None
    assert [member.id for member in best[0]] == [1, 4, 7]


def large_roster(size: int = 2_000) -> list[Character]:
    """Like the base game's: about 280 on three stats, mostly one star, a few affinities each."""
    chance = Random(11)
    return [
        character(
            number,
            chance.randint(180, 380),
            chance.sample(AFFINITIES, chance.randint(0, 3)),
            stars=chance.choice([1, 1, 1, 2, 3]),
        )
        for number in range(size)
    ]


@pytest.mark.parametrize("size", range(1, 7))
@pytest.mark.parametrize("action", StrikeAction)
def test_a_roster_of_two_thousand_needs_few_tries(size: int, action: StrikeAction) -> None:
    resolver = CountingResolver(BOSS)
    pricing = resolver.pricing(active(BOSS))
    roster = large_roster()
    best = best_team(resolver, action, roster, pricing, size)
    assert best is not None
    assert resolver.teams_priced <= 100
    heaviest = sorted(
        (card.score * card.multiplier_permille for card in (resolver.character_score(one, pricing) for one in roster)),
        reverse=True,
    )
    assert best[1].final_score <= sum(heaviest[:size]) // 1000
    assert best[1].final_score >= sum(heaviest[:size]) // 1000 - best[1].base_score // 1000 - 1


# Three stand out and all the others are alike: every team with the three weighs the same, and flooring keeps each
# below the bound, so that no bound ever ends the search.
STANDING_OUT = [character(number, 311, elementals("w1 w2")) for number in range(3)]
ALIKE = [character(number, 290) for number in range(3, 2_000)]


def test_characters_that_are_alike_are_not_tried_in_each_others_places() -> None:
    resolver = CountingResolver(BOSS)
    best = best_team(resolver, StrikeAction.FIGHT, STANDING_OUT + ALIKE, resolver.pricing(active(BOSS)), 6)
    assert best is not None
    assert [member.id for member in best[0]] == [0, 1, 2, 3, 4, 5]
    assert resolver.teams_priced <= 100


def test_a_roster_made_to_be_hard_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teams, "TEAMS_TRIED_AT_MOST", 10)
    resolver = CountingResolver(BOSS)
    best = best_team(resolver, StrikeAction.FIGHT, STANDING_OUT + ALIKE, resolver.pricing(active(BOSS)), 6)
    assert best is not None
    assert resolver.teams_priced == 1 + 10
    bound = (3 * 311 * 2_250 + 3 * 290 * 1_000) // 1_000
    assert bound - (best[1].base_score // 1_000 + 1) <= best[1].final_score < bound
