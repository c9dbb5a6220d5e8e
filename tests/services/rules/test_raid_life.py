from collections.abc import Callable
from datetime import timedelta

import pytest

from services.rules import raid_life
from services.rules.configuration import RewardConfiguration, StageEffect
from services.rules.errors import BossAlreadyDefeatedError, InvalidTransitionError
from services.rules.events import RaidChanged, RaidChanges, RaidEventKind, RaidStarted, StageAdvanced
from services.rules.raid_life import RaidUpdate
from services.rules.state import RaidState, new_raid
from services.rules.values import RaidOutcome, RaidStatus
from tests.services.rules.builders import HOUR, NOW, active, boss, elemental, manager_of

BOSS = boss()
STATUSES = {
    RaidStatus.SCHEDULED: new_raid(BOSS, starts_at=NOW + HOUR, ends_at=None),
    RaidStatus.ACTIVE: active(BOSS),
    RaidStatus.PAUSED: active(BOSS, status=RaidStatus.PAUSED, paused_at=NOW - HOUR),
    RaidStatus.COMPLETED: active(BOSS, status=RaidStatus.COMPLETED, outcome=RaidOutcome.EXPIRED, completed_at=NOW),
}


def changed(events: tuple[object, ...]) -> RaidChanged:
    """The one change that an admin's step or the clock made."""
    (event,) = events
    assert isinstance(event, RaidChanged)
    return event


def test_a_raid_starts_at_its_time() -> None:
    state = new_raid(BOSS, starts_at=NOW, ends_at=None)
    assert not raid_life.is_due_to_start(state, NOW - timedelta(microseconds=1))
    assert raid_life.is_due_to_start(state, NOW)
    assert not raid_life.is_due_to_start(active(BOSS), NOW)


def test_its_start_is_its_first_event() -> None:
    late = NOW + timedelta(seconds=2)
    state, events = raid_life.start(new_raid(BOSS, starts_at=NOW, ends_at=None), BOSS, late)
    assert (state.status, state.starts_at, state.sequence) == (RaidStatus.ACTIVE, late, 1)
    (event,) = events
    assert isinstance(event, RaidStarted)
    assert (event.sequence, event.message) == (1, "Gloom has appeared with 10,000 HP!")


def test_a_raid_expires_at_its_end_unless_it_is_paused() -> None:
    state = active(BOSS, ends_at=NOW)
    assert not raid_life.is_due_to_expire(state, NOW - timedelta(microseconds=1))
    assert raid_life.is_due_to_expire(state, NOW)
    assert not raid_life.is_due_to_expire(active(BOSS), NOW)
    assert not raid_life.is_due_to_expire(active(BOSS, ends_at=NOW, status=RaidStatus.PAUSED), NOW)


def test_an_expired_raid_is_over_without_anybodys_reason() -> None:
    state, events = raid_life.expire(active(BOSS, ends_at=NOW), BOSS, NOW)
    assert (state.status, state.outcome, state.completed_at) == (RaidStatus.COMPLETED, RaidOutcome.EXPIRED, NOW)
    event = changed(events)
    assert (event.kind, event.reason, event.sequence) == (RaidEventKind.RAID_ENDED, None, 2)
    assert event.changes == RaidChanges(outcome=RaidOutcome.EXPIRED)


@pytest.mark.parametrize("status", [RaidStatus.SCHEDULED, RaidStatus.ACTIVE, RaidStatus.PAUSED])
def test_an_admin_can_end_a_raid_that_is_not_over(status: RaidStatus) -> None:
    state, events = raid_life.cancel(STATUSES[status], BOSS, NOW, "wrong boss")
    assert (state.status, state.outcome, state.paused_at) == (RaidStatus.COMPLETED, RaidOutcome.CANCELLED, None)
    event = changed(events)
    assert (event.kind, event.reason) == (RaidEventKind.RAID_ENDED, "wrong boss")
    assert event.changes == RaidChanges(outcome=RaidOutcome.CANCELLED)


def test_a_pause_moves_the_end_by_its_length() -> None:
    end = NOW + 5 * HOUR
    paused, events = raid_life.pause(active(BOSS, ends_at=end), BOSS, NOW, "server move")
    assert (paused.status, paused.paused_at, paused.ends_at) == (RaidStatus.PAUSED, NOW, end)
    assert (changed(events).kind, changed(events).reason) == (RaidEventKind.RAID_PAUSED, "server move")
    resumed, events = raid_life.resume(paused, BOSS, NOW + 3 * HOUR, "moved")
    assert (resumed.status, resumed.paused_at, resumed.ends_at) == (RaidStatus.ACTIVE, None, end + 3 * HOUR)
    assert (changed(events).kind, changed(events).sequence) == (RaidEventKind.RAID_RESUMED, 3)


