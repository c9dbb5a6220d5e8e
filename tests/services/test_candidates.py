"""Choosing a team by hand: unused characters best first, by pages that stay good, and the team of an earlier raid."""

from dataclasses import replace

import pytest

from services.errors import ForbiddenError, InvalidInputError, PlayerNotFoundError
from services.rules.configuration import RaidRules
from services.rules.values import Affinity, EquipmentEffect, EquipmentEffectKind, Stat, StrikeAction
from services.views import PUBLIC, CountedPage, LastTeam, Principal, Raid, TeamCandidate
from tests.services.world import ADMIN, ANALYZE, BOSS, BOT, FIGHT, Owner, Sheet, World, elemental

FIRE, ICE, VOID = (elemental(word) for word in ("fire", "ice", "void"))
PICKY = replace(BOSS, weaknesses=(FIRE,), resistances=(VOID,))


async def page(
    world: World,
    owner: Owner,
    *,
    action: StrikeAction = FIGHT,
    search: str | None = None,
    affinity: Affinity | None = None,
    first: int = 25,
    after: str | None = None,
) -> CountedPage[TeamCandidate]:
    found = await world.service.team_candidates(
        BOT,
        discord_id=owner.discord_id,
        action=action,
        search=search,
        affinity=affinity,
        first=first,
        after=after,
    )
    assert found is not None
    return found


def ids(found: CountedPage[TeamCandidate]) -> list[int]:
    return [each.character.id for each in found.items]


async def last_team(world: World, owner: Owner) -> LastTeam | None:
    return await world.service.last_team(BOT, discord_id=owner.discord_id)


async def end(world: World, raid: Raid) -> None:
    await world.service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="the next one")


async def test_candidates_come_best_first_with_the_reasons_and_without_the_used(world: World) -> None:
    owner = await world.player(Sheet(100), Sheet(90, (FIRE,)), Sheet(200, (VOID, ICE)), Sheet(400), stars=3)
    await world.raid(PICKY)
    plain, weak, resisted, strongest = owner.copies
    assert ids(await page(world, owner)) == [strongest, resisted, weak, plain]
    await world.strike(owner, strongest)
    found = await page(world, owner)
    assert (ids(found), found.total, found.has_next) == ([resisted, weak, plain], 3, False)
    first, second, third = found.items
    assert (first.score, first.multiplier_permille, first.weaknesses, first.curses) == (240, 750, (), (VOID,))
    assert (second.score, second.multiplier_permille, second.weaknesses, second.curses) == (108, 1500, (FIRE,), ())
    assert (third.weaknesses, third.curses, third.power, third.points) == ((), (), 120, 12)
    for each in found.items:
        assert each.character.raid_use is not None
        assert (each.character.raid_use.score, each.character.raid_use.multiplier_permille) == (
            each.score,
            each.multiplier_permille,
        )
        strike = await world.service.preview_strike(
            BOT,
            action=FIGHT,
            character_ids=(str(each.character.id),),
            equipment_id=None,
            discord_id=owner.discord_id,
        )
        assert (each.power, each.points) == (strike.final_score, strike.points)


async def test_a_curse_changes_the_order_at_once(world: World) -> None:
    owner = await world.player(Sheet(100, (ICE,)), Sheet(90), Sheet(10), stars=1)
    await world.raid(replace(BOSS, curse_every=1, curse_pool=(ICE,)))
    cold, plain, weak = owner.copies
    assert ids(await page(world, owner)) == [cold, plain, weak]
    await world.strike(owner, weak)
    found = await page(world, owner)
    assert ids(found) == [plain, cold]
    assert found.items[1].curses == (ICE,)


async def test_the_action_decides_what_the_power_is(world: World) -> None:
    owner = await world.player(Sheet(150))
    await world.raid(replace(BOSS, rules=RaidRules(cooldown_seconds=0, damage_divisor=10, analysis_divisor=50)))
    (fight,), (analysis,) = (
        (await page(world, owner)).items,
        (await page(world, owner, action=ANALYZE)).items,
    )
    assert (fight.points, analysis.points) == (15, 3)


async def test_search_and_affinity_choose_and_count(world: World) -> None:
    owner = await world.player(
        Sheet(10, (FIRE,), name="Ölga the Bold", series="Harbor Nights"),
        Sheet(20, (ICE,), name="Mio", series="A BOLD Move"),
        Sheet(30, (FIRE, ICE), name="100%_sure"),
    )
    await world.raid(PICKY)
    olga, mio, sure = owner.copies
    for search, expected in (
        ("bold", [mio, olga]),
        ("ÖLGA", [olga]),
        ("  harbor ", [olga]),
        ("%", [sure]),
        ("nobody", []),
        ("", [sure, mio, olga]),
    ):
        found = await page(world, owner, search=search)
        assert (ids(found), found.total) == (expected, len(expected)), search
    assert ids(await page(world, owner, affinity=elemental(" FIRE "))) == [sure, olga]
    both = await page(world, owner, search="bold", affinity=ICE)
    assert (ids(both), both.total) == ([mio], 1)


