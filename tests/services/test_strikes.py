"""A strike: what it does, who may make it, and that a refused one leaves no trace."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from services.errors import (
    AnalysisCompleteError,
    BossAlreadyDefeatedError,
    CharacterAlreadyUsedError,
    CharacterNotOwnedError,
    CooldownError,
    EquipmentNotOwnedError,
    ForbiddenError,
    IdempotencyConflictError,
    InvalidInputError,
    InvalidTeamSizeError,
    NoActiveEventError,
    PlayerNotFoundError,
    RaidPausedError,
    StateChangedError,
    WorldThreatError,
    ZeroEffectError,
)
from services.rules.configuration import RaidRules, StageEffect, WeaknessPool
from services.rules.events import BossDefeated, BreakthroughAchieved, CurseApplied, RaidStarted, StageAdvanced
from services.rules.values import (
    AffinityKind,
    EquipmentEffect,
    EquipmentEffectKind,
    RaidOutcome,
    RaidStatus,
    Stat,
    StrikeAction,
)
from services.views import PUBLIC, Principal, Role
from services.world_threat import WorldThreatService
from tests.services.world import (
    ADMIN,
    ANALYZE,
    BOSS,
    BOT,
    FIGHT,
    OpenWorld,
    Owner,
    Sheet,
    World,
    books_balance,
    elemental,
)

HOUR = timedelta(hours=1)


# ------------------------------------------------------------------ refusals, in their order (rules.md 2)


@dataclass(frozen=True, slots=True)
class Plan:
    """A strike that would succeed; every reason takes something from it."""

    striker: Owner
    on_cooldown: Owner
    stranger: Owner
    strangers_equipment: str
    action: StrikeAction = FIGHT
    fresh: int = 0  # which copy leads the team
    more: tuple[str, ...] = ()
    twice: bool = False
    discord_id: str | None = None
    equipment: str | None = None
    key: str = "a new key"
    expected: int | None = None

    @property
    def team(self) -> tuple[str, ...]:
        team = (str(self.striker.copies[self.fresh]), *self.more)
        return (*team, team[0]) if self.twice else team


# A player's copies in this world. HOLLOW scores nothing, and has struck beside STRUCK already.
FRESH, HOLLOW_FRESH, STRUCK, HOLLOW = range(4)


@dataclass(frozen=True, slots=True)
class Reason:
    error: type[WorldThreatError]
    take: Callable[[Plan], Plan]
    name: str = field(kw_only=True)


def _on_cooldown(plan: Plan) -> Plan:
    return replace(plan, striker=plan.on_cooldown)


# In the order of rules.md 2. A player comes first: what is taken of a team is taken of that player's.
REASONS = (
    Reason(InvalidTeamSizeError, lambda plan: replace(plan, twice=True), name="a character twice"),
    Reason(IdempotencyConflictError, lambda plan: replace(plan, key="the first"), name="a key with other content"),
    Reason(PlayerNotFoundError, lambda plan: replace(plan, discord_id="nobody"), name="an unknown player"),
    Reason(
        CharacterNotOwnedError,
        lambda plan: replace(plan, more=(*plan.more, str(plan.stranger.copies[HOLLOW_FRESH]))),
        name="somebody else's character",
    ),
    Reason(
        EquipmentNotOwnedError,
        lambda plan: replace(plan, equipment=plan.strangers_equipment),
        name="somebody else's equipment",
    ),
    Reason(
        CharacterAlreadyUsedError,
        lambda plan: replace(plan, more=(*plan.more, str(plan.striker.copies[HOLLOW]))),
        name="a used character",
    ),
    Reason(CooldownError, _on_cooldown, name="a strike a moment ago"),
    Reason(AnalysisCompleteError, lambda plan: replace(plan, action=ANALYZE), name="nothing left to find"),
    Reason(StateChangedError, lambda plan: replace(plan, expected=1), name="a curse since"),
    Reason(ZeroEffectError, lambda plan: replace(plan, fresh=HOLLOW_FRESH), name="no effect"),
)
PAIRS = [
    pytest.param(earlier, later, id=f"{earlier.name} before {later.name}" if later is not earlier else earlier.name)
    for place, earlier in enumerate(REASONS)
    for later in REASONS[place:]
    if (earlier.error, later.error) != (IdempotencyConflictError, PlayerNotFoundError)  # keys are players'
]
NOT_IN_A_PREVIEW = (IdempotencyConflictError, StateChangedError)  # it has no key and no expectation


def plan_of(world: "RefusingWorld", *reasons: Reason) -> Plan:
    plan = Plan(world.striker, world.on_cooldown, world.stranger, world.strangers_equipment)
    for reason in sorted(set(reasons), key=lambda each: each.error is not CooldownError):
        plan = reason.take(plan)
    return plan


@dataclass(frozen=True, slots=True)
class RefusingWorld:
    """A raid with a curse and an hour's cooldown; two players have struck, one of them long ago."""

    world: World
    raid_id: str
    striker: Owner
    on_cooldown: Owner
    stranger: Owner
    strangers_equipment: str

    async def try_to_strike(self, plan: Plan) -> WorldThreatError:
        before = await self.world.contents()
        with pytest.raises(WorldThreatError) as refused:
            await strike_by(self.world.service, plan)
        assert await self.world.contents() == before, "a refused strike left a trace"
        return refused.value

    async def try_to_preview(self, plan: Plan) -> WorldThreatError:
        with pytest.raises(WorldThreatError) as refused:
            await self.world.service.preview_strike(
                BOT,
                action=plan.action,
                character_ids=plan.team,
                equipment_id=plan.equipment,
                discord_id=plan.discord_id or plan.striker.discord_id,
            )
        return refused.value


