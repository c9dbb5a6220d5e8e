from datetime import timedelta

import pytest

from services.rules import refusals
from services.rules.configuration import RaidRules
from services.rules.errors import (
    AnalysisCompleteError,
    BossAlreadyDefeatedError,
    CharacterAlreadyUsedError,
    CooldownError,
    InvalidTeamSizeError,
    NoActiveEventError,
    RaidPausedError,
    StateChangedError,
    WorldThreatError,
    ZeroEffectError,
)
from services.rules.events import STATE_CHANGING_KINDS, RaidEventKind
from services.rules.state import Participant, new_raid
from services.rules.values import RaidOutcome, RaidStatus, StrikeAction
from tests.services.rules.builders import HOUR, NOW, active, boss, score_of

RULES = RaidRules()


@pytest.mark.parametrize("size", range(1, 7))
def test_one_to_six_different_characters_make_a_team(size: int) -> None:
    refusals.check_team([str(number) for number in range(size)], RULES)


@pytest.mark.parametrize("size", [0, 7])
def test_a_team_of_another_size_is_refused_with_the_limits(size: int) -> None:
    with pytest.raises(InvalidTeamSizeError, match=f"1 to 6 characters, this one has {size}") as refused:
        refusals.check_team([str(number) for number in range(size)], RULES)
    error = refused.value
    assert (error.size, error.min_size, error.max_size, error.duplicate_ids) == (size, 1, 6, ())


@pytest.mark.parametrize(("size", "fits"), [(1, False), (2, True), (3, True), (4, False)])
def test_a_raid_has_its_own_limits(size: int, fits: bool) -> None:
    rules = RaidRules(min_team_size=2, max_team_size=3)
    team = [str(number) for number in range(size)]
    if fits:
        refusals.check_team(team, rules)
    else:
        with pytest.raises(InvalidTeamSizeError, match="2 to 3"):
            refusals.check_team(team, rules)


def test_a_character_named_twice_is_refused_by_name() -> None:
    with pytest.raises(InvalidTeamSizeError, match="named twice: 4, 9") as refused:
        refusals.check_team(["4", "9", "4", "9", "5", "4"], RULES)
    assert refused.value.duplicate_ids == ("4", "9")


def test_an_active_raid_may_be_struck() -> None:
    refusals.check_raid(3, active(boss()))


def test_a_paused_raid_may_not() -> None:
    with pytest.raises(RaidPausedError, match="paused") as refused:
        refusals.check_raid(3, active(boss(), status=RaidStatus.PAUSED))
    assert refused.value.raid_id == 3


def test_a_dead_boss_is_told_from_a_raid_that_is_merely_over() -> None:
    over = active(boss(), status=RaidStatus.COMPLETED, completed_at=NOW)
    with pytest.raises(BossAlreadyDefeatedError) as refused:
        refusals.check_raid(
            3, active(boss(), status=RaidStatus.COMPLETED, outcome=RaidOutcome.VICTORY, completed_at=NOW)
        )
    assert (refused.value.raid_id, refused.value.defeated_at) == (3, NOW)
    with pytest.raises(NoActiveEventError, match=r"There is no active raid\.$") as none:
        refusals.check_raid(3, over)
    assert none.value.next_starts_at is None


def test_a_scheduled_raid_says_when_it_starts() -> None:
    with pytest.raises(NoActiveEventError, match="starts at 2030-05-01T13:00:00") as refused:
        refusals.check_raid(3, new_raid(boss(), starts_at=NOW + HOUR, ends_at=None))
    assert refused.value.next_starts_at == NOW + HOUR


def test_characters_used_before_are_all_named_in_the_teams_order() -> None:
    refusals.check_unused([1, 2], [3, 4])
    with pytest.raises(CharacterAlreadyUsedError, match="already used: 5, 2") as refused:
        refusals.check_unused(iter([5, 1, 2]), {2, 3, 5})
    assert refused.value.character_ids == (5, 2)


