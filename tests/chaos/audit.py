"""After a raid: is everything written that was answered, once, and was nobody told anything but the truth?"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from db.engine import Database
from db.queries import Connection
from services.verification import verify_raid
from services.views import Raid
from tests.chaos.strikers import OVER, SUCCESS, Asked
from tests.services.world import books_balance

_LOG = """
SELECT k.key, k.user_id, log.* FROM idempotency_keys k JOIN (
  SELECT raid_id, number, user_id AS striker, 'FIGHT' AS action, damage_dealt, overkill, 0 AS analysis_points,
         boss_hp_before, boss_hp_after, final_score, team_characters, struck_at AS at
  FROM world_threat_strikes
  UNION ALL
  SELECT raid_id, number, user_id, 'ANALYZE', 0, 0, analysis_points, boss_hp_after, boss_hp_after, final_score,
         team_characters, analyzed_at
  FROM world_threat_analysis
) log USING (raid_id, number) WHERE raid_id = $1
"""


async def audit(database: Database, raid: Raid, asked: Sequence[Asked]) -> Counter[str]:
    """Asserts that the raid was won once and that every answer was true. Counts the answers by what they prove."""
    async with database.driver_connection() as connection:
        await books_balance(connection, raid.id)
        await _won_once(connection, raid, asked)
        log = {(row["user_id"], row["key"]): row for row in await connection.fetch(_LOG, raid.id)}
    report = await verify_raid(database, str(raid.id))
    assert report.agrees, report.differences
    wrong = [
        f"{each.key}: {fault}"
        for each in asked
        for fault in _faults(each, log.get((each.owner.user_id, each.key)), raid)
    ]
    assert not wrong, wrong[:10]
    answered = {(each.owner.user_id, each.key) for each in asked if each.succeeded}
    assert answered == set(log), "a strike was answered and is not written, or is written and was never answered"
    assert report.strikes == len(log)
    return _counted(asked)


async def _won_once(connection: Connection, raid: Raid, asked: Sequence[Asked]) -> None:
    row = await connection.fetchrow(
        "SELECT status, outcome, current_hp, (SELECT count(*) FROM raid_events WHERE raid_id = $1 "
        "AND kind = 'boss_defeated') AS defeats FROM world_threat_raids WHERE id = $1",
        raid.id,
    )
    assert tuple(row or ()) == ("completed", "victory", 0, 1)
    winners = {each.key for each in asked if any(answer.get("victory") for answer in each.told)}
    assert len(winners) == 1, winners


def _faults(asked: Asked, row: Any, raid: Raid) -> list[str]:
    """What was said about this strike and is not true."""
    assert asked.told, f"{asked.key} was never answered"
    if asked.expected is not None:
        fine = {asked.expected} if asked.expected == "IdempotencyConflict" else {asked.expected, OVER}
        return [f"{answer} instead of {asked.expected}" for answer in asked.told if answer["__typename"] not in fine]
    faults = []
    first, *later = asked.told
    if len({answer["__typename"] for answer in asked.told}) > 1:
        faults.append(f"success and refusal: {asked.told}")
    elif first["__typename"] == OVER:
        if row is not None:
            faults.append("refused, and written all the same")
    elif first["__typename"] != SUCCESS:
        faults.append(f"refused: {first}")
    elif row is None:
        faults.append("accepted, and not written")
    else:
        faults += _differences(first, row, asked, raid)
        if asked.asks_before == 0 and first["replayed"]:
            faults.append("the first answer to the only question is a replay")
        faults += [f"a second answer differs: {answer}" for answer in later if answer != {**first, "replayed": True}]
    return faults


def _differences(answer: Any, row: Any, asked: Asked, raid: Raid) -> list[str]:
    """Between an answer and the log."""
    strike = answer["strike"]
    told = {
        "action": strike["action"],
        "number": strike["number"],
        "hpBefore": strike["hpBefore"],
        "hpAfter": strike["hpAfter"],
        "damage": (strike["damageDealt"], answer["damageDealt"]),
        "overkill": answer["overkill"],
        "analysis": (strike["analysisPoints"], answer["analysisContributed"]),
        "struckAt": strike["struckAt"],
        "team": [(member["characterId"], member["score"], member["multiplierPermille"]) for member in strike["team"]],
        "asked team": asked.team,
        "raid": answer["raid"]["id"],
        "hp": answer["raid"]["hp"]["current"],
        "victory": answer["victory"],
    }
    logged = {
        "action": row["action"],
        "number": row["number"],
        "hpBefore": row["boss_hp_before"],
        "hpAfter": row["boss_hp_after"],
        "damage": (row["damage_dealt"], row["damage_dealt"]),
        "overkill": row["overkill"],
        "analysis": (row["analysis_points"], row["analysis_points"]),
        "struckAt": row["at"].isoformat().replace("+00:00", "Z"),
        "team": [(str(copy), score, permille) for copy, _, _, score, permille in row["team_characters"]],
        "asked team": tuple(copy for copy, *_ in row["team_characters"]),
        "raid": str(raid.id),
        "hp": row["boss_hp_after"],
        "victory": row["boss_hp_after"] == 0,
    }
    if row["striker"] != asked.owner.user_id:
        return ["written as somebody else's"]
    return [f"{name}: told {told[name]}, written {logged[name]}" for name in told if told[name] != logged[name]]


def _counted(asked: Sequence[Asked]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for each in asked:
        if not each.succeeded:
            counted["refused, as it should be"] += 1
            continue
        counted["accepted"] += 1
        counted["answers"] += len(each.told)
        counted["lost answers"] += each.lost
        counted["found again after a lost answer"] += each.told[0]["replayed"]
        counted["asked once more, replayed"] += len(each.told) - 1
    return counted