async def strike_by(service: WorldThreatService, plan: Plan) -> None:
    await service.execute_strike(
        BOT,
        action=plan.action,
        character_ids=plan.team,
        equipment_id=plan.equipment,
        discord_id=plan.discord_id or plan.striker.discord_id,
        idempotency_key=plan.key,
        expected_sequence=plan.expected,
    )


async def refusing_world(world: World, total_hp: int = 100_000) -> RefusingWorld:
    characters = await world.characters(Sheet(100), Sheet(0), Sheet(100), Sheet(0))
    striker, on_cooldown, stranger = await world.players(3, characters)
    bonus = EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=1_000)
    equipment = await world.equipment(stranger, bonus)
    boss = replace(
        BOSS, total_hp=total_hp, curse_every=1, curse_pool=(elemental("void"),), rules=RaidRules(cooldown_seconds=3600)
    )
    raid = await world.raid(boss)
    await world.strike(striker, striker.copies[STRUCK], striker.copies[HOLLOW], key="the first")
    await world.pass_time(HOUR)
    await world.strike(on_cooldown, on_cooldown.copies[STRUCK], on_cooldown.copies[HOLLOW], key="the first")
    return RefusingWorld(world, str(raid.id), striker, on_cooldown, stranger, str(equipment))


@pytest.fixture(scope="module")
async def active(open_world: OpenWorld) -> AsyncIterator[RefusingWorld]:
    async with open_world() as world:
        yield await refusing_world(world)


@pytest.mark.parametrize(("earlier", "later"), PAIRS)
async def test_of_two_reasons_the_earlier_one_answers_nothing_is_spent_and_a_preview_says_the_same(
    active: RefusingWorld, earlier: Reason, later: Reason
) -> None:
    plan = plan_of(active, earlier, later)
    refusal = await active.try_to_strike(plan)
    assert type(refusal) is earlier.error
    if earlier.error not in NOT_IN_A_PREVIEW:
        preview = await active.try_to_preview(plan)
        assert (type(preview), str(preview)) == (earlier.error, str(refusal))


async def test_without_any_of_the_reasons_the_same_strike_succeeds(world: World) -> None:
    ready = await refusing_world(world)
    await strike_by(world.service, plan_of(ready))
    await books_balance(world.database, int(ready.raid_id))


async def test_all_reasons_at_once_are_answered_by_the_first(active: RefusingWorld) -> None:
    assert type(await active.try_to_strike(plan_of(active, *REASONS))) is InvalidTeamSizeError


NO_RAID = {"paused": RaidPausedError, "ended": NoActiveEventError, "won": BossAlreadyDefeatedError}
RAID_COMES_AFTER = {InvalidTeamSizeError, IdempotencyConflictError}