async def test_pages_show_everybody_once_while_others_strike_and_the_last_one_shown_too(world: World) -> None:
    owner = await world.player(*[Sheet(atk) for atk in (50, 40, 40, 40, 30, 20, 10)])
    await world.raid()
    whole = ids(await page(world, owner))
    first = await page(world, owner, first=3)
    assert (ids(first), first.has_next, first.total) == (whole[:3], True, 7)
    await world.strike(owner, whole[2])  # whose cursor it is
    await world.strike(owner, whole[4])
    second = await page(world, owner, first=3, after=first.cursors[-1])
    assert (ids(second), second.has_next, second.total) == ([whole[3], *whole[5:]], False, 5)
    assert ids(await page(world, owner, after=second.cursors[-1])) == []
    assert ids(await page(world, owner, after=first.cursors[0])) == [whole[1], whole[3], *whole[5:]]


async def test_what_is_no_cursor_is_refused(world: World) -> None:
    owner = await world.player(Sheet())
    await world.raid()
    for after in ("", "x", "WzJd"):
        with pytest.raises(InvalidInputError, match="after"):
            await page(world, owner, after=after)


async def test_without_a_raid_there_is_nobody_to_choose_and_without_a_player_an_error(world: World) -> None:
    owner, nobody = await world.player(Sheet()), Owner(0, "nobody")
    assert await asked_by(world, BOT, owner) is None
    assert await last_team(world, owner) is None
    await world.raid()
    with pytest.raises(PlayerNotFoundError):
        await page(world, nobody)
    with pytest.raises(PlayerNotFoundError):
        await last_team(world, nobody)


async def test_players_choose_for_themselves_bots_and_admins_look_for_anybody(world: World) -> None:
    owner, stranger = await world.player(Sheet()), await world.player()
    await world.raid()
    for principal in (stranger.principal, PUBLIC):
        with pytest.raises(ForbiddenError):
            await asked_by(world, principal, owner)
        with pytest.raises(ForbiddenError):
            await world.service.last_team(principal, discord_id=owner.discord_id)
    for principal in (owner.principal, BOT, ADMIN):
        found = await asked_by(world, principal, owner)
        assert found is not None
        assert ids(found) == list(owner.copies)
        assert await world.service.last_team(principal, discord_id=owner.discord_id) is None


async def asked_by(world: World, principal: Principal, owner: Owner) -> CountedPage[TeamCandidate] | None:
    return await world.service.team_candidates(
        principal, discord_id=owner.discord_id, action=FIGHT, search=None, affinity=None, first=25, after=None
    )


# ---------------------------------------------------------------- last team again


async def test_the_last_team_is_that_of_the_newest_strike_of_an_earlier_raid(world: World) -> None:
    owner = await world.player(*[Sheet(100 + number) for number in range(5)])
    charm = await world.equipment(owner, EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.ATK, amount=3))
    one, two, three, four, five = owner.copies
    first = await world.raid()
    await world.strike(owner, one, two)
    newest = await world.strike(owner, four, three, equipment=charm)
    assert await last_team(world, owner) is None, "who struck in this raid cannot strike in it again"
    await end(world, first)
    assert await last_team(world, owner) is None, "there is no raid to strike"
    await world.raid()
    found = await last_team(world, owner)
    assert found is not None
    assert [character.id for character in found.characters] == [four, three]
    assert (found.strike_id, found.action, found.struck_at) == (newest.strike.id, FIGHT, newest.strike.struck_at)
    assert found.complete
    assert found.equipment is not None
    assert found.equipment.id == charm

    await world.strike(owner, four, five)
    partly = await last_team(world, owner)
    assert partly is not None
    assert ([character.id for character in partly.characters], partly.complete) == ([three], False)

    await world.strike(owner, three)
    before = await last_team(world, owner)
    assert before is not None
    assert ([character.id for character in before.characters], before.complete) == ([one, two], True)
    await world.strike(owner, one, two)
    assert await last_team(world, owner) is None


async def test_fights_and_analyses_are_one_history_and_raids_come_newest_first(world: World) -> None:
    owner = await world.player(*[Sheet(200)] * 3)
    one, two, three = owner.copies
    boss = replace(BOSS, analysis_thresholds=(5_000,))
    first = await world.raid(boss)
    for copy in (three, two):
        await world.strike(owner, copy)
    await end(world, first)
    second = await world.raid(boss)
    await world.strike(owner, one, action=ANALYZE)
    await end(world, second)
    await world.raid()
    newest = await last_team(world, owner)
    assert newest is not None
    assert ([each.id for each in newest.characters], newest.action) == ([one], ANALYZE)


async def test_who_was_given_away_does_not_come_along_nor_what_was(world: World) -> None:
    owner, friend = await world.player(Sheet(), Sheet()), await world.player()
    charm = await world.equipment(owner, EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=3))
    raid = await world.raid()
    await world.strike(owner, *owner.copies, equipment=charm)
    await end(world, raid)
    await world.raid()
    await world.rows("UPDATE user_characters SET user_id = $1 WHERE id = $2", friend.user_id, owner.copies[0])
    await world.rows("UPDATE equipment SET user_id = $1 WHERE id = $2", friend.user_id, charm)
    found = await last_team(world, owner)
    assert found is not None
    assert ([each.id for each in found.characters], found.complete) == ([owner.copies[1]], False)
    assert found.equipment is None
    assert await last_team(world, friend) is None


async def test_no_more_come_along_than_a_team_of_this_raid_may_have(world: World) -> None:
    owner = await world.player(*[Sheet()] * 4)
    raid = await world.raid()
    await world.strike(owner, *owner.copies)
    await end(world, raid)
    await world.raid(replace(BOSS, rules=RaidRules(max_team_size=3)))
    found = await last_team(world, owner)
    assert found is not None
    assert ([each.id for each in found.characters], found.complete) == (list(owner.copies[:3]), False)
