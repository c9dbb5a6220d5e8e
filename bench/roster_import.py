"""How long, and with how much memory, 100,000 players with 24 characters each are imported.

    make bench NAME=roster_import [QUICK=1]

The files are written anew for each run, a migrated database is made in an embedded server with fsync on, and the
import runs three times: into the empty database, once more unchanged, and with other stars in every hundredth row.
Memory is the peak of this process, which has written the files before; the server's is told beside it.
"""

import argparse
import asyncio
import csv
import json
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Database
from services import content
from services.roster import RosterFile, RosterFiles, RosterProgress, RosterSummary, import_roster

RESULT = Path(__file__).parent / "results" / "roster_import.json"
CHARACTERS = 2_400
OWNED_EACH = 24
SECONDS_ALLOWED = 300.0
MEGABYTES_ALLOWED = 500.0


@dataclass(frozen=True, slots=True)
class Import:
    name: str
    seconds: float
    summary: RosterSummary


@dataclass(frozen=True, slots=True)
class Criterion:
    value: float
    target: float
    holds: bool


def write_characters(folder: Path) -> None:
    """The sample roster, again and again under new ids, up to `CHARACTERS`."""
    with content.sample_characters().open(encoding="utf-8") as stream:
        sample = list(csv.DictReader(stream))
    with (folder / "characters.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(sample[0]))
        writer.writeheader()
        for number in range(CHARACTERS):
            writer.writerow({**sample[number % len(sample)], "waifu_id": str(number + 1)})
    (folder / "series.csv").write_text(content.sample_series().read_text(encoding="utf-8"), encoding="utf-8")


def write_players(folder: Path, players: int) -> None:
    with (folder / "players.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("discord_id", "name"))
        writer.writerows((discord_id(player), f"Player {player}") for player in range(players))


def write_ownership(folder: Path, players: int, *, other_stars_every: int = 0) -> None:
    """Each player's characters lie scattered over the catalogue; every third row leaves the stars to the rarity."""
    with (folder / "ownership.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("discord_id", "waifu_id", "stars"))
        for player in range(players):
            for owned in range(OWNED_EACH):
                row = player * OWNED_EACH + owned
                other = 3 if other_stars_every and row % other_stars_every == 0 else 0
                stars = "" if row % 3 == 0 and not other else str((row + other) % 6 + 1)
                character = (player * 7 + owned * (CHARACTERS // OWNED_EACH)) % CHARACTERS + 1
                writer.writerow((discord_id(player), character, stars))


def discord_id(player: int) -> str:
    return str(100_000_000_000_000_000 + player * 7_919)


async def measure(database: Database, folder: Path, name: str) -> Import:
    files = RosterFiles(
        **{kind: RosterFile.at(folder / f"{kind}.csv") for kind in ("series", "characters", "players", "ownership")}
    )
    started = time.perf_counter()
    steps: list[str] = []

    def show(progress: RosterProgress) -> None:
        step = f"{progress.file}{'' if progress.rows_written == 0 else ' writing'}"
        if steps[-1:] != [step]:
            steps.append(step)
            print(f"    {time.perf_counter() - started:6.1f} s  {Path(step).name}", flush=True)

    async with database.driver_connection() as connection:
        summary = await import_roster(connection, files, show)
    measured = Import(name, round(time.perf_counter() - started, 2), summary)
    print(f"{name}: {measured.seconds:.1f} s  {summary.ownership}", flush=True)
    return measured


async def check_accounts(database: Database, players: int) -> None:
    """Every row that was written is there, once."""
    async with database.driver_connection() as connection:
        found = await connection.fetchrow(
            """
            SELECT (SELECT count(*) FROM users) AS users,
                   (SELECT count(*) FROM characters) AS characters,
                   (SELECT count(*) FROM user_characters) AS copies
            """,
            timeout=60,
        )
    wanted = {"users": players, "characters": CHARACTERS, "copies": players * OWNED_EACH}
    if found is None or dict(found) != wanted:
        raise SystemExit(f"The accounts do not agree: there is {found}, there should be {wanted}.")


async def watch_server(server: EmbeddedServer, peak: list[int]) -> None:
    """The largest private memory of a single server process, in bytes, in `peak`."""
    while True:
        for process in psutil.Process(server.pid).children():
            try:
                memory = process.memory_info()
            except psutil.NoSuchProcess:
                continue
            peak[0] = max(peak[0], memory.rss - memory.shared)
        await asyncio.sleep(0.5)


async def run(server: EmbeddedServer, folder: Path, players: int) -> tuple[list[Import], int]:
    await migrate.upgrade(server.url)
    database = Database(server.url, pool_size=1)
    peak = [0]
    watcher = asyncio.create_task(watch_server(server, peak))
    try:
        imports = [await measure(database, folder, "first import")]
        await check_accounts(database, players)
        imports.append(await measure(database, folder, "once more"))
        write_ownership(folder, players, other_stars_every=100)
        imports.append(await measure(database, folder, "other stars in 1 %"))
        await check_accounts(database, players)
    finally:
        watcher.cancel()
        await database.close()
    return imports, peak[0]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--quick", action="store_true", help="a tenth of the players")
    players = 10_000 if arguments.parse_args().quick else 100_000
    folder = Path(tempfile.mkdtemp(prefix="worldthreat-bench-"))
    try:
        write_characters(folder)
        write_players(folder, players)
        write_ownership(folder, players)
        bytes_read = sum(file.stat().st_size for file in folder.iterdir())
        server = EmbeddedServer.start(folder / "data")
        try:
            imports, server_peak = asyncio.run(run(server, folder, players))
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
    unit = 1 if sys.platform == "darwin" else 1024
    megabytes = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1_000_000, 1)
    slowest = max(measured.seconds for measured in imports)
    verdict = {
        "seconds of the slowest import": Criterion(slowest, SECONDS_ALLOWED, slowest < SECONDS_ALLOWED),
        "peak megabytes of the process": Criterion(megabytes, MEGABYTES_ALLOWED, megabytes < MEGABYTES_ALLOWED),
    }
    result = {
        "conditions": {
            "players": players,
            "characters": CHARACTERS,
            "copies": players * OWNED_EACH,
            "file_bytes": bytes_read,
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "python": platform.python_version(),
            "fsync": True,
        },
        "figures": {
            "imports": [asdict(measured) for measured in imports],
            "copies_per_second": round(players * OWNED_EACH / imports[0].seconds),
            "peak_megabytes": megabytes,
            "server_process_peak_megabytes": round(server_peak / 1_000_000, 1),
        },
        "verdict": {criterion: asdict(judged) for criterion, judged in verdict.items()},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"peak memory: {megabytes:.0f} MB here, {server_peak / 1_000_000:.0f} MB in a server process")
    for criterion, judged in verdict.items():
        print(f"{criterion}: {judged.value} (target {judged.target}): {'holds' if judged.holds else 'FAILS'}")


if __name__ == "__main__":
    main()
