"""A strike: what it does, and who may make it."""

import asyncio
from dataclasses import replace

import pytest

from services.errors import (
    AnalysisCompleteError,
    BossAlreadyDefeatedError,
    CharacterAlreadyUsedError,
    CharacterNotOwnedError,
    ForbiddenError,
    InvalidInputError,
)
from services.rules.configuration import StageEffect, WeaknessPool
from services.rules.events import BossDefeated, BreakthroughAchieved, CurseApplied, RaidStarted, StageAdvanced
from services.rules.values import AffinityKind, EquipmentEffect, EquipmentEffectKind, RaidOutcome, RaidStatus, Stat
from services.views import PUBLIC, Principal, Role
from tests.services.world import ADMIN, ANALYZE, BOSS, BOT, FIGHT, Sheet, World, books_balance, elemental

# ------------------------------------------------------------------ what an accepted strike does


async def test_a_strike_is_priced_by_the_state_before_it_and_tells_what_it_set_off(world: World) -> None:
    fire, void = elemental("fire"), elemental("Void")
    owner = await world.player(
        Sheet(1_000, (fire, void), name="Ember"), Sheet(500, name="Plain"), Sheet(1_000, (void,))
    )
    boss = replace(
        BOSS,
        total_hp=1_000,
        weaknesses=(fire,),
        curse_every=1,
        curse_pool=(elemental("void"),),
        stage_hp_below_permille=(800,),
        stage_effects=(StageEffect(2, "It wakes.", fight_permille=2_000),),
    )
    raid = await world.raid(boss)
    answer = await world.strike(owner, owner.copies[0], owner.copies[1])
    strike = answer.strike
    assert [(member.name, member.score, member.multiplier_permille) for member in strike.team] == [
        ("Ember", 1_000, 1_500),
        ("Plain", 500, 1_000),
    ]
    assert (strike.base_score, strike.affinity_permille, strike.stage_permille) == (1_500, 1_333, 1_000)
    assert (strike.final_score, strike.damage_dealt, strike.overkill, strike.analysis_points) == (1_999, 199, 0, 0)
    assert (strike.hp_before, strike.hp_after, strike.stage) == (1_000, 801, 1)
    assert (strike.weaknesses, strike.curses) == ((fire,), ())
    assert answer.raid.hp.current == 801
    assert [curse.affinity for curse in answer.raid.curses] == [void]
    assert answer.curse_triggered is not None
    assert not answer.stages_advanced
    # Now void is cursed: the same character is worth three quarters.
    answer = await world.strike(owner, owner.copies[2])
    assert (answer.strike.final_score, answer.strike.curses) == (750, (void,))
    (advanced,) = answer.stages_advanced
    assert isinstance(advanced.event, StageAdvanced)
    assert (advanced.event.from_stage, advanced.event.to_stage, advanced.event.message) == (1, 2, "It wakes.")
    assert (answer.raid.stage.number, answer.raid.stage.fight_permille) == (2, 2_000)
    kinds = [type(event).__name__ for event in await world.events(raid)]
    assert kinds == ["RaidStarted", "CurseApplied", "StageAdvanced", "CurseFizzled"]
    await books_balance(world.database, raid.id)


async def test_an_analysis_opens_every_threshold_it_reaches_and_no_hp_is_lost(world: World) -> None:
    owner = await world.player(Sheet(1_000), Sheet(10), Sheet(10))
    pool = (WeaknessPool(AffinityKind.GENRE, 1, ("Drama",)),)
    raid = await world.raid(replace(BOSS, analysis_thresholds=(10, 50, 100, 101), weakness_pool=pool))
    answer = await world.strike(owner, owner.copies[0], action=ANALYZE)
    numbers = [
        (e.event.number, e.event.weakness) for e in answer.breakthroughs if isinstance(e.event, BreakthroughAchieved)
    ]
    assert [number for number, _ in numbers] == [1, 2, 3]
    assert [weakness is None for _, weakness in numbers] == [False, True, True]  # one value to reveal, then none
    assert [weakness.value for weakness in answer.raid.weaknesses] == ["Drama"]
    assert (answer.raid.analysis.points, answer.raid.analysis.unlocked, answer.raid.analysis.next_threshold) == (
        100,
        3,
        101,
    )
    assert answer.raid.hp.current == answer.raid.hp.total
    await world.strike(owner, owner.copies[1], action=ANALYZE)
    with pytest.raises(AnalysisCompleteError):
        await world.strike(owner, owner.copies[2], action=ANALYZE)
    await books_balance(world.database, raid.id)


