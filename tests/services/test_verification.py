"""A raid verifies however it went; whatever is changed behind the rules' back is named."""

import asyncio
import contextlib
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import make_url

from db.embedded import EmbeddedServer
from db.engine import Database
from services import content
from services.boss_overrides import BossOverrides, RewardOverrides, RulesOverrides
from services.errors import AnalysisCompleteError, BossAlreadyDefeatedError, RaidNotFoundError, WorldThreatError
from services.roster import RosterFile, RosterFiles, import_roster
from services.rules.configuration import Milestone
from services.rules.values import EquipmentEffect, EquipmentEffectKind, RaidStatus, Reward, Stat, StrikeAction
from services.verification import verify_raid
from services.views import Principal, Raid, Role
from services.world_threat import WorldThreatService
from tests.services.tampering import TAMPERED, TAMPERED_ACCOUNTS

ADMIN = Principal(Role.ADMIN, None, "Ada")
BOT = Principal(Role.BOT, None, "bot")
PLAYERS = 24
OWNED = 30


@dataclass(frozen=True)
class World:
    """One database with one raid of every kind in it."""

    database: Database
    victory: int
    expired: int
    cancelled: int
    live: int


@dataclass(frozen=True)
class Crowd:
    """`hands`: each player's copies of characters."""

    service: WorldThreatService
    hands: list[list[int]]


@pytest.fixture(scope="module")
async def world(
    server: EmbeddedServer, administrator: "asyncpg.Connection[asyncpg.Record]", template: str
) -> AsyncIterator[World]:
    await administrator.execute(f"CREATE DATABASE verification TEMPLATE {template}")
    database = Database(make_url(server.url).set(database="verification"), pool_size=2)
    service = WorldThreatService(database)
    crowd = Crowd(service, await fill_roster(database))
    await service.start()
    try:
        yield World(
            database,
            victory=await play_to_victory(crowd),
            expired=await play_until_time_is_up(crowd),
            cancelled=await play_and_cancel(crowd),
            live=await play_and_leave(crowd),
        )
    finally:
        await service.stop()
        await database.close()
        await administrator.execute("DROP DATABASE verification WITH (FORCE)")


async def fill_roster(database: Database) -> list[list[int]]:
    """The players' copies of characters, player by player."""
    chance = random.Random(7)
    names = content.player_names()[:PLAYERS]
    players = "".join(f'{1000 + index},"{name}"\n' for index, name in enumerate(names))
    keys = [line.split(",")[0] for line in content.sample_characters().read_text("utf-8").splitlines()[1:]]
    owned = "".join(
        f"{1000 + player},{key},{chance.randint(1, 4)}\n"
        for player in range(PLAYERS)
        for key in chance.sample(keys, OWNED)
    )
    files = RosterFiles(
        characters=RosterFile.at(content.sample_characters()),
        series=RosterFile.at(content.sample_series()),
        players=RosterFile.of_text("players.csv", f"discord_id,name\n{players}"),
        ownership=RosterFile.of_text("ownership.csv", f"discord_id,waifu_id,stars\n{owned}"),
    )
    async with database.driver_connection() as connection:
        await import_roster(connection, files, lambda _: None)
        rows = await connection.fetch(
            "SELECT array_agg(id ORDER BY id) FROM user_characters GROUP BY user_id ORDER BY user_id"
        )
    return [row[0] for row in rows]


