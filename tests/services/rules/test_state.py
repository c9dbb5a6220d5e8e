from dataclasses import fields, replace
from typing import Any

import pytest

from services.rules.manager import _add_to_state
from services.rules.state import Participant, RaidState, contribution, new_raid
from services.rules.values import RaidOutcome, RaidStatus
from tests.services.rules.builders import HOUR, NOW, active, boss, cursed, elemental, elementals


def test_a_new_raid_is_scheduled_whole_and_knows_the_bosss_weaknesses_once_each() -> None:
    configuration = boss(total_hp=900, curse_every=40, weaknesses=elementals("Fire ice FIRE"))
    raid = new_raid(configuration, starts_at=NOW, ends_at=NOW + HOUR)
    assert (raid.status, raid.outcome, raid.stage, raid.sequence, raid.draws) == (RaidStatus.SCHEDULED, None, 1, 0, 0)
    assert (raid.hp, raid.total_hp, raid.curse_every, raid.strikes) == (900, 900, 40, 0)
    assert [weakness.value for weakness in raid.weaknesses] == ["Fire", "ice"]
    assert (raid.starts_at, raid.ends_at) == (NOW, NOW + HOUR)


def test_a_cursed_weakness_is_not_open() -> None:
    raid = active(boss(), weaknesses=elementals("fire ice"), curses=cursed(elemental("FIRE"), elemental("void")))
    assert raid.open_weaknesses == elementals("ice")


@pytest.mark.parametrize(
    ("hp", "total", "permille"),
    [(1000, 1000, 1000), (999, 1000, 999), (1, 100_000, 1), (0, 100_000, 0), (2, 3, 667), (1, 3, 334)],
)
def test_hp_permille_rounds_up_so_that_only_the_dead_show_0(hp: int, total: int, permille: int) -> None:
    assert active(boss(total_hp=total), hp=hp).hp_permille == permille


@pytest.mark.parametrize(("clock", "left"), [(0, 5), (4, 1), (5, 1), (99, 1)])
def test_strikes_until_the_curse(clock: int, left: int) -> None:
    assert active(boss(curse_every=5), curse_clock=clock).strikes_until_curse == left


def test_fights_and_analyses_are_strikes() -> None:
    assert active(boss(), fights=3, analyses=4).strikes == 7
    assert Participant(7, fights=2, analyses=1).strikes == 3


@pytest.mark.parametrize(
    ("damage", "analysis_points", "total"),
    [(0, 0, 0), (100, 0, 100), (0, 100, 120), (7, 4, 11), (0, 1, 1), (0, 9, 10)],
)
def test_contribution_counts_analysis_by_six_fifths(damage: int, analysis_points: int, total: int) -> None:
    assert contribution(damage, analysis_points) == total
    assert Participant(7, damage=damage, analysis_points=analysis_points).contribution == total


def test_a_strike_leaves_all_of_the_state_as_it_was_that_is_not_its_own() -> None:
    """The state after a strike is written out field by field: none may be forgotten."""
    raid: Any = active(
        boss(total_hp=900, curse_every=40), weaknesses=elementals("fire"), curses=cursed(elemental("ice"))
    )
    counts = ("analysis_points", "breakthroughs", "stage", "curse_clock", "fights", "analyses", "participants")
    sums = ("analysts", "damage", "hp_adjusted", "sequence", "draws", "final_blow_by")
    times = ("starts_at", "ends_at", "paused_at", "completed_at")
    before: RaidState = replace(
        raid,
        outcome=RaidOutcome.EXPIRED,
        **dict.fromkeys(counts, 5),
        **dict.fromkeys(sums, 3),
        **dict.fromkeys(times, NOW),
    )
    untouched = {field.name: getattr(before, field.name) for field in fields(RaidState)}
    assert all(value != field.default for field, value in zip(fields(RaidState), untouched.values(), strict=True))
    striker = Participant(7, fights=1, damage=10)
    after = _add_to_state(before, striker, replace(striker, fights=2, damage=30), 20, 0)
    moved = {"hp": before.hp - 20, "damage": 23, "fights": 6, "curse_clock": 6}
    assert {field.name: getattr(after, field.name) for field in fields(RaidState)} == untouched | moved
