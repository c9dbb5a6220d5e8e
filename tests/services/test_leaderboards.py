"""Who leads: competition ranks, ties by who got there first, and the neighbours of one player."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

import pytest

from db.queries import verification
from services.views import PUBLIC, LeaderboardEntry, LeaderboardMetric, Raid
from tests.services.world import ADMIN, ANALYZE, BOSS, FIGHT, OpenWorld, Owner, Sheet, World

METRICS = list(LeaderboardMetric)
Places = list[tuple[int, int, int]]  # (rank, user, score)


@dataclass(frozen=True, slots=True)
class Board:
    """Six players; who struck, in this order: A fights 50, B fights 80, C analyzes 60, D fights 50, E fights 30 and 50,
    A analyzes 60. F owns characters and sleeps."""

    world: World
    raid: Raid
    owners: tuple[Owner, ...]

    def number(self, name: str) -> int:
        return self.owners["ABCDEF".index(name)].user_id

    async def top(self, metric: LeaderboardMetric, first: int = 10) -> Places:
        entries = await self.world.service.leaderboard(ADMIN, raid_id=str(self.raid.id), metric=metric, first=first)
        assert entries is not None
        return places(entries)

    async def around(self, name: str, metric: LeaderboardMetric, radius: int) -> Places:
        discord_id = self.owners["ABCDEF".index(name)].discord_id
        entries = await self.world.service.leaderboard_around(
            ADMIN, discord_id=discord_id, raid_id=None, metric=metric, radius=radius
        )
        assert entries is not None
        return places(entries)


def places(entries: tuple[LeaderboardEntry, ...]) -> Places:
    return [(entry.rank, entry.player.user_id, entry.score) for entry in entries]


@pytest.fixture(scope="module")
async def board(open_world: OpenWorld) -> AsyncIterator[Board]:
    async with open_world() as world:
        sheets = [Sheet(300), Sheet(500), Sheet(600), Sheet(800)]
        owners = await world.players(6, await world.characters(*sheets))
        raid = await world.raid(replace(BOSS, analysis_thresholds=(100_000,)))
        a, b, c, d, e, _ = owners
        for owner, copy, action in (
            (a, 1, FIGHT),
            (b, 3, FIGHT),
            (c, 2, ANALYZE),
            (d, 1, FIGHT),
            (e, 0, FIGHT),
            (e, 1, FIGHT),
            (a, 2, ANALYZE),
        ):
            await world.strike(owner, owner.copies[copy], action=action)
        yield Board(world, raid, owners)


EXPECTED = {
    LeaderboardMetric.DAMAGE: [(1, "B", 80), (1, "E", 80), (3, "A", 50), (3, "D", 50)],
    LeaderboardMetric.ANALYSIS: [(1, "C", 60), (1, "A", 60)],
    LeaderboardMetric.CONTRIBUTION: [(1, "A", 122), (2, "B", 80), (2, "E", 80), (4, "C", 72), (5, "D", 50)],
    LeaderboardMetric.STRIKES: [(1, "E", 2), (1, "A", 2), (3, "B", 1), (3, "C", 1), (3, "D", 1)],
}


@pytest.mark.parametrize("metric", METRICS)
async def test_the_board_ranks_by_score_and_orders_equals_by_who_was_first(
    board: Board, metric: LeaderboardMetric
) -> None:
    expected = [(rank, board.number(name), score) for rank, name, score in EXPECTED[metric]]
    assert await board.top(metric) == expected
    for first in (1, 2, 3):
        assert await board.top(metric, first) == expected[:first]


@pytest.mark.parametrize("metric", METRICS)
async def test_a_player_s_rank_is_that_of_the_board_and_none_without_a_score(
    board: Board, metric: LeaderboardMetric
) -> None:
    ranks = {user: rank for rank, user, _ in await board.top(metric)}
    for owner in board.owners:
        found = await board.world.service.rank(ADMIN, raid_id=board.raid.id, user_id=owner.user_id, metric=metric)
        assert found == ranks.get(owner.user_id)


@pytest.mark.parametrize("metric", METRICS)
async def test_around_a_player_is_that_part_of_the_board_whatever_the_radius(
    board: Board, metric: LeaderboardMetric
) -> None:
    whole = await board.top(metric)
    users = [user for _, user, _ in whole]
    for name in "ABCDEF":
        for radius in range(7):
            seen = await board.around(name, metric, radius)
            if board.number(name) not in users:
                assert seen == []
                continue
            place = users.index(board.number(name))
            assert seen == whole[max(0, place - radius) : place + radius + 1]


async def test_below_a_crowd_of_equals_a_rank_counts_all_of_them(world: World) -> None:
    owners = await world.players(8, await world.characters(Sheet(100), Sheet(50)))
    await world.raid()
    *crowd, last = owners
    for owner in crowd:
        await world.strike(owner, owner.copies[0])
    await world.strike(last, last.copies[1])
    entries = await world.service.leaderboard_around(
        ADMIN, discord_id=last.discord_id, raid_id=None, metric=LeaderboardMetric.DAMAGE, radius=2
    )
    assert entries is not None
    assert places(entries) == [(1, crowd[-2].user_id, 10), (1, crowd[-1].user_id, 10), (8, last.user_id, 5)]


async def test_a_large_board_agrees_with_itself_everywhere(open_world: OpenWorld) -> None:
    """400 players with few different scores, as participants' rows: tops, rank and around tell one story."""
    async with open_world() as world:
        owners = await world.players(400)
        raid = await world.raid()
        await fill_participants(world, raid, owners)
        service = world.service
        whole = await service.leaderboard(PUBLIC, raid_id=None, metric=LeaderboardMetric.DAMAGE, first=1_000)
        assert whole is not None
        assert len(whole) == 400
        for above, below in pairwise(whole):
            assert above.score >= below.score
            assert (above.rank == below.rank) == (above.score == below.score)
        assert all(entry.rank == 1 + sum(other.score > entry.score for other in whole) for entry in whole)
        by_discord_id = {owner.user_id: owner.discord_id for owner in owners}
        for place in (0, 1, 57, 199, 398, 399):
            entry = whole[place]
            near = await service.leaderboard_around(
                PUBLIC,
                discord_id=by_discord_id[entry.player.user_id],
                raid_id=None,
                metric=LeaderboardMetric.DAMAGE,
                radius=25,
            )
            assert near == whole[max(0, place - 25) : place + 26]
            rank = await service.rank(
                PUBLIC, raid_id=raid.id, user_id=entry.player.user_id, metric=LeaderboardMetric.DAMAGE
            )
            assert rank == entry.rank


