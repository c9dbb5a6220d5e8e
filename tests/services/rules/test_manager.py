from collections import Counter

import pytest

from services.rules.configuration import CurseLimit, StageEffect, WeaknessPool
from services.rules.draws import Draw
from services.rules.events import BossDefeated, BreakthroughAchieved, CurseApplied, StageAdvanced
from services.rules.reward_calculator import GrantKind
from services.rules.state import Participant
from services.rules.values import AffinityKind, RaidOutcome, RaidStatus, StrikeAction
from tests.services.rules.builders import (
    NOW,
    active,
    analyze,
    boss,
    cursed,
    elemental,
    elementals,
    genre,
    manager_of,
    score_of,
    strike,
)

ELEMENTAL, GENRE, SERIES = AffinityKind.ELEMENTAL, AffinityKind.GENRE, AffinityKind.SERIES
CALM = boss(stage_hp_below_permille=())
"""A boss without stages, so that a test of something else sees nothing but that."""


class TestPoints:
    def test_a_fight_takes_hp(self) -> None:
        outcome = strike(CALM, active(CALM), 232)
        assert (outcome.damage_dealt, outcome.overkill, outcome.analysis_points) == (232, 0, 0)
        assert (outcome.state.hp, outcome.state.damage, outcome.state.analysis_points) == (9_768, 232, 0)
        assert (outcome.state.fights, outcome.state.analyses, outcome.state.strikes) == (1, 0, 1)
        assert outcome.events == ()

    def test_an_analysis_takes_none(self) -> None:
        outcome = analyze(CALM, active(CALM), 271)
        assert (outcome.damage_dealt, outcome.overkill, outcome.analysis_points) == (0, 0, 271)
        assert (outcome.state.hp, outcome.state.analysis_points) == (10_000, 271)
        assert (outcome.state.fights, outcome.state.analyses) == (0, 1)

    def test_everybody_is_counted_once(self) -> None:
        first = strike(CALM, active(CALM), 10)
        again = analyze(CALM, first.state, 10, participant=first.participant)
        other = analyze(CALM, again.state, 10, participant=Participant(8))
        assert (first.state.participants, first.state.analysts) == (1, 0)
        assert (again.state.participants, again.state.analysts) == (1, 1)
        assert (other.state.participants, other.state.analysts) == (2, 2)
        thrice = analyze(CALM, other.state, 10, participant=other.participant)
        assert (thrice.state.participants, thrice.state.analysts) == (2, 2)

    def test_a_players_totals_say_at_which_strike_they_were_reached(self) -> None:
        state = active(CALM, fights=4)
        fight = strike(CALM, state, 50)
        weaker = strike(CALM, fight.state, 20, participant=fight.participant)
        analysis = analyze(CALM, weaker.state, 30, participant=weaker.participant)
        equal = strike(CALM, analysis.state, 50, participant=analysis.participant)
        assert fight.participant == Participant(
            player=7,
            fights=1,
            damage=50,
            damage_number=5,
            contribution_number=5,
            strikes_number=5,
            best_score=500,
            best_score_number=5,
            last_action_at=NOW,
        )
        assert equal.participant == Participant(
            player=7,
            fights=3,
            analyses=1,
            damage=120,
            damage_number=8,
            analysis_points=30,
            analysis_number=7,
            contribution_number=8,
            strikes_number=8,
            first_analysis_number=7,
            best_score=500,
            best_score_number=5,
            last_action_at=NOW,
        )

    def test_a_strike_of_no_points_moves_no_total_but_the_count(self) -> None:
        # The service refuses such a strike first; were one in the log all the same, replaying it must not fail.
        for action in StrikeAction:
            participant = strike(CALM, active(CALM), 0, action).participant
            assert (participant.strikes, participant.strikes_number) == (1, 1)
            assert (participant.damage_number, participant.analysis_number, participant.contribution_number) == (
                0,
                0,
                0,
            )
            assert participant.first_analysis_number is None


