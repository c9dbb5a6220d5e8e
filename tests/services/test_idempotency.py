"""One key, one strike: whatever is sent again, whenever, from wherever, is answered with the first answer."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.errors import (
    BossAlreadyDefeatedError,
    CharacterAlreadyUsedError,
    IdempotencyConflictError,
    NoActiveEventError,
    RaidPausedError,
)
from services.raid_administration import RaidAdministration
from services.rules.configuration import RaidRules, StageEffect, WeaknessPool
from services.rules.values import AffinityKind, EquipmentEffect, EquipmentEffectKind
from services.shelf import Shelf
from services.views import StrikeSuccess
from services.world_threat import WorldThreatService
from tests.services.world import ADMIN, ANALYZE, BOSS, FIGHT, Owner, Sheet, World, books_balance, elemental

BUSY = replace(
    BOSS,
    total_hp=2_000,
    weaknesses=(elemental("fire"),),
    curse_every=2,
    curse_pool=tuple(elemental(f"curse {number}") for number in range(4)),
    analysis_thresholds=(50, 120, 300, 600),
    weakness_pool=(WeaknessPool(AffinityKind.GENRE, 2, ("Drama", "Comedy", "Horror")),),
    stage_effects=(StageEffect(3, "It howls.", add_curse=elemental("fire"), fight_permille=1_500),),
)
"""Something happens at almost every strike."""


async def one_strike_and_replays(world: World, answers: list[StrikeSuccess]) -> None:
    """Exactly one of `answers` was a strike, all others are the same answer again."""
    (first,) = [answer for answer in answers if not answer.replayed]
    assert all(replace(answer, replayed=False) == first for answer in answers)
    assert (await world.now(first.raid)).totals.strikes == first.strike.number


async def test_64_callers_with_one_key_make_one_strike(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    raid = await world.raid()
    answers = await asyncio.gather(*(world.strike(owner, *owner.copies, key="panel 7") for _ in range(64)))
    await one_strike_and_replays(world, answers)
    assert sum(answer.replayed for answer in answers) == 63
    await books_balance(world.database, raid.id)


async def test_64_callers_at_two_services_make_one_strike(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    raid = await world.raid()
    other = WorldThreatService(world.database)
    await other.start()
    try:
        answers = await asyncio.gather(
            *(
                world.strike(owner, *owner.copies, key="panel 7", service=(world.service, other)[n % 2])
                for n in range(64)
            )
        )
    finally:
        await other.stop()
    await one_strike_and_replays(world, answers)
    await books_balance(world.database, raid.id)


async def test_a_character_in_20_simultaneous_strikes_succeeds_once(world: World) -> None:
    owner = await world.player(*[Sheet()] * 21)
    raid = await world.raid()
    shared, *others = owner.copies
    answers = await asyncio.gather(*(world.strike(owner, shared, other) for other in others), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, CharacterAlreadyUsedError)]
    assert len(refused) == 19
    assert {refusal.character_ids for refusal in refused} == {(shared,)}
    assert (await world.now(raid)).totals.strikes == 1
    await books_balance(world.database, raid.id)


async def test_a_key_with_other_content_is_a_conflict_and_costs_nothing(world: World) -> None:
    owner = await world.player(Sheet(), Sheet(), Sheet())
    charm = await world.equipment(owner, EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=1))
    await world.raid(replace(BOSS, analysis_thresholds=(1_000,)))
    first, second, third = owner.copies
    answer = await world.strike(owner, first, second, key="mine")
    before = await world.contents()
    for copies, action, equipment in (
        ((first, third), FIGHT, None),
        ((first,), FIGHT, None),
        ((first, second), ANALYZE, None),
        ((first, second), FIGHT, charm),
    ):
        with pytest.raises(IdempotencyConflictError) as refused:
            await world.strike(owner, *copies, action=action, equipment=equipment, key="mine")
        assert refused.value.idempotency_key == "mine"
    # The same team in another order, planned on another state, is the same strike.
    again = await world.strike(owner, second, first, key="mine", expected=10**12)
    assert again == replace(answer, replayed=True)
    assert await world.contents() == before


async def test_one_batch_with_one_key_and_two_contents_takes_the_first(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    await world.raid()
    first, second, third = await asyncio.gather(
        *(world.strike(owner, copy, key="mine") for copy in (owner.copies[0], owner.copies[1], owner.copies[0])),
        return_exceptions=True,
    )
    assert isinstance(first, StrikeSuccess)
    assert isinstance(second, IdempotencyConflictError)
    assert third == replace(first, replayed=True)


async def test_two_players_keys_do_not_meet(world: World) -> None:
    one, two = await world.players(2, await world.characters(Sheet()))
    await world.raid()
    answers = [await world.strike(owner, owner.copies[0], key="same words") for owner in (one, two)]
    assert [answer.replayed for answer in answers] == [False, False]
    assert [answer.strike.number for answer in answers] == [1, 2]


async def test_a_refused_strike_does_not_use_its_key_up(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    raid = await world.raid()
    await world.service.desk.pause_raid(ADMIN, raid_id=str(raid.id), reason="lunch")
    with pytest.raises(RaidPausedError):
        await world.strike(owner, owner.copies[0], key="mine")
    await world.service.desk.resume_raid(ADMIN, raid_id=str(raid.id), reason="back")
    assert not (await world.strike(owner, owner.copies[1], key="mine")).replayed


async def busy_raid(world: World) -> tuple[dict[str, StrikeSuccess], dict[str, tuple[Owner, int]]]:
    """A raid fought to its end, one strike at a time and many at once; the answers and who asked, by key."""
    sheets = [Sheet(400 + 40 * number, (elemental("fire"),) if number % 2 else ()) for number in range(8)]
    owners = await world.players(12, await world.characters(*sheets))
    await world.raid(BUSY)
    answers, asked = {}, {}
    for turn in range(8):
        planned = {f"turn {turn} of {owner.discord_id}": (owner, owner.copies[turn]) for owner in owners}
        given = await asyncio.gather(*(ask(world, key, *who) for key, who in planned.items()), return_exceptions=True)
        for (key, who), answer in zip(planned.items(), given, strict=True):
            if isinstance(answer, StrikeSuccess):
                answers[key], asked[key] = answer, who
            else:
                assert isinstance(answer, BossAlreadyDefeatedError)
    return answers, asked


async def ask(
    world: World, key: str, owner: Owner, copy: int, service: WorldThreatService | None = None
) -> StrikeSuccess:
    """Analysis at first, and by some players all the time while there is something to find."""
    action = ANALYZE if key.startswith("turn 0") and owner.copies[0] == copy and copy % 3 == 0 else FIGHT
    return await world.strike(owner, copy, action=action, key=key, service=service)


async def test_a_replay_is_the_first_answer_in_every_field_long_after(world: World) -> None:
    answers, asked = await busy_raid(world)
    assert any(answer.victory for answer in answers.values())
    assert sum(len(answer.stages_advanced) for answer in answers.values()) >= 3
    assert sum(answer.curse_triggered is not None for answer in answers.values()) >= 4
    assert sum(len(answer.breakthroughs) for answer in answers.values()) >= 2
    raid = next(iter(answers.values())).raid
    await books_balance(world.database, raid.id)
    before = await world.contents()
    fresh = WorldThreatService(world.database)  # nothing in memory: all of it comes from what is stored
    await fresh.start()
    try:
        for service in (world.service, fresh):
            for key, first in answers.items():
                assert await ask(world, key, *asked[key], service) == replace(first, replayed=True), key
    finally:
        await fresh.stop()
    assert await world.contents() == before


async def test_a_replay_survives_rewards_curse_clock_adjustments_trades_and_the_next_raid(world: World) -> None:
    owner, other = await world.players(2, await world.characters(Sheet(200), Sheet(200)))
    raid = await world.raid(replace(BUSY, curse_every=1, rules=RaidRules(cooldown_seconds=60)))
    first = await world.strike(owner, owner.copies[0], key="mine")
    desk, raid_id = world.service.desk, str(raid.id)
    await desk.adjust_boss_hp(ADMIN, raid_id=raid_id, reason="too strong", current_hp=300)
    await desk.update_raid(
        ADMIN,
        raid_id=raid_id,
        reason="slower",
        name=None,
        description=None,
        ends_at=None,
        curse_every=50,
        rewards=None,
    )
    await world.strike(other, other.copies[0])
    await world.rows(
        "UPDATE user_characters SET user_id = $1 WHERE id = $2", (await world.player()).user_id, owner.copies[0]
    )
    assert await world.strike(owner, owner.copies[0], key="mine") == replace(first, replayed=True)
    await desk.pause_raid(ADMIN, raid_id=raid_id, reason="lunch")
    assert await world.strike(owner, owner.copies[0], key="mine") == replace(first, replayed=True)
    await desk.end_raid(ADMIN, raid_id=raid_id, reason="enough")
    assert await world.strike(owner, owner.copies[0], key="mine") == replace(first, replayed=True)
    with pytest.raises(NoActiveEventError):
        await world.strike(owner, owner.copies[1])
    await world.raid()
    await world.pass_time(timedelta(days=30))
    assert await world.strike(owner, owner.copies[0], key="mine") == replace(first, replayed=True)
    with pytest.raises(IdempotencyConflictError):  # keys are a player's, not a raid's
        await world.strike(owner, owner.copies[1], key="mine")
    await books_balance(world.database, raid.id)


async def test_keys_are_kept_for_the_raid_s_life_and_a_day(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    old = await world.raid()
    first = await world.strike(owner, owner.copies[0], key="mine")
    await world.service.desk.end_raid(ADMIN, raid_id=str(old.id), reason="enough")
    live = await world.raid()
    await world.strike(owner, owner.copies[0], key="today's")
    housekeeping = RaidAdministration(world.database, Shelf())
    for hours, kept in ((23, 2), (25, 1)):
        await world.rows(
            "UPDATE world_threat_raids SET completed_at = now() - make_interval(hours => $1) WHERE id = $2",
            hours,
            old.id,
        )
        await housekeeping.forget_old_keys()
        assert len(await world.rows("SELECT FROM idempotency_keys")) == kept
    again = await world.strike(owner, owner.copies[1], key="mine")
    assert (again.replayed, again.raid.id, first.raid.id) == (False, live.id, old.id)
    await books_balance(world.database, live.id)