def test_a_raid_without_an_end_has_none_after_a_pause() -> None:
    resumed, _ = raid_life.resume(STATUSES[RaidStatus.PAUSED], BOSS, NOW, "go on")
    assert resumed.ends_at is None


@pytest.mark.parametrize("status", [RaidStatus.SCHEDULED, RaidStatus.PAUSED, RaidStatus.COMPLETED])
def test_only_an_active_raid_can_be_paused(status: RaidStatus) -> None:
    with pytest.raises(InvalidTransitionError, match=f"only an active raid .* this one is {status}") as refused:
        raid_life.pause(STATUSES[status], BOSS, NOW, "why not")
    assert refused.value.path == "raidId"


@pytest.mark.parametrize("status", [RaidStatus.SCHEDULED, RaidStatus.ACTIVE, RaidStatus.COMPLETED])
def test_only_a_paused_raid_can_be_resumed(status: RaidStatus) -> None:
    with pytest.raises(InvalidTransitionError, match=f"only a paused raid .* this one is {status}") as refused:
        raid_life.resume(STATUSES[status], BOSS, NOW, "why not")
    assert refused.value.path == "raidId"


@pytest.mark.parametrize("status", [RaidStatus.ACTIVE, RaidStatus.PAUSED])
def test_hp_can_be_taken_and_given_while_a_raid_lives(status: RaidStatus) -> None:
    manager = manager_of(BOSS)
    state, events = raid_life.adjust_hp(STATUSES[status], manager, 9_000, NOW, "too hard")
    assert (state.hp, state.hp_adjusted, state.status) == (9_000, 1_000, status)
    event = changed(events)
    assert (event.kind, event.reason, event.changes) == (RaidEventKind.HP_ADJUSTED, "too hard", RaidChanges(hp=9_000))
    assert event.message == "The boss's HP was set from 10,000 to 9,000."
    healed, _ = raid_life.adjust_hp(state, manager, 10_000, NOW, "too easy")
    assert (healed.hp, healed.hp_adjusted, healed.sequence) == (10_000, 0, 3)


@pytest.mark.parametrize("hp", [0, -1, 10_001])
def test_an_adjustment_never_kills_and_never_gives_more_than_all(hp: int) -> None:
    with pytest.raises(InvalidTransitionError, match=f"from 1 to 10000; {hp} is not") as refused:
        raid_life.adjust_hp(active(BOSS), manager_of(BOSS), hp, NOW, "oops")
    assert refused.value.path == "currentHp"


@pytest.mark.parametrize("status", [RaidStatus.SCHEDULED, RaidStatus.COMPLETED])
def test_hp_cannot_be_adjusted_in_a_raid_that_does_not_live(status: RaidStatus) -> None:
    with pytest.raises(InvalidTransitionError, match=f"live raid; this one is {status}"):
        raid_life.adjust_hp(STATUSES[status], manager_of(BOSS), 5, NOW, "oops")


def test_stages_that_an_adjustment_reaches_follow_at_once_and_stay() -> None:
    configuration = boss(stage_effects=(StageEffect(2, "Fire!", add_weakness=elemental("fire")),))
    manager = manager_of(configuration)
    state, events = raid_life.adjust_hp(active(configuration), manager, 1, NOW, "finale")
    assert (state.hp, state.stage, state.status) == (1, 5, RaidStatus.ACTIVE)
    stages = [event for event in events if isinstance(event, StageAdvanced)]
    assert [(event.sequence, event.to_stage, event.strike_number) for event in stages] == [
        (3, 2, None),
        (4, 3, None),
        (5, 4, None),
        (6, 5, None),
    ]
    assert state.weaknesses == (elemental("fire"),)
    healed, events = raid_life.adjust_hp(state, manager, 10_000, NOW, "back")
    assert (healed.stage, changed(events).sequence) == (5, 7)


