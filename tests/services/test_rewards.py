"""Who earns what, once, and in an order that the host game can follow."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.errors import ForbiddenError, InvalidInputError
from services.raid_administration import RaidAdministration
from services.rules.configuration import Milestone, RewardConfiguration, Tier
from services.rules.values import RaidOutcome, Reward
from services.shelf import Shelf
from services.views import PUBLIC, LeaderboardMetric, Raid, RewardGrant
from tests.services.world import ADMIN, ANALYZE, BOSS, BOT, FIGHT, Owner, Sheet, World, books_balance

HOUR = timedelta(hours=1)


def crystals(amount: int) -> tuple[Reward, ...]:
    return (Reward("crystals", amount),)


REWARDS = RewardConfiguration(
    strike_divisor=100,
    milestones=(Milestone(50, crystals(7)), Milestone(100, (Reward("gems", 1),)), Milestone(300, crystals(9))),
    breakthrough=crystals(5),
    victory=(Reward("crystals", 100), Reward("daphine", 3)),
    tiers=(Tier("bronze", 50, 1_000), Tier("silver", 100, 1_500), Tier("gold", 1_000, 3_000)),
)
PAYING = replace(BOSS, rewards=REWARDS, stage_hp_below_permille=(), total_hp=100_000)


async def ledger(world: World) -> tuple[RewardGrant, ...]:
    return (await world.service.desk.reward_grants(BOT, after=None, first=1_000)).items


async def granted(world: World, owner: Owner, kind: str) -> list[tuple[str, tuple[Reward, ...]]]:
    return [(g.key, g.rewards) for g in await ledger(world) if g.user_id == owner.user_id and g.kind.value == kind]


async def titles(world: World) -> dict[str, int]:
    return {grant.key: grant.user_id for grant in await ledger(world) if grant.kind.value == "title"}


async def run_out_of_time(world: World, raid: Raid) -> RaidOutcome | None:
    await world.pass_time(HOUR)
    await RaidAdministration(world.database, Shelf()).settle()
    return (await world.now(raid)).outcome


async def test_a_strike_pays_by_its_score_times_the_boss_s_tier(world: World) -> None:
    owner = await world.player(Sheet(1_990), Sheet(99))
    await world.raid(replace(PAYING, tier=3, rewards=replace(REWARDS, milestones=())))
    assert (await world.strike(owner, owner.copies[0])).rewards == crystals(19 * 3)
    assert (await world.strike(owner, owner.copies[1])).rewards == ()
    assert await granted(world, owner, "strike") == [("1", crystals(57))]


async def test_milestones_are_personal_come_once_and_several_at_a_time(world: World) -> None:
    owner, other = await world.players(2, await world.characters(Sheet(490), Sheet(10), Sheet(600), Sheet(2_000)))
    await world.raid(PAYING)
    rewards = [(await world.strike(owner, copy)).rewards for copy in owner.copies]
    assert rewards == [
        crystals(4),  # contribution 49
        crystals(7),  # 50, and a strike worth nothing
        (Reward("crystals", 6), Reward("gems", 1)),  # 110
        crystals(20 + 9),  # 310
    ]
    assert (await world.strike(other, other.copies[3])).rewards == (Reward("crystals", 20 + 7), Reward("gems", 1))
    assert [key for key, _ in await granted(world, owner, "milestone")] == ["50", "100", "300"]
    assert [key for key, _ in await granted(world, other, "milestone")] == ["50", "100"]


async def test_milestones_count_analysis_at_six_fifths(world: World) -> None:
    owner = await world.player(Sheet(410), Sheet(10))
    await world.raid(replace(PAYING, analysis_thresholds=(10_000,)))
    assert (await world.strike(owner, owner.copies[0], action=ANALYZE)).rewards == crystals(4)  # 41 * 6 // 5 = 49
    assert (await world.strike(owner, owner.copies[1], action=ANALYZE)).rewards == crystals(7)  # 42 * 6 // 5 = 50


async def test_a_breakthrough_pays_every_analyst_of_then_and_later_ones_with_their_first_point(world: World) -> None:
    early, opener, late, fighter = await world.players(4, await world.characters(*[Sheet(100)] * 3))
    raid = await world.raid(replace(PAYING, analysis_thresholds=(20, 40, 5_000)))
    await world.strike(early, early.copies[0], action=ANALYZE)
    await world.strike(fighter, fighter.copies[0])
    assert not await granted(world, early, "breakthrough")
    opened = await world.strike(opener, opener.copies[0], action=ANALYZE)
    assert opened.rewards == crystals(1 + 5)
    for owner in (early, opener):
        assert await granted(world, owner, "breakthrough") == [("1", crystals(5))]
    await world.strike(early, early.copies[1], action=ANALYZE)
    await world.strike(opener, opener.copies[1], action=ANALYZE)  # the second threshold
    came_late = await world.strike(late, late.copies[0], action=ANALYZE)
    assert came_late.rewards == crystals(1 + 5 + 10)
    again = await world.strike(late, late.copies[1], action=ANALYZE)
    assert again.rewards == crystals(1)
    for owner in (early, opener, late):
        assert await granted(world, owner, "breakthrough") == [("1", crystals(5)), ("2", crystals(10))]
    assert not await granted(world, fighter, "breakthrough")
    await books_balance(world.database, raid.id)


async def test_breakthroughs_in_a_crowd_pay_each_analyst_each_of_them_once(world: World) -> None:
    owners = await world.players(40, await world.characters(*[Sheet(100)] * 3))
    boss = replace(PAYING, analysis_thresholds=(50, 150, 300, 500, 900))
    raid = await world.raid(boss)
    for turn in range(3):
        await asyncio.gather(*(world.strike(o, o.copies[turn], action=ANALYZE) for o in owners[turn * 10 :]))
    assert (await world.now(raid)).analysis.unlocked == 5
    for owner in owners:
        assert [key for key, _ in await granted(world, owner, "breakthrough")] == ["1", "2", "3", "4", "5"]
    await books_balance(world.database, raid.id)


async def fought(world: World, total_hp: int) -> tuple[Raid, tuple[Owner, ...]]:
    """Contributions of 10, 60 and 120, by players who struck once each; HP is left if there were more than 190."""
    owners = [await world.player(Sheet(100)), await world.player(Sheet(600)), await world.player(Sheet(1_200))]
    idle = await world.player(Sheet())
    raid = await world.raid(replace(PAYING, total_hp=total_hp), ends_in=HOUR)
    for owner in owners:
        await world.strike(owner, owner.copies[0])
    return raid, (*owners, idle)


async def test_victory_pays_every_participant_by_tier(world: World) -> None:
    raid, (none, bronze, silver, idle) = await fought(world, total_hp=190)
    assert await granted(world, none, "victory") == [("victory", (Reward("crystals", 100), Reward("daphine", 3)))]
    assert await granted(world, bronze, "victory") == [("victory", (Reward("crystals", 100), Reward("daphine", 3)))]
    assert await granted(world, silver, "victory") == [("victory", (Reward("crystals", 150), Reward("daphine", 4)))]
    assert await granted(world, idle, "victory") == []
    assert await titles(world) == dict.fromkeys(("most_damage", "best_strike", "final_blow"), silver.user_id)
    await books_balance(world.database, raid.id)


async def test_the_final_blow_s_answer_holds_its_victory_reward(world: World) -> None:
    owner = await world.player(Sheet(2_000))
    await world.raid(replace(PAYING, total_hp=120))
    answer = await world.strike(owner, owner.copies[0])
    assert answer.rewards == (Reward("crystals", 20 + 7 + 150), Reward("gems", 1), Reward("daphine", 4))
    assert (await world.service.balances(ADMIN, [owner.user_id]))[0] == (
        Reward("crystals", 177),
        Reward("daphine", 4),
        Reward("gems", 1),
    )


async def test_an_expired_raid_pays_half_of_the_share_that_was_removed(world: World) -> None:
    raid, (none, bronze, silver, idle) = await fought(world, total_hp=250)  # 190 of 250: 760 permille
    assert await run_out_of_time(world, raid) is RaidOutcome.EXPIRED
    expected = (Reward("crystals", 38), Reward("daphine", 1))
    assert await granted(world, none, "victory") == [("victory", expected)]
    assert await granted(world, bronze, "victory") == [("victory", expected)]
    assert await granted(world, silver, "victory") == [("victory", (Reward("crystals", 57), Reward("daphine", 1)))]
    assert await granted(world, idle, "victory") == []
    assert await titles(world) == dict.fromkeys(("most_damage", "best_strike"), silver.user_id)
    assert {grant.strike_number for grant in await ledger(world) if grant.kind.value == "victory"} == {None}


async def test_an_expired_raid_that_nobody_hurt_pays_nothing(world: World) -> None:
    raid = await world.raid(PAYING, ends_in=HOUR)
    assert await run_out_of_time(world, raid) is RaidOutcome.EXPIRED
    assert await ledger(world) == ()


async def test_a_cancelled_raid_pays_nothing_more_and_takes_nothing_back(world: World) -> None:
    raid, _ = await fought(world, total_hp=1_000)
    before = await ledger(world)
    assert {grant.kind.value for grant in before} == {"strike", "milestone"}
    await world.service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="a bug")
    assert await ledger(world) == before


async def test_titles_go_to_who_was_first_among_equals(world: World) -> None:
    one, two, three = await world.players(3, await world.characters(Sheet(500), Sheet(500), Sheet(300)))
    await world.raid(replace(PAYING, total_hp=230, analysis_thresholds=(1_000,)))
    await world.strike(two, two.copies[0], action=ANALYZE)
    await world.strike(one, one.copies[0], action=ANALYZE)
    await world.strike(three, three.copies[0])
    await world.strike(one, one.copies[1])
    await world.strike(two, two.copies[1])
    await world.strike(one, one.copies[2])  # 80
    await world.strike(three, three.copies[1])  # 100 and the last blow, cut to 50: 100 in all
    assert await titles(world) == {
        "most_damage": three.user_id,
        "most_analysis": two.user_id,
        "best_strike": two.user_id,
        "final_blow": three.user_id,
    }
    board = await world.service.leaderboard(ADMIN, raid_id=None, metric=LeaderboardMetric.ANALYSIS, first=5)
    assert board is not None
    assert [(entry.rank, entry.player.user_id) for entry in board] == [(1, two.user_id), (1, one.user_id)]


async def test_the_ledger_is_read_in_its_order_from_where_the_reader_stopped_while_it_grows(world: World) -> None:
    owners = await world.players(30, await world.characters(Sheet(600), Sheet(600), Sheet(600)))
    await world.raid(replace(PAYING, analysis_thresholds=(100, 1_000, 100_000)))
    read: list[RewardGrant] = []
    done = False

    async def pay_out() -> None:
        cursor: str | None = None
        for _ in range(2_000):
            last_round = done
            page = await world.service.desk.reward_grants(BOT, after=cursor, first=7)
            read.extend(page.items)
            cursor = page.cursors[-1] if page.cursors else cursor
            if last_round and not page.items:
                return
        pytest.fail("the ledger has no end")

    async def play(owner: Owner) -> None:
        for copy in owner.copies:
            await world.strike(owner, copy, action=ANALYZE if copy % 2 else FIGHT)

    reader = asyncio.create_task(pay_out())
    await asyncio.gather(*map(play, owners))
    done = True
    await reader
    assert [grant.id for grant in read] == sorted(grant.id for grant in read)
    assert tuple(read) == await ledger(world)
    assert len({(g.raid_id, g.user_id, g.kind, g.key) for g in read}) == len(read)


async def test_the_ledger_is_for_the_bot_and_admins_and_knows_its_own_cursors(world: World) -> None:
    assert (await world.service.desk.reward_grants(BOT, after=None, first=5)).items == ()
    for principal in (PUBLIC, (await world.player()).principal):
        with pytest.raises(ForbiddenError):
            await world.service.desk.reward_grants(principal, after=None, first=5)
    for foreign in ("x", "WyJhIl0", "Wy0xXQ", "é", "W10"):
        with pytest.raises(InvalidInputError, match="after"):
            await world.service.desk.reward_grants(BOT, after=foreign, first=5)