async def test_the_last_blow_defeats_the_boss_once_and_nothing_follows(world: World) -> None:
    owner = await world.player(Sheet(1_000), Sheet(1_000), Sheet(1_000))
    raid = await world.raid(
        replace(BOSS, total_hp=150, curse_every=1, curse_pool=(elemental("void"),), stage_hp_below_permille=())
    )
    await world.strike(owner, owner.copies[0])
    answer = await world.strike(owner, owner.copies[1])
    assert answer.victory
    assert (answer.strike.damage_dealt, answer.strike.overkill, answer.raid.hp.current) == (50, 50, 0)
    assert (answer.raid.status, answer.raid.outcome) == (RaidStatus.COMPLETED, RaidOutcome.VICTORY)
    assert answer.raid.completed_at == answer.strike.struck_at
    assert answer.curse_triggered is None
    with pytest.raises(BossAlreadyDefeatedError) as refused:
        await world.strike(owner, owner.copies[2])
    assert (refused.value.raid_id, refused.value.defeated_at) == (raid.id, answer.strike.struck_at)
    started, cursed, defeated = await world.events(raid)
    assert isinstance(started, RaidStarted)
    assert isinstance(cursed, CurseApplied)
    assert isinstance(defeated, BossDefeated)
    assert (defeated.final_blow_by, defeated.participants, defeated.strike_number) == (owner.user_id, 1, 2)
    await books_balance(world.database, raid.id)


async def test_strikes_that_waited_while_the_boss_died_are_told_so(world: World) -> None:
    owners = await world.players(30, await world.characters(Sheet(1_000)))
    raid = await world.raid(replace(BOSS, total_hp=500))
    answers = await asyncio.gather(*(world.strike(o, o.copies[0]) for o in owners), return_exceptions=True)
    assert [type(answer).__name__ for answer in answers] == ["StrikeSuccess"] * 5 + ["BossAlreadyDefeatedError"] * 25
    await books_balance(world.database, raid.id)


async def test_equipment_adds_a_weakness_a_stat_and_a_bonus_and_may_be_used_again(world: World) -> None:
    fire = elemental("fire")
    owner = await world.player(Sheet(100, (fire,)), Sheet(100, (fire,)))
    charm = await world.equipment(
        owner,
        EquipmentEffect(EquipmentEffectKind.AFFINITY_ADD, affinity=fire),
        EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.ATK, amount=40),
        EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.MAG, amount=500),
        EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=7),
    )
    await world.raid()
    for copy in owner.copies:
        strike = (await world.strike(owner, copy, equipment=charm)).strike
        assert (strike.base_score, strike.affinity_permille, strike.final_score) == (140, 1_500, 217)
        assert strike.equipment is not None
        assert strike.equipment.id == charm


async def test_stars_raise_a_character_and_a_new_revision_counts_from_the_next_strike(world: World) -> None:
    (character, other) = await world.characters(Sheet(100), Sheet(100))
    (owner,) = await world.players(1, (character, other), stars=6)
    await world.raid()
    assert (await world.strike(owner, owner.copies[0])).strike.final_score == 150
    await world.rows(
        "WITH new AS (INSERT INTO character_revisions (name, rarity, stats, affinities, affinity_keys) "
        "VALUES ('Grown', 1, ARRAY[0,200,0,0,0,0,0,0], '[]', '{}') RETURNING id) "
        "UPDATE characters SET revision_id = new.id FROM new WHERE characters.id = $1",
        other,
    )
    answer = await world.strike(owner, owner.copies[1])
    assert (answer.strike.final_score, answer.strike.team[0].name) == (300, "Grown")


async def test_a_traded_character_stays_used_and_an_unused_one_strikes_for_its_new_owner(world: World) -> None:
    giver = await world.player(Sheet(), Sheet())
    taker = await world.player(Sheet())
    await world.raid()
    await world.strike(giver, giver.copies[0])
    await world.rows("UPDATE user_characters SET user_id = $1 WHERE user_id = $2", taker.user_id, giver.user_id)
    with pytest.raises(CharacterAlreadyUsedError) as refused:
        await world.strike(taker, giver.copies[0])
    assert refused.value.character_ids == (giver.copies[0],)
    with pytest.raises(CharacterNotOwnedError):
        await world.strike(giver, giver.copies[1])
    await world.strike(taker, giver.copies[1])


# ------------------------------------------------------------------ who may strike for whom


async def test_players_strike_for_themselves_bots_for_anybody_and_others_not_at_all(world: World) -> None:
    owner, other = await world.players(2, await world.characters(*[Sheet()] * 3))
    await world.raid()

    async def strike(principal: Principal, discord_id: str | None, copy: int, key: str) -> int:
        answer = await world.service.execute_strike(
            principal,
            action=FIGHT,
            character_ids=(str(copy),),
            equipment_id=None,
            discord_id=discord_id,
            idempotency_key=key,
            expected_sequence=None,
        )
        return answer.strike.user_id

    assert await strike(owner.principal, None, owner.copies[0], "a") == owner.user_id
    assert await strike(owner.principal, owner.discord_id, owner.copies[1], "b") == owner.user_id
    assert await strike(BOT, owner.discord_id, owner.copies[2], "c") == owner.user_id
    before = await world.contents()
    for principal, discord_id in (
        (owner.principal, other.discord_id),
        (ADMIN, owner.discord_id),
        (PUBLIC, owner.discord_id),
        (Principal(Role.VIEWER), owner.discord_id),
    ):
        with pytest.raises(ForbiddenError):
            await strike(principal, discord_id, other.copies[0], "d")
    with pytest.raises(InvalidInputError, match="discordId"):
        await strike(BOT, None, other.copies[0], "d")
    for key in ("", "k" * 201):
        with pytest.raises(InvalidInputError, match="idempotencyKey"):
            await strike(BOT, other.discord_id, other.copies[0], key)
    assert await world.contents() == before
