"""One run: raid after raid under fire for so many seconds, each won in the midst of it and audited afterwards."""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from services.errors import BossAlreadyDefeatedError
from services.outages import is_database_away
from services.views import Raid, Role
from services.world_threat import WorldThreatService
from tests.chaos.audit import audit
from tests.chaos.house import House
from tests.chaos.strikers import Crowd
from tests.chaos.trouble import Trouble
from tests.chaos.troubled_wire import TroubledWire
from tests.folders import HOME
from tests.services.strike_line.lines import BUSY
from tests.services.world import ADMIN, Owner, Sheet, World

STRIKERS = 14
PLAYERS_EACH = 10
CHARACTERS = 60
LONGEST_RAID_SECONDS = 60.0
BOSS = replace(BUSY, total_hp=1_000_000, analysis_thresholds=(50, 200, 500, 1_000, 2_000, 4_000, 8_000, 500_000))
"""More HP than can be struck in time: at last it is adjusted, so that the boss dies under fire."""
LAST_HP = 250

Say = Callable[[str], None]


@dataclass
class Record:
    """What a run did and saw."""

    seed: int
    raids: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    oddities: list[str] = field(default_factory=list)
    longest_silence: tuple[float, str] = (0.0, "nothing")
    exit_codes: list[int] = field(default_factory=list)
    log: str = ""

    def __str__(self) -> str:
        return "\n".join(
            [
                f"seed {self.seed}: {self.raids} raids won, {self.kills.total()} kills, nothing lost, doubled or wrong",
                f"  killed: {_listed(self.kills)}",
                f"  also: {_listed(self.others)}",
                f"  strikes: {_listed(self.answers)}",
                f"  clients met: {_listed(self.met)}",
                f"  longest wait for the next strikes: {self.longest_silence[0]:.1f} s after {self.longest_silence[1]}",
            ]
        )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


async def run(
    seed: int,
    seconds: float,
    say: Say = lambda _line: None,
    is_enough: Callable[[Record], bool] = lambda _record: True,
) -> Record:
    """Raids under fire for about so long, one at least, and on until it `is_enough`, at most four times as long.

    Raises AssertionError for the first thing that is not right.
    """
    record, chance = Record(seed), Random(seed)
    async with _house() as house:
        database = house.database()
        async with database.driver_connection() as connection:
            world = World(database, WorldThreatService(database), connection)
            characters = await world.characters(*[Sheet(100 + number) for number in range(CHARACTERS)])
            players = await world.players(STRIKERS * PLAYERS_EACH, characters)
        owners = [players[place::STRIKERS] for place in range(STRIKERS)]
        created = await world.service.desk.create_token(
            ADMIN, role=Role.BOT, name="chaos", discord_id=None, expires_at=None
        )
        began = time.monotonic()
        ends = began + seconds
        while (
            record.raids == 0
            or time.monotonic() < ends
            or (not is_enough(record) and time.monotonic() < began + 4 * seconds)
        ):
            left = max(5.0, min(LONGEST_RAID_SECONDS, ends - time.monotonic()))
            await _play(house, world, owners, created.secret, record, chance, left)
            say(f"raid {record.raids}: {record.kills.total()} kills, {record.answers['accepted']} strikes so far")
        await database.close()
        record.exit_codes = await house.close()
        record.log = house.logs()
    return record


@contextlib.asynccontextmanager
async def _house() -> AsyncIterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="worldthreat-chaos-", dir=HOME))
    wire = TroubledWire(folder / "postgres")
    await wire.lay()
    house = House(folder, wire)
    try:
        await house.open()
        yield house
    finally:
        house.kill_all()
        await wire.remove()
        shutil.rmtree(folder, ignore_errors=True)


async def _play(
    house: House,
    world: World,
    owners: Sequence[Sequence[Owner]],
    token: str,
    record: Record,
    chance: Random,
    seconds: float,
) -> None:
    raid = await world.raid(BOSS)
    crowd = Crowd(f"raid {raid.id}", house.urls, token, Random(chance.getrandbits(64)))
    trouble = Trouble(house, Random(chance.getrandbits(64)), lambda: crowd.accepted)
    async with trouble.made():
        striking = asyncio.create_task(crowd.strike(owners))
        await asyncio.wait([striking], timeout=seconds)
        await _make_mortal(world, raid)
        await striking
    await house.answers()
    record.raids += 1
    record.kills += trouble.kills
    record.others += trouble.others + house.wire.cuts
    house.wire.cuts.clear()
    record.met += crowd.met
    record.oddities += crowd.oddities
    record.longest_silence = max(record.longest_silence, trouble.longest_silence)
    record.answers += await audit(world.database, raid, crowd.asked)


async def _make_mortal(world: World, raid: Raid) -> None:
    """An admin leaves the boss a few strikes to live, as soon as the database lets them."""
    while True:
        try:
            await world.service.desk.adjust_boss_hp(
                ADMIN, raid_id=str(raid.id), reason="It is time.", current_hp=LAST_HP
            )
        except BossAlreadyDefeatedError:
            return
        except Exception as error:
            if not is_database_away(error):
                raise
            await asyncio.sleep(0.1)
        else:
            return
