"""The curse clock, and what it draws: the part of manager.py that is rules.md 4.5."""

from collections import Counter

import pytest

from services.rules.configuration import CurseLimit
from services.rules.events import CurseApplied, CurseFizzled
from services.rules.state import Participant
from services.rules.values import AffinityKind
from tests.services.rules.builders import (
    NOW,
    active,
    analyze,
    boss,
    cursed,
    elemental,
    elementals,
    genre,
    strike,
)

ELEMENTAL, GENRE = AffinityKind.ELEMENTAL, AffinityKind.GENRE


def test_every_accepted_strike_counts_fight_or_analysis() -> None:
    configuration = boss(
        stage_hp_below_permille=(), curse_every=3, curse_pool=elementals("fire"), analysis_thresholds=(99,)
    )
    first = strike(configuration, active(configuration), 1)
    second = analyze(configuration, first.state, 1, participant=Participant(8))
    third = strike(configuration, second.state, 1, participant=Participant(9))
    assert [outcome.state.curse_clock for outcome in (first, second, third)] == [1, 2, 0]
    assert (first.events, second.events) == ((), ())
    (event,) = third.events
    assert isinstance(event, CurseApplied)
    assert (event.curse, event.replaced, event.strike_number, event.triggered_by) == (elemental("fire"), None, 3, 9)
    assert event.message == "Gloom grows stronger: fire is cursed."
    (curse,) = third.state.curses
    assert (curse.affinity, curse.applied_at, curse.sequence) == (elemental("fire"), NOW, 2)


def test_a_clock_set_shorter_than_what_has_passed_strikes_at_the_next_strike() -> None:
    configuration = boss(curse_pool=elementals("fire"))
    outcome = strike(configuration, active(configuration, curse_clock=50, curse_every=10), 1)
    assert [type(event) for event in outcome.events] == [CurseApplied]
    assert outcome.state.curse_clock == 0


def test_the_clock_of_the_state_counts_not_the_one_the_raid_began_with() -> None:
    configuration = boss(curse_every=1, curse_pool=elementals("fire"))
    assert strike(configuration, active(configuration, curse_every=2), 1).events == ()


@pytest.mark.parametrize(
    ("pool", "limits", "curses"),
    [
        ((), (), ()),
        (elementals("Fire"), (), (elemental("fire"),)),
        (elementals("dark"), (), ()),
        (elementals("fire water"), (CurseLimit(ELEMENTAL, 0),), ()),
    ],
    ids=["empty pool", "all active", "resistant", "limit 0"],
)
def test_with_nothing_to_draw_the_curse_fizzles(pool: tuple, limits: tuple, curses: tuple) -> None:  # type: ignore[type-arg]  # affinities and limits, as the table shows
    configuration = boss(curse_every=1, curse_pool=pool, curse_limits=limits, resistances=elementals("dark"))
    state = active(configuration, curses=cursed(*curses))
    outcome = strike(configuration, state, 1)
    (event,) = outcome.events
    assert isinstance(event, CurseFizzled)
    assert (event.strike_number, event.sequence) == (1, 2)
    assert (outcome.state.curse_clock, outcome.state.draws) == (0, 0)
    assert outcome.state.curses == state.curses


def test_at_the_limit_a_curse_replaces_one_of_its_own_kind() -> None:
    configuration = boss(
        curse_every=1,
        curse_pool=elementals("water"),
        curse_limits=(CurseLimit(ELEMENTAL, 2), CurseLimit(GENRE, 1)),
    )
    before = cursed(elemental("fire"), genre("Music"), elemental("void"))
    gone = Counter[str]()
    for number in range(60):
        outcome = strike(configuration, active(configuration, curses=before, draws=number), 1)
        (event,) = outcome.events
        assert isinstance(event, CurseApplied)
        assert event.replaced is not None
        assert event.message == f"Gloom grows stronger: water is cursed. {event.replaced.value} is free again."
        left = [curse.affinity for curse in outcome.state.curses]
        assert sorted(affinity.kind for affinity in left) == ["elemental", "elemental", "genre"]
        assert event.replaced not in left
        assert left[-1] == event.curse == elemental("water")
        assert outcome.state.draws == number + 1
        gone[event.replaced.value] += 1
    assert set(gone) == {"fire", "void"}


def test_a_replaced_curse_can_come_again() -> None:
    configuration = boss(curse_every=1, curse_pool=elementals("a b"), curse_limits=(CurseLimit(ELEMENTAL, 1),))
    state = active(configuration)
    told = []
    for _ in range(4):
        outcome = strike(configuration, state, 1)
        (event,) = outcome.events
        assert isinstance(event, CurseApplied)
        told.append(event.curse.value)
        state = outcome.state
    assert told in (["a", "b", "a", "b"], ["b", "a", "b", "a"])


def test_a_weakness_can_be_cursed() -> None:
    configuration = boss(curse_every=1, curse_pool=elementals("fire"), weaknesses=elementals("fire"))
    state = strike(configuration, active(configuration), 1).state
    assert (state.open_weaknesses, state.weaknesses) == ((), elementals("fire"))


def test_curses_are_drawn_uniformly_and_each_affinity_once() -> None:
    configuration = boss(curse_every=1, curse_pool=(*elementals("a b c A"), genre("d"), genre("e")))
    drawn = Counter[str]()
    for number in range(3_000):
        (event,) = strike(configuration, active(configuration, draws=number), 1).events
        assert isinstance(event, CurseApplied)
        drawn[event.curse.value] += 1
    assert set(drawn) == set("abcde")
    assert sum((drawn[value] - 600) ** 2 / 600 for value in "abcde") < 18.467  # p = 0.001, df = 4
