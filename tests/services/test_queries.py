"""What the database is asked: boards from the participants' indexes, never from a log; strikes in few statements."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from sqlalchemy import event

from db.queries import leaderboards
from services.views import PUBLIC, LeaderboardMetric, Raid
from tests.services.world import OpenWorld, Owner, Sheet, World

METRICS = list(LeaderboardMetric)
PLAYERS = 5_000
EQUALS = -(-PLAYERS // 97)
"""So many at most have the same score; the widest steps here hold four scores."""
LOGS = ("world_threat_strikes", "world_threat_analysis", "raid_events", "reward_grants", "world_threat_character_usage")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Many participants in one raid, few scores, and as many in another raid."""

    world: World
    raid: Raid
    owners: tuple[Owner, ...]

    async def plans_of(self, ask: Any) -> list[dict[str, Any]]:
        """The plans of the statements that `ask` puts to a connection, with what they really read."""
        asked: list[tuple[str, tuple[Any, ...]]] = []
        async with self.world.database.reading() as connection:

            def listen(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
                asked.append((statement, tuple(parameters)))

            event.listen(connection.sync_connection, "before_cursor_execute", listen)
            await ask(connection)
        assert asked
        plans = []
        for statement, parameters in asked:
            (row,) = await self.world.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *parameters)
            document = row[0] if isinstance(row[0], list) else orjson.loads(row[0])
            plans.append(document[0]["Plan"])
        return plans


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes(child))]


@pytest.fixture(scope="module")
async def crowd(open_world: OpenWorld) -> AsyncIterator[Crowd]:
    async with open_world() as world:
        owners = await world.players(PLAYERS)
        raid = await world.raid()
        for raid_id in (raid.id, raid.id + 1):
            await world.connection.execute(
                "INSERT INTO world_threat_participants "
                "SELECT $1, id, 1, 1, 2, n, score, n, score, n, score + score * 6 / 5, n, n, score * 10, n, now() "
                "FROM (SELECT id, n, (n * 7919) % 97 + 1 AS score "
                "      FROM unnest($2::bigint[]) WITH ORDINALITY AS u(id, n)) scored",
                raid_id,
                [owner.user_id for owner in owners],
            )
        await world.connection.execute("VACUUM ANALYZE world_threat_participants, users")
        yield Crowd(world, raid, owners)


def check_board_plan(plan: dict[str, Any], metric: LeaderboardMetric, rows_read_at_most: int) -> None:
    read = [node for node in nodes(plan) if "Relation Name" in node]
    participants = [node for node in read if node["Relation Name"] == "world_threat_participants"]
    assert {node["Relation Name"] for node in read} <= {
        "world_threat_participants", "world_threat_leaderboard_steps", "users"
    }  # fmt: skip
    assert all("Index" in node["Node Type"] for node in read if node["Relation Name"].endswith("_steps")), read
    assert participants
    for node in participants:
        assert "Index" in node["Node Type"], node
        assert node["Index Name"] in {f"ix_world_threat_participants_{metric.value}", "pk_world_threat_participants"}
        passed = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        assert passed <= rows_read_at_most, node


@pytest.mark.parametrize("metric", METRICS)
async def test_a_top_reads_no_more_than_it_shows_from_its_metric_s_index(
    crowd: Crowd, metric: LeaderboardMetric
) -> None:
    (plan,) = await crowd.plans_of(lambda connection: leaderboards.tops(connection, [crowd.raid.id], metric.value, 25))
    check_board_plan(plan, metric, rows_read_at_most=25)


@pytest.mark.parametrize("metric", METRICS)
async def test_a_rank_counts_only_who_is_ahead_on_the_same_step(crowd: Crowd, metric: LeaderboardMetric) -> None:
    owner = crowd.owners[PLAYERS // 2]
    plans = await crowd.plans_of(
        lambda connection: leaderboards.rank(connection, crowd.raid.id, owner.user_id, metric.value)
    )
    for plan in plans:
        check_board_plan(plan, metric, rows_read_at_most=4 * EQUALS)


@pytest.mark.parametrize("metric", [LeaderboardMetric.DAMAGE, LeaderboardMetric.CONTRIBUTION])
@pytest.mark.parametrize("place", [0, PLAYERS // 2, PLAYERS - 1])
async def test_neighbours_are_read_from_the_index_beginning_at_the_player(
    crowd: Crowd, metric: LeaderboardMetric, place: int
) -> None:
    owner = crowd.owners[place]
    *own, around = await crowd.plans_of(
        lambda connection: leaderboards.around(connection, crowd.raid.id, owner.user_id, metric.value, 10)
    )
    for plan in own:
        check_board_plan(plan, metric, rows_read_at_most=1)
    check_board_plan(around, metric, rows_read_at_most=4 * EQUALS)
    limits = [node for node in nodes(around) if node["Node Type"] == "Limit" and node.get("Plan Rows", 0) > 1]
    assert limits
    for limit in limits:
        for node in nodes(limit):
            if node.get("Relation Name") == "world_threat_participants":
                assert node["Actual Rows"] + node.get("Rows Removed by Filter", 0) <= EQUALS + 11


@contextmanager
def counted(world: World) -> Any:
    """The statements that the readers' pool runs meanwhile."""
    asked: list[str] = []

    def listen(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "clock_timestamp" not in statement:  # the raid clock's own look
            asked.append(statement)

    engine = world.database._reading_engine.sync_engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", listen)


async def test_what_players_look_at_all_the_time_reads_no_log(crowd: Crowd) -> None:
    service, owner = crowd.world.service, crowd.owners[7]
    metric = LeaderboardMetric.DAMAGE
    with counted(crowd.world) as asked:
        await service.active_raid(PUBLIC)
        await service.leaderboard(PUBLIC, raid_id=None, metric=metric, first=10)
        await service.leaderboards(PUBLIC, [crowd.raid.id], metric=metric, first=10)
        await service.leaderboard_around(PUBLIC, discord_id=owner.discord_id, raid_id=None, metric=metric, radius=3)
        await service.rank(PUBLIC, raid_id=crowd.raid.id, user_id=owner.user_id, metric=metric)
    assert asked
    assert not [statement for statement in asked if any(re.search(rf"\b{log}\b", statement) for log in LOGS)]


async def test_lists_of_many_cost_as_many_statements_as_lists_of_one(world: World) -> None:
    owners = await world.players(30, await world.characters(*[Sheet()] * 2))
    raid = await world.raid()
    await asyncio.gather(*(world.strike(owner, copy) for owner in owners for copy in owner.copies))
    service = world.service
    costs = []
    for first in (1, 50):
        with counted(world) as asked:
            await service.strikes(PUBLIC, [raid.id], first=first, after=None, discord_id=None)
            await service.raids(PUBLIC, first=first, after=None, status=None)
            await service.leaderboard(PUBLIC, raid_id=None, metric=LeaderboardMetric.STRIKES, first=first)
            await service.players_by_user_id([owner.user_id for owner in owners[:first]])
        costs.append(len(asked))
    assert costs[0] >= costs[1]
