"""What a batch of strikes leaves in the tables, in one statement: one way to the database and back, however many.

It carries the raid's row as the strikes met it and writes only if the raid is just so: under the raid's lock it always
is, and without it the statement is lock, look, books and commit in one. Each table is one INSERT of the rows of
parameters, which are arrays in PostgreSQL's own spelling (`db.queries.arrays`) or, for texts and documents, JSON: texts
all of them, so that they are spelled out before the statement's turn comes, and the driver has nothing left to do.

Not COPY, though that is cheaper row by row: it takes a way of its own for each table, and nine of these, each waiting
for its turn in a busy process, were two thirds of what a batch took (`make bench NAME=line`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from db.queries import Connection
from db.queries.arrays import array_text
from db.rows import EventRow, IdempotencyRow, ParticipantRow, RaidRow, StrikeRow


class GrantedRow(NamedTuple):
    """What reward_grants is to keep of one grant of a strike."""

    user_id: int
    strike_number: int
    kind: str
    key: str
    rewards: list[Any]


class BatchRows(NamedTuple):
    """All of one raid and one moment. `opened`: strike number -> the newest threshold that it opened."""

    raid_before: RaidRow
    raid_after: RaidRow
    at: datetime
    strikes: Sequence[StrikeRow]
    opened: Mapping[int, int]
    keys: Sequence[IdempotencyRow]
    """Of each strike, in the same order."""
    participants: Sequence[ParticipantRow]
    grants: Sequence[GrantedRow]
    events: Sequence[EventRow]


MOVING = [
    field
    for field in RaidRow._fields
    if field not in {"id", "raid_name", "total_hp", "secret_seed", "configuration_revision"}
]
"""What a strike, the clock or an admin may move."""

WRITTEN = "written"
"""What the server answers when it has; by its bytes the tests find the answer to a commit on the wire."""

_COMPARED = [*MOVING, "configuration_revision"]

_PARTICIPANT = ParticipantRow._fields
_PARTICIPANT_NUMBERS = _PARTICIPANT[1:-1]  # raid_id comes first and last_action_at last: the same for a whole batch

_STRIKE_NUMBERS = [field for field in StrikeRow._fields if field not in {"raid_id", "fight", "team_characters", "at"}]
_TEAM_PLACE = StrikeRow._fields.index("team_characters")
_STRIKE_PLACES = [StrikeRow._fields.index(field) for field in _STRIKE_NUMBERS]

_SHARED = (
    "user_id, number, equipped_equipment_id, team_characters, team_size, base_score, affinity_permille, "
    "stage_permille, final_score, sequence_before, sequence_after, boss_hp_after, analysis_points_after, "
    "damage_after, fights_after, participants_after, strikes_since_last_curse_after"
)


class _Statement:
    """Collects the parameters of the statement while its text is written."""

    def __init__(self) -> None:
        self.count = 0

    def next(self, kind: str = "") -> str:
        self.count += 1
        return f"${self.count}{kind and '::' + kind}"

    def numbers(self, count: int) -> str:
        return ", ".join(self.next("text::bigint[]") for _ in range(count))

    def rows(self, numbers: int, *documents: str) -> str:
        """A table of parameters: so many columns of numbers, then one of each of the `documents`: "text" or "jsonb"."""
        of_documents = {"text": "jsonb_array_elements_text", "jsonb": "jsonb_array_elements"}
        columns = [f"unnest({self.numbers(numbers)})"]
        columns += [f"{of_documents[kind]}({self.next('text::jsonb')})" for kind in documents]
        return f"ROWS FROM ({', '.join(columns)})"

    def row(self, names: Sequence[str]) -> str:
        return ", ".join(self.next() for _ in names)

    def assignments(self, names: Sequence[str]) -> str:
        return ", ".join(f"{name} = {self.next()}" for name in names)


def _write() -> str:
    of = _Statement()
    raid, at, held = of.next("bigint"), of.next("timestamptz"), of.next("boolean")
    return f"""