def test_an_admin_changes_what_may_be_changed() -> None:
    rewards = RewardConfiguration(strike_divisor=50)
    update = RaidUpdate(name="N", description="D", ends_at=NOW + HOUR, curse_every=9, rewards=rewards)
    state, events = raid_life.update(active(BOSS), update, NOW, "tuning")
    assert (state.ends_at, state.curse_every) == (NOW + HOUR, 9)
    event = changed(events)
    assert (event.kind, event.reason, event.sequence) == (RaidEventKind.RAID_UPDATED, "tuning", 2)
    assert event.changes == RaidChanges(name="N", description="D", ends_at=NOW + HOUR, curse_every=9, rewards=rewards)


def test_what_is_not_named_stays() -> None:
    state, events = raid_life.update(active(BOSS, ends_at=NOW + HOUR), RaidUpdate(name="N"), NOW, "typo")
    assert (state.ends_at, state.curse_every) == (NOW + HOUR, 100)
    assert changed(events).changes == RaidChanges(name="N")


@pytest.mark.parametrize(
    ("update", "path"),
    [
        (RaidUpdate(), "input"),
        (RaidUpdate(ends_at=NOW), "endsAt"),
        (RaidUpdate(ends_at=NOW + raid_life.LONGEST_RAID + timedelta(seconds=1)), "endsAt"),
        (RaidUpdate(curse_every=0), "curseEvery"),
        (RaidUpdate(curse_every=10_000_001), "curseEvery"),
    ],
)
def test_an_update_that_cannot_be_is_refused_by_field(update: RaidUpdate, path: str) -> None:
    with pytest.raises(InvalidTransitionError, match=f"^{path}: ") as refused:
        raid_life.update(active(BOSS), update, NOW, "tuning")
    assert refused.value.path == path


def test_a_scheduled_raid_cannot_end_before_it_starts() -> None:
    with pytest.raises(InvalidTransitionError, match="after the start at 2030-05-01T13:00") as refused:
        raid_life.update(STATUSES[RaidStatus.SCHEDULED], RaidUpdate(ends_at=NOW + HOUR), NOW, "shorter")
    assert refused.value.path == "endsAt"
    later = NOW + HOUR + timedelta(seconds=1)
    state, _ = raid_life.update(STATUSES[RaidStatus.SCHEDULED], RaidUpdate(ends_at=later), NOW, "shorter")
    assert state.ends_at == later


@pytest.mark.parametrize(
    "step",
    [
        lambda reason: raid_life.pause(active(BOSS), BOSS, NOW, reason),
        lambda reason: raid_life.resume(STATUSES[RaidStatus.PAUSED], BOSS, NOW, reason),
        lambda reason: raid_life.cancel(active(BOSS), BOSS, NOW, reason),
        lambda reason: raid_life.adjust_hp(active(BOSS), manager_of(BOSS), 5, NOW, reason),
        lambda reason: raid_life.update(active(BOSS), RaidUpdate(name="N"), NOW, reason),
    ],
    ids=["pause", "resume", "cancel", "adjust_hp", "update"],
)
def test_every_step_of_an_admin_needs_a_reason(step: Callable[[str], object]) -> None:
    with pytest.raises(InvalidTransitionError, match="must say why") as refused:
        step("  ")
    assert refused.value.path == "reason"


@pytest.mark.parametrize("status", [RaidStatus.SCHEDULED, RaidStatus.ACTIVE, RaidStatus.PAUSED])
def test_a_raid_that_is_not_over_can_be_changed(status: RaidStatus) -> None:
    raid_life.check_not_over(4, STATUSES[status])


def test_a_raid_that_is_over_cannot() -> None:
    with pytest.raises(InvalidTransitionError, match="the raid is over"):
        raid_life.check_not_over(4, STATUSES[RaidStatus.COMPLETED])
    won = active(BOSS, status=RaidStatus.COMPLETED, outcome=RaidOutcome.VICTORY, completed_at=NOW)
    with pytest.raises(BossAlreadyDefeatedError) as refused:
        raid_life.check_not_over(4, won)
    assert (refused.value.raid_id, refused.value.defeated_at) == (4, NOW)


@pytest.mark.parametrize(
    ("total", "hp", "permille"),
    [(10_000, 10_000, 0), (10_000, 2_670, 733), (3, 1, 666), (10_000, 1, 999)],
)
def test_the_share_of_hp_that_is_gone(total: int, hp: int, permille: int) -> None:
    state: RaidState = active(boss(total_hp=total), hp=hp)
    assert raid_life.hp_removed_permille(state) == permille
