"""A preview says what the strike then does; a suggested team is the best there is."""

import itertools
import random
from dataclasses import replace

import pytest

from services.errors import CooldownError, ForbiddenError, InvalidInputError, PlayerNotFoundError
from services.rules.configuration import RaidRules, StageEffect, WeaknessPool
from services.rules.values import AffinityKind, EquipmentEffect, EquipmentEffectKind, Stat, StrikeAction
from services.views import PUBLIC, Principal, Role, StrikePreview, SuggestedTeam
from tests.services.world import ADMIN, ANALYZE, BOSS, BOT, FIGHT, Owner, Sheet, World, elemental

WORDS = tuple(elemental(word) for word in ("fire", "ice", "void", "moss"))
FICKLE = replace(
    BOSS,
    total_hp=3_000,
    weaknesses=WORDS[:2],
    resistances=WORDS[3:],
    curse_every=3,
    curse_pool=WORDS[:3],
    analysis_thresholds=(40, 90, 5_000),
    weakness_pool=(WeaknessPool(AffinityKind.ELEMENTAL, 1, ("void", "sand")),),
    stage_effects=(StageEffect(3, "It burns.", fight_permille=2_000),),
)


def some_sheets(seed: int, count: int) -> list[Sheet]:
    chance = random.Random(seed)
    return [Sheet(chance.randint(1, 400), tuple(chance.sample(WORDS, chance.randint(0, 3)))) for _ in range(count)]


async def preview(
    world: World, owner: Owner, *copies: int, action: StrikeAction = FIGHT, equipment: int | None = None
) -> StrikePreview:
    return await world.service.preview_strike(
        BOT,
        action=action,
        character_ids=tuple(map(str, copies)),
        equipment_id=None if equipment is None else str(equipment),
        discord_id=owner.discord_id,
    )


async def suggest(world: World, owner: Owner, size: int, action: StrikeAction = FIGHT) -> SuggestedTeam | None:
    return await world.service.suggest_team(BOT, discord_id=owner.discord_id, action=action, size=size)


async def test_a_preview_is_what_the_strike_then_scores_and_spends_nothing(world: World) -> None:
    owner = await world.player(*some_sheets(1, 24), stars=3)
    charm = await world.equipment(
        owner,
        EquipmentEffect(EquipmentEffectKind.AFFINITY_ADD, affinity=elemental("moss")),
        EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.ATK, amount=33),
        EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=5),
    )
    await world.raid(FICKLE)
    for turn in range(6):
        team = owner.copies[turn * 4 : turn * 4 + 4]
        action, equipment = (ANALYZE if turn % 3 == 1 else FIGHT), (charm if turn % 2 else None)
        before = await world.contents()
        promised = await preview(world, owner, *team, action=action, equipment=equipment)
        assert await world.contents() == before
        answer = await world.strike(owner, *team, action=action, equipment=equipment, expected=promised.sequence)
        strike = answer.strike
        assert (promised.base_score, promised.affinity_permille, promised.stage_permille, promised.final_score) == (
            strike.base_score,
            strike.affinity_permille,
            strike.stage_permille,
            strike.final_score,
        )
        assert promised.team == strike.team
        assert promised.points == strike.damage_dealt + strike.overkill + strike.analysis_points


async def test_a_preview_waits_for_the_cooldown_as_the_strike_does(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    await world.raid(replace(BOSS, rules=RaidRules(cooldown_seconds=60)))
    answer = await world.strike(owner, owner.copies[0])
    with pytest.raises(CooldownError) as refused:
        await preview(world, owner, owner.copies[1])
    assert refused.value.ready_at == answer.ready_at


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("action", [FIGHT, ANALYZE])
async def test_a_suggested_team_is_the_best_of_all_teams(world: World, seed: int, action: StrikeAction) -> None:
    owner = await world.player(*some_sheets(seed, 7), stars=2)
    await world.raid(FICKLE)
    for size in (1, 3, 6):
        suggested = await suggest(world, owner, size, action)
        assert suggested is not None
        assert len(suggested.characters) == size
        best = max(
            [
                (await preview(world, owner, *team, action=action)).final_score
                for team in itertools.combinations(owner.copies, size)
            ]
        )
        assert suggested.preview.final_score == best
        chosen = [character.id for character in suggested.characters]
        assert await preview(world, owner, *chosen, action=action) == suggested.preview


async def test_used_characters_are_left_out_until_nobody_is_left(world: World) -> None:
    owner = await world.player(*some_sheets(7, 8))
    await world.raid(FICKLE)
    seen: list[int] = []
    for size in (6, 2):  # of eight, six and then all that are left
        team = await suggest(world, owner, 6)
        assert team is not None
        copies = [character.id for character in team.characters]
        assert len(copies) == size
        assert all(character.raid_use is not None and character.raid_use.available for character in team.characters)
        answer = await world.strike(owner, *copies)
        assert answer.strike.final_score == team.preview.final_score
        seen += copies
    assert sorted(seen) == list(owner.copies)
    assert await suggest(world, owner, 6) is None


async def test_a_suggestion_keeps_to_the_raid_s_team_size(world: World) -> None:
    owner, poor = await world.player(*some_sheets(2, 6)), await world.player(Sheet())
    await world.raid(replace(BOSS, rules=RaidRules(min_team_size=2, max_team_size=4)))
    for asked, given in ((1, 2), (3, 3), (6, 4)):
        team = await suggest(world, owner, asked)
        assert team is not None
        assert len(team.characters) == given
    assert await suggest(world, poor, 6) is None


async def test_a_traded_used_character_is_not_suggested_to_its_new_owner(world: World) -> None:
    giver, taker = await world.player(Sheet(900)), await world.player(Sheet(10))
    await world.raid()
    await world.strike(giver, giver.copies[0])
    await world.rows("UPDATE user_characters SET user_id = $1 WHERE id = $2", taker.user_id, giver.copies[0])
    team = await suggest(world, taker, 6)
    assert team is not None
    assert [character.id for character in team.characters] == list(taker.copies)


async def test_without_a_raid_there_is_no_team_and_without_a_player_an_error(world: World) -> None:
    owner = await world.player(Sheet())
    assert await suggest(world, owner, 6) is None
    with pytest.raises(PlayerNotFoundError):
        await suggest(world, Owner(0, "nobody"), 6)
    await world.raid()
    with pytest.raises(PlayerNotFoundError):
        await suggest(world, Owner(0, "nobody"), 6)


async def test_players_plan_for_themselves_bots_and_admins_for_anybody(world: World) -> None:
    owner, other = await world.players(2, await world.characters(Sheet()))
    await world.raid()

    async def plan(principal: Principal, discord_id: str | None) -> int:
        previewed = await world.service.preview_strike(
            principal,
            action=FIGHT,
            character_ids=(str(owner.copies[0]),),
            equipment_id=None,
            discord_id=discord_id,
        )
        return previewed.points

    for principal, discord_id in ((owner.principal, None), (BOT, owner.discord_id), (ADMIN, owner.discord_id)):
        assert await plan(principal, discord_id) == 10
    for principal in (other.principal, PUBLIC, Principal(Role.VIEWER)):
        with pytest.raises(ForbiddenError):
            await plan(principal, owner.discord_id)
        with pytest.raises(ForbiddenError):
            await world.service.suggest_team(principal, discord_id=owner.discord_id, action=FIGHT, size=6)
    for principal in (BOT, ADMIN):
        with pytest.raises(InvalidInputError, match="discordId"):
            await plan(principal, None)
