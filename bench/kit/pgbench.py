"""pgbench, which comes with the embedded server, calling one PL/pgSQL function per strike."""

import asyncio
import math
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.kit.crowd import Connection, Crowd
from bench.kit.processes import ServerProcess
from db.cluster import PORT, PROGRAMS
from db.embedded import EmbeddedServer

_FUNCTION: Final = Path(__file__).parent.parent / "baselines" / "strike_function.sql"
_SCRIPT: Final = """
WITH next AS MATERIALIZED (SELECT nextval('bench.turn') AS n)
SELECT bench.strike(
    'bench-' || n % {players} + 1,
    ARRAY(SELECT {first_copy} + n % {players} * {each} + n / {players} * {size} + place
          FROM generate_series(0, {size} - 1) place),
    {raid_id} || '-pgbench-' || n
) FROM next;
"""


WARM_UP_SECONDS: Final = 2.0
"""Each connection plans the function's statements for itself, and the first plans are made for the arguments given."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What pgbench did once it was warm: `waits` are seconds, rising; `committed` counts the warm-up's strikes too."""

    seconds: float
    waits: list[float]
    cpu_seconds: float
    committed: int


async def install(connection: Connection) -> None:
    """The function and the sequence that it is called by."""
    await connection.execute(_FUNCTION.read_text(encoding="utf-8"))


async def strikes(
    server: EmbeddedServer,
    connection: Connection,
    crowd: Crowd,
    raid_id: int,
    *,
    clients: int,
    seconds: float,
    size: int,
) -> Calls:
    """Strikes in the live raid, every team of `crowd` once at most, for so many seconds after the warm-up."""
    await connection.execute("ALTER SEQUENCE bench.turn RESTART")
    folder = server.log_file.parent / "pgbench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    script = folder / "strike.sql"
    each = crowd.characters_each
    script.write_text(
        " ".join(
            _SCRIPT.format(
                players=crowd.players, first_copy=crowd.first_copy, each=each, size=size, raid_id=raid_id
            ).split()
        )
        + "\n",
        encoding="utf-8",
    )
    host = (await connection.fetchval("SHOW unix_socket_directories")).strip('"')
    command = [PROGRAMS / "pgbench", "-h", host, "-p", str(PORT), "-U", "postgres", "-n", "-M", "prepared"]
    command += [
        "-f",
        script,
        "-c",
        str(clients),
        "-j",
        "1",
        "-T",
        str(math.ceil(WARM_UP_SECONDS + seconds)),
        "-l",
        "--log-prefix",
        "wait",
    ]
    database = ServerProcess(server.pid or 0, 0)
    process = await asyncio.create_subprocess_exec(
        *command,
        "worldthreat",
        cwd=folder,
        env={**os.environ, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan"},  # a tenth faster than planning anew
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    said = asyncio.create_task(process.communicate())
    await asyncio.sleep(WARM_UP_SECONDS)
    since, cpu = time.time(), database.cpu_seconds
    await asyncio.sleep(seconds)
    until, cpu = time.time(), database.cpu_seconds - cpu
    _, errors = await said
    if process.returncode != 0:
        raise SystemExit(f"pgbench ended with {process.returncode}: {errors.decode(errors='replace')[-2_000:]}")
    waits, committed = [], 0
    for file in folder.glob("wait.*"):
        for line in file.read_text(encoding="utf-8").splitlines():
            _client, _number, wait, _script, at, microseconds = map(int, line.split()[:6])
            committed += 1
            if since <= at + microseconds / 1e6 <= until:
                waits.append(wait / 1e6)
    return Calls(until - since, sorted(waits), cpu, committed)
