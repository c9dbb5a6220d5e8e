"""A small world in milliseconds: characters with chosen stats, players, copies, equipment, a raid, and who asks.

Rosters are written straight into the tables; raids and strikes go through the service, as they always do.
"""

import itertools
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import orjson

from db.engine import Database
from db.queries import Connection
from services import codec, views
from services.raid_administration import Actor, NewRaid
from services.rules.configuration import BossConfiguration, RaidRules
from services.rules.values import Affinity, AffinityKind, EquipmentEffect, Stat, StrikeAction
from services.views import Principal, Role
from services.world_threat import WorldThreatService

ADMIN = Principal(Role.ADMIN, None, "root")
BOT = Principal(Role.BOT, None, "the bot")
FIGHT, ANALYZE = StrikeAction.FIGHT, StrikeAction.ANALYZE

BOSS = BossConfiguration(
    name="Gloom",
    total_hp=100_000,
    dominant_stats=(Stat.ATK,),
    curse_every=1_000,
    rules=RaidRules(cooldown_seconds=0),
)
"""A boss without weaknesses, curses, thresholds or cooldown; tests `replace` what they are about."""


def elemental(value: str) -> Affinity:
    return Affinity(AffinityKind.ELEMENTAL, value)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A character to be. Alone and with one star it scores `atk`, and so `atk // 10` points."""

    atk: int = 100
    affinities: tuple[Affinity, ...] = ()
    name: str | None = None
    series: str | None = None
    rarity: int = 1


@dataclass(frozen=True, slots=True)
class Owner:
    """A player with their copies, in the order of the characters they were made of."""

    user_id: int
    discord_id: str
    copies: tuple[int, ...] = ()

    @property
    def principal(self) -> Principal:
        return Principal(Role.PLAYER, None, f"{self.discord_id}'s own", self.user_id, self.discord_id)


class World:
    def __init__(self, database: Database, service: WorldThreatService, connection: Connection) -> None:
        self.database = database
        self.service = service
        self.connection = connection
        self._numbers = itertools.count(1)

    # Who is there, and what they own

    async def characters(self, *sheets: Sheet) -> tuple[int, ...]:
        """The catalogue's ids of new characters; their keys are ``c<id of the revision>``."""
        rows = await self.connection.fetch(
            "WITH revision AS (INSERT INTO character_revisions "
            "(name, series, rarity, stats, affinities, affinity_keys) "
            "SELECT name, series, rarity, ARRAY[0, atk, 0, 0, 0, 0, 0, 0], affinities::jsonb, "
            "  ARRAY(SELECT jsonb_array_elements_text(keys::jsonb)) "
            "FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::text[], $6::text[]) WITH ORDINALITY "
            "  AS sheet(name, series, rarity, atk, affinities, keys, place) ORDER BY place RETURNING id) "
            "INSERT INTO characters (key, revision_id) SELECT 'c' || id, id FROM revision ORDER BY id RETURNING id",
            [sheet.name or f"Character {next(self._numbers)}" for sheet in sheets],
            [sheet.series for sheet in sheets],
            [sheet.rarity for sheet in sheets],
            [sheet.atk for sheet in sheets],
            [orjson.dumps(codec.affinities_to_json(sheet.affinities)).decode() for sheet in sheets],
            [orjson.dumps([affinity.key for affinity in sheet.affinities]).decode() for sheet in sheets],
        )
        return tuple(row["id"] for row in rows)

    async def players(self, count: int, characters: Sequence[int] = (), *, stars: int = 1) -> tuple[Owner, ...]:
        """New players, each with a copy of every one of `characters`."""
        discord_ids = [f"d{next(self._numbers)}" for _ in range(count)]
        users = await self.connection.fetch(
            "INSERT INTO users (discord_id, name) SELECT id, 'Player ' || id "
            "FROM unnest($1::text[]) WITH ORDINALITY AS new(id, place) ORDER BY place RETURNING id, discord_id",
            discord_ids,
        )
        rows = await self.connection.fetch(
            "INSERT INTO user_characters (user_id, character_id, stars) SELECT owner, id, $3 "
            "FROM unnest($1::bigint[]) AS owner CROSS JOIN unnest($2::bigint[]) WITH ORDINALITY AS c(id, place) "
            "ORDER BY owner, place RETURNING id, user_id",
            [user["id"] for user in users],
            characters,
            stars,
        )
        copies: dict[int, list[int]] = {user["id"]: [] for user in users}
        for row in rows:
            copies[row["user_id"]].append(row["id"])
        return tuple(Owner(user["id"], user["discord_id"], tuple(copies[user["id"]])) for user in users)

    async def player(self, *sheets: Sheet, stars: int = 1) -> Owner:
        """A new player who owns a copy of each of these new characters."""
        (owner,) = await self.players(1, await self.characters(*sheets), stars=stars)
        return owner

    async def equipment(self, owner: Owner, *effects: EquipmentEffect) -> int:
        equipment_id: int = await self.connection.fetchval(
            "INSERT INTO equipment (user_id, name, effects) VALUES ($1, 'A lucky charm', $2) RETURNING id",
            owner.user_id,
            codec.effects_to_json(effects),
        )
        return equipment_id

    # The raid

    async def raid(
        self,
        boss: BossConfiguration = BOSS,
        *,
        starts_in: timedelta | None = None,
        ends_in: timedelta | None = None,
        name: str = "A raid",
    ) -> views.Raid:
        """A new raid, live at once unless it `starts_in` some time."""
        now = datetime.now(UTC)
        planned = NewRaid(
            name, boss, None if starts_in is None else now + starts_in, None if ends_in is None else now + ends_in
        )
        created = await self.service.desk.create_configured_raid(Actor("root"), planned, accept_warnings=True)
        return created.raid

    async def strike(
        self,
        owner: Owner,
        *copies: int,
        action: StrikeAction = FIGHT,
        key: str | None = None,
        equipment: int | None = None,
        expected: int | None = None,
        raid_id: int | None = None,
        service: WorldThreatService | None = None,
    ) -> views.StrikeSuccess:
        """A strike that the bot makes for `owner`, under a new key unless one is given."""
        return await (service or self.service).execute_strike(
            BOT,
            action=action,
            character_ids=tuple(map(str, copies)),
            equipment_id=None if equipment is None else str(equipment),
            discord_id=owner.discord_id,
            idempotency_key=key or f"key {next(self._numbers)}",
            expected_sequence=expected,
            raid_id=None if raid_id is None else str(raid_id),
        )

    def command(
        self, owner: Owner, *copies: int, action: StrikeAction = FIGHT, key: str | None = None
    ) -> views.StrikeCommand:
        """The same for a strike line of its own."""
        return views.StrikeCommand(
            discord_id=owner.discord_id,
            action=action,
            character_ids=tuple(map(str, copies)),
            equipment_id=None,
            idempotency_key=key or f"key {next(self._numbers)}",
            expected_sequence=None,
        )

    async def now(self, raid: views.Raid) -> views.Raid:
        found = await self.service.raid(ADMIN, str(raid.id))
        assert found is not None
        return found

    async def events(self, raid: views.Raid) -> tuple[views.Event, ...]:
        (events,) = await self.service.events(ADMIN, [raid.id], after=0, kinds=None, first=1_000)
        return tuple(event.event for event in events)

    async def pass_time(self, by: timedelta) -> None:
        """As if nothing had happened for `by`: all that is measured against the clock moves into the past."""
        await self.connection.execute(
            "UPDATE world_threat_raids SET starts_at = starts_at - $1::interval, ends_at = ends_at - $1::interval, "
            "paused_at = paused_at - $1::interval, last_action_at = last_action_at - $1::interval "
            "WHERE status <> 'completed'",
            by,
        )
        await self.connection.execute(
            "UPDATE world_threat_participants SET last_action_at = last_action_at - $1::interval", by
        )

    async def rows(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        return await self.connection.fetch(statement, *arguments)

    async def contents(self) -> dict[str, tuple[int, str]]:
        """How many rows each table has, and a digest of all that is in them."""
        tables = await self.connection.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
        digests = (
            f"SELECT '{table['name']}' AS name, count(*) AS rows, "  # noqa: S608 - our own tables
            f'md5(string_agg(t::text, chr(10) ORDER BY t::text)) AS digest FROM "{table["name"]}" t'
            for table in tables
        )
        return {
            row["name"]: (row["rows"], row["digest"])
            for row in await self.connection.fetch(" UNION ALL ".join(digests))
        }


OpenWorld = Callable[[], AbstractAsyncContextManager[World]]


# What must always hold (rules.md 7): each statement finds what breaks it.

_BOOKS = """
WITH raid AS (SELECT * FROM world_threat_raids WHERE id = $1),
log AS (
    SELECT number, user_id, true AS fight, team_characters, team_size, final_score, damage_dealt, overkill,
           0::bigint AS analysis_points, boss_hp_before AS hp_before, boss_hp_after AS hp_after, sequence_before,
           sequence_after, analysis_points_after, damage_after, fights_after, participants_after, struck_at AS at
    FROM world_threat_strikes WHERE raid_id = $1
    UNION ALL
    SELECT number, user_id, false, team_characters, team_size, final_score, 0, 0, analysis_points, boss_hp_after,
           boss_hp_after, sequence_before, sequence_after, analysis_points_after, damage_after, fights_after,
           participants_after, analyzed_at
    FROM world_threat_analysis WHERE raid_id = $1
),
events AS (SELECT * FROM raid_events WHERE raid_id = $1),
participants AS (SELECT * FROM world_threat_participants WHERE raid_id = $1),
members AS (SELECT (member->>0)::bigint AS copy, number, user_id FROM log, jsonb_array_elements(team_characters) member)
"""

_FAULTS = {
    "total - current HP = damage + adjustments": """
        SELECT current_hp FROM raid WHERE total_hp - current_hp <> damage + hp_adjusted
        OR damage <> (SELECT coalesce(sum(damage_dealt), 0) FROM log)""",
    "HP is one unbroken chain from full to now": """
        SELECT place, number, hp_before, left_at FROM (
            SELECT *, lag(hp_after) OVER (ORDER BY place, step, number) AS left_at FROM (
                SELECT sequence_before AS place, 1 AS step, number, hp_before, hp_after FROM log
                UNION ALL SELECT sequence, 0, 0, NULL, (payload->'changes'->>'hp')::bigint FROM events
                          WHERE kind = 'hp_adjusted'
                UNION ALL SELECT -1, 0, 0, NULL, total_hp FROM raid
                UNION ALL SELECT sequence + 1, 2, 0, current_hp, current_hp FROM raid) steps
        ) chain WHERE hp_before <> left_at""",
    "strikes are numbered without gaps": """
        SELECT number, place FROM (SELECT number, row_number() OVER (ORDER BY number) AS place FROM log) numbered
        WHERE number <> place
        UNION ALL SELECT fights, analyses FROM raid WHERE fights <> (SELECT count(*) FROM log WHERE fight)
                  OR analyses <> (SELECT count(*) FROM log WHERE NOT fight)""",
    "events are numbered without gaps": """
        SELECT sequence, place FROM (SELECT sequence, row_number() OVER (ORDER BY sequence) AS place FROM events) e
        WHERE sequence <> place
        UNION ALL SELECT sequence, 0 FROM raid WHERE sequence <> (SELECT count(*) FROM events)""",
    "strikes and events are in one order, and time goes forward": """
        SELECT number FROM (SELECT *, lag(sequence_after, 1, 0::bigint) OVER by_number AS earlier,
                            lag(at) OVER by_number AS earlier_at FROM log WINDOW by_number AS (ORDER BY number)) l
        WHERE sequence_before < earlier OR at < earlier_at
        OR sequence_after - sequence_before <> (SELECT count(*) FROM events WHERE strike_number = number
                                                AND sequence BETWEEN sequence_before + 1 AND sequence_after)""",
    "every event belongs to its strike": """
        SELECT sequence FROM events WHERE strike_number IS NOT NULL
        AND strike_number NOT IN (SELECT number FROM log)""",
    "usage is exactly the teams": """
        (SELECT copy, number, user_id FROM members EXCEPT ALL
         SELECT character_id, number, user_id FROM world_threat_character_usage WHERE raid_id = $1)
        UNION ALL (SELECT character_id, number, user_id FROM world_threat_character_usage WHERE raid_id = $1
                   EXCEPT ALL SELECT copy, number, user_id FROM members)
        UNION ALL SELECT team_size, number, user_id FROM log WHERE team_size <> jsonb_array_length(team_characters)
        UNION ALL SELECT copy, count(*), 0 FROM members GROUP BY copy HAVING count(*) > 1""",
    "participants' totals are the sums over the log": """
        WITH sums AS (
            SELECT user_id, count(*) FILTER (WHERE fight), count(*) FILTER (WHERE NOT fight), count(*), max(number),
                   sum(damage_dealt)::bigint, coalesce(max(number) FILTER (WHERE damage_dealt > 0), 0),
                   sum(analysis_points)::bigint, coalesce(max(number) FILTER (WHERE analysis_points > 0), 0),
                   (sum(damage_dealt) + div(sum(analysis_points) * 6, 5))::bigint, max(number),
                   min(number) FILTER (WHERE analysis_points > 0), max(final_score),
                   (array_agg(number ORDER BY final_score DESC, number))[1]
            FROM log GROUP BY user_id),
        kept AS (
            SELECT user_id, fights, analyses, strikes, strikes_number, damage, damage_number, analysis_points,
                   analysis_number, contribution, contribution_number, first_analysis_number, best_score,
                   best_score_number
            FROM participants)
        (SELECT * FROM sums EXCEPT ALL SELECT * FROM kept) UNION ALL (SELECT * FROM kept EXCEPT ALL SELECT * FROM sums)
        """,
    "the raid's totals are the sums over the log": """
        SELECT participants FROM raid WHERE participants <> (SELECT count(*) FROM participants)
        OR analysts <> (SELECT count(*) FROM participants WHERE analysis_points > 0)
        OR current_analysis_points <> (SELECT coalesce(sum(analysis_points), 0) FROM log)""",
    "the log's running totals run": """
        SELECT number FROM (
            SELECT *, sum(damage_dealt) OVER run AS damage, sum(analysis_points) OVER run AS analysis,
                   count(*) FILTER (WHERE fight) OVER run AS fights, count(*) FILTER (WHERE first) OVER run AS strikers
            FROM (SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY number) = 1 AS first FROM log) l
            WINDOW run AS (ORDER BY number)) l
        WHERE (damage_after, analysis_points_after, fights_after, participants_after)
              <> (damage, analysis, fights, strikers)""",
    "exactly one defeat for a dead boss, none for another, no strike after it": """
        SELECT id FROM raid WHERE (outcome IS NOT DISTINCT FROM 'victory')::int
                                  <> (SELECT count(*) FROM events WHERE kind = 'boss_defeated')
        UNION ALL SELECT log.number FROM log, events WHERE kind = 'boss_defeated' AND log.number > strike_number
        UNION ALL SELECT log.number FROM log, events, raid WHERE kind = 'boss_defeated' AND number = strike_number
                  AND (final_blow_by <> log.user_id OR hp_after <> 0 OR completed_at <> at)""",
    "every strike has its key": """
        (SELECT user_id, number FROM log
         EXCEPT ALL SELECT user_id, number FROM idempotency_keys WHERE raid_id = $1)
        UNION ALL (SELECT user_id, number FROM idempotency_keys WHERE raid_id = $1
                   EXCEPT ALL SELECT user_id, number FROM log)""",
    "every analyst was paid every breakthrough": """
        WITH owed AS (SELECT user_id, k::text AS key FROM participants, raid, generate_series(1, thresholds_unlocked) k
                      WHERE analysis_points > 0),
        paid AS (SELECT user_id, key FROM reward_grants WHERE raid_id = $1 AND kind = 'breakthrough')
        (SELECT * FROM owed EXCEPT ALL SELECT * FROM paid) UNION ALL (SELECT * FROM paid EXCEPT ALL SELECT * FROM owed)
        """,
    "a strike's reward is its striker's": """
        SELECT id FROM reward_grants WHERE raid_id = $1 AND kind = 'strike'
        AND NOT EXISTS (SELECT FROM log WHERE log.number = strike_number AND log.user_id = reward_grants.user_id
                        AND key = log.number::text)""",
    "the newest event tells where the boss stands": """
        SELECT sequence FROM raid JOIN events USING (sequence)
        WHERE current_stage <> (boss->>'stage')::int OR thresholds_unlocked <> (boss->>'breakthroughs')::int
        OR current_weaknesses <> boss->'weaknesses' OR current_curses <> boss->'curses'
        OR curse_trigger_threshold <> (boss->>'curse_every')::int""",
}


async def books_balance(database: "Database | Connection", raid_id: int) -> None:
    """Asserts everything of rules.md 7 that can be asked of the tables."""
    if isinstance(database, Database):
        async with database.driver_connection() as connection:
            return await books_balance(connection, raid_id)
    broken = {
        rule: [tuple(row) for row in found]
        for rule, statement in _FAULTS.items()
        if (found := await database.fetch(_with_books(statement), raid_id))
    }
    assert broken == {}
    return None


def _with_books(statement: str) -> str:
    statement = statement.strip()
    if statement.startswith("WITH "):
        return f"{_BOOKS.rstrip()}, {statement.removeprefix('WITH ')}"
    return f"{_BOOKS} {statement}"
