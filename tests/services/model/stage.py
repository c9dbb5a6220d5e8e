"""The real service over PostgreSQL, on a database whose clock stands still until the test moves it.

Everything that asks this database for the time, in whatever process, finds the functions below before PostgreSQL's
own: the service needs to know nothing of it, and the log it writes is that of a raid that took so long.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
from sqlalchemy import make_url

from db.engine import Database
from db.queries import Connection, strike_reads, verification
from db.rows import EventRow, ParticipantRow, RaidRow
from services import codec
from services.raid_administration import Actor, NewRaid
from services.rules.configuration import BossConfiguration
from services.rules.values import (
    AffinityKind,
    Character,
    CharacterSheet,
    Equipment,
    EquipmentEffect,
    EquipmentEffectKind,
    Reward,
    Stat,
)
from services.verification import verify_raid
from services.world_threat import WorldThreatService
from tests.services.model.model import GrantKey, Player, Wish
from tests.services.rules.random_raids import AFFINITIES
from tests.services.world import BOT, Owner, Sheet, World, books_balance

FIRST_MOMENT = datetime(2030, 5, 1, 12, tzinfo=UTC)
STRANGER = "nobody"
CLOCK = """
CREATE SCHEMA clock;
CREATE TABLE clock.present (at timestamptz NOT NULL);
INSERT INTO clock.present VALUES ('2030-05-01 12:00+00');
CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS 'SELECT at FROM clock.present';
CREATE FUNCTION clock.statement_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS 'SELECT at FROM clock.present';
CREATE FUNCTION clock.transaction_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
  AS 'SELECT at FROM clock.present';