def test_who_has_not_struck_in_this_raid_has_no_cooldown() -> None:
    refusals.check_cooldown(Participant(7), RULES, NOW)


def test_the_cooldown_is_an_hour_and_ends_on_the_second() -> None:
    struck = Participant(7, last_action_at=NOW)
    with pytest.raises(CooldownError, match="2030-05-01T13:00:00") as refused:
        refusals.check_cooldown(struck, RULES, NOW + HOUR - timedelta(microseconds=1))
    assert refused.value.ready_at == NOW + HOUR
    refusals.check_cooldown(struck, RULES, NOW + HOUR)


def test_a_raid_has_its_own_cooldown() -> None:
    assert refusals.ready_at(NOW, RaidRules(cooldown_seconds=90)) == NOW + timedelta(seconds=90)
    refusals.check_cooldown(Participant(7, last_action_at=NOW), RaidRules(cooldown_seconds=0), NOW)


@pytest.mark.parametrize(("breakthroughs", "refused"), [(0, False), (1, False), (2, True)])
def test_an_analysis_needs_something_left_to_find(breakthroughs: int, refused: bool) -> None:
    configuration = boss(analysis_thresholds=(10, 20))
    state = active(configuration, breakthroughs=breakthroughs)
    refusals.check_something_left_to_find(StrikeAction.FIGHT, state, configuration)
    if refused:
        with pytest.raises(AnalysisCompleteError, match="Fight instead"):
            refusals.check_something_left_to_find(StrikeAction.ANALYZE, state, configuration)
    else:
        refusals.check_something_left_to_find(StrikeAction.ANALYZE, state, configuration)


@pytest.mark.parametrize("expected", [None, 12, 13])
def test_a_strike_planned_on_the_present_state_passes(expected: int | None) -> None:
    refusals.check_expectation(expected, 12)


def test_a_strike_planned_on_an_older_state_is_refused() -> None:
    with pytest.raises(StateChangedError, match="has changed") as refused:
        refusals.check_expectation(11, 12)
    assert (refused.value.expected_sequence, refused.value.sequence) == (11, 12)


@pytest.mark.parametrize("meant", [None, "7"])
def test_a_strike_planned_for_the_live_raid_passes(meant: str | None) -> None:
    refusals.check_raid_is_meant(7, meant)


@pytest.mark.parametrize("meant", ["8", "07", "", "9" * 400])
def test_a_strike_planned_for_another_raid_is_refused(meant: str) -> None:
    with pytest.raises(NoActiveEventError, match=r"raid 7 is\. Nothing was spent") as refused:
        refusals.check_raid_is_meant(7, meant)
    assert refused.value.next_starts_at is None
    assert len(str(refused.value)) < 100


def test_only_curses_breakthroughs_and_stages_make_a_plan_stale() -> None:
    assert set(STATE_CHANGING_KINDS) == {
        RaidEventKind.CURSE_APPLIED,
        RaidEventKind.BREAKTHROUGH,
        RaidEventKind.STAGE_ADVANCED,
    }


@pytest.mark.parametrize(("points", "final_score"), [(0, 9), (0, 0), (-1, -4)])
def test_a_strike_without_effect_burns_nobody(points: int, final_score: int) -> None:
    with pytest.raises(ZeroEffectError, match=f"final score {final_score}") as refused:
        refusals.check_effect(score_of(points, final_score=final_score))
    assert refused.value.final_score == final_score


def test_one_point_is_an_effect() -> None:
    refusals.check_effect(score_of(1))


def test_every_refusal_is_an_expected_failure() -> None:
    for error in (
        AnalysisCompleteError,
        BossAlreadyDefeatedError,
        CharacterAlreadyUsedError,
        CooldownError,
        InvalidTeamSizeError,
        NoActiveEventError,
        RaidPausedError,
        StateChangedError,
        ZeroEffectError,
    ):
        assert issubclass(error, WorldThreatError)
