"""The demo: a raid with a simulated crowd that strikes, so that a newcomer sees a living boss.

Everything that the crowd does goes through the service, as a bot's strikes would. It strikes only raids that
the demo made: beside a community's own raid it stays silent. All chance here is the crowd's, never the rules'.
"""

import asyncio
import contextlib
import csv
import io
import random
from collections.abc import Callable
from pathlib import Path

import structlog

from db.engine import Database
from db.queries import players, raids
from services import content
from services.boss_overrides import BossOverrides
from services.errors import CooldownError, RaidAlreadyActiveError, WorldThreatError
from services.outage import Outage
from services.outages import is_database_away
from services.raid_administration import Actor, NewRaid
from services.roster import RosterFile, RosterFiles, import_roster
from services.rules.values import StrikeAction
from services.views import Principal, Role, RosterFilter
from services.world_threat import WorldThreatService

CROWD = 300
CHARACTERS_EACH = 24
TEAM_SIZE = 6
ANALYZE_PERMILLE = 350
STRIKES_PER_SECOND = 1.5
REST_SECONDS = 20.0
RAID_NAME = "Demo raid"
VISITOR = "demo-visitor"
VISITOR_NAME = "You"
TOKEN_FILE = "demo-player.token"  # noqa: S105 - a file's name

BOT = Principal(Role.BOT, token_name="demo crowd")  # noqa: S106 - a name, not a secret
ACTOR = Actor("demo")

Tell = Callable[[str], None]

log = structlog.get_logger(__name__)


def crowd_ids() -> list[str]:
    return [f"demo-{number:03}" for number in range(1, CROWD + 1)]


async def prepare_demo(database: Database, service: WorldThreatService, data_dir: Path) -> None:
    """First start: the sample roster (unless there is a roster already), the crowd and the visitor."""
    async with database.reading() as connection:
        known = await players.user_by_discord_id(connection, VISITOR)
        characters, _ = await players.affinity_holders(connection)
        page = await players.catalogue(connection, after=None, search=None, limit=10_000)
    if known is None:
        keys = [key for _, key, _ in page] if characters else _sample_keys()
        async with database.driver_connection() as writing:
            await import_roster(writing, _demo_files(keys, with_characters=not characters), lambda _progress: None)
    await _keep_visitor_token(service, data_dir / TOKEN_FILE)


def _sample_keys() -> list[str]:
    with content.sample_characters().open(encoding="utf-8") as file:
        return [row["waifu_id"] for row in csv.DictReader(file)]


def _demo_files(keys: list[str], *, with_characters: bool) -> RosterFiles:
    chance = random.Random("the demo's crowd")
    people, owned = io.StringIO(), io.StringIO()
    people_rows, owned_rows = csv.writer(people), csv.writer(owned)
    people_rows.writerow(["discord_id", "name"])
    owned_rows.writerow(["discord_id", "waifu_id", "stars"])
    names = zip([*crowd_ids(), VISITOR], [*content.player_names()[:CROWD], VISITOR_NAME], strict=True)
    for discord_id, name in names:
        people_rows.writerow([discord_id, name])
        for key in chance.sample(keys, min(CHARACTERS_EACH, len(keys))):
            owned_rows.writerow([discord_id, key, ""])
    return RosterFiles(
        characters=RosterFile.at(content.sample_characters()) if with_characters else None,
        series=RosterFile.at(content.sample_series()) if with_characters else None,
        players=RosterFile.of_text("demo players", people.getvalue()),
        ownership=RosterFile.of_text("demo ownership", owned.getvalue()),
    )


async def _keep_visitor_token(service: WorldThreatService, file: Path) -> None:
    """A player token for the first strike by copy and paste; readable by its owner alone."""
    if await asyncio.to_thread(file.exists):
        return
    administrator = Principal(Role.ADMIN, token_name=ACTOR.name)
    created = await service.desk.create_token(
        administrator,
        role=Role.PLAYER,
        name="demo: your first strike",
        discord_id=VISITOR,
        expires_at=None,
    )
    await asyncio.to_thread(_write_for_owner, file, created.secret)


def _write_for_owner(file: Path, secret: str) -> None:
    file.touch(mode=0o600)
    file.write_text(secret + "\n", encoding="ascii")


async def run_demo(database: Database, service: WorldThreatService, tell: Tell) -> None:
    """Keeps a demo raid going until it is cancelled: strikes it, and begins the next one after a rest."""
    crowd = _Crowd(database, service, tell)
    outage = Outage("database, for the demo's crowd")
    while True:
        try:
            await crowd.act()
            outage.end()
        except WorldThreatError:
            pass  # somebody else was quicker: the next one tries something else
        except Exception as error:
            if not is_database_away(error):
                raise
            await asyncio.sleep(outage.note(error))
        await asyncio.sleep(random.expovariate(STRIKES_PER_SECOND))


class _Crowd:
    """What the demo remembers from strike to strike: its raid, and which of the raid's events it has told."""

    def __init__(self, database: Database, service: WorldThreatService, tell: Tell) -> None:
        self._database, self._service, self._tell = database, service, tell
        self._raid_id: int | None = None
        self._told = 0

    async def act(self) -> None:
        """Strikes the demo's raid, or begins the next one after a rest, and says what happened."""
        live = await self._service.active_raid(BOT)
        if live is None:
            if self._raid_id is not None:
                await self._tell_news(self._raid_id)
                await asyncio.sleep(REST_SECONDS)
            self._raid_id, self._told = await _begin(self._service), 0
        elif await _is_ours(self._database, live.id):
            if self._raid_id != live.id:
                self._raid_id, self._told = live.id, live.sequence
            await _strike_once(self._service)
        if self._raid_id is not None:
            await self._tell_news(self._raid_id)

    async def _tell_news(self, raid_id: int) -> None:
        (events,) = await self._service.events(BOT, [raid_id], after=self._told, kinds=None, first=100)
        for event in events:
            self._tell(event.event.message)
            self._told = event.event.sequence


async def _is_ours(database: Database, raid_id: int) -> bool:
    async with database.reading() as connection:
        return await raids.created_by(connection, raid_id) == ACTOR.name


async def _begin(service: WorldThreatService) -> int | None:
    """The id of the new raid; None when somebody else's began first."""
    boss = await service.desk.configured("demo", BossOverrides())
    try:
        created = await service.desk.create_configured_raid(
            ACTOR,
            NewRaid(RAID_NAME, boss, starts_at=None, ends_at=None),
            accept_warnings=True,
        )
    except RaidAlreadyActiveError:
        return None
    return created.raid.id


async def _strike_once(service: WorldThreatService) -> None:
    """Somebody of the crowd strikes with six of what they have left; who cannot, lets it be."""
    discord_id = random.choice(crowd_ids())
    player = await service.player(BOT, discord_id)
    if player is None:
        return
    unused = await service.roster(
        BOT, player.user_id, first=CHARACTERS_EACH, after=None, filter=RosterFilter(available=True)
    )
    team = random.sample(unused.items, min(TEAM_SIZE, len(unused.items)))
    analyze = random.randrange(1000) < ANALYZE_PERMILLE
    with contextlib.suppress(CooldownError):
        await service.execute_strike(
            BOT,
            action=StrikeAction.ANALYZE if analyze else StrikeAction.FIGHT,
            character_ids=tuple(str(character.id) for character in team),
            equipment_id=None,
            discord_id=discord_id,
            idempotency_key=f"crowd-{random.getrandbits(64):016x}",
            expected_sequence=None,
        )