async def create(
    service: WorldThreatService,
    hp: int,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Raid:
    boss = BossOverrides(total_hp=hp, curse_every=4, rules=RulesOverrides(cooldown_seconds=0))
    created = await service.desk.create_raid(
        ADMIN,
        name="The verified raid",
        boss_key="ember-tyrant",
        boss=boss,
        starts_at=starts_at,
        ends_at=ends_at,
        accept_warnings=True,
    )
    return created.raid


async def strike(
    crowd: Crowd, raid: Raid, player: int, action: StrikeAction, turn: int, equipment: int | None = None
) -> None:
    """Turn after turn the player's next characters, two to five of them."""
    team = crowd.hands[player][turn * 5 :][: 2 + (player + turn) % 4]
    await crowd.service.execute_strike(
        BOT,
        action=action,
        character_ids=tuple(map(str, team)),
        equipment_id=None if equipment is None else str(equipment),
        discord_id=str(1000 + player),
        idempotency_key=f"{raid.id}-{turn}-{player}",
        expected_sequence=None,
    )


async def strike_all(crowd: Crowd, raid: Raid, turn: int, players: range = range(PLAYERS)) -> None:
    """Everybody at once, three fights to one analysis, until the boss is dead."""

    async def one(player: int) -> None:
        action = StrikeAction.ANALYZE if (player + turn) % 4 == 0 else StrikeAction.FIGHT
        with contextlib.suppress(BossAlreadyDefeatedError, AnalysisCompleteError):
            await strike(crowd, raid, player, action, turn)

    await asyncio.gather(*(one(player) for player in players))


async def play_to_victory(crowd: Crowd) -> int:
    """Everything that can happen to a raid happens to this one."""
    effects = (
        EquipmentEffect(EquipmentEffectKind.STAT_BONUS, stat=Stat.ATK, amount=50),
        EquipmentEffect(EquipmentEffectKind.FINAL_SCORE_BONUS, amount=75),
    )
    ring = await crowd.service.desk.grant_equipment(ADMIN, discord_id="1000", name="Ring", effects=effects)
    raid = await schedule(crowd.service, 9_000)
    now = datetime.now(UTC)
    raid_id = str(raid.id)
    await until(crowd.service, raid_id, RaidStatus.ACTIVE)
    await strike(crowd, raid, 0, StrikeAction.FIGHT, 0, ring.id)
    await strike(crowd, raid, 1, StrikeAction.FIGHT, 0)
    await crowd.service.desk.pause_raid(ADMIN, raid_id=raid_id, reason="A thunderstorm.")
    await crowd.service.desk.resume_raid(ADMIN, raid_id=raid_id, reason="It has passed.")
    await strike_all(crowd, raid, 1)
    await crowd.service.desk.adjust_boss_hp(ADMIN, raid_id=raid_id, reason="Too strong.", current_hp=6_000)
    await crowd.service.desk.update_raid(
        ADMIN,
        raid_id=raid_id,
        reason="More for everybody.",
        name="The verified raid, second act",
        description="Now with more of everything.",
        ends_at=now + timedelta(days=2),
        curse_every=5,
        rewards=RewardOverrides(
            strike_divisor=50,
            breakthrough=(Reward("crystals", 70), Reward("daphine", 1)),
            milestones=(Milestone(300, (Reward("crystals", 5),)), Milestone(700, (Reward("crystals", 9),))),
        ),
    )
    for turn in range(2, 6):
        await strike_all(crowd, raid, turn)
    await until(crowd.service, raid_id, RaidStatus.COMPLETED)
    return raid.id


async def schedule(service: WorldThreatService, hp: int) -> Raid:
    """A raid that starts soon, however long a busy machine takes to make it."""
    for seconds in (0.3, 3, 30):
        now = datetime.now(UTC)
        raid = await create(service, hp, starts_at=now + timedelta(seconds=seconds), ends_at=now + timedelta(days=1))
        if raid.status is RaidStatus.SCHEDULED:
            break
        await service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="It began before it was made.")
    assert raid.status is RaidStatus.SCHEDULED
    return raid


async def play_until_time_is_up(crowd: Crowd) -> int:
    raid = await create(crowd.service, 1_000_000, ends_at=datetime.now(UTC) + timedelta(days=1))
    await strike_all(crowd, raid, 1)
    await crowd.service.desk.adjust_boss_hp(ADMIN, raid_id=str(raid.id), reason="Closer.", current_hp=400_000)
    await crowd.service.desk.update_raid(
        ADMIN,
        raid_id=str(raid.id),
        reason="Time is up.",
        name=None,
        description=None,
        ends_at=datetime.now(UTC) + timedelta(seconds=1),
        curse_every=None,
        rewards=None,
    )
    await until(crowd.service, str(raid.id), RaidStatus.COMPLETED)
    return raid.id


async def play_and_cancel(crowd: Crowd) -> int:
    raid = await create(crowd.service, 50_000)
    await strike_all(crowd, raid, 1, range(8))
    await crowd.service.desk.pause_raid(ADMIN, raid_id=str(raid.id), reason="A mistake.")
    await crowd.service.desk.end_raid(ADMIN, raid_id=str(raid.id), reason="It was a mistake.")
    return raid.id


async def play_and_leave(crowd: Crowd) -> int:
    raid = await create(crowd.service, 80_000)
    await strike_all(crowd, raid, 1, range(12))
    return raid.id


async def until(service: WorldThreatService, raid_id: str, status: RaidStatus) -> None:
    async with asyncio.timeout(60):
        while True:
            raid = await service.raid(ADMIN, raid_id)
            if raid is not None and raid.status is status:
                return
            await asyncio.sleep(0.05)


# ------------------------------------------------------------------ what the rules did


@pytest.mark.parametrize("how", ["victory", "expired", "cancelled", "live"])
async def test_a_raid_verifies_however_it_went(world: World, how: str) -> None:
    report = await verify_raid(world.database, str(getattr(world, how)))
    assert [str(difference) for difference in report.differences] == []
    assert report.agrees
    assert report.complete