class TestDefeat:
    def test_the_last_point_of_damage_wins_the_raid(self) -> None:
        outcome = strike(CALM, active(CALM, hp=100, participants=3), 100)
        state = outcome.state
        assert (state.hp, state.status, state.outcome) == (0, RaidStatus.COMPLETED, RaidOutcome.VICTORY)
        assert (state.completed_at, state.final_blow_by) == (NOW, 7)
        (defeated,) = outcome.events
        assert isinstance(defeated, BossDefeated)
        assert (defeated.strike_number, defeated.final_blow_by, defeated.participants, defeated.sequence) == (
            1,
            7,
            4,
            2,
        )
        assert "Gloom is defeated" in defeated.message

    def test_what_is_too_much_is_overkill_and_not_damage(self) -> None:
        outcome = strike(CALM, active(CALM, hp=100), 232)
        assert (outcome.damage_dealt, outcome.overkill, outcome.participant.damage) == (100, 132, 100)
        assert outcome.participant.best_score == 2_320

    def test_one_point_left_is_no_defeat(self) -> None:
        outcome = strike(CALM, active(CALM, hp=100), 99)
        assert (outcome.state.hp, outcome.state.status, outcome.events) == (1, RaidStatus.ACTIVE, ())

    def test_a_victory_skips_breakthroughs_stages_and_curses(self) -> None:
        configuration = boss(
            curse_every=1,
            curse_pool=elementals("fire"),
            analysis_thresholds=(5,),
            weakness_pool=(WeaknessPool(ELEMENTAL, 1, ("ice",)),),
        )
        state = active(configuration, hp=10, analysis_points=5)
        outcome = strike(configuration, state, 10)
        assert [type(event) for event in outcome.events] == [BossDefeated]
        after = outcome.state
        assert (after.breakthroughs, after.stage, after.curses, after.weaknesses) == (0, 1, (), ())
        assert (after.curse_clock, after.draws) == (0, 0)

    def test_the_final_blow_earns_its_strike_and_milestones(self) -> None:
        outcome = strike(CALM, active(CALM, hp=300), 400)
        assert [(grant.kind, grant.key) for grant in outcome.grants] == [
            (GrantKind.STRIKE, "1"),
            (GrantKind.MILESTONE, "250"),
        ]


class TestBreakthroughs:
    CONFIGURATION = boss(
        stage_hp_below_permille=(),
        analysis_thresholds=(100, 200, 300),
        resistances=elementals("dark"),
        weakness_pool=(
            WeaknessPool(ELEMENTAL, 3, ("fire", "Dark", "ice")),
            WeaknessPool(GENRE, 1, ("Sports",)),
            WeaknessPool(SERIES, 0, ("Never",)),
        ),
    )

    def test_below_the_threshold_nothing_opens(self) -> None:
        outcome = analyze(self.CONFIGURATION, active(self.CONFIGURATION), 99)
        assert (outcome.state.breakthroughs, outcome.events, outcome.state.draws) == (0, (), 0)

    def test_at_the_threshold_a_weakness_opens(self) -> None:
        outcome = analyze(self.CONFIGURATION, active(self.CONFIGURATION, analysts=4, analyses=6), 100)
        (event,) = outcome.events
        assert isinstance(event, BreakthroughAchieved)
        assert (event.number, event.threshold, event.triggered_by, event.strike_number) == (1, 100, 7, 7)
        assert event.rewarded_players == 5
        assert event.weakness is not None
        assert outcome.state.weaknesses == (event.weakness,)
        assert (outcome.state.breakthroughs, outcome.state.draws, outcome.state.sequence) == (1, 1, 2)
        assert event.weakness.value in event.message

    def test_one_strike_can_open_several(self) -> None:
        outcome = analyze(self.CONFIGURATION, active(self.CONFIGURATION), 1_000)
        assert [(event.sequence, event.kind) for event in outcome.events] == [
            (sequence, "breakthrough") for sequence in (2, 3, 4)
        ]
        assert set(outcome.state.weaknesses) == {*elementals("fire ice"), genre("sports")}
        assert outcome.state.draws == 3
        assert [(grant.key, grant.rewards[0].amount) for grant in outcome.grants if grant.kind == "breakthrough"] == [
            ("1", 50),
            ("2", 100),
            ("3", 150),
        ]

    def test_with_nothing_left_it_counts_and_pays_without_a_weakness_or_a_draw(self) -> None:
        known = (*elementals("fire ice"), genre("Sports"))
        outcome = analyze(self.CONFIGURATION, active(self.CONFIGURATION, weaknesses=known), 100)
        (event,) = outcome.events
        assert isinstance(event, BreakthroughAchieved)
        assert event.weakness is None
        assert "nothing left" in event.message
        assert (outcome.state.breakthroughs, outcome.state.weaknesses, outcome.state.draws) == (1, known, 0)
        assert GrantKind.BREAKTHROUGH in {grant.kind for grant in outcome.grants}

    def test_a_kind_with_none_left_is_drawn_again_without_it(self) -> None:
        known = elementals("fire ice")
        for number in range(40):
            state = active(self.CONFIGURATION, weaknesses=known, draws=number)
            draws, weakness = manager_of(self.CONFIGURATION).select_random_weakness(state)
            assert (draws, weakness) == (number + 1, genre("Sports"))

    def test_a_cursed_affinity_can_be_revealed(self) -> None:
        state = active(
            self.CONFIGURATION, weaknesses=(elemental("fire"), genre("sports")), curses=cursed(elemental("ice"))
        )
        assert manager_of(self.CONFIGURATION).select_random_weakness(state)[1] == elemental("ice")

    def test_the_kind_is_drawn_by_weight_and_the_value_uniformly(self) -> None:
        manager = manager_of(self.CONFIGURATION)
        found = Counter(
            manager.select_random_weakness(active(self.CONFIGURATION, draws=number))[1] for number in range(4_000)
        )
        expected = {elemental("fire"): 1_500, elemental("ice"): 1_500, genre("sports"): 1_000}
        assert set(found) == set(expected)
        assert sum((found[item] - mean) ** 2 / mean for item, mean in expected.items()) < 13.816  # p = 0.001, df = 2

    def test_a_value_written_twice_is_no_likelier(self) -> None:
        configuration = boss(weakness_pool=(WeaknessPool(ELEMENTAL, 1, ("fire", "FIRE", " fire", "ice")),))
        manager = manager_of(configuration)
        found = Counter(manager.select_random_weakness(active(configuration, draws=n))[1] for n in range(1_000))
        assert sum((found[item] - 500) ** 2 / 500 for item in elementals("fire ice")) < 10.828  # p = 0.001, df = 1

    def test_a_boss_without_a_pool_has_breakthroughs_all_the_same(self) -> None:
        configuration = boss(stage_hp_below_permille=(), analysis_thresholds=(10,))
        outcome = analyze(configuration, active(configuration), 10)
        assert (outcome.state.breakthroughs, outcome.state.weaknesses) == (1, ())

    def test_the_first_analysis_point_earns_the_earlier_breakthroughs_too(self) -> None:
        state = active(self.CONFIGURATION, analysis_points=150, breakthroughs=1, analysts=2)
        outcome = analyze(self.CONFIGURATION, state, 60)
        assert [grant.key for grant in outcome.grants if grant.kind is GrantKind.BREAKTHROUGH] == ["1", "2"]

    def test_later_ones_earn_only_what_they_open(self) -> None:
        analyst = Participant(7, analyses=1, analysis_points=10, first_analysis_number=1)
        state = active(self.CONFIGURATION, analysis_points=150, breakthroughs=1, analysts=2)
        opened = analyze(self.CONFIGURATION, state, 60, participant=analyst)
        assert [grant.key for grant in opened.grants if grant.kind is GrantKind.BREAKTHROUGH] == ["2"]
        quiet = analyze(self.CONFIGURATION, state, 1, participant=analyst)
        assert quiet.grants == ()

    def test_a_fight_earns_no_breakthrough(self) -> None:
        state = active(self.CONFIGURATION, analysis_points=150, breakthroughs=1, analysts=2)
        assert GrantKind.BREAKTHROUGH not in {grant.kind for grant in strike(self.CONFIGURATION, state, 10).grants}