@pytest.fixture(scope="module", params=list(NO_RAID))
async def not_live(open_world: OpenWorld, request: pytest.FixtureRequest) -> AsyncIterator[tuple[RefusingWorld, str]]:
    """A raid that cannot be struck: paused, ended by an admin, or won."""
    how: str = request.param
    async with open_world() as world:
        found = await refusing_world(world, total_hp=20 if how == "won" else 100_000)
        if how == "paused":
            await world.service.desk.pause_raid(ADMIN, raid_id=found.raid_id, reason="a look at the logs")
        elif how == "ended":
            await world.service.desk.end_raid(ADMIN, raid_id=found.raid_id, reason="a new boss comes")
        yield found, how


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
async def test_a_raid_that_is_not_live_answers_before_player_and_team_but_after_input_and_key(
    not_live: tuple[RefusingWorld, str], reason: Reason
) -> None:
    refusing, how = not_live
    expected = reason.error if reason.error in RAID_COMES_AFTER else NO_RAID[how]
    assert type(await refusing.try_to_strike(plan_of(refusing, reason))) is expected


async def test_a_preview_names_the_same_missing_raid(not_live: tuple[RefusingWorld, str]) -> None:
    refusing, how = not_live
    plan = plan_of(refusing)
    preview, strike = await refusing.try_to_preview(plan), await refusing.try_to_strike(plan)
    assert type(preview) is NO_RAID[how]
    assert str(preview) == str(strike)


# ------------------------------------------------------------------ what the refusals say


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


async def test_a_scheduled_raid_is_announced_in_the_refusal(world: World) -> None:
    owner = await world.player(Sheet())
    with pytest.raises(NoActiveEventError) as refused:
        await world.strike(owner, owner.copies[0])
    assert refused.value.next_starts_at is None
    raid = await world.raid(starts_in=HOUR)
    with pytest.raises(NoActiveEventError) as refused:
        await world.strike(owner, owner.copies[0])
    assert refused.value.next_starts_at == raid.starts_at


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


# ------------------------------------------------------------------ the helper that says that books balance


CORRUPTIONS = {
    "HP": "UPDATE world_threat_raids SET current_hp = current_hp - 1, hp_adjusted = hp_adjusted + 1",
    "damage": "UPDATE world_threat_strikes SET damage_dealt = damage_dealt - 1, boss_hp_before = boss_hp_before - 1",
    "a missing strike": "DELETE FROM world_threat_strikes WHERE number = 1",
    "a missing event": "DELETE FROM raid_events WHERE sequence = 2",
    "usage": "DELETE FROM world_threat_character_usage WHERE number = 1",
    "totals": "UPDATE world_threat_participants SET damage_number = damage_number + 1",
    "participants": "UPDATE world_threat_raids SET participants = participants - 1, analysts = analysts - 1",
    "running totals": "UPDATE world_threat_analysis SET damage_after = damage_after + 1",
    "a key": "DELETE FROM idempotency_keys WHERE number = 1",
    "a breakthrough's pay": "DELETE FROM reward_grants WHERE kind = 'breakthrough'",
    "a strike's pay": "UPDATE reward_grants SET strike_number = 3 WHERE kind = 'strike' AND strike_number = 1",
    "where the boss stands": "UPDATE world_threat_raids SET current_curses = '[]'",
    "a second defeat": "UPDATE raid_events SET kind = 'boss_defeated' WHERE sequence = 3",
}


@pytest.fixture(scope="module")
async def balanced(open_world: OpenWorld) -> AsyncIterator[tuple[World, int]]:
    async with open_world() as world:
        owners = await world.players(2, await world.characters(Sheet(), Sheet()))
        boss = replace(BOSS, curse_every=2, curse_pool=(elemental("void"),), analysis_thresholds=(5, 500))
        raid = await world.raid(boss)
        for owner in owners:
            await world.strike(owner, owner.copies[0])
            await world.strike(owner, owner.copies[1], action=ANALYZE)
        await books_balance(world.database, raid.id)
        yield world, raid.id


@pytest.mark.parametrize("corruption", CORRUPTIONS.values(), ids=CORRUPTIONS)
async def test_books_that_do_not_balance_are_noticed(balanced: tuple[World, int], corruption: str) -> None:
    world, raid_id = balanced
    transaction = world.connection.transaction()
    await transaction.start()
    try:
        await world.connection.execute("SET LOCAL session_replication_role = replica")  # triggers stand aside
        await world.connection.execute(corruption)
        with pytest.raises(AssertionError):
            await books_balance(world.connection, raid_id)
    finally:
        await transaction.rollback()
