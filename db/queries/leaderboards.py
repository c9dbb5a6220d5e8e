"""Leaderboards and ranks, from the participants' indexes: never from the log.

Competition rank: one more than the number of players with a higher score. Equal scores share a rank and stand
in the order in which they were reached. Players without a score are on no board. Who is ahead is counted by whole steps
(`LeaderboardStep`) and, on the score's own step, one by one. Statements stand ready, as in `db.queries.raids`.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.models import LeaderboardStep, Participant, User
from db.queries.arrays import WANTED_RAIDS
from db.rows import RankedRow

Rows = Select[tuple[int, int, int, int]]
"""user_id, score, reached, strikes."""

METRICS: dict[str, tuple[Any, Any]] = {
    "damage": (Participant.damage, Participant.damage_number),
    "analysis": (Participant.analysis_points, Participant.analysis_number),
    "contribution": (Participant.contribution, Participant.contribution_number),
    "strikes": (Participant.strikes, Participant.strikes_number),
}
"""Metric -> (score, number of the strike that reached it); both form one index with raid_id."""


_OF_RAID = Participant.raid_id == bindparam("raid_id", type_=BigInteger)


def _on_higher_steps(metric: str, own_score: Any) -> Any:
    """How many of the raid stand on higher steps of `metric` than `own_score`."""
    players = select(func.coalesce(func.sum(LeaderboardStep.players), 0)).where(
        LeaderboardStep.raid_id == bindparam("raid_id", type_=BigInteger),
        LeaderboardStep.metric == literal_column(f"'{metric}'"),
        LeaderboardStep.step > func.leaderboard_step(own_score),
    )
    return cast(players.scalar_subquery(), BigInteger)


def _count(*conditions: Any) -> Any:
    return select(func.count()).where(_OF_RAID, *conditions).scalar_subquery()


def _ahead(metric: str, own_score: Any) -> Any:
    """How many of the raid have more of `metric` than `own_score`; of any raid's players few are on one step."""
    score, _ = METRICS[metric]
    step_ends = func.next_leaderboard_step_score(own_score, type_=BigInteger)
    return _on_higher_steps(metric, own_score) + _count(score > own_score, score < step_ends)


@cache
def _tops(metric: str) -> Select[Any]:
    score, number = METRICS[metric]
    top = (
        select(Participant.user_id, score.label("score"), number.label("reached"), Participant.strikes)
        .where(Participant.raid_id == WANTED_RAIDS.c.raid_id, score > 0)
        .order_by(score.desc(), number)
        .limit(bindparam("limit", type_=Integer))
        .lateral("top")
    )
    rank = func.rank().over(partition_by=WANTED_RAIDS.c.raid_id, order_by=top.c.score.desc())
    return (
        select(
            WANTED_RAIDS.c.raid_id,
            rank.label("rank"),
            top.c.score,
            top.c.strikes,
            User.id,
            User.public_id,
            User.discord_id,
            User.name,
        )
        .select_from(WANTED_RAIDS)
        .join(top, true())
        .join(User, User.id == top.c.user_id)
        .order_by(WANTED_RAIDS.c.raid_id, top.c.score.desc(), top.c.reached)
    )


async def tops(
    connection: AsyncConnection,
    raid_ids: Sequence[int],
    metric: str,
    limit: int,
) -> dict[int, list[RankedRow]]:
    """The first `limit` of each raid, ranked among themselves, which for the first is among all."""
    found: dict[int, list[RankedRow]] = defaultdict(list)
    for row in await connection.execute(_tops(metric), {"raid_ids": list(raid_ids), "limit": limit}):
        found[row.raid_id].append(RankedRow._make(row))
    return found


@cache
def _own(metric: str) -> Select[Any]:
    """(score, number of the strike that reached it), of who has a score."""
    score, number = METRICS[metric]
    return select(score, number).where(
        Participant.raid_id == bindparam("raid_id"), Participant.user_id == bindparam("user_id"), score > 0
    )


@cache
def _rank(metric: str) -> Select[Any]:
    return select(1 + _ahead(metric, bindparam("own_score", type_=BigInteger)))


