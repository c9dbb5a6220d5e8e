"""A raid with a long log, written set by set, as the strike line would write it: a million strikes in a minute."""

from pathlib import Path
from typing import Final

from bench.kit.crowd import Connection, Crowd

_FILL: Final = (Path(__file__).parent / "history.sql").read_text(encoding="utf-8")
_AT_A_TIME: Final = 500_000
_FILL_SECONDS: Final = 1_200.0


async def fill(connection: Connection, crowd: Crowd, raid_id: int, *, strikes: int, size: int) -> None:
    """Gives the live raid the strikes it lacks to `strikes`, by teams of `size`, every third an analysis.

    Strike n is player ``n // turns``'s, as `Crowd.team_of` knows them: who took part grows as the log does.

    The raid must never curse, and hold nothing but what this wrote. `connection` must be a superuser's.
    """
    if strikes > crowd.teams(size):
        raise SystemExit(f"{crowd.players:,} players have {crowd.teams(size):,} teams of {size}, not {strikes:,}.")
    held = await connection.fetchval("SELECT fights + analyses FROM world_threat_raids WHERE id = $1", raid_id)
    for first in range(held, strikes, _AT_A_TIME):
        async with connection.transaction():
            # What is written refers to what is there, by construction.
            await connection.execute("SET LOCAL session_replication_role = replica; SET LOCAL statement_timeout = 0")
            await connection.execute("SET LOCAL work_mem = '256MB'")
            await connection.execute(
                "CREATE TEMPORARY TABLE filling (raid_id bigint, first integer, last integer, turns integer, "
                "each integer, size integer, first_copy bigint) ON COMMIT DROP"
            )
            await connection.execute(
                "INSERT INTO filling VALUES ($1, $2, $3, $4, $5, $6, $7)",
                raid_id,
                first,
                min(strikes, first + _AT_A_TIME) - 1,
                crowd.turns(size),
                crowd.characters_each,
                size,
                crowd.first_copy,
            )
            await connection.execute(_FILL, timeout=_FILL_SECONDS)
    await connection.execute("SET statement_timeout = 0")
    await connection.execute("VACUUM (ANALYZE)", timeout=_FILL_SECONDS)
    await connection.execute("CHECKPOINT", timeout=_FILL_SECONDS)