EDGES = [2**bits + change for bits in (0, 5, 6, 7, 11, 40) for change in (-1, 0, 1)] + [2**50]


async def test_ranks_are_exact_wherever_steps_begin_and_whatever_moves_the_totals(open_world: OpenWorld) -> None:
    async with open_world() as world:
        owners, raid, random = await world.players(150), await world.raid(), Random(8)
        await fill_participants(world, raid, owners)
        scores = {owner.user_id: random.choice(EDGES) + random.choice((0, 0, 1, 40)) for owner in owners}
        await world.connection.execute(
            "UPDATE world_threat_participants SET damage = score, contribution = score "
            "FROM unnest($1::bigint[], $2::bigint[]) AS new(id, score) WHERE user_id = id",
            list(scores),
            list(scores.values()),
        )
        gone = [owner.user_id for owner in owners[:9]]
        await world.connection.execute("DELETE FROM world_threat_participants WHERE user_id = ANY($1::bigint[])", gone)
        scored = {user_id: score for user_id, score in scores.items() if score > 0 and user_id not in gone}
        expected = {user_id: 1 + sum(other > score for other in scored.values()) for user_id, score in scored.items()}
        assert len(set(expected.values())) > 20
        for owner in owners:
            place = expected.get(owner.user_id)
            assert place == await world.service.rank(
                PUBLIC, raid_id=raid.id, user_id=owner.user_id, metric=LeaderboardMetric.DAMAGE
            )
            near = await world.service.leaderboard_around(
                PUBLIC, discord_id=owner.discord_id, raid_id=None, metric=LeaderboardMetric.CONTRIBUTION, radius=4
            )
            assert [entry.rank for entry in near or ()] == [expected[entry.player.user_id] for entry in near or ()]
            assert place is None or near
        assert await verification.unbalanced_steps(world.connection, raid.id, 5) == []


