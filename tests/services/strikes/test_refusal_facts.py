"""What a refused strike is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.errors import (
    CharacterAlreadyUsedError,
    CharacterNotOwnedError,
    CooldownError,
    EquipmentNotOwnedError,
    InvalidTeamSizeError,
    NoActiveEventError,
    StateChangedError,
)
from services.rules.configuration import RaidRules
from tests.services.strikes.refusing import FRESH, HOLLOW, HOUR, STRUCK, RefusingWorld, plan_of
from tests.services.world import ADMIN, ANALYZE, BOSS, BOT, FIGHT, Sheet, World, elemental


async def test_a_team_has_one_to_six_distinct_characters(active: RefusingWorld) -> None:
    plan = plan_of(active)
    for more, size in (((), 0), (tuple("1234567"), 7)):
        with pytest.raises(InvalidTeamSizeError) as refused:
            await active.world.service.execute_strike(
                BOT,
                action=FIGHT,
                character_ids=more,
                equipment_id=None,
                discord_id=plan.striker.discord_id,
                idempotency_key="sizes",
                expected_sequence=None,
            )
        assert (refused.value.size, refused.value.min_size, refused.value.max_size) == (size, 1, 6)
    refusal = await active.try_to_strike(replace(plan, twice=True))
    assert isinstance(refusal, InvalidTeamSizeError)
    assert refusal.duplicate_ids == (str(plan.striker.copies[FRESH]),)


async def test_a_raid_may_set_its_own_team_size(world: World) -> None:
    owner = await world.player(Sheet(), Sheet(), Sheet(), Sheet())
    await world.raid(replace(BOSS, rules=RaidRules(cooldown_seconds=0, min_team_size=2, max_team_size=3)))
    for size in (1, 4):
        with pytest.raises(InvalidTeamSizeError) as refused:
            await world.strike(owner, *owner.copies[:size])
        assert (refused.value.min_size, refused.value.max_size) == (2, 3)
    await world.strike(owner, *owner.copies[:3])


async def test_one_character_has_one_spelling(active: RefusingWorld) -> None:
    plan = plan_of(active)
    for other in (f"0{plan.striker.copies[FRESH]}", " 1", "1.0", "-1", "x", "", "9" * 30, "²"):
        refusal = await active.try_to_strike(replace(plan, more=(other,)))
        assert isinstance(refusal, CharacterNotOwnedError)
        assert refusal.character_ids == (other,)


async def test_every_character_that_is_not_owned_or_was_used_is_named(active: RefusingWorld) -> None:
    plan, stranger = plan_of(active), active.stranger
    foreign = (str(stranger.copies[0]), str(stranger.copies[1]))
    refusal = await active.try_to_strike(replace(plan, more=foreign))
    assert isinstance(refusal, CharacterNotOwnedError)
    assert refusal.character_ids == foreign
    used = (plan.striker.copies[HOLLOW], plan.striker.copies[STRUCK])
    refusal = await active.try_to_strike(replace(plan, more=tuple(map(str, used))))
    assert isinstance(refusal, CharacterAlreadyUsedError)
    assert refusal.character_ids == used


async def test_equipment_that_is_nobodys_is_not_owned_either(active: RefusingWorld) -> None:
    for equipment in ("999999", "x", ""):
        refusal = await active.try_to_strike(replace(plan_of(active), equipment=equipment))
        assert isinstance(refusal, EquipmentNotOwnedError)
        assert refusal.equipment_id == equipment


async def test_cooldown_tells_when_it_is_over_is_shared_by_both_actions_and_ends_then(world: World) -> None:
    owner = await world.player(Sheet(), Sheet(), Sheet())
    boss = replace(BOSS, analysis_thresholds=(1_000,), rules=RaidRules(cooldown_seconds=3600))
    raid = await world.raid(boss)
    first = await world.strike(owner, owner.copies[0])
    assert first.ready_at == first.strike.struck_at + HOUR
    for action in (FIGHT, ANALYZE):
        with pytest.raises(CooldownError) as refused:
            await world.strike(owner, owner.copies[1], action=action)
        assert refused.value.ready_at == first.ready_at
    await world.pass_time(HOUR - timedelta(seconds=20))
    with pytest.raises(CooldownError):
        await world.strike(owner, owner.copies[1])
    await world.pass_time(timedelta(seconds=20))
    await world.strike(owner, owner.copies[1], action=ANALYZE)
    # A new raid starts without one, and with everybody unused.
    await world.service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="enough")
    await world.raid(boss)
    await world.strike(owner, owner.copies[0])


async def test_cooldown_goes_on_while_the_raid_is_paused(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    raid = await world.raid(replace(BOSS, rules=RaidRules(cooldown_seconds=3600)))
    await world.strike(owner, owner.copies[0])
    await world.service.desk.pause_raid(ADMIN, raid_id=str(raid.id), reason="lunch")
    await world.pass_time(HOUR)
    await world.service.desk.resume_raid(ADMIN, raid_id=str(raid.id), reason="back")
    await world.strike(owner, owner.copies[1])


async def test_expectation_is_about_curses_breakthroughs_and_stages_only(world: World) -> None:
    owner = await world.player(*[Sheet()] * 4)
    raid = await world.raid(replace(BOSS, curse_every=2, curse_pool=(elemental("void"),)))
    await world.service.desk.pause_raid(ADMIN, raid_id=str(raid.id), reason="lunch")
    await world.service.desk.resume_raid(ADMIN, raid_id=str(raid.id), reason="back")
    await world.strike(owner, owner.copies[0], expected=1)  # the pause changed no price
    cursed = await world.strike(owner, owner.copies[1], expected=1)
    assert cursed.raid.sequence == 4
    with pytest.raises(StateChangedError) as refused:
        await world.strike(owner, owner.copies[2], expected=3)
    assert (refused.value.expected_sequence, refused.value.sequence) == (3, 4)
    await world.strike(owner, owner.copies[2], expected=4)


async def test_a_strike_for_one_raid_is_not_made_in_another_but_answered_again(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    first = await world.raid(BOSS)
    struck = await world.strike(owner, owner.copies[0], key="planned", raid_id=first.id)
    await world.service.desk.end_raid(ADMIN, raid_id=str(first.id), reason="enough")
    with pytest.raises(NoActiveEventError, match="There is no active raid"):
        await world.strike(owner, owner.copies[1], raid_id=first.id)
    second = await world.raid(BOSS)
    with pytest.raises(NoActiveEventError, match=rf"raid {second.id} is\."):
        await world.strike(owner, owner.copies[1], raid_id=first.id)
    assert (await world.service.raid(ADMIN, str(second.id))) == second  # nothing was spent
    again = await world.strike(owner, owner.copies[0], key="planned", raid_id=first.id)
    assert (again.replayed, again.strike.id) == (True, struck.strike.id)
    await world.strike(owner, owner.copies[1], raid_id=second.id)


async def test_a_scheduled_raid_is_announced_in_the_refusal(world: World) -> None:
    owner = await world.player(Sheet())
    with pytest.raises(NoActiveEventError) as refused:
        await world.strike(owner, owner.copies[0])
    assert refused.value.next_starts_at is None
    raid = await world.raid(starts_in=HOUR)
    with pytest.raises(NoActiveEventError) as refused:
        await world.strike(owner, owner.copies[0])
    assert refused.value.next_starts_at == raid.starts_at