async def rank(connection: AsyncConnection, raid_id: int, user_id: int, metric: str) -> int | None:
    """The player's competition rank; None without a score."""
    own = (await connection.execute(_own(metric), {"raid_id": raid_id, "user_id": user_id})).first()
    if own is None:
        return None
    found: int | None = await connection.scalar(_rank(metric), {"raid_id": raid_id, "own_score": own[0]})
    return found


@lru_cache(maxsize=256)
def _around(metric: str, radius: int) -> Select[Any]:
    """With its limits written out: of one that comes as a parameter the planner expects a tenth of the table, and so it
    plans each question anew, which takes longer than to answer it.
    """
    score, number = METRICS[metric]
    own_score, own_number = bindparam("own_score", type_=BigInteger), bindparam("own_number", type_=BigInteger)
    of_raid = select(Participant.user_id, score.label("score"), number.label("reached"), Participant.strikes).where(
        Participant.raid_id == bindparam("raid_id"),
        score > 0,
    )
    # Equal scores apart from others, so that each is read from its place in the index on, however many share a score.
    above = _nearest(
        of_raid.where(score == own_score, number < own_number),
        of_raid.where(score > own_score),
        lambda score, number: (score, number.desc()),
        literal_column(f"{radius:d}", Integer),
    )
    below = _nearest(
        of_raid.where(score == own_score, number >= own_number),
        of_raid.where(score < own_score),
        lambda score, number: (score.desc(), number),
        literal_column(f"{radius + 1:d}", Integer),
    )
    near = union_all(above, below).cte("near")
    first_score = select(func.max(near.c.score)).scalar_subquery()
    next_score = select(func.max(near.c.score)).where(near.c.score < first_score).scalar_subquery()
    ahead = select(_ahead(metric, first_score).label("players")).cte("ahead")  # counted once, however often it is named
    ahead_of_first = select(ahead.c.players).scalar_subquery()
    # Between the two nobody has another score: on one step, only who has the first is ahead of the next as well.
    ahead_of_next = case(
        (
            func.leaderboard_step(next_score) == func.leaderboard_step(first_score),
            ahead_of_first + _count(score == first_score),
        ),
        else_=_on_higher_steps(metric, next_score),
    )
    # Of the first score there may be more players before these; of any lower one all who have it are here, or behind.
    of_first = func.count().filter(near.c.score == first_score).over()
    place = func.rank().over(order_by=near.c.score.desc())
    return (
        select(
            bindparam("raid_id", type_=BigInteger).label("raid_id"),
            case(
                (near.c.score == first_score, 1 + ahead_of_first),
                else_=ahead_of_next + place - of_first,
            ).label("rank"),
            near.c.score,
            near.c.strikes,
            User.id,
            User.public_id,
            User.discord_id,
            User.name,
        )
        .join(User, User.id == near.c.user_id)
        .order_by(near.c.score.desc(), near.c.reached)
    )


async def around(
    connection: AsyncConnection,
    raid_id: int,
    user_id: int,
    metric: str,
    radius: int,
) -> list[RankedRow]:
    """The player's row with up to `radius` rows above and below it; empty without a score."""
    own = (await connection.execute(_own(metric), {"raid_id": raid_id, "user_id": user_id})).first()
    if own is None:
        return []
    given = {"raid_id": raid_id, "own_score": own[0], "own_number": own[1]}
    return [RankedRow._make(row) for row in await connection.execute(_around(metric, radius), given)]


def _nearest(equals: Rows, others: Rows, order: Callable[[Any, Any], tuple[Any, Any]], limit: Any) -> Rows:
    """The first `limit` of both in the `order` of score and number; of neither more than that is read."""

    def first(rows: Any) -> Rows:
        of = rows.subquery()
        return (
            select(of.c.user_id, of.c.score, of.c.reached, of.c.strikes)
            .order_by(*order(of.c.score, of.c.reached))
            .limit(limit)
        )

    return first(union_all(first(equals), first(others)))