async def fill_participants(world: World, raid: Raid, owners: tuple[Owner, ...]) -> None:
    """Rows as strikes leave them: player n struck once, as number n, for (n * 7919) % 23 + 1 damage."""
    await world.connection.execute(
        "INSERT INTO world_threat_participants "
        "SELECT $1, id, 1, 0, 1, n, score, n, 0, 0, score, n, NULL, score * 10, n, now() "
        "FROM (SELECT id, n, (n * 7919) % 23 + 1 AS score "
        "      FROM unnest($2::bigint[]) WITH ORDINALITY AS u(id, n)) scored",
        raid.id,
        [owner.user_id for owner in owners],
    )


async def test_the_board_without_a_raid_named_is_the_live_one_s_else_the_newest_ended_s(world: World) -> None:
    owner = await world.player(Sheet(), Sheet())
    assert await world.service.leaderboard(ADMIN, raid_id=None, metric=LeaderboardMetric.DAMAGE, first=5) is None
    first = await world.raid()
    await world.strike(owner, owner.copies[0])
    await world.service.desk.end_raid(ADMIN, raid_id=str(first.id), reason="enough")

    async def scores(raid_id: str | None) -> list[int] | None:
        found = await world.service.leaderboard(ADMIN, raid_id=raid_id, metric=LeaderboardMetric.DAMAGE, first=5)
        return None if found is None else [entry.score for entry in found]

    assert await scores(None) == [10]
    second = await world.raid()
    assert await scores(None) == []
    assert await scores(str(first.id)) == [10]
    assert await scores(str(second.id)) == []
    for nowhere in ("999999", "x"):
        assert await scores(nowhere) is None
        near = await world.service.leaderboard_around(
            ADMIN, discord_id=owner.discord_id, raid_id=nowhere, metric=LeaderboardMetric.DAMAGE, radius=1
        )
        assert near is None
    boards = await world.service.leaderboards(ADMIN, [second.id, first.id], metric=LeaderboardMetric.DAMAGE, first=5)
    assert [[entry.score for entry in board] for board in boards] == [[], [10]]


async def test_viewers_find_themselves_marked(board: Board) -> None:
    owner = board.owners[0]
    entries = await board.world.service.leaderboard(
        owner.principal, raid_id=None, metric=LeaderboardMetric.DAMAGE, first=10
    )
    assert entries is not None
    assert [entry.player.user_id for entry in entries if entry.is_viewer] == [owner.user_id]
    entries = await board.world.service.leaderboard(PUBLIC, raid_id=None, metric=LeaderboardMetric.DAMAGE, first=10)
    assert entries is not None
    assert not any(entry.is_viewer for entry in entries)


async def test_the_board_of_a_fought_raid_is_the_sum_of_its_log(world: World) -> None:
    owners = await world.players(25, await world.characters(*[Sheet(50 * n) for n in range(1, 5)]))
    await world.raid(replace(BOSS, analysis_thresholds=(100_000,)))
    answers = await asyncio.gather(
        *(
            world.strike(o, copy, action=ANALYZE if (copy + o.user_id) % 3 else FIGHT)
            for o in owners
            for copy in o.copies
        )
    )
    damage = dict.fromkeys((owner.user_id for owner in owners), 0)
    for answer in answers:
        damage[answer.strike.user_id] += answer.strike.damage_dealt
    entries = await world.service.leaderboard(ADMIN, raid_id=None, metric=LeaderboardMetric.DAMAGE, first=100)
    assert entries is not None
    assert {entry.player.user_id: entry.score for entry in entries} == {u: d for u, d in damage.items() if d}
