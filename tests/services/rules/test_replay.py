"""The log through the rules once more. Whole random raids are replayed in test_whole_raids.py."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.rules import raid_life
from services.rules.configuration import BossConfiguration, RewardConfiguration
from services.rules.errors import InvalidTransitionError
from services.rules.events import CurseApplied, RaidChanged, RaidChanges, RaidEventKind, RaidStarted
from services.rules.raid_life import RaidUpdate, Step
from services.rules.replay import LoggedStrike, RaidReplay
from services.rules.reward_calculator import GrantKind
from services.rules.state import RaidState, new_raid
from services.rules.values import RaidOutcome, RaidStatus, StrikeAction
from tests.services.rules.builders import HOUR, NOW, SEED, active, boss, character, elementals, manager_of

CURSING = boss(curse_every=1, curse_pool=elementals("a b c d e f g h"))


def fight(number: int, score: int = 1_000) -> LoggedStrike:
    return LoggedStrike(7, StrikeAction.FIGHT, (character(number, score),), None, NOW + number * HOUR)


def replay_of(configuration: BossConfiguration, seed: bytes = SEED) -> RaidReplay:
    return RaidReplay(configuration, seed, active(configuration))


def curses(seed: bytes) -> list[str]:
    replay = replay_of(CURSING, seed)
    events = [event for number in range(6) for event in replay.strike(fight(number))[1].events]
    return [event.curse.value for event in events if isinstance(event, CurseApplied)]


def test_the_same_log_and_seed_find_the_same_curses() -> None:
    assert len(curses(SEED)) == 6
    assert curses(SEED) == curses(SEED)


def test_another_seed_finds_others() -> None:
    assert curses(SEED) != curses(bytes(32))


def test_a_strike_that_is_left_out_is_missed() -> None:
    whole, holed = replay_of(boss()), replay_of(boss())
    for number in range(3):
        whole.strike(fight(number))
    for number in (0, 2):
        holed.strike(fight(number))
    assert (whole.state.hp, holed.state.hp) == (9_700, 9_800)
    assert whole.participants[7].strikes == 3


def test_a_raids_whole_life_is_replayed_from_its_events() -> None:
    configuration = boss()
    rewards = RewardConfiguration(strike_divisor=10)
    manager = manager_of(configuration)
    state = new_raid(configuration, starts_at=NOW, ends_at=NOW + 9 * HOUR)
    replay = RaidReplay(configuration, SEED, state)
    steps: list[Callable[[RaidState], Step]] = [
        lambda state: raid_life.start(state, configuration, NOW),
        lambda state: raid_life.pause(state, configuration, NOW + HOUR, "move"),
        lambda state: raid_life.adjust_hp(state, manager, 2_000, NOW + 2 * HOUR, "too hard"),
        lambda state: raid_life.resume(state, configuration, NOW + 3 * HOUR, "moved"),
        lambda state: raid_life.update(state, RaidUpdate(curse_every=5, rewards=rewards), NOW + 4 * HOUR, "tuned"),
        lambda state: raid_life.expire(state, configuration, NOW + 11 * HOUR),
    ]
    for step in steps:
        state, events = step(state)
        cause = events[0]
        assert isinstance(cause, RaidStarted | RaidChanged)
        assert replay.change(cause) == events
        assert replay.state == state
    assert (state.outcome, state.ends_at, state.curse_every) == (RaidOutcome.EXPIRED, NOW + 11 * HOUR, 5)
    assert (state.stage, state.sequence) == (4, 9)


def test_a_cancelled_raid_is_told_from_an_expired_one() -> None:
    def ended(step: Step) -> RaidState:
        replay = replay_of(boss())
        (event,) = step[1]
        assert isinstance(event, RaidChanged)
        replay.change(event)
        return replay.state

    cancelled = ended(raid_life.cancel(active(boss()), boss(), NOW, "wrong boss"))
    expired = ended(raid_life.expire(active(boss()), boss(), NOW))
    assert (cancelled.outcome, expired.outcome) == (RaidOutcome.CANCELLED, RaidOutcome.EXPIRED)
    assert cancelled.status is expired.status is RaidStatus.COMPLETED


def test_changed_rewards_count_for_the_strikes_after_the_change_alone() -> None:
    replay = replay_of(boss())
    before = replay.strike(fight(1))[1]
    _, (event,) = raid_life.update(
        replay.state,
        RaidUpdate(rewards=RewardConfiguration(strike_divisor=10)),
        NOW + HOUR,
        "generous",
    )
    assert isinstance(event, RaidChanged)
    replay.change(event)
    after = replay.strike(fight(2))[1]
    paid = [
        grant.rewards[0].amount
        for outcome in (before, after)
        for grant in outcome.grants
        if grant.kind is GrantKind.STRIKE
    ]
    assert paid == [10, 100]


def test_a_log_that_the_rules_do_not_allow_is_refused() -> None:
    # An adjustment to 0 cannot have happened: it would have killed.
    event = RaidChanged(
        kind=RaidEventKind.HP_ADJUSTED,
        sequence=2,
        occurred_at=NOW,
        message="",
        reason="forged",
        changes=RaidChanges(hp=0),
    )
    with pytest.raises(InvalidTransitionError, match="from 1 to"):
        replay_of(boss()).change(event)
    with pytest.raises(InvalidTransitionError, match="must say why"):
        replay_of(boss()).change(replace(event, reason=None, changes=RaidChanges(hp=5)))