async def test_the_report_counts_what_was_compared(world: World) -> None:
    heard: list[tuple[int, int]] = []
    report = await verify_raid(world.database, str(world.victory), lambda done, total: heard.append((done, total)))
    async with world.database.driver_connection() as connection:
        counts = await connection.fetchrow(
            """
            SELECT fights + analyses, sequence, participants,
                   (SELECT count(*) FROM world_threat_character_usage WHERE raid_id = $1),
                   (SELECT count(*) FROM reward_grants WHERE raid_id = $1)
            FROM world_threat_raids WHERE id = $1
            """,
            world.victory,
        )
    compared = (report.strikes, report.events, report.participants, report.characters_used, report.grants)
    assert tuple(counts or ()) == compared
    assert min(compared) > 20
    assert heard[-1] == (report.strikes, report.strikes)


async def test_the_raid_of_these_tests_has_seen_everything(world: World) -> None:
    async with world.database.driver_connection() as connection:
        kinds = await connection.fetch("SELECT DISTINCT kind FROM raid_events WHERE kind <> 'curse_fizzled'")
        grants = await connection.fetch("SELECT DISTINCT kind FROM reward_grants WHERE raid_id = $1", world.victory)
    assert len(kinds) == 10
    assert len(grants) == 5


async def test_a_scheduled_raid_verifies(world: World) -> None:
    service = WorldThreatService(world.database)
    raid = await create(service, 50_000, starts_at=datetime.now(UTC) + timedelta(days=9))
    await service.desk.update_raid(
        ADMIN,
        raid_id=str(raid.id),
        reason="A better name.",
        name="Later",
        description=None,
        ends_at=None,
        curse_every=None,
        rewards=None,
    )
    assert (await verify_raid(world.database, str(raid.id))).differences == ()


@pytest.mark.parametrize("raid_id", ["999", "x", "", "-1", "9" * 30])
async def test_an_unknown_raid_is_named(world: World, raid_id: str) -> None:
    with pytest.raises(RaidNotFoundError) as raised:
        await verify_raid(world.database, raid_id)
    assert raised.value.raid_id == raid_id
    assert isinstance(raised.value, WorldThreatError)


async def test_pages_do_not_change_the_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("log_check", "ledger_check", "verification"):
        monkeypatch.setattr(f"services.{module}.PAGE", 3)
    assert (await verify_raid(world.database, str(world.victory))).differences == ()


# ------------------------------------------------------------------ what somebody else did


@contextlib.asynccontextmanager
async def tampered(world: World, statement: str) -> AsyncIterator[None]:
    """The database as somebody with all rights left it, and afterwards as it was."""
    table = statement.removeprefix("DELETE FROM ").removeprefix("INSERT INTO ").removeprefix("UPDATE ").split()[0]
    ids = {"victory": world.victory, "expired": world.expired, "cancelled": world.cancelled, "live": world.live}
    async with world.database.driver_connection() as connection:
        await connection.execute("SET session_replication_role = replica")  # past the triggers that guard the history
        await connection.execute(f"CREATE TEMPORARY TABLE untouched AS SELECT * FROM {table}")  # noqa: S608 - ours
        try:
            done = await connection.execute(statement.format(**ids))
            assert int(done.split()[-1]) >= 1, f"nothing to change: {done}"
            yield
        finally:
            await connection.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
            await connection.execute(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM untouched"  # noqa: S608 - ours
            )


@pytest.mark.parametrize("what", TAMPERED)
async def test_what_was_tampered_with_is_named_first(world: World, what: str) -> None:
    statement, expected = TAMPERED[what]
    raid = next((name for name in ("live", "expired", "cancelled") if f"{{{name}}}" in statement), "victory")
    async with tampered(world, statement):
        report = await verify_raid(world.database, str(getattr(world, raid)))
    assert not report.agrees
    pattern = re.escape(expected).replace(r"\~", ".+?").replace(r"\{\{", r"\{").replace(r"\}\}", r"\}")
    told = [str(difference) for difference in report.differences]
    assert re.match(pattern, told[0]), told


async def test_twenty_differences_are_enough(world: World) -> None:
    statement = "UPDATE world_threat_character_usage SET used_at = now() WHERE raid_id = {victory}"
    async with tampered(world, statement):
        report = await verify_raid(world.database, str(world.victory))
    assert len(report.differences) == 20
    assert not report.complete


@pytest.mark.parametrize(
    ("statement", "expected"),
    TAMPERED_ACCOUNTS,
)
async def test_the_accounts_notice_by_themselves(world: World, statement: str, expected: str) -> None:
    async with tampered(world, statement):
        report = await verify_raid(world.database, str(world.live if "{live}" in statement else world.victory))
    pattern = re.escape(expected).replace(r"\~", ".+?")
    assert any(re.match(pattern, str(difference)) for difference in report.differences), report.differences


async def test_nothing_of_the_tampering_stayed(world: World) -> None:
    for raid in (world.victory, world.expired, world.cancelled, world.live):
        assert (await verify_raid(world.database, str(raid))).agrees