class TestStages:
    @pytest.mark.parametrize(
        ("hp", "stage"),
        [
            (10_000, 1),
            (7_500, 1),
            (7_499, 2),
            (5_000, 2),
            (4_999, 3),
            (2_500, 3),
            (2_499, 4),
            (1_000, 4),
            (999, 5),
            (1, 5),
        ],
    )
    def test_a_stage_begins_below_its_share_of_hp(self, hp: int, stage: int) -> None:
        assert manager_of(boss()).stage_of(active(boss(), hp=hp)) == stage

    @pytest.mark.parametrize(("points", "stage"), [(0, 1), (49, 1), (50, 2), (69, 2), (70, 3), (10**9, 3)])
    def test_a_stage_begins_at_its_analysis_points(self, points: int, stage: int) -> None:
        configuration = boss(stage_analysis_points=(50, 70))
        assert manager_of(configuration).stage_of(active(configuration, analysis_points=points)) == stage

    def test_the_higher_of_the_two_counts_and_no_stage_is_above_the_last(self) -> None:
        configuration = boss(stage_hp_below_permille=(750, 500), stage_analysis_points=(50, 70, 90, 95))
        manager = manager_of(configuration)
        assert manager.stage_of(active(configuration, hp=4_000, analysis_points=50)) == 3
        assert manager.stage_of(active(configuration, hp=9_000, analysis_points=70)) == 3
        assert manager.stage_of(active(configuration, analysis_points=1_000)) == 3

    def test_stages_only_rise(self) -> None:
        assert manager_of(boss()).stage_of(active(boss(), stage=4)) == 4
        assert strike(boss(), active(boss(), stage=4), 1).events == ()

    def test_every_stage_passed_applies_its_effects_in_order(self) -> None:
        configuration = boss(
            stage_effects=(
                StageEffect(2, "It sweats fire.", add_weakness=elemental("fire")),
                StageEffect(4, "It drinks the harbour.", add_curse=elemental("water"), add_weakness=genre("Music")),
                StageEffect(5, "Final stage!", fight_permille=2000),
            ),
        )
        outcome = strike(configuration, active(configuration), 9_500)
        stages = [event for event in outcome.events if isinstance(event, StageAdvanced)]
        assert len(stages) == len(outcome.events) == 4
        assert [(event.sequence, event.from_stage, event.to_stage) for event in stages] == [
            (2, 1, 2),
            (3, 2, 3),
            (4, 3, 4),
            (5, 4, 5),
        ]
        assert [event.message for event in stages] == [
            "It sweats fire.",
            "Gloom enters stage 3!",
            "It drinks the harbour.",
            "Final stage!",
        ]
        assert [event.added_weakness for event in stages] == [elemental("fire"), None, genre("Music"), None]
        assert [event.added_curse for event in stages] == [None, None, elemental("water"), None]
        assert {event.strike_number for event in stages} == {1}
        assert outcome.state.stage == 5
        assert outcome.state.weaknesses == (elemental("fire"), genre("Music"))
        (curse,) = outcome.state.curses
        assert (curse.affinity, curse.applied_at, curse.sequence) == (elemental("water"), NOW, 4)
        assert outcome.state.draws == 0

    @pytest.mark.parametrize(
        "effect",
        [
            StageEffect(2, "Known.", add_weakness=elemental("Fire")),
            StageEffect(2, "Resistant.", add_weakness=elemental("dark")),
            StageEffect(2, "Cursed already.", add_curse=elemental("VOID")),
            StageEffect(2, "Resistant.", add_curse=elemental("dark")),
            StageEffect(2, "No genre curses here.", add_curse=genre("Music")),
        ],
    )
    def test_an_effect_that_adds_nothing_new_says_so(self, effect: StageEffect) -> None:
        configuration = boss(
            weaknesses=elementals("fire"),
            resistances=elementals("dark"),
            curse_limits=(CurseLimit(GENRE, 0),),
            stage_effects=(effect,),
        )
        state = active(configuration, hp=7_500, curses=cursed(elemental("void")))
        outcome = strike(configuration, state, 1)
        (event,) = outcome.events
        assert isinstance(event, StageAdvanced)
        assert (event.added_weakness, event.added_curse, event.replaced_curse) == (None, None, None)
        assert (outcome.state.weaknesses, outcome.state.curses) == (state.weaknesses, state.curses)

    def test_a_stages_curse_keeps_to_the_limit_of_its_kind(self) -> None:
        configuration = boss(
            curse_limits=(CurseLimit(ELEMENTAL, 2),),
            stage_effects=(StageEffect(2, "Brine.", add_curse=elemental("water")),),
        )
        before = cursed(elemental("fire"), genre("Music"), elemental("void"))
        outcome = strike(configuration, active(configuration, hp=7_500, curses=before), 1)
        (event,) = outcome.events
        assert isinstance(event, StageAdvanced)
        assert event.added_curse == elemental("water")
        assert event.replaced_curse in elementals("fire void")
        assert outcome.state.draws == 1
        left = {curse.affinity for curse in outcome.state.curses}
        assert left == {elemental("fire"), elemental("void"), elemental("water"), genre("Music")} - {
            event.replaced_curse
        }

    def test_breakthroughs_come_before_stages_and_stages_before_the_curse(self) -> None:
        configuration = boss(
            curse_every=1,
            curse_pool=elementals("void"),
            analysis_thresholds=(10,),
            stage_analysis_points=(10,),
        )
        outcome = analyze(configuration, active(configuration), 10)
        assert [type(event) for event in outcome.events] == [BreakthroughAchieved, StageAdvanced, CurseApplied]
        assert [event.sequence for event in outcome.events] == [2, 3, 4]
        assert outcome.state.sequence == 4


def test_a_strikes_draw_is_the_raids_next_number_and_no_other() -> None:
    asked: list[int] = []

    def draw(number: int) -> Draw:
        asked.append(number)
        return Draw(bytes(32), number)

    configuration = boss(
        curse_every=1,
        curse_pool=elementals("a b c"),
        analysis_thresholds=(1, 2),
        weakness_pool=(WeaknessPool(ELEMENTAL, 1, ("x", "y")),),
    )
    manager = type(manager_of(configuration))(configuration, draw)
    manager.apply(active(configuration, draws=41), Participant(7), StrikeAction.ANALYZE, score_of(5), NOW)
    assert asked == [42, 43, 44]
