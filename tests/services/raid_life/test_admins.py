"""What admins do to a raid, and the log of it."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.boss_overrides import RewardOverrides
from services.errors import (
    BossAlreadyDefeatedError,
    ForbiddenError,
    InvalidConfigurationError,
    InvalidInputError,
    RaidNotFoundError,
    RaidPausedError,
)
from services.rules.configuration import Milestone, StageEffect, Tier
from services.rules.events import RaidChanged, RaidStarted, StageAdvanced
from services.rules.values import RaidOutcome, RaidStatus, Reward
from services.views import PUBLIC, Principal, Role
from tests.services.raid_life.lives import HOUR, SECOND, kinds
from tests.services.world import ADMIN, BOSS, BOT, Owner, Sheet, World, books_balance, elemental


async def newest_action(world: World) -> tuple[str, str, str, Any, Any]:
    action = (await world.service.desk.admin_actions(ADMIN, raid_id=None, first=1, after=None)).items[0]
    return action.actor, action.action, action.reason, json.loads(action.before), json.loads(action.after)


async def test_a_pause_stops_strikes_and_moves_the_end_by_its_length(world: World) -> None:
    owner = await world.player(Sheet())
    raid = await world.raid(ends_in=HOUR)
    desk, raid_id = world.service.desk, str(raid.id)
    paused = await desk.pause_raid(ADMIN, raid_id=raid_id, reason="a look at the logs")
    assert paused.status is RaidStatus.PAUSED
    assert await newest_action(world) == (
        "root",
        "pause_raid",
        "a look at the logs",
        {"status": "active"},
        {"status": "paused"},
    )
    with pytest.raises(RaidPausedError):
        await world.strike(owner, owner.copies[0])
    await world.pass_time(2 * HOUR)  # far beyond its end: a paused raid does not expire
    await asyncio.sleep(0.15)
    assert (await world.now(raid)).status is RaidStatus.PAUSED
    at_the_pause = (await world.now(raid)).ends_at
    resumed = await desk.resume_raid(ADMIN, raid_id=raid_id, reason="back")
    assert at_the_pause is not None
    assert resumed.ends_at is not None
    assert timedelta(0) <= resumed.ends_at - at_the_pause - 2 * HOUR < 10 * SECOND
    actor, action, reason, before, after = await newest_action(world)
    assert (actor, action, reason, before["status"], after["status"]) == (
        "root",
        "resume_raid",
        "back",
        "paused",
        "active",
    )
    assert (before["ends_at"], after["ends_at"]) == (at_the_pause.isoformat(), resumed.ends_at.isoformat())
    await world.strike(owner, owner.copies[0])
    assert await kinds(world, raid) == ["raid_started", "raid_paused", "raid_resumed"]
    told = [event.reason for event in await world.events(raid) if isinstance(event, RaidChanged)]
    assert told == ["a look at the logs", "back"]
    await books_balance(world.database, raid.id)


async def test_an_ended_raid_is_over_for_good(world: World) -> None:
    raid = await world.raid()
    desk, raid_id = world.service.desk, str(raid.id)
    ended = await desk.end_raid(ADMIN, raid_id=raid_id, reason="a bug")
    assert (ended.status, ended.outcome) == (RaidStatus.COMPLETED, RaidOutcome.CANCELLED)
    _, _, _, before, after = await newest_action(world)
    assert (before, after) == (
        {"status": "active", "outcome": None},
        {"status": "completed", "outcome": "cancelled"},
    )
    contents = await world.contents()
    for act in every_act(world, raid_id).values():
        with pytest.raises(InvalidConfigurationError) as refused:
            await act()
        assert [problem.path for problem in refused.value.problems] == ["raidId"]
    assert await world.contents() == contents


async def test_a_won_raid_says_so_to_admins(world: World) -> None:
    owner = await world.player(Sheet())
    raid = await world.raid(replace(BOSS, total_hp=1))
    await world.strike(owner, owner.copies[0])
    for act in every_act(world, str(raid.id)).values():
        with pytest.raises(BossAlreadyDefeatedError):
            await act()


async def test_a_scheduled_raid_can_be_called_off(world: World) -> None:
    raid = await world.raid(starts_in=HOUR)
    ended = await world.service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="a better one comes")
    assert ended.outcome is RaidOutcome.CANCELLED
    await world.pass_time(2 * HOUR)
    await asyncio.sleep(0.15)
    assert await world.service.active_raid(ADMIN) is None
    assert await kinds(world, raid) == ["raid_ended"]


async def test_pausing_twice_and_resuming_what_runs_are_refused(world: World) -> None:
    raid = await world.raid()
    desk, raid_id = world.service.desk, str(raid.id)
    with pytest.raises(InvalidConfigurationError):
        await desk.resume_raid(ADMIN, raid_id=raid_id, reason="why not")
    await desk.pause_raid(ADMIN, raid_id=raid_id, reason="lunch")
    with pytest.raises(InvalidConfigurationError):
        await desk.pause_raid(ADMIN, raid_id=raid_id, reason="more lunch")
    assert await kinds(world, raid) == ["raid_started", "raid_paused"]


async def test_an_adjustment_moves_hp_and_passes_every_stage_in_between(world: World) -> None:
    owner = await world.player(Sheet(1_000))
    effect = StageEffect(3, "It cracks.", add_weakness=elemental("ice"), add_curse=elemental("fire"))
    raid = await world.raid(replace(BOSS, total_hp=1_000, stage_effects=(effect,)))
    await world.strike(owner, owner.copies[0])
    desk, raid_id = world.service.desk, str(raid.id)
    adjusted = await desk.adjust_boss_hp(ADMIN, raid_id=raid_id, reason="too many absent", current_hp=400)
    assert (adjusted.hp.current, adjusted.stage.number, adjusted.totals.damage) == (400, 3, 100)
    assert await newest_action(world) == (
        "root",
        "adjust_boss_hp",
        "too many absent",
        {"current_hp": 900, "stage": 1},
        {"current_hp": 400, "stage": 3},
    )
    started, hp, second, third = await world.events(raid)
    assert isinstance(started, RaidStarted)
    assert isinstance(hp, RaidChanged)
    assert (hp.changes.hp, hp.reason) == (400, "too many absent")
    assert isinstance(second, StageAdvanced)
    assert isinstance(third, StageAdvanced)
    assert (second.strike_number, third.strike_number, third.message) == (None, None, "It cracks.")
    assert (third.added_weakness, third.added_curse) == (elemental("ice"), elemental("fire"))
    # Healing takes no stage back, and the boss can be healed above where it was, not above its total.
    healed = await desk.adjust_boss_hp(ADMIN, raid_id=raid_id, reason="a mistake", current_hp=1_000)
    assert (healed.hp.current, healed.stage.number) == (1_000, 3)
    before = await world.contents()
    for hp_wanted in (0, -1, 1_001):
        with pytest.raises(InvalidConfigurationError) as refused:
            await desk.adjust_boss_hp(ADMIN, raid_id=raid_id, reason="typo", current_hp=hp_wanted)
        assert [problem.path for problem in refused.value.problems] == ["currentHp"]
    assert await world.contents() == before
    await books_balance(world.database, raid.id)


async def test_an_adjusted_boss_can_still_be_killed(world: World) -> None:
    owner = await world.player(Sheet(100))
    raid = await world.raid()
    await world.service.desk.adjust_boss_hp(ADMIN, raid_id=str(raid.id), reason="finish it", current_hp=1)
    assert (await world.strike(owner, owner.copies[0])).victory
    await books_balance(world.database, raid.id)


async def test_an_update_changes_names_end_clock_and_rewards_from_now_on(world: World) -> None:
    owner = await world.player(*[Sheet(1_000)] * 5)
    raid = await world.raid(replace(BOSS, curse_every=100), ends_in=HOUR)
    first = await world.strike(owner, owner.copies[0])
    assert raid.ends_at is not None
    rewards = RewardOverrides(strike_divisor=50, milestones=(Milestone(250, (Reward("gems", 5),)),))
    updated = await world.service.desk.update_raid(
        ADMIN,
        raid_id=str(raid.id),
        reason="kinder",
        name="A kinder raid",
        description="For everybody.",
        ends_at=raid.ends_at + HOUR,
        curse_every=3,
        rewards=rewards,
    )
    assert (updated.name, updated.description, updated.ends_at) == (
        "A kinder raid",
        "For everybody.",
        raid.ends_at + HOUR,
    )
    assert (updated.curse_clock.every, updated.curse_clock.strikes_until_next) == (3, 2)
    assert updated == await world.now(raid)
    actor, action, reason, before, after = await newest_action(world)
    assert (actor, action, reason) == ("root", "update_raid", "kinder")
    assert set(before) == set(after) == {"name", "description", "ends_at", "curse_every", "rewards"}
    assert (before["name"], after["name"]) == ("A raid", "A kinder raid")
    assert (before["rewards"]["strike_divisor"], after["rewards"]["strike_divisor"]) == (100, 50)
    second = await world.strike(owner, owner.copies[1])
    third = await world.strike(owner, owner.copies[2])
    assert [answer.rewards for answer in (first, second, third)] == [
        (Reward("crystals", 10),),
        (Reward("crystals", 20),),
        (Reward("crystals", 20), Reward("gems", 5)),
    ]
    assert await kinds(world, raid) == ["raid_started", "raid_updated", "curse_fizzled"]
    assert third.raid.curse_clock.strikes_until_next == 3
    await books_balance(world.database, raid.id)


async def test_an_update_that_makes_no_sense_changes_nothing(world: World) -> None:
    raid = await world.raid(ends_in=HOUR)
    assert raid.ends_at is not None
    nothing: dict[str, Any] = dict.fromkeys(("name", "description", "ends_at", "curse_every", "rewards"))
    before = await world.contents()
    for wrong, path in (
        ({}, "input"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"description": "x" * 4_001}, "description"),
        ({"ends_at": raid.ends_at - 2 * HOUR}, "endsAt"),
        ({"curse_every": 0}, "curseEvery"),
        ({"rewards": RewardOverrides(strike_divisor=0)}, "rewards.strike_divisor"),
        ({"rewards": RewardOverrides(tiers=(Tier("a", 5, 1_000), Tier("b", 5, 1_000)))}, "rewards.tiers"),
    ):
        with pytest.raises(InvalidConfigurationError) as refused:
            await world.service.desk.update_raid(ADMIN, raid_id=str(raid.id), reason="hm", **(nothing | wrong))
        assert [problem.path for problem in refused.value.problems] == [path]
    assert await world.contents() == before


def every_act(world: World, raid_id: str, principal: Principal = ADMIN, reason: str = "because") -> dict[str, Any]:
    desk = world.service.desk
    asked: dict[str, Any] = {"raid_id": raid_id, "reason": reason}
    update: dict[str, Any] = {
        "name": "other",
        "description": None,
        "ends_at": None,
        "curse_every": None,
        "rewards": None,
    }
    return {
        "pause": lambda: desk.pause_raid(principal, **asked),
        "resume": lambda: desk.resume_raid(principal, **asked),
        "end": lambda: desk.end_raid(principal, **asked),
        "adjust": lambda: desk.adjust_boss_hp(principal, **asked, current_hp=5),
        "update": lambda: desk.update_raid(principal, **asked, **update),
    }


async def test_every_act_needs_an_admin_a_raid_and_a_reason(world: World) -> None:
    raid = await world.raid()
    before = await world.contents()
    for name in every_act(world, "1"):
        for principal in (PUBLIC, BOT, Principal(Role.VIEWER), (await world.player()).principal):
            with pytest.raises(ForbiddenError):
                await every_act(world, str(raid.id), principal)[name]()
        for nowhere in ("999999", "x", "", f"0{raid.id}"):
            with pytest.raises(RaidNotFoundError):
                await every_act(world, nowhere)[name]()
        for reason in ("", "  ", "x" * 1_001, "x" * 1_000 + " "):
            with pytest.raises(InvalidInputError, match="reason"):
                await every_act(world, str(raid.id), reason=reason)[name]()
    changed = {table for table, digest in (await world.contents()).items() if digest != before[table]}
    assert changed == {"users"}  # the players who asked


async def test_admins_and_strikes_in_a_crowd_leave_one_chain_of_events(world: World) -> None:
    owners = await world.players(30, await world.characters(Sheet(), Sheet()))
    boss = replace(BOSS, total_hp=10_000, curse_every=10, curse_pool=tuple(elemental(f"c{n}") for n in range(9)))
    raid = await world.raid(boss)

    async def play(owner: Owner) -> None:
        for copy in owner.copies:
            try:
                await world.strike(owner, copy)
            except RaidPausedError:
                continue

    async def admin() -> None:
        for hp in (9_000, 6_000, 7_000):
            await world.service.desk.adjust_boss_hp(ADMIN, raid_id=str(raid.id), reason="hm", current_hp=hp)
            await world.service.desk.pause_raid(ADMIN, raid_id=str(raid.id), reason="hm")
            await world.service.desk.resume_raid(ADMIN, raid_id=str(raid.id), reason="hm")

    await asyncio.gather(*map(play, owners), admin())
    told = await kinds(world, raid)
    assert (told.count("hp_adjusted"), told.count("raid_paused"), told.count("raid_resumed")) == (3, 3, 3)
    assert len(await world.rows("SELECT FROM admin_actions WHERE raid_id = $1", raid.id)) == 10
    await books_balance(world.database, raid.id)