CREATE FUNCTION clock.now() RETURNS timestamptz VOLATILE LANGUAGE sql AS 'SELECT at FROM clock.present';
"""
SHEETS = tuple(
    Sheet(atk, tuple(AFFINITIES[place + step] for step in range(place % 4)))
    for place, atk in enumerate([0, 60, 90, 120, 150, 200, 90, 110, 300, 70])
)
EFFECTS = (
    EquipmentEffect(EquipmentEffectKind.AFFINITY_ADD, affinity=AFFINITIES[0]),
    EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.ATK, amount=120),
    EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=35),
)
assert {affinity.kind for affinity in AFFINITIES} == set(AffinityKind)


@dataclass
class Stage:
    """Synchronous, as Hypothesis's machines are: every call runs the loop for as long as it takes."""

    runner: asyncio.Runner
    database: Database
    service: WorldThreatService
    connection: Connection
    players: dict[str, Player]

    def set_clock(self, moment: datetime) -> None:
        self.runner.run(self._execute("UPDATE clock.present SET at = $1", moment))

    async def _execute(self, statement: str, *arguments: object) -> None:
        await self.connection.execute(statement, *arguments)

    def create(
        self, boss: BossConfiguration, *, starts_at: datetime | None, ends_at: datetime | None
    ) -> tuple[int, bytes]:
        """The raid's id and its seed."""
        planned = NewRaid("A raid", boss, starts_at, ends_at)

        async def create() -> tuple[int, bytes]:
            created = await self.service.desk.create_configured_raid(Actor("root"), planned, accept_warnings=True)
            row = await self._row(created.raid.id)
            return row.id, row.secret_seed

        return self.runner.run(create())

    def strike_all(self, wishes: Sequence[Wish]) -> list[object]:
        """The answers, or the refusals, to strikes that arrive at once, in this order."""

        async def strike() -> list[object]:
            asked = [
                self.service.execute_strike(
                    BOT,
                    action=wish.action,
                    character_ids=tuple(map(str, wish.characters)),
                    equipment_id=None if wish.equipment is None else str(wish.equipment),
                    discord_id=wish.discord_id,
                    idempotency_key=wish.key,
                    expected_sequence=wish.expected_sequence,
                )
                for wish in wishes
            ]
            return list(await asyncio.gather(*asked, return_exceptions=True))

        return self.runner.run(strike())

    def notice_the_time(self) -> None:
        """What the raid clock does each second."""
        self.runner.run(self.service._administration.settle())

    async def _row(self, raid_id: int) -> RaidRow:
        row = await strike_reads.raid_row(self.connection, raid_id)
        assert row is not None
        return row

    def stored(self, raid_id: int) -> "Stored":
        async def read() -> Stored:
            log = await verification.strikes(self.connection, raid_id, 0, 1_000)
            used = await self.connection.fetch(
                "SELECT character_id FROM world_threat_character_usage WHERE raid_id = $1", raid_id
            )
            grants = await self.connection.fetch(
                "SELECT user_id, kind, key, rewards FROM reward_grants WHERE raid_id = $1 AND kind <> 'title'", raid_id
            )
            return Stored(
                raid=await self._row(raid_id),
                participants=await verification.participants(self.connection, raid_id, 0, 1_000),
                events=await verification.events(self.connection, raid_id, 0, 1_000),
                strikes=[
                    (
                        row.strike.number,
                        row.strike.user_id,
                        row.strike.at,
                        (row.strike.damage_dealt, row.strike.overkill, row.strike.analysis_points),
                        row.strike.boss_hp_after,
                    )
                    for row in log
                ],
                used={row["character_id"] for row in used},
                grants={
                    (row["user_id"], row["kind"], row["key"]): codec.rewards_from_pairs(row["rewards"])
                    for row in grants
                },
            )

        return self.runner.run(read())

    def verify(self, raid_id: int) -> None:
        """The accounts, and the raid replayed from its log."""

        async def verify() -> None:
            await books_balance(self.connection, raid_id)
            report = await verify_raid(self.database, str(raid_id))
            assert report.agrees, report.differences

        self.runner.run(verify())


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database has of a raid."""

    raid: RaidRow
    participants: list[ParticipantRow]
    events: list[EventRow]
    strikes: list[tuple[int, int, datetime, tuple[int, int, int], int]]
    used: set[int]
    grants: dict[GrantKey, tuple[Reward, ...]]


@contextmanager
def stage(admin_url: str, template: str, name: str) -> Iterator[Stage]:
    """A stage on a database of its own, with its players."""
    with asyncio.Runner() as runner:
        url = make_url(admin_url)
        administrator = runner.run(
            asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        )
        runner.run(administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template}"))
        database = Database(url.set(database=name), pool_size=2)
        try:
            runner.run(_wind_clock(database, name))
            service = WorldThreatService(database)
            context = database.driver_connection()
            connection = runner.run(_entered(context))
            runner.run(service.start())
            try:
                players = runner.run(_players(World(database, service, connection)))
                yield Stage(runner, database, service, connection, players)
            finally:
                runner.run(service.stop())
                runner.run(connection.close())
                runner.run(database.close())
        finally:
            runner.run(administrator.execute(f"DROP DATABASE {name} WITH (FORCE)"))
            runner.run(administrator.close())


async def _entered(context: "object") -> Connection:
    return await context.__aenter__()  # type: ignore[attr-defined, no-any-return]


async def _wind_clock(database: Database, name: str) -> None:
    async with database.driver_connection() as connection:
        await connection.execute(CLOCK)
        await connection.execute(f"ALTER DATABASE {name} SET search_path = clock, pg_catalog, public")


async def _players(world: World) -> dict[str, Player]:
    characters = await world.characters(*SHEETS)
    owners = await world.players(4, characters, stars=2)
    return {owner.discord_id: await _player(world, owner) for owner in owners}


async def _player(world: World, owner: Owner) -> Player:
    named = await world.rows(
        "SELECT owned.id, revision.name FROM user_characters owned JOIN characters ON characters.id = character_id "
        "JOIN character_revisions revision ON revision.id = revision_id WHERE owned.user_id = $1",
        owner.user_id,
    )
    names = {row["id"]: row["name"] for row in named}
    return Player(
        owner.user_id,
        {
            copy: Character(copy, CharacterSheet(names[copy], None, 1, (0, sheet.atk, *[0] * 6), sheet.affinities), 2)
            for copy, sheet in zip(owner.copies, SHEETS, strict=True)
        },
        {
            (number := await world.equipment(owner, effect)): Equipment(number, "A lucky charm", (effect,))
            for effect in EFFECTS
        },
    )
