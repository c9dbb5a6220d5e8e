"""The admins' desk: raids from templates, players and what they are given, the log of it all."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services import codec
from services.boss_overrides import BossOverrides, RewardOverrides, RulesOverrides
from services.errors import (
    ForbiddenError,
    InvalidConfigurationError,
    InvalidInputError,
    PlayerNotFoundError,
    UnknownCharactersError,
)
from services.rules.checks import Severity
from services.rules.configuration import DEFAULT_THRESHOLDS_PERMILLE, BossConfiguration, StageEffect
from services.rules.values import EquipmentEffect, EquipmentEffectKind, RaidStatus, Stat
from services.views import PUBLIC, AdminAction, Principal, RaidCreated, Role, RosterFilter
from tests.services.world import ADMIN, BOSS, BOT, Sheet, World, elemental

HOUR = timedelta(hours=1)
PLAIN = BossOverrides(name="Plain", total_hp=5_000, dominant_stats=(Stat.ATK,))


async def create(
    world: World,
    boss: BossOverrides = PLAIN,
    *,
    boss_key: str | None = None,
    name: str = "A raid",
    accept_warnings: bool = True,
    principal: Principal = ADMIN,
) -> RaidCreated:
    return await world.service.desk.create_raid(
        principal,
        name=name,
        boss_key=boss_key,
        boss=boss,
        starts_at=None,
        ends_at=None,
        accept_warnings=accept_warnings,
    )


async def refusal(world: World, boss: BossOverrides, **how: Any) -> list[tuple[str, Severity]]:
    before = await world.contents()
    with pytest.raises(InvalidConfigurationError) as refused:
        await create(world, boss, **how)
    assert await world.contents() == before
    return [(problem.path, problem.severity) for problem in refused.value.problems]


# ------------------------------------------------------------------ raids


async def test_a_boss_alone_gets_the_default_rules_rewards_and_thresholds(world: World) -> None:
    raid = (await create(world)).raid
    assert raid.status is RaidStatus.ACTIVE
    assert raid.analysis.thresholds == tuple(5_000 * permille // 1000 for permille in DEFAULT_THRESHOLDS_PERMILLE)
    assert (raid.hp.total, raid.boss.name, raid.boss.dominant_stats) == (5_000, "Plain", (Stat.ATK,))
    owner = await world.player(Sheet(100), Sheet(100))
    answer = await world.strike(owner, owner.copies[0])
    assert answer.ready_at - answer.strike.struck_at == HOUR


async def test_a_boss_from_a_template_is_the_template_but_for_what_is_said(world: World) -> None:
    keys = [template.key for template in await world.service.desk.bosses(PUBLIC)]
    assert keys == sorted(keys)
    template = await world.service.desk.boss(PUBLIC, keys[0])
    assert template is not None
    assert await world.service.desk.boss(PUBLIC, "nobody") is None
    overrides = BossOverrides(
        total_hp=12_345,
        rules=RulesOverrides(cooldown_seconds=7),
        rewards=RewardOverrides(strike_divisor=9),
        curse_every=44,
    )
    boss = await world.service.desk.configured(keys[0], overrides)
    assert (boss.total_hp, boss.rules.cooldown_seconds, boss.rewards.strike_divisor, boss.curse_every) == (
        12_345,
        7,
        9,
        44,
    )
    assert (boss.name, boss.weaknesses, boss.stage_effects) == (
        template.boss.name,
        template.boss.weaknesses,
        template.boss.stage_effects,
    )
    assert boss.rewards.milestones == template.boss.rewards.milestones
    raid = (await create(world, overrides, boss_key=keys[0])).raid
    assert (raid.hp.total, raid.curse_clock.every, raid.boss.name) == (12_345, 44, template.boss.name)


async def test_an_unknown_template_and_a_boss_that_lacks_everything_are_refused(world: World) -> None:
    assert await refusal(world, PLAIN, boss_key="nobody") == [("boss_key", Severity.ERROR)]
    missing = await refusal(world, BossOverrides())
    assert missing == [(path, Severity.ERROR) for path in ("name", "total_hp", "dominant_stats")]


async def test_errors_refuse_a_configuration_whether_warnings_are_accepted_or_not(world: World) -> None:
    fire = elemental("fire")
    wrong = replace(PLAIN, total_hp=0, curse_every=0, weaknesses=(fire,), resistances=(fire,))
    for accept_warnings in (True, False):
        paths = await refusal(world, wrong, accept_warnings=accept_warnings)
        assert {path for path, _ in paths} == {"total_hp", "curse_every", "weaknesses[0]"}
    assert await refusal(world, PLAIN, name=" ") == [("raid.name", Severity.ERROR)]


async def test_warnings_refuse_unless_they_are_accepted_and_are_told_then(world: World) -> None:
    owner = await world.player(*[Sheet(100, (elemental("fire"),))] * 6)
    assert owner.copies
    odd = replace(PLAIN, curse_every=2, weaknesses=(elemental("lightning"),), curse_pool=(elemental("fire"),))
    paths = await refusal(world, odd, accept_warnings=False)
    assert {severity for _, severity in paths} == {Severity.WARNING}
    assert {path for path, _ in paths} == {"total_hp", "curse_every", "weaknesses[0]", "curse_pool[0]"}
    created = await create(world, odd)
    assert [(problem.path, problem.severity) for problem in created.warnings] == paths


async def test_a_raid_is_created_by_admins_and_logged_with_its_boss(world: World) -> None:
    for principal in (PUBLIC, BOT, Principal(Role.VIEWER), (await world.player()).principal):
        with pytest.raises(ForbiddenError):
            await create(world, principal=principal)
    raid = (await create(world, name="  The first  ")).raid
    assert raid.name == "The first"
    (action,) = (await world.service.desk.admin_actions(ADMIN, raid_id=str(raid.id), first=5, after=None)).items
    assert (action.actor, action.action, json.loads(action.before)) == ("root", "create_raid", {})
    assert json.loads(action.after)["boss"]["total_hp"] == 5_000


async def test_every_field_of_a_boss_survives_the_database(world: World) -> None:
    (template, *_) = await world.service.desk.bosses(PUBLIC)
    boss: BossConfiguration = replace(
        template.boss, stage_effects=(StageEffect(2, "x", elemental("a"), elemental("b"), 1_234),)
    )
    assert codec.boss_from_json(json.loads(json.dumps(codec.boss_to_json(boss)))) == boss


# ------------------------------------------------------------------ players


async def test_registering_twice_is_the_same_player_with_the_new_name(world: World) -> None:
    desk = world.service.desk
    player, new = await desk.register_player(BOT, discord_id="77", name=" Ada ")
    assert (player.name, player.discord_id, new) == ("Ada", "77", True)
    again, new = await desk.register_player(ADMIN, discord_id="77", name="Ada L.")
    assert (again.user_id, again.id, again.name, new) == (player.user_id, player.id, "Ada L.", False)
    for discord_id, name in (("", "x"), (" 7", "x"), ("7" * 65, "x"), ("7", " "), ("7", "x" * 101)):
        with pytest.raises(InvalidInputError):
            await desk.register_player(BOT, discord_id=discord_id, name=name)
    for principal in (PUBLIC, Principal(Role.VIEWER), Principal(Role.PLAYER, None, "x", player.user_id, "77")):
        with pytest.raises(ForbiddenError):
            await desk.register_player(principal, discord_id="78", name="Bo")


async def test_granted_characters_come_with_their_rarity_or_the_stars_that_are_said(world: World) -> None:
    await world.characters(Sheet(name="Mio", rarity=4), Sheet(name="Ren", rarity=1))
    owner = await world.player()
    await world.raid()
    keys = {
        row["name"]: row["key"]
        for row in await world.rows("SELECT key, name FROM characters JOIN character_revisions r ON r.id = revision_id")
    }
    desk = world.service.desk
    given = await desk.grant_characters(
        ADMIN, discord_id=owner.discord_id, grants=((keys["Ren"], 6), (keys["Mio"], None))
    )
    assert [(character.name, character.stars) for character in given] == [("Ren", 6), ("Mio", 4)]
    assert all(character.raid_use is not None and character.raid_use.available for character in given)
    await world.strike(owner, given[0].id)
    # Given again: the same copy with other stars, as used as it was.
    (again,) = await desk.grant_characters(ADMIN, discord_id=owner.discord_id, grants=((keys["Ren"], 2),))
    assert (again.id, again.stars, again.raid_use and again.raid_use.available) == (given[0].id, 2, False)
    page = await world.service.roster(ADMIN, owner.user_id, first=9, after=None, filter=RosterFilter())
    assert len(page.items) == 2
    action = (await desk.admin_actions(ADMIN, raid_id=None, first=1, after=None)).items[0]
    (player,) = await world.service.players_by_user_id([owner.user_id])
    assert (action.action, action.reason) == ("grant_characters", f"for player {player.id}")
    assert json.loads(action.after) == {"characters": [[keys["Ren"], 2]]}


async def test_grants_that_make_no_sense_give_nothing(world: World) -> None:
    await world.characters(Sheet())
    ((key,),) = await world.rows("SELECT key FROM characters")
    owner, desk = await world.player(), world.service.desk
    before = await world.contents()
    with pytest.raises(UnknownCharactersError) as unknown:
        await desk.grant_characters(ADMIN, discord_id=owner.discord_id, grants=((key, 1), ("x", 1), ("y", None)))
    assert unknown.value.character_keys == ("x", "y")
    with pytest.raises(PlayerNotFoundError):
        await desk.grant_characters(ADMIN, discord_id="nobody", grants=((key, 1),))
    for grants in ((), ((key, 1), (key, 2)), ((key, 0),), ((key, 7),), tuple((f"c{n}", 1) for n in range(501))):
        with pytest.raises(InvalidInputError, match="grants"):
            await desk.grant_characters(ADMIN, discord_id=owner.discord_id, grants=grants)
    for principal in (PUBLIC, BOT, owner.principal):
        with pytest.raises(ForbiddenError):
            await desk.grant_characters(principal, discord_id=owner.discord_id, grants=((key, 1),))
    assert await world.contents() == before


async def test_equipment_is_given_whole_or_not_at_all(world: World) -> None:
    owner, desk = await world.player(), world.service.desk
    kinds = EquipmentEffectKind
    effects = (
        EquipmentEffect(kinds.AFFINITY_ADD, affinity=elemental("Fire")),
        EquipmentEffect(kinds.STAT_BONUS, stat=Stat.LCK, amount=12),
        EquipmentEffect(kinds.FINAL_SCORE_BONUS, amount=3),
    )
    piece = await desk.grant_equipment(ADMIN, discord_id=owner.discord_id, name=" Lantern ", effects=effects)
    assert (piece.name, piece.effects) == ("Lantern", effects)
    assert await world.service.equipment(owner.principal, [owner.user_id]) == [(piece,)]
    before = await world.contents()
    for wrong in (
        (),
        (EquipmentEffect(kinds.AFFINITY_ADD),),
        (EquipmentEffect(kinds.STAT_BONUS, stat=Stat.LCK),),
        (EquipmentEffect(kinds.STAT_BONUS, amount=3),),
        (EquipmentEffect(kinds.FINAL_SCORE_BONUS, amount=3, stat=Stat.LCK),),
        (EquipmentEffect(kinds.FINAL_SCORE_BONUS, amount=0),),
        (EquipmentEffect(kinds.FINAL_SCORE_BONUS, amount=1_000_001),),
        (EquipmentEffect(kinds.FINAL_SCORE_BONUS, amount=1),) * 11,
    ):
        with pytest.raises(InvalidInputError, match="effects"):
            await desk.grant_equipment(ADMIN, discord_id=owner.discord_id, name="x", effects=wrong)
    with pytest.raises(InvalidInputError, match="name"):
        await desk.grant_equipment(ADMIN, discord_id=owner.discord_id, name=" ", effects=effects)
    with pytest.raises(PlayerNotFoundError):
        await desk.grant_equipment(ADMIN, discord_id="nobody", name="x", effects=effects)
    with pytest.raises(ForbiddenError):
        await desk.grant_equipment(BOT, discord_id=owner.discord_id, name="x", effects=effects)
    assert await world.contents() == before


# ------------------------------------------------------------------ the log


async def test_the_log_is_read_newest_first_in_pages_and_by_raid(world: World) -> None:
    desk = world.service.desk
    first = await world.raid(BOSS)
    await desk.pause_raid(ADMIN, raid_id=str(first.id), reason="a")
    await desk.end_raid(ADMIN, raid_id=str(first.id), reason="b")
    second = await world.raid(BOSS)
    seen: list[AdminAction] = []
    after: str | None = None
    for _ in range(4):
        page = await desk.admin_actions(ADMIN, raid_id=None, first=3, after=after)
        seen += page.items
        after = page.cursors[-1]
        if not page.has_next:
            break
    assert [action.action for action in seen] == ["create_raid", "end_raid", "pause_raid", "create_raid"]
    assert [action.raid_id for action in seen] == [second.id, first.id, first.id, first.id]
    one = await desk.admin_actions(ADMIN, raid_id=str(second.id), first=9, after=None)
    assert [action.id for action in one.items] == [seen[0].id]
    assert (await desk.admin_actions(ADMIN, raid_id="x", first=9, after=None)).items == ()
    for principal in (PUBLIC, BOT, Principal(Role.VIEWER)):
        with pytest.raises(ForbiddenError):
            await desk.admin_actions(principal, raid_id=None, first=9, after=None)


async def test_the_log_names_the_admin_s_token(world: World) -> None:
    created = await world.service.desk.create_token(
        ADMIN, role=Role.ADMIN, name="Mara's own", discord_id=None, expires_at=None
    )
    mara = Principal(Role.ADMIN, created.token.id, created.token.name)
    raid = await world.raid()
    await world.service.desk.pause_raid(mara, raid_id=str(raid.id), reason="lunch")
    ((actor, token_id),) = await world.rows("SELECT actor, token_id FROM admin_actions WHERE action = 'pause_raid'")
    assert (actor, token_id) == ("Mara's own", created.token.id)