WITH moved AS (
    UPDATE world_threat_raids SET {of.assignments(MOVING)}
    WHERE id = {raid} AND ({", ".join(_COMPARED)}) IS NOT DISTINCT FROM ({of.row(_COMPARED)})
    AND ({held} OR (ends_at > clock_timestamp()) IS NOT FALSE)
    RETURNING id
), struck AS MATERIALIZED (
    SELECT *, jsonb_array_length(team_characters) AS team_size FROM ROWS FROM (
        unnest({of.numbers(len(_STRIKE_NUMBERS) + 1)}, {of.next("text::bytea[]")}),
        jsonb_array_elements({of.next("text::jsonb")}), jsonb_array_elements_text({of.next("text::jsonb")})
    ) AS struck({", ".join(_STRIKE_NUMBERS)}, opened, content_hash, team_characters, key)
    WHERE EXISTS (SELECT FROM moved)
), fights AS (
    INSERT INTO world_threat_strikes (raid_id, {_SHARED}, damage_dealt, overkill, boss_hp_before, struck_at)
    SELECT {raid}, {_SHARED}, damage_dealt, overkill, boss_hp_after + damage_dealt, {at}
    FROM struck WHERE analysis_points = 0
), analyses AS (
    INSERT INTO world_threat_analysis
        (raid_id, {_SHARED}, analysis_points, milestone_triggered, threshold_reached, analyzed_at)
    SELECT {raid}, {_SHARED}, analysis_points, opened IS NOT NULL, opened, {at}
    FROM struck WHERE analysis_points > 0
), keys AS (
    INSERT INTO idempotency_keys (user_id, key, content_hash, raid_id, number)
    SELECT user_id, key, content_hash, {raid}, number FROM struck
), usage AS (
    INSERT INTO world_threat_character_usage (raid_id, character_id, user_id, number, used_at)
    SELECT {raid}, used.*, {at} FROM unnest({of.numbers(3)}) AS used WHERE EXISTS (SELECT FROM moved)
), strikers AS (
    INSERT INTO world_threat_participants ({", ".join(_PARTICIPANT)})
    SELECT {raid}, numbers.*, {at} FROM unnest({of.numbers(len(_PARTICIPANT_NUMBERS))}) AS numbers
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT (raid_id, user_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _PARTICIPANT[2:])}
), grants AS (
    INSERT INTO reward_grants (raid_id, user_id, strike_number, kind, key, rewards, granted_at)
    SELECT {raid}, granted.*, {at} FROM {of.rows(2, "text", "text", "jsonb")} AS granted
    WHERE EXISTS (SELECT FROM moved)
), events AS (
    INSERT INTO raid_events (raid_id, sequence, strike_number, kind, payload, boss, occurred_at)
    SELECT {raid}, happened.*, {at} FROM {of.rows(2, "text", "jsonb", "jsonb")} AS happened
    WHERE EXISTS (SELECT FROM moved)
)
SELECT '{WRITTEN}' FROM moved
"""  # noqa: S608 - constant lists of columns


_WRITE = _write()


class BatchParameters(NamedTuple):
    """A batch as the statement takes it."""

    raid_id: int
    at: datetime
    others: Sequence[Any]


def batch_parameters(rows: BatchRows) -> BatchParameters:
    strikes = list(zip(*rows.strikes, strict=True))
    used = [(member[0], row.user_id, row.number) for row in rows.strikes for member in row.team_characters]
    participants = list(zip(*rows.participants, strict=True))
    before, after = rows.raid_before, rows.raid_after
    others = [
        *[getattr(after, name) for name in MOVING],
        *[getattr(before, name) for name in _COMPARED],
        *[array_text(strikes[place]) for place in _STRIKE_PLACES],
        array_text(rows.opened.get(row.number) for row in rows.strikes),
        "{" + ",".join([f'"\\\\x{key.content_hash.hex()}"' for key in rows.keys]) + "}",
        _json(strikes[_TEAM_PLACE]),
        _json([key.key for key in rows.keys]),
        *_columns(used, 3),
        *[array_text(column) for column in participants[1:-1]],
        *_columns([(grant.user_id, grant.strike_number) for grant in rows.grants], 2),
        _json([grant.kind for grant in rows.grants]),
        _json([grant.key for grant in rows.grants]),
        _json([grant.rewards for grant in rows.grants]),
        *_columns([(event.sequence, event.strike_number) for event in rows.events], 2),
        _json([event.kind for event in rows.events]),
        _json([event.payload for event in rows.events]),
        _json([event.boss for event in rows.events]),
    ]
    return BatchParameters(after.id, rows.at, others)


async def write_batch(connection: Connection, batch: BatchParameters) -> bool:
    """Whether it is written: False, with nothing done, when the raid is not as the batch met it.

    In a transaction that holds the raid's lock. In none it takes the lock, is False also when the raid's time is over,
    and commits.
    """
    held = connection.is_in_transaction()
    return bool(await connection.fetchval(_WRITE, batch.raid_id, batch.at, held, *batch.others) == WRITTEN)


def _json(values: Sequence[Any]) -> str:
    return orjson.dumps(values).decode()


def _columns(rows: Sequence[tuple[int | None, ...]], count: int) -> list[str]:
    return [array_text(column) for column in zip(*rows, strict=True)] if rows else ["{}"] * count
